//! Prompts: kept with their places, and found by the names that flows have for them.

use super::{Checker, PromptUse, Use, speech};
use crate::dialog::raw::{RawPrompt, Text};
use crate::dialog::template::Prompt;
use crate::text::Lang;
use crate::text::located::Located;
use std::collections::BTreeMap;

impl Checker<'_> {
    /// The full name of a prompt named in a flow: the flow's own first, then the part's that it stands in, then the service's.
    pub(super) fn prompt(&mut self, flow: &str, index: usize, name: &Text, how: Use) -> Option<String> {
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

    pub(super) fn keep_prompts(&mut self, raw: BTreeMap<String, Located<RawPrompt>>, flow: Option<&str>) {
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
