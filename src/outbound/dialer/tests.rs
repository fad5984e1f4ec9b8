//! Pace, places, turns and rest.

use super::*;
use jiff::SignedDuration;
use std::collections::BTreeMap;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap()
}

fn runs(campaign: i64, per_minute: u32, concurrent: u32) -> Event {
    Event::Runs { campaign, trunk: "a".into(), limits: Limits { per_minute, concurrent } }
}

/// A trunk, room for so many calls, one of them kept for callers.
fn dialer(per_minute: u32, concurrent: u32, free: u32) -> Dialer {
    let mut dialer = Dialer::new(1);
    dialer.take(Event::Trunk { name: "a".into(), limits: Limits { per_minute, concurrent } }, at(0));
    dialer.take(Event::Room { free }, at(0));
    dialer
}

/// Places within so many milliseconds, woken when the dialer wants to be; each call lasts `lasts_ms`.
fn day(dialer: &mut Dialer, until_ms: i64, lasts_ms: i64, has_trunk_failed: bool) -> Vec<(i64, i64)> {
    let (mut begun, mut under_way) = (Vec::new(), BTreeMap::<i64, Vec<i64>>::new());
    let mut now = 0;
    while now <= until_ms {
        let mut places = dialer.handle(Event::Tick, at(now));
        for campaign in under_way.remove(&now).unwrap_or_default() {
            places.extend(dialer.handle(Event::Ended { campaign, has_trunk_failed }, at(now)));
        }
        for place in places {
            begun.push((now, place.campaign));
            under_way.entry(now + lasts_ms).or_default().push(place.campaign);
        }
        let wakes = dialer.wakes().map(|wakes| (wakes.duration_since(at(0)).as_micros() as i64 + 999).div_euclid(1000).max(now + 1));
        let ends = under_way.keys().next().copied();
        now = match (wakes, ends) {
            (Some(wakes), Some(ends)) => wakes.min(ends),
            (Some(next), None) | (None, Some(next)) => next,
            (None, None) => break,
        };
    }
    begun
}

#[test]
fn the_pace_is_kept_and_used() {
    for per_minute in [7, 60, 600, 1_234] {
        let mut dialer = dialer(6_000, 1_000, 1_000);
        dialer.take(runs(1, per_minute, 1_000), at(0));
        let begun = day(&mut dialer, 600_000, 5_000, false);
        let expected = f64::from(per_minute) * 10.0;
        assert!((begun.len() as f64 - expected).abs() <= expected * 0.02 + 1.0, "{per_minute}: {}", begun.len());
        let most = begun.windows(per_minute as usize + 1).filter(|calls| calls.last().unwrap().0 - calls[0].0 < 60_000).count();
        assert_eq!(most, 0, "{per_minute}");
    }
}

#[test]
fn who_looks_late_loses_nothing_and_no_minute_holds_more() {
    let mut dialer = dialer(1_800, 1_000, 1_000);
    dialer.take(runs(1, 1_800, 1_000), at(0));
    let (mut begun, mut now, mut late) = (Vec::new(), 0, 0);
    while now < 600_000 {
        for place in dialer.handle(Event::Tick, at(now)) {
            begun.push(now);
            dialer.take(Event::Ended { campaign: place.campaign, has_trunk_failed: false }, at(now));
        }
        // Up to a fifth of a second.
        late = (late * 137 + 71) % 200;
        let wakes = dialer.wakes().unwrap().duration_since(at(0)).as_millis() as i64;
        now = wakes.max(now + 1) + late;
    }
    assert!(begun.len() > 18_000 * 98 / 100, "{}", begun.len());
    let most = begun.windows(1_801).filter(|calls| calls[1_800] - calls[0] < 60_000).count();
    assert_eq!(most, 0);
}

#[test]
fn campaigns_take_turns_and_keep_to_their_places() {
    let mut dialer = dialer(6_000, 4, 100);
    dialer.take(runs(1, 6_000, 100), at(0));
    dialer.take(runs(2, 6_000, 100), at(0));
    dialer.take(runs(3, 6_000, 1), at(0));
    let begun = day(&mut dialer, 60_000, 1_000, false);
    let of = |campaign| begun.iter().filter(|(_, whose)| *whose == campaign).count() as i64;
    assert!((of(1) - of(2)).abs() <= 1, "{} {}", of(1), of(2));
    assert!(of(3) >= 55, "{}", of(3));
    for &(now, _) in &begun {
        let under_way: Vec<_> = begun.iter().filter(|(began, _)| *began <= now && now < began + 1_000).collect();
        assert!(under_way.len() <= 4 && under_way.iter().filter(|(_, whose)| *whose == 3).count() <= 1);
    }
}

#[test]
fn who_calls_us_goes_first() {
    let mut dialer = dialer(6_000, 100, 4);
    dialer.take(runs(1, 6_000, 100), at(0));
    assert_eq!(day(&mut dialer, 1_000, 60_000, false).len(), 3, "one place stays free");
    assert_eq!(dialer.handle(Event::Room { free: 1 }, at(2_000)), []);
    assert_eq!(dialer.handle(Event::Room { free: 2 }, at(3_000)).len(), 1);
}

#[test]
fn a_broken_trunk_rests_and_is_tried_with_one_call() {
    let mut dialer = dialer(6_000, 100, 200);
    dialer.take(runs(1, 600, 100), at(0));
    let begun = day(&mut dialer, 600_000, 100, true);
    assert_eq!(dialer.resting().collect::<Vec<_>>(), ["a"]);
    let later = begun.iter().filter(|(now, _)| *now > 10_000).count();
    assert!((8..=10).contains(&later), "one a minute: {later}");
    assert!(begun.len() - later <= 8, "{}", begun.len());
    let healed = at(700_000);
    assert_eq!(dialer.handle(Event::Tick, healed).len(), 1, "one tries");
    assert_eq!(dialer.handle(Event::Tick, at(701_000)), []);
    dialer.handle(Event::Ended { campaign: 1, has_trunk_failed: false }, at(702_000));
    assert_eq!(dialer.resting().count(), 0);
}

#[test]
fn a_place_that_is_not_used_costs_nobody_anything() {
    let mut dialer = dialer(60, 10, 100);
    dialer.take(runs(1, 60, 10), at(0));
    dialer.take(runs(2, 60, 10), at(0));
    let place = dialer.handle(Event::Tick, at(0));
    assert_eq!(place, [Place { campaign: 1, trunk: "a".into() }]);
    let until = at(0).saturating_add(SignedDuration::from_secs(30)).unwrap();
    let next = dialer.handle(Event::Unused { campaign: 1, until }, at(0));
    assert_eq!(next, [Place { campaign: 2, trunk: "a".into() }]);
    assert_eq!(dialer.wakes(), Some(at(1_000)));
    assert_eq!(dialer.under_way(), 1);
}
