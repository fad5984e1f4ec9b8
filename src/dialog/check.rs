//! Flow files as typed → flows ready to run, or every fault in them with its place.
//!
//! Start at [`Flows::check`]. Knows no file system: whoever calls it has read the files.

mod errand;
pub mod knowledge;
mod layout;
mod names;
mod parts;
mod speech;
#[cfg(test)]
mod tests;

pub use parts::PARTS;
use parts::Part;

use super::errand::Form;
use super::flow::{Flow, Flows, MenuKey, Offer, Slot, SlotType, Step, Title, Words, is_moment};
use super::raw::{RawFlow, RawMenuKey, RawOffer, RawPart, RawPrompt, RawService, RawSlot, RawTitle, Text};
use super::template::{Prompt, Prompts};
use super::{Timing, engine::OWN_PROMPTS};
use crate::business::Operation;
use crate::nlu::Intent;
use crate::text::located::{Fault, Located, Place, read_yaml};
use crate::text::{Lang, Value, volume};
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

const NO_INPUT_MS: u32 = 6_000;
const NO_INPUT_NUMBER_MS: u32 = 8_000;

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

    fn service(&mut self, raw: RawService) -> (BTreeMap<Intent, Title>, BTreeMap<char, MenuKey>) {
        let mut titles = BTreeMap::new();
        for (name, title) in raw.intents {
            match Intent::from_name(&name) {
                Some(intent) => {
                    titles.insert(intent, Title { zh: title.value.zh, en: title.value.en });
                }
                None => self.fault(title.place, format!("unknown intent `{name}`")),
            }
        }
        self.choices(raw.choices);
        self.keep_prompts(raw.prompts, None);
        let menu = self.menu(raw.menu);
        for own in OWN_PROMPTS {
            if self.prompts.get(own.id).is_none() && !self.places.contains_key(own.id) {
                self.fault(Place { line: 1, column: 1 }, format!("prompt `{}` is missing: {}", own.id, own.moment));
            }
            self.uses.push(PromptUse { id: own.id.into(), how: if own.asks { Use::Asked } else { Use::Said }, flow: None });
            if own.repeats {
                self.repeated.insert(own.id.into());
            }
        }
        (titles, menu)
    }

    fn choices(&mut self, raw: BTreeMap<String, Located<RawTitle>>) {
        self.choices = raw.into_iter().map(|(tag, title)| (tag, Title { zh: title.value.zh, en: title.value.en })).collect();
    }

    fn menu(&mut self, raw: BTreeMap<String, Located<RawMenuKey>>) -> BTreeMap<char, MenuKey> {
        let mut menu = BTreeMap::new();
        for (key, Located { value, place }) in raw {
            let does = match value {
                RawMenuKey::Intent(name) => self.intent(&Located { value: name, place }).map(MenuKey::Starts),
                RawMenuKey::Menu { say, keys } => {
                    if !self.places.contains_key(&say) {
                        self.fault(place, format!("unknown prompt `{say}`"));
                    }
                    self.uses.push(PromptUse { id: say.clone(), how: Use::Asked, flow: None });
                    self.repeated.insert(say.clone());
                    let keys = keys.into_iter().filter_map(|(key, name)| {
                        let intent = self.intent(&name)?;
                        Some((self.menu_key(&key, name.place)?, intent))
                    });
                    Some(MenuKey::Opens(say, keys.collect()))
                }
            };
            if let (Some(digit), Some(does)) = (self.menu_key(&key, place), does) {
                menu.insert(digit, does);
            }
        }
        menu
    }

    fn menu_key(&mut self, key: &str, place: Place) -> Option<char> {
        let digit = single_key(key);
        if digit.is_none() {
            self.fault(place, format!("`{key}` is no menu key: 1 to 9"));
        }
        digit
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

    fn slot(&mut self, flow: &str, index: usize, name: &str, raw: Located<RawSlot>) -> Option<Slot> {
        let raw = raw.value;
        let kind = SlotType::from_name(&raw.kind.value);
        if kind.is_none() {
            self.fault(raw.kind.place, format!("unknown slot type `{}`", raw.kind.value));
        }
        if let Some(grammar) = &raw.grammar {
            self.grammar(grammar);
        }
        let ask = self.prompt(flow, index, &raw.ask, Use::Asked);
        if raw.again.is_empty() {
            self.fault(raw.ask.place, format!("slot `{name}` has no `again`: what is said when the answer is not understood"));
        }
        let again: Vec<String> = raw.again.iter().filter_map(|prompt| self.prompt(flow, index, prompt, Use::Asked)).collect();
        let confirm = raw.confirm.as_ref().and_then(|prompt| self.prompt(flow, index, prompt, Use::Asked));
        let kind = kind?;
        let timing = match raw.timing.as_ref().map(|timing| (timing.place, timing.value.as_str())) {
            None => kind.timing(),
            Some((_, "closed")) => Timing::Closed,
            Some((_, "open")) => Timing::Open,
            Some((_, "number")) => Timing::Number,
            Some((place, other)) => {
                self.fault(place, format!("unknown timing `{other}`: closed, open or number"));
                kind.timing()
            }
        };
        if matches!(kind, SlotType::Text | SlotType::Plan) && raw.grammar.is_some() {
            self.have_words(&raw.keys);
        }
        let keys = self.keys(kind, raw.keys);
        let nothing = Words { zh: raw.nothing.zh, en: raw.nothing.en };
        if !(nothing.zh.is_empty() && nothing.en.is_empty()) && (kind != SlotType::Text || raw.grammar.is_some()) {
            self.fault(raw.ask.place, format!("slot `{name}`: `nothing` belongs to a text without a grammar"));
        }
        let mut from = raw.from;
        from.extend([name.to_owned(), raw.kind.value]);
        from.extend(raw.grammar.iter().map(|grammar| grammar.value.clone()));
        let no_input_ms = raw.no_input_ms.map_or(if timing == Timing::Number { NO_INPUT_NUMBER_MS } else { NO_INPUT_MS }, |ms| ms.value);
        let grammar = raw.grammar.map(|grammar| grammar.value);
        let means = raw.means.into_iter().map(|(tag, other)| (tag, other.value)).collect();
        Some(Slot {
            kind,
            grammar,
            replies: raw.replies,
            means,
            ask: ask?,
            again,
            confirm,
            timing,
            from,
            keys,
            nothing,
            secret: raw.secret,
            no_input_ms,
        })
    }

    /// What is chosen has words to be asked about.
    fn have_words(&mut self, keys: &BTreeMap<String, Text>) {
        for tag in keys.values().filter(|tag| !self.choices.contains_key(&tag.value)).cloned().collect::<Vec<_>>() {
            self.fault(tag.place, format!("`{}` has no words under `choices` in {SERVICE_FILE}, to be asked about", tag.value));
        }
    }

    /// What single keys stand for in a slot that is a choice.
    fn keys(&mut self, kind: SlotType, raw: BTreeMap<String, Text>) -> BTreeMap<char, Value> {
        let mut keys = BTreeMap::new();
        for (key, text) in raw {
            let value = match kind {
                SlotType::Text | SlotType::Plan => Some(Value::Text(text.value.clone())),
                SlotType::Volume => volume::parse(&text.value, Lang::En).map(Value::Volume),
                _ => {
                    self.fault(text.place, "`keys` belong to slots of type text, plan and data_volume; numbers are keyed in as they are");
                    continue;
                }
            };
            match (single_key(&key), value) {
                (Some(digit), Some(value)) => {
                    keys.insert(digit, value);
                }
                (None, _) => self.fault(text.place, format!("`{key}` is no key of a choice: 1 to 9")),
                (_, None) => self.fault(text.place, format!("`{}` is no volume of data: 5 GB, 500 MB", text.value)),
            }
        }
        keys
    }

    fn grammar(&mut self, name: &Text) {
        for lang in [Lang::Zh, Lang::En] {
            let known = self.world.grammars.as_ref().is_none_or(|known| known.contains(&(lang, name.value.clone())));
            if !known {
                self.fault(name.place, format!("there is no grammar grammars/{lang}/{}.grxml", name.value));
            }
        }
    }

    /// The full name of a prompt named in a flow: the flow's own first, then the part's that it stands in, then the service's.
    fn prompt(&mut self, flow: &str, index: usize, name: &Text, how: Use) -> Option<String> {
        let own = format!("{flow}.{}", name.value);
        let parts = self.part.as_ref().map(|part| format!("{part}.{}", name.value));
        let id = std::iter::once(own).chain(parts).chain([name.value.clone()]).find(|id| self.places.contains_key(id));
        match id {
            Some(id) => {
                self.uses.push(PromptUse { id: id.clone(), how, flow: Some(index) });
                Some(id)
            }
            None => {
                self.fault(name.place, format!("unknown prompt `{}`", name.value));
                None
            }
        }
    }

    fn keep_prompts(&mut self, raw: BTreeMap<String, Located<RawPrompt>>, flow: Option<&str>) {
        for (name, Located { value, place }) in raw {
            let id = flow.map_or_else(|| name.clone(), |flow| format!("{flow}.{name}"));
            self.places.insert(id.clone(), (self.file.clone(), place));
            for (lang, wordings) in [(Lang::Zh, &value.zh), (Lang::En, &value.en)] {
                if wordings.is_empty() {
                    self.fault(place, format!("prompt `{name}` has no text in `{lang}`"));
                }
                for wording in wordings {
                    speech::check(self, lang, wording);
                }
            }
            let texts = |wordings: Vec<Text>| wordings.into_iter().map(|text| text.value).collect();
            let prompt = Prompt { zh: texts(value.zh), en: texts(value.en), barge_in: value.barge_in.unwrap_or(true) };
            // Wordings that do not compile are faults already.
            self.prompts.insert(id, prompt).ok();
        }
    }
}

/// A key that stands for something: 1 to 9, for 0 is a person.
fn single_key(key: &str) -> Option<char> {
    let mut characters = key.chars();
    characters.next().filter(|c| matches!(c, '1'..='9') && characters.next().is_none())
}

/// Whether a file lies in a folder of this name.
fn is_in(name: &str, folder: &str) -> bool {
    std::path::Path::new(name).parent().and_then(|parent| parent.file_name()).is_some_and(|name| name == folder)
}

fn is_service(name: &str) -> bool {
    std::path::Path::new(name).file_name().is_some_and(|name| name == SERVICE_FILE)
}
