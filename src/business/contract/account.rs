//! Clauses about what a customer has and pays: plans, packs, services, roaming, invoices, the end of the contract.

use super::{Failure, Operator, Record, Value, change, look_up, money, now, refused, with};
use crate::business::contract::ask;
use crate::text::date::Month;
use jiff::civil::date;

pub(super) async fn holds(operator: &dyn Operator) {
    a_plan_is_compared_before_it_is_chosen(operator).await;
    a_recommendation_is_a_plan_that_can_be_had(operator).await;
    a_pack_is_paid_once_and_gives_its_data(operator).await;
    a_service_is_ended_once(operator).await;
    roaming_is_on_or_off(operator).await;
    an_invoice_is_asked_for_once(operator).await;
    an_account_is_closed_by_request_only(operator).await;
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

async fn ask_with(operator: &dyn Operator, customer: &str, operation: &str, arguments: Record) -> Result<Record, Failure> {
    operator.execute(ask(customer, operation, arguments, None)).await
}

async fn a_plan_is_compared_before_it_is_chosen(operator: &dyn Operator) {
    let offer = async |customer, code| ask_with(operator, customer, "plan_offer", with("plan", text(code))).await;
    let dearer = offer("13800000008", "enjoy_129").await.unwrap();
    assert_eq!((dearer.get("dearer"), dearer.get("cheaper")), (Some(&Value::Flag(true)), Some(&Value::Flag(false))));
    assert_eq!(money(&dearer, "fee") - money(&dearer, "present_fee"), money(&dearer, "difference"));
    let cheaper = offer("13800000008", "enjoy_59").await.unwrap();
    assert_eq!(money(&cheaper, "present_fee") - money(&cheaper, "fee"), money(&cheaper, "difference"));
    assert_eq!(cheaper.get("begins"), Some(&Value::Day(date(2026, 12, 1))));
    refused(offer("13800000008", "enjoy_99").await, "same_plan");
    refused(offer("13800000008", "gold_mine").await, "unknown_plan");
    refused(offer("13800000006", "enjoy_99").await, "in_arrears");
}

async fn a_recommendation_is_a_plan_that_can_be_had(operator: &dyn Operator) {
    let mut reasons = std::collections::BTreeSet::new();
    for n in [3, 4, 5, 7, 8, 11, 12] {
        let customer = format!("138000000{n:02}");
        let found = look_up(operator, &customer, "recommendation").await.unwrap();
        let Some(Value::Text(plan)) = found.get("plan") else { panic!("{found:?}") };
        let Some(Value::Text(why)) = found.get("why") else { panic!("{found:?}") };
        reasons.insert(why.clone());
        let offer = ask_with(operator, &customer, "plan_offer", with("plan", text(plan))).await;
        match found.get("better") {
            Some(Value::Flag(true)) => assert_eq!(offer.unwrap().get("difference"), found.get("difference")),
            _ => refused(offer, "same_plan"),
        }
    }
    assert!(reasons.len() >= 2, "{reasons:?}");
    refused(look_up(operator, "13800000006", "recommendation").await, "in_arrears");
}

fn volume(record: &Record, name: &str) -> u64 {
    match record.get(name) {
        Some(Value::Volume(megabytes)) => *megabytes,
        other => panic!("{name} is {other:?}"),
    }
}

async fn a_pack_is_paid_once_and_gives_its_data(operator: &dyn Operator) {
    let customer = "13800000011";
    let offer = ask_with(operator, customer, "pack_offer", with("volume", Value::Volume(3 * 1024))).await.unwrap();
    assert_eq!(offer.get("pack"), Some(&text("pack_5")), "the smallest that holds three gigabytes");
    let largest = ask_with(operator, customer, "pack_offer", with("volume", Value::Volume(900 * 1024))).await.unwrap();
    assert_eq!(largest.get("pack"), Some(&text("pack_20")));
    let (before, left) = (look_up(operator, customer, "balance").await.unwrap(), look_up(operator, customer, "usage").await.unwrap());
    for _again in 0..3 {
        let bought = change(operator, customer, "buy_data", with("pack", text("pack_5")), "pack-1").await.unwrap();
        assert_eq!(money(&bought, "balance"), money(&before, "balance") - money(&bought, "price"));
        assert_eq!((bought.get("price"), bought.get("ends")), (offer.get("price"), offer.get("ends")));
    }
    let after = look_up(operator, customer, "usage").await.unwrap();
    assert_eq!(volume(&after, "data_left"), volume(&left, "data_left") + 5 * 1024);
    assert_eq!(volume(&after, "data_total") - volume(&after, "data_used"), volume(&after, "data_left"));
    refused(change(operator, customer, "buy_data", with("pack", text("pack_99")), "pack-2").await, "unknown_pack");
    refused(change(operator, "13800000006", "buy_data", with("pack", text("pack_1")), "pack-3").await, "in_arrears");
    refused(change(operator, customer, "buy_data", with("pack", text("pack_20")), "pack-4").await, "balance_too_low");
}

async fn a_service_is_ended_once(operator: &dyn Operator) {
    let customer = "13800000001";
    let named = async |code| ask_with(operator, customer, "service", with("service", text(code))).await;
    let before = look_up(operator, customer, "services").await.unwrap();
    let ending = named("video").await.unwrap();
    assert_eq!((money(&ending, "fee"), ending.get("ends")), (1_500, Some(&Value::Day(date(2026, 12, 1)))));
    let ended = change(operator, customer, "cancel_service", with("service", text("video")), "end-1").await.unwrap();
    assert_eq!(change(operator, customer, "cancel_service", with("service", text("video")), "end-1").await.as_ref(), Ok(&ended));
    refused(named("video").await, "not_subscribed");
    refused(change(operator, customer, "cancel_service", with("service", text("video")), "end-2").await, "not_subscribed");
    let count = |record: &Record, name: &str| match record.get(name) {
        Some(Value::Number(count)) => *count,
        other => panic!("{other:?}"),
    };
    let after = look_up(operator, customer, "services").await.unwrap();
    assert_eq!((count(&after, "count"), count(&after, "chargeable")), (count(&before, "count") - 1, count(&before, "chargeable") - 1));
    refused(named("broadband").await, "cannot_cancel");
    let in_contract = change(operator, "13800000004", "cancel_service", with("service", text("broadband")), "end-3").await;
    refused(in_contract, "in_contract");
}

async fn roaming_is_on_or_off(operator: &dyn Operator) {
    let customer = "13800000008";
    let active = async || look_up(operator, customer, "roaming").await.unwrap().remove("active");
    assert_eq!(active().await, Some(Value::Flag(false)));
    refused(change(operator, customer, "roaming_off", Record::new(), "roam-0").await, "already_off");
    change(operator, customer, "roaming_on", Record::new(), "roam-1").await.unwrap();
    assert_eq!(active().await, Some(Value::Flag(true)));
    refused(change(operator, customer, "roaming_on", Record::new(), "roam-2").await, "already_on");
    change(operator, customer, "roaming_off", Record::new(), "roam-3").await.unwrap();
    assert_eq!(active().await, Some(Value::Flag(false)));
    change(operator, customer, "roaming_on", Record::new(), "roam-1").await.expect("the same answer as before");
    assert_eq!(active().await, Some(Value::Flag(false)), "an old key changes nothing again");
    refused(change(operator, "13800000006", "roaming_on", Record::new(), "roam-4").await, "in_arrears");
    refused(change(operator, "13800000009", "roaming_on", Record::new(), "roam-5").await, "lost");
    let price = async |region| ask_with(operator, customer, "roaming", with("region", text(region))).await;
    assert!(money(&price("hmt").await.unwrap(), "day_price") < money(&price("world").await.unwrap(), "day_price"));
    refused(price("moon").await, "unknown_region");
}

async fn an_invoice_is_asked_for_once(operator: &dyn Operator) {
    let customer = "13800000005";
    let month = |month: i8| with("month", Value::Month(Month { year: 2026, month }));
    let bill = ask_with(operator, customer, "bill", month(9)).await.unwrap();
    let invoice = change(operator, customer, "request_invoice", month(9), "inv-1").await.unwrap();
    assert_eq!(money(&invoice, "amount"), money(&bill, "total"));
    assert!(matches!(invoice.get("by"), Some(Value::Day(by)) if *by > now().date()));
    assert_eq!(change(operator, customer, "request_invoice", month(9), "inv-1").await, Ok(invoice));
    refused(change(operator, customer, "request_invoice", month(9), "inv-2").await, "already_invoiced");
    refused(ask_with(operator, customer, "invoice", month(9)).await, "already_invoiced");
    refused(change(operator, customer, "request_invoice", month(11), "inv-3").await, "not_closed");
    refused(change(operator, "13800000006", "request_invoice", month(10), "inv-4").await, "unpaid");
    assert_eq!(change(operator, customer, "request_invoice", month(2), "inv-5").await, Err(Failure::NotFound));
}

async fn an_account_is_closed_by_request_only(operator: &dyn Operator) {
    let because = |reason: &str| with("reason", text(reason));
    let check = look_up(operator, "13800000004", "closing_check").await.unwrap();
    assert_eq!(check.get("in_contract"), Some(&Value::Flag(true)));
    refused(change(operator, "13800000004", "close_account", because("price"), "close-1").await, "in_contract");
    refused(change(operator, "13800000006", "close_account", because("price"), "close-2").await, "owes");
    let customer = "13800000003";
    let offer = ask_with(operator, customer, "retention_offer", because("price")).await.unwrap();
    let taken = Record::from([("offer".to_owned(), offer.get("offer").cloned().unwrap())]);
    let accepted = change(operator, customer, "accept_offer", taken.clone(), "stay-1").await.unwrap();
    assert_eq!(accepted.get("months"), offer.get("months"));
    refused(change(operator, customer, "accept_offer", taken, "stay-2").await, "already_accepted");
    refused(change(operator, customer, "accept_offer", with("offer", text("castle")), "stay-3").await, "unknown_offer");
    assert_eq!(ask_with(operator, customer, "retention_offer", because("other")).await, Err(Failure::NotFound));
    refused(ask_with(operator, "13800000006", "retention_offer", because("price")).await, "in_arrears");
    let request = change(operator, customer, "close_account", because("price"), "close-3").await.unwrap();
    assert!(matches!(request.get("due"), Some(Value::Moment(due)) if *due > now()));
    refused(change(operator, customer, "close_account", because("price"), "close-4").await, "already_requested");
    refused(look_up(operator, customer, "closing_check").await, "already_requested");
    let orders = look_up(operator, customer, "orders").await.unwrap();
    assert_eq!(orders.get("count"), Some(&Value::Number(1)), "the request can be followed");
    assert!(look_up(operator, customer, "balance").await.is_ok(), "nothing is gone yet");
}
