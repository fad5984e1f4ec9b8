//! Agents who speak on a SIP telephone: the desk with a telephone that says what a test wants, and the real program once.

use super::access::{Visitor, add, user};
use super::desk::{Agent, hears_a_voice, kinds, record, rules, sing, wants_a_person};
use super::live::{Service, Socket, hears};
use super::program::Folder;
use super::sip::exchange::Exchange;
use super::sip::phone::{Echo, free_ports, serve, settings, until};
use super::sip::wire::{Message, PATIENCE};
use futures_util::StreamExt;
use reqwest::Method;
use serde_json::json;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tingshuo::audio::FRAME_SAMPLES;
use tingshuo::business::clock;
use tingshuo::call::conference::{Party, Role};
use tingshuo::call::dial::Cause;
use tingshuo::call::line::Packets;
use tingshuo::call::recording::Kept;
use tingshuo::call::transfer::{CallEnd, Case, FromCall, ToCall, TransferPort, handover};
use tingshuo::care::{Handbook, WorkOrders};
use tingshuo::desk::station::Doing;
use tingshuo::desk::{AgentId, Books, CallerId, FromAgent, Hub, Person, Rules, Station, Telephones, ToAgent};
use tingshuo::dialog::{TransferFailure, TransferReason};
use tingshuo::line::sip::server::Server;
use tingshuo::security::Role as Post;
use tingshuo::store::Database;
use tingshuo::text::{Lang, PhoneNumber, Record};
use tokio::net::UdpSocket;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message as Page;

/// An agent whose telephone is an exchange, and the service that calls it.
struct Scene {
    hub: Hub,
    phone: Exchange,
    server: Arc<Server<Echo>>,
    station: Station,
    /// Of calls to telephones that have ended.
    packets: Arc<Mutex<Packets>>,
}

fn person(phone: &Exchange, id: &str, leads: bool) -> Person {
    let address = format!("sip:201@{}", phone.address);
    Person { id: AgentId(id.into()), shown: id.into(), skills: ["zh".into()].into(), leads, phone: Some(address) }
}

async fn scene() -> Scene {
    let (server, _) = serve(Echo::default(), settings()).await;
    let (server, phone) = (Arc::new(server), Exchange::open().await);
    let text = std::fs::read_to_string(rules(&Folder::new())).unwrap().replace("ring: 3", "ring: 1");
    let handbook = Handbook::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("care")).unwrap();
    let database = Database::temporary().await.unwrap();
    let books = Books { orders: WorkOrders::new(database.clone(), Arc::new(handbook)), database, clock: clock::system() };
    let packets = Arc::new(Mutex::new(Packets::default()));
    let counted = packets.clone();
    let telephones = Telephones::over(server.clone(), None, move |packets| *counted.lock().unwrap() += packets);
    let (hub, task) = Hub::new(Rules::parse("desk.yaml", &text).unwrap(), books, Some(telephones));
    tokio::spawn(task);
    let station = hub.open(person(&phone, "an", false)).await.unwrap();
    station.say(FromAgent::Ready).await.unwrap();
    Scene { hub, phone, server, station, packets }
}

impl Scene {
    /// Somebody calls and wants a person.
    fn call(&self, id: &str) -> CallEnd {
        let (end, desk_end) = handover();
        let case = Case {
            call_id: id.into(),
            since: clock::system()(),
            caller: PhoneNumber::parse("13800000001"),
            lang: Lang::Zh,
            verified: false,
            reason: TransferReason::CallerAsked,
            intent: None,
            slots: Record::new(),
            transcript: Vec::new(),
            tried: Vec::new(),
            known: None,
            suggestions: Vec::new(),
            kept: Kept::Not,
            passed_on: Vec::new(),
        };
        self.hub.ask(case, desk_end);
        end
    }

    /// A call whose agent has accepted, and whose telephone rings.
    async fn ringing(&mut self) -> (CallEnd, Message) {
        let end = self.call("c1");
        does(&mut self.station, Doing::Ringing).await;
        self.station.say(FromAgent::Accept).await.unwrap();
        let invite = self.phone.asked("INVITE").await;
        (end, invite)
    }

