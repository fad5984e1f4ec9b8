//! The first look at a message, before anything believes it (RFC 3261, sections 8.2, 16.3 and 20; the cases of RFC 4475). Pure.
//!
//! What is fit passes in one form (`rewrite`); a request that is not is answered without any state; what cannot be answered is dropped. The stack behind this gate reads messages more kindly than the RFC allows, so the strictness is here.

use super::fields::{self, Head};
use super::rewrite;
use super::settings::Carrier;
use rsipstack::sip::{Method, SipMessage};
use std::net::SocketAddr;

/// What becomes of a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Pass(Vec<u8>),
    /// Send this back to where the message came from.
    Answer(Vec<u8>),
    /// With the reason, for the figures.
    Drop(&'static str),
}

/// Why a request is refused.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    pub code: u16,
    pub reason: String,
    /// A header that the answer must have.
    pub header: Option<(&'static str, String)>,
}

impl Fault {
    fn bad(reason: impl Into<String>) -> Fault {
        Fault { code: 400, reason: reason.into(), header: None }
    }
}

/// What we understand in Require.
pub const EXTENSIONS: [&str; 2] = ["100rel", "timer"];
/// Branches of RFC 3261 begin with it (section 8.1.1.7).
const COOKIE: &str = "z9hG4bK";
const LONGEST_MESSAGE: usize = 65_535;
/// Sequence numbers stay below this (section 8.1.1.5).
const SEQUENCE_LIMIT: u64 = 1 << 31;

/// Looks at one whole message that came from `from`.
pub fn examine(bytes: &[u8], from: SocketAddr, carrier: Carrier) -> Verdict {
    let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
    let bytes = bytes.get(start..).unwrap_or_default();
    if bytes.is_empty() || bytes.len() > LONGEST_MESSAGE {
        return Verdict::Drop("empty or too long");
    }
    let Some(head) = Head::read(bytes) else { return Verdict::Drop("no message") };
    let rest = bytes.get(head.length..).unwrap_or_default();
    if head.start.starts_with("SIP/") {
        return response(&head, rest).map_or(Verdict::Drop("a response that is not fit"), Verdict::Pass);
    }
    match request(&head, rest, carrier) {
        Ok(whole) => Verdict::Pass(whole),
        Err(_) if head.start.starts_with("ACK ") => Verdict::Drop("an ACK that is not fit"),
        Err(fault) => fields::answer(&head, &fault, from).map_or(Verdict::Drop("a request that cannot be answered"), Verdict::Answer),
    }
}

fn response(head: &Head, rest: &[u8]) -> Option<Vec<u8>> {
    let code = head.start.split(' ').nth(1).filter(|code| code.len() == 3).and_then(|code| code.parse::<u16>().ok());
    let announced = length(head).ok()?;
    let fit = head.ended
        && head.start.starts_with("SIP/2.0 ")
        && code.is_some_and(|code| (100..700).contains(&code))
        && ["from", "to", "call-id", "cseq"].iter().all(|name| head.count(name) == 1)
        && sequence(head.first("cseq").unwrap_or_default()).is_ok()
        // A second Via is another's way (section 8.1.3.3).
        && head.all("via").flat_map(fields::list).count() == 1
        && announced.is_none_or(|announced| announced <= rest.len());
    let whole = rewrite::whole(head, rest, announced);
    (fit && SipMessage::try_from(whole.as_slice()).is_ok()).then_some(whole)
}

