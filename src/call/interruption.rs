//! What becomes of a prompt that a sound has stopped: it waits for words, and goes on from where it was when none come.
//!
//! A cough is over soon, and its text says that it was nothing. A street is not over: so while the sound lasts the recogniser is asked for a
//! glance at it, and again from time to time.

use crate::audio::FRAME_MS;

/// So long into the sound comes the first glance: earlier there is too little to know a word by.
const FIRST_GLANCE_MS: u32 = 1_000;
/// And from one to the next.
const BETWEEN_GLANCES_MS: u32 = 2_000;

/// One prompt and what was said into it; counted in ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interruption {
    /// How long the sound has lasted; 0 when there is none.
    sound_ms: u32,
    /// How long the prompt has waited, and found no words.
    waited_ms: u32,
    words: bool,
    false_stops: u32,
}

impl Interruption {
    /// A sound began.
    pub fn begins(&mut self) {
        self.sound_ms = 0;
        self.waited_ms = 0;
        self.words = false;
    }

    /// Words were found in the sound: the prompt waits until they are understood.
    pub fn found_words(&mut self) {
        self.words = true;
    }

    /// The prompt goes on.
    pub fn went_on(&mut self) {
        self.waited_ms = 0;
        self.words = false;
        self.false_stops += 1;
    }

    /// Sounds that stopped this prompt and were nothing.
    pub fn false_stops(&self) -> u32 {
        self.false_stops
    }

    /// One tick of a sound that lasts; whether it is time for a glance.
    pub fn sounds(&mut self) -> bool {
        self.sound_ms += FRAME_MS;
        self.sound_ms.checked_sub(FIRST_GLANCE_MS).is_some_and(|since| since.is_multiple_of(BETWEEN_GLANCES_MS))
    }

    /// One tick of a prompt that waits; whether it has waited long enough.
    pub fn waits(&mut self, patience_ms: u32) -> bool {
        self.waited_ms += FRAME_MS;
        !self.words && self.waited_ms >= patience_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ticks, from 1, at which something was due.
    fn due(ticks: u32, mut tick: impl FnMut() -> bool) -> Vec<u32> {
        (1..=ticks).filter(|_| tick()).map(|n| n * FRAME_MS).collect()
    }

    #[test]
    fn a_lasting_sound_is_glanced_at_from_time_to_time() {
        let mut interruption = Interruption::default();
        interruption.begins();
        assert_eq!(due(260, || interruption.sounds()), [1_000, 3_000, 5_000]);
        interruption.begins();
        assert_eq!(due(60, || interruption.sounds()), [1_000]);
    }

    #[test]
    fn a_prompt_waits_for_words_and_no_longer() {
        let mut interruption = Interruption::default();
        interruption.begins();
        assert_eq!(due(100, || interruption.waits(2_000)), [2_000]);
        interruption.went_on();
        assert!(due(99, || interruption.waits(2_000)).is_empty());
        interruption.found_words();
        assert!(due(500, || interruption.waits(2_000)).is_empty());
        assert_eq!(interruption.false_stops(), 1);
    }
}
