//! What is done to sound: level, the telephone's band, noise added for tests.

use super::filter::Filter;
use super::{CALL_RATE_HZ, FRAME_SAMPLES, codec, resample::resample};

/// Where [`level`] brings the loud frames of an utterance.
pub const TARGET_DBFS: f32 = -23.0;
const MAX_GAIN_DB: f32 = 20.0;
/// Quieter than this there is no speech to raise.
const SILENCE_DBFS: f32 = -60.0;
/// Speech rises and falls by more than this; what does not is steady noise.
const STEADY_DB: f32 = 4.0;
/// Frames this far below the loudest ones still belong to speech.
const ACTIVE_RANGE_DB: f32 = 15.0;
/// Below this, samples pass the limiter untouched.
const KNEE: f32 = 0.8;

/// Brings speech to a common level and takes rumble (below 60 Hz) away; call it on a whole utterance before recognition.
/// Silence stays silence, and steady noise is not raised.
pub fn level(samples: &mut [f32]) {
    Filter::high_pass(60.0, CALL_RATE_HZ).run(samples);
    let Some(active) = Active::of(samples) else { return };
    let gain_db = (TARGET_DBFS - active.level_dbfs).clamp(-MAX_GAIN_DB, MAX_GAIN_DB);
    if gain_db > 0.0 && active.range_db < STEADY_DB {
        return;
    }
    let gain = amplitude(gain_db);
    for sample in samples {
        *sample = limit(*sample * gain);
    }
}

/// Through 8 kHz A-law and back to the rate it came with: what a telephone leaves of it.
pub fn telephone(samples: &[f32], rate_hz: u32) -> Vec<f32> {
    through(samples, rate_hz, |sample| codec::alaw_decode(codec::alaw_encode(sample)))
}

/// Like [`telephone`] with mu-law, as in North America and Japan.
pub fn telephone_ulaw(samples: &[f32], rate_hz: u32) -> Vec<f32> {
    through(samples, rate_hz, |sample| codec::ulaw_decode(codec::ulaw_encode(sample)))
}

/// The band of ITU-T G.712, 300 to 3400 Hz, then the codec.
fn through(samples: &[f32], rate_hz: u32, codec: fn(f32) -> f32) -> Vec<f32> {
    let mut line = resample(samples, rate_hz, 8_000);
    Filter::high_pass(300.0, 8_000).run(&mut line);
    Filter::low_pass(3_400.0, 8_000).run(&mut line);
    line.iter_mut().for_each(|sample| *sample = codec(*sample));
    let mut result = resample(&line, 8_000, rate_hz);
    result.resize(samples.len(), 0.0);
    result
}

/// `samples` with `noise` (looped) mixed in so that speech stands `snr_db` above it: the level of speech is that of its active
/// frames. Where the sum would clip, all of it is made quieter. Without speech or noise it returns what came in.
pub fn add_noise(samples: &[f32], noise: &[f32], snr_db: f32) -> Vec<f32> {
    let noise_power = power(noise);
    let Some(active) = Active::of(samples).filter(|_| noise_power > 0.0) else { return samples.to_vec() };
    let gain = amplitude(active.level_dbfs - snr_db - decibels(noise_power));
    let noise: Vec<f32> = noise.iter().cycle().take(samples.len()).map(|sample| sample * gain).collect();
    mix(&[samples, &noise])
}

/// The sum, as long as the longest; where it would clip, all of it is made quieter.
pub fn mix(parts: &[&[f32]]) -> Vec<f32> {
    let mut sum = vec![0.0; parts.iter().map(|part| part.len()).max().unwrap_or(0)];
    for part in parts {
        sum.iter_mut().zip(*part).for_each(|(sum, sample)| *sum += sample);
    }
    let peak = sum.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    if peak > 1.0 {
        sum.iter_mut().for_each(|sample| *sample /= peak);
    }
    sum
}

/// The level of the loud frames of a piece, in dBFS (RMS; a full-scale square wave is 0); `None` when all of it is silence.
pub fn active_level_dbfs(samples: &[f32]) -> Option<f32> {
    Active::of(samples).map(|active| active.level_dbfs)
}

struct Active {
    level_dbfs: f32,
    /// From the quiet frames to the loud ones.
    range_db: f32,
}

impl Active {
    fn of(samples: &[f32]) -> Option<Active> {
        let mut powers: Vec<f32> = samples.chunks(FRAME_SAMPLES).map(power).collect();
        powers.sort_by(f32::total_cmp);
        let at = |share: f32| powers.get((powers.len() as f32 * share) as usize).copied();
        let (loud, quiet) = (decibels(at(0.95)?), decibels(at(0.1)?));
        if loud < SILENCE_DBFS {
            return None;
        }
        let active: Vec<f32> = powers.iter().copied().filter(|power| decibels(*power) > loud - ACTIVE_RANGE_DB).collect();
        Some(Active { level_dbfs: decibels(active.iter().sum::<f32>() / active.len() as f32), range_db: loud - quiet })
    }
}

