//! Clauses about places and times: appointments, and what is wrong where.

use super::{Failure, Operator, Record, Value, change, look_up, now, refused, with};
use crate::business::contract::ask;
use jiff::ToSpan;
use jiff::civil::DateTime;

pub(super) async fn holds(operator: &dyn Operator) {
    an_appointment_is_one_that_was_offered(operator, "sim_slots", "book_sim", "13800000005").await;
    an_appointment_is_one_that_was_offered(operator, "visit_slots", "book_visit", "13800000007").await;
    refused(look_up(operator, "13800000003", "visit_slots").await, "no_broadband");
    masts_are_tested_by_place(operator).await;
}

fn moment(record: &Record, name: &str) -> DateTime {
    match record.get(name) {
        Some(Value::Moment(moment)) => *moment,
        other => panic!("{name} is {other:?}"),
    }
}

async fn an_appointment_is_one_that_was_offered(operator: &dyn Operator, look: &str, book: &str, customer: &str) {
    let offered = look_up(operator, customer, look).await.unwrap();
    let Some(Value::List(slots)) = offered.get("slots") else { panic!("{offered:?}") };
    let times: Vec<DateTime> = slots
        .iter()
        .map(|slot| match slot {
            Value::Record(slot) => moment(slot, "at"),
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(times.is_sorted() && times.first() == Some(&moment(&offered, "at")) && times.iter().all(|at| *at > now()));
    let on = async |ahead: i64| {
        let day = now().date().saturating_add(ahead.days());
        operator.execute(ask(customer, look, with("day", Value::Day(day)), None)).await
    };
    let later = on(3).await.unwrap();
    assert_eq!(moment(&later, "at").date(), now().date().saturating_add(3.days()));
    assert_eq!((on(-1).await, on(60).await), (Err(Failure::NotFound), Err(Failure::NotFound)));
    let at = |at: DateTime| with("at", Value::Moment(at));
    let night = moment(&later, "at").with().hour(3).build().unwrap();
    refused(change(operator, customer, book, at(night), &format!("{book}-0")).await, "no_slot");
    refused(change(operator, customer, book, at(now().saturating_sub(7.days())), &format!("{book}-1")).await, "no_slot");
    let before = look_up(operator, customer, "orders").await.unwrap();
    let booked = change(operator, customer, book, at(moment(&later, "at")), &format!("{book}-2")).await.unwrap();
    assert_eq!(booked.get("at"), later.get("at"));
    assert_eq!(change(operator, customer, book, at(moment(&later, "at")), &format!("{book}-2")).await, Ok(booked));
    refused(change(operator, customer, book, at(moment(&offered, "at")), &format!("{book}-3")).await, "already_booked");
    refused(look_up(operator, customer, look).await, "already_booked");
    let after = look_up(operator, customer, "orders").await.unwrap();
    let count = |record: &Record| match record.get("count") {
        Some(Value::Number(count)) => *count,
        other => panic!("{other:?}"),
    };
    assert_eq!(count(&after), count(&before) + 1, "an appointment can be followed");
}

async fn masts_are_tested_by_place(operator: &dyn Operator) {
    let test =
        async |place: &str| operator.execute(ask("13800000001", "network_test", with("place", Value::Text(place.into())), None)).await;
    let fault = |record: Result<Record, Failure>| record.unwrap().remove("fault");
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    assert_eq!(fault(test("城南汽车站附近").await), text("outage"));
    assert_eq!(fault(test("near the South station").await), text("outage"));
    assert_eq!(
        fault(test("我家里").await),
        fault(look_up(operator, "13800000001", "network_test").await),
        "at home is the customer's area"
    );
    assert_eq!(test("月亮背面").await, Err(Failure::NotFound));
    let outage = |place: &str| {
        let arguments = Record::from([("kind".to_owned(), Value::Text("mobile".into())), ("place".to_owned(), Value::Text(place.into()))]);
        operator.execute(ask("13800000001", "outage", arguments, None))
    };
    assert_eq!(outage("城南").await.unwrap().get("area_en"), text("South Town").as_ref());
    assert_eq!(outage("城东").await, Err(Failure::NotFound));
    assert_eq!(outage("月亮背面").await, Err(Failure::NotFound));
}