/// A request that can be believed, in one form.
///
/// # Errors
/// What to answer.
fn request(head: &Head, rest: &[u8], carrier: Carrier) -> Result<Vec<u8>, Fault> {
    let mut words = head.start.split(' ');
    let (Some(method), Some(uri), Some(version), None) = (words.next(), words.next(), words.next(), words.next()) else {
        return Err(Fault::bad("the request line is not three words"));
    };
    if !fields::is_token(method) {
        return Err(Fault::bad("the method is no word"));
    }
    if !version.eq_ignore_ascii_case("SIP/2.0") {
        let known = version.to_ascii_uppercase().starts_with("SIP/");
        return Err(Fault { code: if known { 505 } else { 400 }, reason: "SIP/2.0 is spoken here".to_owned(), header: None });
    }
    for name in ["from", "to", "call-id", "cseq"] {
        match head.count(name) {
            1 => {}
            0 => return Err(Fault::bad(format!("no {name}"))),
            _ => return Err(Fault::bad(format!("more than one {name}"))),
        }
    }
    for name in ["content-length", "max-forwards", "content-type"] {
        if head.count(name) > 1 {
            return Err(Fault::bad(format!("more than one {name}")));
        }
    }
    let via = head.first("via").ok_or_else(|| Fault::bad("no via"))?;
    fields::via(via).map_err(Fault::bad)?;
    let (_, sequenced) = sequence(head.first("cseq").unwrap_or_default())?;
    if sequenced != method {
        return Err(Fault::bad("the method in cseq is another one"));
    }
    for name in ["from", "to", "contact"] {
        for value in head.all(name).filter(|value| *value != "*") {
            for address in fields::list(value) {
                fields::address(&address).map_err(|why| Fault::bad(format!("{name}: {why}")))?;
            }
        }
    }
    // Callers of RFC 2543 have no tags; they are known by their branches, and spoke in datagrams.
    let top = fields::list(via).into_iter().next().unwrap_or_default();
    let old = carrier == Carrier::Udp && !fields::parameter(&top, "branch").is_some_and(|branch| branch.starts_with(COOKIE));
    if fields::parameter(head.first("from").unwrap_or_default(), "tag").is_none() && !old {
        return Err(Fault::bad("from has no tag"));
    }
    if head.first("max-forwards").is_some_and(|hops| hops.trim().parse::<u8>().is_err()) {
        return Err(Fault::bad("max-forwards is no number up to 255"));
    }
    if !head.ended {
        return Err(Fault::bad("no empty line after the fields"));
    }
    let announced = length(head)?;
    if announced.is_some_and(|announced| announced > rest.len()) {
        return Err(Fault::bad("the body is shorter than announced"));
    }
    if method.parse::<Method>().is_err() || method.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Err(Fault { code: 501, reason: "Not Implemented".to_owned(), header: None });
    }
    uri_is_ours(uri)?;
    required(head, method)?;
    let whole = rewrite::whole(head, rest, announced);
    match SipMessage::try_from(whole.as_slice()) {
        Ok(_) => Ok(whole),
        Err(_) => Err(Fault::bad("it cannot be read")),
    }
}

fn uri_is_ours(uri: &str) -> Result<(), Fault> {
    let Some((scheme, rest)) = uri.split_once(':') else { return Err(Fault::bad("the request uri has no scheme")) };
    if rest.is_empty() || !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) {
        return Err(Fault::bad("the request uri cannot be read"));
    }
    if ["sip", "sips", "tel"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        // Header fields have no place there (section 19.1.1).
        let behind_user = rest.rsplit_once('@').map_or(rest, |(_, behind)| behind);
        return if behind_user.contains('?') { Err(Fault::bad("the request uri has header fields")) } else { Ok(()) };
    }
    Err(Fault { code: 416, reason: "Unsupported URI Scheme".to_owned(), header: None })
}

fn required(head: &Head, method: &str) -> Result<(), Fault> {
    if matches!(method, "ACK" | "CANCEL") {
        return Ok(());
    }
    let options = head.all("require").flat_map(|value| value.split(',')).map(str::trim).filter(|option| !option.is_empty());
    let unknown: Vec<&str> = options.filter(|option| !EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(option))).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Fault { code: 420, reason: "Bad Extension".to_owned(), header: Some(("Unsupported", unknown.join(", "))) })
}

fn sequence(value: &str) -> Result<(u32, &str), Fault> {
    let (number, method) = value.trim().split_once([' ', '\t']).ok_or_else(|| Fault::bad("cseq is not a number and a method"))?;
    let plain = number.bytes().all(|byte| byte.is_ascii_digit());
    match number.parse::<u64>() {
        Ok(number) if plain && number < SEQUENCE_LIMIT => Ok((number as u32, method.trim())),
        _ => Err(Fault::bad("the number in cseq is not below 2^31")),
    }
}

/// What Content-Length says.
fn length(head: &Head) -> Result<Option<usize>, Fault> {
    let Some(written) = head.first("content-length") else { return Ok(None) };
    let written = written.trim();
    let plain = !written.is_empty() && written.bytes().all(|byte| byte.is_ascii_digit());
    match written.parse::<usize>() {
        Ok(length) if plain => Ok(Some(length)),
        _ => Err(Fault::bad("content-length is no number")),
    }
}

#[cfg(test)]
mod tests;
