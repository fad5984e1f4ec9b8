//! Header fields as text: enough to judge a message that may be broken, and to answer it.

use super::gate::Fault;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;

/// More header lines than any honest message has.
const MOST_FIELDS: usize = 256;

/// The lines above the body. Names are in lower case and long; continued lines are joined.
#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    pub start: String,
    fields: Vec<(String, String)>,
    /// Bytes up to the body.
    pub length: usize,
    /// An empty line follows the fields, as it must.
    pub ended: bool,
}

impl Head {
    /// `None` if it is not text, or broken off within a line.
    pub fn read(bytes: &[u8]) -> Option<Head> {
        let empty = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let end = empty.or_else(|| bytes.len().checked_sub(2).filter(|_| bytes.ends_with(b"\r\n")))?;
        let text = std::str::from_utf8(bytes.get(..end)?).ok()?;
        let mut lines = text.split("\r\n");
        let start = lines.next()?.to_owned();
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in lines {
            if line.starts_with([' ', '\t']) {
                let (_, value) = fields.last_mut()?;
                value.push(' ');
                value.push_str(line.trim());
                continue;
            }
            let (name, value) = line.split_once(':')?;
            fields.push((long_name(name.trim_end())?, value.trim().to_owned()));
            if fields.len() > MOST_FIELDS {
                return None;
            }
        }
        Some(Head { start, fields, length: (end + 4).min(bytes.len()), ended: empty.is_some() })
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn first(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All of them in their order, as name and value.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn count(&self, name: &str) -> usize {
        self.fields.iter().filter(|(known, _)| known == name).count()
    }
}

/// The long name of a field in lower case; `None` if it is no name.
fn long_name(name: &str) -> Option<String> {
    let long = match name.to_ascii_lowercase().as_str() {
        "i" => "call-id",
        "m" => "contact",
        "e" => "content-encoding",
        "l" => "content-length",
        "c" => "content-type",
        "f" => "from",
        "s" => "subject",
        "k" => "supported",
        "t" => "to",
        "v" => "via",
        "o" => "event",
        "r" => "refer-to",
        "x" => "session-expires",
        other => return is_token(other).then(|| other.to_owned()),
    };
    Some(long.to_owned())
}

/// A word of RFC 3261, section 25.1.
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte))
}

/// Whether a Via can be answered along.
///
/// # Errors
/// What is wrong with it.
pub fn via(value: &str) -> Result<(), &'static str> {
    let first = unquoted(value).ok_or("a quotation mark is not closed")?;
    let first = first.split(',').next().unwrap_or_default();
    let mut slashes = first.splitn(3, '/').map(str::trim);
    let (Some(protocol), Some(version), Some(rest)) = (slashes.next(), slashes.next(), slashes.next()) else {
        return Err("via has no protocol");
    };
    if !protocol.eq_ignore_ascii_case("SIP") || version != "2.0" {
        return Err("via is of another protocol");
    }
    let (transport, sent_by) = rest.split_once([' ', '\t']).ok_or("via names no host")?;
    let (host, parameters) = sent_by.split_once(';').map_or((sent_by, None), |(host, rest)| (host, Some(rest)));
    let host = host.trim();
    if !["UDP", "TCP", "TLS", "WS", "WSS"].iter().any(|known| known.eq_ignore_ascii_case(transport)) {
        return Err("via is of an unknown transport");
    }
    if host.is_empty() {
        return Err("via names no host");
    }
    parameters.map_or(Ok(()), parameters_are_sound)
}

/// `name` or `name=value`, divided by semicolons; quotations are taken out.
fn parameters_are_sound(written: &str) -> Result<(), &'static str> {
    for parameter in written.split(';') {
        let (name, value) = parameter.split_once('=').map_or((parameter, None), |(name, value)| (name, Some(value)));
        if !is_token(name.trim()) {
            return Err("a parameter has no name");
        }
        if value.is_some_and(|value| value.trim().contains(char::is_whitespace)) {
            return Err("the value of a parameter is not one word");
        }
    }
    Ok(())
}

/// Whether a value is an address: `<uri>` with an optional name, or a bare URI.
///
/// # Errors
/// What is wrong with it.
pub fn address(value: &str) -> Result<(), &'static str> {
    let bare = unquoted(value).ok_or("a quotation mark is not closed")?;
    let (uri, parameters) = match (bare.find('<'), bare.find('>')) {
        (Some(open), Some(close)) if open < close => {
            let name = bare.get(..open).unwrap_or_default().trim();
            if !name.split_whitespace().all(is_token) {
                return Err("the name needs quotation marks");
            }
            (bare.get(open + 1..close).unwrap_or_default(), bare.get(close + 1..).unwrap_or_default().trim())
        }
        (None, None) => {
            let end = bare.find(';').unwrap_or(bare.len());
            let uri = bare.get(..end).unwrap_or_default().trim();
            if uri.contains(['?', ',']) {
                return Err("the address needs angle brackets");
            }
            (uri, bare.get(end..).unwrap_or_default())
        }
        _ => return Err("an angle bracket is not closed"),
    };
    match parameters.strip_prefix(';') {
        Some(parameters) => parameters_are_sound(parameters)?,
        None if parameters.is_empty() => {}
        None => return Err("something other than parameters follows the address"),
    }
    let (scheme, rest) = uri.split_once(':').ok_or("the address has no scheme")?;
    let sound = is_token(scheme) && !rest.is_empty() && !uri.contains([' ', '\t', '<', '>']);
    if sound { Ok(()) } else { Err("the address cannot be read") }
}

