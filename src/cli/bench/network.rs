//! `tingshuo bench network`: what is left of words and keys after a bad network.
//!
//! Recordings go as RTP packets through a simulated network into the jitter buffer of a SIP call, and what comes out is recognised. No clock runs:
//! the figures are the same on every machine.

pub mod journey;

use crate::asr::recogniser::Priority;
use crate::asr::score::{Errors, Score};
use crate::asr::{Job, Recogniser};
use crate::audio::{CALL_RATE_HZ, FRAME_MS, resample, treatment, wav};
use crate::cli::eval::asr::recordings::{self, Recording};
use crate::cli::eval::spread;
use crate::cli::{Failure, transcribe};
use crate::line::networks::Networks;
use crate::line::rtp::jitter::JitterCounts;
use crate::line::rtp::stream::{Received, Start, Stream};
use crate::line::rtp::{TELEPHONE_RATE_HZ, TICK_SAMPLES};
use crate::line::sdp::{Codec, Negotiation};
use crate::text::Lang;
use anyhow::Context;
use clap::ValueEnum;
use indicatif::ProgressBar;
use journey::{Journey, Network};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Sends recordings and keys through networks of several kinds and counts what is heard wrong.
///
/// Every network loses, delays, copies and drifts from a seed. After each recording eleven keys are pressed (RFC 4733).
#[derive(clap::Args)]
pub struct Args {
    /// Manifests of recordings, as for `eval asr`
    #[arg(required = true, value_name = "MANIFEST")]
    manifests: Vec<PathBuf>,
    /// At most so many recordings of each manifest, spread evenly over it
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[arg(long, value_enum, default_value_t = Lang::Zh)]
    lang: Lang,
    /// Networks of this kind only
    #[arg(long, value_enum)]
    only: Vec<Kind>,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Do not recognise: keys and packets only
    #[arg(long)]
    no_words: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    Good,
    Loss,
    Jitter,
    FastClock,
    SlowClock,
    All,
}

impl Kind {
    pub fn network(self) -> Network {
        let good = Network::default();
        match self {
            Kind::Good => good,
            Kind::Loss => Network { loss_percent: 5.0, ..good },
            Kind::Jitter => Network { jitter_ms: 60.0, ..good },
            Kind::FastClock => Network { drift_ppm: 200.0, ..good },
            Kind::SlowClock => Network { drift_ppm: -200.0, ..good },
            Kind::All => Network { loss_percent: 5.0, jitter_ms: 60.0, copied_percent: 10.0, drift_ppm: 200.0 },
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Good => "good",
            Kind::Loss => "5 % lost",
            Kind::Jitter => "60 ms jitter, packets overtake",
            Kind::FastClock => "clock 200 ppm fast",
            Kind::SlowClock => "clock 200 ppm slow",
            Kind::All => "5 % lost, 60 ms jitter, 10 % twice, 200 ppm",
        }
    }
}

/// What is pressed after each recording: twice the same in a row, and every kind of key.
const KEYS: &str = "13800#44*29";
/// How long that takes, with the packets that repeat the last one.
const KEYS_MS: usize = 3_500;
/// Before the recording, so that the buffer knows the network, and after everything.
const BEFORE_MS: usize = 2_000;
const AFTER_MS: usize = 800;
const DEADLINE: Duration = Duration::from_secs(600);

/// What came out at the other end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arrived {
    /// At the telephone's rate.
    pub sound: Vec<f32>,
    pub keys: String,
    /// Until the keys.
    pub counts: JitterCounts,
    pub most_held_ms: u32,
}

#[derive(Default)]
struct Figures {
    text: Errors,
    pinyin: Errors,
    keys_right: usize,
    calls: usize,
    counts: JitterCounts,
    most_held_ms: u32,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let mut recordings = Vec::new();
    for manifest in &args.manifests {
        recordings.extend(spread(recordings::read(manifest, args.lang)?, args.limit));
    }
    anyhow::ensure!(!recordings.is_empty(), "the manifests name no recordings");
    let recogniser = if args.no_words { None } else { Some(transcribe::open()?) };
    let kinds: Vec<Kind> = if args.only.is_empty() { Kind::value_variants().to_vec() } else { args.only.clone() };
    println!(
        "| network | calls | CER (en: WER) | pinyin error | keys right | concealed | left out or played twice | late packets | most held ms |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for kind in kinds {
        let mut figures = Figures::default();
        let progress = ProgressBar::new(recordings.len() as u64);
        for (number, recording) in recordings.iter().enumerate() {
            let words = telephone_sound(recording)?;
            let arrived = send(&words, kind.network(), args.seed + number as u64)?;
            let score = recogniser.as_ref().map(|recogniser| recognised(recogniser, recording, &arrived.sound)).transpose()?;
            figures.add(score, &arrived);
            progress.inc(1);
        }
        progress.finish_and_clear();
        figures.print(kind.name());
    }
    Ok(())
}

/// Two seconds of a quiet line, then the words.
fn telephone_sound(recording: &Recording) -> Result<Vec<f32>, Failure> {
    let audio = wav::read(&recording.file).with_context(|| recording.file.display().to_string())?;
    let words = treatment::telephone(&audio.samples, audio.rate_hz);
    let mut sound = vec![0.0; BEFORE_MS * TELEPHONE_RATE_HZ as usize / 1000];
    sound.extend(resample::resample(&words, audio.rate_hz, TELEPHONE_RATE_HZ));
    Ok(sound)
}

