//! Answers count once, are kept with their order, and nobody is called for what he said already.

use super::*;
use crate::care::{Draft, Handbook};
use crate::store::{CallBackReason, Database};
use jiff::SignedDuration;
use jiff::civil::date;
use std::sync::Arc;

fn hour(hours: i64) -> DateTime {
    date(2026, 11, 22).at(9, 30, 0, 0).saturating_add(SignedDuration::from_hours(hours))
}

fn customer(n: u32) -> PhoneNumber {
    PhoneNumber::parse(&format!("138{n:08}")).unwrap()
}

async fn house() -> WorkOrders {
    WorkOrders::new(Database::temporary().await.unwrap(), Arc::new(Handbook::built_in()))
}

fn note(at: DateTime) -> Note<'static> {
    Note { at, author: "system", text: "", key: None }
}

/// An order that was worked on and closed at `at`.
async fn closed(orders: &WorkOrders, class: &str, of: u32, at: DateTime) -> String {
    let draft = Draft { class: class.into(), customer: Some(customer(of)), text: "上不了网".into(), ..Draft::default() };
    let number = orders.open(draft, &format!("{class}/{of}/{at}"), at).await.unwrap().number;
    for state in [State::Dispatched, State::InProgress, State::Done, State::Closed] {
        orders.advance(&number, state, note(at)).await.unwrap();
    }
    number
}

fn said(pairs: &[(&str, &str)]) -> Record {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), Value::Text((*text).to_owned()))).collect()
}

/// Orders whose customers are to be called for a score.
async fn to_ask(orders: &WorkOrders) -> Vec<String> {
    let waiting = orders.database.call_backs().waiting(100).await.unwrap();
    waiting.into_iter().filter(|call| call.reason == CallBackReason::Survey).map(|call| call.about).collect()
}

#[tokio::test]
async fn each_answer_counts_once() {
    let orders = house().await;
    let number = customer(1);
    for (key, score) in [("a", "satisfied"), ("a", "satisfied"), ("b", "dissatisfied"), ("c", "satisfied")] {
        let who = Answered { customer: Some(&number), call: "call-1", key, at: hour(0) };
        orders.keep_answer("call", said(&[("score", score)]), who).await.unwrap();
    }
    let surveys = orders.database.surveys();
    let scores = surveys.scores("call", hour(0)).await.unwrap();
    assert_eq!(scores, [("dissatisfied".to_owned(), 1), ("satisfied".to_owned(), 2)]);
    assert_eq!(surveys.scores("call", hour(24)).await.unwrap(), []);
    assert_eq!(surveys.scores("order", hour(0)).await.unwrap(), []);
}

#[tokio::test]
async fn a_score_and_what_is_said_to_it_are_one_answer_and_stand_with_the_order() {
    let orders = house().await;
    let number = closed(&orders, "broadband_fault", 1, hour(0)).await;
    let who = |key| Answered { customer: None, call: "call-7", key, at: hour(30) };
    let score = [("score", "satisfied"), ("number", number.as_str())];
    for _ in 0..2 {
        orders.keep_answer(SURVEY, said(&score), who("k1")).await.unwrap();
        let with_comment = [score[0], score[1], ("comment", "师傅很快，他的电话是13800000009")];
        orders.keep_answer(SURVEY, said(&with_comment), who("k2")).await.unwrap();
    }
    let answers = orders.answers(&number).await.unwrap();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!((answers[0].score.as_str(), answers[0].call.as_str()), ("satisfied", "call-7"));
    assert_eq!(answers[0].details, said(&[("comment", "师傅很快，他的电话是138****0009")]), "masked");
    let history = orders.history(&number).await.unwrap();
    assert_eq!(history.iter().filter(|line| line.author == "caller" && line.text.contains("师傅很快")).count(), 1, "{history:?}");
    assert!(orders.attachments(&number).await.unwrap().contains(&("call".to_owned(), "call-7".to_owned())));
    let theirs = said(&[("score", "neutral"), ("number", "77")]);
    orders.keep_answer(SURVEY, theirs, who("k3")).await.unwrap();
    assert_eq!(orders.answers("77").await.unwrap().len(), 1, "an order of the operator's has an answer too");
}

#[tokio::test]
async fn who_has_a_closed_order_is_asked_for_a_score_once_a_week() {
    let orders = house().await;
    let first = closed(&orders, "broadband_fault", 1, hour(0)).await;
    closed(&orders, "broadband_fault", 1, hour(72)).await;
    closed(&orders, "invoice", 2, hour(0)).await;
    closed(&orders, "complaint", 3, hour(0)).await;
    assert_eq!(to_ask(&orders).await, [first], "not twice a week, not for every class, not beside the call with the result");
    let later = closed(&orders, "broadband_fault", 1, hour(8 * 24)).await;
    assert_eq!(to_ask(&orders).await.last(), Some(&later));
}

#[tokio::test]
async fn who_withdrew_it_is_not_asked() {
    let orders = house().await;
    let draft = Draft { class: "broadband_fault".into(), customer: Some(customer(1)), ..Draft::default() };
    let number = orders.open(draft, "k", hour(0)).await.unwrap().number;
    orders.advance(&number, State::Closed, note(hour(1))).await.unwrap();
    assert!(to_ask(&orders).await.is_empty());
}

#[tokio::test]
async fn who_answered_or_had_it_opened_again_is_not_called_for_it() {
    let orders = house().await;
    let (by_text, unsettled) = (closed(&orders, "broadband_fault", 1, hour(0)).await, closed(&orders, "broadband_fault", 2, hour(0)).await);
    assert_eq!(to_ask(&orders).await.len(), 2);
    let verdict = Verdict { satisfied: true, comment: "", call: "", key: "v1", at: hour(1) };
    orders.judge(&by_text, verdict).await.unwrap();
    assert_eq!(to_ask(&orders).await.as_slice(), std::slice::from_ref(&unsettled), "he has answered");
    orders.advance(&unsettled, State::Reopened, note(hour(2))).await.unwrap();
    assert!(to_ask(&orders).await.is_empty(), "it is worked on");
    for state in [State::Dispatched, State::InProgress, State::Done, State::Closed] {
        orders.advance(&unsettled, state, note(hour(3))).await.unwrap();
    }
    assert_eq!(to_ask(&orders).await, [unsettled], "now it is closed");
}

#[tokio::test]
async fn who_is_not_satisfied_has_it_opened_again_and_says_why_in_one_answer() {
    let orders = house().await;
    let number = closed(&orders, "network_fault", 1, hour(0)).await;
    let draft = Draft { class: "callback".into(), call_id: Some("call-9".into()), text: "不满意".into(), ..Draft::default() };
    let who = |key| Answered { customer: None, call: "call-9", key, at: hour(1) };
    let score = [("score", "dissatisfied"), ("number", number.as_str())];
    orders.keep_answer(SURVEY, said(&score), who("k1")).await.unwrap();
    assert_eq!(orders.take_up(&number, draft, "k2", hour(1)).await.unwrap().state, State::Reopened);
    orders.keep_answer(SURVEY, said(&[score[0], score[1], ("comment", "晚上又断了")]), who("k3")).await.unwrap();
    let answers = orders.answers(&number).await.unwrap();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(answers[0].details, said(&[("comment", "晚上又断了")]));
    let history = orders.history(&number).await.unwrap();
    assert_eq!(history.last().map(|line| line.text.as_str()), Some("晚上又断了"));
}
