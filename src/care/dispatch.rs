//! Who gets which order, who is warned when, and what makes an incident: the rules of `care/dispatch.yaml`, as they are used.
//!
//! [`Rules::choose`] and [`Rules::warnings_by`] are pure; reading and checking is in `rules_file`.

mod rules_file;
#[cfg(test)]
mod tests;

use crate::store::{Load, OrderRow};
use crate::text::{Lang, Record, Value};
use jiff::SignedDuration;
use jiff::civil::DateTime;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Everything that the file says, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    manager: String,
    areas: BTreeMap<String, Area>,
    takers: Vec<Taker>,
    rules: Vec<Rule>,
    stages: Vec<Stage>,
    incident: IncidentRule,
}

/// A part of the town.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    name: String,
    name_en: String,
    words: Vec<String>,
}

impl Area {
    /// As callers hear it, Chinese and English.
    pub fn names(&self) -> (&str, &str) {
        (&self.name, &self.name_en)
    }

    /// As callers hear it.
    pub fn name(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.name,
            Lang::En => &self.name_en,
        }
    }
}

/// Who takes orders: a team or a person.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Taker {
    name: String,
    skills: Vec<String>,
    /// Empty: everywhere.
    areas: Vec<String>,
    /// Orders at once that customers wait for.
    most: u32,
    lead: String,
}

/// Fits when everything fits that it names; what is empty fits always.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    classes: Vec<String>,
    kinds: Vec<String>,
    areas: Vec<String>,
    levels: Vec<String>,
    priorities: Vec<String>,
    skill: String,
    local: bool,
}

/// A moment in an order's time at which somebody is warned.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stage {
    name: String,
    percent: u32,
    to: Receiver,
}

/// Who is warned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Receiver {
    Taker,
    Lead,
    Manager,
}

/// How many reports of an area within how long make an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentRule {
    pub classes: Vec<String>,
    pub reports: u32,
    pub minutes: u32,
}

/// A warning that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub stage: String,
    pub receiver: String,
    /// The moment at which it is due.
    pub at: DateTime,
}

impl Rules {
    /// Who gets `order`, given what everybody has; `None` when nobody who may take it has room.
    pub fn choose(&self, order: &OrderRow, loads: &BTreeMap<String, Load>) -> Option<&str> {
        let load = |taker: &Taker| loads.get(&taker.name).copied().unwrap_or_default();
        let fitting = self.rules.iter().filter(|rule| rule.fits(order));
        let chosen = fitting.filter_map(|rule| {
            let able = self.takers.iter().filter(|taker| taker.skills.contains(&rule.skill));
            let near = able.filter(|taker| !rule.local || order.area.as_ref().is_none_or(|area| taker.serves(area)));
            let free = near.filter(|taker| load(taker).open < taker.most);
            // The first of several that are equal.
            free.min_by_key(|taker| (load(taker).open, load(taker).ever))
        });
        chosen.map(|taker| taker.name.as_str()).next()
    }

    /// The area that details or text name: `area` first, then `place`, then everything else that is text.
    pub fn area_of(&self, details: &Record, text: &str) -> Option<&str> {
        let said = |name: &str| match details.get(name) {
            Some(Value::Text(text) | Value::Code(text)) => self.area_named(text),
            _ => None,
        };
        said("area").or_else(|| said("place")).or_else(|| self.area_named(text))
    }

    /// The area whose words are in `text`.
    pub fn area_named(&self, text: &str) -> Option<&str> {
        let text = text.to_lowercase();
        let named = |(code, area): &(&String, &Area)| **code == text || area.words.iter().any(|word| text.contains(word));
        self.areas.iter().find(named).map(|(code, _)| code.as_str())
    }

    pub fn area(&self, code: &str) -> Option<&Area> {
        self.areas.get(code)
    }

    pub fn incident(&self) -> &IncidentRule {
        &self.incident
    }

    /// Who takes orders.
    pub fn takers(&self) -> impl Iterator<Item = &str> {
        self.takers.iter().map(|taker| taker.name.as_str())
    }

    /// When the next warning about an order's time is due.
    pub fn next_warning(&self, counted_from: DateTime, due: DateTime, now: DateTime) -> Option<DateTime> {
        self.stages.iter().map(|stage| stage.moment(counted_from, due)).find(|at| *at > now)
    }

    /// Warnings about an order that are due by `now`, the earliest first.
    pub fn warnings_by(&self, order: &OrderRow, now: DateTime) -> Vec<Due> {
        let due = |stage: &Stage| {
            let at = stage.moment(order.counted_from, order.due);
            (at <= now).then(|| Due { stage: stage.name.clone(), receiver: self.receiver(stage.to, order).to_owned(), at })
        };
        self.stages.iter().filter_map(due).collect()
    }

    fn receiver<'a>(&'a self, to: Receiver, order: &'a OrderRow) -> &'a str {
        let taker = order.taker.as_deref();
        let lead = || self.takers.iter().find(|known| Some(known.name.as_str()) == taker).map(|taker| taker.lead.as_str());
        let named = match to {
            Receiver::Taker => taker,
            Receiver::Lead => lead(),
            Receiver::Manager => None,
        };
        named.unwrap_or(&self.manager)
    }
}

impl Taker {
    fn serves(&self, area: &str) -> bool {
        self.areas.is_empty() || self.areas.iter().any(|served| served == area)
    }
}

impl Rule {
    fn fits(&self, order: &OrderRow) -> bool {
        let named =
            |list: &[String], value: Option<&str>| list.is_empty() || value.is_some_and(|value| list.iter().any(|one| one == value));
        named(&self.classes, Some(&order.class))
            && named(&self.kinds, Some(&order.kind))
            && named(&self.areas, order.area.as_deref())
            && named(&self.levels, order.level.as_deref())
            && named(&self.priorities, Some(&order.priority))
    }
}

impl Stage {
    fn moment(&self, from: DateTime, due: DateTime) -> DateTime {
        let whole = due.duration_since(from).as_secs();
        from.saturating_add(SignedDuration::from_secs(whole.saturating_mul(i64::from(self.percent)) / 100))
    }
}
