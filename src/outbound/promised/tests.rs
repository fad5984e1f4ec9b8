//! Promises become calls, each once.

use super::*;
use crate::care::{Draft, Handbook, State as OrderState, WorkOrders};
use crate::store::{Checks, Ended, Found, NewCall, Note};
use crate::text::{PhoneNumber, Value};
use jiff::SignedDuration;
use jiff::civil::DateTime;
use std::sync::Arc;

fn zone() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap()
}

fn now() -> Timestamp {
    "2026-11-23T10:00+08".parse().unwrap()
}

fn local() -> DateTime {
    now().to_zoned(zone()).datetime()
}

fn number(n: usize) -> PhoneNumber {
    PhoneNumber::parse(&format!("139{n:08}")).unwrap()
}

async fn promised(database: &Database, n: usize, call: &str) {
    let opened = NewCall { id: call, edition: "e", caller: Some(&number(n)), lang: Lang::Zh, opened: local(), is_test: false };
    database.calls().open(opened).await.unwrap();
    for _ in 0..2 {
        database.call_backs().keep(&format!("{call}/queue"), &number(n), call, Lang::Zh, local()).await.unwrap();
    }
}

/// Dials whoever waits for a promise of this campaign, with this outcome; who and what he is told.
async fn dial(database: &Database, campaign: &str, outcome: &str, state: &str, now: Timestamp) -> Option<(PhoneNumber, String)> {
    let id = campaign::find(database, campaign).await.unwrap().id;
    let attempts = database.contact_attempts();
    match attempts.begin(id, &Checks { regions: &[String::new()], caps: &[] }, now).await.unwrap() {
        Found::Begun(begun) => {
            let next = (state == "waiting").then_some(now);
            attempts.end(begun.attempt, Ended { outcome, state, next, answered_by: None }, now).await.unwrap();
            Some((begun.to, begun.variables))
        }
        _ => None,
    }
}

#[tokio::test]
async fn who_did_not_want_to_wait_is_called_once_for_each_promise() {
    let database = Database::temporary().await.unwrap();
    database.triggered().keep_standing(&CAMPAIGNS).await.unwrap();
    let [queue, ..] = CAMPAIGNS;
    for (n, call) in [(1, "call-1"), (2, "call-2"), (1, "call-3")] {
        promised(&database, n, call).await;
    }
    for _ in 0..3 {
        round(&database, &zone(), now()).await.unwrap();
    }
    assert_eq!(dial(&database, queue, "no_answer", "given_up", now()).await.unwrap().0, number(1));
    assert_eq!(dial(&database, queue, "busy", "waiting", now()).await.unwrap().0, number(2));
    round(&database, &zone(), now() + SignedDuration::from_secs(1)).await.unwrap();
    assert_eq!(database.call_backs().waiting(9).await.unwrap().len(), 2, "who was busy is called again; the other has another promise");
    assert_eq!(dial(&database, queue, "transferred", "done", now()).await.unwrap().0, number(2));
    assert_eq!(dial(&database, queue, "transferred", "done", now()).await, None);
    round(&database, &zone(), now()).await.unwrap();
    let soon = now() + SignedDuration::from_secs(2);
    assert_eq!(dial(&database, queue, "transferred", "done", soon).await.unwrap().0, number(1), "for the second promise");
    for hours in 1..4 {
        let later = now() + SignedDuration::from_hours(hours);
        round(&database, &zone(), later).await.unwrap();
        assert_eq!(dial(&database, queue, "transferred", "done", later).await, None);
    }
    assert!(database.call_backs().waiting(9).await.unwrap().is_empty());
    for (call, outcome) in [("call-1", "no_answer"), ("call-2", "transferred"), ("call-3", "transferred")] {
        let record = database.calls().find(call).await.unwrap().unwrap();
        let told: Vec<_> = record.events.iter().map(|event| (event.kind.as_str(), event.detail.get("outcome"))).collect();
        assert_eq!(told, [("called_back", Some(&Value::Text(outcome.to_owned())))], "{call}");
    }
}

#[tokio::test]
async fn a_result_is_called_about_and_the_order_says_so() {
    let database = Database::temporary().await.unwrap();
    let [_, result, _] = CAMPAIGNS;
    let orders = WorkOrders::new(database.clone(), Arc::new(Handbook::built_in()));
    let draft =
        |n: usize| Draft { class: "complaint".into(), customer: Some(number(n)), text: "多扣了话费".into(), ..Draft::default() };
    let mut opened = Vec::new();
    for (n, key) in [(1, "a"), (1, "b")] {
        let order = orders.open(Draft { call_id: Some(key.into()), ..draft(n) }, key, local()).await.unwrap().number;
        for state in [OrderState::Dispatched, OrderState::InProgress, OrderState::Done] {
            orders.advance(&order, state, Note { at: local(), author: "system", text: "", key: None }).await.unwrap();
        }
        opened.push(order);
    }
    for (order, outcome, says) in [(&opened[0], "confirmed", "called back and told"), (&opened[1], "no_answer", "not told (no_answer)")] {
        round(&database, &zone(), now()).await.unwrap();
        let (to, variables) = dial(&database, result, outcome, "done", now()).await.unwrap();
        assert_eq!(to, number(1));
        assert!(variables.contains(order.as_str()), "{variables}");
        assert_eq!(dial(&database, result, outcome, "done", now()).await, None, "one after the other");
        round(&database, &zone(), now()).await.unwrap();
        let history = database.work_orders().history(order).await.unwrap();
        assert_eq!(history.iter().filter(|row| row.text.contains(says)).count(), 1, "{history:?}");
    }
}

