//! Parts: what several flows have in common, and where it stands in each.

use super::{Checker, is_in};
use crate::dialog::raw::{RawFlow, RawPart, RawSlot, RawStep, Text};
use crate::text::located::Located;
use std::collections::{BTreeMap, BTreeSet};

/// The folder of parts, below that of flows.
pub const PARTS: &str = "parts";

/// A part and the file that it stands in.
#[derive(Debug)]
pub(super) struct Part {
    pub file: String,
    pub raw: RawPart,
}

/// Where a checker was before it went into a part.
pub(super) struct Outside {
    file: String,
    part: Option<String>,
}

/// A slot of a flow, and the part that it comes from.
type PartedSlot = (String, Located<RawSlot>, Option<String>);

pub(super) fn is_part(name: &str) -> bool {
    is_in(name, PARTS)
}

impl Checker<'_> {
    pub(super) fn keep_part(&mut self, mut raw: RawPart) {
        let name = raw.part.value.clone();
        if !self.file.ends_with(&format!("{name}.yaml")) {
            self.fault(raw.part.place, format!("the part is named `{name}`, the file is not"));
        }
        self.keep_prompts(std::mem::take(&mut raw.prompts), Some(&name));
        self.parts.insert(name, Part { file: self.file.clone(), raw });
    }

    pub(super) fn enter_part(&mut self, name: &str) -> Option<Outside> {
        let file = self.parts.get(name)?.file.clone();
        Some(Outside { file: std::mem::replace(&mut self.file, file), part: self.part.replace(name.to_owned()) })
    }

    pub(super) fn leave_part(&mut self, outside: Outside) {
        self.file = outside.file;
        self.part = outside.part;
    }

    pub(super) fn steps_of_part(&self, name: &str) -> Option<Vec<Located<RawStep>>> {
        self.parts.get(name).map(|part| part.raw.steps.clone())
    }

    /// The slots of a flow and of all parts that it takes in; its own go before those of the same name.
    pub(super) fn slots_of(&mut self, flow: &mut RawFlow) -> Vec<PartedSlot> {
        let own: BTreeMap<String, Located<RawSlot>> = std::mem::take(&mut flow.slots);
        let mut wanted = included(&flow.steps);
        wanted.extend(own.values().filter_map(|slot| slot.value.replies.clone()));
        let mut slots: Vec<PartedSlot> = own.into_iter().map(|(name, slot)| (name, slot, None)).collect();
        let mut seen = BTreeSet::new();
        while let Some(name) = wanted.pop() {
            let Some(part) = self.parts.get(&name.value) else {
                self.fault(name.place, format!("there is no part `{}` (flows/parts/{}.yaml)", name.value, name.value));
                continue;
            };
            if !seen.insert(name.value.clone()) {
                continue;
            }
            wanted.extend(included(&part.raw.steps));
            wanted.extend(part.raw.slots.values().filter_map(|slot| slot.value.replies.clone()));
            for (slot, raw) in &part.raw.slots {
                if slots.iter().all(|(known, ..)| known != slot) {
                    slots.push((slot.clone(), raw.clone(), Some(name.value.clone())));
                }
            }
        }
        slots
    }
}

/// The parts that steps take in, on whatever branch.
fn included(steps: &[Located<RawStep>]) -> Vec<Text> {
    let mut names = Vec::new();
    for step in steps {
        let step = &step.value;
        names.extend(step.include.clone());
        let branches =
            [&step.yes, &step.no, &step.then, &step.otherwise, &step.not_found, &step.refused, &step.unavailable, &step.cancelled];
        names.extend(branches.into_iter().flatten().flat_map(|steps| included(steps)));
    }
    names
}
