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
        spans.extend(turns.push(vad.speech(&frame)).and_then(span));
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