    /// One that was answered.
    async fn talking(&mut self) -> (CallEnd, Message, Party) {
        let (mut end, invite) = self.ringing().await;
        self.phone.reply(&invite, 200, "", &self.phone.answer("8 101")).await;
        self.phone.asked("ACK").await;
        let ToCall::Seat { party, role: Role::Agent, name } = next(&mut end).await else { panic!("nobody came") };
        assert_eq!(name, "an");
        (end, invite, party)
    }

    async fn is_hung_up(&mut self) {
        let bye = self.phone.asked("BYE").await;
        self.phone.reply(&bye, 200, "", "").await;
        until(|| self.server.calls() == 0).await;
    }
}

async fn told(station: &mut Station) -> ToAgent {
    timeout(PATIENCE, station.from_desk.recv()).await.expect("a word of the desk").expect("the desk is there")
}

async fn does(station: &mut Station, doing: Doing) {
    while !matches!(told(station).await, ToAgent::View(view) if view.doing == doing) {}
}

async fn next(call: &mut CallEnd) -> ToCall {
    timeout(PATIENCE, call.from_desk.recv()).await.expect("a word of the desk").expect("the desk has not let go")
}

pub fn packet(number: u16) -> Vec<u8> {
    let timestamp = u32::from(number) * 160;
    let loud: Vec<u8> = (0..160u32).map(|n| (n * 37) as u8 & 0x7f).collect();
    [&[0x80, 8][..], &number.to_be_bytes(), &timestamp.to_be_bytes(), &7u32.to_be_bytes(), &loud].concat()
}

/// A-law that is not silent.
fn is_loud(packet: &[u8]) -> bool {
    packet.len() > 12 && packet[1] & 0x7f == 8 && packet[12..].iter().any(|byte| byte & 0x7f != 0x55)
}

#[tokio::test]
async fn the_telephones_sound_goes_where_a_browsers_would() {
    let mut scene = scene().await;
    let (mut end, invite, own) = scene.talking().await;
    let port = invite.media_port();
    let heard = async {
        let mut pace = tokio::time::interval(Duration::from_millis(20));
        let (mut buffer, mut at_phone, mut at_caller, mut number) = ([0; 2_048], false, false, 0);
        while !(at_phone && at_caller) {
            pace.tick().await;
            number += 1;
            scene.phone.sound.send_to(&packet(number), ("127.0.0.1", port)).await.unwrap();
            end.to_desk.send(FromCall::Sound { party: own, frame: Box::new([0.5; FRAME_SAMPLES]) }).await.unwrap();
            while let Ok((length, _)) = scene.phone.sound.try_recv_from(&mut buffer) {
                at_phone |= is_loud(&buffer[..length]);
            }
            while let Ok(what) = end.from_desk.try_recv() {
                at_caller |=
                    matches!(what, ToCall::Sound { party, samples } if party == own && samples.iter().any(|sample| sample.abs() > 0.1));
            }
        }
    };
    timeout(PATIENCE, heard).await.expect("both hear each other");
    // What a page sends meanwhile is nobody's voice.
    while end.from_desk.try_recv().is_ok() {}
    scene.station.say(FromAgent::Hold(true)).await.unwrap();
    while next(&mut end).await != ToCall::Hold(true) {}
    scene.station.say(FromAgent::HangUp).await.unwrap();
    while next(&mut end).await != ToCall::Served {}
    scene.is_hung_up().await;
    does(&mut scene.station, Doing::WrapUp).await;
    let packets = *scene.packets.lock().unwrap();
    assert!(packets.received > 0 && packets.lost == 0 && packets.foreign == 0, "{packets:?}");
}

