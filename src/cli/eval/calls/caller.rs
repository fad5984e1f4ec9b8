//! A caller who follows a scenario: does one thing after another, each when the service has asked.
//!
//! A patient one also listens, and knows from a rehearsal in text what to expect: says yes to a right guess and no to a wrong one, chooses when asked
//! which, says again what was not understood or what is asked for once more, puts right what the answer got wrong, refuses what was not wanted, takes a
//! key at last; then goes on.

use super::rehearsal::Expected;
use super::scenario::{Scenario, Turn};
use crate::audio::{FRAME_MS, FRAME_SAMPLES};
use crate::call::line::{Clock, Floor, Frame, Inbound, Line};
use crate::dialog::{Action, Question, Timing};
use crate::nlu::Expectation;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

const REACTION_MS: u32 = 300;
const BREATH_MS: u32 = 100;
/// Nobody waits longer in a scenario.
const LONGEST_MS: u32 = 5 * 60 * 1000;
/// How often a patient caller says the same thing again.
const MOST_REPEATS: usize = 2;
/// Questions of the service that a patient caller knows by name, and how those end that read a value back.
const GUESS: &str = "guess";
const TIE: &str = "tie";
const READ_BACK: &str = ".confirm";
/// The grammar of questions that are answered with yes or no.
const YES_NO: &str = "yes_no";

/// Sound at the call's rate; nobody says the same twice in the same way, so there is one for each time.
#[derive(Clone, Debug, Default)]
pub struct Spoken {
    pub takes: Vec<Vec<f32>>,
}

impl Spoken {
    fn take(&self, n: usize) -> Vec<f32> {
        self.takes.get(n % self.takes.len().max(1)).cloned().unwrap_or_default()
    }
}

/// A thing to do.
#[derive(Clone, Debug)]
pub enum Does {
    Speak(Spoken),
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
    /// "No, …" with the same words.
    pub correction: Spoken,
}

/// How the service names a wish, and the caller's voice saying it.
#[derive(Clone, Debug)]
pub struct Title {
    pub text: String,
    pub spoken: Spoken,
}

/// What a patient caller answers with.
#[derive(Clone, Debug)]
pub struct Answers {
    pub yes: Spoken,
    pub no: Spoken,
}

/// Why the caller did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The scenario says so.
    Scenario,
    /// The guess was right; the guess was wrong; it was asked which; it was not understood; it was offered to answer by a key.
    Yes,
    No,
    Which,
    Again,
    Keys,
}

/// What a patient caller does about a question that was not expected.
enum Reply {
    Say(Vec<f32>),
    Press(&'static str),
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
    repeats: usize,
    /// How often the caller said yes, no or which to the present act's guesses.
    replies: usize,
    /// What the service said and asked since the caller's last deed.
    said: String,
    asked: Question,
    /// The service said that it had not understood.
    repaired: bool,
    /// It said which keys answer.
    keys_offered: bool,
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
            replies: 0,
            said: String::new(),
            asked: nothing(),
            repaired: false,
            keys_offered: false,
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
    fn reply(&mut self) -> Option<(Why, Reply)> {
        let (answers, act) = (self.answers.as_ref()?, self.present.as_ref()?);
        let expected = act.expected.question.as_deref() == Some(self.asked.name.as_str());
        let yes_or_no = |right: bool, n: usize| match right {
            _ if self.keys_offered => (Why::Keys, Reply::Press(if right { "1" } else { "2" })),
            true => (Why::Yes, Reply::Say(answers.yes.take(n))),
            false => (Why::No, Reply::Say(answers.no.take(n))),
        };
        let title = act.title.as_ref().filter(|title| self.said.contains(&title.text));
        let replied = match self.asked.name.as_str() {
            GUESS if !expected => Some(yes_or_no(title.is_some(), self.replies)),
            TIE if !expected => Some(
                title.map_or_else(|| yes_or_no(false, self.replies), |title| (Why::Which, Reply::Say(title.spoken.take(self.replies)))),
            ),
            asked if asked.ends_with(READ_BACK) && !act.expected.values.is_empty() => {
                let right = act.expected.values.iter().any(|value| self.said.contains(value));
                (!right || !expected).then(|| yes_or_no(right, self.replies))
            }
            _ => None,
        };
        if let Some(reply) = replied {
            self.replies += 1;
            return Some(reply);
        }
        let Does::Speak(spoken) = &act.does else { return None };
        let repeated = &act.expected.repeated;
        let mistaken = expected && !repeated.is_empty() && !repeated.iter().any(|value| self.said.contains(value));
        if mistaken && self.repeats < MOST_REPEATS {
            self.repeats += 1;
            return Some((Why::Again, Reply::Say(act.correction.take(self.repeats))));
        }
        let misled = !expected || (self.repaired && !act.expected.repaired);
        if !misled {
            return None;
        }
        let another = !same_place(&self.asked.name, &self.answered);
        let closed = self.asked.expectation.grammar.as_deref() == Some(YES_NO);
        let reply = match act.expected.answer.filter(|_| !another && closed && self.keys_offered) {
            Some(answer) => yes_or_no(answer, 0),
            None if self.repeats >= MOST_REPEATS => return None,
            None if another && closed => yes_or_no(false, self.repeats),
            None => (Why::Again, Reply::Say(spoken.take(self.repeats + 1))),
        };
        self.repeats += 1;
        Some(reply)
    }

    fn note(&mut self, why: Why) {
        if let Ok(mut done) = self.done.lock() {
            done.push(Done { turn: self.turn.saturating_sub(1), why, at_ms: self.elapsed_ms });
        }
        if why == Why::Scenario {
            self.answered.clone_from(&self.asked.name);
        }
        self.asked = nothing();
        self.said.clear();
        self.repaired = false;
        self.keys_offered = false;
    }

    /// What the caller does when the service has asked and a moment has passed.
    fn act(&mut self) -> Inbound {
        if let Some((why, reply)) = self.reply() {
            self.note(why);
            return match reply {
                Reply::Say(samples) => self.speak(samples),
                Reply::Press(keys) => Inbound { keys: keys.to_owned(), ..Inbound::silence() },
            };
        }
        (self.repeats, self.replies) = (0, 0);
        self.present = self.left.pop_front();
        self.turn += 1;
        let does = self.present.as_ref().map(|act| act.does.clone());
        self.note(Why::Scenario);
        match does {
            Some(Does::Speak(spoken)) => self.speak(spoken.take(0)),
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
                self.keys_offered |= utterance.prompt.ends_with("keys");
            }
            Action::Listen(question) => self.asked.clone_from(question),
            _ => {}
        }
    }
}

/// Before the first question, and when none is open.
fn nothing() -> Question {
    Question {
        name: String::new(),
        expectation: Expectation::default(),
        timing: Timing::Open,
        no_input_ms: 0,
        key_length: 0,
        secret: false,
        consent: false,
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
pub fn acts<E>(scenario: &Scenario, mut speak: impl FnMut(&Turn, &str) -> Result<Spoken, E>) -> Result<Vec<Act>, E> {
    let act = |turn: &Turn| -> Result<Act, E> {
        let does = match &turn.keys {
            Some(keys) => Does::Press(keys.clone()),
            None if turn.hang_up => Does::HangUp,
            None if turn.silence => Does::StaySilent,
            None => Does::Speak(speak(turn, turn.say.as_deref().unwrap_or_default())?),
        };
        Ok(Act { does, title: None, expected: Expected::default(), correction: Spoken::default() })
    };
    scenario.turns.iter().map(act).collect()
}
