//! `tingshuo eval fields`: how well answers to questions are heard, and what a caller has to do until they are.

mod tally;

use super::asr::recordings::Recording;
use super::sayings::{Channel, SayingArgs};
use crate::asr::answer::Evidence;
use crate::asr::prompt::MOST_TERMS;
use crate::asr::reading::Candidate;
use crate::asr::recogniser::Priority;
use crate::asr::recogniser::Withheld;
use crate::asr::{Job, Recogniser, SpokenAnswer, Transcript, Verdict, Whisper};
use crate::call::answers::{Spoken, Wanted};
use crate::cli::{Failure, transcribe};
use crate::grammar::{Constraint, Library};
use crate::models::data_dir;
use crate::nlu::{self, Candidates, Decision, Expectation, Router, Source, Understood};
use crate::text::{Lang, Record, Value as Said, value_json};
use anyhow::Context;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tally::{Outcome, Tally};

/// Nobody waits on the line.
const DEADLINE: Duration = Duration::from_secs(3600);
/// Behind the second saying of a recording when no noise was asked for: nobody says the same twice.
const SECOND_TIME_DB: f32 = 20.0;
/// What the answer fills.
const SLOT: &str = "answer";
/// No grammar of a closed question or a number asks for a day.
const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 22);

/// Measures answers to one question: what the grammar takes must be heard right, or be asked again; what it does not take is no answer and
/// must not be accepted.
///
/// `plain` is the text without the grammar. A number is read back; when it was wrong or not heard, it is said once more: another
/// recording of the same words, or the same one through other noise; a number that was denied is not proposed again.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    sayings: SayingArgs,
    /// The grammar of the question (phone_number, yes_no, menu, …)
    #[arg(long, value_name = "NAME")]
    grammar: String,
    /// A yes costs money or changes the account, and has to be surer
    #[arg(long)]
    consent: bool,
    /// Only recordings of this category; may be given more than once
    #[arg(long, value_name = "NAME")]
    category: Vec<String>,
}

/// The question and what hears the answers to it.
struct Ear {
    recogniser: Whisper,
    router: Router,
    asked: Expectation,
    constraint: Arc<Constraint>,
    terms: Vec<String>,
    channel: Channel,
    lang: Lang,
    wanted: Wanted,
}

/// One saying, heard and understood as the service does it.
struct Heard {
    transcript: Transcript,
    evidence: Option<Evidence>,
    answer: Option<SpokenAnswer>,
    plain: Understood,
    meant: Understood,
}

impl Ear {
    fn hear(&self, recording: &Recording, nth: usize, instead_db: Option<f32>) -> Result<Heard, Failure> {
        let samples = self.channel.carry(recording, nth, instead_db)?;
        let (terms, constraint) = (self.terms.clone(), Some(Arc::clone(&self.constraint)));
        let job = Job { samples, lang: self.lang, terms, constraint, deadline: DEADLINE, priority: Priority::Final };
        let transcript = self.recogniser.submit(job)?.wait_blocking().with_context(|| recording.file.display().to_string())?;
        let evidence = Evidence::of(&self.constraint, &transcript);
        let answer = SpokenAnswer::of(&self.constraint, &transcript);
        let heard = nlu::Heard { text: &transcript.text, hearing_confidence: Some(transcript.confidence) };
        let plain = self.router.understand_heard(heard, self.lang, &self.asked, TODAY);
        let spoken = Spoken { transcript: &transcript, answer: answer.as_ref(), wanted: self.wanted, slot: Some(SLOT) };
        let meant = spoken.meant(plain.clone(), |text| self.understand(text));
        Ok(Heard { transcript, evidence, answer, plain, meant })
    }

    /// What is read back, or acted upon where nothing is read back; `candidates` are those of all sayings.
    fn proposed(&self, meant: &Understood, candidates: &Candidates) -> Option<String> {
        let accepted = self.accepted(meant)?;
        if meant.candidates.is_empty() { Some(accepted) } else { candidates.worth_a_read_back().map(str::to_owned) }
    }

    fn understand(&self, text: &str) -> Understood {
        self.router.understand(text, self.lang, &self.asked, TODAY)
    }

