//! Work orders from their opening to their end, on a real database.

use super::*;
use crate::care::Verdict;
use crate::store::CallBackReason;
use crate::text::Digits;
use jiff::civil::date;

async fn orders() -> WorkOrders {
    WorkOrders::new(Database::temporary().await.unwrap(), Arc::new(Handbook::built_in()))
}

fn now() -> DateTime {
    date(2026, 11, 22).at(10, 30, 0, 0)
}

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

fn draft(class: &str) -> Draft {
    Draft {
        class: class.into(), customer: Some(number("13800000001")), text: "宽带断网，重启光猫无效".into(), ..Draft::default()
    }
}

fn note(text: &str) -> Note<'_> {
    Note { at: now(), author: "system", text, key: None }
}

#[tokio::test]
async fn an_order_is_opened_once_and_found_again() {
    let orders = orders().await;
    let order = orders.open(draft("broadband_fault"), "call-1/order", now()).await.unwrap();
    assert_eq!(order.number, "2611220001");
    assert_eq!((order.priority, order.state, order.due), (Priority::Normal, State::Open, date(2026, 11, 23).at(10, 30, 0, 0)));
    let tomorrow = date(2026, 11, 23).at(8, 0, 0, 0);
    assert_eq!(orders.open(draft("broadband_fault"), "call-1/order", tomorrow).await.unwrap(), order);
    assert!(matches!(orders.open(draft("complaint"), "call-1/order", now()).await, Err(CareError::KeyTaken)));
    assert_eq!(orders.find("2611220001").await.unwrap(), order);
    let newer = orders.open(draft("complaint"), "call-2/order", tomorrow).await.unwrap();
    assert_eq!(orders.of_customer(&number("13800000001")).await.unwrap(), [newer, order]);
    assert!(orders.of_customer(&number("13800000002")).await.unwrap().is_empty());
    assert!(matches!(orders.find("2611229999").await, Err(CareError::NotFound)));
    let call_back = orders.open(draft("query_balance"), "call-3/order", now()).await.unwrap();
    assert_eq!((call_back.class.as_str(), call_back.details.get("about")), ("callback", Some(&Value::Text("query_balance".into()))));
}

