//! Session timers (RFC 4028): a call whose peer vanished without a word ends. Pure.

use rsipstack::sip::{Header, HeadersExt, Request, Response};
use std::time::Duration;

use super::leg::other;

/// What we propose, and the least that the RFC allows.
const PROPOSED_S: u32 = 1_800;
pub const LEAST_S: u32 = 90;
/// Nobody has a reason to wait longer for a sign of life.
const LONGEST_S: u32 = 24 * 3_600;

/// Who keeps the session alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresher {
    Us,
    Peer,
}

/// What was agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTimer {
    pub interval_s: u32,
    pub refresher: Refresher,
}

/// The peer wants shorter sessions than we keep: answer 422.
#[derive(Debug, PartialEq, Eq)]
pub struct TooShort;

impl SessionTimer {
    /// Our answer to a request that begins or refreshes a session.
    ///
    /// # Errors
    /// When its Session-Expires is below the least.
    pub fn answer(request: &Request) -> Result<SessionTimer, TooShort> {
        let capable = request.header_contains_token("Supported", "timer") || request.header_contains_token("Require", "timer");
        let Some(written) = request.session_expires_header().map(|header| header.value().to_owned()) else {
            // A peer that has no timers is looked after by us.
            let refresher = if capable { Refresher::Peer } else { Refresher::Us };
            return Ok(SessionTimer { interval_s: PROPOSED_S, refresher });
        };
        let mut parts = written.split(';').map(str::trim);
        let wanted_s: u32 = parts.next().and_then(|seconds| seconds.parse().ok()).unwrap_or(PROPOSED_S);
        if wanted_s < LEAST_S {
            return Err(TooShort);
        }
        let refresher = match parts.find_map(|part| part.strip_prefix("refresher=")) {
            Some("uas") => Refresher::Us,
            _ if capable => Refresher::Peer,
            _ => Refresher::Us,
        };
        let least_s = request.header_value("Min-SE").and_then(|text| text.trim().parse::<u32>().ok()).unwrap_or(LEAST_S);
        Ok(SessionTimer { interval_s: wanted_s.min(PROPOSED_S.max(least_s)), refresher })
    }

    /// What our INVITE says of it; `least_s` is what the peer wants at least.
    pub fn proposal(least_s: Option<u32>) -> Vec<Header> {
        let least_s = least_s.unwrap_or(LEAST_S).clamp(LEAST_S, LONGEST_S);
        vec![
            other("Session-Expires", PROPOSED_S.max(least_s).to_string()),
            other("Min-SE", least_s.to_string()),
            other("Supported", "timer"),
        ]
    }

    /// What the answer to our INVITE agrees to; who says nothing of it is looked after by us.
    pub fn agreed(response: &Response) -> SessionTimer {
        let written = response.header_value("Session-Expires").unwrap_or_default();
        let mut parts = written.split(';').map(str::trim);
        let interval_s = parts.next().and_then(|seconds| seconds.parse().ok()).unwrap_or(PROPOSED_S).clamp(LEAST_S, LONGEST_S);
        let refresher = if parts.any(|part| part.eq_ignore_ascii_case("refresher=uas")) { Refresher::Peer } else { Refresher::Us };
        SessionTimer { interval_s, refresher }
    }

    /// What the answer says of it.
    pub fn headers(self) -> Vec<Header> {
        match self.refresher {
            Refresher::Peer => {
                vec![other("Session-Expires", format!("{};refresher=uac", self.interval_s)), other("Require", "timer")]
            }
            Refresher::Us => vec![other("Session-Expires", format!("{};refresher=uas", self.interval_s))],
        }
    }

    /// What a refresh of ours says of it.
    pub fn refresh_headers(self) -> Vec<Header> {
        vec![
            other("Session-Expires", format!("{};refresher=uac", self.interval_s)),
            other("Min-SE", LEAST_S.to_string()),
            other("Supported", "timer"),
        ]
    }

    /// How long after a refresh we act: refresh ourselves at half time, or leave shortly before the end (section 10).
    pub fn due(self) -> Duration {
        let seconds = match self.refresher {
            Refresher::Us => self.interval_s / 2,
            Refresher::Peer => self.interval_s - (self.interval_s / 3).min(32),
        };
        Duration::from_secs(u64::from(seconds))
    }

    /// How long a session lives after a sign of life.
    pub fn interval(self) -> Duration {
        Duration::from_secs(u64::from(self.interval_s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &str, expected: Result<(u32, Refresher), TooShort>) {
        let text = format!("INVITE sip:a@192.0.2.1 SIP/2.0\r\n{lines}\r\n");
        let request = Request::try_from(text.as_str()).unwrap();
        assert_eq!(SessionTimer::answer(&request).map(|timer| (timer.interval_s, timer.refresher)), expected, "{lines}");
    }

    #[test]
    fn what_is_answered() {
        check("", Ok((1800, Refresher::Us)));
        check("Supported: timer\r\n", Ok((1800, Refresher::Peer)));
        check("k: timer\r\nx: 600;refresher=uas\r\n", Ok((600, Refresher::Us)));
        check("Supported: 100rel, timer\r\nSession-Expires: 600;refresher=uac\r\n", Ok((600, Refresher::Peer)));
        check("Session-Expires: 600\r\n", Ok((600, Refresher::Us)));
        check("Supported: timer\r\nSession-Expires: 89\r\n", Err(TooShort));
        check("Supported: timer\r\nSession-Expires: 7200\r\n", Ok((1800, Refresher::Peer)));
        check("Supported: timer\r\nSession-Expires: 7200\r\nMin-SE: 3600\r\n", Ok((3600, Refresher::Peer)));
    }

    #[test]
    fn what_was_agreed_to() {
        let agreed = |lines: &str| {
            let timer = SessionTimer::agreed(&Response::try_from(format!("SIP/2.0 200 OK\r\n{lines}\r\n").as_str()).unwrap());
            (timer.interval_s, timer.refresher)
        };
        assert_eq!(agreed(""), (1800, Refresher::Us));
        assert_eq!(agreed("Session-Expires: 600;refresher=uas\r\n"), (600, Refresher::Peer));
        assert_eq!(agreed("x: 600;refresher=uac\r\n"), (600, Refresher::Us));
        assert_eq!(agreed("Session-Expires: 1\r\n"), (90, Refresher::Us));
        assert_eq!(agreed("Session-Expires: 99999999999\r\n"), (1800, Refresher::Us));
    }

    #[test]
    fn we_act_in_time() {
        let due = |interval_s, refresher| SessionTimer { interval_s, refresher }.due().as_secs();
        assert_eq!((due(1800, Refresher::Us), due(90, Refresher::Us)), (900, 45));
        assert_eq!((due(1800, Refresher::Peer), due(90, Refresher::Peer)), (1768, 60));
    }
}
