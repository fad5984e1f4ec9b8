//! Ten thousand contacts and a telephone network that keeps its own log; the log is what is checked. In the middle everything but the database is dropped,
//! twenty times.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tingshuo::call::conversation::Conversation;
use tingshuo::call::dial::Cause;
use tingshuo::call::text_call::{Input, TextCall};
use tingshuo::dialog::Opening;
use tingshuo::outbound::calls::{Call, Calls, Rules};
use tingshuo::outbound::campaign::{advance, create, find};
use tingshuo::outbound::dialer::{Event, Limits};
use tingshuo::outbound::{Calendar, Move, Outcome};
use tingshuo::store::{Database, NewCampaign, NewContact, Refusal, Signed};
use tingshuo::text::{Lang, PhoneNumber};

const CONTACTS: usize = 10_000;
const DROPS: u64 = 20;
const TRUNK_PER_MINUTE: u32 = 300;
const CONCURRENT: u32 = 60;
const FREE: u32 = 100;

fn start() -> Timestamp {
    // A Monday, before anybody may be called.
    "2026-11-23T07:00+08".parse().unwrap()
}

fn number(n: usize) -> PhoneNumber {
    PhoneNumber::parse(&format!("139{n:08}")).unwrap()
}

/// What the network saw.
struct Rang {
    at: Timestamp,
    until: Timestamp,
    number: String,
    campaign: i64,
    attempt: i64,
}

/// Answers, rings out, is busy, rejects, has a machine: by a script of its own.
struct Network {
    random: SmallRng,
    log: Vec<Rang>,
    /// When calls end, and how.
    under_way: BTreeMap<(Timestamp, i64), (Call, Outcome)>,
    opted_out: HashMap<String, Timestamp>,
}

impl Network {
    fn dial(&mut self, call: Call, now: Timestamp) {
        let (outcome, seconds) = match self.random.random_range(0..100) {
            0..45 => (Outcome::Completed, self.random.random_range(15..60)),
            45..48 => (Outcome::OptedOut, 8),
            48..50 => (Outcome::Later(now + SignedDuration::from_hours(2)), 10),
            50..65 => (Outcome::Undialled(Cause::NoAnswer), 30),
            65..78 => (Outcome::Undialled(Cause::Busy), 2),
            78..84 => (Outcome::Undialled(Cause::Declined), 5),
            84..95 => (Outcome::Machine { again: true }, 6),
            95..98 => (Outcome::Undialled(Cause::NoSuchNumber), 1),
            _ => (Outcome::Undialled(Cause::Congested), 1),
        };
        let until = now + SignedDuration::from_secs(seconds);
        let number = call.begun.to.reveal().to_owned();
        self.log.push(Rang { at: now, until, number, campaign: call.campaign, attempt: call.begun.attempt });
        self.under_way.insert((until, call.begun.attempt), (call, outcome));
    }
}

fn signed() -> Signed<'static> {
    Signed { author: "limin", at: start(), key: None }
}

async fn prepare(database: &Database) -> [i64; 2] {
    let mut ids = [0; 2];
    for (campaign, (name, per_minute, needs_consent)) in [("bill", 200, false), ("plan", 150, true)].into_iter().enumerate() {
        let new = NewCampaign {
            name: name.to_owned(),
            flow: "welcome".to_owned(),
            lang: Lang::Zh,
            trunk: "a".to_owned(),
            caller: String::new(),
            week: String::new(),
            per_minute,
            concurrent: 50,
            most_attempts: 3,
            needs_consent,
            on_machine: "message".to_owned(),
        };
        ids[campaign] = create(database, &new, signed()).await.unwrap();
        // Every tenth is in both.
        let whose = |n: &usize| n.is_multiple_of(10) || n % 2 == campaign;
        let contact = |n: usize| NewContact {
            line: n as u64,
            to: number(n),
            region: if n.is_multiple_of(7) { "xinjiang".to_owned() } else { String::new() },
            lang: None,
            variables: "{}".to_owned(),
        };
        let contacts: Vec<NewContact> = (0..CONTACTS).filter(whose).map(contact).collect();
        assert!(database.contacts().add(ids[campaign], &contacts, start()).await.unwrap().is_empty());
        advance(database, &find(database, name).await.unwrap(), Move::Start, signed()).await.unwrap();
    }
    for n in (0..CONTACTS).filter(|n| n % 50 == 3) {
        database.do_not_call().add(&number(n), Refusal { campaign: None, reason: "operator", author: "limin", at: start() }).await.unwrap();
    }
    for n in (0..CONTACTS).filter(|n| n % 4 != 1) {
        database.do_not_call().consented(&number(n), "contract", start()).await.unwrap();
    }
    ids
}

