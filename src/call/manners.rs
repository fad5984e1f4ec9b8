//! How readily the ear takes a sound for the caller, by what the call is doing, and how long a prompt waits for words.

use crate::audio::endpointer::Timing;

/// How much voice it takes to begin an utterance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Readiness {
    /// Voiced time within `window_ms`.
    pub start_ms: u32,
    pub window_ms: u32,
    /// From which value of the voice detector a frame counts as voiced, 0.0..=1.0.
    pub threshold: f32,
}

/// See the module's text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Manners {
    /// Over a prompt only clear speech counts: what leaks from the caller's ear-piece must not stop it.
    pub while_speaking: Readiness,
    /// After a question: the shortest answers are the commonest.
    pub while_listening: Readiness,
    /// While the text of what was said is awaited: a caller who goes on has not finished.
    pub while_thinking: Readiness,
    /// A prompt that a sound stopped waits so long after it for its words before it goes on.
    pub resume_ms: u32,
}

impl Default for Manners {
    fn default() -> Manners {
        let listening = Readiness { start_ms: 100, window_ms: 200, threshold: 0.5 };
        Manners {
            while_speaking: Readiness { start_ms: 160, window_ms: 320, threshold: 0.7 },
            while_listening: listening,
            while_thinking: listening,
            resume_ms: 2_000,
        }
    }
}

/// More than this is never asked of a start: a word is hardly longer.
const WARIEST: u32 = 4;

impl Readiness {
    /// After so many sounds that were nothing, in the same prompt: each asks for as much voice again.
    pub fn warier(self, false_stops: u32) -> Readiness {
        let times = (1 + false_stops).min(WARIEST);
        Readiness { start_ms: self.start_ms * times, window_ms: self.window_ms * times, ..self }
    }

    /// The waits of `timing`, begun this readily.
    pub fn of(self, timing: Timing) -> Timing {
        Timing { start_speech_ms: self.start_ms, start_window_ms: self.window_ms, threshold: self.threshold, ..timing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_false_stop_asks_for_more_voice_up_to_a_bound() {
        let speaking = Manners::default().while_speaking;
        let starts = [0, 1, 2, 9].map(|false_stops| speaking.warier(false_stops).start_ms);
        assert_eq!(starts, [160, 320, 480, 640]);
        assert_eq!(speaking.warier(1).window_ms, 640);
        assert_eq!(speaking.warier(0).of(Timing::NUMBER).end_silence_ms, Timing::NUMBER.end_silence_ms);
    }
}
