//! `tingshuo eval amd`: who answered, by the first seconds of recordings.

mod manifest;

use super::sound::{Behind, NoiseArgs};
use crate::asr::recogniser::Priority;
use crate::asr::{Job, Recogniser};
use crate::audio::machine::{Answerer, DECIDES_WITHIN_MS, Detector, Verdict};
use crate::audio::vad::Vad;
use crate::audio::{CALL_RATE_HZ, FRAME_MS, FRAME_SAMPLES};
use crate::cli::{Failure, transcribe};
use crate::text::Lang;
use anyhow::{Context, ensure};
use indicatif::ProgressBar;
use manifest::Recording;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Measures how answering machines are told from people.
///
/// A manifest has tab-separated columns with a heading line: file, and label (or category): human, machine, menu, tone or silence; other labels are
/// listed by themselves and count for nothing. Every recording begins with the answer and is heard through the telephone, and silence follows it. Two verdicts
/// are given, by sound alone, and by sound and the words that the recogniser has within the two seconds; later words do not count.
#[derive(clap::Args)]
pub struct Args {
    #[arg(required = true, value_name = "MANIFEST")]
    manifests: Vec<PathBuf>,
    /// As recorded, not through 8 kHz A-law
    #[arg(long)]
    as_recorded: bool,
    /// By sound alone: no recogniser is needed
    #[arg(long)]
    sound_only: bool,
    /// So long after the answer the recording begins
    #[arg(long, value_name = "MS", default_value_t = 0)]
    after: u32,
    #[command(flatten)]
    noise: NoiseArgs,
    /// Every recording with its verdicts
    #[arg(long)]
    list: bool,
    /// Also write the figures and every verdict to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// A sound that lasts is looked at after so long, as in a call.
const LOOK_MS: u32 = 1_000;
/// After so much silence recognition begins, as in a call.
const PAUSE_MS: u32 = 200;
/// A voice is one after so much of it.
const VOICE_MS: u32 = 60;

struct Judged {
    recording: Recording,
    by_sound: Verdict,
    by_words: Option<Verdict>,
    heard: String,
}

impl Judged {
    fn last(&self) -> Verdict {
        self.by_words.unwrap_or(self.by_sound)
    }
}

pub fn run(args: Args) -> Result<(), Failure> {
    let mut recordings = Vec::new();
    for path in &args.manifests {
        let read = manifest::read(path)?;
        for skipped in &read.skipped {
            eprintln!("skipped: {skipped}");
        }
        recordings.extend(read.recordings);
    }
    ensure!(!recordings.is_empty(), "the manifests name no recordings that are there");
    let recogniser = if args.sound_only { None } else { Some(transcribe::open()?) };
    let noise = args.noise.open()?;
    let progress = ProgressBar::new(recordings.len() as u64);
    let mut judged = Vec::new();
    for (seed, recording) in (0..).zip(recordings) {
        let samples = samples(&recording, &args, &noise, seed)?;
        let by_sound = judge(&samples, Vec::new());
        let words = recogniser.as_ref().map(|recogniser| words(recogniser, &samples, recording.lang)).transpose()?;
        let heard = words.iter().flatten().map(|words| words.text.as_str()).collect::<Vec<_>>().join(" / ");
        let by_words = words.map(|words| judge(&samples, words));
        judged.push(Judged { recording, by_sound, by_words, heard });
        progress.inc(1);
    }
    progress.finish_and_clear();
    print(&judged, args.list);
    if let Some(path) = &args.json {
        std::fs::write(path, serde_json::to_string_pretty(&json(&judged))?).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// What is heard from the answer on, for as long as it matters.
fn samples(recording: &Recording, args: &Args, noise: &Behind, seed: u64) -> Result<Arc<[f32]>, Failure> {
    let at = |ms: u32| (ms * CALL_RATE_HZ / 1000) as usize;
    let mut samples = noise.read(&recording.file)?;
    samples.splice(0..0, std::iter::repeat_n(0.0, at(args.after)));
    let least = at(DECIDES_WITHIN_MS + PAUSE_MS);
    if samples.len() < least {
        samples.resize(least, 0.0);
    }
    Ok(noise.around(samples, !args.as_recorded, seed, None).into())
}

/// What was recognised, and when it was there.
struct Words {
    text: String,
    at_ms: u32,
}

/// The words of the first seconds, from each moment at which a call looks for them.
fn words(recogniser: &impl Recogniser, samples: &Arc<[f32]>, lang: Lang) -> Result<Vec<Words>, Failure> {
    let mut found = Vec::new();
    for asked_ms in looks(samples) {
        let samples: Arc<[f32]> = samples.iter().copied().take((asked_ms * CALL_RATE_HZ / 1000) as usize).collect();
        let deadline = Duration::from_secs(60);
        let job = Job { samples, lang, terms: Vec::new(), constraint: None, deadline, priority: Priority::Final };
        let transcript = recogniser.submit(job)?.wait_blocking()?;
        found.push(Words { text: transcript.text, at_ms: asked_ms + transcript.compute_ms });
    }
    Ok(found)
}

/// The first pause after a voice, and a second into a sound that lasts.
fn looks(samples: &[f32]) -> Vec<u32> {
    let mut voice = Vad::new();
    let (mut voiced_ms, mut silent_ms, mut began_ms, mut looks) = (0, 0, None, Vec::new());
    for (frame, now_ms) in samples.as_chunks::<FRAME_SAMPLES>().0.iter().zip((FRAME_MS..DECIDES_WITHIN_MS).step_by(FRAME_MS as usize)) {
        let is_voiced = voice.speech(frame) >= 0.5;
        voiced_ms = if is_voiced { voiced_ms + FRAME_MS } else { 0 };
        silent_ms = if is_voiced { 0 } else { silent_ms + FRAME_MS };
        if voiced_ms == VOICE_MS && began_ms.is_none() {
            began_ms = Some(now_ms);
        }
        let Some(began_ms) = began_ms else { continue };
        if now_ms == began_ms + LOOK_MS || (silent_ms == PAUSE_MS && looks.is_empty()) {
            looks.push(now_ms);
        }
    }
    looks
}

/// The verdict that holds two seconds after the answer.
fn judge(samples: &[f32], words: Vec<Words>) -> Verdict {
    let mut detector = Detector::default();
    let mut words = words;
    for (frame, now_ms) in samples.as_chunks::<FRAME_SAMPLES>().0.iter().zip((FRAME_MS..=DECIDES_WITHIN_MS).step_by(FRAME_MS as usize)) {
        words.retain(|words| {
            let is_there = words.at_ms <= now_ms;
            if is_there {
                detector.words(&words.text);
            }
            !is_there
        });
        detector.push(frame);
    }
    detector.verdict().unwrap_or(Verdict { who: Answerer::Silence, at_ms: DECIDES_WITHIN_MS })
}

fn print(judged: &[Judged], list: bool) {
    if list {
        for Judged { recording, by_sound, by_words, heard } in judged {
            let by_words = by_words.map(|verdict| format!("\t{}\t{} ms\t{heard}", verdict.who.name(), verdict.at_ms)).unwrap_or_default();
            let by_sound = format!("{}\t{} ms", by_sound.who.name(), by_sound.at_ms);
            println!("{}\t{}\t{by_sound}{by_words}", recording.file.display(), recording.label);
        }
        println!();
    }
    println!("By sound:");
    table(judged, |judged| judged.by_sound);
    if judged.iter().any(|judged| judged.by_words.is_some()) {
        println!("\nBy sound and words:");
        table(judged, Judged::last);
    }
}

fn table(judged: &[Judged], verdict: impl Fn(&Judged) -> Verdict) {
    let mut by_label: BTreeMap<&str, Vec<Verdict>> = BTreeMap::new();
    for one in judged {
        by_label.entry(&one.recording.label).or_default().push(verdict(one));
    }
    let names = Answerer::ALL.map(Answerer::name);
    println!("| what it is | recordings | {} | decided p50 ms | p95 ms | most ms |", names.join(" | "));
    println!("| --- | --- |{} --- | --- | --- |", " --- |".repeat(names.len()));
    let mut all = Vec::new();
    for (label, verdicts) in &mut by_label {
        let counts = Answerer::ALL.map(|who| verdicts.iter().filter(|verdict| verdict.who == who).count().to_string());
        println!("| {label} | {} | {} | {} |", verdicts.len(), counts.join(" | "), times(verdicts));
        all.extend(verdicts.iter().copied());
    }
    println!("| all | {} |{} {} |", all.len(), " |".repeat(names.len()), times(&mut all));
    for line in [share(judged, "human", "human taken for machine", &verdict), share(judged, "machine", "machine found", &verdict)] {
        println!("{line}");
    }
}

fn times(verdicts: &mut [Verdict]) -> String {
    verdicts.sort_by_key(|verdict| verdict.at_ms);
    let at = |percent: usize| verdicts.get((verdicts.len() * percent).div_ceil(100).saturating_sub(1)).map_or(0, |verdict| verdict.at_ms);
    format!("{} | {} | {}", at(50), at(95), at(100))
}

/// How many of a label were taken for something that cannot be talked with.
fn counts(judged: &[Judged], label: &str, verdict: impl Fn(&Judged) -> Verdict) -> (usize, usize) {
    let of_label: Vec<&Judged> = judged.iter().filter(|one| one.recording.label == label).collect();
    (of_label.iter().filter(|one| verdict(one).who.is_machine()).count(), of_label.len())
}

fn share(judged: &[Judged], label: &str, name: &str, verdict: &impl Fn(&Judged) -> Verdict) -> String {
    match counts(judged, label, verdict) {
        (_, 0) => format!("{name}: no {label} among them"),
        (found, all) => format!("{name}: {found} of {all} ({:.3})", found as f64 / all as f64),
    }
}

fn json(judged: &[Judged]) -> serde_json::Value {
    let verdict = |verdict: Verdict| json!({"verdict": verdict.who.name(), "ms": verdict.at_ms});
    let figures = |of: &dyn Fn(&Judged) -> Verdict| {
        let ((people, all_people), (machines, all_machines)) = (counts(judged, "human", of), counts(judged, "machine", of));
        json!({
            "human": all_people, "human_taken_for_machine": people,
            "machine": all_machines, "machine_found": machines,
        })
    };
    let files: Vec<_> = judged
        .iter()
        .map(|one| {
            json!({
                "file": one.recording.file.display().to_string(), "label": one.recording.label,
                "verdict": one.last().who.name(), "ms": one.last().at_ms,
                "sound": verdict(one.by_sound), "words": one.by_words.map(verdict), "heard": one.heard,
            })
        })
        .collect();
    json!({"sound": figures(&|one| one.by_sound), "sound_and_words": figures(&Judged::last), "verdicts": files})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, at_ms: u32) -> Vec<Words> {
        vec![Words { text: text.to_owned(), at_ms }]
    }

    #[test]
    fn the_verdict_is_the_one_that_holds_after_two_seconds() {
        let silence = vec![0.0; 3 * CALL_RATE_HZ as usize];
        assert_eq!(judge(&silence, Vec::new()), Verdict { who: Answerer::Silence, at_ms: 2_000 });
        assert_eq!(judge(&silence, said("请在滴声后留言", 2_001)).who, Answerer::Silence, "words that come too late do not count");
        let timely = judge(&silence, said("请在滴声后留言", 1_700));
        assert!(timely.who == Answerer::Machine && timely.at_ms <= 1_700, "{timely:?}");
    }
}
