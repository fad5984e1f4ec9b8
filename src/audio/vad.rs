//! Is there a voice in this frame?
//!
//! Two witnesses: a small neural detector (the crate `earshot`), and how far the frame stands above the noise floor. Their weights come
//! from a logistic regression; how it was made and what it gives is in `benches/ear.md`.

use super::frame::FRAME_SAMPLES;
use std::collections::VecDeque;

/// The detector's own frame: 16 ms at 16 kHz.
const BLOCK_SAMPLES: usize = 256;
/// How much of the lower half of the band is mirrored into the upper half. The detector knows sound of the full band only and takes
/// any noise whose upper half is empty, as the telephone leaves it, for a voice.
const MIRRORED: f32 = 0.1;

/// The weights of the regression, on log-odds.
const BIAS: f32 = -1.9;
const VOICE: f32 = 1.5;
const PER_DB_ABOVE_FLOOR: f32 = 0.16;

/// Judges one frame of a call after another.
pub struct Vad {
    voice: Voice,
    floor: NoiseFloor,
}

impl Vad {
    pub fn new() -> Vad {
        Vad { voice: telephone_voice(), floor: NoiseFloor::new() }
    }

    /// How sure it is that the frame (16 kHz) holds speech, 0.0..=1.0.
    pub fn speech(&mut self, frame: &[f32; FRAME_SAMPLES]) -> f32 {
        self.judge(frame).speech
    }

    /// The same, and whether the line is hushed.
    pub fn judge(&mut self, frame: &[f32; FRAME_SAMPLES]) -> Judged {
        let voice = self.voice.speech(frame);
        let level_dbfs = level_dbfs(frame);
        let above_db = self.floor.above_db(level_dbfs);
        match odds_above(voice, level_dbfs, above_db) {
            Some(odds) => Judged { speech: 1.0 / (1.0 + (-odds).exp()), hushed: above_db < HUSHED_DB },
            None => Judged { speech: 0.0, hushed: true },
        }
    }
}

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// How sure it is that there is speech in it, 0.0..=1.0.
    pub speech: f32,
    /// Nothing stands above the line's noise, as soft ends of words do.
    pub hushed: bool,
}

/// Frames of steady noise stay within this of their quietest, which is the floor.
const HUSHED_DB: f32 = 6.0;

/// The detector as calls are heard with it.
pub fn telephone_voice() -> Voice {
    Voice::mirrored(MIRRORED)
}

/// Log-odds of speech in a frame over a floor that is known; `None` for silence.
pub fn odds(voice: f32, level_dbfs: f32, floor_dbfs: f32) -> Option<f32> {
    odds_above(voice, level_dbfs, (level_dbfs - floor_dbfs.max(SILENCE_DBFS)).clamp(0.0, HIGHEST_DB))
}

fn odds_above(voice: f32, level_dbfs: f32, above_db: f32) -> Option<f32> {
    let voice = voice.clamp(0.01, 0.99);
    (level_dbfs >= SILENCE_DBFS).then(|| BIAS + VOICE * (voice / (1.0 - voice)).ln() + PER_DB_ABOVE_FLOOR * above_db)
}

impl Default for Vad {
    fn default() -> Self {
        Vad::new()
    }
}

/// The detector alone, on frames of a call.
pub struct Voice {
    detector: Box<earshot::Detector>,
    waiting: Vec<f32>,
    mirrored: f32,
}

impl Voice {
    /// The detector as its makers meant it.
    pub fn new() -> Voice {
        Voice::mirrored(0.0)
    }

    /// With so much of the lower half of the band mirrored into the upper half, as an amplitude.
    pub fn mirrored(mirrored: f32) -> Voice {
        Voice { detector: Box::default(), waiting: Vec::with_capacity(BLOCK_SAMPLES + FRAME_SAMPLES), mirrored }
    }

    /// The highest value of the blocks that this frame completes: one or two.
    pub fn speech(&mut self, frame: &[f32; FRAME_SAMPLES]) -> f32 {
        // Every other sample negated is the same spectrum mirrored about a quarter of the rate.
        let gains = [1.0 + self.mirrored, 1.0 - self.mirrored];
        let heard = frame.iter().zip(gains.iter().cycle()).map(|(sample, gain)| sample * gain);
        self.waiting.extend(heard.map(|sample| if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }));
        let mut highest = 0.0f32;
        let whole = self.waiting.len() / BLOCK_SAMPLES * BLOCK_SAMPLES;
        for block in self.waiting[..whole].chunks_exact(BLOCK_SAMPLES) {
            highest = highest.max(self.detector.predict_f32(block));
        }
        self.waiting.drain(..whole);
        highest.min(1.0)
    }
}

impl Default for Voice {
    fn default() -> Self {
        Voice::new()
    }
}

