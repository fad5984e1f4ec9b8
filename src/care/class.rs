//! Classes of work orders, how urgent they are for whom, and when they are due.

use crate::store::Merge;
use crate::text::located::{Fault, Place};
use crate::text::{Record, Value};
use jiff::SignedDuration;
use jiff::civil::DateTime;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How soon an order must be seen to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    Normal,
    High,
    Urgent,
}

impl Priority {
    pub fn name(self) -> &'static str {
        match self {
            Priority::Normal => "normal",
            Priority::High => "high",
            Priority::Urgent => "urgent",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Priority> {
        [Priority::Normal, Priority::High, Priority::Urgent].into_iter().find(|priority| priority.name() == name)
    }

    pub(super) fn raised(self) -> Priority {
        match self {
            Priority::Normal => Priority::High,
            Priority::High | Priority::Urgent => Priority::Urgent,
        }
    }
}

/// A class as the table has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// As callers hear it, Chinese.
    pub name: String,
    pub name_en: String,
    /// Before level and urgency are looked at.
    pub priority: Priority,
    hours: Hours,
    /// Which report of the same customer is taken into the one that is there.
    merge: Option<Merging>,
    /// So often the customer hears that it is still worked on.
    progress_hours: Option<u32>,
    /// The result is told by a call.
    #[serde(default)]
    pub call_back: bool,
    /// Once it is closed a call asks for a score; the call with the result asks for one by itself.
    #[serde(default)]
    pub survey: bool,
    /// Sub-classes.
    #[serde(default)]
    pub kinds: BTreeMap<String, Kind>,
}

/// Which report is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Merging {
    hours: u32,
    any_kind: bool,
}

/// A sub-class.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    pub name: String,
    pub name_en: String,
    /// What customers say when they mean it.
    words: Vec<String>,
}

/// Hours from opening until the customer must have an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hours {
    normal: u32,
    high: u32,
    urgent: u32,
}

impl Class {
    /// The class's own priority, raised a step for a gold or platinum customer (`level` as `business` names it) and a step for urgency.
    pub fn priority_for(&self, level: Option<&str>, urgent: bool) -> Priority {
        let by_level = if matches!(level, Some("gold" | "platinum")) { self.priority.raised() } else { self.priority };
        if urgent { by_level.raised() } else { by_level }
    }

    /// When an order opened at `now` is due.
    pub fn due(&self, priority: Priority, now: DateTime) -> DateTime {
        let hours = match priority {
            Priority::Normal => self.hours.normal,
            Priority::High => self.hours.high,
            Priority::Urgent => self.hours.urgent,
        };
        now.saturating_add(SignedDuration::from_hours(i64::from(hours)))
    }

    /// Which orders take in a report of this kind that is made now; of unknown kinds nobody can say that they are the same.
    pub fn merge(&self, kind: Option<&str>, now: DateTime) -> Option<Merge> {
        let merging = self.merge.filter(|merging| merging.any_kind || kind.is_some())?;
        let since = now.saturating_sub(SignedDuration::from_hours(i64::from(merging.hours)));
        Some(Merge { since, any_kind: merging.any_kind })
    }

    /// When the customer hears next that it is still worked on.
    pub fn next_progress(&self, now: DateTime) -> Option<DateTime> {
        self.progress_hours.map(|hours| now.saturating_add(SignedDuration::from_hours(i64::from(hours))))
    }

    /// The sub-class: the one whose name was found out, else the one of whose words most are in the text; of two with as many the one of the
    /// longest word.
    pub fn kind(&self, details: &Record, text: &str) -> Option<&str> {
        let named = details.values().find_map(|value| match value {
            Value::Text(name) | Value::Code(name) => self.kinds.get_key_value(name.as_str()),
            _ => None,
        });
        let text = text.to_lowercase();
        let said = || {
            let scored = self.kinds.iter().map(|(code, kind)| (kind.score(&text), code));
            scored.filter(|(score, _)| score.0 > 0).max_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(a.1))).map(|(_, code)| code)
        };
        named.map(|(code, _)| code).or_else(said).map(String::as_str)
    }
}

impl Kind {
    /// How many of the words are in the text, and how long the longest is.
    fn score(&self, text: &str) -> (usize, usize) {
        let found = self.words.iter().filter(|word| text.contains(word.as_str()));
        found.fold((0, 0), |(count, longest), word| (count + 1, longest.max(word.chars().count())))
    }
}

/// The class of what no other class fits; every table has it.
const CALL_BACK: &str = "callback";

/// The table of classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classes(BTreeMap<String, Class>);

impl Classes {
    /// The table that the program was built with.
    pub fn built_in() -> Classes {
        Classes::parse("care/classes.toml", include_str!("../../care/classes.toml")).expect("a test parses the table")
    }

