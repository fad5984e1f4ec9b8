//! The simulated telephone network: a process of its own that answers, rings out, is busy or refuses, by a seeded script, and writes down what it saw.

use super::log::{Callee, Entry, What};
use super::message::{Message, description};
use super::script::{Hello, Script, hello, script};
use crate::audio::{CALL_RATE_HZ, codec, resample, wav};
use crate::cli::Failure;
use crate::line::rtp::{TELEPHONE_RATE_HZ, TICK_SAMPLES};
use anyhow::Context;
use jiff::Timestamp;
use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::UdpSocket;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

/// Serves on loopback until its standard input is closed; tells its address first.
#[derive(clap::Args)]
pub struct Args {
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Of a hundred calls that are answered, so many are by answering machines
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100), requires = "greeting")]
    machines: u32,
    /// What they say
    #[arg(long, value_name = "WAV")]
    greeting: Option<PathBuf>,
    /// Of a hundred people who answer, so many say a word by themselves
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100), requires = "hello")]
    hellos: u32,
    /// What they say, each one of these
    #[arg(long, value_name = "WAV")]
    hello: Vec<PathBuf>,
    /// Where it writes what it saw
    #[arg(long, value_name = "FILE")]
    log: PathBuf,
}

/// Who calls gives up long before.
const RINGS_AT_MOST: Duration = Duration::from_secs(20);
/// How long a callee waits for a word, and for the end of the call after his last key.
const PATIENCE: Duration = Duration::from_secs(8);
/// From the first sound to a key, and between two.
const BEFORE_A_KEY: Duration = Duration::from_millis(600);
/// How often an answer is repeated until it is confirmed, and how long.
const REPEATED: Duration = Duration::from_millis(500);
const CONFIRMED_WITHIN: Duration = Duration::from_secs(8);
/// Messages that may wait for a call.
const QUEUE: usize = 16;
const LARGEST_DATAGRAM: usize = 65_535;
/// A-law within this of silence is silence.
const QUIET: f32 = 0.003;
const BEEP_HZ: f32 = 1_000.0;

pub fn run(args: &Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let network = Network::open(args).await?;
        println!("network: udp:{}", network.here);
        let mut input = [0; 64];
        let mut stdin = tokio::io::stdin();
        let closed = async { while stdin.read(&mut input).await.is_ok_and(|length| length > 0) {} };
        tokio::select! {
            served = Arc::new(network).serve() => served,
            () = closed => Ok(()),
        }
    })
}

struct Network {
    wire: UdpSocket,
    here: SocketAddr,
    seed: u64,
    machines: u32,
    /// The machines' greeting and tone, A-law.
    greeting: Vec<u8>,
    hellos: u32,
    hello: Vec<Vec<u8>>,
    log: Mutex<File>,
}

impl Network {
    async fn open(args: &Args) -> Result<Network, Failure> {
        let wire = UdpSocket::bind("127.0.0.1:0").await?;
        let here = wire.local_addr()?;
        let greeting = args.greeting.as_deref().map(greeting).transpose()?.unwrap_or_default();
        let hello = args.hello.iter().map(|path| Ok(alaw(&recording(path)?))).collect::<Result<_, Failure>>()?;
        let log = File::create(&args.log).with_context(|| args.log.display().to_string())?;
        Ok(Network { wire, here, seed: args.seed, machines: args.machines, greeting, hellos: args.hellos, hello, log: Mutex::new(log) })
    }

    /// One write an entry: whoever reads the file meanwhile sees whole lines, but for the last.
    fn note(&self, call: &str, what: What) {
        let entry = Entry { at_us: Timestamp::now().as_microsecond(), call: call.to_owned(), what };
        let line = serde_json::to_string(&entry).expect("an entry is JSON") + "\n";
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.write_all(line.as_bytes()).expect("the network's log can be written; without it nothing could be judged");
    }

