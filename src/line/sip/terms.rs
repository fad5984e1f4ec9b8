//! What a request asks for, and with what it is refused. Pure.

use super::leg::other;
use super::timer::{LEAST_S, SessionTimer};
use crate::line::sdp::SdpError;
use rsipstack::sip::{Header, HeadersExt, Request};

/// A refusal of a request.
pub(super) struct Refused {
    pub code: u16,
    pub headers: Vec<Header>,
}

impl Refused {
    pub fn with(code: u16, name: &str, value: impl Into<String>) -> Refused {
        Refused { code, headers: vec![other(name, value)] }
    }
}

impl From<u16> for Refused {
    fn from(code: u16) -> Refused {
        Refused { code, headers: Vec::new() }
    }
}

impl From<SdpError> for Refused {
    fn from(error: SdpError) -> Refused {
        let code = if matches!(error, SdpError::Malformed(_)) { 400 } else { 488 };
        Refused::with(code, "Warning", format!("399 tingshuo \"{}\"", error.to_string().replace('"', "'")))
    }
}

pub(super) fn session_timer(request: &Request) -> Result<SessionTimer, Refused> {
    SessionTimer::answer(request).map_err(|_| Refused::with(422, "Min-SE", LEAST_S.to_string()))
}

/// Whether we read what a body is written in.
pub(super) fn acceptable_body(request: &Request) -> Result<(), Refused> {
    let kind = request.header_value("Content-Type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let encoding = request.header_value("Content-Encoding").unwrap_or_default();
    if !kind.eq_ignore_ascii_case("application/sdp") {
        return Err(Refused::with(415, "Accept", "application/sdp"));
    }
    if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
        return Err(Refused::with(415, "Accept-Encoding", "identity"));
    }
    Ok(())
}

/// Whether the peer takes what our answer to its INVITE is written in (section 21.4.7).
pub(super) fn takes_our_answer(request: &Request) -> Result<(), Refused> {
    let mut kinds = request.headers.iter().filter_map(|header| match header {
        Header::Accept(accept) => Some(accept.value().to_owned()),
        _ => None,
    });
    let takes = |kinds: String| {
        kinds.split(',').any(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            matches!(kind.as_str(), "application/sdp" | "application/*" | "*/*")
        })
    };
    let Some(first) = kinds.next() else { return Ok(()) };
    if takes(first) || kinds.any(takes) { Ok(()) } else { Err(Refused::from(406)) }
}

/// Keys in an INFO: `application/dtmf-relay` with `Signal=5`, or `application/dtmf` with the key alone.
pub(super) fn keys(request: &Request) -> Result<String, u16> {
    let kind = request.header_value("Content-Type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let text = String::from_utf8_lossy(&request.body).into_owned();
    let written = match kind.as_str() {
        "application/dtmf-relay" => text.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            name.trim().eq_ignore_ascii_case("signal").then(|| value.trim().to_owned())
        }),
        "application/dtmf" => Some(text.trim().to_owned()),
        "" => return Ok(String::new()),
        _ => return Err(415),
    };
    // Some telephones say 10 and 11 for the star and the hash.
    let key = match written.as_deref().unwrap_or_default() {
        "10" => Some('*'),
        "11" => Some('#'),
        other => other.chars().next().filter(|key| key.is_ascii_digit() || matches!(key, '*' | '#')),
    };
    key.map(String::from).ok_or(400)
}
