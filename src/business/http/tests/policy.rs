//! When the connector asks again, how long it waits, when it gives up: against a transport that plays a script, on a paused clock.

use super::*;
use crate::business::http::Figures;
use crate::business::http::transport::{Incoming, Lost, Outgoing, Sending, Transport};
use crate::business::http::wire;
use std::collections::VecDeque;
use std::sync::Mutex;
use tokio::time::Instant;

#[derive(Clone)]
enum Scene {
    Reply(Record),
    Status(u16, Option<u64>),
    NotSent,
    NoAnswer,
    /// Never anything.
    Silence,
}

#[derive(Clone, Default)]
struct Script {
    scenes: Arc<Mutex<VecDeque<Scene>>>,
    sent: Arc<Mutex<Vec<(Instant, Outgoing)>>>,
}

impl Transport for Script {
    fn send(&self, outgoing: Outgoing) -> Sending<'_> {
        self.sent.lock().unwrap().push((Instant::now(), outgoing));
        let scene = self.scenes.lock().unwrap().pop_front().expect("a request that the script does not expect");
        Box::pin(async move {
            match scene {
                Scene::Reply(reply) => Ok(Incoming { status: 200, is_problem: false, body: wire::write_reply(&reply), retry_after: None }),
                Scene::Status(status, seconds) => {
                    Ok(Incoming { status, is_problem: false, body: Vec::new(), retry_after: seconds.map(Duration::from_secs) })
                }
                Scene::NotSent => Err(Lost::NotSent("refused".into())),
                Scene::NoAnswer => Err(Lost::NoAnswer("closed".into())),
                Scene::Silence => std::future::pending().await,
            }
        })
    }
}

fn script(scenes: &[Scene]) -> (HttpOperator, Script) {
    let script = Script { scenes: Arc::new(Mutex::new(scenes.iter().cloned().collect())), sent: Arc::default() };
    (HttpOperator::over(Box::new(script.clone()), Policy::default()), script)
}

fn paid() -> Scene {
    Scene::Reply(Record::from([("amount".to_owned(), Value::Money(Money(5_000))), ("balance".to_owned(), Value::Money(Money(9_000)))]))
}

fn verified() -> Scene {
    Scene::Reply(Record::from([("verified".to_owned(), Value::Flag(true)), ("attempts_left".to_owned(), Value::Number(3))]))
}

async fn recharge(operator: &HttpOperator) -> Result<Record, Failure> {
    operator.execute(ask("13800000001", "recharge", fifty(), Some("call-1-recharge-2"))).await
}

async fn verify(operator: &HttpOperator) -> Result<Record, Failure> {
    operator.execute(ask("13800000001", "verify_pin", pin("246810"), None)).await
}

async fn read(operator: &HttpOperator) -> Result<Record, Failure> {
    operator.execute(ask("13800000001", "outage", Record::new(), None)).await
}

#[tokio::test(start_paused = true)]
async fn a_change_is_repeated_under_the_same_key_only() {
    let (operator, script) = script(&[Scene::NoAnswer, Scene::Status(503, None), paid()]);
    assert!(recharge(&operator).await.is_ok());
    let sent = script.sent.lock().unwrap();
    assert_eq!(sent.len(), 3);
    assert!(sent.iter().all(|(_, outgoing)| outgoing.key.as_deref() == Some("call-1-recharge-2")));
    assert!(sent.iter().all(|(_, outgoing)| outgoing.body == sent[0].1.body));
    assert_eq!(operator.figures(), Figures { requests: 1, retries: 2, failures: 2, ..Figures::default() });
}

