//! Classes of work orders, how urgent they are for whom, and when they are due.

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

    fn raised(self) -> Priority {
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
}

/// The class of what no other class fits; every table has it.
const CALL_BACK: &str = "callback";

/// The table of classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classes(BTreeMap<String, Class>);

impl Classes {
    /// The table that the program was built with.
    pub fn built_in() -> Classes {
        Classes::parse(include_str!("../../care/classes.toml")).expect("a test parses the table")
    }

    /// Reads a table in TOML; the error says where and what.
    pub fn parse(text: &str) -> Result<Classes, String> {
        let classes: BTreeMap<String, Class> = toml::from_str(text).map_err(|error| error.to_string())?;
        for (code, Class { hours, .. }) in &classes {
            if hours.urgent == 0 || hours.high < hours.urgent || hours.normal < hours.high {
                return Err(format!("{code}: hours must not grow with urgency, and none may be 0"));
            }
        }
        if !classes.contains_key(CALL_BACK) {
            return Err(format!("there is no class {CALL_BACK}"));
        }
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
        let error = Classes::parse(text).unwrap_err();
        assert!(error.contains(reason), "{error}");
    }

    #[test]
    fn a_wrong_table_is_refused_with_the_reason() {
        let row = |hours: &str| format!("[callback]\nname = 'x'\nname_en = 'x'\npriority = 'normal'\nhours = {hours}");
        assert!(Classes::parse(&row("{ normal = 3, high = 2, urgent = 1 }")).is_ok());
        rejected(&row("{ normal = 1, high = 2, urgent = 1 }"), "callback: hours");
        rejected(&row("{ normal = 3, high = 2, urgent = 0 }"), "callback: hours");
        rejected(&row("{ normal = 3, high = 2 }"), "urgent");
        rejected(&row("{ normal = 3, high = 2, urgent = 1, never = 9 }"), "never");
        rejected("[x]\nname = 'x'", "name_en");
        rejected("", "no class callback");
    }
}