#[tokio::test]
async fn who_is_put_on_hold_by_the_telephones_own_key_is_on_hold_at_the_desk() {
    let mut scene = scene().await;
    let (mut end, invite, _) = scene.talking().await;
    let mut sequence = 0;
    for (lines, held) in [("a=sendonly\r\n", true), ("", false), ("a=inactive\r\n", true)] {
        sequence += 1;
        scene.phone.offer_again(&invite, sequence, &format!("{}{lines}", scene.phone.answer("8 101"))).await;
        while next(&mut end).await != ToCall::Hold(held) {}
        let phone = if held { "holds" } else { "answered" };
        while !matches!(told(&mut scene.station).await, ToAgent::View(view) if view.held == held && view.phone == Some(phone)) {}
    }
    // What the page says meanwhile holds when the telephone does not any more, and the other way round.
    scene.station.say(FromAgent::Hold(true)).await.unwrap();
    while next(&mut end).await != ToCall::Hold(true) {}
    scene.phone.offer_again(&invite, sequence + 1, &scene.phone.answer("8 101")).await;
    while next(&mut end).await != ToCall::Hold(true) {}
    scene.station.say(FromAgent::Hold(false)).await.unwrap();
    while next(&mut end).await != ToCall::Hold(false) {}
    // Who hangs up while the caller is on hold has finished.
    scene.phone.offer_again(&invite, sequence + 2, &format!("{}a=sendonly\r\n", scene.phone.answer("8 101"))).await;
    while next(&mut end).await != ToCall::Hold(true) {}
    scene.phone.ask(&invite, "BYE", sequence + 3, "", "").await;
    while next(&mut end).await != ToCall::Served {}
    does(&mut scene.station, Doing::WrapUp).await;
}

#[tokio::test]
async fn whoever_hangs_up_the_telephone_has_finished() {
    let mut scene = scene().await;
    let (mut end, invite, _) = scene.talking().await;
    scene.phone.ask(&invite, "BYE", 1, "", "").await;
    while next(&mut end).await != ToCall::Served {}
    does(&mut scene.station, Doing::WrapUp).await;
}

#[tokio::test]
async fn a_telephone_that_is_not_reached_gives_the_caller_to_the_next_and_back() {
    for (code, cause) in [(486, Cause::Busy), (480, Cause::NoAnswer), (603, Cause::Declined), (404, Cause::NoSuchNumber)] {
        let mut scene = scene().await;
        let (mut end, invite) = scene.ringing().await;
        scene.phone.reply(&invite, code, "", "").await;
        assert_eq!(next(&mut end).await, ToCall::Unreached { name: "an".into(), why: cause.name() });
        assert_eq!(next(&mut end).await, ToCall::Back(TransferFailure::Declined), "nobody else is there");
        does(&mut scene.station, Doing::Away).await;
        assert_eq!(told(&mut scene.station).await, ToAgent::PhoneFailed(cause));
    }
    // One that just rings is given up, and somebody else is asked.
    let mut scene = scene().await;
    let (mut end, invite) = scene.ringing().await;
    let browser = Person { phone: None, ..person(&scene.phone, "bo", false) };
    let mut other = scene.hub.open(browser).await.unwrap();
    other.say(FromAgent::Ready).await.unwrap();
    scene.phone.reply(&invite, 180, "", "").await;
    let cancel = scene.phone.asked("CANCEL").await;
    scene.phone.reply(&cancel, 200, "", "").await;
    scene.phone.reply(&invite, 487, "", "").await;
    assert_eq!(next(&mut end).await, ToCall::Unreached { name: "an".into(), why: "no_answer" });
    does(&mut other, Doing::Ringing).await;
    other.say(FromAgent::Accept).await.unwrap();
    while !matches!(next(&mut end).await, ToCall::Seat { name, .. } if name == "bo") {}
}

#[tokio::test]
async fn without_telephony_nobody_is_called_and_the_agent_is_told() {
    let mut scene = scene().await;
    let books_of = Database::temporary().await.unwrap();
    let handbook = Handbook::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("care")).unwrap();
    let books = Books { orders: WorkOrders::new(books_of.clone(), Arc::new(handbook)), database: books_of, clock: clock::system() };
    let text = std::fs::read_to_string(rules(&Folder::new())).unwrap();
    let (hub, task) = Hub::new(Rules::parse("desk.yaml", &text).unwrap(), books, None);
    tokio::spawn(task);
    (scene.hub, scene.station) = (hub.clone(), hub.open(person(&scene.phone, "an", false)).await.unwrap());
    scene.station.say(FromAgent::Ready).await.unwrap();
    let mut end = scene.call("c1");
    does(&mut scene.station, Doing::Ringing).await;
    scene.station.say(FromAgent::Accept).await.unwrap();
    assert_eq!(next(&mut end).await, ToCall::Unreached { name: "an".into(), why: "no_trunk" });
}

