//! Asking other systems, and what their answers mean. Nothing is changed here without a verified caller, a yes, and a
//! key that makes it happen once.

use super::Turn;
use crate::dialog::action::{Action, RequestId, RequestKind, TransferReason};
use crate::dialog::event::Answer;
use crate::dialog::flow::{Performance, Step, What};
use crate::dialog::state::{Asked, Asking, Purpose, Requested, Waiting};
use crate::text::{Record, Value};

/// The operation that proves who is calling.
const VERIFY_PIN: &str = "verify_pin";
const MOST_PIN_FAILURES: u8 = 3;
/// The class of what is registered because a system is down.
const OFFERED_CLASS: &str = "callback";

impl Turn<'_> {
    /// The running step's request, once all it needs is there.
    pub(super) fn perform(&mut self, performance: &Performance) {
        let Some((frame, flow)) = self.frame() else { return };
        let (at, consent, variables) = (frame.at, frame.consent, frame.variables.clone());
        let name = flow.id.clone();
        if self.state.customer.is_none() {
            return self.ask(Asked::new(Asking::Number));
        }
        let (kind, is_change) = match performance.what {
            What::LookUp => (RequestKind::LookUp, false),
            What::Order => (RequestKind::OpenWorkOrder, false),
            What::Change { .. } => (RequestKind::Change, true),
        };
        let is_own = self.state.customer == self.state.caller;
        if !self.state.verified && (is_change || !is_own) {
            return self.ask_pin();
        }
        if is_change && consent != Some(at) {
            return self.ask(Asked::new(Asking::Consent));
        }
        let mut arguments = Record::new();
        for (argument, expression) in &performance.with {
            match self.flows.prompts.evaluate(expression, &variables, self.manner()) {
                Ok(value) => arguments.insert(argument.clone(), value),
                Err(_) => return self.fail(),
            };
        }
        if let Some(frame) = self.state.frames.last_mut() {
            frame.consent = None;
        }
        let key = (kind != RequestKind::LookUp).then(|| self.key(&name, &performance.operation, &arguments));
        self.send(Purpose::Step { kind }, kind, &performance.operation, arguments, key);
    }

    /// The same key for the same thing whose outcome is unknown, else a new one.
    fn key(&mut self, flow: &str, operation: &str, arguments: &Record) -> String {
        if let Some((unsettled, with, key)) = &self.state.unsettled
            && unsettled == operation
            && with == arguments
        {
            return key.clone();
        }
        let key = format!("{}-{flow}-{}", self.state.call_id, self.state.requests + 1);
        self.state.unsettled = Some((operation.to_owned(), arguments.clone(), key.clone()));
        key
    }

    fn send(&mut self, purpose: Purpose, kind: RequestKind, operation: &str, arguments: Record, idempotency_key: Option<String>) {
        self.state.requests += 1;
        let id = RequestId(self.state.requests);
        let customer = self.state.customer.clone();
        self.actions.push(Action::Perform { id, kind, operation: operation.to_owned(), arguments, customer, idempotency_key });
        self.state.waiting = Waiting::Request(Requested { id, purpose });
    }

    pub(super) fn take_answer(&mut self, requested: Requested, answer: Answer) {
        match requested.purpose {
            Purpose::VerifyPin => self.take_verification(answer),
            Purpose::Order => self.take_offered_order(answer),
            Purpose::Step { kind } => self.take_step_answer(kind, answer),
        }
    }

    fn take_step_answer(&mut self, kind: RequestKind, answer: Answer) {
        let flows = self.flows;
        let (step, intent) = match self.state.frames.last() {
            Some(frame) => (flows.flows.get(frame.flow).and_then(|flow| flow.steps.get(frame.at)), frame.intent),
            None => return self.fail(),
        };
        let Some(Step::Perform(performance)) = step else { return self.fail() };
        if answer != Answer::Unavailable && kind != RequestKind::LookUp {
            self.state.unsettled = None;
        }
        let (branch, offer) = match answer {
            Answer::Done(reply) => {
                self.set(&performance.into, Value::Record(reply));
                self.note_for_recap(performance);
                self.advance();
                return self.run();
            }
            Answer::NotFound => (performance.not_found, "not_found"),
            Answer::Refused(reason) => {
                self.set("reason", Value::Text(reason));
                (performance.refused, "refused")
            }
            Answer::Unavailable => (performance.unavailable, "change_unknown"),
        };
        match (branch, offer, kind) {
            (Some(at), _, _) => {
                self.jump(at);
                self.run();
            }
            (None, "change_unknown", RequestKind::LookUp) => self.ask(Asked::new(Asking::OfferOrder)),
            (None, _, RequestKind::OpenWorkOrder) => self.transfer("transfer_system_down", TransferReason::SystemDown, None),
            (None, prompt, _) => self.ask(Asked::new(Asking::OfferAgent { intent, prompt: prompt.into() })),
        }
    }

    fn note_for_recap(&mut self, performance: &Performance) {
        let What::Change { recap: Some(prompt), .. } = &performance.what else { return };
        let variables = self.state.frames.last().map(|frame| frame.variables.clone()).unwrap_or_default();
        let utterance = self.utter(prompt, &variables);
        self.state.recap.extend(utterance);
    }

    pub(super) fn ask_pin(&mut self) {
        if self.state.customer.is_none() {
            return self.ask(Asked::new(Asking::Number));
        }
        if self.state.pin_failures >= MOST_PIN_FAILURES {
            return self.transfer("transfer_not_verified", TransferReason::NotVerified, None);
        }
        self.ask(Asked::new(Asking::Pin));
    }

    pub(super) fn verify_pin(&mut self, pin: Value) {
        self.send(Purpose::VerifyPin, RequestKind::LookUp, VERIFY_PIN, Record::from([("pin".to_owned(), pin)]), None);
    }

    fn take_verification(&mut self, answer: Answer) {
        match answer {
            Answer::Done(reply) if reply.get("verified") == Some(&Value::Flag(true)) => {
                self.state.verified = true;
                self.say("verified", &Record::new());
                self.run();
            }
            Answer::Unavailable => self.transfer("transfer_system_down", TransferReason::SystemDown, None),
            Answer::Done(_) | Answer::Refused(_) | Answer::NotFound => {
                self.state.pin_failures += 1;
                if self.state.pin_failures >= MOST_PIN_FAILURES {
                    return self.transfer("transfer_not_verified", TransferReason::NotVerified, None);
                }
                self.say("pin_wrong", &Record::new());
                self.listen(Asked::new(Asking::Pin));
            }
        }
    }

    /// The caller wants it registered, since a system is down.
    pub(super) fn open_offered_order(&mut self) {
        let Some((frame, _)) = self.frame() else { return self.fail() };
        let wish = Value::Text(frame.intent.name().to_owned());
        let title = self.title(frame.intent);
        let mut arguments = frame.variables.clone();
        arguments.extend([("intent".to_owned(), wish), ("text".to_owned(), title)]);
        arguments.insert("reason".to_owned(), Value::Text("system_unavailable".to_owned()));
        let key = self.key("order", OFFERED_CLASS, &arguments);
        self.send(Purpose::Order, RequestKind::OpenWorkOrder, OFFERED_CLASS, arguments, Some(key));
    }

    fn take_offered_order(&mut self, answer: Answer) {
        match answer {
            Answer::Done(reply) => {
                self.state.unsettled = None;
                self.say("order_opened", &reply);
                self.finish();
            }
            _ => self.transfer("transfer_system_down", TransferReason::SystemDown, None),
        }
    }
}
