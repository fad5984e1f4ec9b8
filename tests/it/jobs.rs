//! Every self-service job as scripted calls in text: `tests/scenarios/jobs/<job>.yaml`, a call in a few lines, each way of saying
//! something a call of its own.
//!
//! A turn is `what the caller does > what must come of it`. The caller says one of several wordings (`查话费|余额多少`), keys `[246810]`,
//! is silent `[]` or hangs up `[x]`. What must come of it, in this order among whatever else: prompts by name, `!operations` asked of other
//! systems, `~text` that is said (`_` for a space). What was changed in the account at the end must be exactly what `done` says.

use super::scenario::{self, Scenario, Turn};
use jiff::civil::{DateTime, date};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use tingshuo::business::{DemoOperator, Fault, Faulty, Rule, clock};
use tingshuo::call::conversation::Conversation;
use tingshuo::call::services::Services;
use tingshuo::call::text_call::{Input, Reply, TextCall};
use tingshuo::care::{Classes, WorkOrders};
use tingshuo::cli::eval::calls::judge::outcome_name;
use tingshuo::cli::eval::calls::scenario::{Expect, MustNot};
use tingshuo::dialog::{Engine, Flows, Opening};
use tingshuo::grammar::Library;
use tingshuo::nlu::Router;
use tingshuo::store::Database;
use tingshuo::text::{Lang, PhoneNumber};

/// Fewer scripted calls than this means that they were not found.
const FEWEST: usize = 120;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Job {
    /// Prompts of this name were said when the job was reached: a flow, or a prompt of the service.
    job: String,
    calls: Vec<Call>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    about: String,
    /// The last two digits of the customer's number; 01 unless given.
    #[serde(default = "first_customer")]
    caller: String,
    #[serde(default)]
    lang: Lang,
    turns: Vec<String>,
    /// As in the other scenarios; completed unless given.
    #[serde(default = "completed")]
    outcome: String,
    /// Changes that were made, in order.
    #[serde(default)]
    done: Vec<String>,
    /// Work orders that were opened, by class.
    #[serde(default)]
    orders: Vec<String>,
    /// What goes wrong in the operator's systems: `unavailable recharge`, `answer_lost recharge`.
    #[serde(default)]
    faults: Vec<String>,
    /// Texts that are never said.
    #[serde(default)]
    never: Vec<String>,
    /// Told with sound, too.
    #[serde(default)]
    audio: bool,
}

fn first_customer() -> String {
    "01".into()
}

fn completed() -> String {
    "completed".into()
}