#[tokio::test]
async fn a_caller_who_leaves_stops_the_ringing() {
    let mut scene = scene().await;
    let (end, invite) = scene.ringing().await;
    scene.phone.reply(&invite, 180, "", "").await;
    drop(end);
    let cancel = scene.phone.asked("CANCEL").await;
    scene.phone.reply(&cancel, 200, "", "").await;
    scene.phone.reply(&invite, 487, "", "").await;
    does(&mut scene.station, Doing::Ready).await;
    until(|| scene.server.calls() == 0).await;
}

#[tokio::test]
async fn a_page_that_is_gone_leaves_the_conversation_alone() {
    let mut scene = scene().await;
    let (mut end, invite, party) = scene.talking().await;
    let again = person(&scene.phone, "an", false);
    scene.station = scene.hub.open(again.clone()).await.unwrap();
    does(&mut scene.station, Doing::Talking).await;
    // Longer than a broken line in the browser would be waited for.
    let (_, nobody) = tokio::sync::mpsc::channel(1);
    drop(std::mem::replace(&mut scene.station.from_desk, nobody));
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    for number in 0..300 {
        pace.tick().await;
        scene.phone.sound.send_to(&packet(number), ("127.0.0.1", invite.media_port())).await.unwrap();
        while let Ok(what) = end.from_desk.try_recv() {
            assert!(matches!(what, ToCall::Sound { party: own, .. } if own == party), "{what:?}");
        }
    }
    scene.station = scene.hub.open(again).await.unwrap();
    does(&mut scene.station, Doing::Talking).await;
    scene.phone.ask(&invite, "BYE", 1, "", "").await;
    while next(&mut end).await != ToCall::Served {}
}

#[tokio::test]
async fn who_takes_over_on_a_telephone_answers_it_first() {
    let mut scene = scene().await;
    let (mut end, _, party) = scene.talking().await;
    let mut phone = Exchange::open().await;
    let lead = scene.hub.open(person(&phone, "li", true)).await.unwrap();
    lead.say(FromAgent::TakeOver { caller: CallerId("c1".into()) }).await.unwrap();
    let invite = phone.asked("INVITE").await;
    phone.reply(&invite, 180, "", "").await;
    while let Ok(what) = end.from_desk.try_recv() {
        assert!(matches!(what, ToCall::Sound { .. }), "the agent still has the caller: {what:?}");
    }
    phone.reply(&invite, 200, "", &phone.answer("8 101")).await;
    phone.asked("ACK").await;
    while next(&mut end).await != (ToCall::Unseat { party }) {}
    while !matches!(next(&mut end).await, ToCall::Seat { name, role: Role::Agent, .. } if name == "li") {}
    let bye = scene.phone.asked("BYE").await;
    scene.phone.reply(&bye, 200, "", "").await;
    does(&mut scene.station, Doing::WrapUp).await;
}

/// A second of sound from the telephone.
pub async fn sings(phone: &Exchange, port: u16) {
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    for number in 0..75 {
        pace.tick().await;
        phone.sound.send_to(&packet(number), ("127.0.0.1", port)).await.unwrap();
    }
}

pub async fn hears_a_tone(phone: &UdpSocket) {
    let mut buffer = [0; 2_048];
    let heard = async {
        loop {
            let (length, _) = phone.recv_from(&mut buffer).await.unwrap();
            if is_loud(&buffer[..length]) {
                return;
            }
        }
    };
    timeout(PATIENCE, heard).await.expect("the caller is heard on the telephone");
}

/// A second of sound that is soft, as the tune is.
async fn hears_music(caller: &mut Socket) {
    let music = async {
        let mut heard = 0;
        while heard < 16_000 {
            let Some(Ok(message)) = caller.next().await else { return false };
            let Page::Binary(bytes) = message else { continue };
            let samples: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|sample| i16::from_le_bytes(*sample).unsigned_abs()).collect();
            // What the telephone said before is loud.
            let is_soft = samples.iter().all(|sample| *sample < 14_000);
            heard = if is_soft { heard + samples.iter().filter(|sample| **sample > 100).count() } else { 0 };
        }
        true
    };
    assert!(timeout(PATIENCE, music).await.unwrap_or(false), "no music came");
}

