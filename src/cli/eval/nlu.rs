//! `tingshuo eval nlu`: how well intents are understood.

use crate::cli::Failure;
use crate::models::data_dir;
use crate::nlu::figures::{Figures, Judged};
use crate::nlu::{Expectation, Intent, Router, language, thresholds};
use crate::text::Lang;
use anyhow::{Context, bail};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Measures understanding on labelled utterances.
///
/// The file has tab-separated columns with a heading line; those called text and intent count. A manifest (a column called
/// file) stands for the files it names. An utterance that is rejected counts as out_of_scope; macro-F1 is the mean over
/// every intent that was meant or answered.
#[derive(clap::Args)]
pub struct Args {
    /// Labelled utterances, or a manifest of such files.
    #[arg(required_unless_present = "examples")]
    file: Option<PathBuf>,
    /// Instead of a file: cross-validation over the project's own examples, whole templates held out.
    #[arg(long, conflicts_with = "file")]
    examples: bool,
    /// The language of the utterances.
    #[arg(long, default_value = "zh")]
    lang: Lang,
    /// Also write the figures to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// List every utterance that was not understood.
    #[arg(long)]
    errors: bool,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let (judged, time) = match &args.file {
        Some(file) => judge(&labelled(file)?, args.lang)?,
        None => (cross_validate(args.lang)?, None),
    };
    if judged.is_empty() {
        bail!("no labelled utterances to measure");
    }
    let figures = Figures::of(&judged);
    print(&figures, time);
    if args.errors {
        for one in judged.iter().filter(|one| !one.right()) {
            let guess = one.guess.map_or("-", |intent| intent.name());
            println!("{:<20} {:<20} {:<8} {:.2}  {}", one.truth.name(), guess, one.decision.name(), one.confidence, one.text);
        }
    }
    if let Some(file) = &args.json {
        let text = serde_json::to_string_pretty(&as_json(&figures, time))?;
        std::fs::write(file, text + "\n").with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

fn judge(labelled: &[(String, Intent)], lang: Lang) -> Result<(Vec<Judged>, Option<Duration>), Failure> {
    let router = Router::load(&data_dir())?;
    let today = jiff::Zoned::now().date();
    let open = Expectation::default();
    let start = Instant::now();
    let judged: Vec<Judged> = labelled
        .iter()
        .map(|(text, truth)| {
            let understood = router.understand(text, lang, &open, today);
            let (guess, confidence, decision) = (understood.intent, understood.confidence, understood.decision);
            Judged { text: text.clone(), truth: *truth, guess, confidence, decision }
        })
        .collect();
    let time = start.elapsed() / u32::try_from(labelled.len().max(1)).unwrap_or(u32::MAX);
    Ok((judged, Some(time)))
}

fn cross_validate(lang: Lang) -> Result<Vec<Judged>, Failure> {
    let trials = language::cross_validate(&data_dir().join("flows").join("intents"), lang)?;
    let judged = trials.into_iter().filter_map(|(example, ranked)| {
        let (guess, confidence) = ranked.first().copied()?;
        let (decision, _) = thresholds::decide(&ranked, None);
        Some(Judged { text: example.text, truth: example.intent, guess: Some(guess), confidence, decision })
    });
    Ok(judged.collect())
}

fn labelled(file: &Path) -> Result<Vec<(String, Intent)>, Failure> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut lines = text.lines();
    let heading: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |name: &str| heading.iter().position(|&heading| heading == name);
    if let (Some(text_column), Some(intent_column)) = (column("text"), column("intent")) {
        let mut out = Vec::new();
        for (at, line) in lines.enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let cells: Vec<&str> = line.split('\t').collect();
            let cell = |column: usize| cells.get(column).copied().unwrap_or_default();
            let name = cell(intent_column);
            let Some(intent) = Intent::from_name(name) else {
                bail!("{}:{}: no intent is called `{name}`", file.display(), at + 2);
            };
            out.push((cell(text_column).to_owned(), intent));
        }
        return Ok(out);
    }
    let Some(file_column) = column("file") else {
        bail!("{}: the first line must name the columns text and intent, or file", file.display());
    };
    let mut out = Vec::new();
    for name in lines.filter_map(|line| line.split('\t').nth(file_column)).filter(|name| name.ends_with(".tsv")) {
        out.extend(labelled(&file.with_file_name(name))?);
    }
    Ok(out)
}

fn print(figures: &Figures, time: Option<Duration>) {
    println!("utterances {}   accuracy {:.3}   macro-F1 {:.3}", figures.utterances, figures.accuracy, figures.macro_f1);
    println!(
        "accepted {:.3} ({:.3} right)   confirmed {:.3} ({:.3} right)   coverage {:.3}",
        figures.accepted, figures.accepted_right, figures.confirmed, figures.confirmed_right, figures.coverage
    );
    println!(
        "out of scope: precision {:.3}   recall {:.3}   in-scope utterances rejected {:.3}",
        figures.rejection_precision, figures.rejection_recall, figures.false_rejection
    );
    if let Some(time) = time {
        println!("time per utterance {:.3} ms", time.as_secs_f64() * 1000.0);
    }
    println!("\n{:<24} {:>5} {:>9} {:>7} {:>6}", "intent", "n", "precision", "recall", "F1");
    for (name, scores) in &figures.intents {
        println!("{name:<24} {:>5} {:>9.3} {:>7.3} {:>6.3}", scores.utterances, scores.precision, scores.recall, scores.f1);
    }
    println!("\n{:<24} {:<24} {:>5}", "meant", "answered", "n");
    for (truth, answer, count) in figures.confusions.iter().take(20) {
        println!("{:<24} {:<24} {count:>5}", truth.name(), answer.name());
    }
    println!("\n{:>10} {:>5} {:>11}   calibration error {:.3}", "confidence", "n", "guess right", figures.calibration_error);
    for band in figures.bands.iter().filter(|band| band.utterances > 0) {
        println!("{:>10.2} {:>5} {:>11.2}", band.mean_confidence, band.utterances, band.right);
    }
}

fn as_json(figures: &Figures, time: Option<Duration>) -> serde_json::Value {
    let intents: serde_json::Map<String, serde_json::Value> = figures
        .intents
        .iter()
        .map(|(name, s)| ((*name).to_owned(), json!({"n": s.utterances, "precision": s.precision, "recall": s.recall, "f1": s.f1})))
        .collect();
    let confusions: Vec<_> =
        figures.confusions.iter().map(|(truth, answer, n)| json!({"meant": truth.name(), "answered": answer.name(), "n": n})).collect();
    let bands: Vec<_> =
        figures.bands.iter().map(|b| json!({"n": b.utterances, "confidence": b.mean_confidence, "right": b.right})).collect();
    json!({
        "utterances": figures.utterances, "accuracy": figures.accuracy, "macro_f1": figures.macro_f1,
        "coverage": figures.coverage, "accepted": figures.accepted, "accepted_right": figures.accepted_right,
        "confirmed": figures.confirmed, "confirmed_right": figures.confirmed_right,
        "rejection": {"precision": figures.rejection_precision, "recall": figures.rejection_recall, "false_rejection": figures.false_rejection},
        "calibration_error": figures.calibration_error, "reliability": bands,
        "ms_per_utterance": time.map(|time| time.as_secs_f64() * 1000.0),
        "intents": intents, "confusions": confusions,
    })
}
