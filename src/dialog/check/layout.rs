//! Nested steps as typed → a flat list with jumps, which a dialog's state can point into with one number.

use super::{Checker, Use};
use crate::dialog::flow::{AnswerWords, At, Level, Performance, Slot, Step, Verification, What, Words};
use crate::dialog::raw::{RawStep, RawVerify, RawWords, Text};
use crate::text::located::{Fault, Located, Place};
use std::collections::BTreeMap;

/// The service's prompt that asks for a secret because the number is not the caller's own.
const ANOTHER_NUMBER: &str = "pin_number";

/// What was answered, for the part that deals with replies.
const SAID: &str = "said";

pub(super) fn lay_out(
    checker: &mut Checker<'_>,
    flow: &str,
    index: usize,
    slots: &BTreeMap<String, Slot>,
    steps: Vec<Located<RawStep>>,
    is_ours: bool,
) -> Vec<Step> {
    let steps_laid = Vec::new();
    let (labels, gotos, scopes) = (BTreeMap::new(), Vec::new(), Scopes { inside: Vec::new(), next: 1 });
    let mut layout = Layout { checker, flow, index, slots, is_ours, steps: steps_laid, labels, gotos, scopes, question: None };
    if steps.is_empty() {
        layout.checker.fault(Place { line: 1, column: 1 }, format!("flow `{flow}` has no steps"));
    }
    layout.block(steps);
    layout.steps.push(Step::End);
    layout.resolve_gotos();
    layout.steps
}

struct Layout<'a, 'w> {
    checker: &'a mut Checker<'w>,
    flow: &'a str,
    index: usize,
    slots: &'a BTreeMap<String, Slot>,
    /// Calls of ours begin with the flow.
    is_ours: bool,
    steps: Vec<Step>,
    /// By the scope that they hold in.
    labels: BTreeMap<(usize, String), At>,
    /// Jumps whose label may come later.
    gotos: Vec<Goto>,
    scopes: Scopes,
    /// The question whose replies are being laid out.
    question: Option<(String, At)>,
}

struct Goto {
    at: At,
    label: Text,
    scope: usize,
    file: String,
}

/// Parts that stand in one another; each time a part is taken in, its labels are its own.
struct Scopes {
    inside: Vec<(String, usize)>,
    next: usize,
}

impl Scopes {
    fn here(&self) -> usize {
        self.inside.last().map_or(0, |(_, scope)| *scope)
    }
}

impl Layout<'_, '_> {
    fn block(&mut self, steps: Vec<Located<RawStep>>) {
        for step in steps {
            self.step(step.value, step.place);
        }
    }

    /// Lays out a side branch that rejoins after the main line; gives where it begins.
    fn side(&mut self, steps: Option<Vec<Located<RawStep>>>) -> Option<(At, At)> {
        let steps = steps?;
        let begins = self.steps.len();
        self.block(steps);
        let rejoins = self.steps.len();
        self.steps.push(Step::Jump(rejoins + 1));
        Some((begins, rejoins))
    }

