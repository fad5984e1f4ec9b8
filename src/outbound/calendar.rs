//! When customers may be called: hours by weekday in the customer's own time zone, holidays, quiet hours. Pure: who asks says what time it is.
//!
//! The table is `outbound/calendar.yaml`, in the form of the desk's hours ([`crate::desk::hours`]). A campaign has hours of its own, which can only
//! narrow it ([`Calendar::narrowed`]).

use crate::desk::hours::{Hours, Span};
use crate::text::located::{Fault, Located, Place, read_yaml};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::BTreeMap;

/// See the module's text.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// Where no region is named.
    home: Region,
    regions: BTreeMap<String, Region>,
}

/// Where other hours hold.
#[derive(Clone, Debug)]
struct Region {
    zone: TimeZone,
    hours: Hours,
    quiet: Vec<Span>,
}

/// Whether a customer may be called now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MayCall {
    Yes,
    /// From this moment on.
    NotBefore(Timestamp, Reason),
    /// Not within [`DAYS_AHEAD`] days: somebody has to look at the table.
    Never(Reason),
}

/// Why not now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    OutOfHours,
    Holiday,
    Quiet,
    /// The calendar knows no region of this name.
    UnknownRegion,
}

impl Reason {
    pub fn name(self) -> &'static str {
        match self {
            Reason::OutOfHours => "out_of_hours",
            Reason::Holiday => "holiday",
            Reason::Quiet => "quiet",
            Reason::UnknownRegion => "unknown_region",
        }
    }
}

/// How far the next moment is looked for.
pub const DAYS_AHEAD: i32 = 60;

type Text = Located<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    zone: Text,
    hours: BTreeMap<String, Text>,
    #[serde(default)]
    holidays: Vec<Text>,
    #[serde(default)]
    open: BTreeMap<String, Text>,
    #[serde(default)]
    quiet: Vec<Text>,
    #[serde(default)]
    regions: BTreeMap<String, RawRegion>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRegion {
    zone: Option<Text>,
    hours: Option<BTreeMap<String, Text>>,
    #[serde(default)]
    holidays: Vec<Text>,
    #[serde(default)]
    open: BTreeMap<String, Text>,
    quiet: Option<Vec<Text>>,
}

impl Calendar {
    /// The calendar that the program was built with.
    pub fn built_in() -> Calendar {
        Calendar::parse("outbound/calendar.yaml", include_str!("../../outbound/calendar.yaml")).expect("a test parses the calendar")
    }

    /// Reads the file; every fault that it has.
    pub fn parse(file: &str, text: &str) -> Result<Calendar, Vec<Fault>> {
        let raw: Raw = read_yaml(file, text).map_err(|fault| vec![fault])?;
        let mut faults = Vec::new();
        let mut fault = |place: Place, reason: String| faults.push(Fault { file: file.to_owned(), place, reason });
        let mut hours = Hours::default();
        hours.read_week(&raw.hours, &mut fault);
        hours.read_days(&raw.holidays, &raw.open, &mut fault);
        let home = Region { zone: zone(&raw.zone, &mut fault), hours, quiet: quiet(&raw.quiet, &mut fault) };
        let mut regions = BTreeMap::new();
        for (name, raw) in &raw.regions {
            let mut region = home.clone();
            if let Some(named) = &raw.zone {
                region.zone = zone(named, &mut fault);
            }
            if let Some(week) = &raw.hours {
                region.hours.week = Default::default();
                region.hours.read_week(week, &mut fault);
            }
            region.hours.read_days(&raw.holidays, &raw.open, &mut fault);
            if let Some(spans) = &raw.quiet {
                region.quiet = quiet(spans, &mut fault);
            }
            regions.insert(name.clone(), region);
        }
        if faults.is_empty() { Ok(Calendar { home, regions }) } else { Err(faults) }
    }

    /// With a campaign's own hours, from Monday: calls go only when both allow them.
    pub fn narrowed(&self, week: &[Option<Span>; 7]) -> Calendar {
        let mut narrow = self.clone();
        for region in std::iter::once(&mut narrow.home).chain(narrow.regions.values_mut()) {
            for (ours, theirs) in region.hours.week.iter_mut().zip(week) {
                *ours = ours.zip(*theirs).and_then(|(ours, theirs)| {
                    let both = Span { from: ours.from.max(theirs.from), to: ours.to.min(theirs.to) };
                    (both.from < both.to).then_some(both)
                });
            }
        }
        narrow
    }