/// What the caller of a turn does.
#[derive(Clone, Copy)]
enum Does<'a> {
    Says(&'a str),
    Keys(&'a str),
}

impl<'a> Does<'a> {
    fn all(turn: &'a str) -> Vec<Does<'a>> {
        let does = turn.split_once('>').map_or(turn, |(does, _)| does).trim();
        match does.strip_prefix('[').and_then(|keys| keys.strip_suffix(']')) {
            Some(keys) => vec![Does::Keys(keys)],
            None => does.split('|').map(|wording| Does::Says(wording.trim())).collect(),
        }
    }

    fn input(self) -> Input<'a> {
        match self {
            Does::Says(text) => Input::Words(text),
            Does::Keys("") => Input::Silence,
            Does::Keys("x") => Input::HangUp,
            Does::Keys(keys) => Input::Keys(keys),
        }
    }
}

fn expected(turn: &str) -> Vec<&str> {
    turn.split_once('>').map_or("", |(_, expected)| expected).split_whitespace().collect()
}

impl Call {
    /// One for each wording of the turn that has most.
    fn variants(&self) -> usize {
        self.turns.iter().map(|turn| Does::all(turn).len()).max().unwrap_or(1)
    }

    fn number(&self) -> PhoneNumber {
        PhoneNumber::parse(&format!("138000000{}", self.caller)).expect("two digits of a customer")
    }

    /// By keys alone once the job was named.
    fn by_keys(&self) -> bool {
        self.turns.iter().skip(1).all(|turn| turn.starts_with('['))
    }

    /// For the caller who speaks: the first wordings.
    fn scenario(&self) -> Scenario {
        let turn = |turn: &String| {
            let (does, expected) = (Does::all(turn)[0], expected(turn));
            let named = |mark: char| {
                expected
                    .iter()
                    .filter_map(move |word| Some(word.strip_prefix(mark)?.replace('_', if mark == '~' { " " } else { "_" })))
                    .collect::<Vec<_>>()
            };
            let expect = Expect { requests: Some(named('!')), contains: named('~'), ..Expect::default() };
            let (mut say, mut keys) = (None, None);
            match does {
                Does::Says(text) => say = Some(text.to_owned()),
                Does::Keys("" | "x") => {}
                Does::Keys(pressed) => keys = Some(pressed.to_owned()),
            }
            Turn { say, wav: None, keys, silence: matches!(does, Does::Keys("")), hang_up: matches!(does, Does::Keys("x")), expect }
        };
        Scenario {
            about: self.about.clone(),
            caller: Some(self.number().reveal().to_owned()),
            lang: self.lang,
            now: now(),
            turns: self.turns.iter().map(turn).collect(),
            outcome: Some(self.outcome.clone()),
            must_not: MustNot { say: self.never.clone(), request: Vec::new() },
            text_only: None,
        }
    }
}

fn now() -> DateTime {
    date(2026, 11, 22).at(9, 30, 0, 0)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn jobs() -> Vec<Job> {
    let mut paths: Vec<_> = std::fs::read_dir(root().join("tests/scenarios/jobs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap();
        serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    paths.iter().map(|path| read(path)).collect()
}

/// The calls that are told with sound, too.
pub fn spoken() -> Vec<(String, Scenario)> {
    let calls =
        jobs().into_iter().flat_map(|job| job.calls.into_iter().enumerate().map(move |(n, call)| (format!("{}-{}", job.job, n + 1), call)));
    calls.filter(|(_, call)| call.audio).map(|(name, call)| (name, call.scenario())).collect()
}

/// What all calls share; each has a database and an operator of its own.
struct Parts {
    flows: Arc<Flows>,
    grammars: Arc<Library>,
    router: Arc<Router>,
}

impl Parts {
    fn load() -> Parts {
        let flows = Arc::new(tingshuo::cli::check::load_flows(&root().join("flows")).unwrap());
        let grammars = Arc::new(Library::load(&root().join("grammars")).unwrap());
        let router = Arc::new(Router::with(root(), grammars.clone()).unwrap());
        Parts { flows, grammars, router }
    }
}

async fn house(parts: &Parts, faults: &[String]) -> Arc<Services> {
    let database = Database::temporary().await.unwrap();
    let rule = |text: &String| {
        let (fault, operation) = text.split_once(' ').expect("a fault and an operation");
        let fault = match fault {
            "unavailable" => Fault::Unavailable,
            "answer_lost" => Fault::AnswerLost,
            other => panic!("unknown fault {other}"),
        };
        Rule { fault, operation: Some(operation.to_owned()), times: None }
    };
    let operator = Faulty::new(DemoOperator::new(database.clone(), clock::fixed(now())), faults.iter().map(rule).collect());
    Arc::new(Services {
        engine: Engine::new(parts.flows.clone()),
        edition: String::new(),
        router: parts.router.clone(),
        grammars: parts.grammars.clone(),
        operator: Arc::new(operator),
        work_orders: WorkOrders::new(database.clone(), Classes::built_in()),
        database,
    })
}

/// The faults of a call.
async fn play(parts: &Parts, call: &Call, variant: usize, job: &str) -> Vec<String> {
    let house = house(parts, &call.faults).await;
    let opening = Opening { caller: Some(call.number()), lang: call.lang, now: now(), call_id: "call".into() };
    let (mut text_call, greeting) = TextCall::begin(Conversation::new(house.clone(), opening)).await;
    let mut replies = vec![greeting];
    let mut faults = Vec::new();
    for turn in &call.turns {
        let does = Does::all(turn);
        let does = does.get(variant).or(does.first()).expect("a turn does something");
        let reply = text_call.take(does.input()).await;
        faults.extend(missing(turn, &reply).map(|fault| format!("{turn:?}: {fault}; {}", told(&reply))));
        replies.push(reply);
    }
    let said: String = replies.iter().flat_map(|reply| &reply.said).map(|utterance| utterance.text.as_str()).collect();
    faults.extend(call.never.iter().filter(|text| said.contains(*text)).map(|text| format!("said {text:?}")));
    let outcome = replies.last().and_then(|reply| reply.outcome.as_ref()).map_or("none".into(), outcome_name);
    if outcome != call.outcome {
        faults.push(format!("ended {outcome}, not {}", call.outcome));
    }
    let customer = house.database.stored_phone(&call.number());
    let done: Vec<String> = house.database.changes().of(&customer).await.unwrap().into_iter().map(|change| change.operation).collect();
    if done != call.done {
        faults.push(format!("changed {done:?}, not {:?}", call.done));
    }
    let mut orders: Vec<String> =
        house.work_orders.of_customer(&call.number()).await.unwrap().into_iter().map(|order| order.class).collect();
    orders.reverse();
    if orders != call.orders {
        faults.push(format!("opened {orders:?}, not {:?}", call.orders));
    }
    let prefix = format!("{job}.");
    if call.faults.is_empty()
        && !replies.iter().flat_map(|reply| &reply.said).any(|utterance| utterance.prompt == job || utterance.prompt.starts_with(&prefix))
    {
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
    let parts = Parts::load();
    let (mut failures, mut count) = (Vec::new(), 0);
    // By job: text, audio, keys, English.
    let mut table: BTreeMap<String, [bool; 4]> = BTreeMap::new();
    for job in jobs() {
        for call in &job.calls {
            let mut passed = true;
            for variant in 0..call.variants() {
                count += 1;
                let faults = runtime.block_on(play(&parts, call, variant, &job.job));
                passed &= faults.is_empty();
                failures.extend(faults.into_iter().map(|fault| format!("{}: {} ({}): {fault}", job.job, call.about, variant + 1)));
            }
            let row = table.entry(job.job.clone()).or_default();
            // The spoken calls pass or fail in `scenarios_audio`.
            let ways = [call.lang == Lang::Zh, call.audio, call.by_keys(), call.lang == Lang::En];
            row.iter_mut().zip(ways).for_each(|(cell, way)| *cell |= way && passed);
        }
    }
    // The other scenarios are spoken, too.
    let others = scenario::all().into_iter().filter(|(_, scenario)| scenario.text_only.is_none());
    for prompt in others.flat_map(|(_, scenario)| scenario.turns).filter_map(|turn| turn.expect.prompts).flatten() {
        if let Some(row) = prompt.split('.').next().and_then(|job| table.get_mut(job)) {
            row[1] = true;
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
