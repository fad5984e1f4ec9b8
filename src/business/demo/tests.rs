//! The demo operator beyond the contract: what follows from its clock, its seeds and a fault in the middle.

use super::*;
use crate::business::contract::{self, ask, with};
use crate::business::{Fault, Faulty, Rule, clock};
use crate::text::{Digits, Money};
use jiff::ToSpan;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

async fn demo() -> DemoOperator {
    DemoOperator::new(Database::temporary().await.unwrap(), clock::fixed(contract::now()))
}

#[tokio::test]
async fn it_keeps_the_contract() {
    contract::holds(&demo().await).await;
}

#[tokio::test]
async fn it_keeps_the_contract_however_slow() {
    let slow = Rule { fault: Fault::Slow(Duration::ZERO), operation: None, times: None };
    contract::holds(&Faulty::new(demo().await, vec![slow])).await;
}

#[test]
fn seeds_make_sense() {
    assert!(CUSTOMERS.len() >= 12);
    for seed in CUSTOMERS {
        assert!(PhoneNumber::parse(seed.number).is_some() && seed.number.starts_with("1380000"), "{}", seed.number);
        assert!(Digits::parse(seed.pin).is_some() && seed.pin.chars().count() == 6, "{}", seed.number);
        assert!(Digits::parse(seed.id_tail).is_some() && seed.id_tail.chars().count() == 4, "{}", seed.number);
        assert!(PLANS.contains(seed.plan()));
    }
    let numbers: std::collections::BTreeSet<_> = DemoOperator::numbers().collect();
    assert_eq!(numbers.len(), CUSTOMERS.len());
    assert!(PLANS.is_sorted_by_key(|plan| plan.fee), "cheapest first");
}

/// A clock that tests move; it starts at the contract's moment.
fn moving() -> (Clock, Arc<AtomicI64>) {
    let seconds = Arc::new(AtomicI64::new(0));
    let shared = seconds.clone();
    (Arc::new(move || contract::now().saturating_add(shared.load(Ordering::SeqCst).seconds())), seconds)
}

#[tokio::test]
async fn a_lock_ends_when_its_time_is_over() {
    let (clock, seconds) = moving();
    let operator = DemoOperator::new(Database::temporary().await.unwrap(), clock);
    let try_pin =
        |pin: &str| operator.execute(ask("13800000001", "verify_pin", with("pin", Value::Digits(Digits::parse(pin).unwrap())), None));
    for pin in ["1", "2", "3", "246810"] {
        let _counted = try_pin(pin).await;
    }
    assert_eq!(try_pin("246810").await, Err(Failure::Refused("locked".into())));
    seconds.store(30 * 60 - 1, Ordering::SeqCst);
    assert_eq!(try_pin("246810").await, Err(Failure::Refused("locked".into())));
    seconds.store(30 * 60, Ordering::SeqCst);
    assert_eq!(try_pin("246810").await, Ok(verified(true, MOST_WRONG_PINS)));
}

#[tokio::test]
async fn a_restarted_line_is_up_after_two_minutes() {
    let (clock, seconds) = moving();
    let operator = DemoOperator::new(Database::temporary().await.unwrap(), clock);
    let fault = async || operator.execute(ask("13800000010", "line_test", Record::new(), None)).await.unwrap().remove("fault").unwrap();
    operator.execute(ask("13800000010", "restart_line", Record::new(), Some("k"))).await.unwrap();
    seconds.store(119, Ordering::SeqCst);
    assert_eq!(fault().await, Value::Text("session_stuck".into()));
    seconds.store(120, Ordering::SeqCst);
    assert_eq!(fault().await, Value::Text("none".into()));
}

#[tokio::test]
async fn a_new_plan_is_the_plan_from_the_first() {
    let (clock, seconds) = moving();
    let operator = DemoOperator::new(Database::temporary().await.unwrap(), clock);
    operator.execute(ask("13800000001", "change_plan", with("plan", Value::Text("enjoy_199".into())), Some("k"))).await.unwrap();
    seconds.store(9 * 24 * 3600, Ordering::SeqCst);
    let plan = operator.execute(ask("13800000001", "plan", Record::new(), None)).await.unwrap();
    assert_eq!(plan.get("plan"), Some(&Value::Text("enjoy_199".into())));
    let last_month = operator.execute(ask("13800000001", "bill", Record::new(), None)).await.unwrap();
    assert_eq!(last_month.get("plan_fee"), Some(&Value::Money(Money(12_900))), "the old plan's months stay its own");
}

/// The answer to a change is lost on the way; the retry under the same key, after a restart of everything, finds it done.
#[tokio::test]
async fn a_lost_answer_is_found_again_and_the_change_is_done_once() {
    let database = Database::temporary().await.unwrap();
    let request = || ask("13800000001", "recharge", with("amount", Value::Money(Money(5_000))), Some("call-1/recharge"));
    let lost = Rule { fault: Fault::AnswerLost, operation: Some("recharge".into()), times: Some(1) };
    let operator = Faulty::new(DemoOperator::new(database.clone(), clock::fixed(contract::now())), vec![lost]);
    assert_eq!(operator.execute(request()).await, Err(Failure::Unavailable));
    let restarted = DemoOperator::new(database, clock::fixed(contract::now().saturating_add(1.hour())));
    let reply = restarted.execute(request()).await.unwrap();
    assert_eq!(reply.get("balance"), Some(&Value::Money(Money(17_850))));
    let balance = restarted.execute(ask("13800000001", "balance", Record::new(), None)).await.unwrap();
    assert_eq!(balance.get("balance"), Some(&Value::Money(Money(17_850))));
}

#[tokio::test]
async fn faults_meet_the_requests_they_are_for() {
    let rule = |operation: &str, times| Rule { fault: Fault::Unavailable, operation: Some(operation.into()), times };
    let operator = Faulty::new(demo().await, vec![rule("bill", Some(1)), rule("usage", None)]);
    let ask = async |operation: &str| operator.execute(ask("13800000001", operation, Record::new(), None)).await.is_ok();
    let met = [ask("bill").await, ask("bill").await, ask("usage").await, ask("usage").await, ask("balance").await];
    assert_eq!(met, [false, true, false, false, true]);
}

#[test]
fn an_outage_never_ends_within_the_hour_or_in_the_past() {
    let account = Account::new(&CUSTOMERS[3], &[]);
    for half_hours in 0..48 {
        let now = contract::now().saturating_add((half_hours * 30).minutes());
        let outage = lines::outage(account.seed.area, None, now).unwrap();
        let (Some(Value::Moment(since)), Some(Value::Moment(ends))) = (outage.get("since"), outage.get("ends")) else { panic!() };
        assert!(*since < now && now.saturating_add(1.hour()) <= *ends, "{now}: {since} to {ends}");
    }
}

#[test]
fn pins_are_kept_as_digests_that_differ_for_the_same_pin() {
    assert_ne!(digest("13800000001", "246810"), digest("13800000002", "246810"));
    assert!(same(&digest("13800000001", "246810"), &digest("13800000001", "246810")));
    assert!(!same(&digest("13800000001", "246810"), &digest("13800000001", "246811")));
}
