//! Whether there is a voice at all, and for how long: what has none is not worth a decode, and Whisper would invent words for it.

use crate::audio::vad::Vad;
use crate::audio::{FRAME_MS, FRAME_SAMPLES, treatment};

const VOICED: f32 = 0.5;
/// The shortest words have 120 ms of voice.
const LEAST_FRAMES: usize = 4;
/// Weak sounds that the detector misses at the ends of speech.
const ENDS_MS: u32 = 200;

/// How long somebody speaks, from the first sound of a voice to the last; `None`: nobody does.
pub fn speech_ms(samples: &[f32]) -> Option<u32> {
    treatment::active_level_dbfs(samples)?;
    let mut vad = Vad::new();
    let (frames, _) = samples.as_chunks::<FRAME_SAMPLES>();
    let voiced: Vec<usize> = (0..).zip(frames).filter(|(_, frame)| vad.speech(frame) >= VOICED).map(|(index, _)| index).collect();
    let (first, last) = (voiced.first()?, voiced.last()?);
    let frames = u32::try_from(last - first + 1).unwrap_or(u32::MAX);
    (voiced.len() >= LEAST_FRAMES).then(|| frames.saturating_mul(FRAME_MS).saturating_add(ENDS_MS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::wav;
    use std::path::Path;

    #[test]
    fn silence_and_a_dial_tone_have_no_voice_and_a_word_has() {
        assert_eq!(speech_ms(&[]), None);
        assert_eq!(speech_ms(&[0.0; 16_000]), None);
        let tone: Vec<f32> = (0..16_000).map(|n| 0.2 * (std::f32::consts::TAU * 450.0 * n as f32 / 16_000.0).sin()).collect();
        assert_eq!(speech_ms(&tone), None);
        let word = Path::new(env!("CARGO_MANIFEST_DIR")).join("audio-fixtures/zh_answers/no.wav");
        let audio = wav::read(&word).unwrap();
        let word = crate::audio::resample::resample(&audio.samples, audio.rate_hz, 16_000);
        let alone_ms = speech_ms(&word).unwrap();
        assert!((300..900).contains(&alone_ms), "{alone_ms}");
        let in_silence = [vec![0.0; 16_000], word, vec![0.0; 16_000]].concat();
        assert!(speech_ms(&in_silence).unwrap().abs_diff(alone_ms) < 100);
    }
}
