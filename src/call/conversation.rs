//! The talking part of a call, without sound: words and keys in, orders out. Text mode and every line share it.

use super::answers::{self, Spoken, Wanted};
use super::services::Services;
use super::turns::Said;
use crate::asr::{SpokenAnswer, Transcript};
use crate::dialog::{Action, Conclusion, Event, Opening, Outcome, Question, Queue, RequestKind, State, Utterance};
use crate::nlu::{Expectation, Heard, Understood};
use crate::text::mask::mask_text;
use crate::text::{Lang, Record};
use std::sync::Arc;

/// One caller's dialog and what it needs from the house.
pub struct Conversation {
    services: Arc<Services>,
    opening: Opening,
    state: State,
    lang: Lang,
    question: Option<Question>,
    outcome: Option<Outcome>,
    /// What a call of ours came to.
    conclusion: Option<Conclusion>,
    /// What the caller was handed over for, while a person is asked.
    handed: Option<Outcome>,
    /// A person was there.
    met: bool,
    /// How often the caller was asked to wait for other systems.
    waits: usize,
}

impl Conversation {
    pub fn new(services: Arc<Services>, opening: Opening) -> Conversation {
        let lang = opening.lang;
        Conversation {
            services,
            opening,
            state: State::default(),
            lang,
            question: None,
            outcome: None,
            conclusion: None,
            handed: None,
            met: false,
            waits: 0,
        }
    }

    pub fn services(&self) -> &Arc<Services> {
        &self.services
    }

    pub fn opening(&self) -> &Opening {
        &self.opening
    }

    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// What is being asked now; `None` while the service is busy or the call is over.
    pub fn question(&self) -> Option<&Question> {
        self.question.as_ref()
    }

    /// How the call ended, once it has.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// What a call of ours came to, as its flow says.
    pub fn conclusion(&self) -> Option<Conclusion> {
        self.conclusion
    }

    /// The last word was said, and the caller is to be handed to a person.
    pub fn hands_over(&self) -> bool {
        !self.met && matches!(self.outcome, Some(Outcome::Transferred { .. }))
    }

    /// The first thing that happens.
    pub fn start(&mut self) -> Vec<Action> {
        self.step(Event::Started(self.opening.clone()))
    }

    /// Lets something happen; the orders are to be carried out in their order.
    pub fn step(&mut self, event: Event) -> Vec<Action> {
        let over = matches!(event, Event::HungUp);
        self.follow_transfer(&event);
        let (state, actions) = self.services.engine.step(std::mem::take(&mut self.state), event);
        self.state = state;
        self.question = None;
        for action in &actions {
            match action {
                Action::Listen(question) => self.question = Some(question.clone()),
                Action::SetLang(lang) => self.lang = *lang,
                Action::HangUp(outcome) => {
                    let served = self.handed.take().filter(|_| self.met);
                    self.outcome = served.or_else(|| Some(outcome.clone()));
                }
                Action::Perform { kind: RequestKind::Conclude, operation, arguments, .. } => {
                    let said = Conclusion::read(operation, arguments);
                    self.conclusion = self.conclusion.map_or(said, |before| said.map(|said| before.then(said)));
                }
                Action::SetDelivery(_)
                | Action::Say(_)
                | Action::LeaveQueue
                | Action::ChooseCallBack
                | Action::Perform { .. }
                | Action::NoteUnanswered { .. }
                | Action::PauseRecording
                | Action::ResumeRecording => {}
            }
        }
        if over && self.outcome.is_none() {
            self.outcome = Some(Outcome::Abandoned);
        }
        actions
    }

    /// A call is handed over when a person was there, not when one was asked for.
    fn follow_transfer(&mut self, event: &Event) {
        match event {
            Event::Queue(Queue::Joined) => {
                self.handed = self.handed.take().or(self.outcome.take());
                self.outcome.clone_from(&self.handed);
                self.met = true;
            }
            Event::Queue(_) => self.handed = self.outcome.take().or(self.handed.take()),
            Event::TransferFailed(_) => self.outcome = None,
            _ => {}
        }
    }

    /// What the dialog remembers.
    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// Whether `text` says no more than that someone listens.
    pub fn nods(&self, text: &str) -> bool {
        self.services.router.is_nod(text, self.lang)
    }

    /// What `text` means as an answer to the present question.
    pub fn understand(&self, text: &str) -> Understood {
        self.understand_as(Heard { text, hearing_confidence: None })
    }

    fn understand_as(&self, heard: Heard<'_>) -> Understood {
        let open = Expectation::default();
        let expectation = self.question.as_ref().map_or(&open, |question| &question.expectation);
        self.services.router.understand_heard(heard, self.lang, expectation, self.opening.now.date())
    }

    /// What speech means as an answer to the present question, given its reading as one.
    pub fn understand_heard(&self, transcript: &Transcript, answer: Option<&SpokenAnswer>, number: bool) -> Understood {
        let free = self.understand_as(Heard { text: &transcript.text, hearing_confidence: Some(transcript.confidence) });
        let question = self.question.as_ref();
        let wanted = match number {
            false if question.is_some_and(|question| question.consent) => Wanted::Consent,
            false => Wanted::Words,
            true if question.is_some_and(|question| question.secret) => Wanted::Secret,
            true => Wanted::Number,
        };
        let slot = question.and_then(|question| question.expectation.slot.as_deref());
        let meant = Spoken { transcript, answer, wanted, slot }.meant(free, |text| self.understand(text));
        answers::or_another(
            meant,
            transcript.log_probability,
            transcript.alternatives.iter().map(|other| (self.understand(&other.text), other.log_probability)),
        )
    }

    /// What may be written down of `heard`: stars when the question asked for a secret.
    pub(super) fn presentable(&self, heard: &str, slots: &Record, confidence: f32) -> Said {
        match self.question.as_ref().filter(|question| question.secret) {
            Some(question) => {
                let others = slots.iter().filter(|(name, _)| Some(*name) != question.expectation.slot.as_ref());
                let slots = others.map(|(name, value)| (name.clone(), value.clone())).collect();
                Said { heard: mask_all(heard), confidence, keys: false, slots, secret: true }
            }
            None => Said { heard: mask_text(heard), confidence, keys: false, slots: slots.clone(), secret: false },
        }
    }

    /// What stands for speech of which no text could be made.
    pub fn not_understood(&self) -> Understood {
        self.understand("")
    }

    /// What bridges a slow look-up; the first wait is 0.
    pub fn filler(&mut self, wait: usize) -> Option<Utterance> {
        if wait == 0 {
            self.waits += 1;
        }
        let before = self.waits.saturating_sub(1);
        self.services.engine.filler(self.lang, wait, before)
    }

    /// The call cannot go on.
    pub fn fail(&mut self, reason: &str) {
        self.outcome = Some(Outcome::Failed(reason.to_owned()));
        self.question = None;
    }
}

/// A star for each letter or digit.
pub(super) fn mask_all(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() { '*' } else { c }).collect()
}
