//! One call with sound: a loop over the frames of a line.
//!
//! Each tick takes a frame from the caller, lets the ear, the dialog and the other systems act on it, and gives a frame back. All times are
//! counted in ticks. Start reading at [`Session::run`].

mod answering;
mod hearing;
mod person;
mod recorded;

use super::conversation::Conversation;
use super::interruption::Interruption;
use super::line::{Caption, Clock, Floor, HandedOver, Inbound, Line, Packets, Side};
use super::listener::{Listener, Recognised};
use super::log::CallLog;
use super::manners::Manners;
use super::record::{CallRecord, Happening, Waterfall};
use super::recording::Recording;
use super::services::Request;
use super::speaker::{Heard, Prepared, Speaker};
use super::timing;
use super::transfer::TransferPort;
use super::turns::{Said, Turns};
use crate::asr::Recogniser;
use crate::audio::FRAME_MS;
use crate::audio::machine::Answerer;
use crate::dialog::{Action, Answer, Conclusion, Event, Outcome, Queue, RequestId, TransferFailure};
use crate::text::Record;
use crate::tts::{Speech, TtsError};
use answering::Answering;
pub use answering::MachineTold;
use person::Transfer;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Nothing is played, asked, recognised or looked up for so long: a fault of ours, never the caller's.
const IDLE_FAULT_MS: u32 = 2_000;
/// Parts in a row that cannot be spoken: the voice is gone.
const MUTE_FAULTS: u32 = 3;
/// A call is ended here, whatever happens.
const LONGEST_CALL_MS: u64 = 60 * 60 * 1000;

/// A request to another system that came to an end.
struct Done {
    id: RequestId,
    operation: String,
    answer: Answer,
    began: u64,
}

/// A call in progress.
pub struct Session<L: Line> {
    line: L,
    conversation: Conversation,
    recogniser: Arc<dyn Recogniser>,
    listener: Listener,
    speaker: Speaker,
    desk: Option<Arc<dyn TransferPort>>,
    /// In a call of ours.
    answering: Option<Answering>,
    answered_by: Option<Answerer>,
    /// The caller waits for a person, or speaks with one.
    transfer: Option<Transfer>,
    recording: Recording,
    /// What the caller says or keys now falls into a time when others had the recording paused: nothing of it is kept.
    is_private: bool,
    /// The same of what the service answers.
    answers_private: bool,
    turns: Turns,
    keys: timing::KeyBuffer,
    /// The present tick.
    now: u64,
    performing: u32,
    filler: timing::Filler,
    manners: Manners,
    interruption: Interruption,
    /// Milliseconds of silence since the question was asked to its end.
    silence: u32,
    idle: u32,
    caller_speaking: bool,
    /// Parts in a row that could not be spoken.
    mute: u32,
    closing: bool,
    recognised: mpsc::Receiver<Recognised>,
    done: mpsc::Sender<Done>,
    answered: mpsc::Receiver<Done>,
}

/// What remains of a call.
pub struct Finished {
    pub record: CallRecord,
    /// What a call of ours came to.
    pub conclusion: Option<Conclusion>,
    /// What answered a call of ours, by its first seconds.
    pub answered_by: Option<Answerer>,
    /// A machine answered a call of ours, for certain.
    pub machine: Option<MachineTold>,
    /// Of the caller, and of persons whom his line connected him with.
    pub packets: Packets,
    pub recording: Recording,
}

impl<L: Line> Session<L> {
    /// Keeps both sides of the call in memory; see [`Session::recorded`].
    pub fn new(line: L, conversation: Conversation, recogniser: Arc<dyn Recogniser>, speech: Arc<Speech>) -> Session<L> {
        let (results, recognised) = mpsc::channel(16);
        let (done, answered) = mpsc::channel(16);
        let listener = Listener::new(recogniser.clone(), line.clock(), results);
        let opening = conversation.opening();
        let log = CallLog::open(conversation.services(), opening);
        let record = CallRecord::new(opening, &conversation.services().edition);
        let answering = opening.errand.is_some().then(|| Answering::Watched(Box::default()));
        Session {
            line,
            recogniser,
            listener,
            speaker: Speaker::new(speech),
            desk: None,
            answering,
            answered_by: None,
            transfer: None,
            recording: Recording::in_memory(),
            is_private: false,
            answers_private: false,
            turns: Turns::new(record, log),
            keys: timing::KeyBuffer::default(),
            now: 0,
            performing: 0,
            filler: timing::Filler::default(),
            manners: Manners::default(),
            interruption: Interruption::default(),
            silence: 0,
            idle: 0,
            caller_speaking: false,
            mute: 0,
            closing: false,
            recognised,
            done,
            answered,
            conversation,
        }
    }

    /// The same, kept in another way.
    pub fn recorded(self, recording: Recording) -> Session<L> {
        Session { recording, ..self }
    }

    /// The same with another ear for interruptions.
    pub fn mannered(self, manners: Manners) -> Session<L> {
        Session { manners, ..self }
    }

