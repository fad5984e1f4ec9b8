//! How messages reach a peer: the connections of TLS, which are ours from the first byte on, and the way to a server or back to a caller.

use super::Answerer;
use super::leg::Way;
use super::secure::{Held, Identity, Peer};
use super::server::Inner;
use super::settings::{Carrier, SipError};
use crate::call::dial::Cause;
use crate::line::networks::Networks;
use rsipstack::platform::CancellationToken;
use rsipstack::sip::uri::ParamsExt;
use rsipstack::sip::{HeadersExt, Scheme, Transport, Uri};
use rsipstack::transaction::endpoint::EndpointInnerRef;
use rsipstack::transaction::transaction::Transaction;
use rsipstack::transport::stream::StreamConnection;
use rsipstack::transport::tls::TlsConnection;
use rsipstack::transport::{SipAddr, SipConnection};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

/// Who has not shaken hands by then is left.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Handshakes of peers that connect at one time; the next wait in the listener's queue.
const MOST_HANDSHAKES: usize = 64;
/// A sign of life on a connection to a trunk, so that translators of addresses remember it (RFC 5626, section 3.5.1).
const KEEP_ALIVE: Duration = Duration::from_secs(90);
/// After a failure of the listener itself, such as too many open files.
const LISTENER_REST: Duration = Duration::from_millis(200);
const CRLF_TWICE: &[u8] = b"\r\n\r\n";

/// Peers that connect by TLS.
pub(super) struct Door {
    pub listener: TcpListener,
    pub identity: Identity,
    /// What peers are told.
    pub local: SipAddr,
}

impl Door {
    pub async fn open(address: SocketAddr, identity: Option<&Identity>, local: impl FnOnce(u16) -> SipAddr) -> Result<Door, SipError> {
        let identity = identity.ok_or(SipError::NoCertificate)?.clone();
        let listener = TcpListener::bind(address).await.map_err(|error| SipError::Listen(address, error))?;
        let port = listener.local_addr().map_err(|error| SipError::Listen(address, error))?.port();
        Ok(Door { listener, identity, local: local(port) })
    }

    /// Lets peers of `allowed` in until `end`.
    pub async fn serve(self, endpoint: EndpointInnerRef, allowed: Arc<Networks>, end: CancellationToken) {
        let acceptor = self.identity.acceptor();
        let places = Arc::new(Semaphore::new(MOST_HANDSHAKES));
        loop {
            let Ok(place) = places.clone().acquire_owned().await else { return };
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = end.cancelled() => return,
            };
            let (stream, from) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    sleep(LISTENER_REST).await;
                    continue;
                }
            };
            if !allowed.contains(from.ip()) {
                continue;
            }
            let (acceptor, endpoint, end, local) = (acceptor.clone(), endpoint.clone(), end.child_token(), self.local.clone());
            tokio::spawn(async move {
                let greeted = timeout(HANDSHAKE, acceptor.accept(stream)).await;
                drop(place);
                match greeted {
                    Ok(Ok(stream)) => {
                        let peer = SipAddr { r#type: Some(Transport::Tls), addr: from.into() };
                        match TlsConnection::from_server_stream(stream, local, peer, Some(end)).await {
                            Ok(connection) => endpoint.transport_layer.add_connection(SipConnection::Tls(connection)),
                            Err(error) => tracing::debug!(%error, "a connection was not taken"),
                        }
                    }
                    Ok(Err(error)) => tracing::info!(%from, %error, "a handshake failed"),
                    Err(_) => tracing::info!(%from, "a handshake took too long"),
                }
            });
        }
    }
}

