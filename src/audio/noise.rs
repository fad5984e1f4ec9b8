//! Noise from a seed, the same on every machine: for tests and for the fixtures that the project makes.

/// White noise, evenly spread over −1.0..1.0 (−4.8 dBFS RMS).
pub fn white(samples: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    (0..samples).map(|_| next(&mut state)).collect()
}

/// Pink noise (3 dB less an octave), nearer to rooms and streets; peak 1.0. Paul Kellet's economical filter over white noise.
pub fn pink(samples: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let (mut low, mut middle, mut high) = (0.0f32, 0.0f32, 0.0f32);
    let mut result: Vec<f32> = (0..samples)
        .map(|_| {
            let white = next(&mut state);
            low = 0.997_65 * low + white * 0.099_046;
            middle = 0.963 * middle + white * 0.296_516_4;
            high = 0.57 * high + white * 1.052_691_3;
            low + middle + high + white * 0.184_8
        })
        .collect();
    let peak = result.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    if peak > 0.0 {
        result.iter_mut().for_each(|sample| *sample /= peak);
    }
    result
}

/// SplitMix64 (Steele, Lea, Flood 2014), its upper 24 bits as −1.0..1.0.
fn next(state: &mut u64) -> f32 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    (mixed >> 40) as f32 / 8_388_608.0 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_noise() {
        assert_eq!(white(100, 7), white(100, 7));
        assert_ne!(white(100, 7), white(100, 8));
        assert_eq!(pink(100, 7), pink(100, 7));
    }

    #[test]
    fn white_is_flat_and_pink_falls() {
        // The difference of neighbours holds the high notes: twice the power for white noise, less than that for pink.
        let brightness = |samples: &[f32]| {
            let power: f32 = samples.iter().map(|s| s * s).sum();
            samples.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum::<f32>() / power
        };
        assert!((brightness(&white(50_000, 1)) - 2.0).abs() < 0.05);
        assert!(brightness(&pink(50_000, 1)) < 1.0);
    }
}