    /// The same with its first words made already.
    pub fn prepared(mut self, greeting: Option<Prepared>) -> Session<L> {
        self.speaker.prepare(greeting);
        self
    }

    /// The same with persons who take callers over.
    pub fn with_desk(self, desk: Option<Arc<dyn TransferPort>>) -> Session<L> {
        Session { desk, ..self }
    }

    /// Runs the call to its end.
    pub async fn run(mut self) -> Finished {
        let actions = self.conversation.start();
        self.carry_out(actions);
        let left = loop {
            let left = self.talk().await;
            if left || !self.conversation.hands_over() {
                break left;
            }
            let handed = match self.is_test() {
                true => HandedOver::Failed(TransferFailure::Test),
                false => self.hand_over().await,
            };
            match handed {
                HandedOver::Done | HandedOver::NotHere => break false,
                HandedOver::CallerLeft => break true,
                HandedOver::Failed(why) => {
                    self.note(Happening::TransferFailed { why: why.name() });
                    self.closing = false;
                    self.happen(Event::TransferFailed(why));
                }
            }
        };
        if !left {
            self.line.end(self.conversation.outcome()).await;
        }
        if self.conversation.outcome().is_none() {
            self.conversation.step(Event::HungUp);
        }
        let mut packets = self.line.packets_of_others();
        if let Some(own) = self.line.packets() {
            self.note(Happening::Packets(own));
            packets += own;
        }
        let (now_ms, outcome) = (self.now_ms(), self.conversation.outcome().cloned());
        let machine = self.by_machine(left);
        let record = self.turns.close(now_ms, outcome).await;
        let (conclusion, answered_by, recording) = (self.conversation.conclusion(), self.answered_by, self.recording);
        Finished { record, conclusion, answered_by, machine, packets, recording }
    }

    /// Until the service has said its last word, or the caller is gone: then true.
    async fn talk(&mut self) -> bool {
        loop {
            let inbound = self.line.tick(self.floor()).await;
            self.hear(&inbound);
            self.watch_answerer(&inbound);
            self.collect().await;
            self.attend();
            self.note_recording();
            self.watch();
            self.speak(&inbound).await;
            self.now += 1;
            let too_long = self.now_ms() > LONGEST_CALL_MS && !self.with_person();
            if inbound.closed || (self.closing && !self.speaker.busy()) || too_long {
                return inbound.closed;
            }
        }
    }

    /// A call that an operator has made to hear it: no person is asked for in it.
    fn is_test(&self) -> bool {
        self.conversation.opening().errand.as_ref().is_some_and(|errand| errand.is_test)
    }

    fn now_ms(&self) -> u64 {
        self.now * u64::from(FRAME_MS)
    }

    fn note(&mut self, what: Happening) {
        self.turns.note(self.now_ms(), what);
    }

    fn floor(&self) -> Floor {
        let busy = self.caller_speaking || self.keys.pending() || self.listener.awaits_text() || self.performing > 0 || self.closing;
        let prompt_ms = self.speaker.prompt_ms().filter(|_| self.speaker.busy() && self.speaker.barge_in());
        let waiting_to_speak = self.speaker.busy() && prompt_ms.is_none();
        Floor { prompt_ms, listening: self.conversation.question().is_some() && !busy && !waiting_to_speak }
    }

    fn happen(&mut self, event: Event) {
        let actions = self.conversation.step(event);
        self.carry_out(actions);
    }

    fn carry_out(&mut self, actions: Vec<Action>) {
        self.turns.decided(self.now_ms());
        self.silence = 0;
        self.idle = 0;
        for action in actions {
            self.line.told(&action);
            match action {
                Action::Say(utterance) => self.speaker.say(utterance),
                Action::Listen(question) => {
                    self.keys.expect(question.key_length);
                    self.note(Happening::Asked { question: question.name });
                    let lang = self.conversation.lang();
                    let services = self.conversation.services();
                    let constraint = services.constraint(lang, &question.expectation);
                    self.listener.expect(lang, services.terms(lang, &question.expectation), constraint);
                }
                Action::Perform { id, kind, operation, arguments, customer, idempotency_key, within_ms } => {
                    self.perform(id, Request { kind, operation, arguments, customer, idempotency_key, within_ms });
                }
                Action::NoteUnanswered { question } if !self.is_private => self.note(Happening::unanswered(&question)),
                Action::NoteUnanswered { .. } => {}
                Action::PauseRecording => self.hide(true),
                Action::ResumeRecording => self.hide(false),
                Action::SetDelivery(delivery) => self.speaker.deliver(delivery),
                Action::SetLang(_) => {}
                Action::LeaveQueue => self.leave_queue(),
                Action::ChooseCallBack => self.choose_call_back(),
                Action::HangUp(outcome) => self.part(&outcome),
            }
        }
    }

    fn part(&mut self, outcome: &Outcome) {
        if self.ask_for_person(outcome) {
            self.happen(Event::Queue(Queue::Asking));
        } else {
            self.closing = true;
        }
    }

