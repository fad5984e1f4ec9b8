//! Calls of ours: who answered is found out beside what is said, which never waits for it. A verdict is noted; only what shows itself to be a machine is one: it
//! hears its message after the beep, or is hung up on.

use super::Session;
use crate::audio::machine::{Beep, Machine, Met, Noticed, Said, Verdict, Watch};
use crate::call::line::{Inbound, Line};
use crate::call::record::Happening;
use crate::dialog::Event;
use crate::nlu::pickup::{self, Beginning};

/// How far it is known who answered.
pub(super) enum Answering {
    /// Somebody, or something.
    Watched(Box<Watch>),
    /// It is a machine, and its beep is waited for.
    Machine(Box<Beep>),
    /// It is a machine, and is being told or was hung up on.
    Dealt { is_told: bool },
}

impl<L: Line> Session<L> {
    /// One tick.
    pub(super) fn watch_answerer(&mut self, inbound: &Inbound) {
        if self.transfer.is_some() {
            self.answering = None;
        }
        match &mut self.answering {
            Some(Answering::Watched(watch)) => match watch.push(&inbound.frame) {
                Some(Noticed::Verdict(Verdict { who, at_ms })) => {
                    self.answered_by = Some(who);
                    self.note(Happening::AnsweredBy { who: who.name(), after_ms: at_ms });
                }
                Some(Noticed::Machine(met)) => self.meet_machine(met),
                None => {}
            },
            Some(Answering::Machine(beep)) => match beep.push(&inbound.frame) {
                Some(Machine::Listens) => {
                    self.answering = Some(Answering::Dealt { is_told: true });
                    self.happen(Event::Beep);
                }
                Some(Machine::Deaf) => {
                    self.answering = Some(Answering::Dealt { is_told: false });
                    self.happen(Event::Machine { can_listen: false });
                }
                None => {}
            },
            Some(Answering::Dealt { .. }) | None => {}
        }
        if self.caller_speaking && matches!(&self.answering, Some(Answering::Watched(watch)) if watch.looks()) {
            self.listener.look();
        }
    }

    /// Words that only machines say, in a trial or at the end of what was said.
    pub(super) fn notice_words(&mut self, text: &str) {
        let Some(Answering::Watched(watch)) = &mut self.answering else { return };
        let Beginning { machine_odds, length } = pickup::read(text);
        if watch.are_machines(text, Said { machine_odds, length }) {
            self.meet_machine(Met::Words);
        }
    }

    /// Whether what was said is a machine's, so that nobody has to understand it; else somebody is there.
    pub(super) fn is_machine_talk(&mut self, text: &str) -> bool {
        self.notice_words(text);
        match &mut self.answering {
            Some(Answering::Watched(watch)) => !watch.may_answer(),
            Some(Answering::Machine(_) | Answering::Dealt { .. }) => true,
            None => false,
        }
    }

    fn meet_machine(&mut self, met: Met) {
        let Some(Answering::Watched(watch)) = &self.answering else { return };
        let beep = watch.beep();
        if self.closing {
            return;
        }
        self.note(Happening::MetMachine { by: met.name() });
        self.interrupt();
        self.line.clear();
        self.listener.reset();
        self.caller_speaking = false;
        self.happen(Event::Machine { can_listen: met != Met::LineTone });
        let is_over = self.conversation.outcome().is_some();
        self.answering = Some(if is_over { Answering::Dealt { is_told: false } } else { Answering::Machine(Box::new(beep)) });
    }

    /// Nobody is there to answer: silence is no fault.
    pub(super) fn awaits_beep(&self) -> bool {
        matches!(self.answering, Some(Answering::Machine(_)))
    }

    /// Whether a machine answered, and if so whether it was told; it was not when it hung up before.
    pub(super) fn by_machine(&self, left: bool) -> Option<MachineTold> {
        match self.answering {
            Some(Answering::Machine(_)) => Some(MachineTold(false)),
            Some(Answering::Dealt { is_told }) => Some(MachineTold(is_told && !(left && self.speaker.busy()))),
            Some(Answering::Watched(_)) | None => None,
        }
    }
}

/// A machine answered; whether it was left the whole message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineTold(pub bool);
