//! A caller on the way to a person, and with one: what the desk says becomes events of the dialog, and the sound of all is mixed on the call's clock.

use super::Session;
use crate::call::captions::{Captioned, Captions, Words};
use crate::call::conference::Conference;
use crate::call::line::{Clock, Frame, Inbound, Line};
use crate::call::music::Music;
use crate::call::record::Happening;
use crate::call::recording::Kept;
use crate::call::transfer::{CallEnd, FromCall, Remark, Speaker, ToCall, handover};
use crate::dialog::{Event, Outcome, Queue, TransferFailure};
use crate::text::mask::mask_text;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

/// The desk says something to a waiting caller more often than this; otherwise it is dead.
const DEAD_DESK_MS: u32 = 120_000;
/// Stands for each key that is pressed while nothing is to be kept: the person sees that it was, and not which one.
const SOME_KEY: &str = "•";
/// Asking the operator who this is holds nobody up longer.
const KNOWN_SOON: Duration = Duration::from_millis(250);

/// See the module's text.
pub(super) struct Transfer {
    end: CallEnd,
    conference: Conference,
    /// Of whoever is seated, for the record.
    names: BTreeMap<crate::call::conference::Party, String>,
    music: Music,
    pub(super) captions: [Captions; 2],
    captioned: mpsc::Receiver<Captioned>,
    /// How the desk knows the recording to stand.
    pub(super) kept: Kept,
    /// The caller was told his place.
    placed: bool,
    /// Since the desk said something.
    untold_ms: u32,
}

impl Transfer {
    /// The caller and a person talk.
    fn is_talking(&self) -> bool {
        self.conference.has_agent()
    }

    pub(super) async fn captioned(transfer: Option<&mut Transfer>) -> Option<Captioned> {
        match transfer {
            Some(transfer) => transfer.captioned.recv().await,
            None => std::future::pending().await,
        }
    }

    pub(super) fn awaits_words(&self) -> bool {
        self.captions.iter().any(Captions::is_busy)
    }

    pub(super) fn tell(&self, what: FromCall) {
        // A desk that lags loses sound and captions, not the call.
        let _ = self.end.to_desk.try_send(what);
    }
}

impl<L: Line> Session<L> {
    /// A person is there, and the service is silent.
    pub(super) fn with_person(&self) -> bool {
        self.transfer.as_ref().is_some_and(Transfer::is_talking)
    }

    /// Asks the desk for a person; false where there is none, where the line connects callers itself, and in a test call.
    pub(super) fn ask_for_person(&mut self, outcome: &Outcome) -> bool {
        let Some(desk) = self.desk.clone().filter(|_| !self.line.hands_over() && !self.is_test()) else { return false };
        let Some(case) = self.conversation.case(outcome, self.turns.record(), self.recording.kept()) else { return false };
        let (end, desk_end) = handover();
        let kept = case.kept;
        let (services, told) = (self.conversation.services().clone(), end.to_desk.clone());
        tokio::spawn(async move {
            let mut case = case;
            let caller = case.caller.clone();
            let known = async move { services.customer(caller?).await };
            tokio::pin!(known);
            let soon = tokio::time::timeout(KNOWN_SOON, &mut known).await;
            let is_late = soon.is_err();
            case.known = soon.ok().flatten();
            desk.ask(case, desk_end);
            if is_late && let Some(record) = known.await {
                // The desk may have let go of the call by now.
                let _ = told.try_send(FromCall::Known(record));
            }
        });
        let (results, captioned) = mpsc::channel(16);
        let lang = self.conversation.lang();
        let captions = [Speaker::Caller, Speaker::Agent].map(|who| Captions::new(who, lang, self.recogniser.clone(), results.clone()));
        let (conference, names, music) = (Conference::default(), BTreeMap::new(), Music::default());
        self.transfer = Some(Transfer { end, conference, names, music, captions, captioned, kept, placed: false, untold_ms: 0 });
        true
    }

