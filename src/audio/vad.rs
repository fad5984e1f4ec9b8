//! Is there a voice in this frame?
//!
//! A small neural detector (the crate `earshot`) held down by a gate on the noise floor.

use super::frame::FRAME_SAMPLES;
use std::collections::VecDeque;

/// The detector's own frame: 16 ms at 16 kHz.
const BLOCK_SAMPLES: usize = 256;

/// Judges one frame of a call after another.
pub struct Vad {
    voice: Voice,
    floor: NoiseFloor,
}

impl Vad {
    pub fn new() -> Vad {
        Vad { voice: Voice::new(), floor: NoiseFloor::new() }
    }

    /// How sure it is that the frame (16 kHz) holds speech, 0.0..=1.0.
    pub fn speech(&mut self, frame: &[f32; FRAME_SAMPLES]) -> f32 {
        let voice = self.voice.speech(frame);
        voice * self.floor.openness(frame)
    }
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
}

impl Voice {
    pub fn new() -> Voice {
        Voice { detector: Box::default(), waiting: Vec::with_capacity(BLOCK_SAMPLES + FRAME_SAMPLES) }
    }

    /// The highest value of the blocks that this frame completes: one or two.
    pub fn speech(&mut self, frame: &[f32; FRAME_SAMPLES]) -> f32 {
        self.waiting.extend(frame.iter().map(|sample| if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }));
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
/// The floor is never taken to be louder than this: a talker who leaves no gap is not noise.
const LOUDEST_FLOOR_DBFS: f32 = -30.0;
/// Softer than this is silence whatever the floor.
const SILENCE_DBFS: f32 = -65.0;
/// The quietest frames of steady noise lie about 2 dB under its mean: from here on the gate opens, and it is open a little above.
const OPENS_DB: f32 = 3.0;
const OPEN_DB: f32 = 6.0;

impl NoiseFloor {
    pub fn new() -> NoiseFloor {
        NoiseFloor { lowest: VecDeque::with_capacity(STRETCHES), current: 0.0, frames: 0 }
    }

    /// 0.0 for a frame in the noise floor, 1.0 for one well above it.
    pub fn openness(&mut self, frame: &[f32; FRAME_SAMPLES]) -> f32 {
        let level = level_dbfs(frame);
        let floor = self.floor_dbfs();
        self.follow(level);
        if level < SILENCE_DBFS { 0.0 } else { ((level - floor - OPENS_DB) / (OPEN_DB - OPENS_DB)).clamp(0.0, 1.0) }
    }

    /// Before the first stretch is over, nothing is known of the noise.
    fn floor_dbfs(&self) -> f32 {
        self.lowest
            .iter()
            .copied()
            .reduce(f32::min)
            .map_or(SILENCE_DBFS, |lowest| lowest.min(self.current).clamp(-90.0, LOUDEST_FLOOR_DBFS))
    }

    fn follow(&mut self, level: f32) {
        self.current = self.current.min(level);
        self.frames += 1;
        if self.frames % STRETCH_FRAMES == 0 {
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

fn level_dbfs(frame: &[f32; FRAME_SAMPLES]) -> f32 {
    let power = frame.iter().filter(|sample| sample.is_finite()).map(|sample| sample * sample).sum::<f32>() / FRAME_SAMPLES as f32;
    10.0 * power.max(1e-12).log10()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::noise;

    fn highest(samples: &[f32]) -> f32 {
        let mut vad = Vad::new();
        samples.as_chunks::<FRAME_SAMPLES>().0.iter().map(|frame| vad.speech(frame)).fold(0.0, f32::max)
    }

    #[test]
    fn silence_is_no_voice() {
        assert_eq!(highest(&[0.0; 32_000]), 0.0);
    }

    #[test]
    fn steady_noise_is_no_voice_once_it_is_known() {
        for (level, seed) in [(0.002, 1), (0.02, 2)] {
            let hiss: Vec<f32> = noise::white(96_000, seed).iter().map(|sample| sample * level).collect();
            let mut vad = Vad::new();
            let values: Vec<f32> = hiss.as_chunks::<FRAME_SAMPLES>().0.iter().map(|frame| vad.speech(frame)).collect();
            let voiced = values.iter().skip(50).filter(|value| **value >= 0.5).count();
            assert!(voiced <= 2, "white at {level}: {voiced} frames");
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
    fn the_gate_opens_above_the_floor_only() {
        let mut floor = NoiseFloor::new();
        let frame = |level: f32| [level; FRAME_SAMPLES];
        for _ in 0..60 {
            floor.openness(&frame(0.01));
        }
        assert_eq!(floor.openness(&frame(0.01)), 0.0);
        assert_eq!(floor.openness(&frame(0.03)), 1.0);
        assert_eq!(floor.openness(&frame(0.000_1)), 0.0);
    }
}
