//! What holds for any operator that serves the demo's customers, embedded or over HTTP: one function, run against each.
//!
//! The operator must be fresh (nothing changed yet) and its clock must stand at [`now`].

mod account;
mod appointments;

use super::{Failure, OPERATIONS, Operator, Request};
use crate::text::date::Month;
use crate::text::{Digits, Money, PhoneNumber, Record, Value};
use jiff::civil::{DateTime, date};

/// The moment at which the operator under test believes to be.
pub(crate) fn now() -> DateTime {
    date(2026, 11, 22).at(10, 30, 0, 0)
}

/// Runs every clause.
pub(crate) async fn holds(operator: &dyn Operator) {
    every_look_up_gives_what_the_table_says(operator).await;
    strangers_are_not_found(operator).await;
    wrong_requests_are_faults(operator).await;
    bills_are_kept_for_six_months(operator).await;
    a_loss_report_is_done_once(operator).await;
    a_restart_clears_a_hanging_session_only(operator).await;
    money_is_paid_in_once(operator).await;
    a_new_plan_begins_next_month(operator).await;
    account::holds(operator).await;
    appointments::holds(operator).await;
    three_wrong_pins_lock(operator).await;
    a_reset_lifts_the_lock(operator).await;
}

pub(crate) fn ask(customer: &str, operation: &str, arguments: Record, key: Option<&str>) -> Request {
    Request {
        customer: PhoneNumber::parse(customer).unwrap(),
        operation: operation.to_owned(),
        arguments,
        idempotency_key: key.map(str::to_owned),
    }
}

pub(crate) fn with(name: &str, value: Value) -> Record {
    Record::from([(name.to_owned(), value)])
}

async fn look_up(operator: &dyn Operator, customer: &str, operation: &str) -> Result<Record, Failure> {
    operator.execute(ask(customer, operation, Record::new(), None)).await
}

async fn change(operator: &dyn Operator, customer: &str, operation: &str, arguments: Record, key: &str) -> Result<Record, Failure> {
    operator.execute(ask(customer, operation, arguments, Some(key))).await
}

#[track_caller]
fn refused(result: Result<Record, Failure>, reason: &str) {
    assert_eq!(result, Err(Failure::Refused(reason.to_owned())));
}

fn money(record: &Record, name: &str) -> i64 {
    match record.get(name) {
        Some(Value::Money(money)) => money.0,
        other => panic!("{name} is {other:?}"),
    }
}

async fn every_look_up_gives_what_the_table_says(operator: &dyn Operator) {
    let mut answered = std::collections::BTreeSet::new();
    for operation in OPERATIONS.iter().filter(|operation| !operation.changes && operation.needs.is_empty()) {
        for n in 1..=12 {
            match look_up(operator, &format!("138000000{n:02}"), operation.name).await {
                Ok(reply) => {
                    let mut gives = operation.gives.to_vec();
                    gives.sort_unstable();
                    assert_eq!(reply.keys().map(String::as_str).collect::<Vec<_>>(), gives, "{} of customer {n}", operation.name);
                    answered.insert(operation.name);
                }
                Err(Failure::Refused(reason)) => assert!(operation.refuses.contains(&reason.as_str()), "{}: {reason}", operation.name),
                Err(Failure::NotFound) => assert_eq!(operation.name, "outage"),
                Err(other) => panic!("{}: {other}", operation.name),
            }
        }
    }
    let look_ups = OPERATIONS.iter().filter(|operation| !operation.changes && operation.needs.is_empty());
    assert_eq!(answered.len(), look_ups.count(), "every look-up has a customer that it answers");
}

async fn strangers_are_not_found(operator: &dyn Operator) {
    for operation in OPERATIONS.iter().filter(|operation| operation.needs.is_empty()) {
        let key = operation.changes.then_some("stranger");
        let result = operator.execute(ask("13900000099", operation.name, Record::new(), key)).await;
        assert_eq!(result, Err(Failure::NotFound), "{}", operation.name);
    }
}

async fn wrong_requests_are_faults(operator: &dyn Operator) {
    let customer = "13800000001";
    for request in [
        ask(customer, "make_coffee", Record::new(), None),
        ask(customer, "report_loss", Record::new(), None),
        ask(customer, "verify_pin", Record::new(), None),
        ask(customer, "verify_pin", with("pin", Value::Text("246810".into())), None),
        ask(customer, "bill", with("month", Value::Number(9)), None),
        ask(customer, "bill", with("mnth", Value::Number(9)), None),
        ask(customer, "recharge", with("amount", Value::Number(50)), Some("wrong type")),
    ] {
        let shown = format!("{request:?}");
        assert!(matches!(operator.execute(request).await, Err(Failure::Bad(_))), "{shown}");
    }
}

