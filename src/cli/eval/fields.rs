//! `tingshuo eval fields`: how well answers to questions are heard, and what a caller has to do until they are.

mod tally;

use super::asr::recordings::{self, Recording};
use super::sound::{Behind, NoiseArgs};
use crate::asr::prompt::MOST_TERMS;
use crate::asr::recogniser::Priority;
use crate::asr::answer::Evidence;
use crate::asr::reading::Candidate;
use crate::asr::recogniser::Withheld;
use crate::asr::{Job, Recogniser, SpokenAnswer, Transcript, Verdict, Whisper};
use crate::cli::{Failure, transcribe};
use crate::grammar::{Constraint, Library};
use crate::models::data_dir;
use crate::text::Lang;
use anyhow::Context;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tally::{Outcome, Tally};

/// Nobody waits on the line.
const DEADLINE: Duration = Duration::from_secs(3600);
/// Behind the second saying of a recording when no noise was asked for: nobody says the same twice.
const SECOND_TIME_DB: f32 = 20.0;
/// More than the sayings of a run, so that no two runs share a stretch of noise.
const SEEDS_APART: u64 = 100_000;

/// Measures answers to one question: what the grammar takes must be heard right, or be asked again; what it does not take is no answer and
/// must not be accepted.
///
/// `plain` is the text without the grammar. A number is read back; when it was wrong or not heard, it is said once more: another
/// recording of the same words, or the same one through other noise; a number that was denied is not proposed again.
#[derive(clap::Args)]
pub struct Args {
    /// Manifests of recordings, as for `eval asr`
    #[arg(required = true, value_name = "MANIFEST")]
    manifests: Vec<PathBuf>,
    /// The grammar of the question (phone_number, yes_no, menu, …)
    #[arg(long, value_name = "NAME")]
    grammar: String,
    /// Through the telephone: 300 to 3400 Hz, A-law
    #[arg(long)]
    telephone: bool,
    #[command(flatten)]
    noise: NoiseArgs,
    /// Picks the noise: other numbers, other stretches of it
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    #[arg(long, value_enum, default_value_t = Lang::Zh)]
    lang: Lang,
    /// Only recordings of this category; may be given more than once
    #[arg(long, value_name = "NAME")]
    category: Vec<String>,
    /// At most so many recordings of each manifest, spread evenly over it
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// List every saying that was not heard right
    #[arg(long)]
    errors: bool,
    /// Also write what was heard, and the evidence for it, to this file: a JSON object a line
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// The question and what hears the answers to it.
struct Ear {
    recogniser: Whisper,
    constraint: Arc<Constraint>,
    terms: Vec<String>,
    behind: Behind,
    lang: Lang,
    telephone: bool,
    seed: u64,
}

/// One saying, heard.
struct Heard {
    transcript: Transcript,
    evidence: Option<Evidence>,
    answer: Option<SpokenAnswer>,
}

impl Ear {
    fn hear(&self, recording: &Recording, nth: usize, instead_db: Option<f32>) -> Result<Heard, Failure> {
        let samples = self.behind.prepare(&recording.file, self.telephone, self.seed * SEEDS_APART + nth as u64, instead_db)?;
        let (terms, constraint) = (self.terms.clone(), Some(Arc::clone(&self.constraint)));
        let job = Job { samples, lang: self.lang, terms, constraint, deadline: DEADLINE, priority: Priority::Final };
        let transcript = self.recogniser.submit(job)?.wait_blocking().with_context(|| recording.file.display().to_string())?;
        let evidence = Evidence::of(&self.constraint, &transcript);
        let answer = SpokenAnswer::of(&self.constraint, &transcript);
        Ok(Heard { transcript, evidence, answer })
    }
}

impl Heard {
    /// The meanings that would be proposed, best first; none when the caller is asked again.
    fn proposals(&self) -> impl Iterator<Item = &str> {
        let answered = self.answer.as_ref().is_some_and(|answer| answer.verdict != Verdict::Reject);
        let candidates = self.transcript.reading.iter().flat_map(|reading| &reading.candidates).filter(move |_| answered);
        candidates.map(|candidate| candidate.meaning.as_str())
    }

    fn verdict(&self) -> Verdict {
        self.answer.as_ref().map_or(Verdict::Reject, |answer| answer.verdict)
    }

