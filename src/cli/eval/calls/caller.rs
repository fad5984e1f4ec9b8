//! A caller who follows a scenario: does one thing after another, each when the service has asked.
//!
//! A patient one also listens, and knows from a rehearsal in text what to expect: says yes to a right guess and no to a wrong one, chooses when asked
//! which, says again what was not understood; then goes on.

use super::rehearsal::Expected;
use super::scenario::{Scenario, Turn};
use crate::audio::{FRAME_MS, FRAME_SAMPLES};
use crate::call::line::{Clock, Floor, Frame, Inbound, Line};
use crate::dialog::Action;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

const REACTION_MS: u32 = 300;
const BREATH_MS: u32 = 100;
/// Nobody waits longer in a scenario.
const LONGEST_MS: u32 = 5 * 60 * 1000;
/// How often a patient caller says the same thing again.
const MOST_REPEATS: u8 = 2;
/// Questions of the service that a patient caller knows by name, and how those end that read a value back.
const GUESS: &str = "guess";
const TIE: &str = "tie";
const READ_BACK: &str = ".confirm";

/// A thing to do.
#[derive(Clone, Debug)]
pub enum Does {
    /// Sound at the call's rate.
    Speak(Vec<f32>),
    Press(String),
    StaySilent,
    HangUp,
}

/// A turn of the scenario, ready to be done.
#[derive(Clone, Debug)]
pub struct Act {
    pub does: Does,
    /// What is wanted, as the service would name it in a guess; `None` when no guess can be judged.
    pub title: Option<Title>,
    /// What should come of it; nothing for a caller who does not listen.
    pub expected: Expected,
}

/// How the service names a wish, and the caller's voice saying it.
#[derive(Clone, Debug)]
pub struct Title {
    pub text: String,
    pub spoken: Vec<f32>,
}

/// What a patient caller answers with.
#[derive(Clone, Debug)]
pub struct Answers {
    pub yes: Vec<f32>,
    pub no: Vec<f32>,
}

/// Why the caller did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The scenario says so.
    Scenario,
    /// The guess was right; the guess was wrong; it was asked which; it was not understood.
    Yes,
    No,
    Which,
    Again,
}

/// One thing done, and when.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    /// The turn of the scenario, from 0, that it belongs to.
    pub turn: usize,
    pub why: Why,
    pub at_ms: u32,
}

/// See the module's text.
pub struct ScriptedCaller {
    left: VecDeque<Act>,
    /// Patience, when there is any.
    answers: Option<Answers>,
    present: Option<Act>,
    /// The question that the present act answered.
    answered: String,
    turn: usize,
    repeats: u8,
    /// What the service said and asked since the caller's last deed.
    said: String,
    asked: String,
    /// The service said that it had not understood.
    repaired: bool,
    speaking: Option<(Vec<f32>, usize)>,
    silent: bool,
    waiting_ms: u32,
    elapsed_ms: u32,
    done: Arc<Mutex<Vec<Done>>>,
}

impl ScriptedCaller {
    /// A caller who does just what the scenario says.
    pub fn new(acts: Vec<Act>) -> ScriptedCaller {
        ScriptedCaller {
            left: acts.into(),
            answers: None,
            present: None,
            answered: String::new(),
            turn: 0,
            repeats: 0,
            said: String::new(),
            asked: String::new(),
            repaired: false,
            speaking: None,
            silent: false,
            waiting_ms: 0,
            elapsed_ms: 0,
            done: Arc::default(),
        }
    }

    pub fn patient(acts: Vec<Act>, answers: Answers) -> ScriptedCaller {
        ScriptedCaller { answers: Some(answers), ..ScriptedCaller::new(acts) }
    }

    /// What was done, also after the call has taken the caller.
    pub fn diary(&self) -> Arc<Mutex<Vec<Done>>> {
        self.done.clone()
    }

