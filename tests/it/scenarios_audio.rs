//! The same scenarios with sound: a caller speaks what the file says, through the telephone, to the real recogniser and the real voices.
//!
//! What was done and how the call ended must be as written; single words may be misheard as long as that holds.

use super::jobs;
use super::scenario::{self, Scenario};
use super::scenarios_text::house;
use std::sync::{Arc, OnceLock};
use tingshuo::asr::{Recogniser, Whisper, WhisperConfig};
use tingshuo::audio::{CALL_RATE_HZ, treatment};
use tingshuo::call::conversation::Conversation;
use tingshuo::call::record::CallRecord;
use tingshuo::call::session::Session;
use tingshuo::cli::eval::calls::caller::{ScriptedCaller, acts};
use tingshuo::cli::eval::calls::judge::{differences, transcript};
use tingshuo::cli::fixtures::caller::Callers;
use tingshuo::dialog::Opening;
use tingshuo::models::Models;
use tingshuo::text::PhoneNumber;
use tingshuo::tts::{Speech, Voices};

/// Fewer spoken scenarios than this means that they were not found.
const FEWEST: usize = 10;
/// How the caller's voice differs from the service's.
const SPEED: f32 = 0.95;
const SEMITONES: f32 = -2.0;

pub fn recogniser() -> Arc<dyn Recogniser> {
    static WHISPER: OnceLock<Arc<Whisper>> = OnceLock::new();
    let open = || {
        let model = Models::open().unwrap().path("whisper-base").unwrap();
        Arc::new(Whisper::open(&WhisperConfig::new(model)).unwrap())
    };
    WHISPER.get_or_init(open).clone()
}

#[test]
fn every_scenario_goes_as_written_when_it_is_spoken() {
    let scenarios: Vec<(String, Scenario)> =
        scenario::all().into_iter().filter(|(_, scenario)| scenario.text_only.is_none()).chain(jobs::spoken()).collect();
    assert!(scenarios.len() >= FEWEST, "{} scenarios", scenarios.len());
    let (models, voices) = (Models::open().unwrap(), Voices::open().unwrap());
    let speech = Arc::new(Speech::new(&models, &voices).unwrap());
    let mut callers = Callers::new(models, voices);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut failures = Vec::new();
    for (name, scenario) in &scenarios {
        let line = caller(scenario, &mut callers);
        let record = runtime.block_on(play(name, scenario, line, speech.clone()));
        let faults = differences(scenario, &record);
        if !faults.is_empty() {
            failures.push(format!("{name} ({}): {}\n{}", scenario.about, faults.join("; "), transcript(&record)));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), scenarios.len(), failures.join("\n"));
}

async fn play(name: &str, scenario: &Scenario, line: ScriptedCaller, speech: Arc<Speech>) -> CallRecord {
    let caller = scenario.caller.as_deref().map(|number| PhoneNumber::parse(number).unwrap());
    let opening = Opening { caller, lang: scenario.lang, now: scenario.now, call_id: format!("audio-{name}") };
    let conversation = Conversation::new(house(scenario.now).await, opening);
    Session::new(line, conversation, recogniser(), speech).run().await.record
}

fn caller(scenario: &Scenario, callers: &mut Callers) -> ScriptedCaller {
    let speak =
        |_: &_, text: &str| callers.voice(scenario.lang, text, SPEED, SEMITONES).map(|voice| treatment::telephone(&voice, CALL_RATE_HZ));
    ScriptedCaller::new(acts(scenario, speak).unwrap())
}