    /// The answer that was taken for one; `None`: asked again, asked about, or no answer.
    fn accepted(&self, understood: &Understood) -> Option<String> {
        if understood.source != Source::Grammar || understood.decision != Decision::Accept {
            return None;
        }
        Some(match understood.slots.get(SLOT)? {
            Said::Phone(number) => number.reveal().to_owned(),
            Said::Digits(digits) => digits.reveal().to_owned(),
            other => value_json::write(&Record::from([(SLOT.to_owned(), other.clone())])).to_string(),
        })
    }
}

impl Heard {
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
    let lang = args.sayings.lang;
    let library = Library::load(&data_dir().join("grammars"))?;
    let unknown = || format!("there is no {lang} grammar called `{}`", args.grammar);
    let constraint = library.constraint(lang, &args.grammar).with_context(unknown)?;
    let constraint = constraint.with_context(|| format!("the grammar `{}` cannot bind the recogniser", args.grammar))?;
    let terms = library.get(lang, &args.grammar).map(|grammar| grammar.terms(MOST_TERMS)).unwrap_or_default();
    let of_category = |recording: &Recording| args.category.is_empty() || args.category.contains(&recording.category);
    let recordings = args.sayings.recordings(of_category)?;
    let channel = args.sayings.channel()?;
    let condition = channel.name();
    let recogniser = transcribe::open()?;
    let router = Router::load(&data_dir())?;
    let asked = Expectation { grammar: Some(args.grammar.clone()), slot: Some(SLOT.to_owned()), terms: Vec::new() };
    let wanted = match (constraint.in_figures(), args.consent) {
        (true, _) => Wanted::Number,
        (false, true) => Wanted::Consent,
        (false, false) => Wanted::Words,
    };
    let ear = Ear { recogniser, router, asked, constraint, terms, channel, lang, wanted };
    let mut tally = Tally::default();
    let mut lines = String::new();
    for (index, recording) in recordings.iter().enumerate() {
        let outcome = measure(&ear, &recordings, index)?;
        if args.sayings.errors && !outcome.right() {
            println!("{}\t{}\t{}\t{}", recording.file.display(), recording.said, outcome.plain_text, outcome.shown());
        }
        lines.push_str(&format!("{}\n", outcome.as_json(recording)));
        tally.add(outcome);
    }
    tally.print(&args.grammar, &condition, ear.constraint.in_figures());
    args.sayings.write(&lines)
}

/// Hears the recording at `index`, and once more where a number was not heard right.
fn measure(ear: &Ear, recordings: &[Recording], index: usize) -> Result<Outcome, Failure> {
    let recording = recordings.get(index).context("the recording was listed")?;
    let number = ear.constraint.in_figures();
    let first = ear.hear(recording, index, None)?;
    let mut candidates = first.meant.candidates.clone();
    let mut outcome = Outcome {
        truth: if number { ear.constraint.meaning(&recording.said) } else { ear.accepted(&ear.understand(&recording.said)) },
        plain: ear.accepted(&first.plain),
        plain_text: first.transcript.text.clone(),
        verdict: first.verdict(),
        best: first.transcript.reading.iter().flat_map(|reading| &reading.candidates).map(|one| one.meaning.clone()).next(),
        compute_ms: first.transcript.compute_ms,
        reading_ms: first.transcript.reading.as_ref().map_or(0, |reading| reading.compute_ms),
        sayings: vec![first.as_json()],
        second: None,
        proposed: ear.proposed(&first.meant, &candidates),
    };
    if number && outcome.truth.is_some() && outcome.proposed != outcome.truth {
        if let Some(denied) = &outcome.proposed {
            candidates.rule_out(denied);
            if let Some(next) = candidates.likely() {
                outcome.second = Some(next.to_owned());
                return Ok(outcome);
            }
        }
        let another = recordings.iter().enumerate().find(|(other, one)| *other != index && one.said == recording.said);
        let again = another.map_or(recording, |(_, another)| another);
        let second = ear.hear(again, index + recordings.len(), Some(SECOND_TIME_DB))?;
        outcome.sayings.push(second.as_json());
        candidates.join(&second.meant.candidates);
        if let Some(denied) = &outcome.proposed {
            candidates.rule_out(denied);
        }
        outcome.second = ear.proposed(&second.meant, &candidates).filter(|second| outcome.proposed.as_ref() != Some(second));
    }
    Ok(outcome)
}
