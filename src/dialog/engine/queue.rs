//! A caller who waits for a person, or speaks with one: what he is told, and what he can say meanwhile.

use super::Turn;
use crate::dialog::action::{Action, Question, Timing};
use crate::dialog::event::{Queue, TransferFailure};
use crate::dialog::state::{Asked, Asking, Wait, Waiting};
use crate::nlu::{Decision, Expectation, Intent, Understood};
use crate::text::{Record, Value};

/// What may be said while waiting is in this grammar; its tags are the two below.
const GRAMMAR: &str = "queue";
const CALL_BACK: &str = "call_back";
const LEAVE: &str = "leave";
const CALL_BACK_KEY: &str = "1";
/// Silence is what is expected of somebody who waits.
const NEVER_MS: u32 = u32::MAX;

impl Turn<'_> {
    pub(super) fn wait_for_person(&mut self, mut wait: Wait, what: Queue) {
        match what {
            Queue::Asking => {}
            Queue::Place { place, expected_s, can_be_called } => {
                self.tell_place(place, expected_s);
                wait.can_be_called = can_be_called;
                if can_be_called && !wait.offered {
                    wait.offered = true;
                    self.say("queue_offer", &Record::new());
                }
            }
            Queue::Joined => {
                self.state.waiting = Waiting::Person(wait);
                return;
            }
            Queue::Interrupted => self.say("queue_interrupted", &Record::new()),
            Queue::Lost => self.say("queue_lost", &Record::new()),
            Queue::PassedOn => self.say("queue_passed_on", &Record::new()),
            Queue::CallBackKept => return self.back_to_wishes("queue_call_back_kept", &Record::new()),
            Queue::CallBackFailed => {
                wait.can_be_called = false;
                self.say("queue_call_back_failed", &Record::new());
            }
            Queue::Served => return self.farewell(),
        }
        self.listen_in_queue(wait);
    }

    fn tell_place(&mut self, place: usize, expected_s: i64) {
        let minutes = u64::try_from(expected_s).unwrap_or(0).div_ceil(60).max(1);
        let place = Value::Number(i64::try_from(place).unwrap_or(i64::MAX));
        self.say("queue_place", &Record::from([("place".to_owned(), place), ("wait".to_owned(), Value::Minutes(minutes))]));
    }

    pub(super) fn listen_in_queue(&mut self, wait: Wait) {
        let expectation = Expectation { grammar: Some(GRAMMAR.to_owned()), slot: Some(GRAMMAR.to_owned()), terms: Vec::new() };
        self.actions.push(Action::Listen(Question {
            name: GRAMMAR.to_owned(),
            expectation,
            timing: Timing::Closed,
            no_input_ms: NEVER_MS,
            key_length: 0,
            secret: false,
            consent: false,
        }));
        self.state.waiting = Waiting::Person(wait);
    }

    pub(super) fn hear_in_queue(&mut self, wait: Wait, understood: &Understood) {
        let said = match understood.slots.get(GRAMMAR) {
            Some(Value::Text(said)) if understood.decision == Decision::Accept => said.as_str(),
            _ => "",
        };
        match (said, understood.intent.filter(|_| understood.decision == Decision::Accept)) {
            (CALL_BACK, _) => self.choose_call_back(wait),
            (LEAVE, _) | (_, Some(Intent::Back | Intent::Menu)) => self.leave_queue(),
            (_, Some(Intent::Goodbye)) => {
                self.actions.push(Action::LeaveQueue);
                self.farewell();
            }
            (_, Some(Intent::TransferAgent | Intent::Affirm | Intent::Thanks)) => self.listen_in_queue(wait),
            _ if understood.decision == Decision::Reject => self.listen_in_queue(wait),
            _ => {
                self.say("queue_help", &Record::new());
                self.listen_in_queue(wait);
            }
        }
    }

    pub(super) fn keys_in_queue(&mut self, wait: Wait, keys: &str) {
        match keys {
            CALL_BACK_KEY => self.choose_call_back(wait),
            "*" => self.leave_queue(),
            _ => self.listen_in_queue(wait),
        }
    }

    fn choose_call_back(&mut self, wait: Wait) {
        if wait.can_be_called {
            self.actions.push(Action::ChooseCallBack);
        } else {
            self.say("queue_call_back_failed", &Record::new());
        }
        self.listen_in_queue(wait);
    }

    fn leave_queue(&mut self) {
        self.actions.push(Action::LeaveQueue);
        self.back_to_wishes("queue_left", &Record::new());
    }

    /// Nobody took the caller over: it is said so, and the call goes on where wishes are asked for.
    pub(super) fn regain(&mut self, why: TransferFailure) {
        let mut extra = Record::new();
        let prompt = match why {
            TransferFailure::Busy | TransferFailure::NoAnswer => "transfer_busy",
            TransferFailure::Declined | TransferFailure::Unreachable => "transfer_failed",
            TransferFailure::Nobody => "transfer_nobody",
            TransferFailure::AgentLost => "transfer_lost",
            TransferFailure::Test => "transfer_test",
            TransferFailure::Closed { opens } => {
                extra.extend(opens.map(|opens| ("opens".to_owned(), Value::Moment(opens))));
                "transfer_closed"
            }
        };
        self.back_to_wishes(prompt, &extra);
    }

    fn back_to_wishes(&mut self, prompt: &str, extra: &Record) {
        self.state.last = self.state.frames.pop().or(self.state.last.take());
        self.state.frames.clear();
        self.say(prompt, extra);
        self.ask(Asked::new(Asking::More));
    }
}
