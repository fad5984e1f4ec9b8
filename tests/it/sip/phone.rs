//! A telephone that says exactly what a test wants, and an echo that answers it.

use super::exchange::Exchange;
use super::wire::Wire;
pub use super::wire::{Message, PATIENCE};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tingshuo::call::line::{Floor, Frame, HandedOver, Line, Packets};
use tingshuo::call::reception::{Incoming, Refusal};
use tingshuo::dialog::{Outcome, TransferReason};
use tingshuo::line::networks::Networks;
use tingshuo::line::sdp::Codec;
use tingshuo::line::sip::Answerer;
use tingshuo::line::sip::line::SipLine;
use tingshuo::line::sip::server::Server;
use tingshuo::line::sip::settings::{Carrier, Handover, Settings, Srtp};
use tingshuo::text::Lang;
use tokio::net::{TcpStream, UdpSocket};
use tokio_rustls::TlsConnector;

/// What the echo does and saw.
#[derive(Default)]
pub struct Echo {
    pub places: usize,
    pub draining: bool,
    /// Leaves after so many ticks: hangs up, or hands over.
    pub leaves_after: Option<usize>,
    pub transfers: bool,
    /// How handing over went.
    pub handed: Mutex<Vec<HandedOver>>,
    pub held: AtomicUsize,
    pub ended: AtomicUsize,
    pub keys: Mutex<String>,
    /// How the packets of persons fared to whom callers were handed.
    pub others: Mutex<Packets>,
    /// Both sides while the caller was handed over.
    pub overheard: Mutex<Vec<(Frame, Frame)>>,
    pub callers: Mutex<Vec<Option<String>>>,
}

impl Answerer for Echo {
    type Place = ();

    fn admit(&self) -> Result<(), Refusal> {
        match self.held.load(Ordering::SeqCst) - self.ended.load(Ordering::SeqCst) {
            _ if self.draining => Err(Refusal::Draining),
            present if present >= self.places => Err(Refusal::Full),
            _ => Ok(()),
        }
    }

    async fn hold(&self, (): (), mut line: SipLine, incoming: Incoming) {
        self.held.fetch_add(1, Ordering::SeqCst);
        self.callers.lock().unwrap().push(incoming.caller.map(|number| number.reveal().to_owned()));
        let mut ticks = 0;
        loop {
            let inbound = line.tick(Floor::default()).await;
            self.keys.lock().unwrap().push_str(&inbound.keys);
            ticks += 1;
            if inbound.closed {
                break;
            }
            line.send(&inbound.frame).await;
            if self.leaves_after.is_some_and(|limit| ticks == limit) {
                let outcome = if self.transfers {
                    Outcome::Transferred { reason: TransferReason::CallerAsked, intent: None, slots: Default::default() }
                } else {
                    Outcome::Completed
                };
                let handed = if self.transfers {
                    line.hand_over(&mut |caller, person| self.overheard.lock().unwrap().push((*caller, *person))).await
                } else {
                    HandedOver::NotHere
                };
                *self.others.lock().unwrap() += line.packets_of_others();
                self.handed.lock().unwrap().push(handed);
                if matches!(handed, HandedOver::Failed(_)) {
                    continue;
                }
                line.end(Some(&outcome)).await;
                break;
            }
        }
        self.ended.fetch_add(1, Ordering::SeqCst);
    }
}

pub fn settings() -> Settings {
    let local = "127.0.0.1:0".parse().unwrap();
    Settings {
        listen: vec![(Carrier::Udp, local), (Carrier::Tcp, local)],
        address: None,
        allowed: Networks::parse(["127.0.0.0/8"]).unwrap(),
        ports: free_ports(),
        codecs: Codec::ALL.to_vec(),
        lang: Lang::Zh,
        ring: Duration::ZERO,
        transfer: Handover::Refer("sip:person@127.0.0.1".to_owned()),
        trunks: Vec::new(),
        identity: None,
        srtp: Srtp::default(),
        trust: None,
    }
}

/// A range of which every port is free now, and none is given to two tests.
pub fn free_ports() -> std::ops::RangeInclusive<u16> {
    const PORTS: u16 = 40;
    static GIVEN: Mutex<Vec<u16>> = Mutex::new(Vec::new());
    let mut given = GIVEN.lock().unwrap();
    loop {
        let first = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port() & !1;
        let apart = given.iter().all(|other| other.abs_diff(first) >= PORTS);
        let free = |port| std::net::UdpSocket::bind(("127.0.0.1", port)).is_ok();
        if apart && first < u16::MAX - PORTS && (first..first + PORTS).all(free) {
            given.push(first);
            return first..=first + PORTS - 1;
        }
    }
}

pub async fn serve(echo: Echo, settings: Settings) -> (Server<Echo>, Arc<Echo>) {
    let echo = Arc::new(Echo { places: echo.places.max(1), ..echo });
    (Server::start(settings, echo.clone()).await.unwrap(), echo)
}

pub fn address<A: Answerer>(server: &Server<A>, carrier: Carrier) -> SocketAddr {
    server.addresses().iter().find(|(known, _)| *known == carrier).unwrap().1
}

pub struct Phone {
    wire: Wire,
    server: SocketAddr,
    local: SocketAddr,
    /// Where it is called back, and how.
    pub contact: String,
    transport: &'static str,
    call_id: String,
    sequence: u32,
    branch: u32,
    /// With the service's tag once it has one.
    to: String,
    pub sound: UdpSocket,
}

static CALLS: AtomicUsize = AtomicUsize::new(0);

impl Phone {
    pub async fn udp<A: Answerer>(server: &Server<A>) -> Phone {
        Phone::udp_to(address(server, Carrier::Udp)).await
    }