fn power(samples: &[f32]) -> f32 {
    if samples.is_empty() { 0.0 } else { samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32 }
}

fn decibels(power: f32) -> f32 {
    10.0 * power.max(1e-12).log10()
}

fn amplitude(decibels: f32) -> f32 {
    10f32.powf(decibels / 20.0)
}

/// Untouched up to the knee, then bending towards full scale without reaching past it.
fn limit(sample: f32) -> f32 {
    let over = sample.abs() - KNEE;
    if over <= 0.0 { sample } else { (KNEE + (1.0 - KNEE) * (over / (1.0 - KNEE)).tanh()).copysign(sample) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::noise;

    fn sine(frequency_hz: f32, level: f32, samples: usize) -> Vec<f32> {
        (0..samples).map(|n| level * (std::f32::consts::TAU * frequency_hz * n as f32 / 16_000.0).sin()).collect()
    }

    /// Bursts with pauses, as speech has them.
    fn bursts(level: f32) -> Vec<f32> {
        sine(500.0, level, 32_000).iter().enumerate().map(|(n, sample)| if n / 4_000 % 2 == 0 { *sample } else { 0.0 }).collect()
    }

    #[track_caller]
    fn levelled(amplitude: f32, expected_dbfs: f32) {
        let mut samples = bursts(amplitude);
        level(&mut samples);
        let found = active_level_dbfs(&samples).unwrap();
        assert!((found - expected_dbfs).abs() < 1.0, "{amplitude}: {found} dBFS");
        assert!(samples.iter().all(|sample| sample.abs() <= 1.0));
    }

    #[test]
    fn speech_comes_to_one_level() {
        levelled(0.02, TARGET_DBFS);
        levelled(0.1, TARGET_DBFS);
        levelled(0.9, TARGET_DBFS);
    }

    #[test]
    fn the_gain_is_limited() {
        levelled(0.003_162, -33.0);
    }

    #[test]
    fn silence_and_steady_noise_are_not_raised() {
        let mut nothing = vec![0.0; 16_000];
        level(&mut nothing);
        assert_eq!(nothing, vec![0.0; 16_000]);
        for amplitude in [0.000_5, 0.01] {
            let mut hiss: Vec<f32> = noise::white(16_000, 3).iter().map(|sample| sample * amplitude).collect();
            let before = power(&hiss);
            level(&mut hiss);
            assert!(power(&hiss) <= before);
        }
        level(&mut []);
    }

    #[test]
    fn an_offset_is_removed() {
        let mut samples: Vec<f32> = bursts(0.2).iter().map(|sample| sample + 0.3).collect();
        level(&mut samples);
        let tail = &samples[16_000..];
        assert!((tail.iter().sum::<f32>() / tail.len() as f32).abs() < 0.002);
    }

    #[test]
    fn the_telephone_keeps_its_band_only() {
        let loss_db = |frequency_hz: f32| {
            let source = sine(frequency_hz, 0.3, 16_000);
            let result = telephone(&source, 16_000);
            assert_eq!(result.len(), source.len());
            decibels(power(&source)) - decibels(power(&result[2_000..14_000]))
        };
        assert!(loss_db(1_000.0).abs() < 0.5);
        assert!(loss_db(60.0) > 20.0);
        assert!(loss_db(6_000.0) > 30.0);
        assert_eq!(telephone_ulaw(&sine(1_000.0, 0.3, 999), 22_050).len(), 999);
        assert_eq!(telephone(&[], 16_000), Vec::<f32>::new());
    }

    #[test]
    fn noise_stands_below_speech_as_far_as_asked() {
        let speech = bursts(0.1);
        for snr_db in [15.0, 5.0] {
            let noisy = add_noise(&speech, &noise::pink(7_000, 5), snr_db);
            let added: Vec<f32> = noisy.iter().zip(&speech).map(|(noisy, clean)| noisy - clean).collect();
            let found = active_level_dbfs(&speech).unwrap() - decibels(power(&added));
            assert!((found - snr_db).abs() < 0.5, "{found}");
        }
        assert_eq!(add_noise(&speech, &[], 5.0), speech);
        assert_eq!(add_noise(&[0.0; 400], &[0.5], 5.0), vec![0.0; 400]);
    }

    #[test]
    fn a_mix_never_clips() {
        assert_eq!(mix(&[&[0.5, 0.25], &[0.25]]), vec![0.75, 0.25]);
        assert_eq!(mix(&[&[1.0, 0.5], &[1.0]]), vec![1.0, 0.25]);
        assert_eq!(mix(&[]), Vec::<f32>::new());
    }
}
