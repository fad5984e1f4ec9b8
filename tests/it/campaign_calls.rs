//! The real program calls a small campaign over a telephone network of the test's own, is killed in the middle, and again. What is checked is the network's
//! log: each customer was called once, and nobody who must not be.

use super::live::Service;
use super::program::Folder;
use super::sip::exchange::Exchange;
use super::sip::phone::{Message, free_ports};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tingshuo::store::Database;

const FLOW: &str = "\
flow: test_reminder
outbound:
  needs: { name: text, amount: money }
help: help
steps:
  - say: told
  - choose: understood
    yes:
      - outcome: confirmed
    no:
      - outcome: refused
  - say: bye
prompts:
  help: { zh: [我们来电提醒账单。], en: [We call about a bill.] }
  told: { zh: [您好，这里是听说电信的语音助手。], en: ['Hello, this is the voice assistant of Tingshuo Telecom.'] }
  understood: { zh: ['{{ name }}，账单{{ amount | money }}，知道了吗？', '{{ name }}，清楚吗？'], en: ['{{ name }}, {{ amount | money }}: all right?', 'All right?'] }
  bye: { zh: [好的，再见。], en: [Goodbye.] }
";

const ALWAYS: &str = "zone: Asia/Shanghai
hours: { monday: 00:00-24:00, tuesday: 00:00-24:00, wednesday: 00:00-24:00, thursday: 00:00-24:00, friday: 00:00-24:00, saturday: 00:00-24:00, sunday: 00:00-24:00 }
";

/// What a number does when it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Habit {
    Busy,
    RingsOut,
    Rejects,
    /// Presses a key in answer: one for yes, two for no.
    Answers(char),
}

const CONTACTS: usize = 12;
const UNWANTED: usize = 7;
const AT_ONCE: usize = 3;

fn number(n: usize) -> String {
    format!("139000000{n:02}")
}

fn habit(n: usize) -> Habit {
    match n % 4 {
        0 => Habit::Busy,
        1 => Habit::Answers(if n == 1 { '2' } else { '1' }),
        2 => Habit::Rejects,
        _ => Habit::RingsOut,
    }
}

/// What the network saw.
#[derive(Default)]
struct Log {
    /// Calls by number: their Call-IDs.
    rang: BTreeMap<usize, BTreeSet<String>>,
    under_way: BTreeSet<String>,
    most_at_once: usize,
    /// Calls in which sound came.
    heard: BTreeSet<String>,
}

/// Serves until it is dropped.
async fn network(mut exchange: Exchange, log: Arc<Mutex<Log>>) {
    let mut invites: BTreeMap<String, Message> = BTreeMap::new();
    // By the port that its sound comes from.
    let mut silent: BTreeMap<u16, String> = BTreeMap::new();
    let sound = exchange.second_ear();
    let mut packet = [0; 400];
    loop {
        let message = tokio::select! {
            message = exchange.wait() => message,
            heard = sound.recv_from(&mut packet) => {
                let (length, from) = heard.unwrap();
                let is_audible = packet[12..length].iter().any(|byte| !matches!(byte ^ 0x55, 0x00..=0x04 | 0x80..=0x84));
                if is_audible && let Some(call) = silent.remove(&from.port()) {
                    let invite = invites[&call].clone();
                    let Some(Habit::Answers(key)) = number_of(&invite).map(habit) else { continue };
                    log.lock().unwrap().heard.insert(call);
                    let body = format!("Signal={key}\r\nDuration=160\r\n");
                    exchange.ask(&invite, "INFO", 1, "Content-Type: application/dtmf-relay\r\n", &body).await;
                }
                continue;
            }
        };
        let call = message.header("Call-ID").unwrap_or_default().to_owned();
        match message.method() {
            "INVITE" => {
                let n = number_of(&message).expect("a number of the campaign");
                {
                    let mut log = log.lock().unwrap();
                    log.rang.entry(n).or_default().insert(call.clone());
                    log.under_way.insert(call.clone());
                    log.most_at_once = log.most_at_once.max(log.under_way.len());
                }
                exchange.reply(&message, 180, "", "").await;
                match habit(n) {
                    Habit::Busy => exchange.reply(&message, 486, "", "").await,
                    Habit::Rejects => exchange.reply(&message, 603, "", "").await,
                    Habit::RingsOut => {}
                    Habit::Answers(_) => {
                        silent.insert(message.media_port(), call.clone());
                        exchange.reply(&message, 200, "", &exchange.answer("8 101")).await;
                    }
                }
                if matches!(habit(n), Habit::Busy | Habit::Rejects) {
                    log.lock().unwrap().under_way.remove(&call);
                }
                invites.insert(call, message);
            }
            "CANCEL" | "BYE" => {
                exchange.reply(&message, 200, "", "").await;
                if message.method() == "CANCEL"
                    && let Some(invite) = invites.get(&call)
                {
                    exchange.reply(&invite.clone(), 487, "", "").await;
                }
                log.lock().unwrap().under_way.remove(&call);
            }
            _ => {}
        }
    }
}

