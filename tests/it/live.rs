//! The real program with live calls on loopback: each kind of peer, places, the end.
//!
//! These calls take their real time, for the caller's clock is the wall's; nothing is measured, and every wait has a generous end.

use super::program::{Folder, fixture, tingshuo};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;
use tingshuo::audio::{resample, wav};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// No call of a test takes longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running `tingshuo serve`.
pub struct Service {
    child: Child,
    told: Lines<BufReader<ChildStdout>>,
    http: String,
    audiosocket: String,
    /// The first address of SIP, where that is configured.
    pub sip: String,
    pub folder: Folder,
}

impl Service {
    /// `calls` are lines of its section, and whole sections after it.
    pub fn start(calls: &str) -> Service {
        Service::start_with(calls, &[])
    }

    /// With more on its command line.
    pub fn start_with(calls: &str, more: &[&str]) -> Service {
        let folder = Folder::new();
        std::fs::write(folder.join("token"), "open-sesame\n").unwrap();
        let shown = |name: &str| folder.join(name).display().to_string();
        let configuration = format!(
            "database = {:?}\n[calls]\nrecordings = {:?}\n{calls}\n[http]\nlisten = \"127.0.0.1:0\"\ntoken_file = {:?}\napi_token_file = {:?}\n[audiosocket]\nlisten = \"127.0.0.1:0\"\n",
            shown("calls.db"),
            shown("recordings"),
            shown("token"),
            shown("token")
        );
        std::fs::write(folder.join("tingshuo.toml"), configuration).unwrap();
        Service::open(folder, more)
    }