/// `words`, then the keys, through the network.
pub fn send(words: &[f32], network: Network, seed: u64) -> Result<Arrived, Failure> {
    let (mut sender, mut receiver) = streams()?;
    let mut journey = Journey::new(network, seed);
    let mut packets: Vec<(f64, Vec<u8>)> = Vec::new();
    let pressed_at = words.len().div_ceil(TICK_SAMPLES);
    let ticks = pressed_at + (KEYS_MS + AFTER_MS) / FRAME_MS as usize;
    for tick in 0..ticks {
        if tick == pressed_at {
            sender.press(KEYS);
        }
        let mut sound = [0.0; TICK_SAMPLES];
        sound.iter_mut().zip(words.iter().skip(tick * TICK_SAMPLES)).for_each(|(to, from)| *to = *from);
        let Some(packet) = sender.packet(&sound) else { continue };
        packets.extend(journey.arrivals_ms((tick * FRAME_MS as usize) as f64).into_iter().map(|at_ms| (at_ms, packet.clone())));
    }
    packets.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut packets = packets.into_iter().peekable();
    let mut arrived = Arrived::default();
    for tick in 0..ticks + BEFORE_MS / FRAME_MS as usize {
        let now_ms = (tick * FRAME_MS as usize) as f64;
        while let Some((at_ms, packet)) = packets.next_if(|(at_ms, _)| *at_ms <= now_ms) {
            if let Received::Key(Some(key)) = receiver.receive(&packet, (at_ms * f64::from(TELEPHONE_RATE_HZ) / 1000.0) as i64) {
                arrived.keys.push(key);
            }
        }
        arrived.sound.extend(receiver.pull());
        // While keys are pressed no sound is sent, which is no fault of the network.
        if tick < pressed_at {
            arrived.counts = receiver.jitter_counts();
        }
        arrived.most_held_ms = arrived.most_held_ms.max(receiver.held_ms());
    }
    Ok(arrived)
}

/// Both ends of a call, agreed as two telephones would.
fn streams() -> Result<(Stream, Stream), Failure> {
    let anyone = Networks::loopback();
    let address = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
    let mut caller = Negotiation::new(address(40_000), &[Codec::Pcma], 1);
    let offer = caller.offer();
    let (agreed, answer) = Negotiation::new(address(40_002), &[Codec::Pcma], 2).answer(&offer, &anyone)?;
    let sender = Stream::new(caller.accept(&answer, &anyone)?, Start { source: 1, sequence: 65_500, timestamp: u32::MAX - 8_000 });
    Ok((sender, Stream::new(agreed, Start { source: 2, sequence: 0, timestamp: 0 })))
}

fn recognised(recogniser: &impl Recogniser, recording: &Recording, sound: &[f32]) -> Result<Score, Failure> {
    // What was pressed is no word.
    let before_keys = sound.len().saturating_sub((KEYS_MS + AFTER_MS) * TELEPHONE_RATE_HZ as usize / 1000);
    let words = sound.get(BEFORE_MS * TELEPHONE_RATE_HZ as usize / 1000..before_keys).unwrap_or_default();
    let samples = resample::resample(words, TELEPHONE_RATE_HZ, CALL_RATE_HZ);
    let job = Job {
        samples: samples.into(),
        lang: recording.lang,
        terms: Vec::new(),
        constraint: None,
        deadline: DEADLINE,
        priority: Priority::Final,
    };
    let heard = recogniser.submit(job)?.wait_blocking()?;
    Ok(Score::of(recording.lang, &recording.said, &heard.text))
}

impl Figures {
    fn add(&mut self, score: Option<Score>, arrived: &Arrived) {
        if let Some(score) = score {
            self.text.add(score.text);
            self.pinyin.add(score.pinyin);
        }
        self.calls += 1;
        self.keys_right += usize::from(arrived.keys == KEYS);
        self.counts.played += arrived.counts.played;
        self.counts.concealed += arrived.counts.concealed;
        self.counts.left_out += arrived.counts.left_out;
        self.counts.played_twice += arrived.counts.played_twice;
        self.counts.late_packets += arrived.counts.late_packets;
        self.most_held_ms = self.most_held_ms.max(arrived.most_held_ms);
    }

    fn print(&self, network: &str) {
        let all = (self.counts.played + self.counts.concealed).max(1) as f64;
        let rate = |errors: Errors| errors.rate().map_or("–".to_owned(), |rate| format!("{rate:.3}"));
        let percent = |samples: u64| format!("{:.1} %", 100.0 * samples as f64 / all);
        println!(
            "| {network} | {} | {} | {} | {} | {} | {} | {} | {} |",
            self.calls,
            rate(self.text),
            rate(self.pinyin),
            self.keys_right,
            percent(self.counts.concealed),
            percent(self.counts.left_out + self.counts.played_twice),
            self.counts.late_packets,
            self.most_held_ms
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_arrive_once_each_through_every_network() {
        let words: Vec<f32> = (0..24_000).map(|n| 0.3 * (n as f32 * 0.2).sin()).collect();
        for kind in Kind::value_variants() {
            for seed in 0..10 {
                let arrived = send(&words, kind.network(), seed).unwrap();
                assert_eq!(arrived.keys, KEYS, "{kind:?}, seed {seed}");
                assert!(arrived.most_held_ms <= 200, "{kind:?}, seed {seed}: {} ms are held back", arrived.most_held_ms);
            }
        }
    }
}