    fn step(&mut self, mut raw: RawStep, place: Place) {
        if let Some(label) = raw.id.take()
            && self.labels.insert((self.scopes.here(), label.value.clone()), self.steps.len()).is_some()
        {
            self.checker.fault(label.place, format!("label `{}` is used twice", label.value));
        }
        let verbs = verbs_of(&raw);
        let is_change = verbs == ["verify", "change"];
        if verbs.len() != 1 && !is_change {
            let reason = format!("a step does one thing, this one {}: {}", verbs.len(), verbs.join(", "));
            return self.checker.fault(place, reason);
        }
        self.stray_keys(&raw, place);
        if let Some(prompt) = raw.say {
            self.with_prompt(&prompt, Use::Said, Step::Say);
        } else if let Some(slot) = raw.ask {
            self.ask(&slot);
        } else if let Some(prompt) = raw.choose {
            self.checker.repeat(self.flow, &prompt);
            let no_input_ms = raw.no_input_ms.map(|ms| ms.value);
            let keys_prompt = raw.keys_prompt.and_then(|name| self.checker.prompt(self.flow, self.index, &name, Use::Asked));
            let words = AnswerWords { yes: words(raw.means_yes), no: words(raw.means_no) };
            self.fork(raw.yes, raw.no, |layout, no| {
                layout.with_prompt(&prompt, Use::Asked, |prompt| {
                    let (keys_prompt, words) = (keys_prompt.clone(), words.clone());
                    Step::Choose { prompt, keys_prompt, no, no_input_ms, words }
                });
            });
        } else if let Some(condition) = raw.condition {
            self.checker.expression(self.index, &condition);
            self.fork(raw.then, raw.otherwise, |layout, otherwise| {
                layout.steps.push(Step::Branch { condition: condition.value.clone(), otherwise });
            });
        } else if raw.look_up.is_some() || raw.change.is_some() || raw.work_order.is_some() {
            self.perform(raw, place);
        } else if let Some(verify) = raw.verify {
            let verification = self.verification(&verify);
            self.steps.extend(verification.map(Step::Verify));
        } else if let Some(prompt) = raw.transfer {
            self.with_prompt(&prompt, Use::Said, |prompt| Step::Transfer { prompt });
        } else if let Some(intent) = raw.start {
            let intent = self.checker.started(&intent);
            self.steps.extend(intent.map(Step::Start));
        } else if let Some(prompt) = raw.notify {
            self.with_prompt(&prompt, Use::Said, Step::Notify);
        } else if let Some(survey) = raw.survey {
            if !raw.with.contains_key("score") {
                self.checker.fault(survey.place, format!("survey `{}` needs the argument `score`", survey.value));
            }
            raw.with.values().for_each(|expression| self.checker.expression(self.index, expression));
            let with = raw.with.into_iter().map(|(name, expression)| (name, expression.value)).collect();
            self.steps.push(Step::Survey { survey: survey.value, with });
        } else if let Some(name) = raw.outcome {
            self.checker.conclusion(self.index, &name, &raw.with, self.is_ours);
            let at = raw.with.into_values().next().map(|expression| expression.value);
            self.steps.push(Step::Conclude { name: name.value, at });
        } else if let Some(variables) = raw.set {
            variables.values().for_each(|expression| self.checker.expression(self.index, expression));
            self.steps.push(Step::Set(variables.into_iter().map(|(name, expression)| (name, expression.value)).collect()));
        } else if let Some(slot) = raw.forget {
            if !self.slots.contains_key(&slot.value) {
                self.checker.fault(slot.place, format!("unknown slot `{}`", slot.value));
            }
            self.steps.push(Step::Forget(slot.value));
        } else if let Some(part) = raw.include {
            self.part(&part);
        } else if let Some(how) = raw.ask_again {
            self.ask_again(&how);
        } else if let Some(label) = raw.goto {
            let (at, scope, file) = (self.steps.len(), self.scopes.here(), self.checker.file.clone());
            self.gotos.push(Goto { at, label, scope, file });
            self.steps.push(Step::Jump(0));
        } else {
            self.steps.push(Step::End);
        }
    }

    /// A question, and behind it what is done with replies that are no answer.
    fn ask(&mut self, slot: &Text) {
        let at = self.steps.len();
        self.steps.push(Step::Ask(slot.value.clone()));
        let Some(found) = self.slots.get(&slot.value) else {
            return self.checker.fault(slot.place, format!("unknown slot `{}`", slot.value));
        };
        if let Some(part) = &found.replies {
            self.steps.push(Step::Set(vec![(SAID.to_owned(), slot.value.clone())]));
            let before = self.question.replace((slot.value.clone(), at));
            self.part(part);
            self.question = before;
        }
    }

    fn ask_again(&mut self, how: &Text) {
        let whole = how.value == "whole";
        if !whole && how.value != "short" {
            self.checker.fault(how.place, format!("`{}`: the question is put again `whole` or `short`", how.value));
        }
        match self.question.clone() {
            Some((slot, at)) => self.steps.push(Step::AskAgain { slot, at, whole }),
            None => self.checker.fault(how.place, "`ask_again` belongs to a part that a slot names under `replies`"),
        }
    }

    /// The steps of a part, which are those of the flow from now on. Parts that there are none of were reported with the slots.
    fn part(&mut self, name: &Text) {
        let Some(steps) = self.checker.steps_of_part(&name.value) else { return };
        if self.scopes.inside.iter().any(|(outer, _)| *outer == name.value) {
            return self.checker.fault(name.place, format!("part `{}` stands in itself", name.value));
        }
        let Some(outside) = self.checker.enter_part(&name.value) else { return };
        self.scopes.inside.push((name.value.clone(), self.scopes.next));
        self.scopes.next += 1;
        self.block(steps);
        self.scopes.inside.pop();
        self.checker.leave_part(outside);
    }

