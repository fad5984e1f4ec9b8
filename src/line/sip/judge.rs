//! What becomes of single messages: a whole line on a wire in memory, with somebody behind it who takes every call and leaves it at once.
//!
//! For the torture messages of RFC 4475 and whatever else a peer might send; nothing goes onto a network.

use super::Answerer;
use super::gate::{Verdict, examine};
use super::line::SipLine;
use super::server::Server;
use super::settings::{Carrier, Handover, Settings, SipError, Srtp};
use crate::call::line::Line;
use crate::call::reception::{Incoming, Refusal};
use crate::line::networks::Networks;
use crate::line::sdp::Codec;
use crate::text::Lang;
use async_trait::async_trait;
use rsipstack::platform::net::UdpSocket as StackSocket;
use rsipstack::sip::SipMessage;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Answers come at once; what is silent for so long says nothing.
const PATIENCE: Duration = Duration::from_millis(500);
const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 99)), 5060);
const SERVICE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5060);

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// The final answer.
    Answered { code: u16, reason: String },
    /// A response or an ACK that is taken; nothing is said to it.
    Taken,
    /// Not even looked at by the line, and why.
    Dropped(&'static str),
    /// It came through the gate and got no answer: a fault of ours.
    Silence,
}

/// See the module's text.
pub struct Judge {
    server: Server<Nobody>,
    to_service: UnboundedSender<Datagram>,
    from_service: UnboundedReceiver<Datagram>,
}

impl Judge {
    /// Needs a tokio runtime.
    ///
    /// # Errors
    /// When the stack does not start.
    pub async fn new() -> Result<Judge, SipError> {
        let settings = Settings {
            listen: Vec::new(),
            address: Some(SERVICE.ip()),
            allowed: Networks::parse(["0.0.0.0/0", "::/0"]).expect("the ranges are well formed"),
            ports: 1024..=65_535,
            codecs: Codec::ALL.to_vec(),
            lang: Lang::Zh,
            ring: Duration::ZERO,
            transfer: Handover::None,
            trunks: Vec::new(),
            identity: None,
            srtp: Srtp::Never,
            trust: None,
        };
        let (to_service, incoming) = unbounded_channel();
        let (outgoing, from_service) = unbounded_channel();
        let wire = Memory { incoming: Mutex::new(incoming), outgoing };
        let server = Server::start_with(settings, Arc::new(Nobody), Some(wire)).await?;
        Ok(Judge { server, to_service, from_service })
    }

    /// Sends one datagram and waits for what comes of it. Messages of one judge should be of different calls.
    pub async fn rule(&mut self, bytes: &[u8]) -> Ruling {
        let whole = match examine(bytes, PEER, Carrier::Udp) {
            Verdict::Drop(why) => return Ruling::Dropped(why),
            Verdict::Answer(answer) => return answered(&answer).unwrap_or(Ruling::Silence),
            Verdict::Pass(whole) => whole,
        };
        while self.from_service.try_recv().is_ok() {}
        if self.to_service.send(bytes.to_vec()).is_err() {
            return Ruling::Silence;
        }
        if whole.starts_with(b"SIP/") || whole.starts_with(b"ACK ") {
            return Ruling::Taken;
        }
        let answer = async {
            while let Some(said) = self.from_service.recv().await {
                if let Some(ruling) = answered(&said) {
                    return ruling;
                }
            }
            Ruling::Silence
        };
        tokio::time::timeout(PATIENCE, answer).await.unwrap_or(Ruling::Silence)
    }

    /// Calls that the line still knows.
    pub fn calls(&self) -> usize {
        self.server.calls()
    }
}

fn answered(bytes: &[u8]) -> Option<Ruling> {
    let Ok(SipMessage::Response(response)) = SipMessage::try_from(bytes) else { return None };
    let code = response.status_code.code();
    let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let reason = String::from_utf8_lossy(line).splitn(3, ' ').nth(2).unwrap_or_default().to_owned();
    (code >= 200).then_some(Ruling::Answered { code, reason })
}

struct Nobody;

impl Answerer for Nobody {
    type Place = ();

    fn admit(&self) -> Result<(), Refusal> {
        Ok(())
    }

    async fn hold(&self, (): (), mut line: SipLine, _incoming: Incoming) {
        line.end(None).await;
    }
}

type Datagram = Vec<u8>;

/// A wire that ends in this process.
pub(super) struct Memory {
    incoming: Mutex<UnboundedReceiver<Datagram>>,
    outgoing: UnboundedSender<Datagram>,
}

#[async_trait]
impl StackSocket for Memory {
    async fn recv_from(&self, buffer: &mut [u8]) -> rsipstack::Result<(usize, SocketAddr)> {
        let Some(datagram) = self.incoming.lock().await.recv().await else { return std::future::pending().await };
        let length = datagram.len().min(buffer.len());
        if let (Some(room), Some(bytes)) = (buffer.get_mut(..length), datagram.get(..length)) {
            room.copy_from_slice(bytes);
        }
        Ok((length, PEER))
    }

    async fn send_to(&self, bytes: &[u8], _to: SocketAddr) -> rsipstack::Result<usize> {
        // Nobody listens when the judge is gone.
        let _ = self.outgoing.send(bytes.to_vec());
        Ok(bytes.len())
    }

    fn local_addr(&self) -> rsipstack::Result<SocketAddr> {
        Ok(SERVICE)
    }
}
