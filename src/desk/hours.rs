//! When people are there: a table of weekdays, holidays, and days that are worked instead of another.

use jiff::civil::{Date, DateTime, Time, Weekday};
use std::collections::{BTreeMap, BTreeSet};

/// See the module's text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours {
    /// From Monday; `None` is closed.
    pub week: [Option<Span>; 7],
    pub holidays: BTreeSet<Date>,
    /// Days that are as the weekday that they name.
    pub instead: BTreeMap<Date, Weekday>,
}

/// From the first moment on, before the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: Time,
    pub to: Time,
}

impl Span {
    /// `08:00-20:00`; 24:00 is the end of the day.
    pub fn parse(text: &str) -> Option<Span> {
        let (from, to) = text.split_once('-')?;
        let to = if to.trim() == "24:00" { Time::MAX } else { time(to)? };
        let span = Span { from: time(from)?, to };
        (span.from < span.to).then_some(span)
    }
}

fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    if hour.len() != 2 || minute.len() != 2 {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// How far the next opening is looked for.
const DAYS_AHEAD: usize = 60;

impl Hours {
    pub fn is_open(&self, now: DateTime) -> bool {
        self.on(now.date()).is_some_and(|span| span.from <= now.time() && now.time() < span.to)
    }

    /// The next moment, `now` or later, at which somebody is there.
    pub fn next_open(&self, now: DateTime) -> Option<DateTime> {
        if self.is_open(now) {
            return Some(now);
        }
        let days = std::iter::successors(Some(now.date()), |day| day.tomorrow().ok()).take(DAYS_AHEAD);
        days.filter_map(|day| Some(self.on(day)?.from.to_datetime(day))).find(|opens| *opens >= now)
    }

    fn on(&self, day: Date) -> Option<Span> {
        if let Some(weekday) = self.instead.get(&day) {
            return self.of(*weekday);
        }
        if self.holidays.contains(&day) { None } else { self.of(day.weekday()) }
    }

    fn of(&self, weekday: Weekday) -> Option<Span> {
        self.week.get(usize::try_from(weekday.to_monday_zero_offset()).ok()?).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn hours() -> Hours {
        let work = Span::parse("08:00-20:00");
        Hours {
            week: [work, work, work, work, work, None, Span::parse("00:00-24:00")],
            holidays: BTreeSet::from([date(2026, 11, 23), date(2026, 11, 29)]),
            instead: BTreeMap::from([(date(2026, 11, 28), Weekday::Monday)]),
        }
    }

    #[track_caller]
    fn check(now: DateTime, open: bool, next: DateTime) {
        assert_eq!(hours().is_open(now), open);
        assert_eq!(hours().next_open(now), Some(next));
    }

    #[test]
    fn weekdays_holidays_and_days_worked_instead() {
        let at = |day, hour, minute| date(2026, 11, day).at(hour, minute, 0, 0);
        check(at(24, 8, 0), true, at(24, 8, 0));
        check(at(24, 7, 59), false, at(24, 8, 0));
        check(at(24, 20, 0), false, at(25, 8, 0));
        check(at(23, 12, 0), false, at(24, 8, 0));
        check(at(22, 23, 59), true, at(22, 23, 59));
        check(at(28, 12, 0), true, at(28, 12, 0));
        check(at(28, 21, 0), false, at(30, 8, 0));
        assert_eq!(Hours::default().next_open(at(22, 9, 0)), None);
    }

    #[test]
    fn spans_are_written_plainly() {
        for wrong in ["8-20", "20:00-08:00", "08:00-08:00", "08:00", "08:00-25:00", "08:60-09:00", "8:00-9:00"] {
            assert_eq!(Span::parse(wrong), None, "{wrong}");
        }
    }
}