    pub async fn udp_to(server: SocketAddr) -> Phone {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let local = socket.local_addr().unwrap();
        Phone::new(Wire::Udp(socket), "UDP", local, server).await
    }

    pub async fn tcp<A: Answerer>(server: &Server<A>) -> Phone {
        let address = address(server, Carrier::Tcp);
        // The stack opens its listener on a task of its own.
        let mut stream = TcpStream::connect(address).await;
        while stream.is_err() {
            tokio::task::yield_now().await;
            stream = TcpStream::connect(address).await;
        }
        let stream = stream.unwrap();
        let local = stream.local_addr().unwrap();
        Phone::new(Wire::stream(stream), "TCP", local, address).await
    }

    /// Over TLS, by `peer`'s idea of whom to believe.
    pub async fn tls<A: Answerer>(server: &Server<A>, peer: &TlsConnector) -> Phone {
        let address = address(server, Carrier::Tls);
        let stream = TcpStream::connect(address).await.unwrap();
        let local = stream.local_addr().unwrap();
        let stream = peer.connect("pbx.example".try_into().unwrap(), stream).await.unwrap();
        Phone::new(Wire::stream(stream), "TLS", local, address).await
    }

    /// On the connection that the service opened to a PBX.
    pub async fn on<A: Answerer>(exchange: Exchange, server: &Server<A>) -> Phone {
        let at = exchange.address;
        Phone::new(exchange.into_wire(), "TLS", at, server.addresses()[0].1).await
    }

    async fn new(wire: Wire, transport: &'static str, local: SocketAddr, server: SocketAddr) -> Phone {
        let number = CALLS.fetch_add(1, Ordering::SeqCst);
        Phone {
            wire,
            server,
            local,
            contact: format!("{local};transport={transport}"),
            transport,
            call_id: format!("call-{number}-{}", std::process::id()),
            sequence: 0,
            branch: 0,
            to: "<sip:10086@127.0.0.1>".to_owned(),
            sound: UdpSocket::bind("127.0.0.1:0").await.unwrap(),
        }
    }

    pub fn offer(&self, lines: &str) -> String {
        let port = self.sound.local_addr().unwrap().port();
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n{lines}"
        )
    }

    /// A request; `extra` are whole lines. An ACK or CANCEL has the numbers of the request before it.
    pub fn request(&mut self, method: &str, extra: &str, body: &str) -> String {
        if !matches!(method, "ACK" | "CANCEL") {
            self.sequence += 1;
        }
        if method != "CANCEL" {
            self.branch += 1;
        }
        let (sequence, branch, local, transport) = (self.sequence, self.branch, self.local, self.transport);
        let (to, call_id, contact) = (&self.to, &self.call_id, &self.contact);
        let kind = if body.is_empty() || extra.contains("Content-Type") { "" } else { "Content-Type: application/sdp\r\n" };
        format!(
            "{method} sip:10086@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} {local};branch=z9hG4bK-{call_id}-{branch};rport\r\nMax-Forwards: 70\r\n\
             From: \"Caller\" <sip:13800000001@127.0.0.1>;tag=phone\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {sequence} {method}\r\n\
             Contact: <sip:13800000001@{contact}>\r\n{extra}{kind}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    /// Gives up what the last INVITE asked for.
    pub fn cancel(&mut self) -> String {
        self.to = "<sip:10086@127.0.0.1>".to_owned();
        self.request("CANCEL", "", "")
    }

    /// Another connection in place of the present one, which breaks.
    pub fn rewire(&mut self, wire: Wire) {
        self.wire = wire;
    }

    pub async fn say(&mut self, text: &str) {
        self.wire.say(text, self.server).await;
    }

    /// The next message.
    pub async fn hear(&mut self) -> Message {
        let message = self.wire.hear().await.0;
        if message.code() > 100
            && let Some(to) = message.header("To")
            && to.contains(";tag=")
        {
            self.to = to.to_owned();
        }
        message
    }

    /// The final answer to the last request, whatever comes before it.
    pub async fn answer(&mut self) -> Message {
        loop {
            let message = self.hear().await;
            if message.code() >= 200 {
                return message;
            }
        }
    }

    /// The next request of the service; what is repeated of its answers is passed over.
    pub async fn asked(&mut self) -> Message {
        loop {
            let message = self.hear().await;
            if message.code() == 0 {
                return message;
            }
        }
    }

    /// Asks and gives the final answer.
    pub async fn ask(&mut self, method: &str, extra: &str, body: &str) -> Message {
        let request = self.request(method, extra, body);
        self.say(&request).await;
        self.answer().await
    }

    /// A call that is answered and confirmed.
    pub async fn call(&mut self) -> Message {
        let offer = self.offer("");
        let answer = self.ask("INVITE", "", &offer).await;
        assert_eq!(answer.code(), 200, "{}", answer.0);
        self.confirm("").await;
        answer
    }

    pub async fn confirm(&mut self, body: &str) {
        let ack = self.request("ACK", "", body);
        self.say(&ack).await;
    }

    /// Answers a request of the service.
    pub async fn reply(&mut self, request: &Message, code: u16) {
        self.reply_with(request, code, "", "").await;
    }

    /// The same with more; `extra` are whole lines.
    pub async fn reply_with(&mut self, request: &Message, code: u16, extra: &str, body: &str) {
        let copied: String = request
            .0
            .lines()
            .filter(|line| ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].iter().any(|name| line.starts_with(name)))
            .map(|line| format!("{line}\r\n"))
            .collect();
        self.say(&format!("SIP/2.0 {code} OK\r\n{copied}{extra}Content-Length: {}\r\n\r\n{body}", body.len())).await;
    }
}

/// Waits until something is true that another task does.
pub async fn until(what: impl Fn() -> bool) {
    let wait = async {
        while !what() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("it never came true");
}
