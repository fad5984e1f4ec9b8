//! Running a flow's steps until something has to be waited for.

use super::Turn;
use crate::dialog::action::TransferReason;
use crate::dialog::flow::{Slot, Step, What};
use crate::dialog::state::{Asked, Asking};
use crate::text::{Record, Value};

impl Turn<'_> {
    /// Runs the top flow from where it stands; with none left asks what else there is.
    pub(super) fn run(&mut self) {
        let flows = self.flows;
        loop {
            let Some(frame) = self.state.frames.last_mut() else {
                return self.ask(Asked::new(Asking::More));
            };
            let Some(spent) = self.budget.checked_sub(1) else { return };
            self.budget = spent;
            let step = flows.flows.get(frame.flow).and_then(|flow| flow.steps.get(frame.at));
            match step {
                None | Some(Step::End) => return self.finish(),
                Some(Step::Say(prompt)) => {
                    frame.at += 1;
                    self.say(prompt, &Record::new());
                }
                Some(Step::Ask(slot)) => {
                    let confirmed = frame.confirmed.contains(slot);
                    let known = frame.variables.get(slot).cloned().or_else(|| self.take_carried_moment(slot));
                    match (known, self.slot(slot).is_some_and(Slot::is_read_back)) {
                        (None, _) => return self.ask(Asked::new(Asking::Slot(slot.clone()))),
                        (Some(value), true) if !confirmed => {
                            return self.ask(Asked::new(Asking::SlotGuess { slot: slot.clone(), value }));
                        }
                        _ => self.advance(),
                    }
                }
                Some(Step::Choose { .. }) => return self.ask(Asked::new(Asking::Choice)),
                Some(Step::Branch { condition, otherwise }) => {
                    let variables = frame.variables.clone();
                    match flows.prompts.holds(condition, &variables, self.manner()) {
                        Ok(true) => self.advance(),
                        Ok(false) => self.jump(*otherwise),
                        Err(_) => return self.fail(),
                    }
                }
                Some(Step::Jump(at)) => frame.at = *at,
                Some(Step::Verify(verification)) if self.state.proves(verification.level) => self.advance(),
                Some(Step::Verify(verification)) => return self.ask_proof(verification.level),
                Some(Step::Perform(performance)) => return self.perform(performance),
                Some(Step::Transfer { prompt }) => return self.transfer(prompt, TransferReason::FlowRule, None),
                Some(Step::Start(intent)) => {
                    self.state.frames.pop();
                    return self.start(*intent, &Record::new());
                }
                Some(Step::Notify(prompt)) => {
                    self.advance();
                    if self.notify(prompt) {
                        return;
                    }
                }
                Some(Step::Survey { survey, with }) => {
                    self.advance();
                    return self.keep_answer(survey, with);
                }
                Some(Step::Conclude { name, at }) => {
                    self.advance();
                    return self.conclude(name, at.as_deref());
                }
                Some(Step::Forget(slot)) => {
                    self.forget(slot);
                    self.advance();
                }
                Some(Step::AskAgain { slot, at, whole }) => {
                    self.forget(slot);
                    self.jump(*at);
                    if !whole {
                        return self.ask_in_short(Asking::Slot(slot.clone()));
                    }
                }
                Some(Step::Set(variables)) => {
                    for (name, expression) in variables {
                        let known = self.state.frames.last().map(|frame| frame.variables.clone()).unwrap_or_default();
                        match flows.prompts.evaluate(expression, &known, self.manner()) {
                            Ok(value) => self.set(name, value),
                            Err(_) => return self.fail(),
                        }
                    }
                    self.advance();
                }
            }
        }
    }

    /// A fault in a flow: reported by the end of the step.
    pub(super) fn fail(&mut self) {
        self.budget = 0;
    }

    pub(super) fn advance(&mut self) {
        if let Some(frame) = self.state.frames.last_mut() {
            frame.at += 1;
        }
    }

    pub(super) fn jump(&mut self, at: usize) {
        if let Some(frame) = self.state.frames.last_mut() {
            frame.at = at;
        }
    }

    pub(super) fn set(&mut self, name: &str, value: Value) {
        if let Some(frame) = self.state.frames.last_mut() {
            frame.variables.insert(name.to_owned(), value);
        }
    }

    /// The answer to the yes/no step.
    pub(super) fn choose(&mut self, yes: bool) {
        let no = match self.step() {
            Some(Step::Choose { no, .. }) => *no,
            _ => return,
        };
        if let Some(frame) = self.state.frames.last_mut() {
            frame.trail.push(frame.at);
            frame.at = if yes { frame.at + 1 } else { no };
        }
    }

    /// The answer to "shall I do it?".
    pub(super) fn consent(&mut self, yes: bool) {
        let cancelled = match self.step() {
            Some(Step::Perform(performance)) => match performance.what {
                What::Change { cancelled, .. } => cancelled,
                _ => return,
            },
            _ => return,
        };
        let Some(frame) = self.state.frames.last_mut() else { return };
        match (yes, cancelled) {
            (true, _) => frame.consent = Some(frame.at),
            (false, Some(at)) => frame.at = at,
            (false, None) => frame.at = usize::MAX,
        }
    }

    pub(super) fn go_on(&mut self) {
        if !self.state.frames.is_empty() {
            return self.resume();
        }
        if self.state.queued.is_empty() {
            return self.ask(Asked::new(Asking::More));
        }
        let (intent, slots) = self.state.queued.remove(0);
        let title = self.title(intent);
        self.say("next_request", &Record::from([("title".to_owned(), title)]));
        self.take_as_phrase(Asked::new(Asking::More), intent, &slots);
    }

    /// Back to what was interrupted.
    pub(super) fn resume(&mut self) {
        if let Some(intent) = self.state.frames.last().and_then(|frame| frame.intent) {
            let title = self.title(intent);
            self.say("resume", &Record::from([("title".to_owned(), title)]));
        }
        self.run();
    }
}
