//! Slots: what is asked, what answers it, which keys stand for what.

use super::{Checker, SERVICE_FILE, Use};
use crate::dialog::Timing;
use crate::dialog::flow::{Slot, SlotType, Words};
use crate::dialog::raw::{RawSlot, Text};
use crate::text::located::Located;
use crate::text::{Lang, Value, volume};
use std::collections::BTreeMap;

const NO_INPUT_MS: u32 = 6_000;
const NO_INPUT_NUMBER_MS: u32 = 8_000;

impl Checker<'_> {
    pub(super) fn slot(&mut self, flow: &str, index: usize, name: &str, raw: Located<RawSlot>) -> Option<Slot> {
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
}

/// A key that stands for something: 1 to 9, for 0 is a person.
pub(super) fn single_key(key: &str) -> Option<char> {
    let mut characters = key.chars();
    characters.next().filter(|c| matches!(c, '1'..='9') && characters.next().is_none())
}
