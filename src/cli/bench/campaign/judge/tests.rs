use super::*;

/// 9:00 in Shanghai on a Thursday.
fn terms(contacts: usize) -> Terms {
    let from: Timestamp = "2027-03-04T09:00+08".parse().unwrap();
    Terms {
        limits: Limits { per_minute: 60, at_once: 2, attempts: 3 },
        contacts,
        since_us: 0,
        from_us: from.as_microsecond(),
        speed: 60,
        lives: vec![(0, 3_600_000_000)],
        is_busy: false,
    }
}

/// Calls as `(second, number, how it ends, seconds until then)`.
fn log(calls: &[(f64, usize, &str, f64)]) -> Vec<Entry> {
    let us = |seconds: f64| (seconds * 1e6) as i64;
    let mut entries = Vec::new();
    for (n, (at, number, end, after)) in calls.iter().enumerate() {
        let mut note = |at: f64, what: What| entries.push(Entry { at_us: us(at), call: format!("c{n}"), what });
        note(*at, What::Invited { to: Customer::new(*number).number(), from: "10000".into() });
        match *end {
            "busy" => note(at + after, What::Refused { code: 486 }),
            "nowhere" => note(at + after, What::Refused { code: 404 }),
            "rings" => note(at + after, What::RangOut),
            keys => {
                note(*at, What::Answered { by: Callee::Person });
                if keys != "deaf" {
                    note(at + if keys == "late" { 0.4 } else { 0.1 }, What::Heard);
                    keys.chars().filter(char::is_ascii_digit).for_each(|key| note(*at, What::Pressed { key }));
                }
                note(at + after, What::Left);
            }
        }
    }
    entries.sort_by_key(|entry| entry.at_us);
    entries
}

/// The rules that were broken.
#[track_caller]
fn check(terms: &Terms, calls: &[(f64, usize, &str, f64)], expected: &[&str]) {
    let (findings, _) = judge(&log(calls), terms);
    let broken: Vec<&str> = findings.iter().filter(|finding| !finding.broken.is_empty()).map(|finding| finding.rule).collect();
    let fits = broken.len() == expected.len() && broken.iter().zip(expected).all(|(rule, expected)| rule.contains(expected));
    assert!(fits, "{findings:#?}");
}

#[test]
fn a_campaign_that_keeps_the_rules_has_none_broken() {
    // Customer 0 is at home in Shanghai and in the campaign that needs no consent.
    check(&terms(1), &[(0.0, 0, "busy", 1.0), (18.0, 0, "11", 3.0)], &[]);
}

#[test]
fn each_rule_is_seen_to_be_broken() {
    let one = terms(1);
    check(&one, &[(0.0, 0, "busy", 1.0), (10.0, 0, "11", 3.0)], &["the gap by its outcome"]);
    check(&one, &[(0.0, 0, "11", 3.0), (2.0, 0, "", 3.0)], &["the gap by its outcome", "said what he wants", "while he is called"]);
    check(&one, &[(0.0, 0, "19", 3.0), (170.0, 0, "", 3.0)], &["said what he wants"]);
    check(&one, &[(0.0, 0, "nowhere", 1.0), (100.0, 0, "", 3.0)], &["said what he wants"]);
    check(&one, &[(0.0, 0, "busy", 1.0), (30.0, 0, "busy", 1.0), (60.0, 0, "busy", 1.0)], &["in a day"]);
    check(&one, &[(0.0, 0, "deaf", 1.0)], &["hears us"]);
    check(&one, &[(0.0, 0, "late", 1.0)], &["within 300 ms"]);
    check(&Terms { is_busy: true, ..terms(1) }, &[(0.0, 0, "late", 1.0)], &[]);
    check(&one, &[], &["everybody", "at least 95 %"]);
    // From twelve to two there is quiet.
    check(&one, &[(181.0, 0, "11", 1.0)], &["hours", "at least 95 %"]);
    // Customer 7 is on the list, 5 has not agreed; 99 is no contact.
    check(&terms(1), &[(0.0, 0, "11", 1.0), (5.0, 99, "11", 1.0)], &["on the list", "hours", "most attempts"]);
}

#[test]
fn who_must_not_be_called_is_found_out() {
    for n in [7, 57, 5] {
        let (findings, _) = judge(&log(&[(0.0, n, "11", 1.0)]), &terms(100));
        assert_eq!(findings[0].broken.len(), 1, "{n}");
    }
}

#[test]
fn calls_come_no_closer_and_not_further_apart_than_the_pace() {
    let terms = Terms { limits: Limits { per_minute: 60, at_once: 1_000, attempts: 3 }, lives: vec![(0, 60_000_000)], ..terms(600) };
    let may = |n: &usize| Customer::new(*n).may_be_called(0) && Customer::new(*n).region == 0;
    let calls = |every: f64| -> Vec<(f64, usize, &str, f64)> {
        (0..600).filter(may).enumerate().map(|(nth, n)| (nth as f64 * every, n, "rings", 0.1)).take_while(|call| call.0 < 60.0).collect()
    };
    let broken = |every: f64| -> Vec<&str> {
        let (findings, _) = judge(&log(&calls(every)), &terms);
        findings
            .iter()
            .filter(|finding| finding.rule.starts_with("pace") && !finding.broken.is_empty())
            .map(|finding| finding.rule)
            .collect()
    };
    assert!(broken(1.0).is_empty() && broken(1.04).is_empty());
    assert_eq!(broken(1.08), ["pace, where somebody waits: at least 95 % of the cap"]);
    assert_eq!(broken(0.5), ["pace: never over the cap"]);
    let (findings, _) = judge(&log(&calls(1.08)), &Terms { is_busy: true, ..terms });
    assert!(findings.iter().all(|finding| !finding.rule.starts_with("pace, where")), "a busy machine is not held to it");
}

#[test]
fn more_calls_at_one_time_than_may_be_are_found_out() {
    let (findings, _) = judge(&log(&[(0.0, 0, "", 9.0), (1.0, 6, "", 9.0), (2.0, 12, "", 9.0)]), &terms(20));
    let finding = findings.iter().find(|finding| finding.rule == "calls at one time").unwrap();
    assert_eq!((finding.broken.len(), finding.looked_at.as_str()), (1, "at most 3 of 2"));
}

#[test]
fn a_call_that_a_kill_cut_off_may_be_made_again_after_a_while() {
    let cut = Terms { lives: vec![(0, 2_000_000), (4_000_000, 100_000_000)], ..terms(1) };
    check(&cut, &[(1.0, 0, "11", 20.0), (33.0, 0, "11", 3.0)], &[]);
    check(&cut, &[(1.0, 0, "11", 20.0), (20.0, 0, "11", 3.0)], &["the gap by its outcome"]);
}