    fn perform(&mut self, id: RequestId, request: Request) {
        self.performing += 1;
        self.filler = timing::Filler::default();
        self.note(Happening::Requested { kind: request.kind, operation: request.operation.clone() });
        let (services, opening, done) = (self.conversation.services().clone(), self.conversation.opening().clone(), self.done.clone());
        let began = self.now;
        tokio::spawn(async move {
            let operation = request.operation.clone();
            let answer = services.perform(request, &opening).await;
            // The receiver is gone only when the call is over.
            let _ = done.send(Done { id, operation, answer, began }).await;
        });
    }

    /// Takes in what came to an end beside the loop; on a stepped clock waits for all of it.
    async fn collect(&mut self) {
        self.take_utterance();
        loop {
            let working = self.listener.awaits_text() || self.listener.is_looking() || self.performing > 0;
            let waiting = (self.line.clock() == Clock::Stepped && working) || self.awaits_captions();
            tokio::select! {
                biased;
                Some(captioned) = Transfer::captioned(self.transfer.as_mut()) => self.take_caption(captioned),
                Some(recognised) = self.recognised.recv() => {
                    self.listener.take(recognised);
                    self.settle_for_person();
                    self.take_glance();
                    self.show_trial();
                    self.end_early();
                    self.take_utterance();
                }
                Some(done) = self.answered.recv() => self.answer(done),
                () = std::future::ready(()), if !waiting => break,
            }
        }
    }

    fn answer(&mut self, done: Done) {
        self.performing -= 1;
        let how = match &done.answer {
            Answer::Done(_) => "done",
            Answer::NotFound => "not_found",
            Answer::Refused(_) => "refused",
            Answer::Unavailable => "unavailable",
        };
        let took_ms = (self.now - done.began) * u64::from(FRAME_MS);
        self.note(Happening::Answered { operation: done.operation, how, took_ms });
        self.happen(Event::Answered { id: done.id, answer: done.answer });
    }

    /// The timers of the call: silence, keys, long look-ups, and the watchdog over all states.
    fn watch(&mut self) {
        if let Some(keys) = self.keys.tick() {
            self.keyed(keys);
        }
        self.watch_interruption();
        let occupied = self.speaker.busy()
            || self.caller_speaking
            || self.listener.awaits_text()
            || self.performing > 0
            || self.closing
            || self.awaits_beep()
            || self.transfer.is_some();
        if self.performing > 0
            && !self.speaker.busy()
            && let Some(utterance) = self.filler.tick().and_then(|wait| self.conversation.filler(wait))
        {
            self.speaker.say(utterance);
        }
        if occupied || self.keys.pending() {
            self.idle = 0;
            return;
        }
        match self.conversation.question().map(|question| question.no_input_ms) {
            Some(no_input_ms) => {
                self.silence += FRAME_MS;
                if self.silence >= no_input_ms {
                    self.note(Happening::NoInput);
                    self.turns.close_turn();
                    self.happen(Event::NoInput);
                }
            }
            None => {
                self.idle += FRAME_MS;
                if self.idle >= IDLE_FAULT_MS {
                    self.note(Happening::Fault("the call had nothing to do".to_owned()));
                    self.conversation.fail("the dialog stopped without a question");
                    self.closing = true;
                }
            }
        }
    }

    fn keyed(&mut self, keys: String) {
        self.note(Happening::Keyed { count: keys.len() });
        if self.conversation.question().is_none() {
            return;
        }
        let waterfall = Waterfall { speech_end_ms: Some(self.now_ms()), ..Waterfall::default() };
        let said = Said { keys: true, ..self.presentable(&keys, &Record::new(), 1.0) };
        self.line.show(Caption { who: Side::Caller, text: said.heard.clone(), partial: false });
        self.turns.begin(said, None, waterfall);
        self.answers_private = self.is_private;
        self.happen(Event::Keys(keys));
    }

    /// One part that cannot be spoken is left out; a voice that is gone ends the call, so that the line can hand it to a person.
    fn lose_voice(&mut self, error: &TtsError) {
        self.note(Happening::Fault(error.to_string()));
        self.mute += 1;
        if self.mute >= MUTE_FAULTS && !self.closing {
            self.conversation.fail("nothing can be spoken");
            self.closing = true;
        }
    }

    async fn speak(&mut self, inbound: &Inbound) {
        if self.line.clock() == Clock::Stepped {
            self.speaker.fill().await;
        }
        let (frame, heard) = self.speaker.next_frame();
        for what in heard {
            match what {
                Heard::Began { prompt, text } => {
                    self.line.show(Caption { who: Side::Service, text: text.clone(), partial: false });
                    self.turns.first_sample(self.now_ms());
                    self.note(Happening::SaidBegan { prompt, text: self.keepable(text) });
                }
                Heard::Part(text) => {
                    self.mute = 0;
                    let text = self.keepable(text);
                    self.turns.said(text);
                }
                Heard::Ended { prompt } => self.note(Happening::SaidEnded { prompt }),
                Heard::Failed(error) => self.lose_voice(&error),
            }
        }
        let frame = self.mix(inbound, frame);
        self.recording.push(&inbound.frame, &frame);
        self.line.send(&frame).await;
    }
}