/// Follows the quietest frames of the last seconds, and says how far a frame stands above them.
pub struct NoiseFloor {
    /// The lowest level of each past stretch of [`STRETCH_FRAMES`], in dBFS.
    lowest: VecDeque<f32>,
    current: f32,
    frames: usize,
}

const STRETCH_FRAMES: usize = 25;
const STRETCHES: usize = 6;
/// Softer than this is silence, and no floor lies deeper.
const SILENCE_DBFS: f32 = -65.0;
/// Before the first stretch is over nothing is known of the noise: a frame counts as this far above it.
const UNKNOWN_DB: f32 = 6.0;
/// Standing higher than this above the floor proves no more: a slammed door does, too.
const HIGHEST_DB: f32 = 20.0;

impl NoiseFloor {
    pub fn new() -> NoiseFloor {
        NoiseFloor { lowest: VecDeque::with_capacity(STRETCHES), current: 0.0, frames: 0 }
    }

    /// How far a frame of this level stands above the floor, in dB: 0 to 20.
    pub fn above_db(&mut self, level_dbfs: f32) -> f32 {
        let floor = self.lowest.iter().copied().reduce(f32::min).map(|lowest| lowest.min(self.current).max(SILENCE_DBFS));
        self.follow(level_dbfs);
        floor.map_or(UNKNOWN_DB, |floor| (level_dbfs - floor).clamp(0.0, HIGHEST_DB))
    }

    fn follow(&mut self, level: f32) {
        self.current = self.current.min(level);
        self.frames += 1;
        if self.frames.is_multiple_of(STRETCH_FRAMES) {
            if self.lowest.len() == STRETCHES {
                self.lowest.pop_front();
            }
            self.lowest.push_back(self.current);
            self.current = 0.0;
        }
    }
}

impl Default for NoiseFloor {
    fn default() -> Self {
        NoiseFloor::new()
    }
}

/// How loud a frame is (RMS; a full-scale square wave is 0).
pub fn level_dbfs(frame: &[f32; FRAME_SAMPLES]) -> f32 {
    let power = frame.iter().filter(|sample| sample.is_finite()).map(|sample| sample * sample).sum::<f32>() / FRAME_SAMPLES as f32;
    10.0 * power.max(1e-12).log10()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{CALL_RATE_HZ, noise, treatment};

    fn values(samples: &[f32]) -> Vec<f32> {
        let mut vad = Vad::new();
        samples.as_chunks::<FRAME_SAMPLES>().0.iter().map(|frame| vad.speech(frame)).collect()
    }

    /// Six seconds of noise with its peak at that level: how many frames are voiced in the first second, and after it.
    fn voiced(noise: fn(usize, u64) -> Vec<f32>, peak: f32, through: fn(&[f32]) -> Vec<f32>) -> (usize, usize) {
        let hiss: Vec<f32> = noise(96_000, 5).iter().map(|sample| sample * peak).collect();
        let values = values(&through(&hiss));
        let of = |values: &[f32]| values.iter().filter(|value| **value >= 0.5).count();
        (of(&values[..50]), of(&values[50..]))
    }

    #[test]
    fn silence_is_no_voice() {
        assert_eq!(values(&[0.0; 32_000]), vec![0.0; 100]);
    }

    /// At the beginning, before the floor is known, a frame or two may pass; a start takes more.
    #[test]
    fn steady_noise_is_no_voice_at_any_level() {
        for (name, noise) in [("white", noise::white as fn(usize, u64) -> Vec<f32>), ("pink", noise::pink)] {
            for peak in [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.5] {
                let (begin, later) = voiced(noise, peak, <[f32]>::to_vec);
                assert!(begin <= 2 && later == 0, "{name} at {peak}: {begin} frames in the first second, then {later}");
                let (begin, later) = voiced(noise, peak, |hiss| treatment::telephone(hiss, CALL_RATE_HZ));
                assert!(begin <= 2 && later == 0, "{name} at {peak} by telephone: {begin} frames in the first second, then {later}");
            }
        }
    }

    #[test]
    fn what_is_no_number_is_harmless() {
        let mut vad = Vad::new();
        for value in [f32::NAN, f32::INFINITY, 9.0, -9.0] {
            let voice = vad.speech(&[value; FRAME_SAMPLES]);
            assert!((0.0..=1.0).contains(&voice));
        }
    }

    #[test]
    fn the_floor_is_known_after_half_a_second_and_follows_within_three() {
        let mut floor = NoiseFloor::new();
        assert_eq!(floor.above_db(-40.0), UNKNOWN_DB);
        (0..60).for_each(|_| _ = floor.above_db(-40.0));
        assert_eq!([-40.0, -30.0, -10.0, -80.0].map(|level| floor.above_db(level)), [0.0, 10.0, HIGHEST_DB, 0.0]);
        (0..200).for_each(|_| _ = floor.above_db(-30.0));
        assert_eq!(floor.above_db(-30.0), 0.0);
    }
}