#[tokio::test]
async fn a_campaign_that_has_promises_is_cancelled_knowingly_and_they_are_given_up_aloud() {
    let database = Database::temporary().await.unwrap();
    for (n, call) in [(1, "call-1"), (1, "call-2")] {
        promised(&database, n, call).await;
    }
    round(&database, &zone(), now()).await.unwrap();
    let [queue, ..] = CAMPAIGNS;
    let row = campaign::find(&database, queue).await.unwrap();
    let signed = Signed { author: "limin", at: now(), key: None };
    for confirmed in [0, 1] {
        let error = cancel(&database, &row, confirmed, signed).await.unwrap_err();
        assert!(matches!(error, CampaignError::Promised(2)), "one is taken up, and one waits for it: {error}");
    }
    assert_eq!(database.call_backs().waiting(9).await.unwrap().len(), 2);
    assert_eq!(cancel(&database, &row, 2, signed).await.unwrap(), State::Cancelled);
    promised(&database, 2, "call-3").await;
    round(&database, &zone(), now()).await.unwrap();
    assert_eq!(dial(&database, queue, "transferred", "done", now()).await, None);
    assert!(database.call_backs().waiting(9).await.unwrap().is_empty(), "nor does a later promise wait for nobody");
    for call in ["call-1", "call-2", "call-3"] {
        let record = database.calls().find(call).await.unwrap().unwrap();
        let told: Vec<_> = record.events.iter().map(|event| (event.kind.as_str(), event.detail.get("outcome"))).collect();
        assert_eq!(told, [("called_back", Some(&Value::Text("cancelled".to_owned())))], "{call}");
    }
    // A campaign that promised nothing is cancelled as before.
    let id = campaign::create(&database, &NewCampaign { name: "other".into(), ..row.is.clone() }, signed).await.unwrap();
    let other = database.campaigns().get(id).await.unwrap().unwrap();
    assert_eq!(cancel(&database, &other, 0, signed).await.unwrap(), State::Cancelled);
}

/// An order of a class that is asked about once it is closed.
async fn closed(orders: &WorkOrders, n: usize) -> String {
    let draft = Draft { class: "broadband_fault".into(), customer: Some(number(n)), ..Draft::default() };
    let order = orders.open(draft, &format!("closed/{n}"), local()).await.unwrap().number;
    for state in [OrderState::Dispatched, OrderState::InProgress, OrderState::Done, OrderState::Closed] {
        orders.advance(&order, state, Note { at: local(), author: "system", text: "", key: None }).await.unwrap();
    }
    order
}

#[tokio::test]
async fn who_had_an_order_closed_is_asked_for_a_score_under_the_rules_of_all_calls() {
    let database = Database::temporary().await.unwrap();
    database.triggered().keep_standing(&CAMPAIGNS).await.unwrap();
    let [.., survey] = CAMPAIGNS;
    let orders = WorkOrders::new(database.clone(), Arc::new(Handbook::built_in()));
    let mut asked = Vec::new();
    for n in 1..=4 {
        asked.push(closed(&orders, n).await);
    }
    let refusal = crate::store::Refusal { campaign: None, reason: "spoken", author: "service", at: now() };
    database.do_not_call().add(&number(1), refusal).await.unwrap();
    round(&database, &zone(), now()).await.unwrap();
    // Who says by another way how it was, or has it opened again, is not called any more, though he waits in the campaign already.
    orders.advance(&asked[1], OrderState::Reopened, Note { at: local(), author: "system", text: "", key: None }).await.unwrap();
    let (to, variables) = dial(&database, survey, "confirmed", "done", now()).await.unwrap();
    assert_eq!((to, variables.contains(&asked[2])), (number(3), true), "{variables}");
    assert_eq!(dial(&database, survey, "no_answer", "given_up", now()).await.unwrap().0, number(4));
    assert_eq!(dial(&database, survey, "confirmed", "done", now()).await, None);
    round(&database, &zone(), now()).await.unwrap();
    assert!(database.call_backs().waiting(9).await.unwrap().is_empty());
    for (order, says) in asked.iter().zip(["(do_not_call)", "(withdrawn)", "asked for a score", "(no_answer)"]) {
        let history = database.work_orders().history(order).await.unwrap();
        assert_eq!(history.iter().filter(|row| row.text.contains(says)).count(), 1, "{order} {says}: {history:?}");
    }
    let row = campaign::find(&database, survey).await.unwrap();
    assert_eq!((row.is.flow.as_str(), row.is.most_attempts), ("order_closed", 2));
}