fn number_of(invite: &Message) -> Option<usize> {
    invite.0.split(['@', ':']).nth(1)?.strip_prefix("139000000")?.parse().ok()
}

/// The project's own data, with one reminder and hours of our own.
fn home(folder: &Folder) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let home = folder.join("home");
    std::fs::create_dir_all(home.join("outbound")).unwrap();
    for name in ["grammars", "care", "voices", "desk"] {
        std::os::unix::fs::symlink(root.join(name), home.join(name)).unwrap();
    }
    super::authoring::copy(&root.join("flows"), &home.join("flows"));
    std::fs::create_dir_all(home.join("flows/reminders")).unwrap();
    std::fs::write(home.join("flows/reminders/test_reminder.yaml"), FLOW).unwrap();
    std::fs::write(home.join("outbound/calendar.yaml"), ALWAYS).unwrap();
    home
}

/// How many attempts ended how; `under_way` is those that did not.
async fn outcomes(database: &Database) -> BTreeMap<String, i64> {
    let campaign = database.campaigns().find("bills").await.unwrap().unwrap();
    let progress = database.campaigns().progress(campaign.id).await.unwrap();
    progress.attempts.into_iter().map(|(name, n)| (name.unwrap_or_else(|| "under_way".to_owned()), n)).collect()
}

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often the network's log is looked at.
const LOOK: Duration = Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_calls_everybody_once_however_often_the_process_is_killed() {
    let folder = Folder::new();
    let home = home(&folder);
    let database = folder.join("campaigns.db");
    let database = database.to_str().unwrap();
    let exchange = Exchange::open().await;
    let (address, log) = (exchange.address, Arc::new(Mutex::new(Log::default())));
    let network = tokio::spawn(network(exchange, log.clone()));
    let rows: String = (0..CONTACTS).map(|n| format!("{},王先生,128.50\n", number(n))).collect();
    let file = folder.join("contacts.csv");
    std::fs::write(&file, format!("phone,name,amount\n{rows}")).unwrap();
    let campaign = |arguments: &[&str]| {
        let all: Vec<&str> = ["campaign"].iter().chain(arguments).chain(&["--database", database]).copied().collect();
        super::program::tingshuo_at(&home, &all, "").succeeds()
    };
    campaign(&["create", "bills", "--flow", "test_reminder", "--per-minute", "600", "--concurrent", &AT_ONCE.to_string()]);
    campaign(&["import", "bills", file.to_str().unwrap()]);
    campaign(&["do-not-call", "add", &number(UNWANTED)]);
    let started = campaign(&["start", "bills"]);
    assert!(started.err.contains("nothing dials"), "{}", started.err);
    let ports = free_ports();
    let configuration = format!(
        "[outbound]\nring_seconds = 5\n[sip]\nlisten = [\"udp:127.0.0.1:0\"]\nmedia_ports = [{}, {}]\n[sip.trunks.main]\nserver = \"udp:{address}\"\ncalls_per_minute = 600\ncalls_at_once = 10\n",
        ports.start(),
        ports.end()
    );
    for rung in [2, 5] {
        let service = Service::start_at(&home, database, &configuration);
        let rang = async {
            while log.lock().unwrap().rang.len() < rung {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(PATIENCE, rang).await.expect("calls go on");
        service.signal("KILL");
        drop(service);
        log.lock().unwrap().under_way.clear();
    }
    let mut service = Service::start_at(&home, database, &configuration);
    let kept = Database::open(Path::new(database)).await.unwrap();
    let all_ended = async {
        loop {
            let ended = outcomes(&kept).await;
            if !ended.contains_key("under_way") && ended.values().sum::<i64>() == CONTACTS as i64 - 1 {
                return ended;
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    let ended = tokio::time::timeout(PATIENCE, all_ended).await.expect("the campaign comes to its end");
    service.signal("TERM");
    assert!(service.has_ended_well());
    network.abort();
    let log = log.lock().unwrap();
    for (n, calls) in &log.rang {
        assert_eq!(calls.len(), 1, "{} was called twice", number(*n));
    }
    assert!(!log.rang.contains_key(&UNWANTED), "who must not be called was");
    assert!(log.most_at_once <= AT_ONCE, "{} at once", log.most_at_once);
    let lost = ended.get("lost").copied().unwrap_or_default();
    assert!(log.rang.len() as i64 >= CONTACTS as i64 - 1 - lost, "{ended:?}");
    let told: i64 = ["confirmed", "refused", "busy", "declined", "no_answer", "lost"].iter().filter_map(|name| ended.get(*name)).sum();
    assert_eq!(told, CONTACTS as i64 - 1, "{ended:?}");
    assert!(ended.contains_key("confirmed") && !log.heard.is_empty(), "who answered heard us and said yes: {ended:?}");
    assert!(ended.contains_key("busy") || ended.contains_key("declined"), "{ended:?}");
}
