//! What becomes of a prompt that a sound has stopped: it waits for words, and goes on from where it was when none come.
//!
//! A cough is over soon, and its text says that it was nothing. A street is not over: so while the sound lasts the recogniser is asked for a
//! glance at it, and again from time to time. A busy recogniser has none to give; then a sound that lasts is a caller who speaks, for a while.

use crate::audio::FRAME_MS;
use crate::nlu::Intent;

/// So long into the sound comes the first glance: earlier there is too little to know a word by.
const FIRST_GLANCE_MS: u32 = 1_000;
/// And from one to the next.
const BETWEEN_GLANCES_MS: u32 = 2_000;
/// A sound of which nothing is known is no caller's any more after this.
const LONGEST_UNKNOWN_MS: u32 = 6_000;

/// One prompt and what was said into it; counted in ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interruption {
    /// How long the sound has lasted.
    sound_ms: u32,
    /// How long the prompt has waited since its end for words of it.
    waited_ms: u32,
    words: bool,
    false_stops: u32,
    /// What the last sound may have meant, though it may have been a cough.
    doubted: Option<Intent>,
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

    /// A sound may have been a cough or this request; whether it was meant, for who was not heard says it again.
    pub fn is_meant(&mut self, request: Option<Intent>) -> bool {
        let is_again = request.is_some() && self.doubted == request;
        self.doubted = request;
        is_again
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

    /// One tick of a prompt that waits while there is a sound, or after it; whether it has waited long enough, which is up to `patience_ms` after.
    pub fn waits(&mut self, sounding: bool, patience_ms: u32) -> bool {
        self.waited_ms = if sounding { 0 } else { self.waited_ms + FRAME_MS };
        !self.words && (self.waited_ms >= patience_ms || sounding && self.sound_ms >= LONGEST_UNKNOWN_MS)
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
        assert_eq!(due(100, || interruption.waits(false, 2_000)), [2_000]);
        interruption.went_on();
        assert!(due(99, || interruption.waits(false, 2_000)).is_empty());
        interruption.found_words();
        assert!(due(500, || interruption.waits(false, 2_000)).is_empty());
        assert_eq!(interruption.false_stops(), 1);
    }

    #[test]
    fn what_is_said_twice_into_a_prompt_is_meant() {
        let mut interruption = Interruption::default();
        assert!(!interruption.is_meant(Some(Intent::ReportLoss)));
        interruption.went_on();
        assert!(!interruption.is_meant(Some(Intent::CancelService)) && !interruption.is_meant(Some(Intent::ReportLoss)));
        interruption.went_on();
        interruption.begins();
        assert!(interruption.is_meant(Some(Intent::ReportLoss)));
        assert!(!interruption.is_meant(None) && !interruption.is_meant(None));
    }

    #[test]
    fn a_caller_whom_nobody_has_glanced_at_is_not_talked_over() {
        let mut interruption = Interruption::default();
        interruption.begins();
        let mut speaks = || {
            interruption.sounds();
            interruption.waits(true, 2_000)
        };
        assert!(due(299, &mut speaks).is_empty());
        assert!(speaks(), "a street");
        interruption.begins();
        due(200, || {
            interruption.sounds();
            interruption.waits(true, 2_000)
        });
        assert_eq!(due(100, || interruption.waits(false, 2_000)), [2_000], "its text is waited for from its end");
    }
}