    /// What a patient caller does about the service's question instead of going on.
    fn reply(&mut self) -> Option<(Why, Vec<f32>)> {
        let (answers, act) = (self.answers.as_ref()?, self.present.as_ref()?);
        let expected = act.expected.question.as_deref() == Some(self.asked.as_str());
        let yes_or_no = |right: bool| if right { (Why::Yes, answers.yes.clone()) } else { (Why::No, answers.no.clone()) };
        let title = act.title.as_ref();
        if self.asked == GUESS && !expected {
            return Some(yes_or_no(title.is_some_and(|title| self.said.contains(&title.text))));
        }
        if self.asked == TIE && !expected {
            let offered = title.filter(|title| self.said.contains(&title.text));
            return Some(offered.map_or_else(|| yes_or_no(false), |title| (Why::Which, title.spoken.clone())));
        }
        if self.asked.ends_with(READ_BACK) && !act.expected.values.is_empty() {
            let right = act.expected.values.iter().any(|value| self.said.contains(value));
            return (!right || !expected).then(|| yes_or_no(right));
        }
        let missed = same_place(&self.asked, &self.answered) && (!expected || (self.repaired && !act.expected.repaired));
        match &act.does {
            Does::Speak(samples) if missed && self.repeats < MOST_REPEATS => {
                self.repeats += 1;
                Some((Why::Again, samples.clone()))
            }
            _ => None,
        }
    }

    fn note(&mut self, why: Why) {
        if let Ok(mut done) = self.done.lock() {
            done.push(Done { turn: self.turn.saturating_sub(1), why, at_ms: self.elapsed_ms });
        }
        if why == Why::Scenario {
            self.answered.clone_from(&self.asked);
        }
        self.asked.clear();
        self.said.clear();
        self.repaired = false;
    }

    /// What the caller does when the service has asked and a moment has passed.
    fn act(&mut self) -> Inbound {
        if let Some((why, samples)) = self.reply() {
            self.note(why);
            return self.speak(samples);
        }
        self.repeats = 0;
        self.present = self.left.pop_front();
        self.turn += 1;
        let does = self.present.as_ref().map(|act| act.does.clone());
        self.note(Why::Scenario);
        match does {
            Some(Does::Speak(samples)) => self.speak(samples),
            Some(Does::Press(keys)) => Inbound { keys, ..Inbound::silence() },
            Some(Does::StaySilent) => {
                self.silent = true;
                Inbound::silence()
            }
            Some(Does::HangUp) | None => Inbound::hang_up(),
        }
    }

    fn speak(&mut self, samples: Vec<f32>) -> Inbound {
        let mut breath = vec![0.0; FRAME_SAMPLES * (BREATH_MS / FRAME_MS) as usize];
        breath.extend(samples);
        self.speaking = Some((breath, 0));
        Inbound::silence()
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
            self.silent = false;
            return Inbound::silence();
        }
        self.waiting_ms += FRAME_MS;
        if self.waiting_ms > REACTION_MS && !self.silent { self.act() } else { Inbound::silence() }
    }

    async fn send(&mut self, _frame: &Frame) {}

    fn told(&mut self, action: &Action) {
        match action {
            Action::Say(utterance) => {
                self.said.push_str(&utterance.text);
                self.repaired |= is_repair(&utterance.prompt);
            }
            Action::Listen(question) => self.asked.clone_from(&question.name),
            _ => {}
        }
    }
}

/// After a denied guess the service asks openly again.
fn same_place(asked: &str, answered: &str) -> bool {
    const OPEN: [&str; 2] = ["open", "anything_else"];
    asked == answered || (OPEN.contains(&asked) && OPEN.contains(&answered))
}

/// Prompts that say: not understood.
pub(super) fn is_repair(prompt: &str) -> bool {
    let name = prompt.rsplit('.').next().unwrap_or_default();
    matches!(name, "guess_denied" | "no_input") || ["again", "example", "keys"].iter().any(|end| name.ends_with(end))
}

/// The acts of a scenario, `speak` giving the sound of each turn.
pub fn acts<E>(scenario: &Scenario, mut speak: impl FnMut(&Turn, &str) -> Result<Vec<f32>, E>) -> Result<Vec<Act>, E> {
    let act = |turn: &Turn| -> Result<Act, E> {
        let does = match &turn.keys {
            Some(keys) => Does::Press(keys.clone()),
            None if turn.hang_up => Does::HangUp,
            None if turn.silence => Does::StaySilent,
            None => Does::Speak(speak(turn, turn.say.as_deref().unwrap_or_default())?),
        };
        Ok(Act { does, title: None, expected: Expected::default() })
    };
    scenario.turns.iter().map(act).collect()
}
