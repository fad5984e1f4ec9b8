//! A machine that is to be left a message: when it listens.

use super::THRESHOLD;
use super::tone::{Followed, Tone, tone};
use crate::audio::frame::{FRAME_MS, FRAME_SAMPLES};
use crate::audio::vad::Vad;

/// After so long a message is left all the same.
const LONGEST_GREETING_MS: u32 = 30_000;
/// Who fell silent for so long after speaking waits for the message.
const FELL_SILENT_MS: u32 = 2_000;
/// Another tone so soon after a beep makes them tones of the network.
const ALONE_MS: u32 = 400;
/// A tone of the line that is still there after so long has nobody behind it.
const LINE_MS: u32 = 1_500;

/// What became of a machine's greeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// It has finished, and records.
    Listens,
    /// Only tones of the line are there.
    Deaf,
}

/// Waits for the end of a beep, else for a long silence.
#[derive(Default)]
pub struct Beep {
    voice: Vad,
    tone: Followed,
    /// Since a beep ended.
    beeped_ms: Option<u32>,
    /// Tones of the line so far.
    line_ms: u32,
    now_ms: u32,
    silent_ms: u32,
}

impl Beep {
    /// One whose tone has begun.
    pub(super) fn during(tone: Followed) -> Beep {
        Beep { tone, ..Beep::default() }
    }

    /// Takes a frame; what became of the greeting, when it is over.
    pub fn push(&mut self, frame: &[f32; FRAME_SAMPLES]) -> Option<Machine> {
        self.now_ms += FRAME_MS;
        let is_voiced = self.voice.speech(frame) >= THRESHOLD;
        let ended = self.tone.follow(tone(frame));
        let sounds = self.tone.lasts();
        self.silent_ms = if is_voiced || sounds.is_some() { 0 } else { self.silent_ms + FRAME_MS };
        self.line_ms += if sounds.is_some_and(Tone::is_of_the_line) { FRAME_MS } else { 0 };
        if self.beeped_ms.is_some() && sounds.is_some() || self.line_ms >= LINE_MS {
            return Some(Machine::Deaf);
        }
        self.beeped_ms = match self.beeped_ms {
            Some(ms) => Some(ms + FRAME_MS),
            None => ended.filter(|tone| tone.is_beep()).map(|_| FRAME_MS),
        };
        let has_beeped = self.beeped_ms.is_some_and(|ms| ms >= ALONE_MS);
        let is_over = has_beeped || self.silent_ms >= FELL_SILENT_MS || self.now_ms >= LONGEST_GREETING_MS;
        is_over.then_some(Machine::Listens)
    }
}
