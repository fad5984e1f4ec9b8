//! `tingshuo knowledge`: for whoever edits `flows/knowledge/`.

use super::Failure;
use crate::models::data_dir;
use crate::nlu::knowledge::Certainty;
use crate::nlu::{Decision, Knowledge};
use crate::store::Database;
use crate::text::Lang;
use anyhow::{Context, bail};
use jiff::civil::Date;
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// The entries most like a question, best first, and what a caller would get.
    Search(SearchArgs),
    /// Questions that callers asked in vain, the most frequent first.
    Unanswered(UnansweredArgs),
}

#[derive(clap::Args)]
struct SearchArgs {
    /// The question
    text: String,
    /// The language of the question
    #[arg(long, default_value = "zh")]
    lang: Lang,
    /// How many entries to show
    #[arg(long, value_name = "N", default_value_t = 5)]
    most: usize,
    /// The day on which it is asked; entries out of their time are not found
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<Date>,
    /// One JSON object an entry
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct UnansweredArgs {
    /// The database that calls are kept in
    #[arg(long, value_name = "FILE")]
    database: PathBuf,
    /// Drop those that an entry answers by now
    #[arg(long)]
    drop_answered: bool,
    /// One JSON object a question
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let knowledge = Knowledge::load(&data_dir().join("flows"))?;
    match args.what {
        What::Search(args) => search(&knowledge, &args),
        What::Unanswered(args) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(unanswered(&knowledge, &args))
        }
    }
}

fn search(knowledge: &Knowledge, args: &SearchArgs) -> Result<(), Failure> {
    let day = args.today.unwrap_or_else(|| jiff::Zoned::now().date());
    let hits = knowledge.search(&args.text, args.lang, day, args.most);
    let mut out = std::io::stdout().lock();
    for (place, hit) in hits.iter().enumerate() {
        let wordings = hit.entry.wordings(args.lang);
        let decision = if place == 0 { Certainty::of(args.lang).decide(hit.confidence).name() } else { "" };
        if args.json {
            let (score, confidence) = (rounded(hit.score), rounded(hit.confidence));
            let (question, answer, tags) = (&wordings.question, &wordings.answer, &hit.entry.tags);
            writeln!(
                out,
                "{}",
                json!({"entry": hit.entry.id, "score": score, "confidence": confidence, "decision": decision, "question": question, "answer": answer, "tags": tags})
            )?;
        } else {
            writeln!(out, "{:.2} {decision:<8} {:<24} {}", hit.confidence, hit.entry.id, wordings.question)?;
            writeln!(out, "              {}", wordings.answer)?;
        }
    }
    if hits.is_empty() && !args.json {
        writeln!(out, "nothing is like it: a caller's question would be noted as unanswered")?;
    }
    Ok(())
}

async fn unanswered(knowledge: &Knowledge, args: &UnansweredArgs) -> Result<(), Failure> {
    if !args.database.is_file() {
        bail!("{}: there is no database here; name the one given to `call` or `chat` with --database", args.database.display());
    }
    let database = Database::open(&args.database).await.with_context(|| args.database.display().to_string())?;
    let today = jiff::Zoned::now().date();
    let mut out = std::io::stdout().lock();
    for question in database.unanswered().list().await? {
        let hit = knowledge.search(&question.question, question.lang, today, 1).pop();
        let answered =
            hit.filter(|hit| Certainty::of(question.lang).decide(hit.confidence) == Decision::Accept).map(|hit| hit.entry.id.as_str());
        let dropped = args.drop_answered && answered.is_some() && database.unanswered().forget(&question.question, question.lang).await?;
        let (first, last) = (question.first_day.to_string(), question.last_day.to_string());
        if args.json {
            let lang = question.lang.code();
            writeln!(
                out,
                "{}",
                json!({"question": question.question, "lang": lang, "times": question.times, "first_day": first, "last_day": last, "last_call": question.last_call, "answered_by": answered, "dropped": dropped})
            )?;
        } else {
            let by = answered.map(|id| format!("  (now answered by {id}{})", if dropped { ", dropped" } else { "" })).unwrap_or_default();
            writeln!(out, "{:>4}  {last}  {}  {}{by}", question.times, question.lang, question.question)?;
        }
    }
    Ok(())
}

fn rounded(x: f32) -> f64 {
    (f64::from(x) * 1000.0).round() / 1000.0
}
