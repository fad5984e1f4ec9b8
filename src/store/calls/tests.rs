//! Calls are kept whole, masked, and through a kill.

use super::*;
use crate::text::{Digits, PhoneNumber};
use jiff::civil::date;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};

fn number() -> PhoneNumber {
    PhoneNumber::parse("13800000001").unwrap()
}

fn opened() -> DateTime {
    date(2026, 11, 22).at(9, 0, 0, 0)
}

async fn open(database: &Database, id: &str) {
    let caller = number();
    database
        .calls()
        .open(NewCall { id, edition: "0123456789abcdef", caller: Some(&caller), lang: Lang::Zh, opened: opened(), is_test: false })
        .await
        .unwrap();
}

fn turn(n: u32) -> Turn {
    Turn {
        n,
        heard: "查一下话费".into(),
        confidence: 0.75,
        intent: Some("query_balance".into()),
        decision: "accept".into(),
        slots: Record::from([("month".into(), Value::Number(9))]),
        said: "您的余额是五十元。".into(),
        ms: Waterfall { speech_end: Some(1000), endpoint: Some(1400), text: Some(1500), decided: Some(1501), first_sample: Some(1700) },
        secret: false,
    }
}

#[tokio::test]
async fn a_call_comes_back_as_it_happened() {
    let database = Database::temporary().await.unwrap();
    let calls = database.calls();
    open(&database, "c1").await;
    let event = CallEvent { at_ms: 1200, kind: "barge_in".into(), detail: Record::from([("at".into(), Value::Number(3))]) };
    calls.put_turn("c1", &Turn { ms: Waterfall::default(), ..turn(1) }).await.unwrap();
    calls.add_event("c1", &event).await.unwrap();
    calls.put_turn("c1", &turn(1)).await.unwrap();
    calls.put_turn("c1", &turn(0)).await.unwrap();
    assert_eq!(calls.find("c1").await.unwrap().unwrap().ending, None);
    let slots = Record::from([("fault".into(), Value::Text("断网".into()))]);
    let outcome = CallOutcome::Transferred { reason: "caller_asked".into(), intent: Some("broadband_fault".into()), slots };
    let ending = Ending { outcome, closed: opened() };
    calls.close("c1", &ending).await.unwrap();
    let record = calls.find("c1").await.unwrap().unwrap();
    assert_eq!(record.turns, [turn(0), turn(1)]);
    assert_eq!(record.events, [event]);
    assert_eq!(record.ending, Some(ending.clone()));
    assert_eq!(record.caller, Some(database.stored_phone(&number())));
    assert!(matches!(calls.close("c1", &ending).await, Err(StoreError::Misuse(_))), "a call ends once");
    assert!(calls.put_turn("nobody", &turn(1)).await.is_err(), "a turn belongs to a call");
    assert_eq!(calls.find("nobody").await.unwrap(), None);
}

