//! `tingshuo eval asr`: how well recordings are recognised.

pub mod recordings;
mod table;

use super::sound::{Behind, NoiseArgs};
use crate::asr::recogniser::Priority;
use crate::asr::score::Score;
use crate::asr::{Job, Pending, Recogniser, Transcript, Whisper};
use crate::cli::{Failure, transcribe};
use crate::text::Lang;
use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use recordings::Recording;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;

/// Enough to keep every thread busy, few enough to be queued.
const IN_WORK: usize = 4;

/// Measures recognition on recordings with known words.
///
/// A manifest has tab-separated columns with a heading line; those called file, transcript, category and language count. Both
/// sides are written alike before they are compared: simplified, without punctuation, figures in words. The error is counted in
/// characters (Mandarin) or words (English), the pinyin error in syllables without tones. A run-away is a result with more than
/// twice the characters spoken.
///
/// With --plain each figure of Whisper base as it was published stands before an arrow.
#[derive(clap::Args)]
pub struct Args {
    /// Manifests of recordings
    #[arg(required = true, value_name = "MANIFEST")]
    manifests: Vec<PathBuf>,
    /// Only through the telephone: 300 to 3400 Hz, A-law
    #[arg(long, conflicts_with = "wideband")]
    telephone: bool,
    /// Only as recorded; without either, both are measured
    #[arg(long)]
    wideband: bool,
    #[command(flatten)]
    noise: NoiseArgs,
    /// Also measure Whisper base as it was published
    #[arg(long)]
    plain: bool,
    /// The language of recordings whose manifest names none
    #[arg(long, value_enum, default_value_t = Lang::Zh)]
    lang: Lang,
    /// At most so many recordings of each manifest, spread evenly over it
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Also write the figures and every result to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// List every result that is not wholly right
    #[arg(long)]
    errors: bool,
}

/// One recording, recognised under one condition.
struct Measured<'a> {
    recording: &'a Recording,
    condition: String,
    /// By the model as it was published, where that was measured.
    plain: Option<Pass>,
    heard: Pass,
    transcript: Transcript,
}

/// What was heard in one way.
struct Pass {
    score: Score,
    compute_ms: u32,
}

impl Pass {
    fn of(recording: &Recording, transcript: &Transcript) -> Pass {
        Pass { score: Score::of(recording.lang, &recording.said, &transcript.text), compute_ms: transcript.compute_ms }
    }
}

impl Measured<'_> {
    fn passes(&self) -> impl Iterator<Item = (&'static str, &Pass)> {
        let plain = self.plain.as_ref().map(|plain| ("as published", plain));
        plain.into_iter().chain([("adapted", &self.heard)])
    }
}

pub fn run(args: Args) -> Result<(), Failure> {
    let mut recordings = Vec::new();
    for manifest in &args.manifests {
        recordings.extend(super::spread(recordings::read(manifest, args.lang)?, args.limit));
    }
    anyhow::ensure!(!recordings.is_empty(), "the manifests name no recordings");
    let conditions: &[bool] = match (args.wideband, args.telephone) {
        (true, _) => &[false],
        (_, true) => &[true],
        _ => &[false, true],
    };
    let behind = args.noise.open()?;
    let mut jobs = Vec::new();
    for (index, recording) in recordings.iter().enumerate() {
        jobs.extend(conditions.iter().map(|&telephone| Task { recording, telephone, seed: index as u64 }));
    }
    let plain = if args.plain { Some(hear(&transcribe::open_as_published()?, &jobs, &behind)?) } else { None };
    let heard = hear(&transcribe::open()?, &jobs, &behind)?;
    let mut measured = Vec::new();
    for (index, (task, transcript)) in jobs.iter().zip(heard).enumerate() {
        let plain = plain.as_ref().and_then(|plain| plain.get(index));
        measured.push(Measured {
            recording: task.recording,
            condition: behind.name(task.telephone),
            plain: plain.map(|plain| Pass::of(task.recording, plain)),
            heard: Pass::of(task.recording, &transcript),
            transcript,
        });
    }
    table::print(&measured);
    if args.errors {
        for one in measured.iter().filter(|one| one.heard.score.text.wrong > 0) {
            let file = one.recording.file.display();
            println!("{file}\t{}\t{:.2}\t{}\t{}", one.condition, one.transcript.confidence, one.recording.said, one.transcript.text);
        }
    }
    if let Some(file) = &args.json {
        let text = serde_json::to_string_pretty(&table::as_json(&measured))?;
        std::fs::write(file, text + "\n").with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// One recording under one condition.
struct Task<'a> {
    recording: &'a Recording,
    telephone: bool,
    /// Picks the noise.
    seed: u64,
}

/// Results in the order of the tasks.
fn hear(recogniser: &Whisper, tasks: &[Task<'_>], behind: &Behind) -> Result<Vec<Transcript>, Failure> {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta} left").expect("the template is well formed");
    let progress = ProgressBar::new(tasks.len() as u64).with_style(style);
    let mut in_work: VecDeque<(&Recording, Pending)> = VecDeque::new();
    let mut heard = Vec::new();
    let mut finish = |(recording, pending): (&Recording, Pending)| -> Result<(), Failure> {
        heard.push(pending.wait_blocking().with_context(|| recording.file.display().to_string())?);
        progress.inc(1);
        Ok(())
    };
    for Task { recording, telephone, seed } in tasks {
        if in_work.len() >= IN_WORK
            && let Some(oldest) = in_work.pop_front()
        {
            finish(oldest)?;
        }
        let samples = behind.prepare(&recording.file, *telephone, *seed, None).with_context(|| recording.file.display().to_string())?;
        let job = Job { samples, lang: recording.lang, terms: Vec::new(), constraint: None, deadline: DEADLINE, priority: Priority::Final };
        in_work.push_back((recording, recogniser.submit(job)?));
    }
    in_work.into_iter().try_for_each(&mut finish)?;
    progress.finish_and_clear();
    Ok(heard)
}

/// Nobody waits on the line.
const DEADLINE: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(all: usize, limit: Option<usize>, expected: &[&str]) {
        let recording = |index: usize| Recording {
            file: format!("{index}").into(),
            set: String::new(),
            category: String::new(),
            lang: Lang::Zh,
            said: String::new(),
            intent: String::new(),
        };
        let chosen = super::super::spread((0..all).map(recording).collect(), limit);
        let names: Vec<&str> = chosen.iter().filter_map(|recording| recording.file.to_str()).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn a_limit_takes_from_the_whole_manifest() {
        check(3, None, &["0", "1", "2"]);
        check(3, Some(9), &["0", "1", "2"]);
        check(6, Some(2), &["2", "5"]);
        check(4, Some(0), &[]);
    }
}
