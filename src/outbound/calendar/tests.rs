//! The calendar against a slow, plain reference that looks at every minute.

use super::*;
use jiff::ToSpan;
use jiff::civil::{Weekday, date};
use proptest::prelude::*;
use std::collections::BTreeSet;

#[track_caller]
fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[track_caller]
fn check(calendar: &Calendar, now: &str, region: Option<&str>, expected: MayCall) {
    assert_eq!(calendar.may_call(at(now), region), expected, "{now}");
}

#[test]
fn hours_quiet_hours_holidays_and_worked_days() {
    let calendar = Calendar::built_in();
    let until = |text, reason| MayCall::NotBefore(at(text), reason);
    check(&calendar, "2026-11-23T09:00+08", None, MayCall::Yes);
    check(&calendar, "2026-11-23T08:59:59.999+08", None, until("2026-11-23T09:00+08", Reason::OutOfHours));
    check(&calendar, "2026-11-23T12:00+08", None, until("2026-11-23T14:00+08", Reason::Quiet));
    check(&calendar, "2026-11-23T20:30+08", None, until("2026-11-24T09:00+08", Reason::OutOfHours));
    check(&calendar, "2026-11-23T09:00+08", Some("xinjiang"), until("2026-11-23T09:00+06", Reason::OutOfHours));
    check(&calendar, "2026-11-23T12:00+06", Some("xinjiang"), MayCall::Yes);
    check(&calendar, "2027-02-05T10:00+08", None, until("2027-02-09T09:00+08", Reason::Holiday));
    check(&calendar, "2027-02-14T09:30+08", None, MayCall::Yes);
    check(&calendar, "2027-02-13T09:30+08", None, until("2027-02-13T10:00+08", Reason::OutOfHours));
    check(&calendar, "2026-11-23T09:00+08", Some("mars"), MayCall::Never(Reason::UnknownRegion));
}

#[test]
fn a_campaign_only_narrows() {
    let calendar = Calendar::built_in();
    let wide = calendar.narrowed(&[Span::parse("00:00-24:00"); 7]);
    check(&wide, "2026-11-23T08:00+08", None, MayCall::NotBefore(at("2026-11-23T09:00+08"), Reason::OutOfHours));
    let mut week = [None; 7];
    week[0] = Span::parse("08:00-10:00");
    let narrow = calendar.narrowed(&week);
    check(&narrow, "2026-11-23T09:30+08", None, MayCall::Yes);
    check(&narrow, "2026-11-23T10:00+08", None, MayCall::NotBefore(at("2026-11-30T09:00+08"), Reason::OutOfHours));
    check(&calendar.narrowed(&[None; 7]), "2026-11-23T10:00+08", None, MayCall::Never(Reason::OutOfHours));
}

#[test]
fn faults_have_their_place_and_say_what_to_write() {
    let text = include_str!("../../../outbound/calendar.yaml");
    let rejected = |from: &str, to: &str, expected: &str| {
        assert!(text.contains(from), "{from}");
        let faults = Calendar::parse("calendar.yaml", &text.replacen(from, to, 1)).unwrap_err();
        assert!(faults.iter().any(|fault| fault.to_string().contains(expected)), "{faults:?}");
    };
    rejected("Asia/Shanghai", "Asia/Changan", "calendar.yaml:3:7: `Asia/Changan` is no time zone");
    rejected("monday: 09:00-20:30", "monday: 9-20", "`9-20` is no time of opening");
    rejected("12:00-14:00", "noon", "`noon` are no quiet hours");
    rejected("13:00-15:00", "13:00-13:00", "`13:00-13:00` are no quiet hours");
    rejected("2027-01-01", "2027-02-30", "`2027-02-30` is no day");
    rejected("quiet: [12:00-14:00]", "loud: []", "loud");
}

/// A calendar in plain numbers: minutes of the day, days from the first of the month.
#[derive(Clone, Debug)]
struct Plain {
    zone: &'static str,
    week: [Option<(i64, i64)>; 7],
    /// The second may be smaller: over midnight.
    quiet: Vec<(i64, i64)>,
    holidays: Vec<Date>,
    instead: Vec<(Date, u8)>,
}

impl Plain {
    fn text(minute: i64) -> String {
        format!("{:02}:{:02}", minute / 60, minute % 60)
    }

    fn calendar(&self) -> Calendar {
        let span = |(from, to): (i64, i64)| format!("{}-{}", Plain::text(from), Plain::text(to));
        let weekday = |n: u8| Weekday::from_monday_zero_offset(n as i8).unwrap();
        let hours = Hours {
            week: self.week.map(|open| open.map(|open| Span::parse(&span(open)).unwrap())),
            holidays: self.holidays.iter().copied().collect::<BTreeSet<_>>(),
            instead: self.instead.iter().map(|(day, as_day)| (*day, weekday(*as_day))).collect(),
        };
        let quiet = self.quiet.iter().flat_map(|open| Span::parse_daily(&span(*open)).unwrap()).collect();
        Calendar { home: Region { zone: TimeZone::get(self.zone).unwrap(), hours, quiet }, regions: BTreeMap::new() }
    }

