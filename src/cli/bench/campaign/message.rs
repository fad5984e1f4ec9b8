//! SIP as the simulated network speaks it: texts put together and taken apart by hand, with nothing of the service's own stack.

use std::net::SocketAddr;

/// A message as it came.
#[derive(Clone, Debug)]
pub struct Message(String);

impl Message {
    /// `None` for what is no text.
    pub fn read(bytes: &[u8]) -> Option<Message> {
        Some(Message(std::str::from_utf8(bytes).ok()?.to_owned()))
    }

    /// `SIP/2.0` for an answer.
    pub fn method(&self) -> &str {
        self.0.split(' ').next().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let (head, _) = self.0.split_once("\r\n\r\n")?;
        head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// The number in the request's line or in a header that names an address.
    pub fn number_of<'a>(&'a self, address: &'a str) -> Option<&'a str> {
        let (_, after) = address.split_once("sip:")?;
        Some(after.split(['@', '>', ';']).next().unwrap_or_default())
    }

    pub fn called(&self) -> Option<&str> {
        self.number_of(self.0.lines().next()?)
    }

    /// Where its sender wants sound.
    pub fn media(&self) -> Option<SocketAddr> {
        let (_, body) = self.0.split_once("\r\n\r\n")?;
        let line = |start: &str| body.lines().find_map(|line| line.strip_prefix(start));
        let address = line("c=IN IP4 ")?.trim().parse().ok()?;
        let port = line("m=audio ")?.split(' ').next()?.parse().ok()?;
        Some(SocketAddr::new(address, port))
    }

    /// An answer to this request; the other end is `tag`.
    pub fn answer(&self, code: u16, tag: &str, contact: SocketAddr, body: &str) -> String {
        let (head, _) = self.0.split_once("\r\n\r\n").unwrap_or((&self.0, ""));
        let copied: String = head
            .lines()
            .filter(|line| ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].iter().any(|name| line.starts_with(name)))
            .map(|line| match line.starts_with("To:") && !line.contains(";tag=") {
                true => format!("{line};tag={tag}\r\n"),
                false => format!("{line}\r\n"),
            })
            .collect();
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        format!("SIP/2.0 {code} Answer\r\n{copied}Contact: <sip:callee@{contact}>\r\n{kind}Content-Length: {}\r\n\r\n{body}", body.len())
    }

    /// A request of the callee's in the call that this INVITE began.
    pub fn request(&self, method: &str, sequence: u32, tag: &str, contact: SocketAddr, kind: &str, body: &str) -> Option<String> {
        let target = self.header("Contact").and_then(|contact| contact.split(['<', '>']).nth(1))?;
        let (caller, callee, call) = (self.header("From")?, self.header("To")?, self.header("Call-ID")?);
        let kind = if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
        Some(format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {contact};branch=z9hG4bK-{tag}-{sequence}\r\nMax-Forwards: 70\r\nFrom: {callee};tag={tag}\r\n\
             To: {caller}\r\nCall-ID: {call}\r\nCSeq: {sequence} {method}\r\nContact: <sip:callee@{contact}>\r\n{kind}Content-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }
}

/// Telephone sound at this place, and nothing else.
pub fn description(sound: SocketAddr) -> String {
    let (ip, port) = (sound.ip(), sound.port());
    format!("v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\na=sendrecv\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &str = "INVITE sip:13900000001@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1\r\nFrom: <sip:10000@127.0.0.1>;tag=a\r\n\
        To: <sip:13900000001@127.0.0.1>\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\nContact: <sip:10000@127.0.0.1:5070>\r\nContent-Length: 0\r\n\r\n\
        v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 20000 RTP/AVP 8\r\n";

    #[test]
    fn what_an_invite_says() {
        let invite = Message::read(INVITE.as_bytes()).unwrap();
        assert_eq!((invite.method(), invite.called()), ("INVITE", Some("13900000001")));
        assert_eq!(invite.number_of(invite.header("from").unwrap()), Some("10000"));
        assert_eq!(invite.media(), Some("127.0.0.1:20000".parse().unwrap()));
        let here = "127.0.0.1:5080".parse().unwrap();
        assert!(invite.answer(486, "t", here, "").contains("To: <sip:13900000001@127.0.0.1>;tag=t\r\n"));
        let bye = invite.request("BYE", 1, "t", here, "", "").unwrap();
        assert!(
            bye.starts_with("BYE sip:10000@127.0.0.1:5070 SIP/2.0\r\n") && bye.contains("\r\nTo: <sip:10000@127.0.0.1>;tag=a\r\n"),
            "{bye}"
        );
    }

    #[test]
    fn bytes_that_are_no_message_say_nothing() {
        assert!(Message::read(&[0xff, 0xfe]).is_none());
        for text in ["", "\r\n\r\n", "INVITE", "INVITE sip:", "x: y\r\n\r\nc=IN IP4 x\r\nm=audio y\r\n"] {
            let message = Message::read(text.as_bytes()).unwrap();
            let _ = (message.called(), message.media(), message.header("To"));
            let _ = message.answer(200, "t", SocketAddr::from(([127, 0, 0, 1], 1)), "");
        }
    }
}
