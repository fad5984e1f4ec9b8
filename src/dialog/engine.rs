//! The engine: `(state, event) → (state, actions)`, nothing else. It never waits, reads a clock or throws dice, so a
//! call told twice goes the same way twice.
//!
//! Start at [`Engine::step`]; `hear`, `fill` and `phrase` decide what an answer means, `ask` puts questions, `run` executes a flow's steps,
//! `moment` greets, offers and asks for a score, `errand` holds calls of ours, `control` changes our manner, `dictate` takes numbers piece by piece,
//! `request` takes the answers of other systems, `verify` asks who is calling, `queue` is with callers who wait for a person.

mod ask;
pub(super) mod control;
mod dictate;
mod errand;
mod fill;
mod hear;
mod inform;
mod keys;
mod manner;
mod moment;
pub(super) mod number;
mod phrase;
mod queue;
mod request;
mod run;
pub(super) mod verify;
mod wishes;

#[cfg(test)]
mod any_call;
#[cfg(test)]
mod dictated_calls;
#[cfg(test)]
mod queued_calls;
#[cfg(test)]
mod steered_calls;
#[cfg(test)]
mod tests;

pub(super) use manner::OWN_PROMPTS;

pub use wishes::NEAR;

use super::action::{Action, Outcome, TransferReason, Utterance};
use super::event::{Event, Opening};
use super::flow::{Flow, Flows};
use super::state::{Frame, State, Wait, Waiting};
use super::template::Manner;
use crate::nlu::Intent;
use crate::text::{Lang, Record, Value};
use std::sync::Arc;

/// Steps of flows that one event may run; more is a loop in a flow.
const BUDGET: u32 = 200;
/// Flows that wait for their turn at most; the oldest is dropped.
const MOST_FRAMES: usize = 4;

/// Runs the flows. Cheap to share; every call keeps the version it began with.
#[derive(Clone, Debug)]
pub struct Engine {
    flows: Arc<Flows>,
}

impl Engine {
    pub fn new(flows: Arc<Flows>) -> Engine {
        Engine { flows }
    }

    /// What it runs.
    pub fn flows(&self) -> &Flows {
        &self.flows
    }

    /// What `event` does to a call. The actions end in [`Action::Listen`], [`Action::Perform`] or [`Action::HangUp`]; there are none when
    /// the event changes nothing: after the end, or something heard while another system is being asked.
    pub fn step(&self, state: State, event: Event) -> (State, Vec<Action>) {
        let goes_on = matches!(event, Event::Answered { .. });
        let mut turn = Turn { flows: &self.flows, state, actions: Vec::new(), budget: BUDGET, goes_on };
        turn.happen(event);
        turn.close()
    }

    /// What bridges a look-up that takes long: the first wait is 0. The wordings take turns; `before` is how often callers were kept waiting in this call.
    pub fn filler(&self, lang: Lang, wait: usize, before: usize) -> Option<Utterance> {
        let prompt = *manner::FILLERS.get(wait)?;
        let wordings = self.flows.prompts.get(prompt)?.wordings(lang);
        let text = wordings.get(before % wordings.len().max(1))?.clone();
        Some(Utterance { prompt: prompt.to_owned(), text, lang, barge_in: true })
    }
}

/// One event being dealt with.
struct Turn<'a> {
    flows: &'a Flows,
    state: State,
    actions: Vec<Action>,
    budget: u32,
    /// Nothing new came from the caller, who heard the beginning of this before.
    goes_on: bool,
}

