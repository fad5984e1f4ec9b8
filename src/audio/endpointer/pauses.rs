//! Cuts a recording of one side of a call at its long pauses.

use super::{PRE_ROLL_MS, TRAIL_MS, Timing, frames, turns::Turn, turns::Turns};
use crate::audio::vad::Vad;
use crate::audio::{Audio, CALL_RATE_HZ, FRAME_MS, FRAME_SAMPLES, resample::resample};

/// A silence this long stands between two things said.
pub const LONG_PAUSE_MS: u32 = 1_200;

/// The pieces of speech between pauses of at least `min_pause_ms`, at the recording's own rate, each with the pre-roll and a little trail.
/// A recording without speech has no pieces.
pub fn cut_at_long_pauses(audio: &Audio, min_pause_ms: u32) -> Vec<Audio> {
    let heard = resample(&audio.samples, audio.rate_hz, CALL_RATE_HZ);
    let mut vad = Vad::new();
    let timing = Timing { end_silence_ms: min_pause_ms, pause_ms: min_pause_ms, max_utterance_ms: u32::MAX, ..Timing::OPEN };
    let mut turns = Turns::new(timing);
    let mut spans = Vec::new();
    for chunk in heard.chunks(FRAME_SAMPLES) {
        let mut frame = [0.0; FRAME_SAMPLES];
        frame[..chunk.len()].copy_from_slice(chunk);
        spans.extend(turns.push(vad.judge(&frame)).and_then(span));
    }
    spans.extend(turns.finish().and_then(span));
    let place = |frame: u64| (frame * u64::from(FRAME_MS) * u64::from(audio.rate_hz) / 1000).min(audio.samples.len() as u64) as usize;
    let piece = |(start, speech_end): (u64, u64)| {
        let range = place(start.saturating_sub(frames(PRE_ROLL_MS)))..place(speech_end + frames(TRAIL_MS));
        let samples = audio.samples.get(range).unwrap_or_default().to_vec();
        Audio { rate_hz: audio.rate_hz, samples }
    };
    spans.into_iter().map(piece).collect()
}

fn span(turn: Turn) -> Option<(u64, u64)> {
    match turn {
        Turn::End { start, speech_end, .. } => Some((start, speech_end)),
        Turn::Start { .. } | Turn::Pause { .. } | Turn::Resume { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::wav;
    use std::path::Path;

    #[track_caller]
    fn check(recording: &str, min_pause_ms: u32, pieces: usize) -> Vec<Audio> {
        let audio = wav::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("audio-fixtures").join(recording)).unwrap();
        let found = cut_at_long_pauses(&audio, min_pause_ms);
        let lengths: Vec<f32> = found.iter().map(|piece| piece.samples.len() as f32 / piece.rate_hz as f32).collect();
        assert_eq!(found.len(), pieces, "{recording}: pieces of {lengths:?} s");
        assert!(found.iter().all(|piece| piece.rate_hz == audio.rate_hz));
        found
    }

    #[test]
    fn a_recorded_caller_is_cut_between_what_he_said() {
        check("zh_balance_pauses.wav", LONG_PAUSE_MS, 4);
        check("en_balance_pauses.wav", LONG_PAUSE_MS, 4);
    }

    #[test]
    fn no_pause_is_long_enough() {
        let whole = wav::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("audio-fixtures/zh_balance_pauses.wav")).unwrap();
        let piece = &check("zh_balance_pauses.wav", 60_000, 1)[0];
        assert!(piece.samples.len() <= whole.samples.len());
        assert!(piece.samples.len() > whole.samples.len() / 2);
    }

    #[test]
    fn without_speech_there_are_no_pieces() {
        check("odd/silence.wav", LONG_PAUSE_MS, 0);
        check("odd/noise_only.wav", LONG_PAUSE_MS, 0);
        assert!(cut_at_long_pauses(&Audio { rate_hz: 8_000, samples: Vec::new() }, LONG_PAUSE_MS).is_empty());
    }
}