    /// Names of the regions that differ.
    pub fn regions(&self) -> impl Iterator<Item = &str> {
        self.regions.keys().map(String::as_str)
    }

    /// The time zone of a region; `None` when there is no such region.
    pub fn zone(&self, region: Option<&str>) -> Option<&TimeZone> {
        self.region(region).map(|region| &region.zone)
    }

    /// Whether a customer of `region` may be called at `now`, or when.
    pub fn may_call(&self, now: Timestamp, region: Option<&str>) -> MayCall {
        let Some(region) = self.region(region) else { return MayCall::Never(Reason::UnknownRegion) };
        match region.next(now) {
            Some(next) if next == now => MayCall::Yes,
            Some(next) => MayCall::NotBefore(next, region.reason(now)),
            None => MayCall::Never(region.reason(now)),
        }
    }

    /// When calls may go on a day of a region, by its own clock.
    pub fn on(&self, day: Date, region: Option<&str>) -> Vec<Span> {
        self.region(region).map(|region| region.spans(day)).unwrap_or_default()
    }

    fn region(&self, name: Option<&str>) -> Option<&Region> {
        match name {
            None => Some(&self.home),
            Some(name) => self.regions.get(name),
        }
    }
}

fn zone(name: &Text, fault: &mut impl FnMut(Place, String)) -> TimeZone {
    TimeZone::get(&name.value).unwrap_or_else(|_| {
        fault(name.place, format!("`{}` is no time zone; write Asia/Shanghai", name.value));
        TimeZone::UTC
    })
}

fn quiet(spans: &[Text], fault: &mut impl FnMut(Place, String)) -> Vec<Span> {
    let mut read = Vec::new();
    for text in spans {
        match Span::parse_daily(&text.value) {
            Some(spans) => read.extend(spans),
            None => fault(text.place, format!("`{}` are no quiet hours; write 12:00-14:00, or 21:00-08:00", text.value)),
        }
    }
    read
}

impl Region {
    /// The first moment, `now` or later, at which calls may go. Between two changes of the clocks local time goes as the world's does, so each such
    /// stretch is looked at by itself.
    fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let last = now.saturating_add(SignedDuration::from_hours(24 * i64::from(DAYS_AHEAD))).ok()?;
        let mut at = now;
        while at <= last {
            let offset = self.zone.to_offset(at);
            let stretch_ends = self.zone.following(at).next().map(|change| change.timestamp());
            let opens = self.next_local(offset.to_datetime(at)).and_then(|local| offset.to_timestamp(local).ok());
            match (opens, stretch_ends) {
                (Some(opens), None) => return Some(opens),
                (Some(opens), Some(ends)) if opens < ends => return Some(opens),
                (_, ends) => at = ends?,
            }
        }
        None
    }

    fn next_local(&self, now: DateTime) -> Option<DateTime> {
        let days = std::iter::successors(Some(now.date()), |day| day.tomorrow().ok());
        for day in days.take(DAYS_AHEAD as usize + 1) {
            for span in self.spans(day) {
                let (from, to) = (span.from.to_datetime(day), span.to.to_datetime(day));
                if now < to {
                    return Some(from.max(now));
                }
            }
        }
        None
    }

    /// The hours of a day without the quiet ones.
    fn spans(&self, day: Date) -> Vec<Span> {
        let mut spans: Vec<Span> = self.hours.on(day).into_iter().collect();
        for quiet in &self.quiet {
            spans = spans.into_iter().flat_map(|span| without(span, *quiet)).collect();
        }
        spans
    }

    fn reason(&self, now: Timestamp) -> Reason {
        let local = self.zone.to_datetime(now);
        let is_within = |span: &Span| span.from <= local.time() && local.time() < span.to;
        if self.hours.on(local.date()).as_ref().is_some_and(is_within) {
            return Reason::Quiet;
        }
        let is_worked = self.hours.instead.contains_key(&local.date());
        if self.hours.holidays.contains(&local.date()) && !is_worked { Reason::Holiday } else { Reason::OutOfHours }
    }
}

/// What is left of a span, the earlier part first.
fn without(span: Span, quiet: Span) -> impl Iterator<Item = Span> {
    let before = Span { from: span.from, to: span.to.min(quiet.from) };
    let after = Span { from: span.from.max(quiet.to), to: span.to };
    let is_apart = quiet.to <= span.from || span.to <= quiet.from;
    let parts = if is_apart { [Some(span), None] } else { [Some(before), Some(after)] };
    parts.into_iter().flatten().filter(|part| part.from < part.to && part.from < Time::MAX)
}

#[cfg(test)]
mod tests;
