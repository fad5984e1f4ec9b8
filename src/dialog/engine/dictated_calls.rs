//! Simulated callers who give a number through a bad line: they end with their number, with keys or with a person, never with another number.

use crate::dialog::rehearsal::{Call, understood};
use crate::dialog::{Action, Event, Outcome, TransferReason};
use crate::nlu::{Candidates, Decision, Intent, RejectReason, Source};
use crate::text::{Lang, PhoneNumber, Record, Value, number_en, number_zh};
use proptest::prelude::*;

/// How the caller answers a read-back that is wrong.
#[derive(Clone, Copy, Debug)]
enum Way {
    No,
    Whole,
    LastDigits,
    Group,
    Swap,
}

/// What the line does to the nth digit that is said.
#[derive(Clone, Debug)]
struct Line {
    faults: Vec<Option<u32>>,
    said: usize,
}

impl Line {
    fn hear(&mut self, digits: &str) -> String {
        let digit = |c: char| {
            let fault = self.faults.get(self.said).copied().flatten();
            self.said += 1;
            let n = c.to_digit(10).unwrap_or(0);
            fault.and_then(|by| char::from_digit((n + by) % 10, 10)).unwrap_or(c)
        };
        digits.chars().map(digit).collect()
    }
}

fn spoken(number: &str, lang: Lang) -> String {
    Value::Phone(PhoneNumber::parse(number).unwrap()).spoken(lang, jiff::civil::date(2026, 11, 22))
}

fn say(call: &mut Call, text: String) {
    let (intent, decision, reason) = match text.as_str() {
        "对" | "yes" => (Some(Intent::Affirm), Decision::Accept, None),
        "不对" | "no" => (Some(Intent::Deny), Decision::Accept, None),
        _ => (None, Decision::Reject, Some(RejectReason::LowConfidence)),
    };
    let mut heard = understood(intent, decision, &[]);
    (heard.text, heard.reason, heard.slots) = (text, reason, Record::new());
    call.happen(Event::Heard(heard));
}