#[tokio::test]
async fn an_order_is_carried_on_to_its_end_and_opened_again() {
    let orders = orders().await;
    let number = orders.open(draft("complaint"), "k", now()).await.unwrap().number;
    for state in [State::Dispatched, State::InProgress, State::Done, State::Reopened, State::Dispatched, State::InProgress, State::Done] {
        assert_eq!(orders.advance(&number, state, note("下一步")).await.unwrap().state, state);
    }
    orders.comment(&number, note("客户满意")).await.unwrap();
    orders.advance(&number, State::Closed, note("")).await.unwrap();
    let refused = orders.advance(&number, State::InProgress, note("")).await;
    assert!(matches!(refused, Err(CareError::Transition { from: State::Closed, to: State::InProgress })), "{refused:?}");
    let history = orders.history(&number).await.unwrap();
    assert_eq!(history.len(), 9, "refused steps leave no trace");
    assert_eq!((history[7].state.clone(), history[7].text.as_str()), (None, "客户满意"));
    assert!(matches!(orders.comment("0", note("")).await, Err(CareError::NotFound)));
    assert!(matches!(orders.advance("0", State::Closed, note("")).await, Err(CareError::NotFound)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_take_an_order_one_gets_it() {
    let orders = orders().await;
    let number = orders.open(draft("complaint"), "k", now()).await.unwrap().number;
    let (one, two) =
        tokio::join!(orders.advance(&number, State::Dispatched, note("一队")), orders.advance(&number, State::Dispatched, note("二队")));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let history = orders.history(&number).await.unwrap();
    assert_eq!(history.len(), 1, "the late one leaves no trace: {history:?}");
}

#[tokio::test]
async fn overdue_is_what_customers_still_wait_for() {
    let orders = orders().await;
    let waiting = orders.open(draft("complaint"), "a", now()).await.unwrap();
    let other = Draft { customer: Some(number("13800000002")), ..draft("complaint") };
    let settled = orders.open(other, "b", now()).await.unwrap();
    orders.advance(&settled.number, State::Closed, note("客户撤回")).await.unwrap();
    assert!(orders.overdue(waiting.due).await.unwrap().is_empty(), "due is not overdue");
    let late = waiting.due.saturating_add(jiff::SignedDuration::from_secs(1));
    let numbers: Vec<_> = orders.overdue(late).await.unwrap().into_iter().map(|order| order.number).collect();
    assert_eq!(numbers, [waiting.number]);
}

#[test]
fn arguments_of_a_flow_find_their_places() {
    let arguments = Record::from([
        ("text".to_owned(), Value::Text("断网".into())),
        ("level".to_owned(), Value::Text("gold".into())),
        ("urgent".to_owned(), Value::Flag(true)),
        ("fault".to_owned(), Value::Text("no_signal".into())),
    ]);
    let draft = Draft::from_arguments("broadband_fault", arguments, None, "call-1");
    let details = Record::from([("fault".to_owned(), Value::Text("no_signal".into()))]);
    let expected = Draft {
        class: "broadband_fault".into(),
        customer: None,
        level: Some("gold".into()),
        area: None,
        lang: Lang::Zh,
        urgent: true,
        call_id: Some("call-1".into()),
        text: "断网".into(),
        details,
    };
    assert_eq!(draft, expected);
}

#[tokio::test]
async fn personal_data_is_kept_masked() {
    let orders = orders().await;
    let pin = Value::Digits(Digits::parse("246810").unwrap());
    let details = Record::from([("contact".to_owned(), Value::Phone(number("13800000001"))), ("pin".to_owned(), pin)]);
    let order = orders.open(Draft { details, ..draft("complaint") }, "k", now()).await.unwrap();
    assert_eq!(order.customer_shown.as_deref(), Some("138****0001"));
    assert_eq!(order.details.get("contact"), Some(&Value::Text("138****0001".into())));
    assert_eq!(order.details.get("pin"), Some(&Value::Text("******".into())));
    assert_eq!(order.reply().keys().collect::<Vec<_>>(), ["due", "number"]);
}

#[tokio::test]
async fn what_is_not_settled_is_taken_up_again_or_told_anew() {
    let orders = orders().await;
    let opened = orders.open(draft("complaint"), "k", now()).await.unwrap().number;
    let told = || Draft { call_id: Some("call-9".into()), ..draft("callback") };
    let anew = orders.take_up(&opened, told(), "a", now()).await.unwrap();
    assert!(anew.number != opened && anew.class == "callback", "nobody has begun with the first: {anew:?}");
    for state in [State::Dispatched, State::InProgress, State::Done] {
        orders.advance(&opened, state, note("")).await.unwrap();
    }
    let again = orders.take_up(&opened, told(), "b", now()).await.unwrap();
    assert_eq!((again.number.as_str(), again.state), (opened.as_str(), State::Reopened));
    assert_eq!(orders.take_up(&opened, told(), "b", now()).await.unwrap(), again, "the same key counts once");
    assert_eq!(orders.take_up("2611229999", told(), "c", now()).await.unwrap().class, "callback", "an order of the operator's");
}

#[tokio::test]
async fn a_result_is_told_called_about_and_judged() {
    let orders = orders().await;
    let database = orders.database.clone();
    let opened = orders.open(draft("complaint"), "k", now()).await.unwrap();
    let number_of_customer = number("13800000001");
    let number = opened.number.as_str();
    for state in [State::Dispatched, State::InProgress, State::Done] {
        orders.advance(number, state, note("")).await.unwrap();
    }
    let verdict = |satisfied, key| Verdict { satisfied, comment: "没有退费", call: "call-9", key, at: now() };
    let promised = database.call_backs().waiting(10).await.unwrap();
    assert_eq!(promised.iter().map(|call| (call.about.as_str(), call.reason)).collect::<Vec<_>>(), [(number, CallBackReason::Result)]);
    let later = now().saturating_add(SignedDuration::from_hours(1));
    let reopened = orders.judge(number, Verdict { at: later, ..verdict(false, "v1") }).await.unwrap();
    assert_eq!((reopened.state, reopened.priority, reopened.taker.as_deref()), (State::Reopened, Priority::High, None));
    assert_eq!(reopened.due, later.saturating_add(SignedDuration::from_hours(24)));
    assert_eq!(orders.judge(number, verdict(false, "v1")).await.unwrap(), reopened, "the same key counts once");
    assert!(matches!(orders.judge(number, verdict(true, "v2")).await, Err(CareError::Transition { .. })), "it is worked on");
    let given = orders.round(later).await.unwrap().given;
    assert_eq!(given.len(), 1, "somebody has it again");
    for state in [State::InProgress, State::Done, State::Closed] {
        orders.advance(number, state, Note { at: later, ..note("") }).await.unwrap();
    }
    assert_eq!(orders.judge(number, Verdict { call: "call-10", ..verdict(true, "v3") }).await.unwrap().state, State::Closed);
    assert_eq!(database.call_backs().waiting(10).await.unwrap().len(), 1, "the call about the last result; the one before was none");
    let scores = database.surveys().scores(crate::care::closing::SURVEY, now()).await.unwrap();
    assert_eq!(scores, [("dissatisfied".to_owned(), 1), ("satisfied".to_owned(), 1)]);
    let customer = database.stored_phone(&number_of_customer);
    let written = database.notices().of_customer(&customer).await.unwrap();
    let texts: Vec<&str> = written.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts.len(), 4, "{texts:?}");
    for (text, says) in texts.iter().zip(["回电说明结果", "正在重新处理", "回电说明结果", "满意请回复1"]) {
        assert!(text.contains(says) && text.contains(number), "{text}");
    }
}

#[tokio::test]
async fn who_waits_long_hears_that_it_goes_on() {
    let orders = orders().await;
    orders.open(draft("complaint"), "k", now()).await.unwrap();
    orders.open(draft("suggestion"), "l", now()).await.unwrap();
    let hour = |hours| now().saturating_add(SignedDuration::from_hours(hours));
    let mut told = Vec::new();
    for hours in [23, 24, 24, 25, 48, 49] {
        told.push(orders.round(hour(hours)).await.unwrap().told.len());
    }
    assert_eq!(told, [0, 1, 0, 0, 1, 0]);
}
