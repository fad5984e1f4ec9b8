//! Asking other systems, and what their answers mean. Nothing is changed here without a verified caller, a yes, and a
//! key that makes it happen once.

use super::Turn;
use crate::dialog::action::{Action, RequestId, RequestKind, TransferReason};
use crate::dialog::event::Answer;
use crate::dialog::flow::{Level, Performance, Step, What};
use crate::dialog::state::{Asked, Asking, Opened, Purpose, Requested, Waiting};
use crate::nlu::Intent;
use crate::text::{Record, Value};

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
        // What is another number's is told to whoever can prove that it is theirs.
        let (kind, is_change, level) = match &performance.what {
            What::LookUp => (RequestKind::LookUp, false, Level::CallerId),
            What::Order => (RequestKind::OpenWorkOrder, false, Level::CallerId),
            What::Change { verify, .. } => (RequestKind::Change, true, verify.level),
        };
        if !self.state.proves(level) {
            return self.ask_proof(level);
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
        // The same fault told twice in a call is registered once.
        let known = self.state.opened.iter().find(|order| order.class == performance.operation && order.arguments == arguments);
        if let Some(reply) = known.filter(|_| kind == RequestKind::OpenWorkOrder).map(|order| order.reply.clone()) {
            self.set(&performance.into, Value::Record(reply));
            self.advance();
            return self.run();
        }
        let key = (kind != RequestKind::LookUp).then(|| self.key(&name, &performance.operation, &arguments));
        self.send(Purpose::Step { kind }, kind, &performance.operation, arguments, key);
        if let Some(Action::Perform { within_ms, .. }) = self.actions.last_mut() {
            *within_ms = performance.within_ms;
        }
    }

    /// Writes to the customer; false when it is not known to whom.
    pub(super) fn notify(&mut self, prompt: &str) -> bool {
        if self.state.customer.is_none() || !self.state.proves(Level::CallerId) {
            return false;
        }
        let variables = self.state.frames.last().map(|frame| frame.variables.clone()).unwrap_or_default();
        let Some(utterance) = self.utter(prompt, &variables) else { return false };
        let arguments = Record::from([("text".to_owned(), Value::Text(utterance.text))]);
        let key = self.new_key(prompt);
        self.send(Purpose::Aside, RequestKind::Notify, prompt, arguments, Some(key));
        true
    }

    pub(super) fn keep_answer(&mut self, survey: &str, with: &[(String, String)]) {
        let variables = self.state.frames.last().map(|frame| frame.variables.clone()).unwrap_or_default();
        let mut arguments = Record::new();
        for (argument, expression) in with {
            match self.flows.prompts.evaluate(expression, &variables, self.manner()) {
                Ok(value) => arguments.insert(argument.clone(), value),
                Err(_) => return self.fail(),
            };
        }
        let key = self.new_key(survey);
        self.send(Purpose::Aside, RequestKind::Survey, survey, arguments, Some(key));
    }

    pub(super) fn new_key(&self, name: &str) -> String {
        format!("{}-{name}-{}", self.state.call_id, self.state.requests + 1)
    }

    /// The same key for the same thing whose outcome is unknown, else a new one.
    fn key(&mut self, flow: &str, operation: &str, arguments: &Record) -> String {
        if let Some((unsettled, with, key)) = &self.state.unsettled
            && unsettled == operation
            && with == arguments
        {
            return key.clone();
        }
        let key = self.new_key(flow);
        self.state.unsettled = Some((operation.to_owned(), arguments.clone(), key.clone()));
        key
    }

    pub(super) fn send(
        &mut self,
        purpose: Purpose,
        kind: RequestKind,
        operation: &str,
        arguments: Record,
        idempotency_key: Option<String>,
    ) {
        self.state.requests += 1;
        let id = RequestId(self.state.requests);
        let customer = self.state.customer.clone();
        self.actions.push(Action::Perform {
            id,
            kind,
            operation: operation.to_owned(),
            arguments,
            customer,
            idempotency_key,
            within_ms: None,
        });
        self.state.waiting = Waiting::Request(Requested { id, purpose });
    }

    pub(super) fn take_answer(&mut self, requested: Requested, answer: Answer) {
        match requested.purpose {
            Purpose::Verify(secret) => self.take_verification(secret, answer),
            Purpose::Order => self.take_offered_order(answer),
            Purpose::Aside => self.run(),
            Purpose::Step { kind } => self.take_step_answer(kind, answer),
        }
    }

    fn take_step_answer(&mut self, kind: RequestKind, answer: Answer) {
        let flows = self.flows;
        let (step, intent) = match self.state.frames.last() {
            Some(frame) => {
                (flows.flows.get(frame.flow).and_then(|flow| flow.steps.get(frame.at)), frame.intent.unwrap_or(Intent::TransferAgent))
            }
            None => return self.fail(),
        };
        let Some(Step::Perform(performance)) = step else { return self.fail() };
        let settled = if answer == Answer::Unavailable || kind == RequestKind::LookUp { None } else { self.state.unsettled.take() };
        let ordered = settled.filter(|_| kind == RequestKind::OpenWorkOrder).map(|(_, arguments, _)| arguments);
        let (branch, offer) = match answer {
            Answer::Done(reply) => {
                if let Some(arguments) = ordered {
                    self.state.opened.push(Opened { class: performance.operation.clone(), arguments, reply: reply.clone() });
                }
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

    /// The caller wants it registered, since a system is down.
    pub(super) fn open_offered_order(&mut self) {
        let Some((frame, flow)) = self.frame() else { return self.fail() };
        let wish = Value::Text(frame.intent.map_or(flow.id.as_str(), |intent| intent.name()).to_owned());
        let title = frame.intent.map_or_else(|| Value::Text(flow.id.clone()), |intent| self.title(intent));
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
                self.state.opened.push(Opened { class: OFFERED_CLASS.to_owned(), arguments: Record::new(), reply });
                self.finish();
            }
            _ => self.transfer("transfer_system_down", TransferReason::SystemDown, None),
        }
    }
}