async fn bills_are_kept_for_six_months(operator: &dyn Operator) {
    let customer = "13800000001";
    let bill = |month: i8, year: i16| operator.execute(ask(customer, "bill", with("month", Value::Month(Month { year, month })), None));
    let last = look_up(operator, customer, "bill").await.unwrap();
    assert_eq!(last, bill(10, 2026).await.unwrap(), "without a month it is the last one");
    assert_eq!(last, bill(10, 2026).await.unwrap(), "the same whenever it is asked");
    for month in 5..=10 {
        let bill = bill(month, 2026).await.unwrap();
        let Some(Value::List(items)) = bill.get("items") else { panic!("no items") };
        let sum: i64 = items
            .iter()
            .map(|item| match item {
                Value::Record(item) => money(item, "amount"),
                other => panic!("{other:?}"),
            })
            .sum();
        assert_eq!(sum, money(&bill, "total"), "month {month}");
        assert_eq!(money(&bill, "plan_fee") + money(&bill, "extra"), money(&bill, "total"));
        assert_eq!(bill.get("closed"), Some(&Value::Flag(true)));
    }
    assert_eq!(bill(11, 2026).await.unwrap().get("closed"), Some(&Value::Flag(false)));
    for (month, year) in [(4, 2026), (12, 2026), (10, 2025)] {
        assert_eq!(bill(month, year).await, Err(Failure::NotFound), "{year}-{month}");
    }
    let no_month = bill(13, 2026).await;
    assert!(matches!(no_month, Err(Failure::NotFound | Failure::Bad(_))), "{no_month:?}");
}

async fn a_loss_report_is_done_once(operator: &dyn Operator) {
    let customer = "13800000002";
    let lost = |record: Record| record.get("lost").cloned();
    let none = Record::new;
    refused(change(operator, customer, "release_loss", none(), "early").await, "not_lost");
    let first = change(operator, customer, "report_loss", none(), "loss-1").await.unwrap();
    assert_eq!(change(operator, customer, "report_loss", none(), "loss-1").await, Ok(first));
    refused(change(operator, customer, "report_loss", none(), "loss-2").await, "already_lost");
    assert_eq!(lost(look_up(operator, customer, "customer").await.unwrap()), Some(Value::Flag(true)));
    let other_customer = change(operator, "13800000001", "report_loss", none(), "loss-1").await;
    assert!(matches!(other_customer, Err(Failure::Bad(_))), "a key is not shared: {other_customer:?}");
    change(operator, customer, "release_loss", none(), "loss-3").await.unwrap();
    assert_eq!(lost(look_up(operator, customer, "customer").await.unwrap()), Some(Value::Flag(false)));
    change(operator, customer, "report_loss", none(), "loss-2").await.expect("a refusal leaves the key free");
    refused(change(operator, "13800000009", "report_loss", none(), "loss-9").await, "already_lost");
}

async fn a_restart_clears_a_hanging_session_only(operator: &dyn Operator) {
    let fault = |record: Record| record.get("fault").cloned();
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    assert_eq!(fault(look_up(operator, "13800000010", "line_test").await.unwrap()), text("session_stuck"));
    assert_eq!(fault(look_up(operator, "13800000002", "line_test").await.unwrap()), text("no_signal"));
    assert_eq!(fault(look_up(operator, "13800000004", "line_test").await.unwrap()), text("outage"));
    refused(look_up(operator, "13800000003", "line_test").await, "no_broadband");
    refused(change(operator, "13800000003", "restart_line", Record::new(), "r-3").await, "no_broadband");
    refused(change(operator, "13800000004", "restart_line", Record::new(), "r-4").await, "outage");
    let restarted = change(operator, "13800000010", "restart_line", Record::new(), "r-10").await.unwrap();
    let Some(Value::Moment(ready)) = restarted.get("ready") else { panic!("{restarted:?}") };
    assert!(*ready > now());
}