    fn with_prompt(&mut self, name: &Text, how: Use, step: impl FnOnce(String) -> Step) {
        if let Some(prompt) = self.checker.prompt(self.flow, self.index, name, how) {
            self.steps.push(step(prompt));
        }
    }

    /// A step that goes on with `first` or jumps to `second`; both rejoin.
    fn fork(&mut self, first: Option<Vec<Located<RawStep>>>, second: Option<Vec<Located<RawStep>>>, head: impl Fn(&mut Self, At)) {
        let at = self.steps.len();
        head(self, 0);
        if self.steps.len() == at {
            return;
        }
        self.block(first.unwrap_or_default());
        let end_of_first = self.steps.len();
        self.steps.push(Step::Jump(0));
        let begins = self.steps.len();
        self.block(second.unwrap_or_default());
        let end = self.steps.len();
        if let Some(jump) = self.steps.get_mut(end_of_first) {
            *jump = Step::Jump(end);
        }
        if let Some(Step::Choose { no: target, .. } | Step::Branch { otherwise: target, .. }) = self.steps.get_mut(at) {
            *target = begins;
        }
    }

    fn perform(&mut self, raw: RawStep, place: Place) {
        let (name, changes) = match (&raw.look_up, &raw.change, &raw.work_order) {
            (Some(name), _, _) => (name.clone(), Some(false)),
            (_, Some(name), _) => (name.clone(), Some(true)),
            (_, _, Some(class)) => (class.clone(), None),
            _ => return,
        };
        raw.with.values().for_each(|expression| self.checker.expression(self.index, expression));
        if let Some(changes) = changes {
            self.checker.operation(&name, changes, &raw.with);
        }
        let what = match changes {
            None => What::Order,
            Some(false) => What::LookUp,
            Some(true) => match self.change(&raw, place) {
                Some(change) => change,
                None => return,
            },
        };
        let into = raw.into.map_or_else(|| if changes.is_none() { "order".into() } else { name.value.clone() }, |into| into.value);
        let with = raw.with.into_iter().map(|(name, expression)| (name, expression.value)).collect();
        let operation = name.value;
        let at = self.steps.len();
        let within_ms = raw.within_ms.map(|ms| ms.value);
        let performance = Performance { operation, what, with, into, within_ms, not_found: None, refused: None, unavailable: None };
        self.steps.push(Step::Perform(performance));
        self.ways_out(at, [raw.not_found, raw.refused, raw.unavailable, raw.cancelled]);
    }

    fn change(&mut self, raw: &RawStep, place: Place) -> Option<What> {
        let (Some(verify), Some(confirm)) = (&raw.verify, &raw.confirm) else {
            self.checker.fault(place, "a change needs `verify` (the prompt that asks for the service password) and `confirm`");
            return None;
        };
        self.checker.repeat(self.flow, confirm);
        let verify = self.verification(verify);
        let confirm = self.checker.prompt(self.flow, self.index, confirm, Use::Asked);
        let recap = raw.recap.as_ref().and_then(|name| self.checker.prompt(self.flow, self.index, name, Use::Said));
        Some(What::Change { verify: verify?, confirm: confirm?, recap, cancelled: None })
    }

    /// The branches for answers that are not what was hoped for; each ends the flow unless it goes elsewhere.
    fn ways_out(&mut self, at: At, branches: [Option<Vec<Located<RawStep>>>; 4]) {
        if branches.iter().all(Option::is_none) {
            return;
        }
        let over = self.steps.len();
        self.steps.push(Step::Jump(0));
        let ends = branches.map(|steps| self.side(steps));
        let end = self.steps.len();
        if let Some(jump) = self.steps.get_mut(over) {
            *jump = Step::Jump(end);
        }
        for (_, rejoins) in ends.into_iter().flatten() {
            if let Some(jump) = self.steps.get_mut(rejoins) {
                *jump = Step::End;
            }
        }
        let [not_found, refused, unavailable, cancelled] = ends.map(|branch| branch.map(|(begins, _)| begins));
        if let Some(Step::Perform(performance)) = self.steps.get_mut(at) {
            performance.not_found = not_found;
            performance.refused = refused;
            performance.unavailable = unavailable;
            if let What::Change { cancelled: target, .. } = &mut performance.what {
                *target = cancelled;
            }
        }
    }

