//! When people are there: a table of weekdays, holidays, and days that are worked instead of another.

use crate::text::located::{Located, Place};
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

    /// The same for every day, and over midnight too: `21:00-08:00`.
    pub fn parse_daily(text: &str) -> Option<Vec<Span>> {
        if let Some(span) = Span::parse(text) {
            return Some(vec![span]);
        }
        let (from, to) = text.split_once('-')?;
        let (from, to) = (time(from)?, time(to)?);
        let parts = [Span { from, to: Time::MAX }, Span { from: Time::midnight(), to }];
        (to < from).then(|| parts.into_iter().filter(|part| part.from < part.to).collect())
    }
}

/// As [`Span::parse`] reads it.
impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}-", self.from.hour(), self.from.minute())?;
        if self.to == Time::MAX { f.write_str("24:00") } else { write!(f, "{:02}:{:02}", self.to.hour(), self.to.minute()) }
    }
}

fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    if hour.len() != 2 || minute.len() != 2 {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

fn weekday(name: &str) -> Option<Weekday> {
    WEEKDAYS.iter().find(|(known, _)| *known == name).map(|(_, weekday)| *weekday)
}

/// A value as an author wrote it, with its place.
type Text = Located<String>;

/// How far the next opening is looked for.
const DAYS_AHEAD: usize = 60;

impl Hours {
    /// The week of a table (`monday: 08:00-20:00`); what is wrong with it goes to `fault`.
    pub fn read_week(&mut self, table: &BTreeMap<String, Text>, fault: &mut impl FnMut(Place, String)) {
        for (name, span) in table {
            match (weekday(name), Span::parse(&span.value)) {
                (None, _) => fault(span.place, format!("`{name}` is no weekday; write monday")),
                (_, None) => fault(span.place, format!("`{}` is no time of opening; write 08:00-20:00", span.value)),
                (Some(day), read) => {
                    if let Some(slot) = usize::try_from(day.to_monday_zero_offset()).ok().and_then(|n| self.week.get_mut(n)) {
                        *slot = read;
                    }
                }
            }
        }
    }

    /// Days off (`2027-01-01`) and days that are as another weekday (`2027-02-14: friday`); what is wrong goes to `fault`.
    pub fn read_days(&mut self, holidays: &[Text], instead: &BTreeMap<String, Text>, fault: &mut impl FnMut(Place, String)) {
        for day in holidays {
            match day.value.parse::<Date>() {
                Ok(date) => {
                    self.holidays.insert(date);
                }
                Err(_) => fault(day.place, format!("`{}` is no day; write 2027-01-01", day.value)),
            }
        }
        for (day, name) in instead {
            match (day.parse::<Date>(), weekday(&name.value)) {
                (Ok(date), Some(weekday)) => {
                    self.instead.insert(date, weekday);
                }
                (Err(_), _) => fault(name.place, format!("`{day}` is no day; write 2027-01-01")),
                (_, None) => fault(name.place, format!("`{}` is no weekday; write monday", name.value)),
            }
        }
    }

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

    /// When somebody is there on `day`.
    pub fn on(&self, day: Date) -> Option<Span> {
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
        assert_eq!(Span::parse_daily("21:00-08:00").unwrap().len(), 2);
        for plain in ["08:05-20:00", "00:00-24:00"] {
            assert_eq!(Span::parse(plain).unwrap().to_string(), plain);
        }
        assert_eq!(Span::parse_daily("21:00-00:00").unwrap(), [Span::parse("21:00-24:00").unwrap()]);
        assert_eq!(Span::parse_daily("12:00-12:00"), None);
        for wrong in ["8-20", "20:00-08:00", "08:00-08:00", "08:00", "08:00-25:00", "08:60-09:00", "8:00-9:00"] {
            assert_eq!(Span::parse(wrong), None, "{wrong}");
        }
    }
}
