//! The recording of a call: its sound in pieces, as players ask for it (RFC 9110, section 14), and its outline for a waveform.

use crate::api::console::Console;
use crate::api::console::pages::{Answer, Fault};
use crate::api::routes::Routes;
use crate::call::recording::disk;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json};
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes.get("/console/calls/{id}/audio", audio).get("/console/calls/{id}/outline", outline)
}

/// Sent at once: a minute of both sides.
const LONGEST_PIECE: u64 = 4 * 1024 * 1024;
/// Points of an outline.
const POINTS: usize = 600;

/// The recording, where there is one. Nothing but the name of a call leads to a file.
pub(super) fn file(console: &Console, id: &str) -> Option<PathBuf> {
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let path = console.sources.reception.recordings().filter(|_| is_id)?.join(format!("{id}.wav"));
    path.is_file().then_some(path)
}

/// First and last byte that a `Range` header asks for, of `length`; `None` when it asks for nothing that is there.
fn asked(range: Option<&str>, length: u64) -> Option<(u64, u64)> {
    let last = length.checked_sub(1)?;
    let Some(range) = range.and_then(|range| range.trim().strip_prefix("bytes=")) else { return Some((0, last)) };
    // Of several ranges the first is served, which is allowed.
    let (from, to) = range.split(',').next()?.split_once('-')?;
    let (from, to) = match (from.trim(), to.trim()) {
        ("", suffix) => (length.saturating_sub(suffix.parse().ok()?), last),
        (from, "") => (from.parse().ok()?, last),
        (from, to) => (from.parse().ok()?, to.parse::<u64>().ok()?.min(last)),
    };
    (from <= to).then(|| (from, to.min(from.saturating_add(LONGEST_PIECE - 1))))
}

async fn audio(State(console): State<Arc<Console>>, Path(id): Path<String>, headers: HeaderMap) -> Answer {
    let path = file(&console, &id).ok_or(Fault(StatusCode::NOT_FOUND))?;
    let range = headers.get(RANGE).and_then(|range| range.to_str().ok()).map(str::to_owned);
    let read = tokio::task::spawn_blocking(move || {
        let mut file = disk::open(&path)?;
        let length = file.seek(SeekFrom::End(0))?;
        // Without a range the first piece comes too: players then ask for the others.
        let Some((from, to)) = asked(range.as_deref(), length) else { return Ok((None, Vec::new(), length)) };
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(to - from + 1).read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>((Some((from, to)), bytes, length))
    });
    let (piece, bytes, length) = read.await.map_err(|_| Fault(StatusCode::INTERNAL_SERVER_ERROR))?.map_err(|error| {
        tracing::error!(%error, "a recording could not be read");
        Fault(StatusCode::INTERNAL_SERVER_ERROR)
    })?;
    let Some((from, to)) = piece else {
        return Ok((StatusCode::RANGE_NOT_SATISFIABLE, [(CONTENT_RANGE, format!("bytes */{length}"))]).into_response());
    };
    let head = [
        (CONTENT_TYPE, "audio/wav".to_owned()),
        (ACCEPT_RANGES, "bytes".to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
        (CONTENT_RANGE, format!("bytes {from}-{to}/{length}")),
    ];
    let is_whole = from == 0 && to + 1 == length;
    let status = if is_whole && !headers.contains_key(RANGE) { StatusCode::OK } else { StatusCode::PARTIAL_CONTENT };
    Ok((status, head, Body::from(bytes)).into_response())
}

/// The loudest of each stretch, caller and service, 0 to 100.
async fn outline(State(console): State<Arc<Console>>, Path(id): Path<String>) -> Answer {
    let path = file(&console, &id).ok_or(Fault(StatusCode::NOT_FOUND))?;
    let drawn = tokio::task::spawn_blocking(move || drawn(&path));
    let drawn = drawn.await.map_err(|_| Fault(StatusCode::INTERNAL_SERVER_ERROR))?;
    let drawn = drawn.map_err(|error| {
        tracing::warn!(%error, "a recording could not be read");
        Fault(StatusCode::NOT_FOUND)
    })?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(drawn)).into_response())
}

/// One outline a track; the file is read as it goes and never held whole.
fn drawn(path: &std::path::Path) -> Result<Vec<Vec<u8>>, hound::Error> {
    let mut reader = hound::WavReader::new(disk::open(path)?)?;
    let tracks = usize::from(reader.spec().channels.max(1));
    let stretch = (reader.duration() as usize).div_ceil(POINTS).max(1);
    let mut outlines = vec![Vec::new(); tracks];
    let mut loudest = vec![0u16; tracks];
    let mut frames = 0;
    for (place, sample) in reader.samples::<i16>().enumerate() {
        let (track, sample) = (place % tracks, sample?);
        loudest[track] = loudest[track].max(sample.unsigned_abs());
        frames += usize::from(track + 1 == tracks);
        if track + 1 == tracks && frames == stretch {
            for (outline, loudest) in outlines.iter_mut().zip(&mut loudest) {
                outline.push(percent(std::mem::take(loudest)));
            }
            frames = 0;
        }
    }
    if frames > 0 {
        outlines.iter_mut().zip(loudest).for_each(|(outline, loudest)| outline.push(percent(loudest)));
    }
    Ok(outlines)
}

fn percent(sample: u16) -> u8 {
    (u32::from(sample) * 100 / 32_768) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_what_players_ask_for_and_bounded() {
        for (range, length, expected) in [
            (None, 100, Some((0, 99))),
            (Some("bytes=0-"), 100, Some((0, 99))),
            (Some("bytes=10-19"), 100, Some((10, 19))),
            (Some("bytes=90-200"), 100, Some((90, 99))),
            (Some("bytes=-10"), 100, Some((90, 99))),
            (Some("bytes=-500"), 100, Some((0, 99))),
            (Some("bytes=100-"), 100, None),
            (Some("bytes=20-10"), 100, None),
            (Some("bytes=x-y"), 100, None),
            (Some("bytes=0-"), 0, None),
            (Some("bytes=0-1,5-6"), 100, Some((0, 1))),
            (Some("lines=1-2"), 100, Some((0, 99))),
            (Some("bytes=5-"), 2 * LONGEST_PIECE, Some((5, LONGEST_PIECE + 4))),
        ] {
            assert_eq!(asked(range, length), expected, "{range:?} of {length}");
        }
    }

    #[test]
    fn an_outline_has_the_loudest_of_each_stretch_and_track() {
        let path = std::env::temp_dir().join(format!("tingshuo-outline-{}.wav", std::process::id()));
        let caller: Vec<f32> = (0..6_001).map(|n| if n % 10 == 3 { -0.5 } else { 0.1 }).collect();
        crate::audio::wav::write(&path, 8_000, &[&caller, &[0.0; 6_001]]).unwrap();
        let outlines = drawn(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(outlines.len(), 2);
        assert!(outlines[0].len() <= POINTS && outlines[0].len() > POINTS / 2, "{}", outlines[0].len());
        assert!(outlines[0].iter().rev().skip(1).all(|point| (49..=50).contains(point)), "{:?}", outlines[0]);
        assert!(outlines[1].iter().all(|point| *point == 0));
    }
}