    async fn serve(self: Arc<Network>) -> Result<(), Failure> {
        let mut calls: HashMap<String, Sender<Message>> = HashMap::new();
        let mut rang: HashMap<String, u32> = HashMap::new();
        let mut datagram = vec![0; LARGEST_DATAGRAM];
        loop {
            let (length, peer) = match self.wire.recv_from(&mut datagram).await {
                Ok(received) => received,
                // Loopback tells of a peer that was killed at the next look.
                Err(_) => continue,
            };
            let Some(message) = datagram.get(..length).and_then(Message::read) else { continue };
            let Some(call) = message.header("Call-ID").map(str::to_owned) else { continue };
            if let Some(mailbox) = calls.get(&call) {
                if message.method() == "INVITE" {
                    self.note(&call, What::Repeated);
                }
                if let Err(returned) = mailbox.try_send(message) {
                    self.late(&returned.into_inner(), peer).await;
                }
                continue;
            }
            if message.method() != "INVITE" {
                self.late(&message, peer).await;
                continue;
            }
            let (Some(to), Some(media)) = (message.called().map(str::to_owned), message.media()) else { continue };
            let from = message.header("From").and_then(|from| message.number_of(from)).unwrap_or_default().to_owned();
            let nth = rang.entry(to.clone()).or_default();
            *nth += 1;
            let script = script(self.seed, &to, *nth, self.machines);
            let says = hello(self.seed, &to, *nth, self.hellos).map(|Hello { which, after_ms }| self.hello_after(which, after_ms));
            self.note(&call, What::Invited { to, from });
            let (mailbox, mail) = channel(QUEUE);
            calls.insert(call.clone(), mailbox);
            let ringing = Ringing { network: self.clone(), tag: format!("n{}", calls.len()), call, invite: message, peer, mail, says };
            tokio::spawn(ringing.run(script, media));
        }
    }

    /// A word that somebody says so long after he picked up.
    fn hello_after(&self, which: usize, after_ms: u64) -> Vec<u8> {
        let mut sound = vec![codec::alaw_encode(0.0); after_ms as usize * TELEPHONE_RATE_HZ as usize / 1_000];
        sound.extend(self.hello.get(which % self.hello.len().max(1)).into_iter().flatten());
        sound
    }

    async fn say(&self, text: &str, to: SocketAddr) {
        // What is lost is repeated by whoever wants it.
        let _ = self.wire.send_to(text.as_bytes(), to).await;
    }

    /// What comes for a call that is over.
    async fn late(&self, message: &Message, peer: SocketAddr) {
        if matches!(message.method(), "BYE" | "CANCEL" | "INFO" | "UPDATE") {
            self.say(&message.answer(481, "gone", self.here, ""), peer).await;
        }
    }
}

/// A recording at the telephone's rate.
fn recording(path: &Path) -> Result<Vec<f32>, Failure> {
    let audio = wav::read(path).with_context(|| path.display().to_string())?;
    let wide = resample::resample(&audio.samples, audio.rate_hz, CALL_RATE_HZ);
    Ok(resample::resample(&wide, CALL_RATE_HZ, TELEPHONE_RATE_HZ))
}

fn alaw(samples: &[f32]) -> Vec<u8> {
    samples.iter().map(|sample| codec::alaw_encode(*sample)).collect()
}

/// A recording as a machine plays it, with its tone.
fn greeting(path: &Path) -> Result<Vec<u8>, Failure> {
    let words = recording(path)?;
    let tone = |n: u32| (n as f32 * BEEP_HZ * std::f32::consts::TAU / TELEPHONE_RATE_HZ as f32).sin() * 0.4;
    let beep = (0..TELEPHONE_RATE_HZ / 2).map(tone);
    Ok(alaw(&words.iter().copied().chain(beep).collect::<Vec<_>>()))
}

/// A call in the network.
struct Ringing {
    network: Arc<Network>,
    call: String,
    tag: String,
    invite: Message,
    peer: SocketAddr,
    mail: Receiver<Message>,
    /// What a person says by himself.
    says: Option<Vec<u8>>,
}

impl Ringing {
    async fn run(mut self, (script, ring_ms): (Script, u64), media: SocketAddr) {
        self.reply(180, "").await;
        let until = Instant::now() + if script == Script::RingsOut { RINGS_AT_MOST } else { Duration::from_millis(ring_ms) };
        if self.given_up(until).await {
            return;
        }
        match script {
            Script::RingsOut => {
                self.network.note(&self.call, What::RangOut);
                self.reply(480, "").await;
            }
            Script::Refuses(code) => {
                self.network.note(&self.call, What::Refused { code });
                self.reply(code, "").await;
            }
            Script::HangsUp(_) | Script::Presses(_) | Script::Machine => self.answer(script, media).await,
        }
    }

    async fn reply(&self, code: u16, body: &str) {
        self.network.say(&self.invite.answer(code, &self.tag, self.network.here, body), self.peer).await;
    }

    async fn ask(&self, method: &str, sequence: u32, kind: &str, body: &str) {
        if let Some(text) = self.invite.request(method, sequence, &self.tag, self.network.here, kind, body) {
            self.network.say(&text, self.peer).await;
        }
    }

