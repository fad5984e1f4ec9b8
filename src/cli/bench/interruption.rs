//! `tingshuo bench interruption`: what becomes of a prompt that a word, a cough or a street comes into.
//!
//! Every sound is a call of its own through the real session: recogniser, understanding and all. The caller's end of the line is
//! [`caller`]; how soon the service fell silent is taken there.

pub mod caller;

use super::material::{at_level, speech_frames, wav_files};
use crate::asr::{AsrError, Job, Pending, Recogniser, Transcript};
use crate::audio::outburst::{self, Outburst};
use crate::audio::{CALL_RATE_HZ, FRAME_MS, FRAME_SAMPLES, resample, treatment, wav};
use crate::call::conversation::Conversation;
use crate::call::manners::{Manners, Readiness};
use crate::call::record::{CallRecord, Happening};
use crate::call::session::Session;
use crate::cli::Failure;
use crate::cli::eval::asr::recordings;
use crate::cli::eval::calls::studio::Studio;
use crate::cli::eval::spread;
use crate::cli::fixtures::caller::Callers;
use crate::cli::house::House;
use crate::dialog::Opening;
use crate::models::{Models, data_dir};
use crate::text::Lang;
use crate::tts::Voices;
use anyhow::Context;
use caller::{Interrupter, Part, Seen};
use indicatif::ProgressBar;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Plays a long prompt, lets a sound come into it, and tells what became of both.
///
/// Requests are recordings whose manifest names an intent, by default the project's own callers. Coughs, cleared throats, breaths, claps and doors are made
/// from a seed; words that only show that someone listens are spoken by the voice of the language. All of it comes by telephone. Noise
/// lasts the whole call. Times are those of the call's clock, to which --realtime adds what recognition takes.
#[derive(clap::Args)]
pub struct Args {
    /// Manifests of requests
    #[arg(long, num_args = 1.., value_name = "MANIFEST")]
    requests: Vec<PathBuf>,
    /// Folders of noise (WAV): alone, and behind requests
    #[arg(long, num_args = 1.., value_name = "DIR")]
    noise: Vec<PathBuf>,
    /// How far the noise is under speech
    #[arg(long, value_delimiter = ',', value_name = "DB", default_values_t = [15.0, 10.0, 5.0], allow_negative_numbers = true)]
    snr: Vec<f32>,
    /// Voice that stops a prompt, in milliseconds of twice as many; several are compared
    #[arg(long, value_delimiter = ',', value_name = "MS", default_values_t = [Manners::default().while_speaking.start_ms])]
    start: Vec<u32>,
    /// Of each kind of sound so many, and of requests at most
    #[arg(long, value_name = "N", default_value_t = 10)]
    count: usize,
    #[arg(long, value_enum, default_value_t = Lang::Zh)]
    lang: Lang,
    /// Do not recognise: only what stops the prompt, and how soon
    #[arg(long, conflicts_with = "realtime")]
    deaf: bool,
    /// Let the calls take their real time
    #[arg(long)]
    realtime: bool,
    /// List what became of every sound
    #[arg(long)]
    list: bool,
}

/// The level of speech that noise is set against, and of sounds that are made.
const SPEECH_DBFS: f32 = -23.0;
/// A cough near the microphone is as loud as speech.
const OUTBURST_DBFS: f32 = -20.0;
const NODS_ZH: [&str; 6] = ["嗯", "啊", "哦", "嗯嗯", "对", "好的"];
const NODS_EN: [&str; 5] = ["uh huh", "mm hmm", "yeah", "okay", "right"];
/// By speed and pitch, so that no two nods are the same.
const WAYS: [(f32, f32); 4] = [(1.0, -2.0), (1.1, 2.0), (0.9, -3.5), (1.2, 0.0)];

/// A sound, and what should become of the prompt.
struct Probe {
    kind: String,
    name: String,
    part: Part,
    /// The frame of the sound from which a voice can be heard; `None` for noise, which has no beginning.
    voiced_from: Option<u64>,
    /// What the caller wants; empty where the prompt should be heard to its end.
    wish: String,
}

