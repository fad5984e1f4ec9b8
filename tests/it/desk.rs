//! People who take callers over, with the real program on loopback: agents at `/desk/line`, callers at the softphone's door, by keys.
//!
//! Nothing depends on how fast this machine is: every wait has a generous end, and how soon a caller heard something is read in the call's record.

use super::access::{PASSWORD, Visitor, add};
use super::live::{Service, Socket, hears, press};
use super::program::Folder;
use super::sip::phone::free_ports;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tingshuo::security::Role;
use tingshuo::store::{CallRecord, Database};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

const PATIENCE: Duration = Duration::from_secs(120);
/// What a caller whom nobody takes is told by then, on the call's own clock.
const AT_ONCE_MS: u32 = 2_000;

/// Rules with which people are always there, and with short times.
pub fn rules(folder: &Folder) -> String {
    let mut text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/desk/desk.yaml")).unwrap();
    for day in ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] {
        text = text.replace(&format!("{day}: 08:00-20:00"), &format!("{day}: 00:00-24:00"));
        text = text.replace(&format!("{day}: 09:00-18:00"), &format!("{day}: 00:00-24:00"));
    }
    let holidays = text.lines().find(|line| line.starts_with("holidays:")).unwrap().to_owned();
    text = text.replace(&holidays, "holidays: []");
    for (from, to) in
        [("ring: 20", "ring: 3"), ("wrap_up: 30", "wrap_up: 600"), ("come_back: 15", "come_back: 4"), ("quiet_line: 1.5", "quiet_line: 60")]
    {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    let path = folder.join("desk.yaml");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// A service whose callers use the keys, with agents who may sign in.
pub fn service(agents: &[(&str, Role)]) -> Service {
    let folder = Folder::new();
    let service = Service::start(&format!("most = 9\nhearing = 0\n[desk]\nrules = {:?}", rules(&folder)));
    agents.iter().for_each(|(name, role)| add(&service, name, *role));
    service
}

/// An agent's page: signs of life go out by themselves, and what comes is kept until it is looked at.
pub struct Agent {
    out: mpsc::UnboundedSender<Message>,
    coming: mpsc::UnboundedReceiver<Message>,
    page: JoinHandle<()>,
    /// Samples that were not silent.
    pub heard: usize,
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.page.abort();
    }
}

async fn page(mut socket: Socket, mut out: mpsc::UnboundedReceiver<Message>, coming: mpsc::UnboundedSender<Message>) {
    let mut alive = tokio::time::interval(Duration::from_secs(2));
    loop {
        tokio::select! {
            _ = alive.tick() => drop(socket.send(Message::text(json!({ "type": "alive" }).to_string())).await),
            Some(message) = out.recv() => drop(socket.send(message).await),
            message = socket.next() => match message {
                Some(Ok(message)) => drop(coming.send(message)),
                Some(Err(_)) | None => return,
            },
        }
    }
}

impl Agent {
    pub async fn sign_in(service: &Service, name: &str) -> (Agent, Visitor) {
        let visitor = Visitor::sign_in(service, name, PASSWORD).await.unwrap();
        (Agent::open(service, &visitor).await, visitor)
    }