async fn money_is_paid_in_once(operator: &dyn Operator) {
    let customer = "13800000003";
    let before = money(&look_up(operator, customer, "balance").await.unwrap(), "balance");
    let fifty = || with("amount", Value::Money(Money(5_000)));
    for _again in 0..3 {
        let reply = change(operator, customer, "recharge", fifty(), "pay-1").await.unwrap();
        assert_eq!(money(&reply, "balance"), before + 5_000);
    }
    assert_eq!(money(&look_up(operator, customer, "balance").await.unwrap(), "balance"), before + 5_000);
    let record = look_up(operator, customer, "recharge_record").await.unwrap();
    assert_eq!((money(&record, "last_amount"), record.get("last_day")), (5_000, Some(&Value::Day(now().date()))));
    let more = with("amount", Value::Money(Money(6_000)));
    assert!(matches!(change(operator, customer, "recharge", more, "pay-1").await, Err(Failure::Bad(_))), "one key, two amounts");
    for fen in [0, -500, 50_001] {
        refused(change(operator, customer, "recharge", with("amount", Value::Money(Money(fen))), "pay-2").await, "amount_out_of_range");
    }
}

async fn a_new_plan_begins_next_month(operator: &dyn Operator) {
    let plan = |code: &str| with("plan", Value::Text(code.to_owned()));
    let reply = change(operator, "13800000001", "change_plan", plan("enjoy_199"), "plan-1").await.unwrap();
    assert_eq!(reply.get("begins"), Some(&Value::Day(date(2026, 12, 1))));
    let present = look_up(operator, "13800000001", "plan").await.unwrap();
    assert_eq!(present.get("plan"), Some(&Value::Text("enjoy_129".into())));
    assert_eq!(present.get("next_name"), reply.get("name"));
    refused(change(operator, "13800000001", "change_plan", plan("enjoy_199"), "plan-2").await, "same_plan");
    refused(change(operator, "13800000001", "change_plan", plan("gold_mine"), "plan-3").await, "unknown_plan");
    refused(change(operator, "13800000006", "change_plan", plan("enjoy_99"), "plan-4").await, "in_arrears");
}

async fn three_wrong_pins_lock(operator: &dyn Operator) {
    let try_pin = |customer: &'static str, pin: &str| {
        operator.execute(ask(customer, "verify_pin", with("pin", Value::Digits(Digits::parse(pin).unwrap())), None))
    };
    let left = |result: Result<Record, Failure>| match result.unwrap().get("attempts_left") {
        Some(Value::Number(left)) => *left,
        other => panic!("{other:?}"),
    };
    assert_eq!(try_pin("13800000001", "246810").await.unwrap().get("verified"), Some(&Value::Flag(true)));
    assert_eq!(left(try_pin("13800000002", "000000").await), 2);
    assert_eq!(left(try_pin("13800000002", "246810").await), 1);
    assert_eq!(left(try_pin("13800000002", "135792").await), 3, "a right one forgives the wrong ones");
    assert_eq!(left(try_pin("13800000002", "1").await), 2);
    assert_eq!(left(try_pin("13800000002", "2").await), 1);
    refused(try_pin("13800000002", "3").await, "locked");
    refused(try_pin("13800000002", "135792").await, "locked");
    assert_eq!(left(try_pin("13800000001", "1").await), 2, "others are not locked");
}

async fn a_reset_lifts_the_lock(operator: &dyn Operator) {
    let customer = "13800000012";
    let prove = |operation: &'static str, name: &'static str, secret: &str| {
        operator.execute(ask(customer, operation, with(name, Value::Digits(Digits::parse(secret).unwrap())), None))
    };
    assert_eq!(prove("verify_id", "id_digits", "0925").await.unwrap().get("verified"), Some(&Value::Flag(true)));
    assert_eq!(prove("verify_id", "id_digits", "0926").await.unwrap().get("attempts_left"), Some(&Value::Number(2)));
    assert_eq!(prove("verify_pin", "pin", "1").await.unwrap().get("attempts_left"), Some(&Value::Number(1)), "both count together");
    refused(prove("verify_id", "id_digits", "0000").await, "locked");
    refused(prove("verify_pin", "pin", "845296").await, "locked");
    let reset = change(operator, customer, "reset_password", Record::new(), "reset-12").await.unwrap();
    let Some(Value::Moment(until)) = reset.get("until") else { panic!("{reset:?}") };
    assert!(*until > now());
    assert_eq!(prove("verify_pin", "pin", "845296").await.unwrap().get("verified"), Some(&Value::Flag(true)), "the initial PIN again");
    refused(change(operator, "13800000009", "reset_password", Record::new(), "reset-9").await, "lost");
}
