//! The SIP side of the service: sockets, admission, and the way of every message to its call.

use super::call::Call;
use super::dial::Dialling;
use super::doorman::{ConnectionGate, GatedSocket, Turned};
use super::judge::Memory;
use super::leg::{METHODS, USER_AGENT, other};
use super::line::{SipLine, ToLine, Transfer};
use super::registration::{self, Standing};
use super::secure::Identity;
use super::settings::{Carrier, Handover, Settings, SipError};
use super::ways::Door;
use super::{Answerer, Leave, ToCall};
use crate::call::dial::Order;
use crate::line::networks::Networks;
use crate::line::rtp::media::Media;
use crate::line::rtp::ports::{PortPair, Ports};
use crate::line::rtp::stream::Start;
use crate::line::sdp::Agreed;
use rsipstack::EndpointBuilder;
use rsipstack::platform::CancellationToken;
use rsipstack::sip::{Header, HeadersExt, Method, Request, Response, SipMessage, StatusCode};
use rsipstack::transaction::endpoint::{Endpoint, EndpointInnerRef, EndpointOption};
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use rsipstack::transaction::transaction::Transaction;
use rsipstack::transport::udp::UdpConnection;
use rsipstack::transport::{SipAddr, SipConnection, TcpListenerConnection, TransportLayer};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::mpsc::{Sender, channel};
use tokio::sync::watch;

/// How long peers are waited for when the service ends.
const GOODBYE: Duration = Duration::from_secs(2);
/// Messages that may wait for a line.
const QUEUE: usize = 32;
/// A connection may be silent for so long, which is longer than a session goes without a refresh.
const IDLE: Duration = Duration::from_secs(3_600);
const GOODBYE_POLL: Duration = Duration::from_millis(20);

/// See the module's text. Dropping it closes the sockets; calls that are going on lose their signalling.
pub struct Server<A: Answerer> {
    inner: Arc<Inner<A>>,
    endpoint: Endpoint,
    addresses: Vec<(Carrier, SocketAddr)>,
    /// Ends the registrations.
    end: watch::Sender<bool>,
}

/// What the tasks share.
pub(super) struct Inner<A: Answerer> {
    pub answerer: Arc<A>,
    pub settings: Settings,
    pub allowed: Arc<Networks>,
    pub ports: Ports,
    pub media_address: IpAddr,
    pub endpoint: EndpointInnerRef,
    /// Where we listen, as peers are told.
    pub locals: Vec<SipAddr>,
    /// Ends what we do with connections beside the stack.
    pub end: CancellationToken,
    turned: Arc<Turned>,
    calls: Mutex<HashMap<CallKey, Sender<ToCall>>>,
    /// By the trunk's name.
    standings: Mutex<HashMap<String, Standing>>,
}

/// Call-ID and our own tag.
pub(super) type CallKey = (String, String);

impl<A: Answerer> Server<A> {
    /// Listens and answers. Needs a tokio runtime.
    ///
    /// # Errors
    /// When an address cannot be listened on or the settings do not fit together.
    pub async fn start(settings: Settings, answerer: Arc<A>) -> Result<Server<A>, SipError> {
        Server::start_with(settings, answerer, None).await
    }