    fn verification(&mut self, raw: &Located<RawVerify>) -> Option<Verification> {
        let (level, prompt) = match &raw.value {
            RawVerify::Prompt(prompt) => (Some(Level::Pin), Some(prompt)),
            RawVerify::Level { level, prompt } => (Level::from_name(level), prompt.as_ref()),
        };
        let place = raw.place;
        match (level, prompt) {
            (None, _) => self.checker.fault(place, "unknown level of verification: caller_id, id_digits or pin"),
            (Some(Level::CallerId), None) => return Some(Verification { level: Level::CallerId, prompt: ANOTHER_NUMBER.to_owned() }),
            (Some(_), None) => self.checker.fault(place, "this level needs a `prompt` that says why and asks"),
            (Some(level), Some(prompt)) => {
                let name = Located { value: prompt.clone(), place };
                let prompt = self.checker.prompt(self.flow, self.index, &name, Use::Asked)?;
                return Some(Verification { level, prompt });
            }
        }
        None
    }

    fn stray_keys(&mut self, raw: &RawStep, place: Place) {
        let performs = raw.look_up.is_some() || raw.change.is_some() || raw.work_order.is_some();
        let stray = [
            ("yes", raw.yes.is_some() && raw.choose.is_none()),
            ("no", raw.no.is_some() && raw.choose.is_none()),
            ("keys_prompt", raw.keys_prompt.is_some() && raw.choose.is_none()),
            ("no_input_ms", raw.no_input_ms.is_some() && raw.choose.is_none()),
            ("means_yes", raw.means_yes.is_some() && raw.choose.is_none()),
            ("means_no", raw.means_no.is_some() && raw.choose.is_none()),
            ("then", raw.then.is_some() && raw.condition.is_none()),
            ("else", raw.otherwise.is_some() && raw.condition.is_none()),
            ("confirm", raw.confirm.is_some() && raw.change.is_none()),
            ("recap", raw.recap.is_some() && raw.change.is_none()),
            ("cancelled", raw.cancelled.is_some() && raw.change.is_none()),
            ("with", !raw.with.is_empty() && !performs && raw.survey.is_none() && raw.outcome.is_none()),
            ("within_ms", raw.within_ms.is_some() && raw.look_up.is_none()),
            ("into", raw.into.is_some() && !performs),
            ("not_found", raw.not_found.is_some() && !performs),
            ("refused", raw.refused.is_some() && !performs),
            ("unavailable", raw.unavailable.is_some() && !performs),
        ];
        for (key, is_stray) in stray {
            if is_stray {
                self.checker.fault(place, format!("`{key}` does not belong to this step"));
            }
        }
    }

    fn resolve_gotos(&mut self) {
        for Goto { at, label, scope, file } in std::mem::take(&mut self.gotos) {
            match self.labels.get(&(scope, label.value.clone())) {
                Some(target) => {
                    if let Some(jump) = self.steps.get_mut(at) {
                        *jump = Step::Jump(*target);
                    }
                }
                None => self.checker.faults.push(Fault { file, place: label.place, reason: format!("unknown step `{}`", label.value) }),
            }
        }
    }
}

fn words(raw: Option<Located<RawWords>>) -> Words {
    raw.map(|raw| Words { zh: raw.value.zh, en: raw.value.en }).unwrap_or_default()
}

fn verbs_of(raw: &RawStep) -> Vec<&'static str> {
    let verbs = [
        ("say", raw.say.is_some()),
        ("ask", raw.ask.is_some()),
        ("choose", raw.choose.is_some()),
        ("if", raw.condition.is_some()),
        ("verify", raw.verify.is_some()),
        ("look_up", raw.look_up.is_some()),
        ("change", raw.change.is_some()),
        ("work_order", raw.work_order.is_some()),
        ("notify", raw.notify.is_some()),
        ("survey", raw.survey.is_some()),
        ("outcome", raw.outcome.is_some()),
        ("transfer", raw.transfer.is_some()),
        ("start", raw.start.is_some()),
        ("set", raw.set.is_some()),
        ("forget", raw.forget.is_some()),
        ("include", raw.include.is_some()),
        ("ask_again", raw.ask_again.is_some()),
        ("goto", raw.goto.is_some()),
        ("end", raw.end.is_some()),
    ];
    verbs.into_iter().filter(|(_, present)| *present).map(|(name, _)| name).collect()
}