    /// One tick of what the desk says.
    pub(super) fn attend(&mut self) {
        loop {
            let Some(transfer) = &mut self.transfer else { return };
            match transfer.end.from_desk.try_recv() {
                Ok(said) => {
                    transfer.untold_ms = 0;
                    self.told_by_desk(said);
                }
                Err(TryRecvError::Empty) => {
                    transfer.untold_ms = transfer.untold_ms.saturating_add(crate::audio::FRAME_MS);
                    if transfer.untold_ms < DEAD_DESK_MS || transfer.is_talking() {
                        return;
                    }
                    self.note(Happening::Fault("the desk says nothing".to_owned()));
                    return self.nobody_comes(TransferFailure::Unreachable);
                }
                Err(TryRecvError::Disconnected) => {
                    let why = if transfer.is_talking() { TransferFailure::AgentLost } else { TransferFailure::Unreachable };
                    return self.nobody_comes(why);
                }
            }
        }
    }

    fn told_by_desk(&mut self, said: ToCall) {
        let Some(transfer) = &mut self.transfer else { return };
        let was_talking = transfer.is_talking();
        match said {
            ToCall::Place { place, expected_s, can_be_called } => {
                transfer.placed = true;
                self.note(Happening::Queued { place, expected_s });
                self.happen(Event::Queue(Queue::Place { place, expected_s, can_be_called }));
            }
            ToCall::Seat { party, role, name } => {
                transfer.conference.seat(party, role);
                transfer.names.insert(party, name.clone());
                let begins = !was_talking && transfer.is_talking();
                self.note(Happening::PersonJoined { name, role: role.name() });
                if begins {
                    self.interrupt();
                    self.listener.reset();
                    self.caller_speaking = false;
                    (self.is_private, self.answers_private) = (false, false);
                    self.happen(Event::Queue(Queue::Joined));
                }
            }
            ToCall::Unseat { party } => {
                transfer.conference.unseat(party);
                if let Some(name) = transfer.names.remove(&party) {
                    self.note(Happening::PersonLeft { name });
                }
            }
            ToCall::Unreached { name, why } => self.note(Happening::PersonUnreached { name, why }),
            ToCall::Sound { party, samples } => transfer.conference.push(party, &samples),
            ToCall::Hold(held) => {
                transfer.conference.hold(held);
                self.note(Happening::Held { held });
            }
            ToCall::PauseRecording { paused, by } => self.pause_recording(paused, &by),
            ToCall::Interrupted => {
                self.empty_room();
                self.happen(Event::Queue(Queue::Interrupted));
            }
            ToCall::Lost => {
                self.finish_captions();
                self.empty_room();
                self.let_recording_go_on();
                self.happen(Event::Queue(Queue::Lost));
            }
            ToCall::PassedOn { by, skill } => {
                self.finish_captions();
                self.empty_room();
                // What the agent had paused nobody there could let go on.
                self.pause_recording(false, &by);
                self.note(Happening::PassedOn { by, skill });
                self.happen(Event::Queue(Queue::PassedOn));
            }
            ToCall::CallBackKept => {
                self.note(Happening::CallBack { kept: true });
                self.transfer = None;
                self.happen(Event::Queue(Queue::CallBackKept));
            }
            ToCall::CallBackFailed => {
                self.note(Happening::CallBack { kept: false });
                self.happen(Event::Queue(Queue::CallBackFailed));
            }
            ToCall::Served => {
                self.empty_room();
                self.let_recording_go_on();
                self.transfer = None;
                self.happen(Event::Queue(Queue::Served));
            }
            ToCall::Back(why) => self.nobody_comes(why),
        }
    }

    /// Whoever was in the call is not any more.
    fn empty_room(&mut self) {
        let Some(transfer) = &mut self.transfer else { return };
        transfer.conference = Conference::default();
        for name in std::mem::take(&mut transfer.names).into_values() {
            self.note(Happening::PersonLeft { name });
        }
    }

    /// Who comes next reads all that was said, but what nobody is to keep.
    fn finish_captions(&mut self) {
        if self.is_unheard() {
            return self.transfer.iter_mut().flat_map(|transfer| &mut transfer.captions).for_each(Captions::forget);
        }
        for who in [Speaker::Caller, Speaker::Agent] {
            let words = self.transfer.as_mut().and_then(|transfer| transfer.captions[usize::from(who == Speaker::Agent)].finish());
            self.show_words(who, words);
        }
    }