    async fn open(service: &Service, visitor: &Visitor) -> Agent {
        let mut request = format!("ws://{}/desk/line", service.http()).into_client_request().unwrap();
        request.headers_mut().insert("Origin", format!("http://{}", service.http()).parse().unwrap());
        request.headers_mut().insert("Cookie", visitor.cookie.as_ref().unwrap().parse().unwrap());
        let (socket, _) = connect_async(request).await.unwrap();
        let ((out, leaving), (came, coming)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
        let mut agent = Agent { out, coming, page: tokio::spawn(page(socket, leaving, came)), heard: 0 };
        agent.until("hello", |_| true).await;
        agent
    }

    pub fn say(&mut self, what: &str) {
        self.send(json!({ "type": what }));
    }

    pub fn send(&mut self, message: Value) {
        self.out.send(Message::text(message.to_string())).unwrap();
    }

    /// Reads until a message of this type fits.
    pub async fn until(&mut self, kind: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let mut told = Vec::new();
        let found = async {
            loop {
                match self.coming.recv().await? {
                    Message::Text(text) => {
                        let message: Value = serde_json::from_str(&text).unwrap();
                        if message["type"] == kind && fits(&message) {
                            return Some(message);
                        }
                        told.push(text.to_string());
                    }
                    Message::Binary(bytes) => self.heard += loud(&bytes),
                    _ => {}
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, found).await.ok().flatten();
        found.unwrap_or_else(|| panic!("no fitting {kind} came: {told:#?}"))
    }

    /// A second of a tone, in real time.
    pub async fn sing(&self) {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        for frame in 0..50 {
            ticks.tick().await;
            self.out.send(tone(frame)).unwrap();
        }
    }

    pub async fn does(&mut self, doing: &str) -> Value {
        self.until("view", |view| view["doing"] == doing).await
    }

    pub async fn ready(service: &Service, name: &str) -> (Agent, Visitor) {
        let (mut agent, visitor) = Agent::sign_in(service, name).await;
        agent.say("ready");
        agent.does("ready").await;
        (agent, visitor)
    }
}

pub fn loud(bytes: &[u8]) -> usize {
    bytes.as_chunks::<2>().0.iter().filter(|sample| i16::from_le_bytes(**sample).unsigned_abs() > 3_000).count()
}

/// A second of a tone, in real time.
pub async fn sing(socket: &mut Socket) {
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    for frame in 0..50 {
        ticks.tick().await;
        socket.send(tone(frame)).await.unwrap();
    }
}

fn tone(frame: i32) -> Message {
    let sample = |n: i32| ((f64::from(frame * 320 + n) * 0.2).sin() * 12_000.0) as i16;
    Message::binary((0..320).flat_map(|n| sample(n).to_le_bytes()).collect::<Vec<u8>>())
}

/// A caller who asks for a person with a key.
pub async fn wants_a_person(service: &Service) -> Socket {
    let mut caller = service.softphone().await;
    hears(&mut caller, "人工请按零").await;
    press(&mut caller, "0").await;
    hears(&mut caller, "请同事接听").await;
    caller
}

/// Reads until enough loud sound came.
pub async fn hears_a_voice(socket: &mut Socket) {
    let heard = async {
        let mut heard = 0;
        while heard < 4_000 {
            match socket.next().await {
                Some(Ok(Message::Binary(bytes))) => heard += loud(&bytes),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return false,
            }
        }
        true
    };
    assert!(tokio::time::timeout(PATIENCE, heard).await.unwrap_or(false), "no voice came");
}

pub async fn record(service: &Service, call: &str) -> CallRecord {
    let database = Database::open(&service.folder.join("calls.db")).await.unwrap();
    let found = async {
        loop {
            match database.calls().find(call).await.unwrap().filter(|record| record.ending.is_some()) {
                Some(record) => return record,
                None => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(PATIENCE, found).await.unwrap()
}

/// How long after an event the next sentence began, on the call's clock.
fn told_after_ms(record: &CallRecord, kind: &str) -> u32 {
    let at = record.events.iter().position(|event| event.kind == kind).unwrap_or_else(|| panic!("{kind} is not in {:?}", record.events));
    let next = record.events[at..].iter().find(|event| event.kind == "said_began").unwrap();
    next.at_ms - record.events[at].at_ms
}

pub fn kinds(record: &CallRecord) -> Vec<&str> {
    record.events.iter().map(|event| event.kind.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_agents_and_three_callers() {
    let service = service(&[("an", Role::Agent), ("bo", Role::Agent)]);
    let ((mut an, _), (mut bo, _)) = (Agent::ready(&service, "an").await, Agent::ready(&service, "bo").await);
    let mut first = wants_a_person(&service).await;
    let case = an.until("case", |_| true).await;
    assert_eq!((&case["number"], &case["reason"], &case["verified"]), (&json!("138****0001"), &json!("caller_asked"), &json!(false)));
    let remarks = case["transcript"].as_array().unwrap();
    assert!(remarks.iter().any(|remark| remark["who"] == "service" && remark["text"].as_str().unwrap().contains("录音")), "{remarks:?}");
    an.does("ringing").await;
    an.say("accept");
    an.does("talking").await;
    let call = case["call"].as_str().unwrap().to_owned();
    tokio::join!(an.sing(), hears_a_voice(&mut first));
    sing(&mut first).await;
    // Whoever comes second rings at the other agent, who does not want him; the third one gets no answer there, and both wait for the first agent.
    let mut second = wants_a_person(&service).await;
    bo.does("ringing").await;
    bo.say("decline");
    bo.does("ready").await;
    let mut third = wants_a_person(&service).await;
    bo.does("ringing").await;
    bo.does("away").await;
    hears(&mut third, "您排在第").await;
    an.until("view", |view| view["queue"].as_array().unwrap().len() == 2).await;
    assert!(an.heard > 4_000, "the caller was heard: {} samples", an.heard);
    an.say("hang_up");
    hears(&mut first, "感谢来电").await;
    an.does("wrap_up").await;
    an.send(json!({ "type": "wrap_up", "disposition": "solved", "note": "已解释账单" }));
    an.does("ringing").await;
    // The one who rings hangs up; the next one rings at once.
    second.close(None).await.unwrap();
    let case = an.until("case", |_| true).await;
    let next = case["call"].as_str().unwrap().to_owned();
    an.until("view", |view| view["doing"] == "ringing" && view["call"] == next.as_str()).await;
    an.say("accept");
    an.does("talking").await;
    third.close(None).await.unwrap();
    an.does("wrap_up").await;
    let record = record(&service, &call).await;
    assert!(kinds(&record).contains(&"person_joined") && kinds(&record).contains(&"person_left"), "{:?}", kinds(&record));
    let written = record.events.iter().find(|event| event.kind == "wrapped_up").expect("what the agent wrote");
    assert!(format!("{:?}", written.detail).contains("已解释账单"), "{written:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_line_comes_back_or_gives_the_caller_back() {
    let service = service(&[("an", Role::Agent)]);
    let (mut an, visitor) = Agent::ready(&service, "an").await;
    let mut caller = wants_a_person(&service).await;
    let call = an.until("case", |_| true).await["call"].as_str().unwrap().to_owned();
    an.say("accept");
    an.does("talking").await;
    drop(an);
    hears(&mut caller, "线路断了一下").await;
    let mut an = Agent::open(&service, &visitor).await;
    an.does("talking").await;
    an.until("case", |case| case["call"] == call.as_str()).await;
    tokio::join!(an.sing(), hears_a_voice(&mut caller));
    drop(an);
    hears(&mut caller, "和同事的电话断了").await;
    // The flow goes on where wishes are asked for.
    hears(&mut caller, "请按").await;
    press(&mut caller, "1").await;
    hears(&mut caller, "一百二十八块五").await;
    caller.close(None).await.unwrap();
    let record = record(&service, &call).await;
    let waited = told_after_ms(&record, "transfer_failed");
    assert!(waited <= AT_ONCE_MS, "{waited} ms");
    let waited = told_after_ms(&record, "person_left");
    assert!(waited <= AT_ONCE_MS, "{waited} ms");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_back_instead_of_waiting_and_a_supervisor_who_takes_over() {
    let (folder, ports) = (Folder::new(), free_ports());
    // Call backs are offered where there is a trunk that they are made over; nobody listens on the port of this one.
    let service = Service::start(&format!(
        "most = 9\nhearing = 0\n[desk]\nrules = {:?}\n[sip]\nlisten = [\"udp:127.0.0.1:0\"]\nmedia_ports = [{}, {}]\n[sip.trunks.main]\nserver = \"udp:127.0.0.1:9\"\nnumber = \"10086\"\n",
        rules(&folder),
        ports.start(),
        ports.end()
    ));
    [("an", Role::Agent), ("li", Role::Supervisor)].iter().for_each(|(name, role)| add(&service, name, *role));
    let (mut an, _) = Agent::ready(&service, "an").await;
    let mut first = wants_a_person(&service).await;
    an.does("ringing").await;
    an.say("accept");
    let view = an.does("talking").await;
    let mut second = wants_a_person(&service).await;
    hears(&mut second, "打回来").await;
    press(&mut second, "1").await;
    hears(&mut second, "轮到您时我们打给您").await;
    second.close(None).await.unwrap();
    let database = Database::open(&service.folder.join("calls.db")).await.unwrap();
    assert_eq!(database.call_backs().waiting(9).await.unwrap().len(), 1);
    // An agent leads nobody.
    let call = view["call"].clone();
    an.send(json!({ "type": "join", "call": call, "role": "listener" }));
    assert_eq!(an.until("refused", |_| true).await["why"], "not_yours");
    let (mut li, _) = Agent::sign_in(&service, "li").await;
    li.send(json!({ "type": "join", "call": call, "role": "listener" }));
    assert_eq!(li.until("case", |_| true).await["number"], "13800000001", "whoever leads sees the whole number");
    li.until("view", |view| view["beside"]["role"] == "listener").await;
    sing(&mut first).await;
    li.send(json!({ "type": "take_over", "call": call }));
    li.does("talking").await;
    assert!(li.heard > 4_000, "the caller was listened to: {} samples", li.heard);
    an.does("wrap_up").await;
    tokio::join!(li.sing(), hears_a_voice(&mut first));
    first.close(None).await.unwrap();
    li.does("wrap_up").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_let_in_without_a_session_and_nobody_there_is_told() {
    let service = service(&[("op", Role::Operator)]);
    let request = format!("ws://{}/desk/line", service.http());
    assert!(connect_async(request).await.is_err_and(|error| error.to_string().contains("401")));
    let visitor = Visitor::sign_in(&service, "op", PASSWORD).await.unwrap();
    let mut request = format!("ws://{}/desk/line", service.http()).into_client_request().unwrap();
    request.headers_mut().insert("Cookie", visitor.cookie.as_ref().unwrap().parse().unwrap());
    assert!(connect_async(request).await.is_err_and(|error| error.to_string().contains("403")));
    let mut caller = wants_a_person(&service).await;
    hears(&mut caller, "现在没有同事在线").await;
}
