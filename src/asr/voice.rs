//! Whether there is a voice at all: what has none is not worth a decode, and Whisper would invent words for it.

use crate::audio::vad::Vad;
use crate::audio::{FRAME_SAMPLES, treatment};

const VOICED: f32 = 0.5;
/// The shortest words have 120 ms of voice.
const LEAST_FRAMES: usize = 4;

pub fn is_in(samples: &[f32]) -> bool {
    if treatment::active_level_dbfs(samples).is_none() {
        return false;
    }
    let mut vad = Vad::new();
    let (frames, _) = samples.as_chunks::<FRAME_SAMPLES>();
    frames.iter().filter(|frame| vad.speech(frame) >= VOICED).take(LEAST_FRAMES).count() == LEAST_FRAMES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::wav;
    use std::path::Path;

    #[test]
    fn silence_and_a_dial_tone_have_no_voice_and_a_word_has() {
        assert!(!is_in(&[]));
        assert!(!is_in(&[0.0; 16_000]));
        let tone: Vec<f32> = (0..16_000).map(|n| 0.2 * (std::f32::consts::TAU * 450.0 * n as f32 / 16_000.0).sin()).collect();
        assert!(!is_in(&tone));
        let word = Path::new(env!("CARGO_MANIFEST_DIR")).join("audio-fixtures/zh_answers/no.wav");
        let audio = wav::read(&word).unwrap();
        assert!(is_in(&crate::audio::resample::resample(&audio.samples, audio.rate_hz, 16_000)));
    }
}
