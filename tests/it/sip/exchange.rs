//! The other side of calls that go out: a PBX that says exactly what a test wants.

use super::wire::{Message, Stream, Wire};
use std::net::SocketAddr;
use std::time::Duration;
use tingshuo::call::dial::{Callee, Order};
use tingshuo::line::sip::digest::Account;
use tingshuo::line::sip::settings::Carrier;
use tingshuo::line::sip::trunk::Trunk;
use tingshuo::text::PhoneNumber;
use tokio::net::UdpSocket;

pub struct Exchange {
    wire: Wire,
    transport: &'static str,
    pub address: SocketAddr,
    pub sound: UdpSocket,
    /// Where the last message came from.
    peer: Option<SocketAddr>,
}

impl Exchange {
    pub async fn open() -> Exchange {
        let wire = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = wire.local_addr().unwrap();
        Exchange::new(Wire::Udp(wire), "UDP", address).await
    }

    async fn new(wire: Wire, transport: &'static str, address: SocketAddr) -> Exchange {
        Exchange { wire, transport, address, sound: UdpSocket::bind("127.0.0.1:0").await.unwrap(), peer: None }
    }

    /// One that the service has connected to at `address`.
    pub async fn on(stream: impl Stream + 'static, address: SocketAddr) -> Exchange {
        Exchange::new(Wire::stream(stream), "TLS", address).await
    }

    /// The trunk to it, with an account.
    pub fn trunk(&self, register: Option<Duration>) -> Trunk {
        Trunk {
            name: "main".to_owned(),
            carrier: Carrier::Udp,
            secured: None,
            srtp: None,
            server: self.address.to_string(),
            domain: "pbx.example".to_owned(),
            number: Some("10086".to_owned()),
            account: Some(Account::new("tingshuo", "open sesame")),
            register,
        }
    }

    pub fn into_wire(self) -> Wire {
        self.wire
    }

    pub async fn hear(&mut self) -> Message {
        let (message, from) = self.wire.hear().await;
        self.peer = from;
        message
    }

    /// The next request of this method; what is repeated of others is passed over.
    pub async fn asked(&mut self, method: &str) -> Message {
        loop {
            let message = self.hear().await;
            if message.method() == method {
                return message;
            }
        }
    }

    pub async fn say(&self, text: &str) {
        self.wire.say(text, self.peer.unwrap_or(self.address)).await;
    }

    /// Answers a request; `extra` are whole lines.
    pub async fn reply(&self, request: &Message, code: u16, extra: &str, body: &str) {
        let copied: String = request
            .0
            .lines()
            .take_while(|line| !line.is_empty())
            .filter(|line| ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].iter().any(|name| line.starts_with(name)))
            .map(|line| match line.strip_prefix("To:") {
                Some(to) if code > 100 && !to.contains(";tag=") => format!("{line};tag=pbx\r\n"),
                _ => format!("{line}\r\n"),
            })
            .collect();
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let contact = format!("Contact: <sip:callee@{}>\r\n", self.address);
        let contact = if extra.contains("Contact:") { "" } else { contact.as_str() };
        self.say(&format!("SIP/2.0 {code} Word\r\n{copied}{contact}{extra}{kind}Content-Length: {}\r\n\r\n{body}", body.len())).await;
    }

    pub fn answer(&self, formats: &str) -> String {
        let port = self.sound.local_addr().unwrap().port();
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP {formats}\r\na=rtpmap:101 telephone-event/8000\r\n"
        )
    }

    /// Takes an INVITE: ringing, the answer, and its confirmation.
    pub async fn take(&mut self, formats: &str) -> Message {
        let invite = self.asked("INVITE").await;
        self.reply(&invite, 180, "", "").await;
        self.reply(&invite, 200, "", &self.answer(formats)).await;
        self.asked("ACK").await;
        invite
    }

    /// New terms for the call that `invite` began; gives the service's answer to them.
    pub async fn offer_again(&mut self, invite: &Message, sequence: u32, offer: &str) -> Message {
        self.ask(invite, "INVITE", sequence, "Content-Type: application/sdp\r\n", offer).await;
        let mut answer = self.hear().await;
        while answer.code() < 200 {
            answer = self.hear().await;
        }
        assert_eq!(answer.code(), 200, "{}", answer.0);
        self.ask(invite, "ACK", sequence, "", "").await;
        answer
    }

    /// A request inside the call that `invite` began.
    pub async fn ask(&mut self, invite: &Message, method: &str, sequence: u32, extra: &str, body: &str) {
        let (from, to) = (invite.header("To").unwrap(), invite.header("From").unwrap());
        let from = if from.contains(";tag=") { from.to_owned() } else { format!("{from};tag=pbx") };
        let call_id = invite.header("Call-ID").unwrap();
        self.say(&format!(
            "{method} sip:tingshuo@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{2} {0};branch=z9hG4bK-pbx-{sequence}\r\nMax-Forwards: 70\r\nFrom: {from}\r\nTo: {to}\r\n\
             Call-ID: {call_id}\r\nCSeq: {sequence} {method}\r\nContact: <sip:callee@{0}>\r\n{extra}Content-Length: {1}\r\n\r\n{body}",
            self.address,
            body.len(),
            self.transport
        ))
        .await;
    }
}

/// The customer on the other side of the trunk.
pub fn order() -> Order {
    Order { to: Callee::Number(PhoneNumber::parse("13800000001").unwrap()), from: None, trunk: None, ring: Duration::from_secs(30) }
}