/// A list of addresses; commas inside angle brackets and quotation marks divide nothing.
pub fn list(value: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut inside, mut quoted) = (false, false);
    for letter in value.chars() {
        match letter {
            '"' => quoted = !quoted,
            '<' if !quoted => inside = true,
            '>' if !quoted => inside = false,
            ',' if !quoted && !inside => {
                parts.push(std::mem::take(&mut part).trim().to_owned());
                continue;
            }
            _ => {}
        }
        part.push(letter);
    }
    parts.push(part.trim().to_owned());
    parts.retain(|part| !part.is_empty());
    parts
}

/// `value` with everything between quotation marks taken out.
fn unquoted(value: &str) -> Option<String> {
    let mut bare = String::with_capacity(value.len());
    let (mut quoted, mut escaped) = (false, false);
    for letter in value.chars() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            other if !quoted => bare.push(other),
            _ => {}
        }
    }
    (!quoted).then_some(bare)
}

/// A parameter of an address, after its angle brackets.
pub fn parameter(value: &str, name: &str) -> Option<String> {
    let bare = unquoted(value)?;
    let behind = bare.rsplit_once('>').map_or(bare.as_str(), |(_, behind)| behind);
    behind.split(';').skip(1).find_map(|part| {
        let (known, value) = part.split_once('=')?;
        known.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

/// The URI in an address, without its name and brackets.
pub fn bare_address(value: &str) -> String {
    let value = list(value).into_iter().next().unwrap_or_default();
    let inside = value.split_once('<').and_then(|(_, behind)| behind.split_once('>')).map(|(uri, _)| uri.to_owned());
    inside.unwrap_or_else(|| value.split(';').next().unwrap_or_default().trim().to_owned())
}

/// An answer to a request that nobody will remember; `None` if it has no way back.
pub fn answer(head: &Head, fault: &Fault, from: SocketAddr) -> Option<Vec<u8>> {
    head.first("via")?;
    let mut text = format!("SIP/2.0 {} {}\r\n", fault.code, fault.reason);
    for (n, via) in head.all("via").enumerate() {
        let via = if n == 0 { seen_from(via, from) } else { via.to_owned() };
        let _ = write!(text, "Via: {via}\r\n");
    }
    for (name, written) in [("from", "From"), ("call-id", "Call-ID"), ("cseq", "CSeq")] {
        if let Some(value) = head.first(name) {
            let _ = write!(text, "{written}: {value}\r\n");
        }
    }
    if let Some(to) = head.first("to") {
        let tag = if parameter(to, "tag").is_none() { format!(";tag={:016x}", fixed_tag(head)) } else { String::new() };
        let _ = write!(text, "To: {to}{tag}\r\n");
    }
    if let Some((name, value)) = &fault.header {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    text.push_str("Content-Length: 0\r\n\r\n");
    Some(text.into_bytes())
}

/// The top Via with where the request really came from (RFC 3581).
fn seen_from(via: &str, from: SocketAddr) -> String {
    let (first, rest) = via.split_once(',').map_or((via, String::new()), |(first, rest)| (first, format!(",{rest}")));
    let kept: Vec<&str> = first
        .split(';')
        .filter(|part| {
            let name = part.split('=').next().unwrap_or_default().trim();
            !name.eq_ignore_ascii_case("rport") && !name.eq_ignore_ascii_case("received")
        })
        .collect();
    format!("{};received={};rport={}{rest}", kept.join(";"), from.ip(), from.port())
}

/// The same for a request that is sent again.
fn fixed_tag(head: &Head) -> u64 {
    let mut hasher = DefaultHasher::new();
    (head.first("call-id"), head.first("cseq"), head.first("from")).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_divided_at_commas_between_addresses() {
        assert_eq!(list("<sip:a;lr>, <sip:b?x=1,2>"), ["<sip:a;lr>", "<sip:b?x=1,2>"]);
        assert_eq!(list("\"x, y\" <sip:a>"), ["\"x, y\" <sip:a>"]);
        assert_eq!(list(" , "), Vec::<String>::new());
    }
}