/// What became of one.
#[derive(Clone, Debug, Default, PartialEq)]
struct Outcome {
    /// From the first voiced frame to silence on the line.
    stopped_after_ms: Option<u64>,
    stops: usize,
    /// How long each stop lasted after which the prompt went on.
    waited_ms: Vec<u64>,
    /// The wish that the service took it for.
    taken_for: Option<String>,
    /// The prompt was heard to its end.
    heard_out: bool,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let probes = probes(args)?;
    let studio = Studio::open(&data_dir())?;
    let recogniser = if args.deaf { Arc::new(Deaf) } else { House::recogniser(false)? };
    let speech = House::speech(args.lang)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    for start_ms in &args.start {
        let speaking = Readiness { start_ms: *start_ms, window_ms: start_ms * 2, ..Manners::default().while_speaking };
        let manners = Manners { while_speaking: speaking, ..Manners::default() };
        println!("\na prompt is stopped by {start_ms} ms of voice within {} ms", start_ms * 2);
        let progress = ProgressBar::new(probes.len() as u64);
        let mut outcomes = Vec::new();
        for probe in &probes {
            let outcome = runtime.block_on(async {
                let services = studio.services(crate::business::clock::fixed(NOON), Vec::new()).await?;
                let conversation = Conversation::new(services, opening(args.lang));
                let line = Interrupter::new(probe.part.clone(), args.realtime);
                let seen = line.seen();
                let session = Session::new(line, conversation, recogniser.clone(), speech.clone()).mannered(manners);
                let record = session.run().await.record;
                let seen = seen.lock().map(|seen| seen.clone()).unwrap_or_default();
                Ok::<_, Failure>(Outcome::of(&record, &seen, probe.voiced_from))
            })?;
            if args.list {
                println!("{:<28}{:<26}{outcome:?}", probe.kind, probe.name);
            }
            outcomes.push(outcome);
            progress.inc(1);
        }
        progress.finish_and_clear();
        table(&probes, &outcomes);
    }
    Ok(())
}

/// Hears no words in anything.
struct Deaf;

impl Recogniser for Deaf {
    fn submit(&self, _: Job) -> Result<Pending, AsrError> {
        let (answer, pending) = tokio::sync::oneshot::channel();
        // The receiver is here.
        let _ = answer.send(Ok(Transcript::default()));
        Ok(Pending::new(pending))
    }
}

const NOON: jiff::civil::DateTime = jiff::civil::date(2026, 11, 22).at(12, 0, 0, 0);

fn opening(lang: Lang) -> Opening {
    Opening { caller: None, lang, now: NOON, survey: false, by_keys: false, errand: None, call_id: "bench".to_owned() }
}

impl Outcome {
    fn of(record: &CallRecord, seen: &Seen, voiced_from: Option<u64>) -> Outcome {
        let frame_ms = u64::from(FRAME_MS);
        let Some(began) = seen.began else { return Outcome::default() };
        let since = record.events.iter().filter(|noted| noted.at_ms >= began * frame_ms);
        let mut outcome = Outcome::default();
        let mut paused = None;
        for noted in since {
            match &noted.what {
                Happening::Paused { .. } => {
                    outcome.stops += 1;
                    paused = Some(noted.at_ms);
                    let silent = (noted.at_ms / frame_ms..).find(|tick| !seen.audible.get(*tick as usize).copied().unwrap_or(false));
                    // The frame that made it silent was still to be spoken to its end.
                    let after = voiced_from.zip(silent).map(|(voiced, silent)| (silent + 1).saturating_sub(began + voiced) * frame_ms);
                    outcome.stopped_after_ms = outcome.stopped_after_ms.or(after);
                }
                Happening::Resumed { .. } => outcome.waited_ms.extend(paused.take().map(|since| noted.at_ms - since)),
                Happening::SaidEnded { .. } => outcome.heard_out = true,
                _ => {}
            }
        }
        let spoken = record.turns.iter().filter(|turn| !turn.keys);
        outcome.taken_for = spoken.filter_map(|turn| turn.intent).map(|intent| intent.to_string()).next();
        outcome
    }
}

