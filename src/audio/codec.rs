//! G.711 (ITU-T), A-law and mu-law, bit-exact with the reference of ITU-T G.191; full scale is ±1.0 for a 16-bit ±32768.

/// The sign bit of a G.711 byte: set for positive samples.
const POSITIVE: u8 = 0x80;
/// A-law inverts the even bits on the line.
const ALAW_MASK: u8 = 0x55;
/// What mu-law adds to a 14-bit magnitude so that every segment begins at a power of two.
const ULAW_BIAS: i32 = 33;

pub fn alaw_decode(byte: u8) -> f32 {
    let bits = byte ^ ALAW_MASK;
    let mantissa = i32::from(bits & 0x0f) << 4;
    let magnitude = match (bits & 0x70) >> 4 {
        0 => mantissa + 8,
        segment => (mantissa + 0x108) << (segment - 1),
    };
    signed(bits & POSITIVE != 0, magnitude)
}

pub fn alaw_encode(sample: f32) -> u8 {
    let (positive, magnitude) = split(sample);
    let steps = magnitude >> 4;
    let bits = if steps <= 15 {
        steps
    } else {
        let exponent = steps.ilog2() as i32 - 4;
        ((exponent + 1) << 4) | ((steps >> exponent) & 0x0f)
    };
    (bits as u8 | if positive { POSITIVE } else { 0 }) ^ ALAW_MASK
}

/// The negative zero of mu-law becomes −0.0, so that encoding gives the same byte again.
pub fn ulaw_decode(byte: u8) -> f32 {
    let bits = !byte;
    let magnitude = (((i32::from(bits & 0x0f) << 1) + ULAW_BIAS) << ((bits & 0x70) >> 4)) - ULAW_BIAS;
    signed(bits & POSITIVE == 0, magnitude << 2)
}

pub fn ulaw_encode(sample: f32) -> u8 {
    let (positive, magnitude) = split(sample);
    let biased = ((magnitude >> 2) + ULAW_BIAS).min(0x1fff);
    let segment = biased.ilog2() as i32 - 5;
    let bits = (segment << 4) | ((biased >> (segment + 1)) & 0x0f);
    !(bits as u8 | if positive { 0 } else { POSITIVE })
}

/// Sign and 16-bit one's complement magnitude, as the reference takes negative samples; NaN counts as 0.
fn split(sample: f32) -> (bool, i32) {
    let pcm = (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i32;
    if pcm < 0 { (false, !pcm) } else { (pcm > 0 || !sample.is_sign_negative(), pcm) }
}

fn signed(positive: bool, magnitude: i32) -> f32 {
    let value = magnitude as f32 / 32_768.0;
    if positive { value } else { -value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Codec = (fn(u8) -> f32, fn(f32) -> u8);

    #[track_caller]
    fn check(codec: Codec, byte: u8, pcm: i32) {
        assert_eq!((codec.0(byte) * 32_768.0) as i32, pcm, "decoding {byte:#04x}");
        assert_eq!(codec.1(pcm as f32 / 32_768.0), byte, "encoding {pcm}");
    }

    #[test]
    fn known_values() {
        let alaw: Codec = (alaw_decode, alaw_encode);
        check(alaw, 0xd5, 8);
        check(alaw, 0x55, -8);
        check(alaw, 0xd4, 24);
        check(alaw, 0xaa, 32_256);
        check(alaw, 0x2a, -32_256);
        check(alaw, 0x80, 5_504);
        check(alaw, 0x00, -5_504);
        check(alaw, 0xc5, 264);
        let ulaw: Codec = (ulaw_decode, ulaw_encode);
        check(ulaw, 0xff, 0);
        check(ulaw, 0xfe, 8);
        check(ulaw, 0x7e, -8);
        check(ulaw, 0x80, 32_124);
        check(ulaw, 0x00, -32_124);
        check(ulaw, 0xef, 132);
        check(ulaw, 0x8f, 16_764);
    }

    #[test]
    fn every_byte_survives_decoding_and_encoding() {
        for byte in 0..=u8::MAX {
            assert_eq!(alaw_encode(alaw_decode(byte)), byte);
            assert_eq!(ulaw_encode(ulaw_decode(byte)), byte);
        }
    }

    #[test]
    fn what_is_no_sample_becomes_silence_or_full_scale() {
        assert_eq!(alaw_encode(f32::NAN), alaw_encode(0.0));
        assert_eq!(ulaw_encode(f32::INFINITY), 0x80);
        assert_eq!(alaw_encode(f32::NEG_INFINITY), 0x2a);
    }

    proptest! {
        #[test]
        fn the_error_is_at_most_half_a_step(sample in -1.0f32..1.0) {
            let tolerance = (sample.abs() / 32.0).max(0.001) + 0.0005;
            prop_assert!((alaw_decode(alaw_encode(sample)) - sample).abs() <= tolerance);
            prop_assert!((ulaw_decode(ulaw_encode(sample)) - sample).abs() <= tolerance.max(0.02));
        }
    }
}
