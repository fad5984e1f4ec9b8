//! One loudness for every voice and every sentence, and no more silence at its ends than a listener needs.

/// Level of the loud parts of a sentence, RMS, where full scale is 1.0: −20 dB, a telephone prompt's usual level.
pub const TARGET_RMS: f32 = 0.1;

const FRAME_MS: usize = 10;
/// Frames this far below the loudest count as silence: −40 dB.
const SILENCE: f32 = 0.01;
/// Frames this far below the loudest do not count for the level: −15 dB.
const LOUD: f32 = 0.18;

/// Cuts silence at both ends, leaving `lead_ms` and `tail_ms` so that no consonant is clipped.
pub fn trim(samples: &[f32], rate_hz: u32, lead_ms: usize, tail_ms: usize) -> &[f32] {
    let frame = frame_samples(rate_hz);
    let levels: Vec<f32> = samples.chunks(frame).map(rms).collect();
    let floor = levels.iter().copied().fold(0.0, f32::max) * SILENCE;
    let voiced = |level: &f32| *level > floor;
    let (Some(first), Some(last)) = (levels.iter().position(voiced), levels.iter().rposition(voiced)) else {
        return &[];
    };
    let begin = first.saturating_sub(lead_ms / FRAME_MS) * frame;
    let end = ((last + 1 + tail_ms / FRAME_MS) * frame).min(samples.len());
    samples.get(begin..end).unwrap_or_default()
}

/// Brings the loud frames to [`TARGET_RMS`]; peaks stay below full scale, silence stays silence.
pub fn level(samples: &mut [f32], rate_hz: u32) {
    let levels: Vec<f32> = samples.chunks(frame_samples(rate_hz)).map(rms).collect();
    let loudest = levels.iter().copied().fold(0.0, f32::max);
    let loud: Vec<f32> = levels.into_iter().filter(|level| *level >= loudest * LOUD).collect();
    let power = loud.iter().map(|level| level * level).sum::<f32>() / loud.len().max(1) as f32;
    let peak = samples.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    if power <= 1e-10 || peak <= 0.0 {
        return;
    }
    let gain = (TARGET_RMS / power.sqrt()).min(0.97 / peak);
    samples.iter_mut().for_each(|sample| *sample *= gain);
}

/// Multiplies by `gain`; what would pass full scale is bent, not cut.
pub fn amplify(samples: &mut [f32], gain: f32) {
    const KNEE: f32 = 0.8;
    for sample in samples {
        let loud = *sample * gain;
        let over = (loud.abs() - KNEE).max(0.0) / (1.0 - KNEE);
        *sample = if over > 0.0 { loud.signum() * (KNEE + (1.0 - KNEE) * over.tanh()) } else { loud };
    }
}

fn frame_samples(rate_hz: u32) -> usize {
    (rate_hz as usize * FRAME_MS / 1000).max(1)
}

fn rms(frame: &[f32]) -> f32 {
    (frame.iter().map(|sample| sample * sample).sum::<f32>() / frame.len().max(1) as f32).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(amplitude: f32, samples: usize) -> Vec<f32> {
        (0..samples).map(|n| amplitude * (n as f32 * 0.3).sin()).collect()
    }

    fn between(silence: usize, amplitude: f32) -> Vec<f32> {
        let mut samples = vec![0.0; silence];
        samples.extend(tone(amplitude, 16_000));
        samples.resize(16_000 + 2 * silence, 0.0);
        samples
    }

    #[test]
    fn loud_and_soft_voices_come_out_alike_whatever_the_silence_around_them() {
        for (silence, amplitude) in [(0, 0.9), (16_000, 0.9), (4_000, 0.02)] {
            let mut samples = between(silence, amplitude);
            level(&mut samples, 16_000);
            let middle = rms(&samples[silence + 4_000..silence + 8_000]);
            assert!((middle / TARGET_RMS - 1.0).abs() < 0.05, "{silence} {amplitude}: {middle}");
        }
    }

    #[test]
    fn silence_stays_silence() {
        let mut samples = vec![0.0; 1_000];
        level(&mut samples, 16_000);
        assert!(samples.iter().all(|sample| *sample == 0.0));
        assert_eq!(trim(&samples, 16_000, 30, 50), &[] as &[f32]);
        assert_eq!(trim(&[], 16_000, 30, 50), &[] as &[f32]);
    }

    #[test]
    fn trimming_keeps_the_voice_and_the_margins() {
        let samples = between(8_000, 0.5);
        let trimmed = trim(&samples, 16_000, 30, 50);
        assert_eq!(trimmed.len(), 16_000 + (30 + 50) * 16);
    }

    #[test]
    fn a_click_does_not_pass_full_scale() {
        let mut samples = tone(0.01, 16_000);
        samples[100] = 1.0;
        level(&mut samples, 16_000);
        assert!(samples.iter().all(|sample| sample.abs() <= 1.0));
        amplify(&mut samples, 4.0);
        assert!(samples.iter().all(|sample| sample.abs() <= 1.0));
    }
}