fn probes(args: &Args) -> Result<Vec<Probe>, Failure> {
    let own = data_dir().join("audio-fixtures").join("manifest.tsv");
    let manifests = if args.requests.is_empty() { vec![own] } else { args.requests.clone() };
    let noises: Vec<(String, Vec<f32>)> = noises(&args.noise)?;
    let mut probes = Vec::new();
    for manifest in &manifests {
        let mut recordings = recordings::read(manifest, args.lang)?;
        recordings.retain(|recording| recording.lang == args.lang && is_request(&recording.intent));
        for recording in spread(recordings, Some(args.count)) {
            let probe = Probe::spoken("request", &recording.said, at_call_rate(&recording.file)?, &recording.intent);
            for snr_db in args.snr.iter().filter(|_| !noises.is_empty()) {
                let (_, noise) = &noises[probes.len() % noises.len()];
                probes.push(probe.amid(&format!("request, noise {snr_db} dB"), noise, *snr_db));
            }
            probes.push(probe);
        }
    }
    for kind in outburst::ALL {
        probes.extend((0..args.count as u64).map(|seed| made(kind, seed)));
    }
    probes.extend(nods(args)?);
    for (name, noise) in &noises {
        for snr_db in &args.snr {
            let probe = Probe { kind: String::new(), name: name.clone(), part: Part::default(), voiced_from: None, wish: String::new() };
            probes.push(probe.amid(&format!("noise, {snr_db} dB under speech"), noise, *snr_db));
        }
    }
    probes.sort_by(|one, other| one.kind.cmp(&other.kind));
    Ok(probes)
}

/// Wishes, not answers.
fn is_request(intent: &str) -> bool {
    !matches!(intent, "" | "affirm" | "deny" | "thanks" | "goodbye" | "greeting" | "out_of_scope")
}

fn made(kind: Outburst, seed: u64) -> Probe {
    let mut sound = kind.sound(seed);
    let level = treatment::active_level_dbfs(&sound).unwrap_or(OUTBURST_DBFS);
    let gain = 10f32.powf((OUTBURST_DBFS - level) / 20.0);
    sound.iter_mut().for_each(|sample| *sample = (*sample * gain).clamp(-1.0, 1.0));
    Probe::spoken(kind.name(), &format!("seed {seed}"), sound, "")
}

fn nods(args: &Args) -> Result<Vec<Probe>, Failure> {
    let words: &[&str] = if args.lang == Lang::Zh { &NODS_ZH } else { &NODS_EN };
    let mut callers = Callers::new(Models::open()?, Voices::open()?);
    let said = (0..args.count).map(|n| {
        let (word, (speed, semitones)) = (words[n % words.len()], WAYS[n / words.len() % WAYS.len()]);
        Ok(Probe::spoken("nod", word, callers.voice(args.lang, word, speed, semitones)?, ""))
    });
    said.collect()
}

fn noises(folders: &[PathBuf]) -> Result<Vec<(String, Vec<f32>)>, Failure> {
    let mut noises = Vec::new();
    for folder in folders {
        for file in wav_files(folder)? {
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let samples = at_call_rate(&file)?;
            if samples.len() >= CALL_RATE_HZ as usize {
                noises.push((name, samples));
            }
        }
    }
    Ok(noises)
}

fn at_call_rate(file: &Path) -> Result<Vec<f32>, Failure> {
    let audio = wav::read(file).with_context(|| file.display().to_string())?;
    Ok(resample::resample(&audio.samples, audio.rate_hz, CALL_RATE_HZ))
}

impl Probe {
    fn spoken(kind: &str, name: &str, sound: Vec<f32>, wish: &str) -> Probe {
        let voiced_from = speech_frames(&sound).iter().position(|speaks| *speaks).map(|frame| frame as u64);
        let part = Part { sound: treatment::telephone(&sound, CALL_RATE_HZ), around: Vec::new() };
        Probe { kind: kind.to_owned(), name: name.to_owned(), part, voiced_from, wish: wish.to_owned() }
    }