    /// The same, with a wire for datagrams beside the places to listen.
    pub(super) async fn start_with(settings: Settings, answerer: Arc<A>, wire: Option<Memory>) -> Result<Server<A>, SipError> {
        let named = settings.listen.first().map(|(_, address)| address.ip()).filter(|ip| !ip.is_unspecified());
        let media_address = settings.address.or(named).ok_or(SipError::NoAddress)?;
        let ports = Ports::new(media_bind(&settings, media_address), settings.ports.clone()).ok_or(SipError::NoPorts)?;
        let allowed = Arc::new(settings.allowed.clone());
        let turned = Arc::new(Turned::default());
        let token = CancellationToken::new();
        let layer = TransportLayer::new(token.clone());
        let whitelist = allowed.clone();
        layer.set_stream_idle_timeout(IDLE);
        layer.set_whitelist(move |ip: IpAddr| std::future::ready(whitelist.contains(ip)));
        let mut addresses = Vec::new();
        let mut locals = Vec::new();
        let mut doors = Vec::new();
        for (carrier, address) in &settings.listen {
            let told = |port| SipAddr { r#type: Some(carrier.transport()), addr: SocketAddr::new(media_address, port).into() };
            let bound = match carrier {
                Carrier::Udp => {
                    let (connection, bound) = udp(*address, media_address, &allowed, &turned, &token).await?;
                    layer.add_transport(connection);
                    bound
                }
                Carrier::Tcp => {
                    let (connection, bound) = tcp(*address, media_address).await?;
                    layer.add_transport(connection);
                    bound
                }
                Carrier::Tls => {
                    let door = Door::open(*address, settings.identity.as_ref(), told).await?;
                    let bound = door.listener.local_addr().map_err(|error| SipError::Listen(*address, error))?;
                    doors.push(door);
                    bound
                }
            };
            locals.push(told(bound.port()));
            addresses.push((*carrier, bound));
        }
        if let Some(wire) = wire {
            let gated = GatedSocket { socket: wire, allowed: allowed.clone(), turned: turned.clone() };
            layer.add_transport(UdpConnection::from_socket(Arc::new(gated), None, Some(token.child_token())).await?.into());
        }
        let endpoint = EndpointBuilder::new()
            .with_user_agent(USER_AGENT)
            .with_transport_layer(layer)
            .with_cancel_token(token.clone())
            .with_option(EndpointOption::default())
            .with_transport_inspector(Box::new(ConnectionGate { turned: turned.clone() }))
            .build();
        let mut incoming = endpoint.incoming_transactions()?;
        let inner = Arc::new(Inner {
            answerer,
            settings,
            allowed,
            ports,
            media_address,
            endpoint: endpoint.inner.clone(),
            locals,
            end: token,
            turned,
            calls: Mutex::default(),
            standings: Mutex::default(),
        });
        let (end, ending) = watch::channel(false);
        for trunk in &inner.settings.trunks {
            let Some(period) = trunk.register else { continue };
            inner.stand(&trunk.name, Standing::Trying);
            tokio::spawn(registration::keep(inner.clone(), trunk.clone(), period, ending.clone()));
        }
        let stack = endpoint.inner.clone();
        tokio::spawn(async move {
            if let Err(error) = stack.serve().await {
                tracing::error!(%error, "the SIP stack stopped");
            }
        });
        for door in doors {
            tokio::spawn(door.serve(inner.endpoint.clone(), inner.allowed.clone(), inner.end.clone()));
        }
        let dispatch = inner.clone();
        tokio::spawn(async move {
            while let Some(transaction) = incoming.recv().await {
                dispatch.clone().take(transaction);
            }
        });
        Ok(Server { inner, endpoint, addresses, end })
    }

    /// Where it listens, with the ports that were chosen for port 0.
    pub fn addresses(&self) -> &[(Carrier, SocketAddr)] {
        &self.addresses
    }

    /// What we show to peers that connect by TLS; it can be renewed.
    pub fn identity(&self) -> Option<&Identity> {
        self.inner.settings.identity.as_ref()
    }

    /// Calls somebody.
    pub fn call_out(&self, order: Order) -> Dialling {
        self.inner.clone().call_out(order)
    }

    /// Calls that ring or are held.
    pub fn calls(&self) -> usize {
        self.inner.lock().len()
    }

    /// Says goodbye to everybody who is still there, and waits a moment for their answers.
    pub async fn hang_up(&self) {
        let calls: Vec<Sender<ToCall>> = self.inner.lock().values().cloned().collect();
        for call in &calls {
            // A call that takes no messages any more is told nothing.
            let _ = call.try_send(ToCall::Leave(Leave::HangUp));
        }
        drop(calls);
        self.end.send_replace(true);
        let registered = || self.trunks().iter().any(|(_, standing)| *standing != Standing::Unasked);
        let gone = async {
            while self.calls() > 0 || registered() {
                tokio::time::sleep(GOODBYE_POLL).await;
            }
        };
        let _ = tokio::time::timeout(GOODBYE, gone).await;
    }

    /// The trunks and how we stand with them.
    pub fn trunks(&self) -> Vec<(String, Standing)> {
        let names = self.inner.settings.trunks.iter().map(|trunk| trunk.name.clone());
        names.map(|name| (name.clone(), self.inner.standing(&name))).collect()
    }

    /// Messages that were turned away: from foreign networks, with an answer, without one.
    pub fn turned_away(&self) -> [u64; 3] {
        let turned = &self.inner.turned;
        [&turned.foreign, &turned.refused, &turned.dropped].map(|counter| counter.load(Ordering::Relaxed))
    }
}

impl<A: Answerer> Drop for Server<A> {
    fn drop(&mut self) {
        self.endpoint.shutdown();
    }
}

/// Sound is received on the address that peers are told, or on all when that address is not the machine's own.
fn media_bind(settings: &Settings, told: IpAddr) -> IpAddr {
    match settings.listen.first().map(|(_, address)| address.ip()) {
        Some(ip) if !ip.is_unspecified() => ip,
        _ if told.is_ipv4() => IpAddr::from([0; 4]),
        _ => IpAddr::from([0; 16]),
    }
}

async fn udp(
    address: SocketAddr,
    told: IpAddr,
    allowed: &Arc<Networks>,
    turned: &Arc<Turned>,
    token: &CancellationToken,
) -> Result<(SipConnection, SocketAddr), SipError> {
    let socket = UdpSocket::bind(address).await.map_err(|error| SipError::Listen(address, error))?;
    let bound = socket.local_addr().map_err(|error| SipError::Listen(address, error))?;
    let gated = GatedSocket { socket, allowed: allowed.clone(), turned: turned.clone() };
    let external = Some(SocketAddr::new(told, bound.port()));
    let connection = UdpConnection::from_socket(Arc::new(gated), external, Some(token.child_token())).await?;
    Ok((connection.into(), bound))
}

/// The stack binds later and says nothing when it fails, so the address is tried first.
async fn tcp(address: SocketAddr, told: IpAddr) -> Result<(SipConnection, SocketAddr), SipError> {
    let trial = tokio::net::TcpListener::bind(address).await.map_err(|error| SipError::Listen(address, error))?;
    let bound = trial.local_addr().map_err(|error| SipError::Listen(address, error))?;
    drop(trial);
    let external = Some(SocketAddr::new(told, bound.port()));
    Ok((TcpListenerConnection::new(bound, external).await?.into(), bound))
}

impl<A: Answerer> Inner<A> {
    /// Nothing inside panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, HashMap<CallKey, Sender<ToCall>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn stand(&self, trunk: &str, standing: Standing) {
        self.standings.lock().unwrap_or_else(PoisonError::into_inner).insert(trunk.to_owned(), standing);
    }

