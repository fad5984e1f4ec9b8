//! What is kept of calls while somebody has the recording paused: with an agent in the browser, with one on a telephone, and with the service alone.

use super::access::{Visitor, add, user};
use super::desk::{Agent, record, rules, service, sing, wants_a_person};
use super::desk_phones::{hears_a_tone, over_trunk, packet};
use super::live::{Service, Socket, hears, press};
use super::program::Folder;
use super::sip::exchange::Exchange;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tingshuo::security::Role;
use tingshuo::store::{CallRecord, Database};
use tingshuo::text::Value as Kept;
use tokio::net::UdpSocket;

/// Both sing for a second.
async fn sing_together(an: &Agent, caller: &mut Socket) {
    tokio::join!(an.sing(), sing(caller));
}

/// Somebody on the telephone who never stops.
async fn speaks(phone: Arc<UdpSocket>, port: u16) {
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    for number in 0.. {
        pace.tick().await;
        phone.send_to(&packet(number), ("127.0.0.1", port)).await.unwrap();
    }
}

impl Agent {
    async fn pauses(&mut self, paused: bool) {
        self.send(json!({ "type": "pause_recording", "paused": paused }));
        self.sees_recording(if paused { "paused" } else { "running" }).await;
    }

    async fn sees_recording(&mut self, standing: &str) {
        self.until("view", |view| view["recording"] == standing).await;
    }

    async fn sees_key(&mut self, shown: &str) {
        let told = self.until("keys", |_| true).await;
        assert_eq!(told["keys"], shown);
    }
}

