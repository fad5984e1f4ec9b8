//! `tingshuo eval fields`: how well answers to questions are heard, and what a caller has to do until they are.

mod tally;

use super::asr::recordings::{self, Recording};
use super::sound::{Behind, NoiseArgs};
use crate::asr::prompt::MOST_TERMS;
use crate::asr::recogniser::Priority;
use crate::asr::{Job, Recogniser, SpokenAnswer, Transcript, Verdict, Whisper};
use crate::cli::{Failure, transcribe};
use crate::grammar::{Constraint, Library};
use crate::models::data_dir;
use crate::text::Lang;
use anyhow::Context;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tally::{Outcome, Tally};

/// Nobody waits on the line.
const DEADLINE: Duration = Duration::from_secs(3600);
/// Behind the second saying of a recording when no noise was asked for: nobody says the same twice.
const SECOND_TIME_DB: f32 = 20.0;

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
}

/// One saying, heard.
struct Heard {
    transcript: Transcript,
    answer: Option<SpokenAnswer>,
}

impl Ear {
    fn hear(&self, recording: &Recording, seed: u64, instead_db: Option<f32>) -> Result<Heard, Failure> {
        let samples = self.behind.prepare(&recording.file, self.telephone, seed, instead_db)?;
        let (terms, constraint) = (self.terms.clone(), Some(Arc::clone(&self.constraint)));
        let job = Job { samples, lang: self.lang, terms, constraint, deadline: DEADLINE, priority: Priority::Final };
        let transcript = self.recogniser.submit(job)?.wait_blocking().with_context(|| recording.file.display().to_string())?;
        let answer = SpokenAnswer::of(&self.constraint, &transcript);
        Ok(Heard { transcript, answer })
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
    let ear = Ear { recogniser: transcribe::open()?, constraint, terms, behind, lang: args.lang, telephone: args.telephone };
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
    let first = ear.hear(recording, index as u64, None)?;
    let proposed = first.proposals().next().map(str::to_owned);
    let mut outcome = Outcome {
        plain: ear.constraint.meaning(&first.transcript.text),
        plain_text: first.transcript.text.clone(),
        verdict: first.verdict(),
        chance: first.answer.as_ref().map_or(0.0, |answer| answer.chance),
        gap: first.transcript.reading.as_ref().map_or(0.0, |reading| reading.gap),
        candidates: first.transcript.reading.iter().flat_map(|reading| &reading.candidates).map(|one| one.meaning.clone()).collect(),
        compute_ms: first.transcript.compute_ms,
        second: None,
        proposed,
        truth,
    };
    if ear.constraint.in_figures() && outcome.truth.is_some() && outcome.proposed != outcome.truth {
        let another = recordings.iter().enumerate().find(|(other, one)| *other != index && one.said == recording.said);
        let again = another.map_or(recording, |(_, another)| another);
        let second = ear.hear(again, (index + recordings.len()) as u64, Some(SECOND_TIME_DB))?;
        let denied = outcome.proposed.as_deref();
        outcome.second = second.proposals().find(|meaning| Some(*meaning) != denied).map(str::to_owned);
    }
    Ok(outcome)
}
