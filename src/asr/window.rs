//! Cuts long speech where it is quietest, for Whisper hears at most 30 seconds at once.

use crate::audio::{CALL_RATE_HZ, FRAME_SAMPLES};

const LONGEST: usize = 28 * CALL_RATE_HZ as usize;
/// A cut is looked for in the last part of the window only.
const EARLIEST: usize = 20 * CALL_RATE_HZ as usize;

/// Pieces of at most 28 s that together are `samples`.
pub fn windows(samples: &[f32]) -> Vec<&[f32]> {
    let mut pieces = Vec::new();
    let mut rest = samples;
    while rest.len() > LONGEST {
        let (piece, after) = rest.split_at(quietest(rest));
        pieces.push(piece);
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}

fn quietest(samples: &[f32]) -> usize {
    let energy = |frame: &[f32]| frame.iter().map(|sample| sample * sample).sum::<f32>();
    let candidates = samples.get(EARLIEST..LONGEST).unwrap_or(&[]).chunks_exact(FRAME_SAMPLES).map(energy).enumerate();
    let quietest = candidates.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(index, _)| index);
    EARLIEST + quietest * FRAME_SAMPLES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(seconds: usize, quiet_at: Option<usize>, expected: &[usize]) {
        let rate = CALL_RATE_HZ as usize;
        let mut samples = vec![0.5; seconds * rate];
        if let Some(second) = quiet_at {
            samples[second * rate..second * rate + FRAME_SAMPLES].fill(0.0);
        }
        let lengths: Vec<usize> = windows(&samples).iter().map(|piece| piece.len() / rate).collect();
        assert_eq!(lengths, expected);
    }

    #[test]
    fn cuts_fall_into_silence() {
        check(0, None, &[]);
        check(28, None, &[28]);
        check(40, Some(25), &[25, 15]);
        check(40, Some(5), &[20, 20]);
        check(70, Some(21), &[21, 20, 20, 9]);
    }
}