impl<A: Answerer> Inner<A> {
    /// The way to `server`, a host with its port; over TLS `peer` is who has to be there.
    pub async fn reach(&self, server: &str, carrier: Carrier, peer: Option<&Peer>) -> Result<Way, Cause> {
        let found = tokio::net::lookup_host(server).await.map_err(|error| {
            tracing::warn!(server, %error, "the address of a SIP server is not found");
            Cause::Unreachable
        })?;
        let address = found.into_iter().find(|address| self.allowed.contains(address.ip())).ok_or_else(|| {
            tracing::warn!(server, "it is in no network that sip.allow names");
            Cause::Unreachable
        })?;
        if let (Carrier::Tls, Some(peer)) = (carrier, peer) {
            return self.reach_securely(address, peer).await.map_err(|error| {
                tracing::warn!(server, %error, "a SIP server cannot be connected to over TLS");
                Cause::Unreachable
            });
        }
        let transport = carrier.transport();
        let local = self.local(transport).ok_or_else(|| {
            tracing::warn!(server, ?carrier, "nothing is listened on that answers could come to; see sip.listen");
            Cause::Unreachable
        })?;
        let peer = SipAddr { r#type: Some(transport), addr: address.into() };
        let (connection, peer) = self.endpoint.transport_layer.lookup(&peer, None).await.map_err(|error| {
            tracing::warn!(server, %error, "a SIP server cannot be connected to");
            Cause::Unreachable
        })?;
        Ok(Way { connection, peer, local })
    }

    /// Where a URI without a trunk leads.
    pub async fn reach_uri(&self, uri: &Uri) -> Result<Way, Cause> {
        self.reach_over(uri, asked_for(uri).unwrap_or(Carrier::Udp)).await
    }

    /// Another way for a call whose connection broke: to the trunk's server that it led to, else to `next`. What went over TLS goes nowhere else.
    pub async fn reach_again(&self, broken: &Way, next: &Uri) -> Result<Way, Cause> {
        let old = [Carrier::Udp, Carrier::Tcp, Carrier::Tls].into_iter().find(|carrier| Some(carrier.transport()) == broken.peer.r#type);
        let old = old.ok_or(Cause::Unreachable)?;
        let led_to = broken.peer.get_socketaddr().ok();
        for trunk in self.settings.trunks.iter().filter(|trunk| trunk.carrier == old) {
            let found = tokio::net::lookup_host(&trunk.server).await;
            if found.is_ok_and(|mut found| found.any(|address| Some(address) == led_to)) {
                return self.reach(&trunk.server, trunk.carrier, trunk.secured.as_ref()).await;
            }
        }
        match (old, asked_for(next)) {
            (Carrier::Tls, Some(Carrier::Udp | Carrier::Tcp)) => {
                tracing::warn!("a call over TLS has lost its connection, and its peer's contact is not over TLS");
                Err(Cause::Unreachable)
            }
            (_, Some(asked)) => self.reach_over(next, asked).await,
            (old, None) => self.reach_over(next, old).await,
        }
    }

    async fn reach_over(&self, uri: &Uri, carrier: Carrier) -> Result<Way, Cause> {
        let host = uri.host_with_port.host.to_string();
        let mut server = uri.host_with_port.to_string();
        if uri.host_with_port.port.is_none() {
            server.push_str(if carrier == Carrier::Tls { ":5061" } else { ":5060" });
        }
        if carrier != Carrier::Tls {
            return self.reach(&server, carrier, None).await;
        }
        let Some(trust) = &self.settings.trust else {
            tracing::warn!(server, "nobody vouches for servers that are called over TLS; see sip.tls_ca_file");
            return Err(Cause::Unreachable);
        };
        let peer = Peer::new(&host, trust, self.settings.identity.as_ref()).map_err(|_| Cause::NotAnAddress)?;
        self.reach(&server, carrier, Some(&peer)).await
    }

    async fn reach_securely(&self, address: SocketAddr, peer: &Peer) -> io::Result<Way> {
        let remote = SipAddr { r#type: Some(Transport::Tls), addr: address.into() };
        if let Some(connection) = peer.held().filter(|connection| connection.get_remote_addr() == Some(&remote)) {
            let local = self.local_of(&connection);
            return Ok(Way { connection, peer: remote, local });
        }
        let greeted = timeout(HANDSHAKE, async { peer.greet(TcpStream::connect(address).await?).await });
        let stream = greeted.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        let end = self.end.child_token();
        let connection = TlsConnection::from_client_stream(stream, remote.clone(), Some(end.clone())).await.map_err(io::Error::other)?;
        tokio::spawn(keep_alive(connection.clone(), end, peer.watched()));
        let connection = SipConnection::Tls(connection);
        self.endpoint.transport_layer.add_connection(connection.clone());
        peer.hold(connection.clone());
        let local = self.local_of(&connection);
        Ok(Way { connection, peer: remote, local })
    }

    /// Where requests come to that are sent to us on `connection`: our door, or without one only the connection itself.
    fn local_of(&self, connection: &SipConnection) -> SipAddr {
        let own = || {
            let port = connection.get_addr().addr.port.map_or(0, |port| port.value());
            SipAddr { r#type: Some(Transport::Tls), addr: SocketAddr::new(self.media_address, port).into() }
        };
        self.local(Transport::Tls).unwrap_or_else(own)
    }

    fn local(&self, transport: Transport) -> Option<SipAddr> {
        self.locals.iter().find(|local| local.r#type == Some(transport)).cloned()
    }

    /// Our address on a connection, and the way back to where `transaction` came from.
    pub fn way(&self, transaction: &Transaction) -> Option<Way> {
        let connection = transaction.connection.clone()?;
        let transport = connection.transport();
        let peer = match connection.get_remote_addr() {
            Some(address) => address.clone(),
            None => {
                let via = transaction.original.via_header().ok()?;
                let (_, address) = SipConnection::parse_target_from_via(via).ok()?;
                SipAddr::new(transport, address)
            }
        };
        let local = match transport {
            Transport::Tls => self.local_of(&connection),
            _ => {
                let known = || self.endpoint.get_addrs().into_iter().find(|address| address.r#type == Some(transport));
                let known = self.local(transport).or_else(known);
                known.unwrap_or_else(|| SipAddr::new(Transport::Udp, self.media_address.into()))
            }
        };
        Some(Way { connection, peer, local })
    }
}

/// What a URI says of the way to it.
fn asked_for(uri: &Uri) -> Option<Carrier> {
    match uri.transport() {
        _ if is_secure(uri) => Some(Carrier::Tls),
        Some(Transport::Tls) => Some(Carrier::Tls),
        Some(Transport::Tcp) => Some(Carrier::Tcp),
        Some(_) => Some(Carrier::Udp),
        None => None,
    }
}

/// Whether every step to a URI has to be over TLS.
pub(super) fn is_secure(uri: &Uri) -> bool {
    uri.scheme == Some(Scheme::Sips)
}

/// Signs of life for as long as somebody holds the peer.
async fn keep_alive(connection: TlsConnection, end: CancellationToken, held: Weak<Held>) {
    loop {
        tokio::select! {
            () = end.cancelled() => return,
            () = sleep(KEEP_ALIVE) => {}
        }
        if held.strong_count() == 0 || connection.send_raw(CRLF_TWICE).await.is_err() {
            return;
        }
    }
}
