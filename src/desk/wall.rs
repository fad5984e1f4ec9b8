//! What the queue wall shows of the desk, and what it makes of it: how each queue stands, and which of that is to worry about.

use super::rules::Rules;
use super::station::Doing;
use crate::store::WaitFigures;
use jiff::civil::DateTime;
use std::collections::{BTreeMap, BTreeSet};

/// The desk as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Board {
    /// In the order in which they are taken.
    pub queue: Vec<InQueue>,
    pub agents: Vec<AtDesk>,
}

/// Somebody who waits.
#[derive(Clone, Debug, PartialEq)]
pub struct InQueue {
    /// Masked; `None` when it is withheld.
    pub caller: Option<String>,
    pub since: DateTime,
    pub level: Option<String>,
    /// Languages and skills that are waited for.
    pub skills: BTreeSet<String>,
}

/// Somebody who takes calls.
#[derive(Clone, Debug, PartialEq)]
pub struct AtDesk {
    pub shown: String,
    pub doing: Doing,
    pub since: DateTime,
    /// The line to the station is interrupted.
    pub interrupted: bool,
    pub skills: BTreeSet<String>,
}

/// What is to worry about, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worry {
    Nothing,
    /// Somebody waits longer than wanted.
    Waiting,
    /// Fewer are answered in time than wanted.
    Level,
    /// Somebody waits so long that others are asked for him.
    WaitingLong,
    /// Somebody waits, and nobody is there who could help.
    Nobody,
}

impl Worry {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Worry::Nothing => "nothing",
            Worry::Waiting => "waiting",
            Worry::Level => "level",
            Worry::WaitingLong => "waiting_long",
            Worry::Nobody => "nobody",
        }
    }

    /// `good`, `warning`, `danger`.
    pub fn meaning(self) -> &'static str {
        match self {
            Worry::Nothing => "good",
            Worry::Waiting | Worry::Level => "warning",
            Worry::WaitingLong | Worry::Nobody => "danger",
        }
    }
}

/// Callers who want the same.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueState {
    pub skills: BTreeSet<String>,
    pub waiting: usize,
    /// Of who waits longest, in seconds.
    pub longest_s: i64,
    /// Agents who could help: of these so many are free, so many are not away.
    pub free: usize,
    pub present: usize,
    pub figures: WaitFigures,
    pub worry: Worry,
}