    fn open(folder: Folder, more: &[&str]) -> Service {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tingshuo"))
            .args(["serve", "--no-prerender", "--config", folder.join("tingshuo.toml").to_str().unwrap()])
            .args(more)
            .env("TINGSHUO_HOME", env!("CARGO_MANIFEST_DIR"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
        let (mut http, mut audiosocket, mut sip) = (String::new(), String::new(), String::new());
        for line in told.by_ref().map_while(Result::ok).take_while(|line| line != "ready") {
            if let Some(address) = line.strip_prefix("softphone: http://") {
                http = address.trim_end_matches("/call").to_owned();
            }
            if let Some(address) = line.strip_prefix("AudioSocket: ") {
                audiosocket = address.to_owned();
            }
            if let Some(address) = line.strip_prefix("SIP: udp:") {
                sip = address.to_owned();
            }
        }
        assert!(!http.is_empty(), "the service did not start");
        Service { child, told, http, audiosocket, sip, folder }
    }

    /// Host and port of its pages.
    pub fn http(&self) -> &str {
        &self.http
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    fn next_line(&mut self) -> String {
        self.told.next().unwrap().unwrap()
    }

    /// Waits for the end of the process; whether it was a good one.
    pub fn ends_well(mut self) -> bool {
        self.has_ended_well()
    }

    /// The same, for who still needs its files.
    pub fn has_ended_well(&mut self) -> bool {
        self.child.wait().unwrap().success()
    }

    pub async fn softphone(&self) -> Socket {
        let mut request = format!("ws://{}/call/line", self.http).into_client_request().unwrap();
        request.headers_mut().insert("Origin", format!("http://{}", self.http).parse().unwrap());
        let (mut socket, _) = connect_async(request).await.unwrap();
        let start = json!({ "type": "start", "lang": "zh", "caller": "13800000001" });
        socket.send(Message::text(start.to_string())).await.unwrap();
        socket
    }

    async fn media(&self, path: &str) -> Socket {
        connect_async(format!("ws://{}/media/{path}", self.http)).await.unwrap().0
    }

    /// A page of the service, with its status.
    async fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.http).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.http);
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let status = answer.split_whitespace().nth(1).unwrap().parse().unwrap();
        (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The next text message of the softphone's line; `None` when it is closed.
async fn next(socket: &mut Socket) -> Option<Value> {
    loop {
        match socket.next().await?.ok()? {
            Message::Text(text) => return Some(serde_json::from_str(&text).unwrap()),
            Message::Close(_) => return None,
            _ => {}
        }
    }
}

/// Reads until a caption of the service has `words`.
pub async fn hears(socket: &mut Socket, words: &str) {
    let mut heard = Vec::new();
    let found = async {
        while let Some(message) = next(socket).await {
            let text = message["text"].as_str().unwrap_or_default().to_owned();
            let found = message["who"] == "service" && text.contains(words);
            heard.push(message.to_string());
            if found {
                return true;
            }
        }
        false
    };
    let found = tokio::time::timeout(PATIENCE, found).await.unwrap_or(false);
    assert!(found, "{words} was not said: {heard:#?}");
}

pub async fn press(socket: &mut Socket, key: &str) {
    socket.send(Message::text(json!({ "type": "key", "key": key }).to_string())).await.unwrap();
}

/// Says a recording as a microphone would, then is silent; gives back the socket's reading half's findings through `hears`.
async fn speak(socket: &mut Socket, recording: &str) {
    let audio = wav::read(Path::new(&fixture(recording))).unwrap();
    let mut samples = resample::resample(&audio.samples, audio.rate_hz, 16_000);
    samples.resize(samples.len() + 16_000 * 3 / 2, 0.0);
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    for frame in samples.chunks(320) {
        ticks.tick().await;
        let bytes: Vec<u8> = frame.iter().flat_map(|sample| ((sample * 32_767.0) as i16).to_le_bytes()).collect();
        socket.send(Message::binary(bytes)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_in_the_browser_speaks_and_is_answered() {
    let service = Service::start("most = 2");
    let mut socket = service.softphone().await;
    hears(&mut socket, "请问有什么可以帮您").await;
    // The question has just begun; a person answers when it is over.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    speak(&mut socket, "zh_balance_call/1.wav").await;
    hears(&mut socket, "一百二十八块五").await;
    socket.send(Message::text(json!({ "type": "hang_up" }).to_string())).await.unwrap();
    while next(&mut socket).await.is_some() {}
    service.signal("TERM");
    let recordings = service.folder.join("recordings");
    let database = service.folder.join("calls.db");
    let mut service = service;
    assert!(service.child.wait().unwrap().success());
    let files: Vec<_> = std::fs::read_dir(recordings).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    let both = wav::read(&files[0]).unwrap();
    assert!(both.duration_ms() > 5_000, "{} ms are recorded", both.duration_ms());
    assert!(std::fs::metadata(database).unwrap().len() > 0);
}

/// Reads binary or JSON media until the service has hung up; `0` is pressed again and again. Whether sound came.
async fn asks_for_a_person(
    mut socket: Socket,
    key: impl Fn() -> Message,
    is_sound: impl Fn(&Message) -> bool,
    over: impl Fn(&Message) -> Option<Message>,
) -> bool {
    let mut sound = 0;
    let mut messages = 0;
    let call = async {
        while let Some(Ok(message)) = socket.next().await {
            sound += usize::from(is_sound(&message));
            messages += 1;
            if messages % 100 == 50 {
                socket.send(key()).await.ok();
            }
            if let Some(answer) = over(&message) {
                socket.send(answer).await.ok();
            }
        }
    };
    tokio::time::timeout(PATIENCE, call).await.unwrap();
    sound > 100
}

async fn twilio(service: &Service) -> bool {
    let mut socket = service.media("twilio").await;
    let start = json!({ "event": "start", "start": { "streamSid": "MZ1", "customParameters": { "caller": "+8613800000001", "token": "open-sesame" } } });
    socket.send(Message::text(start.to_string())).await.unwrap();
    let event = |message: &Message| serde_json::from_str::<Value>(message.to_text().unwrap_or_default()).unwrap_or_default();
    let key = || Message::text(json!({ "event": "dtmf", "dtmf": { "digit": "0" } }).to_string());
    // The platform says when the last words were played.
    let over = |message: &Message| (event(message)["event"] == "mark").then(|| message.clone());
    asks_for_a_person(socket, key, |message| event(message)["event"] == "media", over).await
}

async fn jambonz(service: &Service) -> bool {
    let mut request = format!("ws://{}/media/jambonz", service.http).into_client_request().unwrap();
    request.headers_mut().insert("Authorization", "Bearer open-sesame".parse().unwrap());
    request.headers_mut().insert("Sec-WebSocket-Protocol", "audio.jambonz.org".parse().unwrap());
    let (mut socket, answer) = connect_async(request).await.unwrap();
    assert_eq!(answer.headers()["Sec-WebSocket-Protocol"], "audio.jambonz.org");
    socket.send(Message::text(json!({ "from": "13800000001", "sampleRate": 8000 }).to_string())).await.unwrap();
    let key = || Message::text(json!({ "event": "dtmf", "dtmf": "0" }).to_string());
    asks_for_a_person(socket, key, Message::is_binary, |_| None).await
}

async fn asterisk(service: &Service) -> bool {
    let mut socket = service.media("asterisk?token=open-sesame&caller=13800000001&lang=en").await;
    socket.send(Message::text("MEDIA_START connection_id:1 format:alaw optimal_frame_size:160")).await.unwrap();
    asks_for_a_person(socket, || Message::text("DTMF_END digit:0"), Message::is_binary, |_| None).await
}

async fn audiosocket(service: &Service) -> bool {
    let mut stream = TcpStream::connect(&service.audiosocket).await.unwrap();
    stream.write_all(&[0x01, 0, 16]).await.unwrap();
    stream.write_all(&[7; 16]).await.unwrap();
    let (mut sound, mut packets) = (0, 0);
    let call = async {
        while let Ok(kind) = stream.read_u8().await {
            let mut body = vec![0; stream.read_u16().await.unwrap().into()];
            stream.read_exact(&mut body).await.unwrap();
            sound += usize::from(kind == 0x10 && body.len() == 320);
            packets += 1;
            if packets % 100 == 50 {
                stream.write_all(&[0x03, 0, 1, b'0']).await.ok();
            }
            if kind == 0x00 {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, call).await.unwrap();
    sound > 100
}

/// All that an AudioSocket peer is told until its connection is closed.
async fn refused_by_audiosocket(service: &Service) -> Vec<u8> {
    let mut stream = TcpStream::connect(&service.audiosocket).await.unwrap();
    stream.write_all(&[0x01, 0, 16]).await.unwrap();
    stream.write_all(&[7; 16]).await.unwrap();
    let mut told = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut told)).await.unwrap().unwrap();
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_platform_brings_calls() {
    let service = Service::start("hearing = 0");
    let (twilio, jambonz, asterisk, audiosocket) =
        tokio::join!(twilio(&service), jambonz(&service), asterisk(&service), audiosocket(&service));
    assert_eq!([twilio, jambonz, asterisk, audiosocket], [true; 4], "sound came over Twilio, jambonz, Asterisk, AudioSocket");
    let (status, load) = service.get("/health/ready").await;
    let load: Value = serde_json::from_str(&load).unwrap();
    assert_eq!((status, &load["refused"]), (200, &json!(0)), "{load}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_are_not_let_in() {
    let service = Service::start("hearing = 0");
    let mut socket = service.media("twilio").await;
    let start = json!({ "event": "start", "start": { "streamSid": "MZ1", "customParameters": { "token": "wrong" } } });
    socket.send(Message::text(start.to_string())).await.unwrap();
    assert!(matches!(socket.next().await, Some(Ok(Message::Close(Some(frame)))) if frame.reason.contains("token")));
    let mut request = format!("ws://{}/call/line", service.http).into_client_request().unwrap();
    request.headers_mut().insert("Origin", "http://elsewhere.example".parse().unwrap());
    assert!(connect_async(request).await.is_err_and(|error| error.to_string().contains("403")));
    let (status, page) = service.get("/call").await;
    assert_eq!(status, 200);
    assert!(page.contains("/call/call.js"));
    assert_eq!(service.get("/call/nothing.js").await.0, 404);
    assert_eq!(service.get("/health/live").await.0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_house_says_busy_and_a_draining_one_finishes_its_calls() {
    let mut service = Service::start("most = 1\nhearing = 0\ndrain_seconds = 100");
    let mut held = service.softphone().await;
    let answered = next(&mut held).await.unwrap();
    assert_eq!(answered, json!({ "type": "answered", "by_keys": true }));
    let mut second = service.softphone().await;
    assert_eq!(next(&mut second).await.unwrap(), json!({ "type": "refused", "reason": "full" }));
    assert_eq!(service.get("/health/ready").await.0, 503);
    assert_eq!(refused_by_audiosocket(&service).await, [0x00, 0, 0], "it is hung up on, and nothing else");
    // More places, without a new start.
    let configuration = service.folder.join("tingshuo.toml");
    let text = std::fs::read_to_string(&configuration).unwrap();
    std::fs::write(&configuration, format!("lang = \"en\"\n{}", text.replace("most = 1", "most = 2"))).unwrap();
    service.signal("HUP");
    while !service.next_line().starts_with("calls: at most 2") {}
    assert_eq!(service.next_line(), "lang changed: that holds from the next start on");
    assert_eq!(service.get("/health/ready").await.0, 200);
    service.signal("TERM");
    while !service.next_line().starts_with("1 calls are finished") {}
    let mut third = service.softphone().await;
    assert_eq!(next(&mut third).await.unwrap(), json!({ "type": "refused", "reason": "draining" }));
    // The caller who was there first is served to the end.
    hears(&mut held, "查话费请按一").await;
    press(&mut held, "1").await;
    hears(&mut held, "一百二十八块五").await;
    held.close(None).await.unwrap();
    assert!(service.ends_well());
}

#[test]
fn mistakes_of_the_configuration_are_told() {
    let folder = Folder::new();
    let file = folder.join("tingshuo.toml");
    std::fs::write(&file, "[http]\nlisten = \"0.0.0.0:0\"\n").unwrap();
    let run = tingshuo(&["serve", "--config", file.to_str().unwrap()], "");
    assert_eq!(run.code, 1);
    assert!(run.err.contains("token_file"), "{}", run.err);
    std::fs::write(&file, "[calls]\nmosst = 3\n").unwrap();
    let run = tingshuo(&["serve", "--config", file.to_str().unwrap()], "");
    assert!(run.err.contains("mosst") && run.err.contains("tingshuo.toml"), "{}", run.err);
}
