//! The same scenarios with sound: a caller speaks what the file says, through the telephone, to the real recogniser and the real voices.
//!
//! The caller listens, as people do: says yes to a right guess and repeats what was not understood. What was done and how the call ended must
//! be as written; single words may be misheard as long as that holds.

use super::jobs;
use super::scenario::{self, Scenario};
use super::scenarios_text::studio;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use tingshuo::asr::{Recogniser, Whisper};
use tingshuo::call::record::{CallRecord, Happening};
use tingshuo::call::session::Session;
use tingshuo::cli::check::load_flows;
use tingshuo::cli::eval::calls::caller::{ScriptedCaller, Why};
use tingshuo::cli::eval::calls::judge::{account_differences, differences, transcript};
use tingshuo::cli::eval::calls::rehearsal::rehearse;
use tingshuo::cli::eval::calls::stage::{Stage, Voice};
use tingshuo::cli::fixtures::caller::Callers;
use tingshuo::cli::transcribe;
use tingshuo::models::Models;
use tingshuo::tts::{Speech, Voices};

/// Fewer spoken scenarios than this means that they were not found.
const FEWEST: usize = 10;
/// Of what a caller does, at most one in so many deeds may be repeating or putting right what was misheard.
const DEEDS_FOR_A_REPAIR: usize = 4;
/// Calls at once.
const AT_ONCE: usize = 2;

pub fn recogniser() -> Arc<dyn Recogniser> {
    static WHISPER: OnceLock<Arc<Whisper>> = OnceLock::new();
    WHISPER.get_or_init(|| Arc::new(transcribe::open().unwrap())).clone()
}

fn said_prompts(record: &CallRecord) -> impl Iterator<Item = &str> {
    record.events.iter().filter_map(|noted| match &noted.what {
        Happening::SaidBegan { prompt, .. } => Some(prompt.as_str()),
        _ => None,
    })
}

/// What became of a call.
struct Told {
    failure: Option<String>,
    deeds: usize,
    repairs: usize,
}

#[test]
fn every_scenario_goes_as_written_when_it_is_spoken() {
    let scenarios: Vec<(String, Scenario)> =
        scenario::all().into_iter().filter(|(_, scenario)| scenario.text_only.is_none()).chain(jobs::spoken()).collect();
    assert!(scenarios.len() >= FEWEST, "{} scenarios", scenarios.len());
    let flows = load_flows(&Path::new(env!("CARGO_MANIFEST_DIR")).join("flows")).unwrap();
    let (models, voices) = (Models::open().unwrap(), Voices::open().unwrap());
    let speech = Arc::new(Speech::new(&models, &voices).unwrap());
    let mut callers = Callers::new(models, voices);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(AT_ONCE).enable_all().build().unwrap();
    let free = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    let mut calls = Vec::new();
    for (name, scenario) in scenarios {
        let mut stage = Stage { flows: &flows, callers: &mut callers, voice: Voice::OWN, lang: scenario.lang };
        let rehearsed = runtime.block_on(rehearse(studio(), &name, &scenario)).unwrap();
        let line = stage.patient(&scenario, &rehearsed).unwrap();
        let (speech, free) = (speech.clone(), free.clone());
        calls.push(runtime.spawn(async move {
            let _one = free.acquire().await.unwrap();
            play(&name, &scenario, line, speech).await
        }));
    }
    let count = calls.len();
    let told: Vec<Told> = calls.into_iter().map(|call| runtime.block_on(call).unwrap()).collect();
    let failures: Vec<&String> = told.iter().filter_map(|told| told.failure.as_ref()).collect();
    let (deeds, repairs) = told.iter().fold((0, 0), |(deeds, repairs), told| (deeds + told.deeds, repairs + told.repairs));
    println!("{count} spoken calls, {deeds} deeds of callers, {repairs} of them to put right what was misheard");
    assert!(
        failures.is_empty(),
        "{} of {count}:\n{}",
        failures.len(),
        failures.iter().map(|text| text.as_str()).collect::<Vec<_>>().join("\n")
    );
    assert!(repairs * DEEDS_FOR_A_REPAIR <= deeds, "{repairs} repairs in {deeds} deeds");
}

async fn play(name: &str, scenario: &Scenario, line: ScriptedCaller, speech: Arc<Speech>) -> Told {
    let diary = line.diary();
    let conversation = studio().begin(name, scenario).await.unwrap();
    let services = conversation.services().clone();
    let record = Session::new(line, conversation, recogniser(), speech).run().await.record;
    let mut faults = differences(scenario, &record);
    faults
        .extend(jobs::job_of(name).filter(|job| !jobs::reached(job, said_prompts(&record))).map(|job| format!("{job} was never reached")));
    faults.extend(account_differences(scenario, &services).await.unwrap());
    let diary = diary.lock().unwrap();
    let failure = (!faults.is_empty()).then(|| format!("{name} ({}): {}\n{}", scenario.about, faults.join("; "), transcript(&record)));
    Told {
        failure,
        deeds: diary.len(),
        repairs: diary.iter().filter(|done| matches!(done.why, Why::No | Why::Again | Why::Which | Why::Keys)).count(),
    }
}