/// As waits are counted: sorted, with blanks between.
pub fn skills_text(skills: &BTreeSet<String>) -> String {
    skills.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

impl Board {
    /// Every queue in which somebody waits or waited since the figures count, the worst first.
    pub fn queues(&self, rules: &Rules, figures: Vec<WaitFigures>, now: DateTime) -> Vec<QueueState> {
        let mut by_skills: BTreeMap<String, WaitFigures> = figures.into_iter().map(|row| (row.skills.clone(), row)).collect();
        for waiting in &self.queue {
            let skills = skills_text(&waiting.skills);
            by_skills.entry(skills.clone()).or_insert_with(|| WaitFigures { skills, ..WaitFigures::default() });
        }
        let mut queues: Vec<QueueState> = by_skills.into_values().map(|figures| self.queue_state(rules, figures, now)).collect();
        queues.sort_by_key(|queue| (std::cmp::Reverse((queue.worry, queue.longest_s, queue.waiting)), skills_text(&queue.skills)));
        queues
    }

    fn queue_state(&self, rules: &Rules, figures: WaitFigures, now: DateTime) -> QueueState {
        let skills: BTreeSet<String> = figures.skills.split_whitespace().map(str::to_owned).collect();
        let here = self.queue.iter().filter(|waiting| waiting.skills == skills);
        let waits: Vec<i64> = here.map(|waiting| now.duration_since(waiting.since).as_secs().max(0)).collect();
        let able = || self.agents.iter().filter(|agent| skills.is_subset(&agent.skills) && !agent.interrupted);
        let (waiting, longest_s) = (waits.len(), waits.into_iter().max().unwrap_or(0));
        let present = able().filter(|agent| agent.doing != Doing::Away).count();
        let is_low = figures.level().is_some_and(|level| level < rules.service.percent);
        let worry = match () {
            () if waiting > 0 && present == 0 => Worry::Nobody,
            () if longest_s >= rules.overflow_after_s && waiting > 0 => Worry::WaitingLong,
            () if is_low => Worry::Level,
            () if longest_s > rules.service.within_s => Worry::Waiting,
            () => Worry::Nothing,
        };
        let free = able().filter(|agent| agent.doing == Doing::Ready).count();
        QueueState { skills, waiting, longest_s, free, present, figures, worry }
    }
}

/// The figures of all queues together.
pub fn in_all(queues: &[QueueState]) -> WaitFigures {
    queues.iter().fold(WaitFigures::default(), |all, queue| WaitFigures {
        skills: String::new(),
        answered: all.answered + queue.figures.answered,
        in_time: all.in_time + queue.figures.in_time,
        abandoned: all.abandoned + queue.figures.abandoned,
        called_back: all.called_back + queue.figures.called_back,
        returned: all.returned + queue.figures.returned,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use jiff::civil::date;

    fn now() -> DateTime {
        date(2026, 11, 23).at(10, 0, 0, 0)
    }

    fn skills(text: &str) -> BTreeSet<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    fn waits(wanted: &str, seconds: i64) -> InQueue {
        let since = now().saturating_sub(SignedDuration::from_secs(seconds));
        InQueue { caller: Some("138****0001".into()), since, level: None, skills: skills(wanted) }
    }

    fn agent(doing: Doing, has: &str) -> AtDesk {
        AtDesk { shown: "李敏".into(), doing, since: now(), interrupted: false, skills: skills(has) }
    }

    #[track_caller]
    fn check(queue: &[InQueue], agents: &[AtDesk], figures: &[(i64, i64)], expected: Worry) {
        let board = Board { queue: queue.to_vec(), agents: agents.to_vec() };
        let figure = |(in_time, abandoned): &(i64, i64)| WaitFigures {
            skills: "zh".into(),
            answered: *in_time,
            in_time: *in_time,
            abandoned: *abandoned,
            ..WaitFigures::default()
        };
        let queues = board.queues(&Rules::built_in(), figures.iter().map(figure).collect(), now());
        assert_eq!(queues.first().map_or(Worry::Nothing, |queue| queue.worry), expected);
    }

    #[test]
    fn what_is_to_worry_about_is_named_the_worst_first() {
        let talks = [agent(Doing::Talking, "zh")];
        check(&[], &[], &[], Worry::Nothing);
        check(&[waits("zh", 20)], &talks, &[], Worry::Nothing);
        check(&[waits("zh", 21)], &talks, &[], Worry::Waiting);
        check(&[waits("zh", 60)], &talks, &[], Worry::WaitingLong);
        check(&[waits("zh", 1)], &[], &[], Worry::Nobody);
        check(&[waits("zh", 1)], &[agent(Doing::Away, "zh")], &[], Worry::Nobody);
        check(&[waits("en", 1)], &talks, &[], Worry::Nobody);
        let broken = AtDesk { interrupted: true, ..agent(Doing::Talking, "zh") };
        check(&[waits("zh", 1)], &[broken], &[], Worry::Nobody);
        check(&[], &talks, &[(8, 2)], Worry::Nothing);
        check(&[], &talks, &[(7, 3)], Worry::Level);
        check(&[waits("zh", 61)], &talks, &[(7, 3)], Worry::WaitingLong);
    }

    #[test]
    fn callers_who_want_the_same_are_one_queue() {
        let board = Board {
            queue: vec![waits("billing zh", 50), waits("zh", 5), waits("zh", 9)],
            agents: vec![agent(Doing::Ready, "zh"), agent(Doing::Talking, "zh billing"), agent(Doing::Away, "zh")],
        };
        let queues = board.queues(&Rules::built_in(), Vec::new(), now());
        let told: Vec<_> =
            queues.iter().map(|queue| (skills_text(&queue.skills), queue.waiting, queue.longest_s, queue.free, queue.present)).collect();
        assert_eq!(told, [("billing zh".to_owned(), 1, 50, 0, 1), ("zh".to_owned(), 2, 9, 1, 2)]);
        assert_eq!(in_all(&queues), WaitFigures::default());
    }
}
