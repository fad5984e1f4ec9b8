//! When a campaign will be through: what is left of it, at its pace, in the hours that it has. Pure.

use super::calendar::{Calendar, MayCall};
use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};

/// Calls that are still to be made in a region; an empty name is where none is named.
#[derive(Clone, Debug, PartialEq)]
pub struct Left {
    pub region: String,
    pub calls: f64,
}

/// Openings and closings that are looked at: some months of them.
const MOST_CHANGES: usize = 2_000;
/// Less than that is no call.
const NOTHING: f64 = 1e-6;

/// When the last of them is begun; `None` when that is too far away to say, or there is no pace. `calendar` has the campaign's own hours in it.
pub fn ends(calendar: &Calendar, left: &[Left], per_minute: f64, now: Timestamp) -> Option<Timestamp> {
    let mut left: Vec<Left> = left.iter().filter(|part| part.calls > NOTHING).cloned().collect();
    let mut at = now;
    for _ in 0..MOST_CHANGES {
        if left.is_empty() {
            return Some(at);
        }
        if per_minute <= 0.0 {
            return None;
        }
        let mut changes = Vec::new();
        let mut open = Vec::new();
        for (n, part) in left.iter().enumerate() {
            match calendar.may_call(at, named(part)) {
                MayCall::Yes => {
                    open.push(n);
                    changes.push(closes(calendar, named(part), at)?);
                }
                MayCall::NotBefore(opens, _) => changes.push(opens),
                MayCall::Never(_) => {}
            }
        }
        let change = changes.into_iter().min()?;
        let share = per_minute / open.len().max(1) as f64;
        let fewest = open.iter().filter_map(|n| left.get(*n)).map(|part| part.calls).fold(f64::INFINITY, f64::min);
        let through = at.saturating_add(minutes(fewest / share)).unwrap_or(Timestamp::MAX);
        let next = if open.is_empty() { change } else { change.min(through) };
        let done = if next == through { fewest } else { share * next.duration_since(at).as_secs_f64() / 60.0 };
        for n in &open {
            if let Some(part) = left.get_mut(*n) {
                part.calls -= done;
            }
        }
        left.retain(|part| part.calls > NOTHING);
        at = next;
    }
    None
}

fn named(part: &Left) -> Option<&str> {
    Some(part.region.as_str()).filter(|region| !region.is_empty())
}

fn minutes(minutes: f64) -> SignedDuration {
    SignedDuration::try_from_secs_f64(minutes * 60.0).unwrap_or(SignedDuration::MAX)
}

/// When the hours end that `at` lies in.
fn closes(calendar: &Calendar, region: Option<&str>, at: Timestamp) -> Option<Timestamp> {
    let local = at.to_zoned(calendar.zone(region)?.clone());
    let span = calendar.on(local.date(), region).into_iter().find(|span| span.from <= local.time() && local.time() < span.to)?;
    let end = if span.to == Time::MAX { local.date().tomorrow().ok()?.at(0, 0, 0, 0) } else { local.date().to_datetime(span.to) };
    // The clocks may change between: what is over then is over.
    let end = end.to_zoned(local.time_zone().clone()).ok()?.timestamp();
    Some(end.max(at.saturating_add(SignedDuration::from_secs(1)).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(region: &str, calls: f64) -> Left {
        Left { region: region.to_owned(), calls }
    }

    #[track_caller]
    fn check(now: &str, left: &[Left], per_minute: f64, expected: Option<&str>) {
        let ends = ends(&Calendar::built_in(), left, per_minute, now.parse().unwrap());
        let shown = ends.map(|at| at.to_zoned(jiff::tz::TimeZone::get("Asia/Shanghai").unwrap()).strftime("%Y-%m-%d %H:%M").to_string());
        assert_eq!(shown.as_deref(), expected);
    }

    #[test]
    fn a_campaign_ends_when_its_calls_fit_into_its_hours() {
        // A Monday morning; quiet at noon, closed at 20:30.
        check("2026-11-23T09:00:00+08:00", &[left("", 60.0)], 1.0, Some("2026-11-23 10:00"));
        check("2026-11-23T09:00:00+08:00", &[left("", 200.0)], 1.0, Some("2026-11-23 14:20"));
        check("2026-11-23T09:00:00+08:00", &[left("", 180.0 + 390.0 + 30.0)], 1.0, Some("2026-11-24 09:30"));
        check("2026-11-23T03:00:00+08:00", &[left("", 30.0)], 1.0, Some("2026-11-23 09:30"));
    }

    #[test]
    fn regions_share_the_pace_while_both_are_open() {
        // In Urumqi it opens two hours later: an hour alone, then both at half the pace.
        check("2026-11-23T10:00:00+08:00", &[left("", 90.0), left("xinjiang", 30.0)], 1.0, Some("2026-11-23 12:00"));
        check("2026-11-23T10:00:00+08:00", &[left("", 90.0), left("xinjiang", 90.0)], 1.0, Some("2026-11-23 13:00"));
    }

    #[test]
    fn what_cannot_end_has_no_end() {
        check("2026-11-23T09:00:00+08:00", &[left("", 10.0)], 0.0, None);
        check("2026-11-23T09:00:00+08:00", &[left("mars", 10.0)], 1.0, None);
        check("2026-11-23T09:00:00+08:00", &[], 1.0, Some("2026-11-23 09:00"));
        check("2026-11-23T09:00:00+08:00", &[left("", 1e12)], 1.0, None);
    }
}
