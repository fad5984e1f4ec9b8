//! `tingshuo eval nlu`: how well intents and values are understood.

mod labelled;
mod report;
mod sets;
mod summary;

use crate::cli::Failure;
use crate::models::data_dir;
use crate::nlu::figures::slots::{SlotsJudged, value_of};
use crate::nlu::figures::{Figures, Judged, slots};
use crate::nlu::{Expectation, Router, language};
use crate::text::Lang;
use anyhow::{Context, bail};
use jiff::civil::Date;
use labelled::{Columns, Mapping, Set};
use report::Report;
use sets::Source;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Measures understanding on labelled utterances.
///
/// A file has tab-separated columns with a heading line; those called text, intent and slots (name=words;name=words) count.
/// A manifest (a column called file) stands for the files it names. An utterance that is rejected counts as out_of_scope;
/// macro-F1 is the mean over every intent that was meant or answered. With --mapping other people's label names become
/// ours: lines of three tab-separated columns, `intent`, their name, ours (several with commas: any is right; `-`: leave
/// such lines out), or `slot`, their name or name=words, ours (or ours=words). Slots are measured only with a mapping; those
/// of a line whose intent is left out are measured all the same. With --sets several sets are measured at once, one table for
/// their intents and one for their slots.
#[derive(clap::Args)]
pub struct Args {
    /// Labelled utterances, or manifests of such files; with --sets the folder that holds the sets.
    #[arg(required_unless_present = "examples")]
    files: Vec<PathBuf>,
    /// Measure the sets that this file names: [[set]] with name, and where they differ from the options below lang,
    /// mapping (beside this file), text_column, intent_column, slots_column and asked.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["examples", "lang", "mapping", "text_column", "intent_column", "slots_column", "asked", "errors"])]
    sets: Option<PathBuf>,
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
    today: Option<Date>,
    /// Also write the figures to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// List every utterance that was not understood.
    #[arg(long)]
    errors: bool,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let (text, json) = figures(&args)?;
    if let Some(file) = &args.json {
        let json = serde_json::to_string_pretty(&json)?;
        std::fs::write(file, json + "\n").with_context(|| format!("cannot write {}", file.display()))?;
    }
    let written = std::io::stdout().lock().write_all(text.as_bytes());
    match written {
        // Whoever read our output has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write the figures"),
    }
}

fn figures(args: &Args) -> Result<(String, serde_json::Value), Failure> {
    if args.examples {
        let report = cross_validated(args.lang)?;
        return Ok((report.as_text(args.errors), report.as_json()));
    }
    let today = args.today.unwrap_or_else(|| jiff::Zoned::now().date());
    let Some(sets) = &args.sets else {
        let source = Source {
            name: String::new(),
            files: args.files.clone(),
            lang: args.lang,
            mapping: args.mapping.clone(),
            text_column: args.text_column.clone(),
            intent_column: args.intent_column.clone(),
            slots_column: args.slots_column.clone(),
            asked: args.asked.clone(),
        };
        let report = measured(&source, &Router::load(&data_dir())?, today)?;
        return Ok((report.as_text(args.errors), report.as_json()));
    };
    let [data] = args.files.as_slice() else { bail!("--sets takes one folder, which holds the sets") };
    let sources = sets::read(sets, data)?;
    let router = Router::load(&data_dir())?;
    let reports: Vec<(String, Report)> =
        sources.into_iter().map(|source| Ok((source.name.clone(), measured(&source, &router, today)?))).collect::<Result<_, Failure>>()?;
    Ok((summary::as_text(&reports), summary::as_json(&reports)))
}

fn measured(source: &Source, router: &Router, today: Date) -> Result<Report, Failure> {
    let mapping = source.mapping.as_deref().map(Mapping::read).transpose()?;
    let columns = Columns { text: &source.text_column, intent: &source.intent_column, slots: &source.slots_column };
    let mut set = Set::default();
    for file in &source.files {
        let more = labelled::read(file, &columns, mapping.as_ref())?;
        set.utterances.extend(more.utterances);
        set.left_out.extend(more.left_out);
    }
    if set.utterances.is_empty() {
        bail!("no labelled utterances to measure");
    }
    let (judged, values, time) = judge(&set, source, router, today);
    let slots = slots::scores(&values);
    Ok(Report { figures: Figures::of(&judged), judged, slots, left_out: set.left_out, time: Some(time), thresholds: None })
}

fn judge(set: &Set, source: &Source, router: &Router, today: Date) -> (Vec<Judged>, Vec<SlotsJudged>, Duration) {
    let expectation = Expectation { grammar: source.asked.clone(), slot: None, terms: Vec::new() };
    // The dictionary is built at its first use.
    router.understand("查", source.lang, &expectation, today);
    let start = Instant::now();
    let understood: Vec<_> = set.utterances.iter().map(|one| router.understand(&one.text, source.lang, &expectation, today)).collect();
    let time = start.elapsed() / u32::try_from(set.utterances.len().max(1)).unwrap_or(u32::MAX);
    let mut judged = Vec::new();
    let mut values = Vec::new();
    for (one, understood) in set.utterances.iter().zip(understood) {
        if let Some((&truth, or)) = one.intents.split_first() {
            judged.push(Judged {
                text: one.text.clone(),
                truth,
                or: or.to_vec(),
                guess: understood.intent,
                confidence: understood.confidence,
                decision: understood.decision,
            });
        }
        let meant = one.slots.iter().map(|(name, words)| (name.clone(), value_of(name, words, source.lang, today))).collect();
        values.push(SlotsJudged { meant, found: understood.slots });
    }
    (judged, values, time)
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