    fn as_json(&self) -> Value {
        let transcript = &self.transcript;
        let reading = transcript.reading.as_ref().map(|reading| {
            let candidate = |one: &Candidate| json!([one.meaning, one.text, one.log_probability, one.share]);
            let candidates: Vec<Value> = reading.candidates.iter().map(candidate).collect();
            json!({ "candidates": candidates, "gap": reading.gap, "steps": reading.steps, "compute_ms": reading.compute_ms })
        });
        let evidence = self.evidence.map(|of| json!([of.gap, of.lead, of.likelihood, of.agrees]));
        json!({
            "text": transcript.text, "withheld": transcript.withheld.as_ref().map(Withheld::text), "confidence": transcript.confidence,
            "audio_ms": transcript.audio_ms, "compute_ms": transcript.compute_ms, "reading": reading, "evidence": evidence,
            "decision": self.verdict().name(), "chance": self.answer.as_ref().map_or(0.0, |answer| answer.chance),
        })
    }
}

pub fn run(args: Args) -> Result<(), Failure> {
    let library = Library::load(&data_dir().join("grammars"))?;
    let unknown = || format!("there is no {} grammar called `{}`", args.lang, args.grammar);
    let constraint = library.constraint(args.lang, &args.grammar).with_context(unknown)?;
    let constraint = constraint.with_context(|| format!("the grammar `{}` cannot bind the recogniser", args.grammar))?;
    let terms = library.get(args.lang, &args.grammar).map(|grammar| grammar.terms(MOST_TERMS)).unwrap_or_default();
    let mut recordings = Vec::new();
    for manifest in &args.manifests {
        let mut all = recordings::read(manifest, args.lang)?;
        all.retain(|recording| args.category.is_empty() || args.category.contains(&recording.category));
        recordings.extend(super::spread(all, args.limit));
    }
    anyhow::ensure!(!recordings.is_empty(), "the manifests name no recordings of these categories");
    let behind = args.noise.open()?;
    let condition = behind.name(args.telephone);
    let recogniser = transcribe::open()?;
    let ear = Ear { recogniser, constraint, terms, behind, lang: args.lang, telephone: args.telephone, seed: args.seed };
    let mut tally = Tally::default();
    let mut lines = String::new();
    for (index, recording) in recordings.iter().enumerate() {
        let outcome = measure(&ear, &recordings, index)?;
        if args.errors && !outcome.right() {
            println!("{}\t{}\t{}\t{}", recording.file.display(), recording.said, outcome.plain_text, outcome.shown());
        }
        lines.push_str(&format!("{}\n", outcome.as_json(recording)));
        tally.add(outcome);
    }
    tally.print(&args.grammar, &condition, ear.constraint.in_figures());
    if let Some(file) = &args.json {
        std::fs::write(file, lines).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// Hears the recording at `index`, and once more where a number was not heard right.
fn measure(ear: &Ear, recordings: &[Recording], index: usize) -> Result<Outcome, Failure> {
    let recording = recordings.get(index).context("the recording was listed")?;
    let truth = ear.constraint.meaning(&recording.said);
    let first = ear.hear(recording, index, None)?;
    let proposed = first.proposals().next().map(str::to_owned);
    let mut outcome = Outcome {
        plain: ear.constraint.meaning(&first.transcript.text),
        plain_text: first.transcript.text.clone(),
        verdict: first.verdict(),
        best: first.transcript.reading.iter().flat_map(|reading| &reading.candidates).map(|one| one.meaning.clone()).next(),
        compute_ms: first.transcript.compute_ms,
        reading_ms: first.transcript.reading.as_ref().map_or(0, |reading| reading.compute_ms),
        sayings: vec![first.as_json()],
        second: None,
        proposed,
        truth,
    };
    if ear.constraint.in_figures() && outcome.truth.is_some() && outcome.proposed != outcome.truth {
        let another = recordings.iter().enumerate().find(|(other, one)| *other != index && one.said == recording.said);
        let again = another.map_or(recording, |(_, another)| another);
        let second = ear.hear(again, index + recordings.len(), Some(SECOND_TIME_DB))?;
        outcome.sayings.push(second.as_json());
        let denied = outcome.proposed.as_deref();
        outcome.second = second.proposals().find(|meaning| Some(*meaning) != denied).map(str::to_owned);
    }
    Ok(outcome)
}
