//! Band-limited change of sample rate, on the FFT resampler of `rubato`.
//!
//! [`resample`] is for a whole piece of audio, [`Resampler`] for a stream. A rate of 0 has no sound: the result is empty.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _};

/// The whole of `samples` at `to_hz`, delay compensated: the result is as long as the input.
pub fn resample(samples: &[f32], from_hz: u32, to_hz: u32) -> Vec<f32> {
    if from_hz == to_hz || samples.is_empty() {
        return samples.to_vec();
    }
    let mut resampler = Resampler::with_block(from_hz, to_hz, whole_block(from_hz, to_hz));
    let wanted = (samples.len() as u64 * u64::from(to_hz)).checked_div(u64::from(from_hz)).unwrap_or(0) as usize;
    let delay = resampler.delay_samples();
    let mut output = Vec::with_capacity(wanted + delay + to_hz as usize / 5);
    resampler.push(samples, &mut output);
    resampler.flush(&mut output, wanted + delay);
    output.drain(..delay.min(output.len()));
    output.truncate(wanted);
    output
}

/// About 100 ms, for a pass band that reaches 97 % of the lower Nyquist frequency. The block is even on both sides, so that its delay is a
/// whole number of samples on both.
fn whole_block(from_hz: u32, to_hz: u32) -> usize {
    let (mut unit, mut rest) = (from_hz as usize, to_hz as usize);
    while rest != 0 {
        (unit, rest) = (rest, unit % rest);
    }
    let pair = 2 * from_hz as usize / unit.max(1);
    pair.max(1) * (from_hz as usize / 10).div_ceil(pair.max(1)).max(1)
}

/// Converts a stream piece by piece. Pieces of 20 ms come out as pieces of 20 ms, [`Resampler::delay_samples`] late.
pub struct Resampler {
    /// `None` when the rates are equal (samples pass) or one of them is 0 (nothing passes).
    fft: Option<Fft<f32>>,
    passes: bool,
    waiting: Vec<f32>,
}

impl Resampler {
    pub fn new(from_hz: u32, to_hz: u32) -> Resampler {
        Resampler::with_block(from_hz, to_hz, (from_hz as usize * super::FRAME_MS as usize / 1000).max(1))
    }

    fn with_block(from_hz: u32, to_hz: u32, block: usize) -> Resampler {
        let fft = (from_hz != to_hz).then(|| Fft::new(from_hz as usize, to_hz as usize, block, 1, FixedSync::Both).ok()).flatten();
        Resampler { fft, passes: from_hz == to_hz, waiting: Vec::new() }
    }

    /// How late the output is, in samples of the output rate, not counting samples that wait for a full block.
    pub fn delay_samples(&self) -> usize {
        self.fft.as_ref().map_or(0, |fft| fft.output_delay())
    }

    /// Appends to `output` what is ready.
    pub fn push(&mut self, input: &[f32], output: &mut Vec<f32>) {
        let Some(fft) = &mut self.fft else {
            output.extend_from_slice(if self.passes { input } else { &[] });
            return;
        };
        self.waiting.extend_from_slice(input);
        let block = fft.input_frames_next();
        let whole = self.waiting.len() / block * block;
        for piece in self.waiting[..whole].chunks_exact(block) {
            let start = output.len();
            output.resize(start + fft.output_frames_next(), 0.0);
            let source = InterleavedSlice::new(piece, 1, block).expect("one channel of as many samples as the piece has");
            let room = output.len() - start;
            let mut target =
                InterleavedSlice::new_mut(&mut output[start..], 1, room).expect("one channel of as many samples as were added");
            fft.process_into_buffer(&source, &mut target, None).expect("both sides have the sizes that the resampler asked for");
        }
        self.waiting.drain(..whole);
    }

    /// Ends the stream: what still waits comes out, followed by the resampler's own delay.
    pub fn finish(&mut self, output: &mut Vec<f32>) {
        if let Some(fft) = &self.fft {
            let waiting = (self.waiting.len() as f64 * fft.resample_ratio()).round() as usize;
            let wanted = output.len() + waiting + fft.output_delay();
            self.flush(output, wanted);
            output.truncate(wanted);
        }
    }

