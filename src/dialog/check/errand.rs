//! Flows that begin calls of ours: what they have to be told, and what they say a call came to.

use super::Checker;
use crate::dialog::errand::{AT, Conclusion, Form, VariableType};
use crate::dialog::raw::{RawFlow, RawOutbound, Text};
use crate::text::located::Place;
use std::collections::BTreeMap;

impl Checker<'_> {
    /// What a flow has to be told that begins calls of ours.
    pub(super) fn form(&mut self, raw: &RawFlow) -> Option<Form> {
        let Some(outbound) = &raw.outbound else {
            if raw.triggers.is_empty() {
                self.fault(raw.flow.place, "nothing starts this flow: give it `triggers`, or `outbound` when calls of ours begin with it");
            }
            return None;
        };
        if let Some(trigger) = raw.triggers.first() {
            self.fault(
                trigger.place,
                "calls of ours begin with this flow, so it has no triggers: a caller's wish would not tell it its variables",
            );
        }
        if raw.help.is_none() {
            self.fault(outbound.place, "calls of ours need `help`: who calls, why, and how to make sure of it");
        }
        let RawOutbound { needs, takes, .. } = &outbound.value;
        if let Some((name, kind)) = takes.iter().find(|(name, _)| needs.contains_key(*name)) {
            self.fault(kind.place, format!("`{name}` stands under `needs` already"));
        }
        let title = outbound.value.title.as_ref().map(|title| (title.zh.clone(), title.en.clone()));
        Some(Form { title, needs: self.variable_types(needs), takes: self.variable_types(takes), machine: None })
    }

    fn variable_types(&mut self, raw: &BTreeMap<String, Text>) -> BTreeMap<String, VariableType> {
        let mut types = BTreeMap::new();
        for (name, kind) in raw {
            match VariableType::from_name(&kind.value) {
                Some(found) => {
                    types.insert(name.clone(), found);
                }
                None => {
                    let reason = format!("unknown type `{}` of `{name}`: {}", kind.value, VariableType::NAMES.join(", "));
                    self.fault(kind.place, reason);
                }
            }
        }
        types
    }

    /// The step `outcome`.
    pub(super) fn conclusion(&mut self, index: usize, name: &Text, with: &BTreeMap<String, Text>, is_ours: bool) {
        if !is_ours {
            self.fault(name.place, "only a flow that begins calls of ours (`outbound`) says what a call came to");
        }
        if !Conclusion::NAMES.contains(&name.value.as_str()) {
            self.fault(name.place, format!("unknown outcome `{}`: {}", name.value, Conclusion::NAMES.join(", ")));
        }
        for (argument, expression) in with {
            if name.value == "later" && argument == AT {
                self.expression(index, expression);
            } else {
                self.fault(expression.place, format!("the outcome `{}` takes no argument `{argument}`", name.value));
            }
        }
    }

    /// A flow that begins calls of ours and never says what they came to leaves every customer to be called again.
    pub(super) fn concludes(&mut self, place: Place, is_ours: bool, has_conclusion: bool) {
        if is_ours && !has_conclusion {
            self.fault(place, "no step says what the call came to: add `outcome`, or everybody is called again");
        }
    }
}
