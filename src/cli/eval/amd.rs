//! `tingshuo eval amd`: who answered, by the first seconds of recordings.

mod looks;
mod manifest;

use super::sound::{Behind, NoiseArgs};
use crate::asr::{Job, Recogniser};
use crate::audio::machine::{Answerer, DECIDES_WITHIN_MS, Detector, Said, Speech, Verdict};
use crate::audio::{CALL_RATE_HZ, FRAME_MS, FRAME_SAMPLES};
use crate::cli::{Failure, transcribe};
use crate::nlu::pickup::{self, Beginning};
use crate::text::Lang;
use anyhow::{Context, ensure};
use indicatif::ProgressBar;
use looks::{Look, looks};
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
    /// Words take so long, instead of what they take on this machine with whatever else it does
    #[arg(long, value_name = "MS")]
    words_take: Option<u32>,
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

struct Judged {
    recording: Recording,
    by_sound: Verdict,
    by_words: Option<Verdict>,
    speech: Option<Speech>,
    words: Vec<Words>,
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
        let words = recogniser.as_ref().map(|recogniser| words(recogniser, &samples, recording.lang, args.words_take)).transpose()?;
        let (by_sound, speech) = judge(&samples, &[]);
        let by_words = words.as_ref().map(|words| judge(&samples, words).0);
        judged.push(Judged { recording, by_sound, by_words, speech, words: words.unwrap_or_default() });
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
    let least = at(DECIDES_WITHIN_MS);
    if samples.len() < least {
        samples.resize(least, 0.0);
    }
    Ok(noise.around(samples, !args.as_recorded, seed, None).into())
}

/// What was recognised, from what was heard by then, and when it was there.
struct Words {
    text: String,
    asked_ms: u32,
    at_ms: u32,
}

/// The words of the first seconds, from each moment at which a call looks for them; what a call would not wait for is left out.
fn words(recogniser: &impl Recogniser, samples: &[f32], lang: Lang, take_ms: Option<u32>) -> Result<Vec<Words>, Failure> {
    let (mut found, mut busy_until_ms) = (Vec::new(), 0);
    for Look { at_ms, samples, priority, void_ms } in looks(samples) {
        if at_ms < busy_until_ms {
            continue;
        }
        let job = Job { samples: samples.into(), lang, terms: Vec::new(), constraint: None, deadline: Duration::from_secs(60), priority };
        let transcript = recogniser.submit(job)?.wait_blocking()?;
        let there_ms = at_ms + take_ms.unwrap_or(transcript.compute_ms);
        busy_until_ms = there_ms.min(void_ms);
        if there_ms < void_ms {
            found.push(Words { text: transcript.text, asked_ms: at_ms, at_ms: there_ms });
        }
    }
    Ok(found)
}

/// The verdict that holds two seconds after the answer, and the speech that it was reached by.
fn judge(samples: &[f32], words: &[Words]) -> (Verdict, Option<Speech>) {
    let mut detector = Detector::default();
    for (frame, now_ms) in samples.as_chunks::<FRAME_SAMPLES>().0.iter().zip((FRAME_MS..=DECIDES_WITHIN_MS).step_by(FRAME_MS as usize)) {
        for words in words.iter().filter(|words| (now_ms - FRAME_MS + 1..=now_ms).contains(&words.at_ms) && !words.text.is_empty()) {
            detector.words(&words.text, said(&words.text));
        }
        detector.push(frame);
    }
    let verdict = detector.verdict().unwrap_or(Verdict { who: Answerer::Silence, at_ms: DECIDES_WITHIN_MS });
    (verdict, detector.speech())
}

fn said(text: &str) -> Said {
    let Beginning { machine_odds, length } = pickup::read(text);
    Said { machine_odds, length }
}

fn print(judged: &[Judged], list: bool) {
    if list {
        for Judged { recording, by_sound, by_words, words, .. } in judged {
            let heard = words.iter().map(|words| words.text.as_str()).collect::<Vec<_>>().join(" / ");
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
                "sound": verdict(one.by_sound), "words": one.by_words.map(verdict), "speech": one.speech.map(speech),
                "heard": one.words.iter().map(heard).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({"sound": figures(&|one| one.by_sound), "sound_and_words": figures(&Judged::last), "verdicts": files})
}

fn speech(speech: Speech) -> serde_json::Value {
    let Speech { onset_s, trailing_s, gap_s, span_s, share } = speech;
    json!({"onset_s": onset_s, "trailing_s": trailing_s, "gap_s": gap_s, "span_s": span_s, "share": share})
}

fn heard(words: &Words) -> serde_json::Value {
    let Said { machine_odds, length } = said(&words.text);
    json!({"text": words.text, "asked_ms": words.asked_ms, "ms": words.at_ms, "odds": machine_odds, "length": length})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there(text: &str, at_ms: u32) -> Vec<Words> {
        vec![Words { text: text.to_owned(), asked_ms: 1_300, at_ms }]
    }

    #[test]
    fn the_verdict_is_the_one_that_holds_after_two_seconds() {
        let silence = vec![0.0; 3 * CALL_RATE_HZ as usize];
        assert_eq!(judge(&silence, &[]).0, Verdict { who: Answerer::Silence, at_ms: 2_000 });
        assert_eq!(judge(&silence, &there("请在滴声后留言", 2_001)).0.who, Answerer::Silence, "words that come too late do not count");
        let (timely, _) = judge(&silence, &there("请在滴声后留言", 1_700));
        assert!(timely.who == Answerer::Machine && timely.at_ms <= 1_700, "{timely:?}");
    }
}
