//! Messages in one form, for the stack behind the gate reads no other: a line a field, long names, no white space between marks. Pure.

use super::fields::Head;
use std::borrow::Cow;

/// Stands in From for a caller of RFC 2543, who has no tag; it never leaves the machine.
pub const NO_TAG: &str = ";tag=none-rfc2543";

/// `head` and its body anew, ended where Content-Length says, else at the end of `rest` (RFC 3261, section 18.3).
pub fn whole(head: &Head, rest: &[u8], announced: Option<usize>) -> Vec<u8> {
    let body = announced.and_then(|length| rest.get(..length)).unwrap_or(rest);
    let mut text = String::with_capacity(head.length + 64);
    text.push_str(&start(&head.start));
    text.push_str("\r\n");
    for (name, value) in head.fields().filter(|(name, _)| *name != "content-length") {
        let untagged = name == "from" && super::fields::parameter(value, "tag").is_none();
        let mark = if untagged { NO_TAG } else { "" };
        text.push_str(&format!("{name}: {}{mark}\r\n", field(name, value)));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let mut whole = text.into_bytes();
    whole.extend_from_slice(body);
    whole
}

/// What goes out, without the tag that the peer never gave.
pub fn as_the_peer_wrote(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mark = NO_TAG.as_bytes();
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(bytes.len());
    let mut rest = bytes;
    let mut written = Vec::new();
    let mut before = head;
    while let Some(at) = rest.windows(mark.len()).position(|window| window == mark).filter(|at| *at < before) {
        let (kept, behind) = rest.split_at(at);
        written.extend_from_slice(kept);
        rest = behind.get(mark.len()..).unwrap_or_default();
        before -= at + mark.len();
    }
    if written.is_empty() {
        return Cow::Borrowed(bytes);
    }
    written.extend_from_slice(rest);
    Cow::Owned(written)
}

/// The version may be written small (section 7.1).
fn start(line: &str) -> Cow<'_, str> {
    match line.rsplit_once(' ') {
        Some((before, version)) if version.eq_ignore_ascii_case("SIP/2.0") => Cow::Owned(format!("{before} SIP/2.0")),
        _ => Cow::Borrowed(line),
    }
}

fn field<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    match name {
        "via" => Cow::Owned(tight(value, "/;=,:")),
        "from" | "to" | "contact" | "route" | "record-route" | "refer-to" | "referred-by" | "session-expires" => {
            Cow::Owned(tight(value, ";=,"))
        }
        "cseq" => Cow::Owned(tight(value, "")),
        _ => Cow::Borrowed(value),
    }
}

/// `value` without white space beside `marks` and with single spaces elsewhere; what is quoted or an address in brackets stays.
fn tight(value: &str, marks: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let (mut quoted, mut escaped, mut bracketed, mut space) = (false, false, false, false);
    for letter in value.trim().chars() {
        let inside = quoted || bracketed;
        if !inside && matches!(letter, ' ' | '\t') {
            space = true;
            continue;
        }
        let divided = text.ends_with(|last: char| marks.contains(last)) || marks.contains(letter);
        if std::mem::take(&mut space) && !divided && !text.is_empty() {
            text.push(' ');
        }
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if !bracketed => quoted = !quoted,
            '<' if !quoted => bracketed = true,
            '>' if !quoted => bracketed = false,
            _ => {}
        }
        text.push(letter);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_between_marks_goes_and_quotations_stay() {
        let via = "SIP  /   2.0 /UDP    192.0.2.2:5060  ; branch =\tz9hG4bK1 ,  SIP/2.0/TCP  host";
        assert_eq!(tight(via, "/;=,:"), "SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK1,SIP/2.0/TCP host");
        assert_eq!(tight("\"a  \\\" ; b\"   <sip:x@y;z = 1> ;  tag  = 1", ";=,"), "\"a  \\\" ; b\" <sip:x@y;z = 1>;tag=1");
        assert_eq!(tight(" 0009   INVITE ", ""), "0009 INVITE");
    }

    #[test]
    fn a_caller_without_tag_gets_one_and_never_sees_it() {
        let head = Head::read(b"BYE sip:a sip/2.0\r\nf: <sip:b>\r\nt: <sip:a>;tag=1\r\ncseq: 1 BYE\r\n\r\n").unwrap();
        let text = String::from_utf8(whole(&head, b"body and more", Some(4))).unwrap();
        assert_eq!(
            text,
            "BYE sip:a SIP/2.0\r\nfrom: <sip:b>;tag=none-rfc2543\r\nto: <sip:a>;tag=1\r\ncseq: 1 BYE\r\ncontent-length: 4\r\n\r\nbody"
        );
        let out = format!("SIP/2.0 200 OK\r\nFrom: <sip:b>{NO_TAG}\r\nTo: <sip:b>{NO_TAG};x=1\r\n\r\nbody {NO_TAG}");
        let expected = format!("SIP/2.0 200 OK\r\nFrom: <sip:b>\r\nTo: <sip:b>;x=1\r\n\r\nbody {NO_TAG}");
        assert_eq!(String::from_utf8_lossy(&as_the_peer_wrote(out.as_bytes())), expected);
        assert!(matches!(as_the_peer_wrote(b"SIP/2.0 200 OK\r\n\r\n"), Cow::Borrowed(_)));
    }
}