    fn flush(&mut self, output: &mut Vec<f32>, wanted: usize) {
        let Some(block) = self.fft.as_ref().map(|fft| fft.input_frames_next()) else { return };
        while output.len() < wanted {
            let silence = vec![0.0; block - self.waiting.len()];
            self.push(&silence, output);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sine(frequency_hz: f32, rate_hz: u32, seconds: f32) -> Vec<f32> {
        let step = std::f64::consts::TAU * f64::from(frequency_hz) / f64::from(rate_hz);
        (0..(seconds * rate_hz as f32) as usize).map(|n| (0.5 * (n as f64 * step).sin()) as f32).collect()
    }

    /// The middle part, away from the edges.
    fn middle(samples: &[f32]) -> &[f32] {
        &samples[samples.len() / 4..samples.len() * 3 / 4]
    }

    fn rms_db(samples: &[f32]) -> f32 {
        10.0 * (samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32).log10()
    }

    #[track_caller]
    fn keeps(frequency_hz: f32, from_hz: u32, to_hz: u32) {
        let result = resample(&sine(frequency_hz, from_hz, 1.0), from_hz, to_hz);
        let expected = sine(frequency_hz, to_hz, 1.0);
        assert_eq!(result.len(), expected.len(), "{from_hz} to {to_hz}");
        let error: Vec<f32> = middle(&result).iter().zip(middle(&expected)).map(|(a, b)| a - b).collect();
        assert!(rms_db(&error) < rms_db(&expected) - 40.0, "{frequency_hz} Hz {from_hz} to {to_hz}: error {} dB", rms_db(&error));
    }

    #[test]
    fn sines_keep_frequency_level_and_place() {
        for (from_hz, to_hz) in [(8_000, 16_000), (16_000, 8_000), (24_000, 16_000), (24_000, 8_000), (22_050, 16_000), (22_050, 8_000)] {
            keeps(440.0, from_hz, to_hz);
            keeps(3_400.0, from_hz, to_hz);
        }
        for (from_hz, to_hz) in [(44_100, 16_000), (48_000, 16_000), (48_000, 8_000), (11_025, 16_000), (8_001, 16_000), (16_000, 24_000)] {
            keeps(1_000.0, from_hz, to_hz);
        }
    }

    #[test]
    fn what_is_above_the_new_limit_is_gone() {
        for (frequency_hz, from_hz, to_hz) in
            [(4_500.0, 16_000, 8_000), (5_000.0, 24_000, 8_000), (9_000.0, 44_100, 16_000), (8_800.0, 48_000, 16_000)]
        {
            let source = sine(frequency_hz, from_hz, 1.0);
            let result = resample(&source, from_hz, to_hz);
            assert!(rms_db(middle(&result)) < rms_db(&source) - 60.0, "{frequency_hz} Hz {from_hz} to {to_hz}");
        }
    }

    #[test]
    fn a_stream_gives_a_frame_for_a_frame_and_the_same_sound() {
        for (from_hz, to_hz) in
            [(8_000u32, 16_000u32), (16_000, 8_000), (22_050, 16_000), (24_000, 8_000), (44_100, 16_000), (48_000, 8_000)]
        {
            let source = sine(700.0, from_hz, 1.0);
            let mut stream = Resampler::new(from_hz, to_hz);
            let mut output = Vec::new();
            for (count, frame) in source.chunks(from_hz as usize / 50).enumerate() {
                stream.push(frame, &mut output);
                assert_eq!(output.len(), (count + 1) * to_hz as usize / 50);
            }
            stream.finish(&mut output);
            let delay = stream.delay_samples();
            assert_eq!(output.len(), to_hz as usize + delay);
            let expected = sine(700.0, to_hz, 1.0);
            let error: Vec<f32> = middle(&output[delay..]).iter().zip(middle(&expected)).map(|(a, b)| a - b).collect();
            // A block of 441 samples has its middle between two of them: 23 µs are left.
            assert!((rms_db(middle(&output[delay..])) - rms_db(middle(&expected))).abs() < 0.05);
            assert!(
                rms_db(&error) < rms_db(&expected) - if from_hz == 22_050 { 19.0 } else { 40.0 },
                "{from_hz} to {to_hz}: error {} dB",
                rms_db(&error)
            );
        }
    }

    #[test]
    fn the_edges_of_the_function() {
        assert_eq!(resample(&[], 8_000, 16_000), Vec::<f32>::new());
        assert_eq!(resample(&[0.1, 0.2], 16_000, 16_000), vec![0.1, 0.2]);
        assert_eq!(resample(&[0.1; 9], 0, 16_000), Vec::<f32>::new());
        assert_eq!(resample(&[0.1; 9], 16_000, 0), Vec::<f32>::new());
        assert_eq!(resample(&[0.1], 8_000, 16_000).len(), 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn any_pieces_give_what_one_piece_gives(cuts in proptest::collection::vec(1usize..700, 1..12)) {
            let source = sine(500.0, 8_000, cuts.iter().sum::<usize>() as f32 / 8_000.0);
            let (mut once, mut often) = (Vec::new(), Vec::new());
            let mut stream = Resampler::new(8_000, 16_000);
            stream.push(&source, &mut once);
            stream.finish(&mut once);
            let mut stream = Resampler::new(8_000, 16_000);
            let mut rest = source.as_slice();
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                stream.push(piece, &mut often);
                rest = after;
            }
            stream.push(rest, &mut often);
            stream.finish(&mut often);
            prop_assert_eq!(once, often);
        }
    }
}
