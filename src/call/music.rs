//! What is heard while waiting for a person: a slow tune of our own, made by calculation, within the telephone's band.

use super::line::Frame;
use crate::audio::{CALL_RATE_HZ, FRAME_SAMPLES};
use std::f32::consts::TAU;
use std::sync::{Arc, OnceLock};

const BEAT_S: f32 = 0.8;
/// How loud it is over all of it, −25 dBFS.
const LEVEL: f32 = 0.056;
/// A voice of the tune: semitones above A4 (440 Hz) and beats, one after the other; `REST` is silence.
type Voice = &'static [(i8, u8)];
const REST: i8 = i8::MIN;
/// In pentatonic D; both voices have 32 beats.
const VOICES: [Voice; 2] = [
    &[
        (5, 2),
        (9, 1),
        (7, 1),
        (5, 2),
        (2, 2),
        (0, 2),
        (2, 1),
        (5, 1),
        (2, 3),
        (REST, 1),
        (5, 2),
        (9, 1),
        (12, 1),
        (9, 2),
        (7, 2),
        (5, 1),
        (2, 1),
        (0, 2),
        (5, 3),
        (REST, 1),
    ],
    &[(-7, 4), (-3, 4), (-5, 4), (-3, 4), (-7, 4), (-3, 4), (-5, 4), (-7, 4)],
];
/// Overtones and their strength.
const OVERTONES: [(f32, f32); 3] = [(1.0, 1.0), (2.0, 0.28), (3.0, 0.08)];
const ATTACK_S: f32 = 0.03;
const DECAY_S: f32 = 0.9;
/// So long it comes up, that nobody is startled.
const RISE_MS: usize = 800;
const RISE_SAMPLES: usize = RISE_MS * CALL_RATE_HZ as usize / 1_000;

/// The tune, made when first wanted; all callers share it.
fn tune() -> Arc<[f32]> {
    static TUNE: OnceLock<Arc<[f32]>> = OnceLock::new();
    TUNE.get_or_init(compose).clone()
}

fn compose() -> Arc<[f32]> {
    let beats = |voice: Voice| voice.iter().map(|(_, beats)| usize::from(*beats)).sum::<usize>();
    let length = (VOICES.iter().map(|voice| beats(voice)).max().unwrap_or(0) as f32 * BEAT_S * CALL_RATE_HZ as f32) as usize;
    let mut samples = vec![0.0f32; length];
    for voice in VOICES {
        let mut begins = 0.0;
        for (semitones, beats) in voice {
            if *semitones != REST {
                strike(&mut samples, begins, 440.0 * (f32::from(*semitones) / 12.0).exp2());
            }
            begins += f32::from(*beats) * BEAT_S;
        }
    }
    let power = samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32;
    let gain = LEVEL / power.sqrt().max(f32::EPSILON);
    samples.iter_mut().for_each(|sample| *sample *= gain);
    samples.into()
}

/// A note that sounds on into the next ones, and from the tune's end into its beginning.
fn strike(samples: &mut [f32], begins_s: f32, hz: f32) {
    let length = samples.len();
    let first = (begins_s * CALL_RATE_HZ as f32) as usize;
    for n in 0..(4.0 * DECAY_S * CALL_RATE_HZ as f32) as usize {
        let t = n as f32 / CALL_RATE_HZ as f32;
        let shape = (t / ATTACK_S).min(1.0) * (-t / DECAY_S).exp();
        let tone: f32 = OVERTONES.iter().map(|(factor, strength)| strength * (TAU * hz * factor * t).sin()).sum();
        if let Some(sample) = samples.get_mut((first + n) % length) {
            *sample += shape * tone;
        }
    }
}

/// One caller's place in the tune.
#[derive(Debug)]
pub struct Music {
    tune: Arc<[f32]>,
    at: usize,
    /// Samples since it began, or began again.
    risen: usize,
}

impl Default for Music {
    fn default() -> Music {
        Music { tune: tune(), at: 0, risen: 0 }
    }
}

impl Music {
    pub fn next_frame(&mut self) -> Frame {
        let mut frame = [0.0; FRAME_SAMPLES];
        for to in &mut frame {
            let gain = (self.risen as f32 / RISE_SAMPLES as f32).min(1.0);
            *to = gain * self.tune.get(self.at).copied().unwrap_or(0.0);
            self.at = (self.at + 1) % self.tune.len().max(1);
            self.risen = self.risen.saturating_add(1);
        }
        frame
    }

    /// Something else is heard; after it the tune comes up anew from where it was.
    pub fn rest(&mut self) {
        self.risen = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn power(samples: &[f32]) -> f32 {
        (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).sqrt()
    }

    #[test]
    fn it_is_soft_everywhere_and_has_no_edges() {
        let mut music = Music::default();
        let all: Vec<f32> = (0..2_600).flat_map(|_| music.next_frame()).collect();
        assert!(all.iter().all(|sample| sample.abs() < 0.4), "it is nowhere loud");
        assert!((power(&all) / LEVEL).log10().abs() * 20.0 < 1.0, "{} dBFS", 20.0 * power(&all).log10());
        // Tones with overtones to 1,400 Hz have no greater step; nor has the place where the tune begins again.
        let steps = all.windows(2).map(|two| (two[1] - two[0]).abs()).fold(0.0, f32::max);
        let loudest = all.iter().fold(0.0f32, |loudest, sample| loudest.max(sample.abs()));
        assert!(steps < loudest * (TAU * 1_400.0 / CALL_RATE_HZ as f32), "a step of {steps} at {loudest}");
        assert!(power(&all[..320]) < LEVEL / 10.0, "it comes up slowly");
        music.rest();
        assert!(power(&music.next_frame()) < LEVEL / 10.0, "and again after something else");
    }
}
