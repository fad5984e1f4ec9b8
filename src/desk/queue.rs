//! Who waits for a person, what he needs, and who goes first.

use super::rules::Points;
use jiff::civil::DateTime;
use std::collections::BTreeSet;

/// The call of a caller.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallerId(pub String);

/// An agent's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgentId(pub String);

/// What a caller needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Want {
    /// Skills without which nobody can help, such as the language.
    pub needed: BTreeSet<String>,
    /// Skills that are waited for only so long.
    pub wished: BTreeSet<String>,
    /// The customer's level as `business` names it.
    pub level: Option<String>,
    pub urgent: bool,
    /// Whether the number is known, so that the caller could be called back.
    pub can_be_called: bool,
}

/// Somebody who waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    pub want: Want,
    pub since: DateTime,
    /// Agents who did not take him.
    pub turned_down_by: BTreeSet<AgentId>,
    /// When he was last told his place.
    pub told: DateTime,
    /// Anybody who can help will do.
    pub overflow: bool,
    /// Was in the middle of a conversation: goes before all who were not.
    pub again: Option<Again>,
    /// Agents who passed him on: asked only where nobody else on duty could help.
    pub passed_on_by: BTreeSet<AgentId>,
}

/// Why somebody who was in the middle of a conversation waits once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// The agent's line broke.
    Lost,
    /// The agent passed him on.
    PassedOn,
}

impl Waiting {
    pub fn new(want: Want, now: DateTime) -> Waiting {
        let (turned_down_by, passed_on_by) = (BTreeSet::new(), BTreeSet::new());
        Waiting { want, since: now, turned_down_by, told: now, overflow: false, again: None, passed_on_by }
    }

    /// The same after a conversation that broke off.
    pub fn once_more(self, now: DateTime) -> Waiting {
        Waiting { again: Some(Again::Lost), passed_on_by: self.passed_on_by, ..Waiting::new(self.want, now) }
    }

    /// The same after a conversation with an agent who passed him on to people with a skill.
    pub fn passed_on(mut self, by: &AgentId, skill: String, now: DateTime) -> Waiting {
        self.want.wished = [skill].into();
        self.passed_on_by.insert(by.clone());
        Waiting { again: Some(Again::PassedOn), ..self.once_more(now) }
    }

    pub fn seconds(&self, now: DateTime) -> i64 {
        now.duration_since(self.since).as_secs()
    }

    /// The more, the sooner; in sixtieths of a point, so that each second counts.
    pub fn score(&self, points: &Points, now: DateTime) -> i64 {
        let level = match self.want.level.as_deref() {
            Some("silver") => points.silver,
            Some("gold") => points.gold,
            Some("platinum") => points.platinum,
            _ => 0,
        };
        let urgent = if self.want.urgent { points.urgent } else { 0 };
        60 * i64::from(level + urgent) + i64::from(points.minute) * self.seconds(now)
    }

    /// Whether somebody with these skills may be asked.
    pub fn suits(&self, skills: &BTreeSet<String>) -> bool {
        self.want.needed.is_subset(skills) && (self.overflow || self.want.wished.is_subset(skills))
    }
}
