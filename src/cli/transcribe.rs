//! `tingshuo transcribe`: what recordings say, a line each.

use super::Failure;
use crate::asr::prompt::MOST_TERMS;
use crate::asr::recogniser::Priority;
use crate::asr::{Job, Recogniser, Transcript, Whisper, WhisperConfig};
use crate::audio::resample::resample;
use crate::audio::{CALL_RATE_HZ, treatment, wav};
use crate::grammar::Library;
use crate::models::{Models, data_dir};
use crate::text::Lang;
use anyhow::Context;
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Nobody waits on the line: long files may take their time.
const DEADLINE: Duration = Duration::from_secs(3600);

/// What recordings say, a line each.
#[derive(clap::Args)]
pub struct Args {
    /// A JSON object a line
    #[arg(long)]
    json: bool,
    #[arg(long, value_enum, default_value_t = Lang::Zh)]
    lang: Lang,
    /// A grammar whose words the speaker is expected to say
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
}

pub fn run(args: Args) -> Result<(), Failure> {
    let terms = expected(&args)?;
    let recogniser = open()?;
    let mut failed = 0;
    for file in &args.files {
        match transcribe(&recogniser, file, args.lang, &terms, args.telephone) {
            Ok(transcript) => print(file, &transcript, args.json)?,
            Err(error) => {
                failed += 1;
                eprintln!("tingshuo: {}: {error:#}", file.display());
            }
        }
    }
    anyhow::ensure!(failed == 0, "{failed} of {} files could not be transcribed", args.files.len());
    Ok(())
}

/// Words of `--terms` first: they were named one by one.
fn expected(args: &Args) -> Result<Vec<String>, Failure> {
    let mut terms = args.terms.clone();
    if let Some(name) = &args.grammar {
        let library = Library::load(&data_dir().join("grammars"))?;
        let grammar = library.get(args.lang, name).with_context(|| format!("there is no {} grammar called `{name}`", args.lang))?;
        terms.extend(grammar.terms(MOST_TERMS));
    }
    Ok(terms)
}

/// The recogniser with the model of the manifest.
pub fn open() -> Result<Whisper, Failure> {
    Ok(Whisper::open(&WhisperConfig::new(Models::open()?.path("whisper-base")?))?)
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

fn transcribe(recogniser: &Whisper, file: &Path, lang: Lang, terms: &[String], telephone: bool) -> Result<Transcript, Failure> {
    let samples = samples(file, telephone)?;
    let job = Job { samples, lang, terms: terms.to_vec(), deadline: DEADLINE, priority: Priority::Final };
    Ok(recogniser.submit(job)?.wait_blocking()?)
}

fn print(file: &Path, transcript: &Transcript, json: bool) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if !json {
        writeln!(out, "{}\t{:.2}\t{}", file.display(), transcript.confidence, transcript.text)?;
        return Ok(());
    }
    let Transcript { text, confidence, audio_ms, compute_ms, .. } = transcript;
    let line = Line { file: file.display().to_string(), text, confidence: *confidence, audio_ms: *audio_ms, compute_ms: *compute_ms };
    serde_json::to_writer(&mut out, &line)?;
    writeln!(out)?;
    Ok(())
}
