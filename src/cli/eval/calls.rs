//! `tingshuo eval calls`: whole scripted calls with sound, through the real session, as fast as the machine allows.
//!
//! [`scenario`] is what the files say, [`jobs`] their short form; [`rehearsal`] plays it in text, [`stage`] gives it sound, [`caller`] does it in a house of
//! the [`studio`], and [`judge`] sets what came of it against what was written.

pub mod caller;
pub mod jobs;
pub mod judge;
pub mod rehearsal;
pub mod scenario;
pub mod stage;
pub mod studio;
mod table;

use crate::asr::Recogniser;
use crate::call::session::Session;
use crate::cli::check::load_flows;
use crate::cli::fixtures::caller::Callers;
use crate::cli::fixtures::recipe::Noise;
use crate::cli::{Failure, transcribe};
use crate::models::{Models, data_dir};
use crate::text::Lang;
use crate::tts::{Speech, Voices};
use anyhow::Context;
use indicatif::ProgressBar;
use judge::Wish;
use stage::{Stage, Voice};
use std::path::PathBuf;
use std::sync::Arc;
use studio::Studio;

/// Runs whole calls with sound and judges them.
///
/// A call is a scenario as in tests/scenarios: who calls, what is said or keyed, what must come of it. What is said is spoken by a voice, or played from a
/// recording that the turn names (wav), through the telephone. The caller listens: says yes to a right guess and no to a
/// wrong one, and repeats what was not understood. Task completion is the share of calls that did, said and ended as written.
#[derive(clap::Args)]
pub struct Args {
    /// A folder of .yaml scenarios or jobs, one such file, or a .tsv that names them in a column called file
    manifest: PathBuf,
    /// The callers' voices, in turn, each in its own language; without one for a language the service's own, slower and lower
    #[arg(long, value_delimiter = ',', value_name = "VOICE")]
    voice: Vec<String>,
    /// Noise around the speech; several kinds take turns
    #[arg(long, value_enum, value_delimiter = ',')]
    noise: Vec<Noise>,
    /// How far the noise is under the speech
    #[arg(long, value_name = "DB", default_value_t = 15.0, requires = "noise", allow_negative_numbers = true)]
    snr: f32,
    /// Not through the telephone: 16 kHz as spoken
    #[arg(long)]
    wideband: bool,
    /// The caller does just what is written, whatever the service asks
    #[arg(long)]
    as_written: bool,
    /// Only calls in this language
    #[arg(long, value_enum)]
    lang: Option<Lang>,
    /// At most so many calls, spread evenly
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Also write the figures and every call to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Show what was said in every call that failed
    #[arg(long)]
    transcripts: bool,
}

/// One call and what came of it.
#[derive(Debug, serde::Serialize)]
struct Judged {
    name: String,
    about: String,
    voice: String,
    faults: Vec<String>,
    wrong_actions: Vec<String>,
    /// The caller's turns, keys too.
    turns: usize,
    seconds: f32,
    wishes: Vec<Wish>,
    #[serde(skip)]
    transcript: String,
}

/// # Errors
/// A scenario, a recording, a voice or a model cannot be read. Calls that fail are figures, not errors.
pub fn run(args: Args) -> Result<(), Failure> {
    let mut scenarios = scenario::read_all(&args.manifest)?;
    scenarios.retain(|(_, scenario)| scenario.text_only.is_none() && args.lang.is_none_or(|lang| lang == scenario.lang));
    let scenarios = super::spread(scenarios, args.limit);
    anyhow::ensure!(!scenarios.is_empty(), "no scenario is left: each is for text only, or in another language");
    let flows = load_flows(&data_dir().join("flows"))?;
    let studio = Studio::open(&data_dir())?;
    let (models, voices) = (Models::open()?, Voices::open()?);
    let speech = Arc::new(Speech::new(&models, &voices)?);
    let recogniser: Arc<dyn Recogniser> = Arc::new(transcribe::open()?);
    let names: Vec<(Lang, String)> =
        args.voice.iter().map(|name| Ok((voices.by_name(name)?.lang, name.clone()))).collect::<Result<_, Failure>>()?;
    let mut callers = Callers::new(models, voices);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut judged = Vec::new();
    let progress = ProgressBar::new(scenarios.len() as u64);
    for (index, (name, scenario)) in scenarios.iter().enumerate() {
        let of_lang: Vec<&str> = names.iter().filter(|(lang, _)| *lang == scenario.lang).map(|(_, name)| name.as_str()).collect();
        let voice = of_lang.get(index % of_lang.len().max(1)).map_or(Voice::OWN, |name| Voice::named(name));
        let noise = args.noise.get(index % args.noise.len().max(1)).map(|noise| (*noise, args.snr));
        let voice = Voice { noise, wideband: args.wideband, ..voice };
        let mut stage = Stage { flows: &flows, callers: &mut callers, voice, lang: scenario.lang };
        let rehearsed = runtime.block_on(rehearsal::rehearse(&studio, name, scenario))?;
        let line = if args.as_written { stage.as_written(scenario) } else { stage.patient(scenario, &rehearsed) };
        let line = line.with_context(|| name.clone())?;
        let diary = line.diary();
        let conversation = runtime.block_on(studio.begin(name, scenario))?;
        let services = conversation.services().clone();
        let (recogniser, speech) = (recogniser.clone(), speech.clone());
        let record = runtime.block_on(async { Session::new(line, conversation, recogniser, speech).run().await }).record;
        let mut faults = judge::differences(scenario, &record);
        faults.extend(runtime.block_on(judge::account_differences(scenario, &services))?);
        let diary = diary.lock().map(|diary| diary.clone()).unwrap_or_default();
        judged.push(Judged {
            name: name.clone(),
            about: scenario.about.clone(),
            voice: voice.name.unwrap_or("-").to_owned(),
            faults,
            wrong_actions: judge::wrong_actions(&rehearsed, &record),
            turns: record.turns.len(),
            seconds: record.events.last().map_or(0.0, |last| last.at_ms as f32 / 1000.0),
            wishes: judge::wishes(scenario, &rehearsed, &record, &diary),
            transcript: judge::transcript(&record),
        });
        progress.inc(1);
    }
    progress.finish_and_clear();
    table::print(&judged, args.transcripts);
    if let Some(file) = &args.json {
        let text = serde_json::to_string_pretty(&table::as_json(&judged))?;
        std::fs::write(file, text + "\n").with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}