    pub fn standing(&self, trunk: &str) -> Standing {
        self.standings.lock().unwrap_or_else(PoisonError::into_inner).get(trunk).copied().unwrap_or(Standing::Unasked)
    }

    pub fn enter(&self, key: CallKey, inbox: Sender<ToCall>) {
        self.lock().insert(key, inbox);
    }

    pub fn leave(&self, key: &CallKey) {
        self.lock().remove(key);
    }

    /// A new request. Never waits: a peer that stops reading must not stop the others.
    fn take(self: Arc<Self>, mut transaction: Transaction) {
        let request = &transaction.original;
        let tag = request.to_header().ok().and_then(|to| super::fields::parameter(to.value(), "tag"));
        if let Some(tag) = tag {
            let call_id = request.call_id_header().map(|field| field.value().to_owned()).unwrap_or_default();
            let inbox = self.lock().get(&(call_id, tag)).cloned();
            match inbox {
                // A call that is slow to read loses the request; the peer sends it again.
                Some(inbox) => drop(inbox.try_send(ToCall::Request(Box::new(transaction)))),
                None => drop(tokio::spawn(async move { reply(&mut transaction, 481, Vec::new()).await })),
            }
            return;
        }
        let (code, headers) = match request.method {
            Method::Invite => {
                tokio::spawn(Call::receive(self, transaction));
                return;
            }
            Method::Options => (200, vec![other("Allow", METHODS), other("Accept", "application/sdp")]),
            Method::Bye | Method::Info | Method::Update | Method::PRack | Method::Notify | Method::Refer => (481, Vec::new()),
            _ => (405, vec![other("Allow", METHODS)]),
        };
        tokio::spawn(async move { reply(&mut transaction, code, headers).await });
    }

    /// Sends a request and waits for its final answer; `None` when nobody answers.
    pub async fn ask(&self, request: Request, to: SipAddr, connection: SipConnection) -> Option<Response> {
        let key = TransactionKey::from_request(&request, TransactionRole::Client).ok()?;
        let mut transaction = Transaction::new_client(key, request, self.endpoint.clone(), Some(connection));
        transaction.destination = Some(to);
        transaction.send().await.ok()?;
        while let Some(message) = transaction.receive().await {
            if let SipMessage::Response(response) = message
                && response.status_code.code() >= 200
            {
                if transaction.original.method == Method::Invite {
                    // The stack confirms the answer again each time that it comes again.
                    tokio::spawn(async move { while transaction.receive().await.is_some() {} });
                }
                return Some(response);
            }
        }
        None
    }

    /// A line with its end for the signalling.
    pub fn line(self: &Arc<Self>, sockets: PortPair, agreed: Agreed, to_call: Sender<ToCall>) -> (SipLine, Sender<ToLine>) {
        // In the lower half: a peer that loses the first packets must not lose count of how often the numbers began anew (RFC 3711, section 3.3.1).
        let start = Start { source: rand::random(), sequence: rand::random::<u16>() >> 1, timestamp: rand::random() };
        let media = Media::new(sockets, agreed, self.allowed.clone(), start);
        let (to_line, from_call) = channel(QUEUE);
        let transfer = match &self.settings.transfer {
            Handover::None => Transfer::Nowhere,
            Handover::Refer(target) => Transfer::Refer(target.clone()),
            Handover::Bridge(person) => {
                let server = self.clone();
                Transfer::Bridge(person.clone(), Arc::new(move |order| server.clone().call_out(order)))
            }
        };
        (SipLine::new(media, from_call, to_call, transfer), to_line)
    }
}

/// Answers a request that is no INVITE.
pub(super) async fn reply(transaction: &mut Transaction, code: u16, headers: Vec<Header>) {
    if let Err(error) = transaction.reply_with(StatusCode::from(code), headers, None).await {
        tracing::debug!(%error, code, "an answer was not sent");
    }
}
