//! Telephone keys as tones in the sound (ITU-T Q.23): making them, and hearing them as Q.24 asks.
//!
//! For lines that do not send keys beside the sound. A key is reported once, when its tone has lasted long enough, and again only after a pause.

use super::{CALL_RATE_HZ, FRAME_SAMPLES};
use std::collections::VecDeque;
use std::f32::consts::TAU;

const LOW_HZ: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const HIGH_HZ: [f32; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
const KEYS: [[char; 4]; 4] = [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

/// Both tones of a key, each at `level`; silence for what is no key.
pub fn tone(key: char, ms: u32, level: f32, rate_hz: u32) -> Vec<f32> {
    let place = KEYS.iter().enumerate().find_map(|(row, keys)| Some((row, keys.iter().position(|own| *own == key)?)));
    let frequencies = place.and_then(|(row, column)| Some((LOW_HZ.get(row)?, HIGH_HZ.get(column)?)));
    let count = (u64::from(ms) * u64::from(rate_hz) / 1000) as usize;
    let Some((low, high)) = frequencies else { return vec![0.0; count] };
    let wave = |hz: f32, n: usize| level * (TAU * hz * n as f32 / rate_hz as f32).sin();
    (0..count).map(|n| wave(*low, n) + wave(*high, n)).collect()
}

/// What is looked at at once: 20 ms tell neighbouring tones apart and fit twice into the shortest key.
const WINDOW: usize = FRAME_SAMPLES;
/// How often.
const HOP: usize = WINDOW / 2;
/// Below this mean square (−42 dBFS) nothing is heard.
const FAINTEST: f32 = 6.3e-5;
/// Of all energy, how much must be in the two tones. Speech and music spread theirs.
const PURITY: f32 = 0.85;
/// The higher tone may be weaker than the lower one by 8 dB, or stronger by 4 dB; 1 dB more for the measuring.
const WEAKER: f32 = 0.126;
const STRONGER: f32 = 3.16;
/// Each tone is stronger than the next of its group by 6 dB.
const CLEARER: f32 = 4.0;
/// Looks in a row that make a key, and that make a pause.
const LOOKS: u32 = 2;

/// See the module's text. Takes sound at the call's rate.
#[derive(Clone, Debug, Default)]
pub struct Detector {
    window: VecDeque<f32>,
    since_look: usize,
    /// What the last looks showed, and how many of them.
    seen: Option<char>,
    looks: u32,
    /// The key that is still being pressed.
    held: Option<char>,
}

impl Detector {
    /// Keys that became certain within `samples`.
    pub fn push(&mut self, samples: &[f32]) -> String {
        let mut keys = String::new();
        for sample in samples {
            if self.window.len() == WINDOW {
                self.window.pop_front();
            }
            self.window.push_back(*sample);
            self.since_look += 1;
            if self.since_look >= HOP && self.window.len() == WINDOW {
                self.since_look = 0;
                let (front, back) = self.window.as_slices();
                keys.extend(self.judge(look(front, back)));
            }
        }
        keys
    }

    fn judge(&mut self, seen: Option<char>) -> Option<char> {
        self.looks = if seen == self.seen { self.looks.saturating_add(1) } else { 1 };
        self.seen = seen;
        if self.looks < LOOKS || seen == self.held {
            return None;
        }
        self.held = seen;
        seen
    }
}

/// The key whose tones make up the window.
fn look(front: &[f32], back: &[f32]) -> Option<char> {
    let samples = || front.iter().chain(back);
    let energy = samples().map(|sample| sample * sample).sum::<f32>();
    if !energy.is_finite() || energy < FAINTEST * WINDOW as f32 {
        return None;
    }
    let powers = |frequencies: [f32; 4]| frequencies.map(|hz| strength(samples(), hz));
    let (row, low) = strongest(&powers(LOW_HZ))?;
    let (column, high) = strongest(&powers(HIGH_HZ))?;
    let twisted = high < low * WEAKER || high > low * STRONGER;
    let pure = low + high >= energy * PURITY;
    if twisted || !pure { None } else { KEYS.get(row)?.get(column).copied() }
}

/// The place and strength of the one that stands out.
fn strongest(powers: &[f32; 4]) -> Option<(usize, f32)> {
    let (place, power) = powers.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let clear = powers.iter().enumerate().all(|(other, theirs)| other == place || theirs * CLEARER <= power);
    clear.then_some((place, power))
}

/// A tone that may be off by 1.5 %: the energy at its best place.
fn strength<'a>(samples: impl Iterator<Item = &'a f32> + Clone, hz: f32) -> f32 {
    [0.985, 1.0, 1.015].into_iter().map(|off| goertzel(samples.clone(), hz * off)).fold(0.0, f32::max)
}

/// The energy of a window at one frequency: that of the window itself for a pure tone.
fn goertzel<'a>(samples: impl Iterator<Item = &'a f32>, hz: f32) -> f32 {
    let step = 2.0 * (TAU * hz / CALL_RATE_HZ as f32).cos();
    let (mut last, mut before) = (0.0_f32, 0.0_f32);
    for sample in samples {
        (last, before) = (sample + step * last - before, last);
    }
    (last * last + before * before - step * last * before) * 2.0 / WINDOW as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{noise, resample, treatment, wav};
    use proptest::prelude::*;
    use std::path::Path;

    const ALL: &str = "1234567890*#ABCD";

    /// The keys of `text` as a telephone sends them, `ms` long with pauses alike.
    fn dialled(text: &str, ms: u32, level: f32) -> Vec<f32> {
        let mut sound = vec![0.0; 1_600];
        for key in text.chars() {
            sound.extend(tone(key, ms, level, CALL_RATE_HZ));
            sound.extend(vec![0.0; (ms * CALL_RATE_HZ / 1000) as usize]);
        }
        sound
    }

    fn heard(sound: &[f32]) -> String {
        let mut detector = Detector::default();
        sound.chunks(FRAME_SAMPLES).map(|frame| detector.push(frame)).collect()
    }

    #[test]
    fn every_key_is_heard_once() {
        for (ms, level) in [(45, 0.2), (100, 0.02), (100, 0.45), (500, 0.1)] {
            assert_eq!(heard(&dialled(ALL, ms, level)), ALL, "{ms} ms at {level}");
        }
    }

    #[test]
    fn the_same_key_twice_is_two_keys() {
        assert_eq!(heard(&dialled("1100", 60, 0.2)), "1100");
    }

    #[test]
    fn tones_come_through_the_telephone_and_noise() {
        let sound = treatment::telephone(&dialled(ALL, 80, 0.1), CALL_RATE_HZ);
        assert_eq!(heard(&sound), ALL);
        let noisy: Vec<f32> = noise::white(sound.len(), 7).iter().zip(&sound).map(|(noise, tone)| tone + noise * 0.012).collect();
        assert_eq!(heard(&noisy), ALL);
    }

    #[test]
    fn a_telephone_that_is_a_little_off_is_understood() {
        for off in [0.986, 1.014] {
            let sound = dialled("159D", 100, 0.2);
            let rate = (CALL_RATE_HZ as f64 / off) as u32;
            assert_eq!(heard(&resample::resample(&sound, rate, CALL_RATE_HZ)), "159D", "{off}");
        }
    }

    #[test]
    fn speech_has_no_keys() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("audio-fixtures");
        let mut seconds = 0;
        for call in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
            for file in std::fs::read_dir(call)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.extension().is_some_and(|e| e == "wav"))
            {
                let Ok(audio) = wav::read(&file) else { continue };
                seconds += audio.duration_ms() / 1000;
                assert_eq!(heard(&resample::resample(&audio.samples, audio.rate_hz, CALL_RATE_HZ)), "", "{}", file.display());
            }
        }
        assert!(seconds > 60, "{seconds} s of speech");
    }

    #[test]
    fn other_tones_are_no_keys() {
        let single = |hz: f32| (0..16_000).map(|n| 0.3 * (TAU * hz * n as f32 / 16_000.0).sin()).collect::<Vec<f32>>();
        for hz in [425.0, 450.0, 697.0, 1_000.0, 1_209.0, 1_400.0, 2_100.0] {
            assert_eq!(heard(&single(hz)), "", "{hz} Hz");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(samples in prop::collection::vec(prop::num::f32::ANY, 0..3_000)) {
            heard(&samples);
        }
    }
}
