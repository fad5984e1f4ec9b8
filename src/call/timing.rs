//! The small clocks of a call: how long to wait for the end of speech, for more keys, for a slow answer.

use crate::audio::FRAME_MS;
use crate::audio::endpointer;
use crate::dialog::{Question, Timing};
use crate::nlu::{Decision, Intent, Understood};

/// Quiet time after a key that ends an answer of unknown length.
const BETWEEN_KEYS_MS: u32 = 2_500;
/// A look-up that takes longer is bridged with a sentence, and again at [`STILL_LOOKING_MS`].
const LOOKING_MS: u32 = 800;
const STILL_LOOKING_MS: u32 = 5_000;

/// How the endpointer should wait, given what is asked and whether a prompt is being played.
pub fn endpoint(question: Option<&Question>, speaking: bool) -> endpointer::Timing {
    let timing = match question.map(|question| question.timing) {
        Some(Timing::Closed) => endpointer::Timing::CLOSED,
        Some(Timing::Number) => endpointer::Timing::NUMBER,
        Some(Timing::Open) | None => endpointer::Timing::OPEN,
    };
    if speaking {
        // Over a prompt only clear speech counts: what leaks from the caller's ear-piece must not stop it.
        endpointer::Timing { start_speech_ms: 160, start_window_ms: 320, threshold: timing.threshold.max(0.7), ..timing }
    } else {
        timing
    }
}

/// Words into a prompt that only show that the caller listens (嗯, 好的), or that were not understood: the prompt goes on.
pub fn is_backchannel(understood: &Understood, question: Option<&Question>) -> bool {
    let closed = question.is_some_and(|question| question.expectation.grammar.is_some());
    let listening_noise = matches!(understood.intent, Some(Intent::Affirm | Intent::Thanks | Intent::Greeting));
    understood.decision == Decision::Reject || (listening_noise && !closed)
}

/// Collects keys into answers.
#[derive(Clone, Debug, Default)]
pub struct KeyBuffer {
    keys: String,
    length: u8,
    quiet_ms: u32,
}

impl KeyBuffer {
    /// How many keys complete an answer; 0 for a single menu key.
    pub fn expect(&mut self, length: u8) {
        self.length = length;
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.extend(keys.chars().filter(|key| key.is_ascii_digit() || matches!(key, '*' | '#')));
        self.quiet_ms = 0;
    }

    pub fn pending(&self) -> bool {
        !self.keys.is_empty()
    }

    /// One tick; the answer when it is complete: by its length, by `#`, or by quiet. `0` or `*` alone ask for help at once when more is expected.
    pub fn tick(&mut self) -> Option<String> {
        if self.keys.is_empty() {
            return None;
        }
        self.quiet_ms += FRAME_MS;
        let complete = self.keys.len() >= usize::from(self.length.max(1)) || self.keys.ends_with('#') || self.quiet_ms >= BETWEEN_KEYS_MS;
        complete.then(|| {
            let keys = std::mem::take(&mut self.keys);
            match keys.trim_end_matches('#') {
                "" => keys,
                answer => answer.to_owned(),
            }
        })
    }
}

/// Counts the time of a look-up while nothing is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filler {
    waited_ms: u32,
}

impl Filler {
    /// One tick of silence; 0 when the first filler is due, 1 when the second is.
    pub fn tick(&mut self) -> Option<usize> {
        self.waited_ms += FRAME_MS;
        match self.waited_ms {
            LOOKING_MS => Some(0),
            STILL_LOOKING_MS => Some(1),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Presses each text in its turn with `quiet` ticks after it; what came out.
    fn answers(length: u8, presses: &[&str], quiet: usize) -> Vec<String> {
        let mut buffer = KeyBuffer::default();
        buffer.expect(length);
        let mut out = Vec::new();
        for keys in presses {
            buffer.press(keys);
            out.extend((0..quiet).filter_map(|_| buffer.tick()));
        }
        out
    }

    #[test]
    fn a_menu_key_counts_at_once() {
        assert_eq!(answers(0, &["1"], 1), ["1"]);
    }

    #[test]
    fn a_number_ends_by_its_length() {
        assert_eq!(answers(6, &["1", "2", "3", "4", "5", "6"], 5), ["123456"]);
    }

    #[test]
    fn a_hash_ends_a_number() {
        assert_eq!(answers(11, &["1", "2", "#"], 5), ["12"]);
    }

    #[test]
    fn quiet_ends_a_number() {
        assert_eq!(answers(11, &["12"], 200), ["12"]);
    }

    #[test]
    fn a_hash_alone_is_kept() {
        assert_eq!(answers(0, &["#"], 1), ["#"]);
    }

    #[test]
    fn fillers_come_after_0_8_and_5_seconds() {
        let mut filler = Filler::default();
        let due: Vec<(usize, usize)> = (1..400).filter_map(|n| filler.tick().map(|which| (n, which))).collect();
        assert_eq!(due, [(40, 0), (250, 1)]);
    }
}
