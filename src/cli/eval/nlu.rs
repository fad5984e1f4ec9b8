//! `tingshuo eval nlu`: how well intents and values are understood.

mod labelled;
mod report;

use crate::cli::Failure;
use crate::models::data_dir;
use crate::nlu::figures::slots::{SlotsJudged, value_of};
use crate::nlu::figures::{Figures, Judged, slots};
use crate::nlu::{Expectation, Router, language};
use crate::text::Lang;
use anyhow::{Context, bail};
use labelled::{Columns, Mapping, Set};
use report::Report;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Measures understanding on labelled utterances.
///
/// A file has tab-separated columns with a heading line; those called text, intent and slots (name=words;name=words) count.
/// A manifest (a column called file) stands for the files it names. An utterance that is rejected counts as out_of_scope;
/// macro-F1 is the mean over every intent that was meant or answered. With --mapping other people's label names become
/// ours: lines of three tab-separated columns, `intent`, their name, ours (several with commas: any is right; `-`: leave
/// such lines out), or `slot`, their name or name=words, ours (or ours=words). Slots are measured only with a mapping.
#[derive(clap::Args)]
pub struct Args {
    /// Labelled utterances, or manifests of such files.
    #[arg(required_unless_present = "examples")]
    files: Vec<PathBuf>,
    /// Instead of files: cross-validation over the project's own examples, whole templates held out.
    #[arg(long, conflicts_with = "files")]
    examples: bool,
    /// The language of the utterances.
    #[arg(long, default_value = "zh")]
    lang: Lang,
    /// What the labels of the files are in our names.
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// The column that holds what was said.
    #[arg(long, value_name = "NAME", default_value = "text")]
    text_column: String,
    /// The column that holds the intent.
    #[arg(long, value_name = "NAME", default_value = "intent")]
    intent_column: String,
    /// The column that holds the slots, where there is one.
    #[arg(long, value_name = "NAME", default_value = "slots")]
    slots_column: String,
    /// The grammar of the question that all of them answer: yes_no, month, …
    #[arg(long, value_name = "GRAMMAR")]
    asked: Option<String>,
    /// The day to which months and days are relative.
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<jiff::civil::Date>,
    /// Also write the figures to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// List every utterance that was not understood.
    #[arg(long)]
    errors: bool,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let report = if args.examples { cross_validated(args.lang)? } else { measured(&args)? };
    if let Some(file) = &args.json {
        let text = serde_json::to_string_pretty(&report.as_json())?;
        std::fs::write(file, text + "\n").with_context(|| format!("cannot write {}", file.display()))?;
    }
    let written = std::io::stdout().lock().write_all(report.as_text(args.errors).as_bytes());
    match written {
        // Whoever read our output has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write the figures"),
    }
}

fn measured(args: &Args) -> Result<Report, Failure> {
    let mapping = args.mapping.as_deref().map(Mapping::read).transpose()?;
    let columns = Columns { text: &args.text_column, intent: &args.intent_column, slots: &args.slots_column };
    let mut set = Set::default();
    for file in &args.files {
        let more = labelled::read(file, &columns, mapping.as_ref())?;
        set.utterances.extend(more.utterances);
        set.left_out.extend(more.left_out);
    }
    if set.utterances.is_empty() {
        bail!("no labelled utterances to measure");
    }
    let (judged, values, time) = judge(&set, args)?;
    let slots = slots::scores(&values);
    Ok(Report { figures: Figures::of(&judged), judged, slots, left_out: set.left_out, time: Some(time), thresholds: None })
}

fn judge(set: &Set, args: &Args) -> Result<(Vec<Judged>, Vec<SlotsJudged>, Duration), Failure> {
    let router = Router::load(&data_dir())?;
    let today = args.today.unwrap_or_else(|| jiff::Zoned::now().date());
    let expectation = Expectation { grammar: args.asked.clone(), slot: None, terms: Vec::new() };
    // The dictionary is built at its first use.
    router.understand("查", args.lang, &expectation, today);
    let start = Instant::now();
    let understood: Vec<_> = set.utterances.iter().map(|one| router.understand(&one.text, args.lang, &expectation, today)).collect();
    let time = start.elapsed() / u32::try_from(set.utterances.len().max(1)).unwrap_or(u32::MAX);
    let mut judged = Vec::new();
    let mut values = Vec::new();
    for (one, understood) in set.utterances.iter().zip(understood) {
        let Some((&truth, or)) = one.intents.split_first() else { continue };
        judged.push(Judged {
            text: one.text.clone(),
            truth,
            or: or.to_vec(),
            guess: understood.intent,
            confidence: understood.confidence,
            decision: understood.decision,
        });
        let meant = one.slots.iter().map(|(name, words)| (name.clone(), value_of(name, words, args.lang, today))).collect();
        values.push(SlotsJudged { meant, found: understood.slots });
    }
    Ok((judged, values, time))
}

fn cross_validated(lang: Lang) -> Result<Report, Failure> {
    let trials = language::cross_validate(&intents(&data_dir()), lang)?;
    let judged: Vec<Judged> = trials
        .iter()
        .filter_map(|trial| {
            let (example, ranked) = (&trial.example, &trial.ranked);
            let (guess, confidence) = ranked.first().copied()?;
            let (decision, _) = trial.thresholds.decide(ranked, None);
            Some(Judged { text: example.text.clone(), truth: example.intent, or: Vec::new(), guess: Some(guess), confidence, decision })
        })
        .collect();
    Ok(Report {
        figures: Figures::of(&judged),
        judged,
        slots: Default::default(),
        left_out: Default::default(),
        time: None,
        thresholds: trials.first().map(|trial| trial.thresholds),
    })
}

fn intents(data_dir: &Path) -> PathBuf {
    data_dir.join("flows").join("intents")
}
