//! `tingshuo eval knowledge`: how well questions find their entries, and how rightly an answer is claimed.

use crate::cli::Failure;
use crate::models::data_dir;
use crate::nlu::knowledge::{Certainty, Evidence};
use crate::nlu::{Decision, Knowledge};
use crate::text::Lang;
use anyhow::{Context, bail};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// One part in so many is held out from learning, each in its turn.
const FOLDS: usize = 5;
/// How many entries of a search are looked at.
const MOST: usize = 3;

/// Measures knowledge search on questions and the entries that answer them.
///
/// The file has tab-separated columns with a heading line: question, and entry, which is the entry's id, or nothing when no entry answers it.
/// "As it is" uses the certainty that the program has; "learned anew" learns it from four fifths of the questions and tries the
/// last fifth, each fifth in its turn.
#[derive(clap::Args)]
pub struct Args {
    /// Questions and their entries.
    file: PathBuf,
    /// The language of the questions.
    #[arg(long, default_value = "zh")]
    lang: Lang,
    /// The day of the questions; entries out of their time are not found.
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<jiff::civil::Date>,
    /// Also write the figures to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// List every question whose entry was not found first, and every wrong claim.
    #[arg(long)]
    errors: bool,
}

/// One question and what the search made of it.
struct Trial {
    question: String,
    entry: Option<String>,
    found: Vec<String>,
    evidence: Evidence,
    confidence: f32,
    decision: Decision,
}

impl Trial {
    fn is_right(&self) -> bool {
        self.entry.is_some() && self.entry.as_deref() == self.found.first().map(String::as_str)
    }

    fn is_among(&self, most: usize) -> bool {
        self.entry.as_ref().is_some_and(|entry| self.found.iter().take(most).any(|found| found == entry))
    }
}

pub fn run(args: Args) -> Result<(), Failure> {
    let knowledge = Knowledge::load(&data_dir().join("flows"))?;
    let today = args.today.unwrap_or_else(|| jiff::Zoned::now().date());
    let questions = questions(&args.file, &knowledge)?;
    let start = Instant::now();
    let searched: Vec<Trial> =
        questions.into_iter().map(|(question, entry)| trial(&knowledge, question, entry, args.lang, today)).collect();
    let time = start.elapsed() / u32::try_from(searched.len().max(1)).unwrap_or(u32::MAX);
    let figures = figures(&searched, time);
    println!("{}", serde_json::to_string_pretty(&figures)?);
    if args.errors {
        for trial in searched.iter().filter(|trial| !trial.is_right() && (trial.entry.is_some() || trial.decision != Decision::Reject)) {
            let (wanted, found) = (trial.entry.as_deref().unwrap_or("-"), trial.found.first().map_or("-", String::as_str));
            println!("{wanted:<24} {found:<24} {:<8} {:.2}  {}", trial.decision.name(), trial.confidence, trial.question);
        }
    }
    if let Some(file) = &args.json {
        std::fs::write(file, serde_json::to_string_pretty(&figures)? + "\n").with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

fn questions(file: &Path, knowledge: &Knowledge) -> Result<Vec<(String, Option<String>)>, Failure> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut lines = text.lines();
    if lines.next() != Some("question\tentry") {
        bail!("{}: the first line must name the columns question and entry", file.display());
    }
    let mut out = Vec::new();
    for (at, line) in lines.enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let (question, id) = line.split_once('\t').unwrap_or((line, ""));
        if !id.is_empty() && !knowledge.entries().iter().any(|entry| entry.id == id) {
            bail!("{}:{}: no entry is called `{id}`", file.display(), at + 2);
        }
        out.push((question.to_owned(), (!id.is_empty()).then(|| id.to_owned())));
    }
    if out.is_empty() {
        bail!("{}: no questions to measure", file.display());
    }
    Ok(out)
}

fn trial(knowledge: &Knowledge, question: String, entry: Option<String>, lang: Lang, today: jiff::civil::Date) -> Trial {
    let hits = knowledge.search(&question, lang, today, MOST);
    let found = hits.iter().map(|hit| hit.entry.id.clone()).collect();
    let (evidence, confidence) = hits.first().map_or((Evidence::NONE, 0.0), |hit| (hit.evidence, hit.confidence));
    let decision = Certainty::of(lang).decide(confidence);
    Trial { question, entry, found, evidence, confidence, decision }
}

fn figures(trials: &[Trial], time: Duration) -> serde_json::Value {
    let as_it_is: Vec<Decision> = trials.iter().map(|trial| trial.decision).collect();
    let learn = |keep: &dyn Fn(usize) -> bool| {
        let kept = trials.iter().enumerate().filter(|(at, _)| keep(*at));
        Certainty::learn(&kept.map(|(_, trial)| (trial.evidence, trial.is_right())).collect::<Vec<_>>())
    };
    let folds: Vec<Certainty> = (0..FOLDS).map(|fold| learn(&|at| at % FOLDS != fold)).collect();
    let anew = |(at, trial): (usize, &Trial)| {
        let certainty = folds.get(at % FOLDS)?;
        Some(certainty.decide(certainty.confidence(trial.evidence)))
    };
    let anew: Vec<Decision> = trials.iter().enumerate().filter_map(anew).collect();
    let whole = learn(&|_| true);
    let (answerable, answered) =
        (trials.iter().filter(|trial| trial.entry.is_some()).count(), |most| trials.iter().filter(|trial| trial.is_among(most)).count());
    json!({
        "questions": trials.len(),
        "answerable": answerable,
        "found_first": share(answered(1), answerable),
        "found_among_three": share(answered(MOST), answerable),
        "as_it_is": claims(trials, &as_it_is),
        "learned_anew": claims(trials, &anew),
        "certainty_learned": {"weights": whole.weights, "accept": whole.accept, "confirm": whole.confirm},
        "ms_per_search": time.as_secs_f64() * 1000.0,
    })
}

/// What was said at once, what was asked about, and what was claimed of questions that no entry answers.
fn claims(trials: &[Trial], decisions: &[Decision]) -> serde_json::Value {
    let count =
        |test: &dyn Fn(&Trial, Decision) -> bool| trials.iter().zip(decisions).filter(|(trial, decision)| test(trial, **decision)).count();
    let answerable = count(&|trial, _| trial.entry.is_some());
    let (said, asked) = (count(&|_, decision| decision == Decision::Accept), count(&|_, decision| decision == Decision::Confirm));
    let said_right = count(&|trial, decision| decision == Decision::Accept && trial.is_right());
    let asked_right = count(&|trial, decision| decision == Decision::Confirm && trial.is_right());
    let foreign = |decision: Decision| share(count(&|trial, found| trial.entry.is_none() && found == decision), trials.len() - answerable);
    json!({
        "answerable_said_rightly": share(said_right, answerable),
        "answerable_asked_rightly": share(asked_right, answerable),
        "said_right": share(said_right, said),
        "asked_right": share(asked_right, asked),
        "unanswerable_nothing_claimed": foreign(Decision::Reject),
        "unanswerable_asked": foreign(Decision::Confirm),
        "unanswerable_said": foreign(Decision::Accept),
    })
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64 * 1000.0).round() / 1000.0 }
}