fn repair(way: Way, number: &str, read_back: &str, lang: Lang, line: &mut Line) -> String {
    let at = number.bytes().zip(read_back.bytes()).position(|(a, b)| a != b).unwrap_or(0);
    let (group, end) = if at < 3 {
        (0, 3)
    } else if at < 7 {
        (3, 7)
    } else {
        (7, 11)
    };
    let whole = line.hear(number);
    match (way, lang) {
        (Way::No, Lang::Zh) => "不对".into(),
        (Way::No, Lang::En) => "no".into(),
        (Way::Whole, Lang::Zh) => format!("不对，是{}", number_zh::digits(&whole)),
        (Way::Whole, Lang::En) => format!("no, it is {whole}"),
        (Way::LastDigits, Lang::Zh) => format!("最后四位是{}", whole.get(7..).unwrap()),
        (Way::LastDigits, Lang::En) => format!("the last four digits are {}", number_en::digits(whole.get(7..).unwrap())),
        (Way::Group, Lang::Zh) => format!("不对，{}", whole.get(group..end).unwrap()),
        (Way::Group, Lang::En) => format!("no, {}", whole.get(group..end).unwrap()),
        (Way::Swap, Lang::Zh) => format!("不是{}，是{}", read_back.get(group..end).unwrap(), whole.get(group..end).unwrap()),
        (Way::Swap, Lang::En) => format!("not {} but {}", read_back.get(group..end).unwrap(), whole.get(group..end).unwrap()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_wrong_number_is_never_used(
        tail in "[3-9][0-9]{9}",
        faults in proptest::collection::vec(proptest::option::weighted(0.08, 1u32..10), 0..120),
        cuts in proptest::collection::vec(1usize..11, 0..3),
        ways in proptest::collection::vec(proptest::sample::select(vec![Way::No, Way::Whole, Way::LastDigits, Way::Group, Way::Swap]), 12),
        english in any::<bool>(),
    ) {
        let lang = if english { Lang::En } else { Lang::Zh };
        let number = format!("1{tail}");
        let mut cuts = cuts;
        cuts.extend([0, 11]);
        cuts.sort_unstable();
        cuts.dedup();
        let mut line = Line { faults, said: 0 };
        let mut call = Call::from(lang, None);
        call.wants(Intent::QueryBalance);
        let mut ways = ways.into_iter();
        let mut denied: Vec<String> = Vec::new();
        let mut said = 0;
        for _ in 0..60 {
            let Some(question) = call.question().map(|question| question.name.clone()) else { break };
            match question.as_str() {
                "number" => {
                    if call.told().contains("number_keys") {
                        call.keys(&number);
                        continue;
                    }
                    if !call.told().contains("number_more") {
                        said = 0;
                    }
                    let piece = cuts.get(said).zip(cuts.get(said + 1)).map_or(number.as_str(), |(from, to)| number.get(*from..*to).unwrap());
                    said += 1;
                    let heard = line.hear(piece);
                    say(&mut call, heard);
                }
                "number.confirm" => {
                    let text = call.text();
                    if text.contains(&spoken(&number, lang)) {
                        say(&mut call, if english { "yes".into() } else { "对".into() });
                        break;
                    }
                    let digits: String = text.chars().collect();
                    prop_assert!(!denied.contains(&digits) || digits.is_empty(), "offered again: {digits}");
                    let way = ways.next().unwrap_or(Way::No);
                    let read_back = read_back_number(&call);
                    // Only a repair that names a place of its own can leave the number wrong by the caller's choice: it fits the last digits only.
                    let way = if matches!(way, Way::LastDigits) && number.get(..7) != read_back.get(..7) { Way::No } else { way };
                    denied.push(digits);
                    let text = repair(way, &number, &read_back, lang, &mut line);
                    say(&mut call, text);
                }
                other => prop_assert!(false, "asked {other}"),
            }
        }
        let used = call.state.customer.as_ref().map(|number| number.reveal().to_owned());
        let handed_over = matches!(
            call.actions.last(),
            Some(Action::HangUp(Outcome::Transferred { reason: TransferReason::NotUnderstood, .. }))
        );
        prop_assert!(used.as_deref() == Some(number.as_str()) || (used.is_none() && handed_over), "{used:?} {}", call.told());
    }
}

fn read_back_number(call: &Call) -> String {
    let crate::dialog::state::Waiting::Caller(asked) = &call.state.waiting else { panic!("a question") };
    match &asked.asking {
        crate::dialog::state::Asking::NumberGuess(number) => number.reveal().to_owned(),
        other => panic!("{other:?}"),
    }
}

fn heard(call: &mut Call, text: &str) {
    say(call, text.into());
}

#[test]
fn a_number_comes_in_pieces_and_each_is_acknowledged() {
    let mut call = Call::from(Lang::Zh, None);
    call.wants(Intent::QueryBalance).expect("number ?number");
    heard(&mut call, "幺三八");
    call.expect("number_more ?number");
    assert_eq!(call.text(), "幺三八，请接着说。");
    assert_eq!(call.question().unwrap().expectation.grammar.as_deref(), Some("digits_8"));
    heard(&mut call, "四个零");
    assert_eq!(call.question().unwrap().expectation.grammar.as_deref(), Some("digits_4"));
    heard(&mut call, "不对，中间是零零零五");
    call.expect("number_more ?number");
    heard(&mut call, "0001");
    call.expect("number_guess ?number.confirm");
    assert_eq!(call.text(), "幺三八，零零零五，零零零幺，对吗？");
    heard(&mut call, "不是三八，是三九");
    assert!(call.text().contains("幺三九，零零零五，零零零幺"), "{}", call.text());
    heard(&mut call, "不对，最后一位是二");
    assert!(call.text().contains("幺三九，零零零五，零零零二"), "{}", call.text());
    heard(&mut call, "不对，是13800000002");
    assert!(call.text().contains("幺三八，零零零零，零零零二") || call.told().contains("number_keys"), "{} {}", call.told(), call.text());
}

#[test]
fn a_secret_in_pieces_is_never_said() {
    let mut call = Call::new(Lang::Zh);
    call.wants(Intent::ReportLoss).done(&[("lost", Value::Flag(false))]).expect("( report_loss.pin ?pin");
    heard(&mut call, "二四六");
    call.expect("secret_more ?pin");
    assert!(!call.text().contains("二四六") && !call.text().contains("246"), "{}", call.text());
    heard(&mut call, "不对，二四七");
    heard(&mut call, "八一零");
    call.expect(") !verify_pin");
    let pin = call.actions.iter().find_map(|action| match action {
        Action::Perform { arguments, .. } => arguments.get("pin").cloned(),
        _ => None,
    });
    assert_eq!(pin, Some(Value::Digits(crate::text::Digits::parse("247810").unwrap())));
    assert!(!format!("{:?}", call.state).contains("247"));
}

/// Speech that was read as a number of the asked length: the digits with their shares, and the chance that the best was said.
fn reads(call: &mut Call, shares: &[(&str, f32)], chance: f32, decision: Decision) {
    let mut heard = understood(None, decision, &[]);
    heard.candidates = Candidates::of(shares.iter().map(|(digits, share)| ((*digits).to_owned(), *share)), chance);
    if decision == Decision::Accept {
        (heard.text, heard.source) = (shares[0].0.to_owned(), Source::Grammar);
    } else {
        (heard.text, heard.source) = (String::new(), Source::Nothing);
    }
    call.happen(Event::Heard(heard));
}

#[test]
fn after_a_no_the_second_likeliest_is_proposed_when_it_is_likely() {
    let mut call = Call::from(Lang::Zh, None);
    call.wants(Intent::QueryBalance);
    reads(&mut call, &[("13800000001", 0.6), ("13800000009", 0.38)], 0.95, Decision::Accept);
    assert_eq!(read_back_number(&call), "13800000001");
    call.says(Some(Intent::Deny), Decision::Accept, &[]).expect("number_guess ?number.confirm");
    assert_eq!(read_back_number(&call), "13800000009");
    heard(&mut call, "不对");
    assert_eq!(call.question().unwrap().name, "number", "nothing else is likely");
}

#[test]
fn what_was_likely_both_times_is_proposed() {
    let mut call = Call::from(Lang::Zh, None);
    call.wants(Intent::QueryBalance);
    reads(&mut call, &[("13800000009", 0.5), ("13800000001", 0.3), ("13800000007", 0.2)], 0.5, Decision::Accept);
    call.says(Some(Intent::Deny), Decision::Accept, &[]);
    assert_eq!(call.question().unwrap().name, "number", "the others are not likely enough");
    reads(&mut call, &[("13800000002", 0.55), ("13800000001", 0.45)], 0.5, Decision::Accept);
    assert_eq!(read_back_number(&call), "13800000001");
}

#[test]
fn what_was_not_understood_is_remembered_until_it_is_said_again() {
    let mut call = Call::from(Lang::Zh, None);
    call.wants(Intent::QueryBalance);
    reads(&mut call, &[("13800000001", 0.6), ("13800000009", 0.4)], 0.1, Decision::Reject);
    assert_eq!(call.question().unwrap().name, "number");
    reads(&mut call, &[("13800000002", 0.5), ("13800000001", 0.5)], 0.4, Decision::Accept);
    assert_eq!(read_back_number(&call), "13800000001");
}

#[test]
fn the_rest_of_a_number_is_no_number_of_its_own() {
    let mut call = Call::from(Lang::Zh, None);
    call.wants(Intent::QueryBalance);
    heard(&mut call, "138");
    reads(&mut call, &[("00000001", 0.9), ("00000007", 0.1)], 0.9, Decision::Accept);
    assert_eq!(read_back_number(&call), "13800000001");
}

#[test]
fn a_weak_yes_uses_no_number() {
    let mut call = Call::from(Lang::Zh, None);
    call.wants(Intent::QueryBalance);
    heard(&mut call, "13800000001");
    call.says(Some(Intent::Affirm), Decision::Confirm, &[]).expect("number_guess ?number.confirm");
    call.says(Some(Intent::Affirm), Decision::Accept, &[]).expect("( pin_number ?pin");
}

#[test]
fn a_digression_keeps_the_piece() {
    let mut call = Call::from(Lang::Zh, None);
    call.wants(Intent::QueryBalance);
    heard(&mut call, "138");
    call.wants(Intent::Help);
    heard(&mut call, "00000001");
    call.expect("number_guess ?number.confirm");
}