impl Turn<'_> {
    fn happen(&mut self, event: Event) {
        let waiting = self.state.waiting.clone();
        match &event {
            Event::Heard(understood) => self.state.carried.clone_from(&understood.slots),
            Event::Keys(_) | Event::NoInput => self.state.carried.clear(),
            _ => {}
        }
        match (waiting, event) {
            (Waiting::Over | Waiting::Person(_), Event::TransferFailed(why)) => self.regain(why),
            (Waiting::Over, Event::Queue(what)) => self.wait_for_person(Wait::default(), what),
            (Waiting::Person(wait), Event::Queue(what)) => self.wait_for_person(wait, what),
            (Waiting::Person(wait), Event::Heard(understood)) => self.hear_in_queue(wait, &understood),
            (Waiting::Person(wait), Event::Keys(keys)) => self.keys_in_queue(wait, &keys),
            (Waiting::Person(wait), Event::NoInput | Event::HearingLost) => self.listen_in_queue(wait),
            (Waiting::Over, _) => {}
            (Waiting::Caller(_) | Waiting::Request(_) | Waiting::Beep(_), Event::Machine { can_listen }) => self.meet_machine(can_listen),
            (Waiting::Beep(message), Event::Beep) => self.leave_message(&message),
            (_, Event::HungUp) => {
                let outcome = if self.state.settled > 0 { Outcome::Completed } else { Outcome::Abandoned };
                self.hang_up(outcome);
            }
            (Waiting::Start, Event::Started(opening)) => self.open(opening),
            (Waiting::Caller(asked), Event::Heard(understood)) => self.hear(asked, &understood),
            (Waiting::Caller(asked), Event::Keys(keys)) => self.take_keys(asked, &keys),
            (Waiting::Caller(asked), Event::NoInput) => self.silence(asked),
            (Waiting::Caller(asked), Event::HearingLost) => self.lose_hearing(asked),
            (Waiting::Request(_), Event::HearingLost) => self.state.keys_only = true,
            (Waiting::Request(requested), Event::Answered { id, answer }) if requested.id == id => self.take_answer(requested, answer),
            _ => {}
        }
    }

    fn open(&mut self, opening: Opening) {
        self.state.lang = opening.lang;
        self.state.now = opening.now;
        self.state.call_id = opening.call_id;
        self.state.customer.clone_from(&opening.caller);
        self.state.caller = opening.caller;
        self.state.survey = opening.survey;
        self.state.keys_only = opening.by_keys;
        self.state.ours = opening.errand.is_some();
        if let Some(errand) = opening.errand {
            return self.begin_errand(errand);
        }
        let greeting = match opening.now.hour() {
            5..12 => "greeting_morning",
            12..18 => "greeting_afternoon",
            _ => "greeting_evening",
        };
        self.say(greeting, &Record::new());
        self.welcome();
    }

    /// Says a prompt; its wordings take turns. A prompt that cannot be rendered is a fault of ours and ends in a person's hands.
    fn say(&mut self, prompt: &str, extra: &Record) {
        let mut variables = self.state.frames.last().map(|frame| frame.variables.clone()).unwrap_or_default();
        variables.extend(extra.iter().map(|(name, value)| (name.clone(), value.clone())));
        if let Some(utterance) = self.utter(prompt, &variables) {
            self.actions.push(Action::Say(utterance));
        }
    }

    fn utter(&mut self, prompt: &str, variables: &Record) -> Option<Utterance> {
        let lang = self.state.lang;
        let barge_in = self.flows.prompts.get(prompt)?.barge_in;
        let n = self.next_wording(prompt)?;
        match self.flows.prompts.render(prompt, n, variables, self.manner()) {
            Ok(text) if text.is_empty() => None,
            Ok(text) => Some(Utterance { prompt: prompt.to_owned(), text, lang, barge_in }),
            Err(_) => {
                self.budget = 0;
                None
            }
        }
    }

    /// Which wording of a prompt comes next: they take turns.
    fn next_wording(&mut self, prompt: &str) -> Option<usize> {
        let count = self.flows.prompts.get(prompt)?.wordings(self.state.lang).len();
        let times = self.state.said.entry(prompt.to_owned()).or_insert(0);
        let n = *times % count.max(1);
        *times += 1;
        Some(n)
    }

    fn manner(&self) -> Manner {
        Manner { lang: self.state.lang, now: self.state.now }
    }

    fn title(&self, intent: Intent) -> Value {
        Value::Text(self.flows.title(intent, self.state.lang).unwrap_or(intent.name()).to_owned())
    }

    fn frame(&self) -> Option<(&Frame, &Flow)> {
        let frame = self.state.frames.last()?;
        Some((frame, self.flows.flows.get(frame.flow)?))
    }

    /// Hands over to a person with everything learned.
    fn transfer(&mut self, prompt: &str, reason: TransferReason, wanted: Option<Intent>) {
        self.say(prompt, &Record::new());
        let frame = self.state.frames.last().or(self.state.last.as_ref());
        let intent = wanted.or(frame.and_then(Frame::wish));
        let slots = frame.map(|frame| frame.variables.clone()).unwrap_or_default();
        self.hang_up(Outcome::Transferred { reason, intent, slots });
    }

    fn hang_up(&mut self, outcome: Outcome) {
        self.actions.push(Action::HangUp(outcome));
        self.state.waiting = Waiting::Over;
    }

    /// Recap of what was changed, the question for a score if this call has one, then one sentence.
    fn farewell(&mut self) {
        let recap = std::mem::take(&mut self.state.recap);
        self.actions.extend(recap.into_iter().map(Action::Say));
        if !self.ask_for_score() {
            self.part();
        }
    }

    fn part(&mut self) {
        self.say(if self.state.ours { "farewell_ours" } else { "farewell" }, &Record::new());
        self.hang_up(Outcome::Completed);
    }

    /// Faults, the recording's pause, and what "say that again" repeats.
    fn close(mut self) -> (State, Vec<Action>) {
        let is_over = self.state.waiting == Waiting::Over;
        if self.budget == 0 && !is_over {
            self.actions.retain(|action| !matches!(action, Action::Listen(_) | Action::Perform { .. }));
            self.transfer("fault", TransferReason::SystemDown, None);
        }
        self.guard_secrets();
        let said: Vec<Utterance> = self
            .actions
            .iter()
            .filter_map(|action| match action {
                Action::Say(utterance) => Some(utterance.clone()),
                _ => None,
            })
            .collect();
        if self.goes_on {
            self.state.heard.extend(said);
        } else if !self.actions.is_empty() {
            self.state.heard = said;
        }
        (self.state, self.actions)
    }

    /// A secret may be spoken from the first word of the question on, for callers interrupt; it was given when the next step begins.
    fn guard_secrets(&mut self) {
        let asks_secret = matches!(self.actions.last(), Some(Action::Listen(question)) if question.secret);
        if asks_secret && !self.state.recording_paused {
            let before = self.actions.iter().rposition(|action| matches!(action, Action::Say(_))).unwrap_or(self.actions.len() - 1);
            self.actions.insert(before, Action::PauseRecording);
            self.state.recording_paused = true;
        } else if !asks_secret && self.state.recording_paused && !self.actions.is_empty() {
            self.actions.insert(0, Action::ResumeRecording);
            self.state.recording_paused = false;
        }
    }
}
