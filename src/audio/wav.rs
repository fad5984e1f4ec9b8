//! WAV files in any common form.
//!
//! Reading is our own chunk walk (`form` knows the sample forms), because recorders on telephone systems leave sizes of 0 or
//! 0xFFFFFFFF behind when they are stopped; writing is `hound`'s. The data is streamed: a long file costs its mono samples.

mod form;

use super::Audio;
use form::Form;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read};
use std::path::Path;

/// Longer recordings are refused.
pub const MAX_HOURS: u32 = 2;

/// Why a file gave no audio; the message names what to do.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    #[error("cannot open: {0}")]
    Open(io::Error),
    #[error("not a WAV file: {0}")]
    NotWav(String),
    #[error("unsupported WAV form: {0}")]
    Unsupported(String),
    #[error("longer than {MAX_HOURS} hours; cut it into shorter files")]
    TooLong,
    #[error("cannot write: {0}")]
    Write(String),
}

/// Reads 4 to 192 kHz, any number of channels (mixed to mono), 8/16/24/32-bit, float, A-law or mu-law. A truncated data chunk gives what is
/// there; a data chunk without samples gives empty audio.
pub fn read(path: &Path) -> Result<Audio, WavError> {
    let file = File::open(path).map_err(WavError::Open)?;
    read_from(BufReader::with_capacity(1 << 16, file))
}

/// Reads a WAV file from anything that gives bytes.
pub fn read_from(mut source: impl Read) -> Result<Audio, WavError> {
    check_header(&read_up_to::<12>(&mut source)?)?;
    let mut form = None;
    loop {
        let header = read_up_to::<8>(&mut source)?;
        let (Some(id), Some(size)) = (header.get(..4), header.get(4..8)) else {
            return Err(WavError::NotWav("it ends before its samples begin; record or copy it again".into()));
        };
        let size = u32::from_le_bytes(size.try_into().expect("four bytes were taken"));
        match (id, form) {
            (b"fmt ", _) => form = Some(read_form(&mut source, size)?),
            (b"data", Some(form)) => return read_data(source, size, form),
            (b"data", None) => {
                return Err(WavError::NotWav("its samples come before their description; convert it with sox or ffmpeg".into()));
            }
            _ => skip(&mut source, padded(size))?,
        }
    }
}

fn check_header(header: &[u8]) -> Result<(), WavError> {
    let reason = match header {
        [b'R', b'I', b'F', b'F' | b'X', _, _, _, _, b'W', b'A', b'V', b'E'] if header.starts_with(b"RIFF") => return Ok(()),
        [b'R', b'F', b'6', b'4', _, _, _, _, b'W', b'A', b'V', b'E'] => return Ok(()),
        [] => "the file is empty",
        [b'R', b'I', b'F', b'X', ..] => "it is big-endian RIFX; convert it with sox or ffmpeg",
        [b'I', b'D', b'3', ..] | [0xff, 0xf2..=0xfb, ..] => "it looks like MP3; convert it: ffmpeg -i FILE -ac 1 -ar 16000 out.wav",
        [b'O', b'g', b'g', b'S', ..] => "it is Ogg; convert it: ffmpeg -i FILE -ac 1 -ar 16000 out.wav",
        [b'f', b'L', b'a', b'C', ..] => "it is FLAC; convert it: ffmpeg -i FILE -ac 1 -ar 16000 out.wav",
        _ => "it does not begin with RIFF and WAVE; convert it: ffmpeg -i FILE -ac 1 -ar 16000 out.wav",
    };
    Err(WavError::NotWav(reason.into()))
}

fn read_form(source: &mut impl Read, size: u32) -> Result<Form, WavError> {
    let mut fields = Vec::with_capacity(40);
    source.by_ref().take(u64::from(size.min(40))).read_to_end(&mut fields).map_err(WavError::Open)?;
    skip(source, padded(size) - u64::from(size.min(40)))?;
    Form::parse(&fields)
}

/// A size of 0 with bytes behind it, or one past the end of the file, is that of a recorder that never came back to fill it in.
fn read_data(mut source: impl Read, size: u32, form: Form) -> Result<Audio, WavError> {
    if size != 0 && size != u32::MAX {
        return form.decode(source.take(u64::from(size)));
    }
    let next = read_up_to::<8>(&mut source)?;
    let another_chunk = size == 0 && KNOWN_CHUNKS.iter().any(|id| next.starts_with(id));
    if another_chunk { form.decode(io::empty()) } else { form.decode(next.as_slice().chain(source)) }
}

/// What may follow an honestly empty data chunk.
const KNOWN_CHUNKS: [&[u8]; 9] = [b"LIST", b"fact", b"cue ", b"id3 ", b"ID3 ", b"bext", b"PEAK", b"smpl", b"afsp"];

/// Chunks begin at even places.
fn padded(size: u32) -> u64 {
    u64::from(size) + u64::from(size % 2)
}

fn skip(source: &mut impl Read, bytes: u64) -> Result<(), WavError> {
    io::copy(&mut source.by_ref().take(bytes), &mut io::sink()).map(drop).map_err(WavError::Open)
}

/// At most N bytes; fewer only where the file ends.
fn read_up_to<const N: usize>(source: &mut impl Read) -> Result<Vec<u8>, WavError> {
    let mut bytes = Vec::with_capacity(N);
    source.by_ref().take(N as u64).read_to_end(&mut bytes).map_err(WavError::Open)?;
    Ok(bytes)
}

/// Writes 16-bit PCM; one channel for each slice, shorter ones padded with silence.
pub fn write(path: &Path, rate_hz: u32, channels: &[&[f32]]) -> Result<(), WavError> {
    let file = File::create(path).map_err(|error| WavError::Write(format!("{}: {error}", path.display())))?;
    write_to(BufWriter::new(file), rate_hz, channels)
}

/// Like [`write()`], to anything that takes bytes and can go back to fill in the sizes.
pub fn write_to(target: impl io::Write + io::Seek, rate_hz: u32, channels: &[&[f32]]) -> Result<(), WavError> {
    let count = u16::try_from(channels.len()).ok().filter(|count| *count > 0);
    let count = count.ok_or_else(|| WavError::Write(format!("a file cannot have {} channels", channels.len())))?;
    let failed = |error: hound::Error| WavError::Write(error.to_string());
    let spec = hound::WavSpec { channels: count, sample_rate: rate_hz, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::new(target, spec).map_err(failed)?;
    let longest = channels.iter().map(|channel| channel.len()).max().unwrap_or(0);
    for place in 0..longest {
        for channel in channels {
            let sample = channel.get(place).copied().unwrap_or(0.0);
            writer.write_sample((sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16).map_err(failed)?;
        }
    }
    writer.finalize().map_err(failed)
}

#[cfg(test)]
mod tests;
