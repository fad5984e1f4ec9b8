//! The mel filterbank that Whisper was trained with, which whisper.cpp expects inside its model file.
//!
//! Slaney's scale (linear below 1 kHz, logarithmic above) and normalisation (each filter has the same area), as in
//! Slaney, "Auditory Toolbox" (1998) and librosa's `filters.mel`: computed in f64, kept in f32.

const RATE_HZ: f64 = 16_000.0;
const FFT: usize = 400;
/// Frequencies of one spectrum: half the transform and the middle.
pub const BINS: usize = 1 + FFT / 2;

const HZ_PER_MEL: f64 = 200.0 / 3.0;
const LOG_FROM_HZ: f64 = 1000.0;
const LOG_FROM_MEL: f64 = LOG_FROM_HZ / HZ_PER_MEL;

fn log_step() -> f64 {
    6.4_f64.ln() / 27.0
}

fn to_hz(mel: f64) -> f64 {
    if mel >= LOG_FROM_MEL { LOG_FROM_HZ * (log_step() * (mel - LOG_FROM_MEL)).exp() } else { HZ_PER_MEL * mel }
}

/// `filters` rows of [`BINS`] weights.
pub fn filterbank(filters: usize) -> Vec<f32> {
    let top_mel = LOG_FROM_MEL + (RATE_HZ / 2.0 / LOG_FROM_HZ).ln() / log_step();
    let step = top_mel / (filters + 1) as f64;
    let edges_hz: Vec<f64> = (0..filters + 2).map(|i| to_hz(if i == filters + 1 { top_mel } else { i as f64 * step })).collect();
    let bin_hz = 1.0 / (FFT as f64 * (1.0 / RATE_HZ));
    let mut weights = Vec::with_capacity(filters * BINS);
    for edges in edges_hz.windows(3) {
        let &[low, middle, high] = edges else { unreachable!("windows of three") };
        let area = 2.0 / (high - low);
        for bin in 0..BINS {
            let hz = bin as f64 * bin_hz;
            let rising = (hz - low) / (middle - low);
            let falling = (high - hz) / (high - middle);
            let weight = rising.min(falling).max(0.0) as f32;
            weights.push((f64::from(weight) * area) as f32);
        }
    }
    // librosa's zero here is a negative one; it means the same, but the model file's sum counts every bit.
    if let Some(first) = weights.first_mut() {
        *first = -0.0;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_is_one_triangle_that_ends_below_half_the_rate() {
        let weights = filterbank(80);
        assert_eq!(weights.len(), 80 * BINS);
        for (index, filter) in weights.chunks(BINS).enumerate() {
            let peak = filter.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
            assert!(filter[peak] > 0.0, "filter {index} is empty");
            assert!(filter[..peak].windows(2).all(|pair| pair[0] <= pair[1]), "filter {index} does not rise");
            assert!(filter[peak..].windows(2).all(|pair| pair[0] >= pair[1]), "filter {index} does not fall");
        }
    }

    /// Values of OpenAI's `mel_filters.npz` (80 filters), which any right implementation gives.
    #[test]
    fn known_weights() {
        let weights = filterbank(80);
        assert!((weights[1] - 0.024_862_6).abs() < 1e-6, "{}", weights[1]);
        assert!((weights[BINS + 1] - 0.001_990_82).abs() < 1e-6, "{}", weights[BINS + 1]);
    }
}
