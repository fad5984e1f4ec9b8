//! Five hundred work orders: each at its place, warned about at its minute, and none lost or doubled when the process is killed again and again.

use super::program::Folder;
use jiff::SignedDuration;
use jiff::civil::{DateTime, date};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use tingshuo::care::{Draft, Handbook, WorkOrder, WorkOrders};
use tingshuo::store::{Database, Listed};
use tingshuo::text::{PhoneNumber, Record};

const ORDERS: usize = 500;
const KILLS: usize = 50;
const AREAS: [(&str, &str); 4] = [("east", "城东"), ("west", "西站"), ("south", "城南汽车站"), ("north", "开发区")];
/// Class, text, and what the text makes it.
const CASES: [(&str, &str, &str); 7] = [
    ("broadband_fault", "上不了网", "no_connection"),
    ("network_fault", "没有信号", "no_signal"),
    ("billing_dispute", "说不清楚", ""),
    ("complaint", "乱扣费", "billing"),
    ("complaint", "态度不好", "service"),
    ("suggestion", "希望更早上班", ""),
    ("query_bill", "系统查不到", ""),
];
const LEVELS: [Option<&str>; 4] = [None, Some("silver"), Some("gold"), Some("platinum")];

fn start() -> DateTime {
    date(2026, 11, 22).at(9, 0, 0, 0)
}

