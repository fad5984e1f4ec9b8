//! `tingshuo bench calls`: many callers at once on a running service, and how they are served.
//!
//! They come as Asterisk's `chan_websocket` would bring them. Every figure is taken at their end of the wire.

use super::percentile;
use crate::audio::{CALL_RATE_HZ, FRAME_MS, FRAME_SAMPLES, resample, wav};
use crate::cli::Failure;
use crate::line::encoding::{Decoder, Encoder, Form};
use anyhow::{Context, bail};
use futures_util::{SinkExt, StreamExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

#[derive(clap::Args)]
pub struct CallsArgs {
    /// The service's door, as ws://127.0.0.1:8460/media/asterisk?token=…&caller=13800000001
    #[arg(long, value_name = "URL")]
    to: String,
    /// Callers at once
    #[arg(long, default_value_t = 15)]
    calls: usize,
    /// How long they stay
    #[arg(long, default_value_t = 300)]
    seconds: u64,
    /// Seconds from one sentence of a caller to the next
    #[arg(long, default_value_t = 10)]
    every: u64,
    /// What they say, in turn
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    wav: Vec<PathBuf>,
}

/// A frame at least this loud is audible (−50 dBFS).
const AUDIBLE: f32 = 0.003;
/// So much quiet from the service makes what follows a new reply.
const BREATH_MS: u64 = 200;
/// So much of a sentence may pass before it is known for one.
const STILL_UNKNOWN_SAMPLES: usize = CALL_RATE_HZ as usize / 2;
/// A caller who is not answered for so long takes to the keys.
const PATIENCE: Duration = Duration::from_secs(8);
/// The menu key that is pressed then.
const KEY: &str = "DTMF_END digit:1";

pub fn run(args: &CallsArgs) -> Result<(), Failure> {
    let sentences: Vec<Arc<[f32]>> = args.wav.iter().map(|path| sentence(path)).collect::<Result<_, _>>()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let callers = runtime.block_on(async {
        let calls = (0..args.calls).map(|n| {
            let (url, sentences) = (args.to.clone(), sentences.clone());
            let (length, every) = (Duration::from_secs(args.seconds), Duration::from_secs(args.every));
            // Nobody calls at the same moment as another.
            let late = every.mul_f64(n as f64 / args.calls as f64);
            tokio::spawn(async move { Caller::new(n, sentences).call(&url, late, length, every).await })
        });
        futures_util::future::join_all(calls.collect::<Vec<_>>()).await
    });
    let mut all = Served::default();
    for caller in callers {
        all.add(caller.context("a caller's task died")??);
    }
    all.print(args.calls);
    Ok(())
}

/// A recording to its last audible sample.
pub(super) fn sentence(path: &Path) -> Result<Arc<[f32]>, Failure> {
    let audio = wav::read(path).with_context(|| path.display().to_string())?;
    let samples = resample::resample(&audio.samples, audio.rate_hz, CALL_RATE_HZ);
    // The wait counts from the last sample that can be heard.
    let Some(end) = samples.iter().rposition(|sample| sample.abs() > AUDIBLE * 4.0) else { bail!("{}: nothing is said", path.display()) };
    Ok(samples.iter().copied().take(end + 1).collect())
}

/// What callers met.
#[derive(Default)]
struct Served {
    sentences: usize,
    /// Waits from the last sample to the first of the reply, in milliseconds: of sentences said into silence, and into a prompt.
    waits: [Vec<u64>; 2],
    /// Sentences in which the service began to speak again.
    talked_over: usize,
    /// Sentences after which nothing was heard until the caller pressed a key.
    unanswered: usize,
    /// Keys after which something was heard.
    keys_answered: usize,
    /// Between two messages of sound, in milliseconds.
    gaps: Vec<u64>,
    /// Calls that the service ended early.
    lost: usize,
    refused: usize,
}

impl Served {
    fn add(&mut self, other: Served) {
        self.sentences += other.sentences;
        for (waits, more) in self.waits.iter_mut().zip(other.waits) {
            waits.extend(more);
        }
        self.talked_over += other.talked_over;
        self.unanswered += other.unanswered;
        self.keys_answered += other.keys_answered;
        self.gaps.extend(other.gaps);
        self.lost += other.lost;
        self.refused += other.refused;
    }

    fn print(&mut self, calls: usize) {
        println!(
            "{calls} calls, {} refused, {} ended early; {} sentences, {} replies, {} without one, {} talked over, {} keys answered",
            self.refused,
            self.lost,
            self.sentences,
            self.waits.iter().map(Vec::len).sum::<usize>(),
            self.unanswered,
            self.talked_over,
            self.keys_answered
        );
        println!("| ms | p50 | p95 | p99 | most |\n| --- | --- | --- | --- | --- |");
        let mut waits = self.waits.concat();
        let [into_silence, into_a_prompt] = &mut self.waits;
        for (name, values) in [
            ("last sample of speech to first of the reply", &mut waits),
            ("… said into silence", into_silence),
            ("… said into a prompt", into_a_prompt),
            ("between two messages of sound", &mut self.gaps),
        ] {
            values.sort_unstable();
            let at = |part: f64| percentile(values, part);
            println!("| {name} | {} | {} | {} | {} |", at(0.5), at(0.95), at(0.99), at(1.0));
        }
    }
}

struct Caller {
    sentences: Vec<Arc<[f32]>>,
    next: usize,
    encoder: Encoder,
    decoder: Decoder,
    /// The sentence that is being said, and how far.
    saying: Option<(Arc<[f32]>, usize)>,
    /// The last sentence came into a prompt.
    into_a_prompt: bool,
    talked_over: bool,
    /// When the last sample was sent that is not answered yet.
    waits_since: Option<Instant>,
    pressed: Option<Instant>,
    last_sound: Option<Instant>,
    last_message: Option<Instant>,
    served: Served,
}

impl Caller {
    fn new(number: usize, sentences: Vec<Arc<[f32]>>) -> Caller {
        Caller {
            sentences,
            next: number,
            encoder: Encoder::new(Form::Alaw),
            decoder: Decoder::new(Form::Alaw),
            saying: None,
            into_a_prompt: false,
            talked_over: false,
            waits_since: None,
            pressed: None,
            last_sound: None,
            last_message: None,
            served: Served::default(),
        }
    }

    async fn call(mut self, url: &str, late: Duration, length: Duration, every: Duration) -> Result<Served, Failure> {
        tokio::time::sleep(late).await;
        let (socket, _) = connect_async(url).await.with_context(|| format!("no service at {url}"))?;
        let (mut out, mut coming) = socket.split();
        out.send(Message::text("MEDIA_START connection_id:1 format:alaw optimal_frame_size:160")).await?;
        let end = Instant::now() + length;
        let mut speak_at = Instant::now() + every;
        let mut ticks = interval(Duration::from_millis(u64::from(FRAME_MS)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        while Instant::now() < end {
            tokio::select! {
                _ = ticks.tick() => {
                    if Instant::now() >= speak_at {
                        speak_at += every;
                        self.begin();
                    }
                    out.send(Message::binary(self.frame())).await?;
                    if self.takes_to_the_keys() {
                        out.send(Message::text(KEY)).await?;
                    }
                }
                message = coming.next() => match message {
                    Some(Ok(Message::Binary(bytes))) => self.hear(&bytes),
                    Some(Ok(Message::Text(text))) if text == "HANGUP" && self.served.gaps.is_empty() => {
                        self.served.refused = 1;
                        return Ok(self.served);
                    }
                    Some(Ok(Message::Text(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                    Some(Ok(Message::Close(_)) | Err(_)) | None => {
                        self.served.lost = 1;
                        return Ok(self.served);
                    }
                },
            }
        }
        out.close().await.ok();
        Ok(self.served)
    }

    fn begin(&mut self) {
        let sentence = self.sentences.get(self.next % self.sentences.len().max(1)).cloned();
        self.next += 1;
        self.served.sentences += 1;
        self.served.unanswered += usize::from(self.waits_since.take().is_some());
        self.saying = sentence.map(|sentence| (sentence, 0));
        self.into_a_prompt = !self.quiet(Instant::now());
        self.talked_over = false;
    }

    /// The service has said nothing for a breath.
    fn quiet(&self, now: Instant) -> bool {
        self.last_sound.is_none_or(|last| (now - last).as_millis() as u64 >= BREATH_MS)
    }

    fn frame(&mut self) -> Vec<u8> {
        let mut frame = [0.0; FRAME_SAMPLES];
        if let Some((sentence, said)) = &mut self.saying {
            for (to, from) in frame.iter_mut().zip(sentence.iter().skip(*said)) {
                *to = *from;
            }
            *said += FRAME_SAMPLES;
            if *said >= sentence.len() {
                self.saying = None;
                self.waits_since = Some(Instant::now());
            }
        }
        self.encoder.encode(&frame)
    }

    fn takes_to_the_keys(&mut self) -> bool {
        let waited = self.waits_since.is_some_and(|since| since.elapsed() >= PATIENCE);
        if waited {
            self.waits_since = None;
            self.served.unanswered += 1;
            self.pressed = Some(Instant::now());
        }
        waited
    }

    fn hear(&mut self, bytes: &[u8]) {
        let now = Instant::now();
        let before = self.last_message.replace(now);
        self.served.gaps.extend(before.map(|before| (now - before).as_millis() as u64));
        let audible = self.decoder.decode(bytes).iter().any(|sample| sample.abs() > AUDIBLE);
        if !audible {
            return;
        }
        let begins = self.quiet(now);
        self.last_sound = Some(now);
        // A caller who has just begun could not be known yet.
        let speaks = self.saying.as_ref().is_some_and(|(_, said)| *said > STILL_UNKNOWN_SAMPLES);
        if begins && speaks && !std::mem::replace(&mut self.talked_over, true) {
            self.served.talked_over += 1;
        }
        // What was on its way when the caller ended is no reply.
        if begins && let Some(since) = self.waits_since.take() {
            let [into_silence, into_a_prompt] = &mut self.served.waits;
            let waits = if self.into_a_prompt { into_a_prompt } else { into_silence };
            waits.push((now - since).as_millis() as u64);
        }
        if self.pressed.take().is_some() {
            self.served.keys_answered += 1;
        }
    }
}
