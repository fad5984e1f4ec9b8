//! The same scenarios with sound: a caller speaks what the file says, through the telephone, to the real recogniser and the real voices.
//!
//! What was done and how the call ended must be as written; single words may be misheard as long as that holds.

use super::scenario::{self, Scenario, Turn};
use super::scenarios_text::{house, outcome_name};
use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use tingshuo::asr::{Recogniser, Whisper, WhisperConfig};
use tingshuo::audio::{CALL_RATE_HZ, FRAME_MS, FRAME_SAMPLES, treatment};
use tingshuo::call::conversation::Conversation;
use tingshuo::call::line::{Clock, Floor, Frame, Inbound, Line};
use tingshuo::call::record::{CallRecord, Happening};
use tingshuo::call::session::Session;
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
const REACTION_MS: u32 = 300;
/// Nobody waits longer in a scenario.
const LONGEST_MS: u32 = 5 * 60 * 1000;

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
    let scenarios: Vec<(String, Scenario)> = scenario::all().into_iter().filter(|(_, scenario)| scenario.text_only.is_none()).collect();
    assert!(scenarios.len() >= FEWEST, "{} scenarios", scenarios.len());
    let (models, voices) = (Models::open().unwrap(), Voices::open().unwrap());
    let speech = Arc::new(Speech::new(&models, &voices).unwrap());
    let mut callers = Callers::new(models, voices);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut failures = Vec::new();
    for (name, scenario) in &scenarios {
        let line = ScriptedCaller::new(scenario, &mut callers);
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

/// A caller who does one thing after another, each when the service has asked.
struct ScriptedCaller {
    left: VecDeque<Does>,
    speaking: Option<(Vec<f32>, usize)>,
    waiting_ms: u32,
    elapsed_ms: u32,
}

enum Does {
    Speak(Vec<f32>),
    Press(String),
    StaySilent { was_asked: bool },
    HangUp,
}

impl ScriptedCaller {
    fn new(scenario: &Scenario, callers: &mut Callers) -> ScriptedCaller {
        let does = |turn: &Turn| match (&turn.say, &turn.keys) {
            (Some(text), _) => {
                let voice = callers.voice(scenario.lang, text, SPEED, SEMITONES).unwrap();
                let mut samples = vec![0.0; FRAME_SAMPLES * 5];
                samples.extend(treatment::telephone(&voice, CALL_RATE_HZ));
                Does::Speak(samples)
            }
            (_, Some(keys)) => Does::Press(keys.clone()),
            _ if turn.hang_up => Does::HangUp,
            _ => Does::StaySilent { was_asked: false },
        };
        ScriptedCaller { left: scenario.turns.iter().map(does).collect(), speaking: None, waiting_ms: 0, elapsed_ms: 0 }
    }

    /// What the caller does when the service has asked and a moment has passed.
    fn act(&mut self) -> Inbound {
        match self.left.pop_front() {
            Some(Does::Speak(samples)) => {
                self.speaking = Some((samples, 0));
                Inbound::silence()
            }
            Some(Does::Press(keys)) => Inbound { keys, ..Inbound::silence() },
            Some(Does::StaySilent { .. }) => {
                self.left.push_front(Does::StaySilent { was_asked: true });
                Inbound::silence()
            }
            Some(Does::HangUp) | None => Inbound::hang_up(),
        }
    }
}

impl Line for ScriptedCaller {
    fn clock(&self) -> Clock {
        Clock::Stepped
    }

    async fn tick(&mut self, floor: Floor) -> Inbound {
        self.elapsed_ms += FRAME_MS;
        if self.elapsed_ms > LONGEST_MS {
            return Inbound::hang_up();
        }
        if let Some((samples, position)) = &mut self.speaking {
            let mut frame: Frame = [0.0; FRAME_SAMPLES];
            for (to, from) in frame.iter_mut().zip(samples.iter().skip(*position)) {
                *to = *from;
            }
            *position += FRAME_SAMPLES;
            if *position >= samples.len() {
                self.speaking = None;
            }
            return Inbound { frame, ..Inbound::silence() };
        }
        let asked = floor.listening && floor.prompt_ms.is_none();
        if !asked {
            self.waiting_ms = 0;
            if matches!(self.left.front(), Some(Does::StaySilent { was_asked: true })) {
                self.left.pop_front();
            }
            return Inbound::silence();
        }
        self.waiting_ms += FRAME_MS;
        if self.waiting_ms > REACTION_MS { self.act() } else { Inbound::silence() }
    }

    async fn send(&mut self, _frame: &Frame) {}
}

fn differences(scenario: &Scenario, record: &CallRecord) -> Vec<String> {
    let mut faults = Vec::new();
    let requested: Vec<&String> = record
        .events
        .iter()
        .filter_map(|noted| match &noted.what {
            Happening::Requested { operation, .. } => Some(operation),
            _ => None,
        })
        .collect();
    let wanted: Vec<&String> = scenario.turns.iter().filter_map(|turn| turn.expect.requests.as_ref()).flatten().collect();
    let mut left = requested.iter();
    if let Some(missing) = wanted.iter().find(|operation| !left.any(|done| done == *operation)) {
        faults.push(format!("{missing} was not requested in its place among {requested:?}"));
    }
    faults.extend(scenario.must_not.request.iter().filter(|name| requested.contains(name)).map(|name| format!("requested {name}")));
    let said = said(record);
    let contains = scenario.turns.iter().flat_map(|turn| &turn.expect.contains);
    faults.extend(contains.filter(|text| !said.contains(*text)).map(|text| format!("{text:?} was not said")));
    faults.extend(scenario.must_not.say.iter().filter(|text| said.contains(*text)).map(|text| format!("said {text:?}")));
    let outcome = record.outcome.as_ref().map(outcome_name);
    if scenario.outcome.is_some() && outcome != scenario.outcome {
        faults.push(format!("ended {outcome:?}, not {:?}", scenario.outcome));
    }
    faults
}

fn said(record: &CallRecord) -> String {
    let texts = record.events.iter().filter_map(|noted| match &noted.what {
        Happening::SaidBegan { text, .. } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

fn transcript(record: &CallRecord) -> String {
    let lines = record.turns.iter().map(|turn| {
        let intent = turn.intent.map_or("-", |intent| intent.name());
        format!("    {} [{intent} {} {:.2}] → {}\n", turn.heard, turn.decision.name(), turn.confidence, turn.said.concat())
    });
    lines.collect()
}
