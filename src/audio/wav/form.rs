//! The sample forms of WAV files (Microsoft's WAVEFORMATEX and WAVEFORMATEXTENSIBLE) and their way to mono `f32`.

use super::{MAX_HOURS, WavError};
use crate::audio::{Audio, codec};
use std::io::Read;

const RATES_HZ: std::ops::RangeInclusive<u32> = 4_000..=192_000;
const MAX_CHANNELS: u16 = 64;
const TAG_EXTENSIBLE: u16 = 0xfffe;

/// How one sample is written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Sample {
    Unsigned8,
    Signed16,
    Signed24,
    Signed32,
    Float32,
    Float64,
    Alaw,
    Ulaw,
}

/// What the `fmt ` chunk says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Form {
    rate_hz: u32,
    channels: usize,
    sample: Sample,
}

impl Form {
    pub(super) fn parse(fields: &[u8]) -> Result<Form, WavError> {
        let word = |at: usize| fields.get(at..at + 2).map(|b| u16::from_le_bytes([b[0], b[1]]));
        let unsupported = |what: String| WavError::Unsupported(format!("{what}; convert it: ffmpeg -i FILE -ac 1 -ar 16000 out.wav"));
        let (Some(tag), Some(channels), Some(rate_low), Some(rate_high), Some(block), Some(bits)) =
            (word(0), word(2), word(4), word(6), word(12), word(14))
        else {
            return Err(WavError::NotWav("its description is cut short; record or copy it again".into()));
        };
        let rate_hz = u32::from(rate_low) | u32::from(rate_high) << 16;
        if !RATES_HZ.contains(&rate_hz) {
            return Err(unsupported(format!("a rate of {rate_hz} Hz")));
        }
        if channels == 0 || channels > MAX_CHANNELS {
            return Err(unsupported(format!("{channels} channels")));
        }
        let tag = if tag == TAG_EXTENSIBLE { word(24).unwrap_or(tag) } else { tag };
        // Samples of 12 or 20 bits sit in the upper bits of whole bytes, so the size in bytes says all.
        let bytes = if block != 0 && block % channels == 0 { block / channels } else { bits.div_ceil(8) };
        let sample = match (tag, bytes) {
            (1, 1) => Sample::Unsigned8,
            (1, 2) => Sample::Signed16,
            (1, 3) => Sample::Signed24,
            (1, 4) => Sample::Signed32,
            (3, 4) => Sample::Float32,
            (3, 8) => Sample::Float64,
            (6, 1) => Sample::Alaw,
            (7, 1) => Sample::Ulaw,
            _ => return Err(unsupported(format!("format {tag:#06x} with {bits} bits"))),
        };
        Ok(Form { rate_hz, channels: usize::from(channels), sample })
    }

    /// Reads to the end of `source`; an incomplete last sample is left out.
    pub(super) fn decode(self, mut source: impl Read) -> Result<Audio, WavError> {
        let limit = self.rate_hz as usize * 3600 * MAX_HOURS as usize;
        let moment = self.channels * self.sample.bytes();
        let mut samples = Vec::new();
        let mut block = Vec::with_capacity(moment * 4096);
        loop {
            block.clear();
            source.by_ref().take(moment as u64 * 4096).read_to_end(&mut block).map_err(WavError::Open)?;
            samples.extend(block.chunks_exact(moment).map(|bytes| self.mono(bytes)));
            if samples.len() > limit {
                return Err(WavError::TooLong);
            }
            if block.len() < moment * 4096 {
                return Ok(Audio { rate_hz: self.rate_hz, samples });
            }
        }
    }

    fn mono(self, bytes: &[u8]) -> f32 {
        let sum: f32 = bytes.chunks_exact(self.sample.bytes()).map(|bytes| self.sample.value(bytes)).sum();
        sum / self.channels as f32
    }
}

impl Sample {
    fn bytes(self) -> usize {
        match self {
            Sample::Unsigned8 | Sample::Alaw | Sample::Ulaw => 1,
            Sample::Signed16 => 2,
            Sample::Signed24 => 3,
            Sample::Signed32 | Sample::Float32 => 4,
            Sample::Float64 => 8,
        }
    }

    /// −1.0..=1.0; what is no number becomes 0, what is too loud is clipped.
    fn value(self, bytes: &[u8]) -> f32 {
        match (self, bytes) {
            (Sample::Unsigned8, &[a]) => (f32::from(a) - 128.0) / 128.0,
            (Sample::Alaw, &[a]) => codec::alaw_decode(a),
            (Sample::Ulaw, &[a]) => codec::ulaw_decode(a),
            (Sample::Signed16, &[a, b]) => f32::from(i16::from_le_bytes([a, b])) / 32_768.0,
            (Sample::Signed24, &[a, b, c]) => i32::from_le_bytes([0, a, b, c]) as f32 / 2_147_483_648.0,
            (Sample::Signed32, &[a, b, c, d]) => i32::from_le_bytes([a, b, c, d]) as f32 / 2_147_483_648.0,
            (Sample::Float32, &[a, b, c, d]) => clean(f32::from_le_bytes([a, b, c, d])),
            (Sample::Float64, &[a, b, c, d, e, f, g, h]) => clean(f64::from_le_bytes([a, b, c, d, e, f, g, h]) as f32),
            _ => 0.0,
        }
    }
}

fn clean(value: f32) -> f32 {
    if value.is_finite() { value.clamp(-1.0, 1.0) } else { 0.0 }
}
