//! How telephone sound is written on a wire, and the way from there to a call's frames and back.

use crate::audio::codec::{alaw_decode, alaw_encode, ulaw_decode, ulaw_encode};
use crate::audio::resample::Resampler;
use crate::audio::{CALL_RATE_HZ, FRAME_SAMPLES};

/// One of the forms in which peers send sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// G.711 A-law, 8 kHz.
    Alaw,
    /// G.711 mu-law, 8 kHz.
    Ulaw,
    /// 16-bit signed, little-endian.
    Linear { rate_hz: u32 },
}

/// Rates that peers may use.
const RATES_HZ: [u32; 6] = [8_000, 12_000, 16_000, 24_000, 44_100, 48_000];

impl Form {
    /// `None` for a rate that no peer has a reason to use.
    pub fn linear(rate_hz: u32) -> Option<Form> {
        RATES_HZ.contains(&rate_hz).then_some(Form::Linear { rate_hz })
    }

    pub fn rate_hz(self) -> u32 {
        match self {
            Form::Alaw | Form::Ulaw => 8_000,
            Form::Linear { rate_hz } => rate_hz,
        }
    }
}

/// Bytes of a peer to samples at the call's rate. Pieces may be cut anywhere.
pub struct Decoder {
    form: Form,
    resampler: Resampler,
    /// The first half of a sample that was cut.
    half: Option<u8>,
}

impl Decoder {
    pub fn new(form: Form) -> Decoder {
        Decoder { form, resampler: Resampler::new(form.rate_hz(), CALL_RATE_HZ), half: None }
    }

    pub fn decode(&mut self, bytes: &[u8]) -> Vec<f32> {
        let samples: Vec<f32> = match self.form {
            Form::Alaw => bytes.iter().copied().map(alaw_decode).collect(),
            Form::Ulaw => bytes.iter().copied().map(ulaw_decode).collect(),
            Form::Linear { .. } => self.linear(bytes),
        };
        let mut output = Vec::with_capacity(samples.len() * 2 + FRAME_SAMPLES);
        self.resampler.push(&samples, &mut output);
        output
    }

    fn linear(&mut self, bytes: &[u8]) -> Vec<f32> {
        let whole: Vec<u8> = self.half.take().into_iter().chain(bytes.iter().copied()).collect();
        let (pairs, rest) = whole.as_chunks::<2>();
        self.half = rest.first().copied();
        pairs.iter().map(|pair| f32::from(i16::from_le_bytes(*pair)) / 32_768.0).collect()
    }
}

/// Samples at the call's rate to bytes for a peer.
pub struct Encoder {
    form: Form,
    resampler: Resampler,
}

impl Encoder {
    pub fn new(form: Form) -> Encoder {
        Encoder { form, resampler: Resampler::new(CALL_RATE_HZ, form.rate_hz()) }
    }

    pub fn encode(&mut self, samples: &[f32]) -> Vec<u8> {
        let mut output = Vec::with_capacity(samples.len());
        self.resampler.push(samples, &mut output);
        match self.form {
            Form::Alaw => output.into_iter().map(alaw_encode).collect(),
            Form::Ulaw => output.into_iter().map(ulaw_encode).collect(),
            Form::Linear { .. } => output.into_iter().flat_map(|sample| to_i16(sample).to_le_bytes()).collect(),
        }
    }
}

fn to_i16(sample: f32) -> i16 {
    (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FORMS: [Form; 5] =
        [Form::Alaw, Form::Ulaw, Form::Linear { rate_hz: 8_000 }, Form::Linear { rate_hz: 16_000 }, Form::Linear { rate_hz: 48_000 }];

    fn tone(ms: usize) -> Vec<f32> {
        (0..ms * 16).map(|n| 0.4 * (n as f32 * 440.0 * std::f32::consts::TAU / 16_000.0).sin()).collect()
    }

    fn rms(samples: &[f32]) -> f32 {
        (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).sqrt()
    }

    #[test]
    fn there_and_back_keeps_length_and_level() {
        for form in FORMS {
            let (mut encoder, mut decoder) = (Encoder::new(form), Decoder::new(form));
            let sound: Vec<f32> = tone(1_000).chunks(FRAME_SAMPLES).flat_map(|frame| decoder.decode(&encoder.encode(frame))).collect();
            assert_eq!(sound.len(), 16_000, "{form:?}");
            let middle = &sound[4_000..12_000];
            assert!((rms(middle) / rms(&tone(1_000)) - 1.0).abs() < 0.02, "{form:?}: {}", rms(middle));
        }
    }

    proptest! {
        #[test]
        fn any_cut_of_any_bytes_gives_the_same_sound(bytes in prop::collection::vec(any::<u8>(), 0..2_000), cut in 0usize..2_000) {
            for form in FORMS {
                let whole = Decoder::new(form).decode(&bytes);
                let mut decoder = Decoder::new(form);
                let (first, second) = bytes.split_at(cut.min(bytes.len()));
                let mut cut = decoder.decode(first);
                cut.extend(decoder.decode(second));
                prop_assert_eq!(&whole, &cut);
            }
        }
    }

    #[test]
    fn odd_rates_are_refused() {
        assert_eq!(Form::linear(16_000), Some(Form::Linear { rate_hz: 16_000 }));
        assert_eq!(Form::linear(0), None);
        assert_eq!(Form::linear(u32::MAX), None);
    }
}