#[tokio::test(start_paused = true)]
async fn a_pin_that_may_have_been_counted_is_not_tried_again() {
    for scene in [Scene::NoAnswer, Scene::Silence, Scene::Status(500, None)] {
        let (operator, script) = script(&[scene]);
        assert_eq!(verify(&operator).await, Err(Failure::Unavailable));
        assert_eq!(script.sent.lock().unwrap().len(), 1);
    }
    let (operator, script) = script(&[Scene::NotSent, verified()]);
    assert!(verify(&operator).await.is_ok(), "what never left may go again");
    assert_eq!(script.sent.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_and_are_jittered() {
    let policy = Policy::default();
    let mut firsts = std::collections::BTreeSet::new();
    for _again in 0..20 {
        let (operator, script) = script(&[Scene::NoAnswer, Scene::NoAnswer, Scene::NoAnswer]);
        assert_eq!(read(&operator).await, Err(Failure::Unavailable));
        let sent = script.sent.lock().unwrap();
        let (first, second) = (sent[1].0 - sent[0].0, sent[2].0 - sent[1].0);
        // Tokio's timers go off at the next whole millisecond.
        let slack = Duration::from_millis(1);
        assert!(first >= policy.first_pause / 2 && first <= policy.first_pause + slack, "{first:?}");
        assert!(second >= policy.first_pause && second <= policy.first_pause * 2 + slack, "{second:?}");
        firsts.insert(first);
    }
    assert!(firsts.len() > 1, "always the same pause");
}

#[tokio::test(start_paused = true)]
async fn all_attempts_end_before_the_call_loses_patience() {
    let (operator, script) = script(&[Scene::Silence, Scene::Silence, Scene::Silence]);
    let began = Instant::now();
    assert_eq!(read(&operator).await, Err(Failure::Unavailable));
    assert!(began.elapsed() <= Policy::default().all + Duration::from_millis(1), "{:?}", began.elapsed());
    assert_eq!(script.sent.lock().unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn it_waits_as_long_as_it_is_told_to_or_not_at_all() {
    let (operator, one) = script(&[Scene::Status(429, Some(2)), paid()]);
    assert!(recharge(&operator).await.is_ok());
    let times: Vec<Instant> = one.sent.lock().unwrap().iter().map(|(at, _)| *at).collect();
    assert!(times[1] - times[0] >= Duration::from_secs(2));
    let (operator, _other) = script(&[Scene::Status(503, Some(60))]);
    let began = Instant::now();
    assert_eq!(read(&operator).await, Err(Failure::Unavailable));
    assert_eq!(began.elapsed(), Duration::ZERO, "a minute is more than the caller has");
}

#[tokio::test(start_paused = true)]
async fn after_failures_in_a_row_nobody_is_sent_until_one_comes_back() {
    let failing = vec![Scene::NotSent; 5];
    let (operator, script) = script(&[&failing[..], &[Scene::NoAnswer, paid(), paid()]].concat());
    assert_eq!(read(&operator).await, Err(Failure::Unavailable));
    assert_eq!(read(&operator).await, Err(Failure::Unavailable), "the fifth failure opens it, the third attempt is turned away");
    let began = Instant::now();
    for _caller in 0..10 {
        assert_eq!(recharge(&operator).await, Err(Failure::Unavailable));
    }
    assert_eq!(began.elapsed(), Duration::ZERO, "callers hear the way out at once");
    assert_eq!(operator.figures(), Figures { requests: 12, retries: 4, failures: 5, opened: 1, turned_away: 11 });
    tokio::time::advance(Policy::default().open_for).await;
    assert_eq!(recharge(&operator).await, Err(Failure::Unavailable), "the one that tried was lost");
    tokio::time::advance(Policy::default().open_for).await;
    assert!(recharge(&operator).await.is_ok());
    assert!(recharge(&operator).await.is_ok());
    assert_eq!(script.sent.lock().unwrap().len(), 8);
    assert_eq!(operator.figures().opened, 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_any_kind_shows_that_it_is_there() {
    let scenes = vec![vec![Scene::NotSent, Scene::NotSent, Scene::Status(400, None)]; 10].concat();
    let (operator, _script) = script(&scenes);
    for _caller in 0..10 {
        bad(read(&operator).await, "answers 400");
    }
    assert_eq!(operator.figures().opened, 0);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_says_nothing_about_the_system() {
    let (operator, script) = script(&[vec![Scene::NotSent; 5], vec![Scene::Silence, paid()]].concat());
    while operator.figures().opened == 0 {
        assert_eq!(read(&operator).await, Err(Failure::Unavailable));
    }
    tokio::time::advance(Policy::default().open_for).await;
    let hung_up = tokio::time::timeout(Duration::from_secs(1), recharge(&operator)).await;
    assert!(hung_up.is_err());
    assert!(recharge(&operator).await.is_ok(), "the next caller tries");
    assert_eq!(script.sent.lock().unwrap().len(), 7);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_request_never_leaves() {
    let (operator, script) = script(&[]);
    bad(operator.execute(ask("13800000001", "../admin", Record::new(), None)).await, "no operation");
    bad(operator.execute(ask("13800000001", "recharge", fifty(), None)).await, "idempotency key");
    let long = "k".repeat(201);
    for key in ["", " k", "k\n", "密", long.as_str()] {
        bad(operator.execute(ask("13800000001", "recharge", fifty(), Some(key))).await, "1 to 200 printable");
    }
    assert!(script.sent.lock().unwrap().is_empty());
}