/// The program with a desk by these rules, whose telephones are reached over a trunk to `pbx`.
pub fn over_trunk(rules: &str, pbx: &Exchange) -> Service {
    let ports = free_ports();
    Service::start(&format!(
        "most = 9\nhearing = 0\n[desk]\nrules = {rules:?}\nphone_trunk = \"main\"\n[sip]\nlisten = [\"udp:127.0.0.1:0\"]\nmedia_ports = [{}, {}]\n[sip.trunks.main]\nserver = \"udp:{}\"\nnumber = \"10086\"\n",
        ports.start(),
        ports.end(),
        pbx.address
    ))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_calls_an_agents_telephone_over_the_trunk() {
    let (folder, mut phone) = (Folder::new(), Exchange::open().await);
    let service = over_trunk(&rules(&folder), &phone);
    [("an", Post::Agent), ("li", Post::Supervisor)].iter().for_each(|(name, role)| add(&service, name, *role));
    assert!(!user(&service, &["phone", "an", "the office"]).0, "that is no address");
    let (done, told) = user(&service, &["phone", "an", "sip:201@pbx.example"]);
    assert!(done && told.contains("an speaks on sip:201@pbx.example"), "{told}");
    let (mut an, _) = Agent::ready(&service, "an").await;
    let mut caller = wants_a_person(&service).await;
    let call = an.until("case", |_| true).await["call"].as_str().unwrap().to_owned();
    // Busy once: nobody else is there, and the flow goes on.
    an.say("accept");
    let invite = phone.asked("INVITE").await;
    assert!(
        invite.0.starts_with("INVITE sip:201@pbx.example SIP/2.0\r\n") && invite.header("From").unwrap().contains("10086"),
        "{}",
        invite.0
    );
    phone.reply(&invite, 486, "", "").await;
    assert_eq!(an.until("phone_failed", |_| true).await["why"], "busy");
    hears(&mut caller, "请按").await;
    an.say("ready");
    an.does("ready").await;
    super::live::press(&mut caller, "0").await;
    an.does("ringing").await;
    an.say("accept");
    let invite = phone.asked("INVITE").await;
    phone.reply(&invite, 180, "", "").await;
    an.until("view", |view| view["phone"] == "rings" && view["doing"] == "ringing").await;
    phone.reply(&invite, 200, "", &phone.answer("8 101")).await;
    phone.asked("ACK").await;
    an.until("view", |view| view["phone"] == "answered" && view["doing"] == "talking").await;
    // A supervisor listens as to any call.
    let (mut li, _) = Agent::sign_in(&service, "li").await;
    li.send(json!({ "type": "join", "call": call, "role": "listener" }));
    li.until("view", |view| view["beside"]["role"] == "listener").await;
    tokio::join!(sings(&phone, invite.media_port()), hears_a_voice(&mut caller));
    tokio::join!(sing(&mut caller), hears_a_tone(&phone.sound));
    // He has put the caller on hold: there is music. The telephone has no other sound to send any more.
    phone.offer_again(&invite, 1, &format!("{}a=inactive\r\n", phone.answer("8 101"))).await;
    an.until("view", |view| view["phone"] == "holds" && view["held"] == true).await;
    hears_music(&mut caller).await;
    phone.offer_again(&invite, 2, &phone.answer("8 101")).await;
    an.until("view", |view| view["phone"] == "answered" && view["held"] == false).await;
    li.until("view", |view| view["beside"]["role"] == "listener" || view["doing"] == "away").await;
    phone.ask(&invite, "BYE", 3, "", "").await;
    hears(&mut caller, "感谢来电").await;
    an.does("wrap_up").await;
    // The caller's own sound is no packets.
    let received = async {
        loop {
            let figures = Visitor::system(&service).ask(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
            let received = figures.lines().find_map(|line| line.strip_prefix("tingshuo_rtp_packets_total{fate=\"received\"} ")).unwrap();
            if received.parse::<u64>().unwrap() > 0 {
                return;
            }
        }
    };
    timeout(PATIENCE, received).await.expect("the telephone's packets are counted");
    caller.close(None).await.unwrap();
    let record = record(&service, &call).await;
    let unreached = record.events.iter().find(|event| event.kind == "person_unreached").expect("that the telephone was busy");
    assert!(format!("{:?}", unreached.detail).contains("busy"), "{unreached:?}");
    assert!(kinds(&record).contains(&"person_joined") && kinds(&record).contains(&"person_left"), "{:?}", kinds(&record));
    assert!(li.heard > 4_000, "the conversation was listened to: {} samples", li.heard);
}