    /// Rings until then; true when the caller gave up before.
    async fn given_up(&mut self, until: Instant) -> bool {
        loop {
            let message = tokio::select! {
                message = self.mail.recv() => message,
                () = sleep_until(until) => return false,
            };
            match message {
                None => return true,
                Some(message) if message.method() == "CANCEL" => {
                    self.network.note(&self.call, What::RangOut);
                    self.network.say(&message.answer(200, &self.tag, self.network.here, ""), self.peer).await;
                    self.reply(487, "").await;
                    return true;
                }
                Some(message) if message.method() == "INVITE" => self.reply(180, "").await,
                Some(_) => {}
            }
        }
    }

    async fn answer(&mut self, script: Script, media: SocketAddr) {
        let sound = UdpSocket::bind("127.0.0.1:0").await.expect("a port for the callee's sound");
        let here = sound.local_addr().expect("a bound socket has an address");
        let by = if script == Script::Machine { Callee::Machine } else { Callee::Person };
        self.network.note(&self.call, What::Answered { by });
        let last = Instant::now() + CONFIRMED_WITHIN;
        loop {
            self.reply(200, &description(here)).await;
            match timeout(REPEATED, self.mail.recv()).await {
                Ok(Some(message)) if message.method() == "ACK" => {
                    self.network.note(&self.call, What::Confirmed);
                    break;
                }
                Ok(Some(message)) if message.method() == "BYE" => return self.left(&message).await,
                _ if Instant::now() > last => break,
                _ => {}
            }
        }
        self.talk(script, sound, media).await;
    }

    async fn left(&self, bye: &Message) {
        self.network.note(&self.call, What::Left);
        self.network.say(&bye.answer(200, &self.tag, self.network.here, ""), self.peer).await;
    }

    async fn talk(&mut self, script: Script, sound: UdpSocket, media: SocketAddr) {
        let network = self.network.clone();
        let is_machine = script == Script::Machine;
        let says = self.says.take().unwrap_or_default();
        let mut voice = Voice { played: if is_machine { &network.greeting } else { &says }, packets: 0 };
        let mut keys = if let Script::Presses(keys) = script { keys.chars() } else { "".chars() };
        let mut key_at: Option<Instant> = None;
        let mut hangs_up = Instant::now()
            + match script {
                Script::HangsUp(ms) => Duration::from_millis(ms),
                // It records.
                Script::Machine => PATIENCE * 2,
                _ => PATIENCE,
            };
        let mut ticks = interval(Duration::from_millis(20));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut heard, mut heard_after, mut sequence) = (false, !is_machine, 1);
        let mut packet = [0; 512];
        loop {
            tokio::select! {
                message = self.mail.recv() => match message {
                    None => return,
                    Some(message) if message.method() == "BYE" => return self.left(&message).await,
                    Some(_) => {}
                },
                Ok(length) = sound.recv(&mut packet), if !heard || !heard_after => {
                    let is_quiet = |byte: &u8| codec::alaw_decode(*byte).abs() <= QUIET;
                    if packet.get(12..length).is_none_or(|sound| sound.iter().all(is_quiet)) {
                        continue;
                    }
                    if !heard {
                        heard = true;
                        self.network.note(&self.call, What::Heard);
                        key_at = Some(Instant::now() + BEFORE_A_KEY);
                    }
                    if !heard_after && voice.played.is_empty() {
                        heard_after = true;
                        self.network.note(&self.call, What::HeardAfterBeep);
                    }
                }
                _ = ticks.tick() => {
                    let now = Instant::now();
                    let _ = sound.send_to(&voice.packet(), media).await;
                    if key_at.is_some_and(|at| at <= now) && let Some(key) = keys.next() {
                        self.network.note(&self.call, What::Pressed { key });
                        self.ask("INFO", sequence, "application/dtmf-relay", &format!("Signal={key}\r\nDuration=160\r\n")).await;
                        sequence += 1;
                        (key_at, hangs_up) = (Some(now + BEFORE_A_KEY * 2), now + PATIENCE);
                    }
                    if hangs_up <= now {
                        self.network.note(&self.call, What::HungUp);
                        self.ask("BYE", sequence, "", "").await;
                        return;
                    }
                }
            }
        }
    }
}

/// A callee's sound, as packets (RFC 3550).
struct Voice<'a> {
    played: &'a [u8],
    packets: u32,
}

impl Voice<'_> {
    fn packet(&mut self) -> Vec<u8> {
        let mut packet = vec![0x80, 8];
        packet.extend((self.packets as u16).to_be_bytes());
        packet.extend((self.packets * TICK_SAMPLES as u32).to_be_bytes());
        packet.extend([0x7e, 0x1e, 0xf0, 0x4e]);
        let (now, rest) = self.played.split_at(self.played.len().min(TICK_SAMPLES));
        packet.extend(now);
        packet.resize(12 + TICK_SAMPLES, codec::alaw_encode(0.0));
        self.played = rest;
        self.packets += 1;
        packet
    }
}