    /// The same with noise around it all the time.
    fn amid(&self, kind: &str, noise: &[f32], snr_db: f32) -> Probe {
        let speech_dbfs = treatment::active_level_dbfs(&self.part.sound).unwrap_or(SPEECH_DBFS);
        let around = treatment::telephone(&at_level(noise, speech_dbfs - snr_db), CALL_RATE_HZ);
        // Something to be in the prompt for.
        let sound = if self.part.sound.is_empty() { vec![0.0; FRAME_SAMPLES] } else { self.part.sound.clone() };
        Probe { kind: kind.to_owned(), name: self.name.clone(), part: Part { sound, around }, wish: self.wish.clone(), ..*self }
    }
}

fn table(probes: &[Probe], outcomes: &[Outcome]) {
    println!(
        "| sound | calls | stopped | silent after ms, p50 / p95 / most | went on | after ms, p50 / p95 / most | taken for a wish | the right one | unheard |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    let all: Vec<(&Probe, &Outcome)> = probes.iter().zip(outcomes).collect();
    for of_kind in all.chunk_by(|(one, _), (other, _)| one.kind == other.kind) {
        let Some((first, _)) = of_kind.first() else { continue };
        let count = |what: fn(&Probe, &Outcome) -> bool| of_kind.iter().filter(|(probe, outcome)| what(probe, outcome)).count();
        let stopped: Vec<u64> = of_kind.iter().filter_map(|(_, outcome)| outcome.stopped_after_ms).collect();
        let waited: Vec<u64> = of_kind.iter().flat_map(|(_, outcome)| outcome.waited_ms.clone()).collect();
        let right = count(|probe, outcome| !probe.wish.is_empty() && outcome.taken_for.as_deref() == Some(&probe.wish));
        let unheard = count(|probe, outcome| !probe.wish.is_empty() && outcome.stops == 0);
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            first.kind,
            of_kind.len(),
            count(|_, outcome| outcome.stops > 0),
            spread_of(stopped),
            count(|_, outcome| outcome.stops > 0 && outcome.heard_out && outcome.taken_for.is_none()),
            spread_of(waited),
            count(|_, outcome| outcome.taken_for.is_some()),
            if first.wish.is_empty() { "–".to_owned() } else { right.to_string() },
            if first.wish.is_empty() { "–".to_owned() } else { unheard.to_string() },
        );
    }
}

/// Half of them, nearly all, and the most.
fn spread_of(mut values: Vec<u64>) -> String {
    values.sort_unstable();
    let at =
        |part: f64| values.get(((part * values.len() as f64).ceil() as usize).saturating_sub(1)).map_or("–".to_owned(), u64::to_string);
    format!("{} / {} / {}", at(0.5), at(0.95), at(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::record::Noted;

    fn record(events: &[(u64, Happening)]) -> CallRecord {
        let mut record = CallRecord::new(&opening(Lang::Zh), "");
        record.events = events.iter().map(|(at_ms, what)| Noted { at_ms: *at_ms, what: what.clone() }).collect();
        record
    }

    #[test]
    fn what_became_of_a_prompt_is_read_from_both_ends_of_the_line() {
        let prompt = || "menu_plan".to_owned();
        let record = record(&[
            (20, Happening::Paused { prompt: prompt() }),
            (40, Happening::SaidEnded { prompt: prompt() }),
            (400, Happening::Paused { prompt: prompt() }),
            (900, Happening::Resumed { prompt: prompt() }),
            (2_000, Happening::SaidEnded { prompt: prompt() }),
        ]);
        let audible = (0..200).map(|tick| !(20..45).contains(&tick)).collect();
        let seen = Seen { began: Some(10), audible };
        let outcome = Outcome::of(&record, &seen, Some(2));
        let expected = Outcome { stopped_after_ms: Some(180), stops: 1, waited_ms: vec![500], taken_for: None, heard_out: true };
        assert_eq!(outcome, expected);
        assert_eq!(Outcome::of(&record, &Seen::default(), Some(2)), Outcome::default());
    }

    #[test]
    fn spreads_of_nothing_and_of_much() {
        assert_eq!(spread_of(Vec::new()), "– / – / –");
        assert_eq!(spread_of((1..=100).rev().collect()), "50 / 95 / 100");
    }
}
