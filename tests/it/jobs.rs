//! Every self-service job as scripted calls in text: `tests/scenarios/jobs/<job>.yaml` (the form is told in `cli::eval::calls::jobs`), each way of
//! saying something a call of its own.

use super::scenario::Scenario;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tingshuo::business::clock;
use tingshuo::call::conversation::Conversation;
use tingshuo::call::text_call::{Reply, TextCall};
use tingshuo::cli::eval::calls::jobs::{Call, Does, Job, expected, now};
use tingshuo::cli::eval::calls::judge::{account_differences, outcome_name};
use tingshuo::cli::eval::calls::scenario::read_jobs;
use tingshuo::cli::eval::calls::studio::Studio;
use tingshuo::dialog::Opening;
use tingshuo::text::Lang;

/// Fewer scripted calls than this means that they were not found.
const FEWEST: usize = 120;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn jobs() -> Vec<Job> {
    read_jobs(&root().join("tests/scenarios/jobs")).unwrap()
}

/// The calls that are told with sound, too.
pub fn spoken() -> Vec<(String, Scenario)> {
    let calls =
        jobs().into_iter().flat_map(|job| job.calls.into_iter().enumerate().map(move |(n, call)| (format!("{}-{}", job.job, n + 1), call)));
    calls.filter(|(_, call)| call.audio).map(|(name, call)| (name, call.scenario(0).unwrap())).collect()
}

/// The job of a spoken call, by the call's name.
pub fn job_of(name: &str) -> Option<&str> {
    name.rsplit_once('-').map(|(job, _)| job)
}

/// Whether one of the prompts is of the job.
pub fn reached<'a>(job: &str, mut prompts: impl Iterator<Item = &'a str>) -> bool {
    prompts.any(|prompt| prompt.strip_prefix(job).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

/// Not a word is said.
fn by_keys(call: &Call) -> bool {
    call.turns.iter().all(|turn| turn.starts_with('['))
}

/// The faults of a call.
async fn play(studio: &Studio, call: &Call, variant: usize, job: &str) -> Vec<String> {
    let house = studio.services(clock::walking(now(), call.minutes_a_request), call.rules().unwrap()).await.unwrap();
    let opening = Opening {
        caller: Some(call.number().unwrap()),
        lang: call.lang,
        now: now(),
        survey: call.survey,
        by_keys: false,
        errand: call.reminder.as_ref().map(|flow| house.engine.flows().errand(flow, &call.with).unwrap()),
        call_id: "call".into(),
    };
    let (mut text_call, greeting) = TextCall::begin(Conversation::new(house.clone(), opening)).await;
    let mut replies = vec![greeting];
    let mut faults = Vec::new();
    for turn in &call.turns {
        let reply = text_call.take(Does::of(turn, variant).input()).await;
        faults.extend(missing(turn, &reply).map(|fault| format!("{turn:?}: {fault}; {}", told(&reply))));
        replies.push(reply);
    }
    let said: String = replies.iter().flat_map(|reply| &reply.said).map(|utterance| utterance.text.as_str()).collect();
    faults.extend(call.never.iter().filter(|text| said.contains(*text)).map(|text| format!("said {text:?}")));
    let outcome = replies.last().and_then(|reply| reply.outcome.as_ref()).map_or("none".into(), outcome_name);
    if outcome != call.outcome {
        faults.push(format!("ended {outcome}, not {}", call.outcome));
    }
    faults.extend(account_differences(&call.scenario(variant).unwrap(), &house).await.unwrap());
    let prompts = replies.iter().flat_map(|reply| &reply.said).map(|utterance| utterance.prompt.as_str());
    if call.faults.is_empty() && !reached(job, prompts) {
        faults.push(format!("the job {job} was never reached"));
    }
    text_call.finish().await;
    faults
}

/// The first thing that should have come and did not.
fn missing(turn: &str, reply: &Reply) -> Option<String> {
    let said: String = reply.said.iter().map(|utterance| utterance.text.as_str()).collect();
    let mut prompts = reply.said.iter();
    let mut requests = reply.requested.iter();
    let wanting = expected(turn).into_iter().find(|word| {
        let come = if let Some(operation) = word.strip_prefix('!') {
            requests.any(|requested| requested == operation)
        } else if let Some(text) = word.strip_prefix('~') {
            said.contains(&text.replace('_', " "))
        } else {
            prompts.any(|utterance| utterance.prompt == *word)
        };
        !come
    })?;
    Some(format!("{wanting} did not come"))
}

fn told(reply: &Reply) -> String {
    let intent = reply.understood.as_ref().map(|heard| format!("{:?} {}", heard.intent, heard.decision.name())).unwrap_or_default();
    let prompts: Vec<&str> = reply.said.iter().map(|utterance| utterance.prompt.as_str()).collect();
    let said: String = reply.said.iter().map(|utterance| utterance.text.as_str()).collect();
    format!("understood {intent}, requested {:?}, prompts {prompts:?}: {said}", reply.requested)
}

#[test]
fn every_job_is_done_in_every_way() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let studio = Studio::open(root()).unwrap();
    let (mut failures, mut count) = (Vec::new(), 0);
    // By job: text, audio, keys, English.
    let mut table: BTreeMap<String, [bool; 4]> = BTreeMap::new();
    for job in jobs() {
        for call in &job.calls {
            let mut passed = true;
            for variant in 0..call.variants() {
                count += 1;
                let faults = runtime.block_on(play(&studio, call, variant, &job.job));
                passed &= faults.is_empty();
                failures.extend(faults.into_iter().map(|fault| format!("{}: {} ({}): {fault}", job.job, call.about, variant + 1)));
            }
            let row = table.entry(job.job.clone()).or_default();
            // That those with sound pass is what `scenarios_audio` shows.
            let ways = [call.lang == Lang::Zh, call.audio, by_keys(call), call.lang == Lang::En];
            row.iter_mut().zip(ways).for_each(|(cell, way)| *cell |= way && passed);
        }
    }
    println!("{count} calls, {} failures\n{}", failures.len(), shown(&table));
    assert!(failures.is_empty(), "{} failures in {count} calls:\n{}", failures.len(), failures.join("\n"));
    assert!(count >= FEWEST, "{count} calls");
    let reached: BTreeSet<&String> = table.keys().collect();
    let flows: BTreeSet<String> = flow_names();
    assert!(
        flows.iter().all(|flow| reached.contains(flow)),
        "flows without calls: {:?}",
        flows.iter().filter(|flow| !reached.contains(flow)).collect::<Vec<_>>()
    );
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(&shown(&table)), "README's table of jobs is not what passed:\n{}", shown(&table));
}

fn flow_names() -> BTreeSet<String> {
    let entries = std::fs::read_dir(root().join("flows")).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).filter(|name| name != "service").collect()
}

fn shown(table: &BTreeMap<String, [bool; 4]>) -> String {
    let mark = |passed: &bool| if *passed { "✓" } else { "–" };
    let row = |(job, [text, audio, keys, english]): (&String, &[bool; 4])| {
        format!("| {job} | {} | {} | {} | {} |\n", mark(text), mark(audio), mark(keys), mark(english))
    };
    let rows: String = table.iter().map(row).collect();
    format!("| job | text | audio | keys | English |\n| --- | --- | --- | --- | --- |\n{rows}")
}