async fn open(database: Database, now: Timestamp) -> Calls {
    let mut calls = Calls::new(database, Rules { kept_for_callers: 20, ..Rules::usual(Calendar::built_in(), FREE) });
    let limits = Limits { per_minute: TRUNK_PER_MINUTE, concurrent: CONCURRENT };
    calls.look(now).await.unwrap();
    calls.trunk("a", limits, now);
    calls.take(Event::Room { free: FREE }, now);
    calls
}

/// Two days of calls; gives the network's log.
async fn two_days() -> (Network, [i64; 2]) {
    let mut database = Database::temporary().await.unwrap();
    let ids = prepare(&database).await;
    let mut network =
        Network { random: SmallRng::seed_from_u64(7), log: Vec::new(), under_way: BTreeMap::new(), opted_out: HashMap::new() };
    let mut random = SmallRng::seed_from_u64(11);
    let mut now = start();
    let end = start() + SignedDuration::from_hours(40);
    let mut drops: BTreeSet<Timestamp> =
        (0..DROPS).map(|_| start() + SignedDuration::from_secs(random.random_range(2 * 3600..5 * 3600))).collect();
    let mut looks = now;
    let mut calls = open(database.clone(), now).await;
    while now < end {
        let mut to_dial = Vec::new();
        if looks <= now {
            calls.look(now).await.unwrap();
            looks = now + SignedDuration::from_secs(10);
        }
        while let Some(entry) = network.under_way.first_entry().filter(|entry| entry.key().0 <= now) {
            let (call, outcome) = entry.remove();
            if outcome == Outcome::OptedOut {
                network.opted_out.insert(call.begun.to.reveal().to_owned(), now);
            }
            let over = calls.ends().end(&call, outcome, now).await;
            to_dial.extend(calls.over(over, now).await);
        }
        to_dial.extend(calls.handle(Event::Tick, now).await);
        if drops.first().is_some_and(|drop| *drop <= now) {
            drops.pop_first();
            // Of what was to be dialled some is, and the process dies, its calls with it.
            let dialled = random.random_range(0..=to_dial.len());
            for call in to_dial.drain(..).take(dialled) {
                network.dial(call, now);
            }
            network.under_way.clear();
            for rang in network.log.iter_mut().rev().take(CONCURRENT as usize * 2) {
                rang.until = rang.until.min(now);
            }
            drop(calls);
            database = database.reopened().await.unwrap();
            calls = open(database.clone(), now).await;
        }
        for call in to_dial {
            network.dial(call, now);
        }
        let ends = network.under_way.keys().next().map(|(at, _)| *at);
        let next = [Some(looks), calls.wakes(), ends].into_iter().flatten().min().unwrap_or(end);
        now = next.max(now + SignedDuration::from_millis(1));
    }
    assert!(drops.is_empty());
    (network, ids)
}

/// When calls may go, said apart from the calendar file.
fn may_ring(at: Timestamp, is_xinjiang: bool) -> bool {
    let (zone, quiet) = if is_xinjiang { ("Asia/Urumqi", 13 * 60..15 * 60) } else { ("Asia/Shanghai", 12 * 60..14 * 60) };
    let local = TimeZone::get(zone).unwrap().to_datetime(at);
    let minute = u32::from(local.hour().unsigned_abs()) * 60 + u32::from(local.minute().unsigned_abs());
    assert!(local.weekday() != Weekday::Saturday && local.weekday() != Weekday::Sunday);
    (9 * 60..20 * 60 + 30).contains(&minute) && !quiet.contains(&minute)
}

