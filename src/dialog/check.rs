//! Flow files as typed → flows ready to run, or every fault in them with its place.
//!
//! Start at [`Flows::check`]. Knows no file system: whoever calls it has read the files.

mod errand;
pub mod knowledge;
mod layout;
mod names;
mod parts;
mod prompts;
mod service;
mod slots;
mod speech;
#[cfg(test)]
mod tests;

pub use parts::PARTS;
use parts::Part;

use super::errand::Form;
use super::flow::{Flow, Flows, MenuKey, Offer, Step, Title, Words, is_moment};
use super::raw::{RawFlow, RawOffer, RawPart, RawService, Text};
use super::template::Prompts;
use crate::business::Operation;
use crate::nlu::Intent;
use crate::text::Lang;
use crate::text::located::{Fault, Place, read_yaml};
use std::collections::{BTreeMap, BTreeSet};

/// One file of `flows/`.
#[derive(Clone, Debug)]
pub struct Source {
    /// As faults name it.
    pub name: String,
    pub text: String,
}

/// The world that flows refer to.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Existing grammars, language and stable name; `None` leaves them unchecked: a call runs without knowing the files.
    pub grammars: Option<BTreeSet<(Lang, String)>>,
    pub operations: Vec<Operation>,
}

/// The file of [`RawService`]; every other file is a flow.
const SERVICE_FILE: &str = "service.yaml";

impl Flows {
    /// Checks all files together. Faults are in order of file and place.
    pub fn check(sources: &[Source], world: &World) -> Result<Flows, Vec<Fault>> {
        let mut checker = Checker {
            world,
            file: String::new(),
            faults: Vec::new(),
            prompts: Prompts::new(),
            places: BTreeMap::new(),
            uses: Vec::new(),
            expressions: Vec::new(),
            repeated: BTreeSet::new(),
            starts: Vec::new(),
            choices: BTreeMap::new(),
            parts: BTreeMap::new(),
            part: None,
        };
        let (titles, menu, not_answered, flows) = checker.all(sources);
        checker.prompts_in_use(&flows);
        if checker.faults.is_empty() {
            return Ok(Flows { flows, titles, choices: checker.choices, menu, not_answered, prompts: checker.prompts });
        }
        checker.faults.sort();
        checker.faults.dedup();
        Err(checker.faults)
    }
}

/// How a prompt is used, which decides what rules it has to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Use {
    Said,
    /// The caller answers it.
    Asked,
}

struct Checker<'a> {
    world: &'a World,
    /// The file being checked.
    file: String,
    faults: Vec<Fault>,
    prompts: Prompts,
    /// Where each prompt stands, for faults found late.
    places: BTreeMap<String, (String, Place)>,
    uses: Vec<PromptUse>,
    expressions: Vec<ExpressionUse>,
    /// Prompts that can be heard twice in a row.
    repeated: BTreeSet<String>,
    /// Intents that steps and offers go over to: file, place.
    starts: Vec<(String, Place, Intent)>,
    /// What the tags of choices are called.
    choices: BTreeMap<String, Title>,
    parts: BTreeMap<String, Part>,
    /// The part that is being checked, as it stands in a flow.
    part: Option<String>,
}

/// A prompt named by a step, and the variables that are known there.
struct PromptUse {
    id: String,
    how: Use,
    /// `None`: the engine fills it.
    flow: Option<usize>,
}

/// The variables of an expression, to be looked up when the whole flow was read.
struct ExpressionUse {
    file: String,
    place: Place,
    flow: usize,
    variables: BTreeSet<String>,
}

type Checked = (BTreeMap<Intent, Title>, BTreeMap<char, MenuKey>, Words, Vec<Flow>);

