//! Who answered: a person, a machine, a menu, a tone, nobody. Pure, on frames and on words; it runs beside the greeting, which never waits for it.
//!
//! [`Detector`] gives a verdict within two seconds. People who talk as they pick up sound as machines do, so nobody is hung up on for it: [`Watch`] goes on, and
//! says when a machine has shown itself: by words that only machines say, by a beep, by speech that goes on over our greeting. [`Beep`] waits for its end.

mod beep;
mod odds;
mod speech;
mod tone;
mod watch;
mod words;

pub use beep::{Beep, Machine};
pub use odds::{Odds, Said};
pub use speech::{Heard, Speech};
pub use watch::{Met, Noticed, Watch};
pub use words::who_says;

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
/// At this time at the latest somebody looks what words are in speech that goes on, so that they are there when something is decided.
pub const LOOKS_AT_MS: u32 = 1_500;
/// Shorter speech has no words to look for.
pub const LEAST_SPEECH_MS: u32 = 500;
/// What counts as voice, as the endpointer has it.
const THRESHOLD: f32 = 0.5;

/// See the module's text. One for a call, from its answer on.
#[derive(Default)]
pub struct Detector {
    voice: Option<Voice>,
    now_ms: u32,
    heard: Vec<Heard>,
    tone: Followed,
    said: Option<Said>,
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
        self.decide(match self.odds() {
            Some(odds) if odds.is_machine() => Answerer::Machine,
            Some(_) => Answerer::Human,
            None => Answerer::Silence,
        })
    }

    /// Who speaks, by sound and by words; `None` while nobody does.
    pub fn odds(&self) -> Option<Odds> {
        self.speech().map(|speech| Odds { speech, said: self.said })
    }

    /// Whether it is as likely as not that a machine speaks.
    pub fn suspects(&self) -> bool {
        self.odds().is_some_and(|odds| odds.machine() >= 0.0)
    }

    /// Takes what was recognised of the first speech so far.
    pub fn hear(&mut self, said: Said) {
        self.said = Some(self.said.map_or(said, |before| before.or_surer(said)));
    }

    /// The same, and words that only one of them says decide, and correct what was decided without them.
    pub fn words(&mut self, text: &str, said: Said) -> Option<Verdict> {
        self.hear(said);
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