    fn allows(&self, zone: &TimeZone, now: Timestamp) -> bool {
        let local = zone.to_datetime(now);
        let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
        let worked = self.instead.iter().rev().find(|(day, _)| *day == local.date()).map(|(_, as_day)| usize::from(*as_day));
        if worked.is_none() && self.holidays.contains(&local.date()) {
            return false;
        }
        let weekday = worked.unwrap_or(local.weekday().to_monday_zero_offset() as usize);
        let is_open = self.week[weekday].is_some_and(|(from, to)| from <= minute && minute < to);
        let is_quiet = |&(from, to): &(i64, i64)| if from < to { from <= minute && minute < to } else { minute >= from || minute < to };
        is_open && !self.quiet.iter().any(is_quiet)
    }

    /// The first moment from `now` on, within so many days, looked for minute by minute.
    fn next(&self, now: Timestamp, days: i64) -> Option<Timestamp> {
        let zone = TimeZone::get(self.zone).unwrap();
        let first_minute = Timestamp::from_second(now.as_second().div_euclid(60) * 60 + 60).unwrap();
        let minutes = (0..days * 24 * 60).map(|minute| first_minute + minute.minutes());
        std::iter::once(now).chain(minutes).find(|&moment| self.allows(&zone, moment))
    }
}

/// A day's change at every hour and half an hour, a day left out, no change at all.
const ZONES: [&str; 8] = [
    "Asia/Shanghai",
    "Asia/Urumqi",
    "UTC",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
];

fn plain() -> impl Strategy<Value = Plain> {
    let open = || proptest::option::weighted(0.8, (0i64..1439, 1i64..1440).prop_map(|(from, length)| (from, (from + length).min(1440))));
    let quiet = (0i64..1440, 0i64..1440).prop_filter("some time", |(from, to)| from != to);
    let day = (0i32..40).prop_map(|n| date(2011, 12, 10).checked_add(n.days()).unwrap());
    let week = proptest::array::uniform7(open());
    let days = (proptest::collection::vec(day.clone(), 0..12), proptest::collection::btree_map(day, 0u8..7, 0..4));
    (proptest::sample::select(&ZONES[..]), week, proptest::collection::vec(quiet, 0..3), days)
        .prop_map(|(zone, week, quiet, (holidays, instead))| Plain { zone, week, quiet, holidays, instead: instead.into_iter().collect() })
}

/// Around the year's end, when Apia left a day out; around every change of the clocks of some years; anywhen.
fn moments() -> impl Strategy<Value = Timestamp> {
    let near = |text: &str, days: i64| {
        let start = at(text).as_second();
        (start..start + days * 86_400).prop_map(|second| Timestamp::from_second(second).unwrap())
    };
    prop_oneof![
        3 => near("2011-12-10T00:00Z", 35),
        1 => near("2026-03-25T00:00Z", 15),
        1 => near("2026-10-20T00:00Z", 15),
        1 => near("2026-03-06T00:00Z", 4),
        1 => near("2000-01-01T00:00Z", 12_000),
    ]
}

proptest! {
    #[test]
    fn every_calendar_says_what_looking_at_every_minute_says(plain in plain(), now in moments()) {
        let calendar = plain.calendar();
        let found = match calendar.may_call(now, None) {
            MayCall::Yes => Some(now),
            MayCall::NotBefore(next, _) => Some(next),
            MayCall::Never(_) => None,
        };
        match plain.next(now, i64::from(DAYS_AHEAD) - 2) {
            Some(expected) => prop_assert_eq!(found, Some(expected)),
            None => prop_assert!(found.is_none_or(|found| found > now + (24 * (DAYS_AHEAD - 3)).hours())),
        }
    }

    #[test]
    fn a_changed_calendar_holds_from_the_next_question_on(before in plain(), after in plain(), now in moments()) {
        let after = Plain { zone: before.zone, ..after };
        let zone = TimeZone::get(before.zone).unwrap();
        let both = before.calendar().narrowed(&after.calendar().home.hours.week);
        let without_days = Plain { holidays: before.holidays.clone(), instead: before.instead.clone(), quiet: before.quiet.clone(), ..after };
        let may = both.may_call(now, None) == MayCall::Yes;
        prop_assert_eq!(may, before.allows(&zone, now) && without_days.allows(&zone, now));
    }
}