/// Another system pauses the recording of a call, or lets it go on.
async fn put(service: &Service, call: &str, paused: bool) -> (u16, String) {
    let path = format!("/api/v1/calls/{call}/recording");
    let answer = Visitor::system(service).ask(Method::PUT, &path).body(json!({ "paused": paused }).to_string()).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Who turned the recording, and when.
fn turned(record: &CallRecord) -> Vec<(&str, String, u32)> {
    let turns = record.events.iter().filter(|event| event.kind.starts_with("recording_"));
    turns.map(|event| (event.kind.as_str(), text(&event.detail["by"]).to_owned(), event.at_ms)).collect()
}

fn text(value: &Kept) -> &str {
    match value {
        Kept::Text(text) => text,
        other => panic!("{other:?} is no text"),
    }
}

/// The recording of a call that is over.
struct Sound(Vec<i16>);

impl Sound {
    fn of(service: &Service, call: &str) -> Sound {
        let samples = hound::WavReader::open(service.folder.join("recordings").join(format!("{call}.wav"))).unwrap().into_samples::<i16>();
        Sound(samples.collect::<Result<_, _>>().unwrap())
    }

    /// Samples that are not silent.
    fn level(&self, side: usize, from_ms: u32, to_ms: u32) -> usize {
        let part = self.0.chunks_exact(2).skip(from_ms as usize * 16).take((to_ms.saturating_sub(from_ms)) as usize * 16);
        part.filter(|pair| pair[side].unsigned_abs() > 1_000).count()
    }
}

fn joined_ms(record: &CallRecord) -> u32 {
    record.events.iter().find(|event| event.kind == "person_joined").unwrap().at_ms
}

/// An agent has it paused twice; `goes_on` lets it go on the first time, and the service when the agent is gone.
#[track_caller]
fn is_kept_but_for_pauses(service: &Service, record: &CallRecord, call: &str, goes_on: &str) {
    let turned = turned(record);
    let named: Vec<(&str, &str)> = turned.iter().map(|(kind, by, _)| (*kind, by.as_str())).collect();
    let expected =
        [("recording_paused", "an"), ("recording_resumed", goes_on), ("recording_paused", "an"), ("recording_resumed", "service")];
    assert_eq!(named, expected);
    let (sound, joined) = (Sound::of(service, call), joined_ms(record));
    let [paused, resumed, again, end] = [0, 1, 2, 3].map(|n| turned[n].2);
    for side in [0, 1] {
        let kept = (sound.level(side, joined, paused), sound.level(side, resumed, again));
        assert!(kept.0 > 4_000 && kept.1 > 4_000, "side {side} is kept: {kept:?}");
        assert_eq!((sound.level(side, paused, resumed), sound.level(side, again, end)), (0, 0), "side {side} is kept while paused");
    }
    assert!(sound.level(1, end, u32::MAX) > 1_000, "the service's goodbye is kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_sides_are_kept_with_a_person_and_nothing_of_them_while_paused() {
    let service = service(&[("an", Role::Agent)]);
    let (mut an, _) = Agent::ready(&service, "an").await;
    let mut caller = wants_a_person(&service).await;
    an.does("ringing").await;
    an.say("accept");
    let view = an.does("talking").await;
    assert_eq!(view["recording"], "running");
    let call = view["call"].as_str().unwrap().to_owned();
    sing_together(&an, &mut caller).await;
    press(&mut caller, "7").await;
    an.sees_key("7").await;
    an.pauses(true).await;
    sing_together(&an, &mut caller).await;
    // The number of a card, perhaps: that keys are pressed is seen, and not which ones.
    for key in ["4", "0", "#"] {
        press(&mut caller, key).await;
        an.sees_key("•").await;
    }
    // Another system lets it go on, which the agent sees.
    let (status, body) = put(&service, &call, false).await;
    assert_eq!((status, serde_json::from_str::<Value>(&body).unwrap()), (200, json!({ "call": call, "recording": "running" })));
    assert_eq!(put(&service, "another", false).await.0, 404);
    an.sees_recording("running").await;
    press(&mut caller, "8").await;
    an.sees_key("8").await;
    sing_together(&an, &mut caller).await;
    // Who hangs up without letting it go on is not waited for.
    an.pauses(true).await;
    sing_together(&an, &mut caller).await;
    an.say("hang_up");
    hears(&mut caller, "感谢来电").await;
    while matches!(futures_util::StreamExt::next(&mut caller).await, Some(Ok(_))) {}
    assert_eq!(put(&service, &call, true).await.0, 404);

    let record = record(&service, &call).await;
    let system = turned(&record)[1].1.clone();
    assert_ne!(system, "an");
    is_kept_but_for_pauses(&service, &record, &call, &system);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_paused_as_well_while_the_agent_speaks_on_a_telephone() {
    let (folder, mut phone) = (Folder::new(), Exchange::open().await);
    let service = over_trunk(&rules(&folder), &phone);
    add(&service, "an", Role::Agent);
    assert!(user(&service, &["phone", "an", "sip:201@pbx.example"]).0);
    let (mut an, _) = Agent::ready(&service, "an").await;
    let mut caller = wants_a_person(&service).await;
    an.does("ringing").await;
    an.say("accept");
    let invite = phone.asked("INVITE").await;
    let voice = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
    let [unused, used] = [&phone.sound, &*voice].map(|socket| format!("m=audio {} ", socket.local_addr().unwrap().port()));
    phone.reply(&invite, 200, "", &phone.answer("8 101").replace(&unused, &used)).await;
    phone.asked("ACK").await;
    let speaking = tokio::spawn(speaks(voice.clone(), invite.media_port()));
    let view = an.until("view", |view| view["phone"] == "answered" && view["doing"] == "talking").await;
    let call = view["call"].as_str().unwrap().to_owned();
    sing(&mut caller).await;
    an.pauses(true).await;
    // They still hear each other.
    tokio::join!(sing(&mut caller), hears_a_tone(&voice));
    press(&mut caller, "4").await;
    an.sees_key("•").await;
    an.pauses(false).await;
    press(&mut caller, "8").await;
    an.sees_key("8").await;
    sing(&mut caller).await;
    // Who puts the telephone down while it is paused is not waited for.
    an.pauses(true).await;
    sing(&mut caller).await;
    phone.ask(&invite, "BYE", 1, "", "").await;
    speaking.abort();
    hears(&mut caller, "感谢来电").await;
    while matches!(futures_util::StreamExt::next(&mut caller).await, Some(Ok(_))) {}

    let record = record(&service, &call).await;
    is_kept_but_for_pauses(&service, &record, &call, "an");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_written_down_of_what_is_keyed_to_the_service_while_another_system_has_it_paused() {
    let service = service(&[]);
    let mut caller = service.softphone().await;
    hears(&mut caller, "人工请按零").await;
    let database = Database::open(&service.folder.join("calls.db")).await.unwrap();
    let call = database.calls().latest(1).await.unwrap().remove(0).id;
    assert_eq!(put(&service, &call, true).await.0, 200);
    press(&mut caller, "1").await;
    hears(&mut caller, "一百二十八块五").await;
    assert_eq!(put(&service, &call, false).await.0, 200);
    press(&mut caller, "0").await;
    hears(&mut caller, "现在没有同事在线").await;
    caller.close(None).await.unwrap();

    let record = record(&service, &call).await;
    let [paused, resumed] = [0, 1].map(|n| turned(&record)[n].2);
    let [hidden, kept] = &record.turns[..] else { panic!("{:?}", record.turns) };
    assert!(hidden.secret && hidden.slots.is_empty() && is_starred(&hidden.heard) && is_starred(&hidden.said), "{hidden:?}");
    assert!(!kept.secret && kept.heard == "0" && kept.said.contains("同事"), "{kept:?}");
    let said = record.events.iter().filter(|event| event.kind == "said_began" && (paused..resumed).contains(&event.at_ms));
    let said: Vec<&str> = said.map(|event| text(&event.detail["text"])).collect();
    assert!(!said.is_empty() && said.iter().all(|text| is_starred(text)), "{said:?}");
}

fn is_starred(text: &str) -> bool {
    text.contains('*') && !text.contains(char::is_alphanumeric)
}
