//! Names used in flows: operations and their arguments, variables in expressions and prompts, wordings of repeated prompts.

use super::{Checker, Fault};
use crate::dialog::flow::{Flow, Step, What};
use crate::dialog::raw::Text;
use crate::text::Lang;
use std::collections::{BTreeMap, BTreeSet};

/// Fields of the reply to a work order, as [`crate::dialog::RequestKind::OpenWorkOrder`] promises.
const ORDER_FIELDS: &[&str] = &["number", "due"];

/// What the engine adds to the variables of every template, or only to its own prompts.
const EVERYWHERE: &[&str] = &["now", "reason"];
const ENGINE_ONLY: &[&str] = &["title", "other_title", "value", "number", "due", "left", "answer", "question", "place", "wait", "opens"];

impl Checker<'_> {
    pub(super) fn operation(&mut self, name: &Text, changes: bool, with: &BTreeMap<String, Text>) {
        let Some(operation) = self.world.operations.iter().find(|operation| operation.name == name.value).copied() else {
            return self.fault(name.place, format!("unknown operation `{}`", name.value));
        };
        if operation.changes && !changes {
            self.fault(name.place, format!("`{}` changes something: it needs a `change` step", name.value));
        }
        if !operation.changes && changes {
            self.fault(name.place, format!("`{}` changes nothing: it needs a `look_up` step", name.value));
        }
        for need in operation.needs.iter().filter(|need| !with.contains_key(**need)) {
            self.fault(name.place, format!("`{}` needs the argument `{need}`", name.value));
        }
        for (argument, expression) in
            with.iter().filter(|(argument, _)| !operation.needs.iter().chain(operation.takes).any(|known| known == argument))
        {
            self.fault(expression.place, format!("`{}` takes no argument `{argument}`", name.value));
        }
    }

    /// Syntax now; the variables are known when the whole flow was read.
    pub(super) fn expression(&mut self, flow: usize, expression: &Text) {
        match self.prompts.variables_of_expression(&expression.value) {
            Ok(variables) => {
                let file = self.file.clone();
                self.expressions.push(super::ExpressionUse { file, place: expression.place, flow, variables });
            }
            Err(reason) => self.fault(expression.place, reason),
        }
    }

    /// Notes a prompt that is said again when its answer is not understood.
    pub(super) fn repeat(&mut self, flow: &str, name: &Text) {
        let of = |owner: &str| Some(format!("{owner}.{}", name.value)).filter(|id| self.places.contains_key(id));
        let id = of(flow).or_else(|| of(self.part.as_deref()?)).unwrap_or_else(|| name.value.clone());
        self.repeated.insert(id);
    }

    /// Rules that need to know every use of a prompt.
    pub(super) fn prompts_in_use(&mut self, flows: &[Flow]) {
        let known: Vec<BTreeSet<String>> = flows.iter().map(|flow| self.variables_in(flow)).collect();
        let replies: Vec<BTreeMap<String, BTreeSet<&str>>> = flows.iter().map(|flow| self.replies_in(flow)).collect();
        let mut faults = Vec::new();
        for used in &self.uses {
            let (Some((file, place)), Some(prompt)) = (self.places.get(&used.id), self.prompts.get(&used.id)) else { continue };
            let fault = |reason: String| Fault { file: file.clone(), place: *place, reason };
            for wording in [Lang::Zh, Lang::En].into_iter().flat_map(|lang| prompt.wordings(lang)) {
                let variables = self.prompts.variables_of(wording).unwrap_or_default();
                for variable in variables {
                    let ok = match used.flow {
                        Some(flow) => match (known.get(flow), replies.get(flow)) {
                            (Some(known), Some(replies)) => is_known(&variable, known, replies),
                            _ => false,
                        },
                        None => {
                            ENGINE_ONLY.iter().chain(EVERYWHERE).any(|name| variable == *name || variable.starts_with(&format!("{name}.")))
                        }
                    };
                    if !ok {
                        faults.push(fault(format!("prompt `{}` uses `{variable}`, which nothing sets", used.id)));
                    }
                }
            }
            if used.how == super::Use::Asked {
                for (lang, wording) in [Lang::Zh, Lang::En].into_iter().flat_map(|l| prompt.wordings(l).iter().map(move |w| (l, w))) {
                    faults.extend(super::speech::too_long(lang, wording).map(|reason| fault(format!("prompt `{}`: {reason}", used.id))));
                }
            }
        }
        for id in &self.repeated {
            let (Some((file, place)), Some(prompt)) = (self.places.get(id), self.prompts.get(id)) else { continue };
            for lang in [Lang::Zh, Lang::En] {
                if prompt.wordings(lang).len() == 1 {
                    let reason = format!("prompt `{id}` can be heard twice and has only one wording in `{lang}`");
                    faults.push(Fault { file: file.clone(), place: *place, reason });
                }
            }
        }
        for expression in &self.expressions {
            for variable in &expression.variables {
                let ok = match (known.get(expression.flow), replies.get(expression.flow)) {
                    (Some(known), Some(replies)) => is_known(variable, known, replies),
                    _ => false,
                };
                if !ok {
                    let reason = format!("nothing sets `{variable}`");
                    faults.push(Fault { file: expression.file.clone(), place: expression.place, reason });
                }
            }
        }
        self.faults.extend(faults);
    }

    fn variables_in(&self, flow: &Flow) -> BTreeSet<String> {
        let mut known: BTreeSet<String> = EVERYWHERE.iter().map(|name| (*name).to_owned()).collect();
        known.extend(flow.slots.keys().cloned());
        known.extend(flow.form.iter().flat_map(|form| form.needs.keys().chain(form.takes.keys())).cloned());
        // A slot's read-back names its value.
        known.insert("value".into());
        for step in &flow.steps {
            match step {
                Step::Set(variables) => known.extend(variables.iter().map(|(name, _)| name.clone())),
                Step::Perform(performance) => {
                    known.insert(performance.into.clone());
                }
                _ => {}
            }
        }
        known
    }

    /// Reply name → its fields.
    fn replies_in(&self, flow: &Flow) -> BTreeMap<String, BTreeSet<&'static str>> {
        let mut replies: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
        for step in &flow.steps {
            let Step::Perform(performance) = step else { continue };
            let operation = self.world.operations.iter().find(|operation| operation.name == performance.operation);
            let fields: &[&str] = match (&performance.what, operation) {
                (What::Order, _) => ORDER_FIELDS,
                (_, Some(operation)) => operation.gives,
                (_, None) => continue,
            };
            replies.entry(performance.into.clone()).or_default().extend(fields);
        }
        replies
    }
}

/// `bill.total` is known when something is kept as `bill` and its operation gives `total`.
fn is_known(variable: &str, known: &BTreeSet<String>, replies: &BTreeMap<String, BTreeSet<&str>>) -> bool {
    let mut parts = variable.split('.');
    let root = parts.next().unwrap_or_default();
    if !known.contains(root) {
        return false;
    }
    match (replies.get(root), parts.next()) {
        (Some(fields), Some(field)) => fields.contains(field),
        _ => true,
    }
}
