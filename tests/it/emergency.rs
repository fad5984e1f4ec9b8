//! Thirty faults of one area in ten minutes: whoever calls from there hears of it before he is asked, and when it is over.

use super::scenarios_text::house;
use jiff::SignedDuration;
use jiff::civil::{DateTime, date};
use std::sync::Arc;
use tingshuo::call::conversation::Conversation;
use tingshuo::call::services::Services;
use tingshuo::call::text_call::{Input, Reply, TextCall};
use tingshuo::care::{Courier, Draft, FileOutbox};
use tingshuo::dialog::Opening;
use tingshuo::text::{Lang, PhoneNumber};

fn now() -> DateTime {
    date(2026, 11, 22).at(19, 30, 0, 0)
}

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

/// The n-th customer who reports, none of the demo operator's.
fn reporter(n: u32) -> PhoneNumber {
    number(&format!("1390000{n:04}"))
}

async fn report(house: &Services, n: u32) {
    let draft = Draft {
        class: "broadband_fault".into(),
        customer: Some(reporter(n)),
        area: Some("城东".into()),
        text: "上不了网".into(),
        ..Draft::default()
    };
    let at = now() - SignedDuration::from_secs(600 - 20 * i64::from(n));
    house.work_orders.open(draft, &format!("report {n}"), at).await.unwrap();
}

async fn call(house: &Arc<Services>, caller: Option<&str>, lang: Lang, id: &str) -> (TextCall, Reply) {
    let opening =
        Opening { caller: caller.map(number), lang, now: now(), survey: false, by_keys: false, errand: None, call_id: id.to_owned() };
    TextCall::begin(Conversation::new(house.clone(), opening)).await
}

fn heard(reply: &Reply) -> String {
    reply.said.iter().map(|utterance| utterance.text.as_str()).collect::<Vec<_>>().join("|")
}

#[tokio::test]
async fn the_thirty_first_caller_hears_it_before_being_asked_and_once_that_it_is_over() {
    let house = house(now()).await;
    for n in 0..29 {
        report(&house, n).await;
    }
    // Lives in the area and calls a moment too early.
    let (_, early) = call(&house, Some("13800000001"), Lang::Zh, "early").await;
    assert!(!heard(&early).contains("抢修"), "{}", heard(&early));
    report(&house, 29).await;
    let (mut caller, greeting) = call(&house, Some("13800000001"), Lang::Zh, "thirty-first").await;
    assert!(heard(&greeting).contains("城东的宽带故障"), "{}", heard(&greeting));
    assert_eq!(greeting.question.as_ref().unwrap().name, "welcome.tell_me", "nothing else was asked before");
    let told = caller.take(Input::Words("好的")).await;
    assert!(heard(&told).contains("恢复后通知您"), "{}", heard(&told));
    let incidents = house.work_orders.incidents(true, 10).await.unwrap();
    assert_eq!(incidents.iter().map(|incident| incident.reports).collect::<Vec<_>>(), [31]);
    // In English, with an end, and not asked again.
    house.work_orders.expect_end(incidents[0].id, now() + SignedDuration::from_hours(1)).await.unwrap();
    let (_, again) = call(&house, Some("13800000001"), Lang::En, "again").await;
    assert!(heard(&again).contains("broadband fault in East"), "{}", heard(&again));
    assert_ne!(again.question.as_ref().unwrap().name, "welcome.tell_me");
    let (_, elsewhere) = call(&house, Some("13800000002"), Lang::Zh, "elsewhere").await;
    assert!(!heard(&elsewhere).contains("宽带故障正在"), "{}", heard(&elsewhere));

    let outbox = FileOutbox::beside(&house.database);
    let courier = Courier::new(house.database.clone(), Arc::new(outbox.clone()));
    for _ in 0..2 {
        house.work_orders.resolve(incidents[0].id, "engineer", now()).await.unwrap();
        courier.carry(now()).await.unwrap();
    }
    for customer in (0..30).map(reporter).chain([number("13800000001")]) {
        let text = std::fs::read_to_string(outbox.file_of(&customer)).unwrap();
        assert_eq!(text.matches("已经恢复").count(), 1, "{text}");
    }
    assert!(!outbox.file_of(&number("13800000002")).exists());
    let (_, after) = call(&house, Some("13800000001"), Lang::Zh, "after").await;
    assert!(!heard(&after).contains("抢修"), "{}", heard(&after));
}
