//! From the answer on until it is sure what answered: the verdict of the first seconds, and what shows a machine for certain.

use super::beep::Beep;
use super::tone::{Followed, Tone, tone};
use super::{Answerer, Detector, LEAST_SPEECH_MS, LOOKS_AT_MS, Said, THRESHOLD, Verdict, who_says};
use crate::audio::frame::{FRAME_MS, FRAME_SAMPLES};
use crate::audio::vad::Vad;

/// After so long what answered is taken for what it seemed.
const LONGEST_MS: u32 = 30_000;
/// Words count as a machine's until then; later somebody may well speak of mailboxes.
const WORDS_MS: u32 = 20_000;
/// First speech that may be a machine's and goes on so long over our greeting is no person's.
const GOES_ON_MS: u32 = 4_000;
/// Who is silent for so long has been looked at already.
const PAUSES_MS: u32 = 200;
/// Silence that ends the first speech.
const ENDS_MS: u32 = 800;
/// Tones of the line for so long: nobody is there.
const LINE_MS: u32 = 1_000;

/// What showed a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    Words,
    GoesOn,
    Beep,
    /// Tones of the line, or a fax: nobody is there who could be told something.
    LineTone,
}

impl Met {
    pub fn name(self) -> &'static str {
        match self {
            Met::Words => "words",
            Met::GoesOn => "goes_on",
            Met::Beep => "beep",
            Met::LineTone => "line_tone",
        }
    }
}

/// What a frame brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noticed {
    Verdict(Verdict),
    Machine(Met),
}

/// See the module's text.
#[derive(Default)]
pub struct Watch {
    detector: Detector,
    voice: Vad,
    tone: Followed,
    line_ms: u32,
    now_ms: u32,
    /// The first speech: how long it has lasted, its silences within, and the present silence.
    lasted_ms: u32,
    silent_ms: u32,
    has_ended: bool,
    /// Something was said and taken in.
    has_spoken: bool,
    /// Somebody was understood.
    is_somebody: bool,
}

impl Watch {
    /// Takes a frame.
    pub fn push(&mut self, frame: &[f32; FRAME_SAMPLES]) -> Option<Noticed> {
        if self.now_ms >= LONGEST_MS {
            return None;
        }
        self.now_ms += FRAME_MS;
        let is_voiced = self.voice.speech(frame) >= THRESHOLD;
        self.tone.follow(tone(frame));
        self.follow_speech(is_voiced && !self.tone.is_pure());
        if let Some(verdict) = self.detector.push(frame) {
            return Some(Noticed::Verdict(verdict));
        }
        self.met().map(Noticed::Machine)
    }

    fn follow_speech(&mut self, is_voiced: bool) {
        self.silent_ms = if is_voiced { 0 } else { self.silent_ms + FRAME_MS };
        if self.lasted_ms > 0 || is_voiced {
            self.lasted_ms += FRAME_MS;
            self.has_ended |= self.silent_ms >= ENDS_MS;
        }
    }

    fn met(&mut self) -> Option<Met> {
        self.detector.verdict()?;
        let sounds = self.tone.lasts();
        self.line_ms += if sounds.is_some_and(Tone::is_of_the_line) { self.tone.known_ms() } else { 0 };
        if self.is_somebody {
            return None;
        }
        if sounds.is_some_and(Tone::is_beep) {
            return Some(Met::Beep);
        }
        if self.line_ms >= LINE_MS {
            return Some(Met::LineTone);
        }
        let goes_on = !self.has_ended && self.lasted_ms >= GOES_ON_MS && self.detector.suspects();
        goes_on.then_some(Met::GoesOn)
    }

    /// Whether now is the time to look what words are in the speech that goes on.
    pub fn looks(&self) -> bool {
        self.now_ms == LOOKS_AT_MS && !self.has_spoken && self.lasted_ms >= LEAST_SPEECH_MS && self.silent_ms < PAUSES_MS
    }

    /// Takes words of the one who answered, and what they tell of him; true when only machines say such.
    pub fn are_machines(&mut self, text: &str, said: Said) -> bool {
        if !self.has_spoken && said.length > 0 {
            self.detector.hear(said);
        }
        self.now_ms < WORDS_MS && who_says(text).is_some()
    }

    /// Takes that something was said which no machine alone says; whether it may answer a question of ours. What sounded like a machine's first speech may not:
    /// it was said into the greeting, before anything was asked.
    pub fn may_answer(&mut self) -> bool {
        let is_suspected = self.detector.verdict().is_some_and(|verdict| verdict.who == Answerer::Machine);
        self.is_somebody = !is_suspected || self.has_spoken;
        self.has_spoken = true;
        self.is_somebody
    }

    /// What waits for the end of a greeting.
    pub fn beep(&self) -> Beep {
        Beep::during(self.tone)
    }
}