#[tokio::test]
async fn no_rule_is_broken_and_nobody_dialled_twice_whatever_dies() {
    let (network, [_, plan]) = two_days().await;
    let log = &network.log;
    assert!(log.len() > 12_000, "{}", log.len());
    let attempts: BTreeSet<i64> = log.iter().map(|rang| rang.attempt).collect();
    assert_eq!(attempts.len(), log.len(), "an attempt was dialled twice");
    let mut by_number: HashMap<&str, Vec<&Rang>> = HashMap::new();
    for rang in log {
        let n: usize = rang.number.strip_prefix("139").unwrap().parse().unwrap();
        assert!(may_ring(rang.at, n.is_multiple_of(7)), "{n} at {}", rang.at);
        assert_ne!(n % 50, 3, "{n} is not to be called");
        assert!(rang.campaign != plan || n % 4 != 1, "{n} has not agreed");
        assert!(network.opted_out.get(&rang.number).is_none_or(|since| rang.at < *since), "{n} wanted no more calls");
        by_number.entry(&rang.number).or_default().push(rang);
    }
    for (number, calls) in by_number {
        let within = |span: i64| calls.windows(3).filter(|three| three[2].at.duration_since(three[0].at).as_hours() < span).count();
        assert_eq!(within(24), 0, "{number} was called three times in a day");
        for two in calls.windows(2) {
            assert!(two[0].until <= two[1].at, "{number} was called while he was called");
        }
    }
    let mut under_way: Vec<(Timestamp, i32)> = log.iter().flat_map(|rang| [(rang.at, 1), (rang.until, -1)]).collect();
    under_way.sort_unstable();
    let mut most = 0;
    under_way.iter().fold(0, |now, (_, change)| {
        most = most.max(now + change);
        now + change
    });
    assert!(most <= CONCURRENT as i32, "{most} at one time");
    // One more than the pace has room for, and one when the process that keeps it was another.
    for calls in log.windows(TRUNK_PER_MINUTE as usize + 3) {
        let span = calls[calls.len() - 1].at.duration_since(calls[0].at);
        assert!(span >= SignedDuration::from_secs(60), "too fast at {}", calls[0].at);
    }
}

#[tokio::test]
async fn what_a_call_came_to_stands_when_its_process_dies() {
    let now: Timestamp = "2026-11-23T10:00+08".parse().unwrap();
    let services = super::scenarios_text::house(now.to_zoned(TimeZone::get("Asia/Shanghai").unwrap()).datetime()).await;
    let database = services.database.clone();
    prepare(&database).await;
    let mut calls = open(database.clone(), now).await;
    let mut under_way = Vec::new();
    for (second, said) in ["打错了", "下午三点再打", "是我", "请说慢一点"].into_iter().enumerate() {
        let call = calls.handle(Event::Tick, now + SignedDuration::from_secs(second as i64)).await.swap_remove(0);
        let row =
            [("name", "王先生"), ("amount", "128.50"), ("due", "2026-11-30")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let opening = Opening {
            caller: Some(call.begun.to.clone()),
            lang: call.lang,
            now: now.to_zoned(call.zone.clone()).datetime(),
            survey: false,
            by_keys: false,
            errand: Some(services.engine.flows().errand("bill_due", &row.into()).unwrap()),
            call_id: format!("call-{second}"),
        };
        let (mut conversation, _) = TextCall::begin(Conversation::new(services.clone(), opening)).await;
        conversation.take(Input::Words(said)).await;
        under_way.push(call);
    }
    drop((calls, services));
    let database = database.reopened().await.unwrap();
    open(database.clone(), now + SignedDuration::from_mins(1)).await;
    let mut became = Vec::new();
    for call in &under_way {
        let contact = database.contacts().find(call.campaign, call.begun.contact).await.unwrap().unwrap();
        became.push((contact.state, contact.outcome.unwrap(), contact.next));
    }
    let three = jiff::civil::date(2026, 11, 23).at(15, 0, 0, 0).to_zoned(under_way[1].zone.clone()).unwrap().timestamp();
    let told: Vec<(&str, &str)> = became.iter().map(|(state, outcome, _)| (state.as_str(), outcome.as_str())).collect();
    assert_eq!(told, [("stopped", "wrong_person"), ("waiting", "later"), ("done", "completed"), ("waiting", "lost")]);
    assert_eq!(became[1].2, three);
    assert_eq!(became[3].2, now + SignedDuration::from_mins(31));
}
