//! Every scenario as a call in text: the project's flows, the real router, the demo operator. Each has a house of its
//! own, for who waits for something is asked about it in the next call.

use super::scenario::{self, Scenario, Turn};
use jiff::civil::DateTime;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use tingshuo::business::{Clock, clock};
use tingshuo::call::services::Services;
use tingshuo::call::text_call::{Input, Reply, TextCall};
use tingshuo::cli::eval::calls::judge::outcome_name;
use tingshuo::cli::eval::calls::studio::Studio;

/// Fewer files than this means that they were not found.
const FEWEST: usize = 12;

#[test]
fn every_scenario_goes_as_written() {
    let scenarios = scenario::all();
    assert!(scenarios.len() >= FEWEST, "{} scenarios", scenarios.len());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut failures = Vec::new();
    for (name, scenario) in &scenarios {
        let faults = runtime.block_on(play(name, scenario));
        failures.extend(faults.into_iter().map(|fault| format!("{name} ({}): {fault}", scenario.about)));
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Loaded once for all tests.
pub fn studio() -> &'static Studio {
    static STUDIO: OnceLock<Studio> = OnceLock::new();
    STUDIO.get_or_init(|| Studio::open(root()).unwrap())
}

pub async fn house(now: DateTime) -> Arc<Services> {
    house_at(clock::fixed(now)).await
}

/// A house whose operator lives by `clock`.
pub async fn house_at(clock: Clock) -> Arc<Services> {
    studio().services(clock, Vec::new()).await.unwrap()
}

/// Plays a scenario; says everything that went otherwise.
async fn play(name: &str, scenario: &Scenario) -> Vec<String> {
    let (mut call, greeting) = TextCall::begin(studio().begin(name, scenario).await.unwrap()).await;
    let mut replies = vec![greeting];
    let mut faults = Vec::new();
    for (n, turn) in scenario.turns.iter().enumerate() {
        let reply = call.take(input(turn)).await;
        faults.extend(differences(turn, &reply).into_iter().map(|fault| format!("turn {}: {fault}", n + 1)));
        replies.push(reply);
    }
    let said: String = replies.iter().flat_map(|reply| &reply.said).map(|utterance| utterance.text.as_str()).collect();
    faults.extend(scenario.must_not.say.iter().filter(|text| said.contains(*text)).map(|text| format!("said {text:?}")));
    let requests: Vec<&String> = replies.iter().flat_map(|reply| &reply.requested).collect();
    faults.extend(scenario.must_not.request.iter().filter(|name| requests.contains(name)).map(|name| format!("requested {name}")));
    let outcome = replies.last().and_then(|reply| reply.outcome.as_ref()).map(outcome_name);
    if outcome != scenario.outcome {
        faults.push(format!("ended {outcome:?}, not {:?}", scenario.outcome));
    }
    call.finish().await;
    faults
}

fn input(turn: &Turn) -> Input<'_> {
    match (&turn.say, &turn.keys, turn.silence, turn.hang_up) {
        (Some(text), None, false, false) => Input::Words(text),
        (None, Some(keys), false, false) => Input::Keys(keys),
        (None, None, true, false) => Input::Silence,
        (None, None, false, true) => Input::HangUp,
        other => panic!("a turn does one thing: {other:?}"),
    }
}

fn differences(turn: &Turn, reply: &Reply) -> Vec<String> {
    let expect = &turn.expect;
    let mut faults = Vec::new();
    let mut compare = |what: &str, expected: &Option<String>, found: Option<String>| {
        if expected.is_some() && *expected != found {
            faults.push(format!("{what} {found:?}, not {expected:?}"));
        }
    };
    let understood = reply.understood.as_ref();
    compare("intent", &expect.intent, understood.and_then(|heard| heard.intent).map(|intent| intent.name().to_owned()));
    compare("decision", &expect.decision, understood.map(|heard| heard.decision.name().to_owned()));
    compare("listening for", &expect.listening_for, reply.question.as_ref().map(|question| question.name.clone()));
    let prompts: Vec<String> = reply.said.iter().map(|utterance| utterance.prompt.clone()).collect();
    if expect.prompts.as_ref().is_some_and(|expected| *expected != prompts) {
        faults.push(format!("prompts {prompts:?}, not {:?}", expect.prompts));
    }
    if expect.requests.as_ref().is_some_and(|expected| *expected != reply.requested) {
        faults.push(format!("requests {:?}, not {:?}", reply.requested, expect.requests));
    }
    let said: String = reply.said.iter().map(|utterance| utterance.text.as_str()).collect();
    faults.extend(expect.contains.iter().filter(|text| !said.contains(*text)).map(|text| format!("{text:?} is not in {said:?}")));
    faults
}
