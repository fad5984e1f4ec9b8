//! The gate on the wire: on the UDP socket for datagrams, before the stack for messages of a connection.

use super::gate::{Verdict, examine};
use super::rewrite::as_the_peer_wrote;
use super::settings::Carrier;
use crate::line::networks::Networks;
use async_trait::async_trait;
use rsipstack::platform::net::UdpSocket as StackSocket;
use rsipstack::sip::{Response, SipMessage};
use rsipstack::transaction::endpoint::TransportEventInspector;
use rsipstack::transport::{SipConnection, TransportEvent};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Messages that were not let in.
#[derive(Debug, Default)]
pub struct Turned {
    /// From networks that are not allowed, or to them.
    pub foreign: AtomicU64,
    /// Answered at the gate.
    pub refused: AtomicU64,
    /// Dropped at the gate.
    pub dropped: AtomicU64,
}

impl Turned {
    fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// A socket for datagrams that lets through what passes the gate.
pub struct GatedSocket<S> {
    pub socket: S,
    pub allowed: Arc<Networks>,
    pub turned: Arc<Turned>,
}

#[async_trait]
impl<S: StackSocket> StackSocket for GatedSocket<S> {
    async fn recv_from(&self, buffer: &mut [u8]) -> rsipstack::Result<(usize, SocketAddr)> {
        loop {
            let (length, from) = self.socket.recv_from(buffer).await?;
            if !self.allowed.contains(from.ip()) {
                Turned::count(&self.turned.foreign);
                continue;
            }
            let bytes = buffer.get(..length).unwrap_or_default();
            // A sign of life between two translators of addresses (RFC 5626, section 3.5.1): the stack answers it.
            if bytes == b"\r\n\r\n" {
                return Ok((length, from));
            }
            match examine(bytes, from, Carrier::Udp) {
                Verdict::Pass(message) => {
                    if let Some(room) = buffer.get_mut(..message.len()) {
                        room.copy_from_slice(&message);
                        return Ok((message.len(), from));
                    }
                    Turned::count(&self.turned.dropped);
                }
                Verdict::Answer(answer) => {
                    Turned::count(&self.turned.refused);
                    if let Err(error) = self.socket.send_to(&answer, from).await {
                        tracing::debug!(%error, "a refusal was not sent");
                    }
                }
                Verdict::Drop(reason) => {
                    Turned::count(&self.turned.dropped);
                    tracing::debug!(reason, "a message was dropped");
                }
            }
        }
    }

    async fn send_to(&self, bytes: &[u8], to: SocketAddr) -> rsipstack::Result<usize> {
        // Where an answer goes is the peer's claim; no message leaves the allowed networks.
        if !self.allowed.contains(to.ip()) {
            Turned::count(&self.turned.foreign);
            return Ok(bytes.len());
        }
        self.socket.send_to(&as_the_peer_wrote(bytes), to).await
    }

    fn local_addr(&self) -> rsipstack::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

/// The same for messages that came on a connection.
pub struct ConnectionGate {
    pub turned: Arc<Turned>,
}

#[async_trait]
impl TransportEventInspector for ConnectionGate {
    async fn handle(&self, event: TransportEvent) -> Option<TransportEvent> {
        let TransportEvent::Incoming(message, connection, from) = event else { return Some(event) };
        if matches!(connection, SipConnection::Udp(_)) {
            return Some(TransportEvent::Incoming(message, connection, from));
        }
        let Ok(address) = from.get_socketaddr() else { return None };
        match examine(&message.to_bytes(), address, Carrier::Tcp) {
            Verdict::Pass(whole) => match SipMessage::try_from(whole.as_slice()) {
                Ok(message) => return Some(TransportEvent::Incoming(message, connection, from)),
                Err(_) => Turned::count(&self.turned.dropped),
            },
            Verdict::Answer(answer) => {
                Turned::count(&self.turned.refused);
                if let Ok(answer) = Response::try_from(answer.as_slice())
                    && let Err(error) = connection.send(SipMessage::Response(answer), None).await
                {
                    tracing::debug!(%error, "a refusal was not sent");
                }
            }
            Verdict::Drop(reason) => {
                Turned::count(&self.turned.dropped);
                tracing::debug!(reason, "a message was dropped");
            }
        }
        None
    }
}