    /// Reads a table in TOML; the fault says where and what.
    pub fn parse(file: &str, text: &str) -> Result<Classes, Fault> {
        let fault = |place, reason: String| Fault { file: file.to_owned(), place, reason };
        let classes: BTreeMap<String, Class> = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            fault(place_of(text, start), error.message().to_owned())
        })?;
        for (code, class) in &classes {
            let at = || place_of(text, text.find(&format!("[{code}]")).unwrap_or_default());
            let Class { hours, .. } = class;
            if hours.urgent == 0 || hours.high < hours.urgent || hours.normal < hours.high {
                return Err(fault(at(), format!("{code}: hours must not grow with urgency, and none may be 0")));
            }
            if class.merge.is_some_and(|merge| merge.hours == 0) || class.progress_hours == Some(0) {
                return Err(fault(
                    at(),
                    format!("{code}: the hours of `merge` and `progress_hours` are at least 1; leave them out for none"),
                ));
            }
            if class.survey && class.call_back {
                return Err(fault(
                    at(),
                    format!("{code}: the call with the result asks for a score already; leave out `survey` or `call_back`"),
                ));
            }
            if let Some((name, _)) = class.kinds.iter().find(|(_, kind)| kind.words.iter().any(|word| word.trim().is_empty())) {
                return Err(fault(at(), format!("{code}: the kind {name} has an empty word, which is in every text")));
            }
        }
        if !classes.contains_key(CALL_BACK) {
            return Err(fault(Place { line: 1, column: 1 }, format!("there is no class {CALL_BACK}")));
        }
        let lower = |word: &mut String| *word = word.to_lowercase();
        let mut classes = classes;
        classes.values_mut().flat_map(|class| class.kinds.values_mut()).flat_map(|kind| &mut kind.words).for_each(lower);
        Ok(Classes(classes))
    }

    pub fn find(&self, code: &str) -> Option<&Class> {
        self.0.get(code)
    }

    /// The class and its code; that of a call-back for a code that the table does not have, for nobody who was promised an answer may
    /// be forgotten.
    pub fn find_or_call_back(&self, code: &str) -> (&str, &Class) {
        let found = self.0.get_key_value(code).or_else(|| self.0.get_key_value(CALL_BACK));
        let (code, class) = found.expect("parse refuses a table without the call-back");
        (code, class)
    }

    /// The codes that flows may use.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Line and column of a byte of `text`.
fn place_of(text: &str, byte: usize) -> Place {
    let before = text.get(..byte).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Place { line: number(line), column: number(column) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[track_caller]
    fn check(class: &str, level: Option<&str>, urgent: bool, priority: Priority, hours: i64) {
        let classes = Classes::built_in();
        let class = classes.find(class).unwrap();
        let now = date(2026, 11, 22).at(20, 0, 0, 0);
        assert_eq!(class.priority_for(level, urgent), priority);
        assert_eq!(class.due(priority, now), now.saturating_add(SignedDuration::from_hours(hours)));
    }

    #[test]
    fn level_and_urgency_raise_the_priority_and_shorten_the_time() {
        check("broadband_fault", None, false, Priority::Normal, 24);
        check("broadband_fault", Some("silver"), false, Priority::Normal, 24);
        check("broadband_fault", Some("gold"), false, Priority::High, 12);
        check("broadband_fault", None, true, Priority::High, 12);
        check("broadband_fault", Some("platinum"), true, Priority::Urgent, 4);
        check("complaint", None, false, Priority::Normal, 48);
        check("network_fault", None, false, Priority::Normal, 48);
        check("report_loss", Some("gold"), true, Priority::Urgent, 1);
    }

    #[track_caller]
    fn rejected(text: &str, reason: &str) {
        let error = Classes::parse("classes.toml", text).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }

    #[test]
    fn a_wrong_table_is_refused_with_the_reason() {
        let row = |hours: &str| format!("[callback]\nname = 'x'\nname_en = 'x'\npriority = 'normal'\nhours = {hours}");
        assert!(Classes::parse("classes.toml", &row("{ normal = 3, high = 2, urgent = 1 }")).is_ok());
        rejected(&row("{ normal = 1, high = 2, urgent = 1 }"), "callback: hours");
        rejected(&row("{ normal = 3, high = 2, urgent = 0 }"), "callback: hours");
        rejected(&row("{ normal = 3, high = 2 }"), "urgent");
        rejected(&row("{ normal = 3, high = 2, urgent = 1, never = 9 }"), "never");
        rejected("[x]\nname = 'x'", "name_en");
        rejected("", "classes.toml:1:1: there is no class callback");
        rejected(
            &format!("# 类\n{}\nprogress_hours = 0", row("{ normal = 3, high = 2, urgent = 1 }")),
            "classes.toml:2:1: callback: the hours of",
        );
        rejected(
            "[callback]\nname = 'x'\nname_en = 'x'\npriority = 'slow'\nhours = { normal = 3, high = 2, urgent = 1 }",
            "classes.toml:4:12: unknown variant",
        );
    }

    #[track_caller]
    fn kind(class: &str, details: &[(&str, &str)], text: &str, expected: Option<&str>) {
        let classes = Classes::built_in();
        let details = details.iter().map(|(name, value)| ((*name).to_owned(), Value::Text((*value).into()))).collect();
        assert_eq!(classes.find(class).unwrap().kind(&details, text), expected, "{text}");
    }

    #[test]
    fn the_kind_is_what_was_found_out_or_what_was_said() {
        kind("complaint", &[("about", "nuisance")], "网速太慢", Some("nuisance"));
        kind("complaint", &[("about", "tariff")], "上个月多扣了三十块，乱扣费", Some("billing"));
        kind("complaint", &[], "The staff was RUDE", Some("service"));
        kind("complaint", &[], "说不清楚", None);
        kind("broadband_fault", &[], "家里上不了网", Some("no_connection"));
        kind("suggestion", &[], "态度", None);
    }
}
