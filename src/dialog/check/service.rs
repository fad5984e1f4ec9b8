//! The service's own file: what intents and choices are called, the menu of keys, and the prompts that the engine says by itself.

use super::slots::single_key;
use super::{Checker, PromptUse, Use};
use crate::dialog::engine::OWN_PROMPTS;
use crate::dialog::flow::{MenuKey, Title};
use crate::dialog::raw::{RawMenuKey, RawService, RawTitle};
use crate::nlu::Intent;
use crate::text::located::{Located, Place};
use std::collections::BTreeMap;

impl Checker<'_> {
    pub(super) fn service(&mut self, raw: RawService) -> (BTreeMap<Intent, Title>, BTreeMap<char, MenuKey>) {
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
}