/// What is reported, by whom and when: nobody reports twice.
struct Report {
    case: (&'static str, &'static str, &'static str),
    area: (&'static str, &'static str),
    level: Option<&'static str>,
    customer: String,
    at: DateTime,
}

fn reports(seed: u64) -> Vec<Report> {
    let mut random = SmallRng::seed_from_u64(seed);
    let report = |n: usize| Report {
        case: CASES[random.random_range(0..CASES.len())],
        area: AREAS[random.random_range(0..AREAS.len())],
        level: LEVELS[random.random_range(0..LEVELS.len())],
        customer: format!("138{n:08}"),
        // Far enough apart that no area has thirty faults in ten minutes.
        at: start() + SignedDuration::from_secs(47 * n as i64),
    };
    (0..ORDERS).map(report).collect()
}

/// Who may have it, said apart from the rules file.
fn right_places(report: &Report) -> Vec<String> {
    let valued = matches!(report.level, Some("gold" | "platinum"));
    match report.case {
        ("complaint" | "billing_dispute", ..) if valued => vec!["key_accounts".into()],
        ("broadband_fault", ..) => {
            let area = report.area.0;
            vec![format!("field_{area}_1"), format!("field_{area}_2"), "field_reserve".into()]
        }
        ("network_fault", ..) => vec!["network_1".into(), "network_2".into(), "field_reserve".into()],
        ("billing_dispute", ..) | ("complaint", _, "billing") => vec!["billing_1".into(), "billing_2".into()],
        ("complaint", ..) => vec!["complaints_1".into(), "complaints_2".into()],
        _ => vec!["back_office_1".into(), "back_office_2".into()],
    }
}

async fn all(orders: &WorkOrders) -> Vec<WorkOrder> {
    orders.list(Listed { most: 10_000, ..Listed::default() }).await.unwrap()
}

#[tokio::test]
async fn every_order_is_at_its_place_and_warned_about_at_its_minute() {
    let handbook = Arc::new(Handbook::built_in());
    let orders = WorkOrders::new(Database::temporary().await.unwrap(), handbook.clone());
    let reports = reports(1);
    let mut now = start();
    let mut waiting = reports.iter().enumerate().peekable();
    let mut number_of = BTreeMap::new();
    let mut raised = BTreeMap::new();
    // Every minute of three days.
    for _ in 0..3 * 24 * 60 {
        while let Some((n, report)) = waiting.next_if(|(_, report)| report.at <= now) {
            let draft = Draft {
                class: report.case.0.into(),
                customer: PhoneNumber::parse(&report.customer),
                level: report.level.map(str::to_owned),
                area: Some(report.area.1.into()),
                text: report.case.1.into(),
                ..Draft::default()
            };
            let order = orders.open(draft, &format!("key {n}"), report.at).await.unwrap();
            assert!(number_of.insert(order.number, report).is_none());
        }
        for warning in orders.round(now).await.unwrap().warnings {
            let late = warning.raised.duration_since(warning.at);
            assert!(late >= SignedDuration::ZERO && late < SignedDuration::from_mins(1), "{warning:?}");
            assert!(raised.insert((warning.number, warning.stage), warning.at).is_none(), "warned twice");
        }
        now += SignedDuration::from_mins(1);
    }
    let kept = all(&orders).await;
    assert_eq!(kept.len(), ORDERS);
    let mut loads: BTreeMap<&str, u32> = handbook.rules.takers().map(|taker| (taker, 0)).collect();
    let mut expected = BTreeMap::new();
    for order in &kept {
        let report = number_of[&order.number];
        let taker = order.taker.as_deref().unwrap();
        assert!(right_places(report).iter().any(|place| place == taker), "{} {:?} went to {taker}", order.class, report.area);
        assert_eq!(order.kind.as_deref().unwrap_or_default(), report.case.2);
        *loads.get_mut(taker).unwrap() += 1;
        let (code, class) = handbook.classes.find_or_call_back(report.case.0);
        assert_eq!((order.class.as_str(), order.priority), (code, class.priority_for(report.level, false)));
        assert_eq!(order.due, class.due(order.priority, report.at));
        let whole = order.due.duration_since(report.at).as_secs();
        for (stage, percent) in [("due_soon", 75), ("overdue", 100), ("long_overdue", 150)] {
            let at = report.at + SignedDuration::from_secs(whole * percent / 100);
            // The last minute looked at is the one before `now`.
            if at <= now - SignedDuration::from_mins(1) {
                expected.insert((order.number.clone(), stage.to_owned()), at);
            }
        }
    }
    assert!(expected.len() > 900, "{} warnings are too few to tell", expected.len());
    assert_eq!(raised, expected);
    for equals in
        [["network_1", "network_2"], ["billing_1", "billing_2"], ["complaints_1", "complaints_2"], ["back_office_1", "back_office_2"]]
    {
        assert!(loads[equals[0]].abs_diff(loads[equals[1]]) <= 1, "{loads:?}");
    }
    for (area, _) in AREAS {
        assert!(loads[format!("field_{area}_1").as_str()].abs_diff(loads[format!("field_{area}_2").as_str()]) <= 1, "{loads:?}");
    }
}

/// Orders of a day for `orders batch`: opened, worked on, commented on, judged, with a round every tenth.
fn day() -> Vec<String> {
    let mut random = SmallRng::seed_from_u64(2);
    let mut lines = Vec::new();
    for (n, report) in reports(2).iter().enumerate() {
        let (class, text, _) = report.case;
        let (now, area) = (report.at, report.area.1);
        let level = report.level.unwrap_or("normal");
        lines.push(format!(
            r#"{{"do":"open","key":"o{n}","now":"{now}","class":"{class}","customer":"{}","level":"{level}","area":"{area}","text":"{text}","call":"call-{n}"}}"#,
            report.customer
        ));
        let step = |to: &str| format!(r#"{{"do":"step","key":"{to}{n}","order":"o{n}","now":"{now}","to":"{to}","text":"{to}"}}"#);
        match random.random_range(0..6) {
            0 => lines.extend(["in_progress", "done", "closed"].map(step)),
            1 => {
                lines.extend(["in_progress", "done"].map(step));
                lines.push(format!(r#"{{"do":"judge","key":"j{n}","order":"o{n}","now":"{now}","satisfied":false,"text":"还是不行"}}"#));
            }
            2 => lines.push(format!(r#"{{"do":"comment","key":"c{n}","order":"o{n}","now":"{now}","text":"客户又来电"}}"#)),
            // The same again under another key.
            3 => lines.push(lines[lines.len() - 1].replace(&format!("\"o{n}\""), &format!("\"again{n}\""))),
            _ => {}
        }
        if n % 10 == 9 {
            lines.push(format!(r#"{{"do":"round","now":"{now}"}}"#));
        }
    }
    let end = start() + SignedDuration::from_hours(70);
    lines.push(format!(r#"{{"do":"round","now":"{end}"}}"#));
    lines
}

/// Gives `lines` to the program; after `answers` answers it is killed. How many lines it answered.
fn batch(database: &Path, lines: &[String], answers: Option<usize>) -> usize {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tingshuo"))
        .args(["orders", "batch", "--database", database.to_str().unwrap()])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let all: String = lines.iter().map(|line| format!("{line}\n")).collect();
    // It is killed while it reads: what it did not read is written again to the next one.
    let writer = std::thread::spawn(move || input.write_all(all.as_bytes()).ok());
    let mut replies = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut answered = 0;
    while answers.is_none_or(|answers| answered < answers) {
        let Some(reply) = replies.next() else { break };
        let reply = reply.unwrap();
        assert!(!reply.contains("\"error\""), "{reply}");
        answered += 1;
    }
    if answers.is_some() {
        child.kill().unwrap();
    }
    // What it had answered when it died counts; half a line does not.
    answered += replies.map_while(Result::ok).filter(|reply| reply.ends_with('}')).count();
    let status = child.wait().unwrap();
    assert!(answers.is_some() || status.success());
    writer.join().unwrap();
    answered
}

/// Everything that is kept, as text.
async fn account(path: &Path) -> Vec<String> {
    let database = Database::open(path).await.unwrap();
    let orders = WorkOrders::new(database.clone(), Arc::new(Handbook::built_in()));
    let mut account = Vec::new();
    for order in all(&orders).await {
        account.push(format!("{order:?}"));
        account.push(format!("{:?}", orders.history(&order.number).await.unwrap()));
        account.push(format!("{:?}", orders.warnings(&order.number).await.unwrap()));
        account.push(format!("{:?}", orders.attachments(&order.number).await.unwrap()));
    }
    let notices = database.notices().waiting(date(2030, 1, 1).at(0, 0, 0, 0), 100_000).await.unwrap();
    account.extend(notices.into_iter().map(|notice| format!("{} {} {}", notice.key, notice.to, notice.text)));
    let promised = database.call_backs().waiting(100_000).await.unwrap();
    account.extend(promised.into_iter().map(|call| format!("{} {} {:?}", call.about, call.to, call.reason)));
    account
}

#[test]
fn a_process_killed_fifty_times_loses_and_doubles_nothing() {
    let folder = Folder::new();
    let lines = day();
    let (undisturbed, killed) = (folder.join("undisturbed.db"), folder.join("killed.db"));
    assert_eq!(batch(&undisturbed, &lines, None), lines.len());
    let mut random = SmallRng::seed_from_u64(3);
    let mut left = &lines[..];
    for kill in 0..KILLS {
        let fair_share = left.len() / (KILLS - kill);
        let done = batch(&killed, left, Some(random.random_range(0..fair_share.max(1) * 2).min(left.len() - 1)));
        left = &left[done..];
    }
    assert!(!left.is_empty() || lines.len() > KILLS, "there was nothing to kill");
    batch(&killed, left, None);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (expected, found) = runtime.block_on(async { (account(&undisturbed).await, account(&killed).await) });
    let numbers: BTreeSet<&String> = found.iter().collect();
    assert!(numbers.len() > 4 * ORDERS / 2, "the account is too short to tell");
    for (expected, found) in expected.iter().zip(&found) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
}

#[tokio::test]
async fn what_is_reported_again_is_taken_in_and_more_urgent_only_sooner() {
    let orders = WorkOrders::new(Database::temporary().await.unwrap(), Arc::new(Handbook::built_in()));
    let report = |urgent, call: &str| Draft {
        class: "broadband_fault".into(),
        customer: PhoneNumber::parse("13800000001"),
        text: "上不了网".into(),
        urgent,
        call_id: Some(call.into()),
        details: Record::new(),
        ..Draft::default()
    };
    let first = orders.open(report(false, "call-1"), "a", start()).await.unwrap();
    let later = start() + SignedDuration::from_hours(2);
    let again = orders.open(report(true, "call-2"), "b", later).await.unwrap();
    assert_eq!((&again.number, again.repeats), (&first.number, 1));
    assert_eq!(again.due, later + SignedDuration::from_hours(12), "urgent now");
    let calm = orders.open(report(false, "call-3"), "c", later).await.unwrap();
    assert_eq!((calm.due, calm.priority), (again.due, again.priority), "never later than promised");
    assert_eq!(orders.open(report(true, "call-2"), "b", later).await.unwrap().repeats, 2, "the same key is the same report");
    let calls = orders.attachments(&first.number).await.unwrap();
    assert_eq!(calls.iter().map(|(_, call)| call.as_str()).collect::<Vec<_>>(), ["call-1", "call-2", "call-3"]);
    let after = start() + SignedDuration::from_hours(60);
    assert_ne!(orders.open(report(false, "call-4"), "d", after).await.unwrap().number, first.number, "too long ago to be the same");
    let complaint = |text: &str| Draft { class: "complaint".into(), text: text.into(), ..report(false, "call-5") };
    let mut numbers = BTreeSet::new();
    for (key, text) in [("e", "态度不好"), ("f", "乱扣费"), ("g", "态度很差"), ("h", "说不清楚"), ("i", "也说不清楚")] {
        numbers.insert(orders.open(complaint(text), key, later).await.unwrap().number);
    }
    assert_eq!(numbers.len(), 4, "of a known kind two are the same, of none nobody knows");
}
