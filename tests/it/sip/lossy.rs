//! The real program at the end of a bad network: one packet in twenty lost, others late, overtaken, or there twice.
//!
//! The network is simulated from a seed at the telephone's end, in both directions; the call takes its real time.

use super::phone::Phone;
use crate::live::Service;
use crate::program::fixture;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tingshuo::audio::{codec, resample, wav};
use tingshuo::cli::bench::network::Kind;
use tingshuo::cli::bench::network::journey::Journey;
use tingshuo::line::networks::Networks;
use tingshuo::line::rtp::stream::{Start, Stream};
use tingshuo::line::sdp::{Codec, Negotiation};
use tingshuo::store::Database;
use tokio::time::{Interval, interval};

const TICK_MS: u64 = 20;
/// The service is done speaking when it has been quiet for so long.
const QUIET_MS: u64 = 3_000;
/// No reply takes longer.
const PATIENCE_MS: u64 = 90_000;
const AUDIBLE: f32 = 0.01;

/// A telephone behind the network.
struct Caller {
    phone: Phone,
    stream: Stream,
    out: Journey,
    back: Journey,
    ticks: Interval,
    now_ms: u64,
    /// By the time at which they arrive, in microseconds, and their number.
    on_the_way: BTreeMap<(u64, u64), Vec<u8>>,
    sent: u64,
    to: String,
}

impl Caller {
    /// The next 20 ms; whether the service could be heard in them.
    async fn tick(&mut self, sound: &[f32]) -> bool {
        self.ticks.tick().await;
        let mut samples = [0.0; _];
        samples.iter_mut().zip(sound).for_each(|(to, from)| *to = *from);
        if let Some(packet) = self.stream.packet(&samples) {
            for at_ms in self.out.arrivals_ms(self.now_ms as f64) {
                self.sent += 1;
                self.on_the_way.insert(((at_ms * 1000.0) as u64, self.sent), packet.clone());
            }
        }
        while let Some(due) = self.on_the_way.first_entry().filter(|due| due.key().0 <= self.now_ms * 1000) {
            self.phone.sound.send_to(&due.remove(), &self.to).await.unwrap();
        }
        self.now_ms += TICK_MS;
        let mut heard = false;
        let mut packet = [0; 2048];
        while let Ok((length, _)) = self.phone.sound.try_recv_from(&mut packet) {
            let sound = packet.get(12..length).unwrap_or_default();
            let arrives = !self.back.arrivals_ms(0.0).is_empty();
            heard |= arrives && sound.iter().any(|byte| codec::alaw_decode(*byte).abs() > AUDIBLE);
        }
        heard
    }

    /// Waits until the service has spoken and is quiet.
    async fn listen(&mut self) {
        let (mut spoke, mut quiet_ms, since) = (false, 0, self.now_ms);
        while !spoke || quiet_ms < QUIET_MS {
            let heard = self.tick(&[]).await;
            spoke |= heard;
            quiet_ms = if heard { 0 } else { quiet_ms + TICK_MS };
            assert!(self.now_ms - since < PATIENCE_MS, "the service {}", if spoke { "never ends" } else { "says nothing" });
        }
    }

    async fn say(&mut self, recording: &str) {
        let audio = wav::read(Path::new(&fixture(recording))).unwrap();
        for sound in resample::resample(&audio.samples, audio.rate_hz, 8_000).chunks(160) {
            self.tick(sound).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_and_keys_arrive_through_a_bad_network() {
    let mut service = Service::start("most = 2\n[sip]\nlisten = [\"udp:127.0.0.1:0\"]\nmedia_ports = [47200, 47239]");
    let mut phone = Phone::udp_to(service.sip.parse().unwrap()).await;
    let loopback = Networks::loopback();
    let mut negotiation = Negotiation::new(phone.sound.local_addr().unwrap(), &[Codec::Pcma], 1);
    let offer = String::from_utf8(negotiation.offer()).unwrap();
    let answer = phone.ask("INVITE", "", &offer).await;
    assert_eq!(answer.code(), 200, "{}", answer.0);
    phone.confirm("").await;
    let agreed = negotiation.accept(answer.body().as_bytes(), &loopback).unwrap();
    let network = Kind::All.network();
    let mut caller = Caller {
        to: agreed.remote.to_string(),
        stream: Stream::new(agreed, Start { source: 7, sequence: 65_500, timestamp: 1_000 }),
        phone,
        out: Journey::new(network, 1),
        back: Journey::new(network, 2),
        ticks: interval(Duration::from_millis(TICK_MS)),
        now_ms: 0,
        on_the_way: BTreeMap::new(),
        sent: 0,
    };
    caller.listen().await;
    // On a busy machine the question may not have come yet: people say it again, too.
    for _ in 0..2 {
        caller.say("zh_balance_call/1.wav").await;
        caller.listen().await;
    }
    // A menu of its own, then a key of that: 6, 1 is the plan.
    caller.stream.press("6");
    caller.listen().await;
    caller.stream.press("1");
    caller.listen().await;
    assert_eq!(caller.phone.ask("BYE", "", "").await.code(), 200);
    service.signal("TERM");
    assert!(service.has_ended_well());
    let database = Database::open(&service.folder.join("calls.db")).await.unwrap();
    let latest = database.calls().latest(1).await.unwrap().remove(0);
    let call = database.calls().find(&latest.id).await.unwrap().unwrap();
    let said: Vec<String> = call.turns.iter().map(|turn| format!("{}: {}", turn.heard, turn.said)).collect();
    assert!(said.iter().any(|said| said.contains("一百二十八块五")), "{said:#?}");
    let keys: Vec<&str> =
        call.turns.iter().map(|turn| turn.heard.as_str()).filter(|heard| heard.bytes().all(|c| c.is_ascii_digit())).collect();
    assert_eq!(keys, ["6", "1"], "every key counts once: {said:#?}");
    assert!(said.last().unwrap().contains("套餐"), "{said:#?}");
}
