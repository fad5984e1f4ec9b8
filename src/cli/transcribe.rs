//! `tingshuo transcribe`: what recordings say, a line each.

use super::Failure;
use crate::asr::prompt::MOST_TERMS;
use crate::asr::recogniser::Priority;
use crate::asr::whisper::MARGIN_AS_PUBLISHED;
use crate::asr::{Job, Recogniser, SpokenAnswer, Transcript, Verdict, Whisper, WhisperConfig};
use crate::audio::resample::resample;
use crate::audio::{CALL_RATE_HZ, treatment, wav};
use crate::grammar::{Constraint, Library};
use crate::models::{Models, data_dir};
use crate::nlu::examples;
use crate::text::Lang;
use anyhow::Context;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Nobody waits on the line: long files may take their time.
const DEADLINE: Duration = Duration::from_secs(3600);

/// What recordings say, a line each.
///
/// With --grammar, what is said is taken for an answer to that question. The text is then the answer, a number in figures, and the confidence the
/// chance that it was said; `decision` (--json) says what a call would do with it: accept it, confirm it (ask whether it is so; a
/// number is read back in any case), or reject it: then the text is empty, the confidence low, and the caller is asked again. `heard` is what
/// was heard without the grammar, `alternatives` are the next best answers. A grammar that takes any words gives only its terms to the recogniser.
#[derive(clap::Args)]
pub struct Args {
    /// A JSON object a line
    #[arg(long)]
    json: bool,
    #[arg(long, value_enum, default_value_t = Lang::Zh)]
    lang: Lang,
    /// The grammar of the question that the speaker answers (phone_number, yes_no, month, …)
    #[arg(long, value_name = "NAME")]
    grammar: Option<String>,
    /// More words that the speaker is expected to say; they join the recogniser's prompt
    #[arg(long, value_name = "WORD", value_delimiter = ',')]
    terms: Vec<String>,
    /// Pass the sound through 8 kHz A-law first
    #[arg(long)]
    telephone: bool,
    /// WAV in any common form
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// A line of `--json`.
#[derive(Serialize)]
struct Line<'a> {
    file: String,
    text: &'a str,
    confidence: f32,
    audio_ms: u32,
    compute_ms: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heard: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alternatives: Vec<&'a str>,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let question = Question::of(&args)?;
    let recogniser = open()?;
    let mut failed = 0;
    for file in &args.files {
        match transcribe(&recogniser, file, args.lang, &question, args.telephone) {
            Ok(transcript) => print(file, &transcript, question.constraint.as_deref(), args.json)?,
            Err(error) => {
                failed += 1;
                eprintln!("tingshuo: {}: {error:#}", file.display());
            }
        }
    }
    anyhow::ensure!(failed == 0, "{failed} of {} files could not be transcribed", args.files.len());
    Ok(())
}

/// What the speaker is expected to say.
struct Question {
    terms: Vec<String>,
    constraint: Option<Arc<Constraint>>,
}

impl Question {
    /// Words of `--terms` first: they were named one by one.
    fn of(args: &Args) -> Result<Question, Failure> {
        let mut question = Question { terms: args.terms.clone(), constraint: None };
        if let Some(name) = &args.grammar {
            let library = Library::load(&data_dir().join("grammars"))?;
            let grammar = library.get(args.lang, name).with_context(|| format!("there is no {} grammar called `{name}`", args.lang))?;
            question.terms.extend(grammar.terms(MOST_TERMS));
            match library.constraint(args.lang, name).transpose() {
                Ok(constraint) => question.constraint = constraint,
                Err(why) => eprintln!("tingshuo: the grammar `{name}` gives the recogniser only its terms: {why}"),
            }
        }
        Ok(question)
    }
}

/// Longer Mandarin requests say enough to be heard as they are.
const SHORT_CHARACTERS: usize = 4;

/// The recogniser with the model of the manifest and, in Mandarin, what callers ask for in a word or two.
pub fn open() -> Result<Whisper, Failure> {
    Ok(Whisper::open(&knowing()?)?)
}

/// The same for callers who wait: on an idle machine several cores hear one utterance.
pub fn open_live() -> Result<Whisper, Failure> {
    Ok(Whisper::open(&WhisperConfig { live: true, ..knowing()? })?)
}

fn knowing() -> Result<WhisperConfig, Failure> {
    let examples = data_dir().join("flows").join("intents").join(Lang::Zh.code());
    let phrases = BTreeMap::from([(Lang::Zh, examples::short(&examples, SHORT_CHARACTERS)?)]);
    Ok(WhisperConfig { phrases, ..model()? })
}

/// Whisper as it was published, for comparison.
pub fn open_as_published() -> Result<Whisper, Failure> {
    let model = Models::open()?.path("whisper-base")?;
    Ok(Whisper::open(&WhisperConfig { margin: MARGIN_AS_PUBLISHED, ..WhisperConfig::new(model) })?)
}

fn model() -> Result<WhisperConfig, Failure> {
    Ok(WhisperConfig::new(Models::open()?.path("whisper-telephone")?))
}

/// A recording as the recogniser takes it.
pub fn samples(file: &Path, telephone: bool) -> Result<Arc<[f32]>, Failure> {
    let audio = wav::read(file)?;
    let mut samples = resample(&audio.samples, audio.rate_hz, CALL_RATE_HZ);
    if telephone {
        samples = treatment::telephone(&samples, CALL_RATE_HZ);
    }
    Ok(samples.into())
}

fn transcribe(recogniser: &Whisper, file: &Path, lang: Lang, question: &Question, telephone: bool) -> Result<Transcript, Failure> {
    let samples = samples(file, telephone)?;
    let (terms, constraint) = (question.terms.clone(), question.constraint.clone());
    let job = Job { samples, lang, terms, constraint, deadline: DEADLINE, priority: Priority::Final };
    Ok(recogniser.submit(job)?.wait_blocking()?)
}

fn print(file: &Path, transcript: &Transcript, constraint: Option<&Constraint>, json: bool) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let answer = constraint.map(|constraint| SpokenAnswer::of(constraint, transcript));
    let (text, confidence) = match &answer {
        None => (transcript.text.as_str(), transcript.confidence),
        Some(Some(answer)) if answer.verdict != Verdict::Reject => (answer.text.as_str(), answer.chance),
        Some(answer) => ("", answer.as_ref().map_or(0.0, |answer| answer.chance)),
    };
    if !json {
        writeln!(out, "{}\t{confidence:.2}\t{text}", file.display())?;
        return Ok(());
    }
    let decision = answer.as_ref().map(|answer| answer.as_ref().map_or(Verdict::Reject, |answer| answer.verdict).name());
    let candidates = transcript.reading.iter().flat_map(|reading| &reading.candidates);
    let line = Line {
        file: file.display().to_string(),
        text,
        confidence,
        audio_ms: transcript.audio_ms,
        compute_ms: transcript.compute_ms,
        decision,
        heard: decision.map(|_| transcript.text.as_str()),
        alternatives: candidates.skip(1).map(|candidate| candidate.text.as_str()).collect(),
    };
    serde_json::to_writer(&mut out, &line)?;
    writeln!(out)?;
    Ok(())
}
