use super::*;
use proptest::prelude::*;
use std::io::Cursor;

const EXTENSIBLE: u16 = 0xfffe;

/// A file with one `fmt ` chunk and one data chunk whose header says `size`.
fn file(tag: u16, channels: u16, rate_hz: u32, bits: u16, data: &[u8], size: u32) -> Vec<u8> {
    let block = channels * (bits / 8);
    let mut fmt = Vec::new();
    for word in [tag, channels, rate_hz as u16, (rate_hz >> 16) as u16, 0, 0, block, bits] {
        fmt.extend(word.to_le_bytes());
    }
    if tag == EXTENSIBLE {
        fmt.extend([22, 0, bits as u8, 0, 0, 0, 0, 0]);
        fmt.extend([1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]);
    }
    let mut bytes = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt ".to_vec();
    bytes.extend((fmt.len() as u32).to_le_bytes());
    bytes.extend(fmt);
    bytes.extend(b"data");
    bytes.extend(size.to_le_bytes());
    bytes.extend(data);
    bytes
}

#[track_caller]
fn check(tag: u16, channels: u16, bits: u16, data: &[u8], expected: &[f32]) {
    let audio = read_from(file(tag, channels, 11_025, bits, data, data.len() as u32).as_slice()).unwrap();
    assert_eq!(audio, Audio { rate_hz: 11_025, samples: expected.to_vec() });
}

#[test]
fn the_sample_forms() {
    check(1, 1, 8, &[128, 0, 192], &[0.0, -1.0, 0.5]);
    check(1, 1, 16, &[0, 0, 0, 0x80, 0, 0x40], &[0.0, -1.0, 0.5]);
    check(1, 1, 24, &[0, 0, 0xc0, 0, 0, 0x40], &[-0.5, 0.5]);
    check(1, 1, 32, &[0, 0, 0, 0xc0], &[-0.5]);
    check(1, 2, 16, &[0, 0x40, 0, 0x20], &[0.375]);
    check(1, 3, 8, &[128, 192, 64], &[0.0]);
    check(EXTENSIBLE, 1, 16, &[0, 0x40], &[0.5]);
    check(6, 1, 8, &[0xd5, 0x2a], &[8.0 / 32_768.0, -32_256.0 / 32_768.0]);
    check(7, 1, 8, &[0xff, 0x80], &[0.0, 32_124.0 / 32_768.0]);
    check(3, 1, 64, &0.25f64.to_le_bytes(), &[0.25]);
}

#[test]
fn floats_that_are_no_samples() {
    let values = [0.5f32, f32::NAN, f32::INFINITY, 7.0, -7.0];
    let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    check(3, 1, 32, &data, &[0.5, 0.0, 0.0, 1.0, -1.0]);
}

#[track_caller]
fn samples_with_size(size: u32, data: &[u8], expected: usize) {
    let audio = read_from(file(1, 1, 8_000, 16, data, size).as_slice()).unwrap();
    assert_eq!(audio.samples.len(), expected);
}

#[test]
fn sizes_that_recorders_left_unfinished() {
    samples_with_size(0, &[1; 20], 10);
    samples_with_size(u32::MAX, &[1; 20], 10);
    samples_with_size(1_000, &[1; 20], 10);
    samples_with_size(1_000, &[1; 21], 10);
    samples_with_size(6, &[1; 20], 3);
    samples_with_size(0, &[], 0);
    samples_with_size(0, b"LIST\x04\0\0\0abcd", 0);
}

#[track_caller]
fn refused(bytes: &[u8], words: &str) {
    let error = read_from(bytes).unwrap_err().to_string();
    assert!(error.contains(words), "{error}");
}

#[test]
fn what_is_not_audio_is_named() {
    refused(b"", "the file is empty");
    refused(b"RIFF", "does not begin with RIFF and WAVE");
    refused(b"RIFF\0\0\0\0WAVE", "ends before its samples begin");
    refused(b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0", "cut short");
    refused(b"RIFF\0\0\0\0WAVEdata\x02\0\0\0\0\0", "before their description");
    refused(b"RIFX\0\0\0\0WAVE", "big-endian");
    refused(b"ID3\x03aaaaaaaaaaaa", "MP3");
    refused(b"hello, this is a text", "does not begin with RIFF");
    refused(&file(0x55, 1, 8_000, 16, &[], 0), "format 0x0055");
    refused(&file(1, 0, 8_000, 16, &[], 0), "0 channels");
    refused(&file(1, 1, 0, 16, &[], 0), "0 Hz");
    assert!(matches!(read(Path::new("/nowhere/at/all.wav")), Err(WavError::Open(_))));
}

#[test]
fn longer_than_the_limit_is_refused() {
    let header = file(6, 1, 4_000, 8, &[], u32::MAX);
    let endless = header.as_slice().chain(io::repeat(0xd5));
    assert!(matches!(read_from(endless), Err(WavError::TooLong)));
}

#[test]
fn channels_are_written_side_by_side_and_padded() {
    let mut bytes = Cursor::new(Vec::new());
    write_to(&mut bytes, 16_000, &[&[0.5, -0.5, 2.0], &[0.25]]).unwrap();
    let audio = read_from(bytes.get_ref().as_slice()).unwrap();
    assert_eq!(audio.rate_hz, 16_000);
    assert_eq!(audio.samples, vec![0.375, -0.25, (32_767.0 / 32_768.0) / 2.0]);
    assert!(matches!(write_to(Cursor::new(Vec::new()), 16_000, &[]), Err(WavError::Write(_))));
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_from(bytes.as_slice());
    }

    #[test]
    fn random_descriptions_never_panic(
        tag in prop_oneof![Just(1u16), Just(3), Just(6), Just(7), Just(EXTENSIBLE), any::<u16>()],
        channels: u8, rate_hz: u32, bits: u8, size: u32, data in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let bytes = file(tag, u16::from(channels), rate_hz, u16::from(bits), &data, size);
        if let Ok(audio) = read_from(bytes.as_slice()) {
            prop_assert!(audio.samples.len() <= data.len());
            prop_assert!(audio.samples.iter().all(|sample| (-1.0..=1.0).contains(sample)));
        }
    }

    #[test]
    fn what_is_written_is_read_again(pcm in proptest::collection::vec(any::<i16>(), 0..500)) {
        let samples: Vec<f32> = pcm.iter().map(|value| f32::from(*value) / 32_768.0).collect();
        let mut bytes = Cursor::new(Vec::new());
        write_to(&mut bytes, 8_000, &[&samples]).unwrap();
        prop_assert_eq!(read_from(bytes.get_ref().as_slice()).unwrap().samples, samples);
    }
}
