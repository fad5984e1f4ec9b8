//! When a call looks for words in the first seconds, with its own ear and its own manners.

use crate::asr::recogniser::Priority;
use crate::audio::endpointer::{Endpointer, Heard, Timing};
use crate::audio::machine::{DECIDES_WITHIN_MS, Watch};
use crate::audio::{FRAME_MS, FRAME_SAMPLES};
use crate::call::interruption::Interruption;
use crate::call::listener::GLANCE_MS;
use crate::call::manners::Manners;

/// One look at what was said so far.
pub struct Look {
    pub at_ms: u32,
    pub samples: Vec<f32>,
    pub priority: Priority,
    /// From here on nobody wants its words: a pause begins another look, who goes on after it has said more.
    pub void_ms: u32,
}

/// All that a call would have: at each pause, some time into a sound that lasts, and when the verdict is near.
pub fn looks(samples: &[f32]) -> Vec<Look> {
    let manners = Manners::default();
    let mut ear = Endpointer::new(manners.while_speaking.of(Timing::OPEN));
    let (mut watch, mut interruption, mut is_speaking) = (Watch::default(), Interruption::default(), false);
    let mut looks: Vec<Look> = Vec::new();
    let times = (FRAME_MS..DECIDES_WITHIN_MS).step_by(FRAME_MS as usize);
    for (frame, now_ms) in samples.as_chunks::<FRAME_SAMPLES>().0.iter().zip(times) {
        watch.push(frame);
        match ear.push(frame) {
            Some(Heard::Start { .. }) => {
                is_speaking = true;
                interruption.begins();
                // The prompt waits.
                ear.set_timing(manners.while_listening.of(Timing::OPEN));
            }
            Some(Heard::Pause { samples, .. }) => {
                give_up(&mut looks, Priority::Glance, now_ms);
                looks.push(Look { at_ms: now_ms, samples, priority: Priority::Trial, void_ms: u32::MAX });
            }
            Some(Heard::Resume { .. }) => give_up(&mut looks, Priority::Trial, now_ms),
            Some(Heard::End { .. }) => is_speaking = false,
            None => {}
        }
        let is_due = is_speaking && (interruption.sounds() | watch.looks());
        if let Some(samples) = ear.latest(GLANCE_MS).filter(|_| is_due) {
            looks.push(Look { at_ms: now_ms, samples, priority: Priority::Glance, void_ms: u32::MAX });
        }
    }
    looks
}

fn give_up(looks: &mut [Look], priority: Priority, now_ms: u32) {
    if let Some(last) = looks.last_mut().filter(|last| last.priority == priority) {
        last.void_ms = last.void_ms.min(now_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{CALL_RATE_HZ, resample, wav};
    use std::path::Path;

    fn said(name: &str) -> Vec<f32> {
        let audio = wav::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("audio-fixtures").join(name)).unwrap();
        resample::resample(&audio.samples, audio.rate_hz, CALL_RATE_HZ)
    }

    #[test]
    fn a_word_is_looked_at_in_the_pause_after_it_and_speech_while_it_goes_on() {
        let mut word = said("zh_answers/confirm.wav");
        word.extend(vec![0.0; CALL_RATE_HZ as usize]);
        let of_word = looks(&word);
        assert_eq!(of_word.first().map(|look| look.priority), Some(Priority::Trial), "the pause is looked at before anything else");
        assert_eq!(of_word.iter().filter(|look| look.priority == Priority::Trial).count(), 1);
        let sentence = said("zh_requests/complaint.wav");
        let of_sentence = looks(&sentence);
        assert!(
            of_sentence.iter().any(|look| look.priority == Priority::Glance),
            "{:?}",
            of_sentence.iter().map(|look| look.at_ms).collect::<Vec<_>>()
        );
        assert!(looks(&vec![0.0; 3 * CALL_RATE_HZ as usize]).is_empty());
    }
}
