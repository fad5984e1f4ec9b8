//! `tingshuo eval calls`: whole scripted calls with sound, through the real session, as fast as the machine allows.
//!
//! [`scenario`] is what the files say, [`caller`] does it, [`judge`] sets what came of it against what was written.

pub mod caller;
pub mod judge;
pub mod scenario;
mod table;

use crate::audio::{Audio, CALL_RATE_HZ, resample, treatment, wav};
use crate::call::conversation::Conversation;
use crate::call::session::Session;
use crate::cli::Failure;
use crate::cli::check::load_flows;
use crate::cli::fixtures::caller::{Callers, silence};
use crate::cli::fixtures::recipe::Noise;
use crate::cli::house::House;
use crate::dialog::{Flows, Opening};
use crate::models::{Models, data_dir};
use crate::nlu::Intent;
use crate::text::{Lang, PhoneNumber};
use crate::tts::Voices;
use anyhow::Context;
use caller::{Act, Answers, ScriptedCaller, Title, acts};
use indicatif::ProgressBar;
use judge::Wish;
use scenario::{Scenario, Turn};
use std::path::PathBuf;

/// Runs whole calls with sound and judges them.
///
/// A call is a scenario as in tests/scenarios: who calls, what is said or keyed, what must come of it. What is said is spoken by a voice, or played from a
/// recording that the turn names (wav), through the telephone. The caller listens: says yes to a right guess and no to a
/// wrong one, and repeats what was not understood. Task completion is the share of calls that did, said and ended as written.
#[derive(clap::Args)]
pub struct Args {
    /// A folder of .yaml scenarios, one such file, or a .tsv that names them in a column called file
    manifest: PathBuf,
    /// The callers' voices, in turn; without it the service's own, slower and lower
    #[arg(long, value_delimiter = ',', value_name = "VOICE")]
    voice: Vec<String>,
    /// Noise around the speech
    #[arg(long, value_enum)]
    noise: Option<Noise>,
    /// How far the noise is under the speech
    #[arg(long, value_name = "DB", default_value_t = 15.0, requires = "noise", allow_negative_numbers = true)]
    snr: f32,
    /// Not through the telephone: 16 kHz as spoken
    #[arg(long)]
    wideband: bool,
    /// The caller does just what is written, whatever the service asks
    #[arg(long)]
    as_written: bool,
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
    scenarios.retain(|(_, scenario)| scenario.text_only.is_none());
    let scenarios = super::spread(scenarios, args.limit);
    anyhow::ensure!(!scenarios.is_empty(), "every scenario is for text only");
    let flows = load_flows(&data_dir().join("flows"))?;
    let mut callers = Callers::new(Models::open()?, Voices::open()?);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (mut engines, mut judged) = (None, Vec::new());
    let progress = ProgressBar::new(scenarios.len() as u64);
    for (index, (name, scenario)) in scenarios.iter().enumerate() {
        let voice = args.voice.get(index % args.voice.len().max(1)).map(String::as_str);
        let mut stage = Stage { args: &args, flows: &flows, callers: &mut callers, voice, lang: scenario.lang };
        let line = stage.caller(scenario).with_context(|| name.clone())?;
        let diary = line.diary();
        let house = runtime.block_on(House::at(scenario.now))?;
        if engines.is_none() {
            engines = Some((house.recogniser()?, house.speech(scenario.lang)?));
        }
        let Some((recogniser, speech)) = &engines else { continue };
        let number =
            scenario.caller.as_deref().map(|number| PhoneNumber::parse(number).with_context(|| format!("{name}: no number: {number}")));
        let opening = Opening { caller: number.transpose()?, lang: scenario.lang, now: scenario.now, call_id: format!("eval-{name}") };
        let conversation = Conversation::new(house.services.clone(), opening);
        let call = async { Session::new(line, conversation, recogniser.clone(), speech.clone()).run().await };
        let record = runtime.block_on(call).record;
        let diary = diary.lock().map(|diary| diary.clone()).unwrap_or_default();
        judged.push(Judged {
            name: name.clone(),
            about: scenario.about.clone(),
            voice: voice.unwrap_or("-").to_owned(),
            faults: judge::differences(scenario, &record),
            wrong_actions: judge::wrong_actions(scenario, &record),
            turns: record.turns.len(),
            seconds: record.events.last().map_or(0.0, |last| last.at_ms as f32 / 1000.0),
            wishes: judge::wishes(scenario, &record, &diary),
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

/// How the service's own voice is changed to be a caller's.
const OWN_SPEED: f32 = 0.95;
const OWN_SEMITONES: f32 = -2.0;
const AROUND_MS: usize = 200;

/// What makes a caller's sound.
struct Stage<'a> {
    args: &'a Args,
    flows: &'a Flows,
    callers: &'a mut Callers,
    voice: Option<&'a str>,
    lang: Lang,
}

impl Stage<'_> {
    fn caller(&mut self, scenario: &Scenario) -> Result<ScriptedCaller, Failure> {
        let mut ready: Vec<Act> = acts(scenario, |turn, text| self.sound(turn, text))?;
        if self.args.as_written {
            return Ok(ScriptedCaller::new(ready));
        }
        for (act, turn) in ready.iter_mut().zip(&scenario.turns) {
            act.title = self.title(turn)?;
            act.digits = turn.say.as_deref().and_then(|text| digits(text, self.lang));
        }
        let (yes, no) = match self.lang {
            Lang::Zh => ("对，是的", "不是"),
            Lang::En => ("yes, that's right", "no"),
        };
        Ok(ScriptedCaller::patient(ready, Answers { yes: self.speak(yes)?, no: self.speak(no)? }))
    }

    fn title(&mut self, turn: &Turn) -> Result<Option<Title>, Failure> {
        let Some(name) = &turn.expect.intent else { return Ok(None) };
        let intent = Intent::from_name(name).with_context(|| format!("there is no intent {name}"))?;
        let Some(text) = self.flows.title(intent, self.lang) else { return Ok(None) };
        let text = text.to_owned();
        Ok(Some(Title { spoken: self.speak(&text)?, text }))
    }

    fn sound(&mut self, turn: &Turn, text: &str) -> Result<Vec<f32>, Failure> {
        let Some(file) = &turn.wav else { return self.speak(text) };
        let audio: Audio = wav::read(file).with_context(|| file.display().to_string())?;
        let samples = resample::resample(&audio.samples, audio.rate_hz, CALL_RATE_HZ);
        self.on_the_line(samples, text)
    }

    fn speak(&mut self, text: &str) -> Result<Vec<f32>, Failure> {
        let (speed, semitones) = if self.voice.is_some() { (1.0, 0.0) } else { (OWN_SPEED, OWN_SEMITONES) };
        let mut samples = silence(AROUND_MS);
        samples.extend(self.callers.spoken(self.voice, self.lang, text, speed, semitones)?);
        samples.extend(silence(AROUND_MS));
        self.on_the_line(samples, text)
    }

    fn on_the_line(&mut self, samples: Vec<f32>, text: &str) -> Result<Vec<f32>, Failure> {
        let seed = text.chars().map(u64::from).sum();
        let samples = match self.args.noise {
            Some(noise) => self.callers.in_noise(&samples, noise, self.args.snr, seed)?,
            None => samples,
        };
        Ok(if self.args.wideband { samples } else { treatment::telephone(&samples, CALL_RATE_HZ) })
    }
}

/// What a read-back of a spoken number must have in it.
fn digits(text: &str, lang: Lang) -> Option<String> {
    let found = match lang {
        Lang::Zh => crate::text::number_zh::find_digits(text, None),
        Lang::En => crate::text::number_en::find_digits(text, None),
    };
    found.map(|(digits, _)| digits).filter(|digits| digits.len() >= 4)
}