#[tokio::test]
async fn newest_calls_come_first() {
    let database = Database::temporary().await.unwrap();
    for (id, minute) in [("a", 1), ("b", 3), ("c", 2)] {
        let opened = date(2026, 11, 22).at(9, minute, 0, 0);
        database
            .calls()
            .open(NewCall { id, edition: "0123456789abcdef", caller: None, lang: Lang::En, opened, is_test: false })
            .await
            .unwrap();
    }
    let ids: Vec<_> = database.calls().latest(2).await.unwrap().into_iter().map(|call| call.id).collect();
    assert_eq!(ids, ["b", "c"]);
    assert!(database.calls().of_caller(&database.stored_phone(&number()), 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn calls_are_found_by_how_their_ids_begin() {
    let database = Database::temporary().await.unwrap();
    for id in ["20261122-091500-7-1", "20261122-091500-7-2", "20261122-091600-7-1", "20261123-091500-7-1"] {
        open(&database, id).await;
    }
    let found = async |text: &str| database.calls().beginning_with(text, 2).await.unwrap();
    assert_eq!(found("20261122-").await, ["20261122-091600-7-1", "20261122-091500-7-2"]);
    assert_eq!(found("20261122-0915").await, ["20261122-091500-7-2", "20261122-091500-7-1"]);
    assert_eq!(found("20261123-0").await, ["20261123-091500-7-1"]);
    assert_eq!(found("20261122-091600-7-1").await, ["20261122-091600-7-1"]);
    assert!(found("0915").await.is_empty() && found("20261124-").await.is_empty(), "only how it begins");
}

/// Reads the raw bytes of the file and its log: nothing personal may be in either.
#[tokio::test]
async fn no_number_and_no_secret_is_in_the_file() {
    let (folder, path) = scratch("secrets");
    let database = Database::open(&path).await.unwrap();
    open(&database, "c1").await;
    let slots =
        |pin: &str| Record::from([("pin".into(), Value::Digits(Digits::parse(pin).unwrap())), ("code".into(), Value::Code(pin.into()))]);
    let secret = Turn { heard: "密码是246810".into(), slots: slots("246810"), secret: true, ..turn(1) };
    database.calls().put_turn("c1", &secret).await.unwrap();
    let spoken =
        Turn { heard: "我的号码是13800000001".into(), said: "是幺三八零零零零零零零幺，对吗？".into(), ..turn(2) };
    database.calls().put_turn("c1", &spoken).await.unwrap();
    let phone = Record::from([("number".into(), Value::Phone(number()))]);
    database.calls().add_event("c1", &CallEvent { at_ms: 1, kind: "asked".into(), detail: phone }).await.unwrap();
    database.pool.close().await;
    let bytes: Vec<u8> = std::fs::read_dir(&folder).unwrap().flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("138****0001"), "the file was read");
    assert!(!text.contains("13800000001") && !text.contains("246810") && !text.contains("幺三八零零零零零零零幺"));
    drop(database);
    std::fs::remove_dir_all(folder).unwrap();
}

const CHILD: &str = "TINGSHUO_TEST_CALLS_CHILD";

/// The test starts itself as a child that writes turn after turn, kills it without warning, and reads what is left.
#[test]
fn a_killed_process_loses_at_most_the_turn_in_progress() {
    if let Some(path) = std::env::var_os(CHILD) {
        return write_for_ever(PathBuf::from(path));
    }
    let (folder, path) = scratch("killed");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::calls::tests::a_killed_process_loses_at_most_the_turn_in_progress", "--nocapture"])
        .env(CHILD, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut kept = 0;
    // Read through a borrow: the pipe stays open, so that nothing but the kill ends the child.
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for line in output.by_ref().lines().map_while(Result::ok) {
        if let Some(n) = line.strip_prefix("kept ") {
            kept = n.parse().unwrap();
        }
        if kept == 20 {
            break;
        }
    }
    assert_eq!(kept, 20, "the child wrote");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let beside = Database::open(&path).await.unwrap();
        let alive = beside.calls().find("c1").await.unwrap().unwrap();
        assert_eq!(alive.ending, None, "a call of a living process goes on when another one opens the database");
    });
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), None, "it was killed and did not end by itself: {status}");
    runtime.block_on(async {
        let call = Database::open(&path).await.unwrap().calls().find("c1").await.unwrap().unwrap();
        assert!(call.turns.len() >= 20, "{} turns", call.turns.len());
        assert!(call.turns.iter().zip(0..).all(|(kept, n)| *kept == turn(n)), "turns are whole and none is missing");
        let closed = opened().saturating_add(SignedDuration::from_millis(1700));
        assert_eq!(call.ending, Some(Ending { outcome: CallOutcome::Failed { reason: PROCESS_DIED.into() }, closed }));
    });
    let left: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert!(left.iter().all(|name| !name.contains(".run-")), "lock files are removed: {left:?}");
    std::fs::remove_dir_all(folder).unwrap();
}

fn write_for_ever(path: PathBuf) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let database = Database::open(&path).await.unwrap();
        open(&database, "c1").await;
        println!();
        for n in 0..1_000_000 {
            database.calls().put_turn("c1", &turn(n)).await.unwrap();
            println!("kept {n}");
        }
    });
}

fn scratch(name: &str) -> (PathBuf, PathBuf) {
    let folder = std::env::temp_dir().join(format!("tingshuo-calls-{name}-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let path = folder.join("tingshuo.db");
    (folder, path)
}
