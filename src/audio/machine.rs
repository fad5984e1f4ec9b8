//! Who answered: a person, a machine, a menu, a tone, nobody. Pure, on frames and on words; it runs beside the greeting, which never waits for it.
//!
//! [`Detector`] gives a verdict within two seconds. People who talk as they pick up sound as machines do, so nobody is hung up on for it: [`Watch`] goes on, and
//! says when a machine has shown itself: by words that only machines say, by a beep, by speech that goes on over our greeting. [`Beep`] waits for its end.

mod beep;
mod speech;
mod tone;
mod watch;
mod words;

pub use beep::{Beep, Machine};
pub use speech::{Heard, SURE, Speech};
pub use watch::{Met, Noticed, Watch};
pub use words::{may_be_somebodys, who_says};

use crate::audio::frame::{FRAME_MS, FRAME_SAMPLES};
use crate::audio::vad::{self, Voice};
use tone::{Followed, tone};

/// Who or what answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Answerer {
    Human,
    /// A mailbox, or the network's announcement.
    Machine,
    /// A menu that wants keys.
    Menu,
    /// A line's tone, a beep, a fax.
    Tone,
    Silence,
}

impl Answerer {
    pub const ALL: [Answerer; 5] = [Answerer::Human, Answerer::Machine, Answerer::Menu, Answerer::Tone, Answerer::Silence];

    pub fn name(self) -> &'static str {
        match self {
            Answerer::Human => "human",
            Answerer::Machine => "machine",
            Answerer::Menu => "menu",
            Answerer::Tone => "tone",
            Answerer::Silence => "silence",
        }
    }

    /// Nobody who could be told something.
    pub fn is_machine(self) -> bool {
        matches!(self, Answerer::Machine | Answerer::Menu | Answerer::Tone)
    }
}

/// A verdict and when it was reached, from the answer on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub who: Answerer,
    pub at_ms: u32,
}

/// After so long something is decided, whatever is known.
pub const DECIDES_WITHIN_MS: u32 = 2_000;
/// What counts as voice, as the endpointer has it.
const THRESHOLD: f32 = 0.5;

/// See the module's text. One for a call, from its answer on.
#[derive(Default)]
pub struct Detector {
    voice: Option<Voice>,
    now_ms: u32,
    heard: Vec<Heard>,
    tone: Followed,
    /// Something was recognised, and none of it is what people say who pick up.
    says_strange_things: bool,
    verdict: Option<Verdict>,
}

impl Detector {
    /// What was decided.
    pub fn verdict(&self) -> Option<Verdict> {
        self.verdict
    }

    /// Who speaks, as far as it has been heard.
    pub fn speech(&self) -> Option<Speech> {
        Speech::of(&self.heard)
    }

    /// Takes a frame; gives the verdict when it is reached.
    pub fn push(&mut self, frame: &[f32; FRAME_SAMPLES]) -> Option<Verdict> {
        if self.now_ms >= DECIDES_WITHIN_MS {
            return None;
        }
        self.now_ms += FRAME_MS;
        let voice = self.voice.get_or_insert_with(vad::telephone_voice).speech(frame);
        self.tone.follow(tone(frame));
        // A tone is no voice, whatever the detector of voices makes of it.
        self.heard.push(Heard { voice: if self.tone.is_pure() { 0.0 } else { voice }, level_dbfs: vad::level_dbfs(frame) });
        if self.verdict.is_some() {
            return None;
        }
        if self.tone.lasts().is_some() {
            return self.decide(Answerer::Tone);
        }
        if self.now_ms < DECIDES_WITHIN_MS {
            return None;
        }
        self.decide(match self.speech() {
            Some(speech) if speech.machine_odds() >= SURE || (self.says_strange_things && speech.goes_on()) => Answerer::Machine,
            Some(_) => Answerer::Human,
            None => Answerer::Silence,
        })
    }

    /// Whether it is as likely as not that a machine speaks.
    pub fn suspects(&self) -> bool {
        self.speech().is_some_and(|speech| speech.machine_odds() >= 0.0)
    }

    /// Takes what was recognised of the first speech: who goes on without a word of those with which people pick up is a machine.
    pub fn hear(&mut self, text: &str) {
        if !text.is_empty() {
            self.says_strange_things = !may_be_somebodys(text);
        }
    }

    /// The same, and words that only one of them says decide, and correct what was decided without them.
    pub fn words(&mut self, text: &str) -> Option<Verdict> {
        self.hear(text);
        let who = who_says(text)?;
        if self.verdict.is_some_and(|verdict| verdict.who == who) { None } else { self.decide(who) }
    }

    fn decide(&mut self, who: Answerer) -> Option<Verdict> {
        self.verdict = Some(Verdict { who, at_ms: self.now_ms });
        self.verdict
    }
}

#[cfg(test)]
mod tests;