    fn nobody_comes(&mut self, why: TransferFailure) {
        self.empty_room();
        self.let_recording_go_on();
        // What is being said of the queue is not true any more; that a person is asked may be said to its end.
        if self.transfer.take().is_some_and(|transfer| transfer.placed) {
            self.interrupt();
        }
        self.note(Happening::TransferFailed { why: why.name() });
        self.happen(Event::TransferFailed(why));
    }

    /// The caller does not want to wait any more.
    pub(super) fn leave_queue(&mut self) {
        self.transfer = None;
        self.note(Happening::LeftQueue);
    }

    pub(super) fn choose_call_back(&mut self) {
        if let Some(transfer) = &self.transfer {
            transfer.tell(FromCall::ChoseCallBack);
        }
    }

    /// What the caller says to a person is shown, not decided on.
    pub(super) fn hear_beside_person(&mut self, inbound: &Inbound) {
        let Some(transfer) = &mut self.transfer else { return };
        let is_unheard = self.recording.kept() == Kept::Paused;
        if !inbound.keys.is_empty() {
            let count = inbound.keys.chars().count();
            let shown = if is_unheard { SOME_KEY.repeat(count) } else { inbound.keys.clone() };
            transfer.tell(FromCall::Keys(shown));
            self.note(Happening::Keyed { count });
        }
        if is_unheard {
            return;
        }
        let words = self.transfer.as_mut().and_then(|transfer| transfer.captions[0].push(&inbound.frame));
        self.show_words(Speaker::Caller, words);
    }

    pub(super) fn take_caption(&mut self, captioned: Captioned) {
        let who = captioned.who();
        let Some(transfer) = &mut self.transfer else { return };
        let words = transfer.captions.get_mut(usize::from(who == Speaker::Agent)).and_then(|captions| captions.take(captioned));
        // Paused in this very tick: what was said before goes with the rest of its sentence.
        let words = words.filter(|_| !self.is_unheard());
        self.show_words(who, words);
    }

    fn show_words(&mut self, who: Speaker, words: Option<Words>) {
        let Some(Words { text, confidence, partial }) = words else { return };
        let text = mask_text(&text);
        let at_ms = self.now_ms();
        if !partial {
            self.note(Happening::Talked { who: who.name(), text: text.clone() });
        }
        let suggestions = (who == Speaker::Caller && !partial).then(|| self.conversation.suggestions(&text));
        let Some(transfer) = &self.transfer else { return };
        transfer.tell(FromCall::Said(Remark { at_ms, who, text, confidence: Some(confidence), intent: None, partial }));
        if let Some(suggestions) = suggestions.filter(|suggestions| !suggestions.is_empty()) {
            transfer.tell(FromCall::Suggests(suggestions));
        }
    }

    /// What the caller hears in this tick, given what the service says.
    pub(super) fn mix(&mut self, inbound: &Inbound, said: Frame) -> Frame {
        let (service_speaks, is_unheard) = (self.speaker.busy(), self.is_unheard());
        let Some(transfer) = &mut self.transfer else { return said };
        if !transfer.is_talking() {
            if service_speaks {
                transfer.music.rest();
                return said;
            }
            return transfer.music.next_frame();
        }
        let mixed = transfer.conference.tick(&inbound.frame);
        for (party, frame) in mixed.parties {
            transfer.tell(FromCall::Sound { party, frame: Box::new(frame) });
        }
        let words = if is_unheard { None } else { transfer.captions[1].push(&mixed.caller) };
        let heard = match transfer.conference.is_held() {
            true => transfer.music.next_frame(),
            false => mixed.caller,
        };
        self.show_words(Speaker::Agent, words);
        heard
    }

    /// On a stepped clock words are waited for.
    pub(super) fn awaits_captions(&self) -> bool {
        self.line.clock() == Clock::Stepped && self.transfer.as_ref().is_some_and(Transfer::awaits_words)
    }
}