impl Checker<'_> {
    fn fault(&mut self, place: Place, reason: impl Into<String>) {
        self.faults.push(Fault { file: self.file.clone(), place, reason: reason.into() });
    }

    fn all(&mut self, sources: &[Source]) -> Checked {
        let mut titles = BTreeMap::new();
        let mut menu = BTreeMap::new();
        let mut not_answered = Words::default();
        let mut flows = Vec::new();
        match sources.iter().find(|source| is_service(&source.name)) {
            Some(source) => {
                self.file.clone_from(&source.name);
                if let Some(service) = self.read::<RawService>(source) {
                    not_answered = Words { zh: service.not_answered.zh.clone(), en: service.not_answered.en.clone() };
                    (titles, menu) = self.service(service);
                }
            }
            None => {
                self.file = SERVICE_FILE.into();
                self.fault(Place { line: 1, column: 1 }, "the file of the service's own prompts is missing");
            }
        }
        for source in sources.iter().filter(|source| parts::is_part(&source.name)) {
            self.file.clone_from(&source.name);
            if let Some(part) = self.read::<RawPart>(source) {
                self.keep_part(part);
            }
        }
        let read: Vec<(&Source, RawFlow)> = sources
            .iter()
            .filter(|source| !is_service(&source.name) && !parts::is_part(&source.name))
            .filter_map(|source| {
                self.file.clone_from(&source.name);
                self.read(source).map(|flow| (source, flow))
            })
            .collect();
        for (source, raw) in read {
            self.file.clone_from(&source.name);
            let flow = self.flow(raw, flows.len(), &flows);
            flows.push(flow);
        }
        for intent in flows.iter().flat_map(|flow: &Flow| &flow.triggers).copied().chain(menu.values().flat_map(MenuKey::intents)) {
            if !is_moment(intent) && !titles.contains_key(&intent) && !self.faults.iter().any(|fault| is_service(&fault.file)) {
                let reason = format!("intent `{intent}` has no title under `intents`");
                self.faults.push(Fault { file: SERVICE_FILE.into(), place: Place { line: 1, column: 1 }, reason });
            }
        }
        for (file, place, intent) in std::mem::take(&mut self.starts) {
            if is_moment(intent) || !flows.iter().any(|flow| flow.triggers.contains(&intent)) {
                self.faults.push(Fault { file, place, reason: format!("no flow is started by intent `{intent}`") });
            }
        }
        (titles, menu, not_answered, flows)
    }

    fn read<T: serde::de::DeserializeOwned>(&mut self, source: &Source) -> Option<T> {
        read_yaml(&source.name, &source.text).map_err(|fault| self.faults.push(fault)).ok()
    }

    fn intent(&mut self, name: &Text) -> Option<Intent> {
        let intent = Intent::from_name(&name.value);
        if intent.is_none() {
            self.fault(name.place, format!("unknown intent `{}`", name.value));
        }
        intent
    }

    fn flow(&mut self, mut raw: RawFlow, index: usize, others: &[Flow]) -> Flow {
        let id = raw.flow.value.clone();
        if !self.file.ends_with(&format!("{id}.yaml")) {
            self.fault(raw.flow.place, format!("the flow is named `{id}`, the file is not"));
        }
        let form = self.form(&raw);
        let parted = self.slots_of(&mut raw);
        self.keep_prompts(raw.prompts, Some(&id));
        let machine = raw.outbound.as_ref().and_then(|outbound| outbound.value.machine.as_ref());
        let machine = machine.and_then(|name| self.prompt(&id, index, name, Use::Said));
        // Whoever hears a mailbox is unknown: its message knows nothing of the customer.
        self.uses.extend(machine.iter().map(|id| PromptUse { id: id.clone(), how: Use::Said, flow: None }));
        let form = form.map(|form| Form { machine, ..form });
        let mut triggers = Vec::new();
        for name in &raw.triggers {
            let Some(intent) = self.intent(name) else { continue };
            if let Some(other) = others.iter().find(|flow| flow.triggers.contains(&intent)) {
                self.fault(name.place, format!("intent `{intent}` already starts `{}`", other.id));
            }
            triggers.push(intent);
        }
        let help = raw.help.as_ref().and_then(|name| self.prompt(&id, index, name, Use::Said));
        let mut slots = BTreeMap::new();
        for (name, slot, part) in parted {
            let outside = part.as_deref().and_then(|part| self.enter_part(part));
            slots.extend(self.slot(&id, index, &name, slot).map(|slot| (name, slot)));
            outside.into_iter().for_each(|outside| self.leave_part(outside));
        }
        let steps = layout::lay_out(self, &id, index, &slots, raw.steps, form.is_some());
        self.concludes(raw.flow.place, form.is_some(), steps.iter().any(|step| matches!(step, Step::Conclude { .. })));
        let offers = raw.offers.into_iter().filter_map(|offer| self.offer(&id, index, offer)).collect();
        Flow { id, triggers, form, help, slots, offers, steps }
    }

    fn offer(&mut self, flow: &str, index: usize, raw: RawOffer) -> Option<Offer> {
        self.expression(index, &raw.condition);
        self.repeat(flow, &raw.ask);
        let prompt = self.prompt(flow, index, &raw.ask, Use::Asked);
        let intent = self.started(&raw.start);
        Some(Offer { condition: raw.condition.value, prompt: prompt?, intent: intent? })
    }

    /// An intent that some flow must be there for.
    fn started(&mut self, name: &Text) -> Option<Intent> {
        let intent = self.intent(name)?;
        self.starts.push((self.file.clone(), name.place, intent));
        Some(intent)
    }
}

/// Whether a file lies in a folder of this name.
fn is_in(name: &str, folder: &str) -> bool {
    std::path::Path::new(name).parent().and_then(|parent| parent.file_name()).is_some_and(|name| name == folder)
}

fn is_service(name: &str) -> bool {
    std::path::Path::new(name).file_name().is_some_and(|name| name == SERVICE_FILE)
}
