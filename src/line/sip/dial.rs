//! Calling somebody: from our INVITE to the answer, or to the reason why there is none (RFC 3261, section 13.2).
//!
//! A task of its own sends the INVITE, proves who we are when it is asked to, and gives up when it rings too long or nobody wants the call any
//! more. What is answered goes on as any other call.

use super::Answerer;
use super::ToCall;
use super::call::{Call, CallingLeg};
use super::digest::Prover;
use super::leg::{Leg, METHODS, USER_AGENT, Way, contact_at, other};
use super::line::{SipLine, ToLine};
use super::server::{CallKey, Inner, Server, reply};
use super::settings::Carrier;
use super::timer::SessionTimer;
use super::trunk::{Trunk, callee, cause};
use super::ways::is_secure;
use crate::call::dial::{Callee, Cause, Dialer, Order, Undialled};
use crate::line::rtp::ports::PortPair;
use crate::line::sdp::{Agreed, Negotiation};
use rsipstack::sip::headers::{CSeq, CallId, From as FromField, MaxForwards, To, UserAgent};
use rsipstack::sip::{Header, HeadersExt, Method, Request, Response, SipMessage, Version};
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use rsipstack::transaction::random_text;
use rsipstack::transaction::transaction::Transaction;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::Instant;

/// Messages that may wait for the task.
const QUEUE: usize = 32;
const TAG_LETTERS: usize = 16;
const CALL_ID_LETTERS: usize = 24;
/// How long the end of a call that was given up is waited for (section 9.1).
const LAST_WAIT: Duration = Duration::from_secs(32);

/// What happens to a call that goes out.
pub enum Progress {
    Ringing,
    /// Sound before anybody answered: the network's ringing tone or announcement. It may be listened to.
    Sound(SipLine),
    /// Somebody answered; the line, unless [`Progress::Sound`] brought it.
    Answered(Option<SipLine>),
    Failed(Undialled),
}

/// A call that goes out; dropping it before the answer gives it up.
pub struct Dialling(Receiver<Progress>);

impl Dialling {
    /// `None` when everything was said.
    pub async fn next(&mut self) -> Option<Progress> {
        self.0.recv().await
    }

    /// Waits for the answer.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn answered(mut self) -> Result<SipLine, Undialled> {
        let mut early = None;
        while let Some(progress) = self.next().await {
            match progress {
                Progress::Ringing => {}
                Progress::Sound(line) => early = Some(line),
                Progress::Answered(line) => return line.or(early).ok_or(Undialled::from(Cause::Unreachable)),
                Progress::Failed(why) => return Err(why),
            }
        }
        Err(Cause::Unreachable.into())
    }
}

impl<A: Answerer> Dialer for Server<A> {
    type Line = SipLine;

    async fn dial(&self, order: Order) -> Result<SipLine, Undialled> {
        self.call_out(order).answered().await
    }
}

impl<A: Answerer> Inner<A> {
    /// Begins a call.
    pub(super) fn call_out(self: Arc<Self>, order: Order) -> Dialling {
        let (events, progress) = channel(QUEUE);
        tokio::spawn(async move {
            let ring = order.ring;
            match Outgoing::prepare(self, &order, events.clone()).await {
                Ok(outgoing) => outgoing.run(ring).await,
                Err(cause) => drop(events.send(Progress::Failed(cause.into())).await),
            }
        });
        Dialling(progress)
    }

    fn trunk(&self, name: Option<&str>) -> Option<&Trunk> {
        self.settings.trunks.iter().find(|trunk| name.is_none_or(|name| trunk.name == name))
    }
}

/// A call before it is answered.
struct Outgoing<A: Answerer> {
    server: Arc<Inner<A>>,
    events: Sender<Progress>,
    prover: Option<Prover>,
    /// The one that was sent last.
    invite: Request,
    sequence: u32,
    way: Way,
    key: CallKey,
    negotiation: Negotiation,
    /// Until there is a line.
    sockets: Option<PortPair>,
    to_line: Option<Sender<ToLine>>,
    inbox: Receiver<ToCall>,
    mailbox: Sender<ToCall>,
    rings: bool,
    /// Nobody wants the call any more; since when.
    given_up: Option<Instant>,
}

/// How one INVITE ended.
enum End {
    Accepted(Box<Response>),
    Refused(Box<Response>),
    Nobody,
}

impl<A: Answerer> Outgoing<A> {
    async fn prepare(server: Arc<Inner<A>>, order: &Order, events: Sender<Progress>) -> Result<Outgoing<A>, Cause> {
        let direct = matches!(order.to, Callee::Address(_)) && order.trunk.is_none();
        let trunk = server.trunk(order.trunk.as_deref()).filter(|_| !direct);
        if trunk.is_none() && !direct {
            return Err(Cause::NoTrunk);
        }
        let uri = callee(&order.to, trunk.map(|trunk| trunk.domain.as_str()))?;
        let way = match trunk {
            Some(trunk) if is_secure(&uri) && trunk.carrier != Carrier::Tls => {
                tracing::warn!(trunk = trunk.name, "a sips address is called over TLS only");
                return Err(Cause::Unreachable);
            }
            Some(trunk) => server.reach(&trunk.server, trunk.carrier, trunk.secured.as_ref()).await?,
            None => server.reach_uri(&uri).await?,
        };
        let sockets = server.ports.bind().await.map_err(|_| Cause::NoRoom)?;
        let port = sockets.rtp.local_addr().map_err(|_| Cause::NoRoom)?.port();
        let local = SocketAddr::new(server.media_address, port);
        let srtp = trunk.and_then(|trunk| trunk.srtp).unwrap_or(server.settings.srtp);
        let negotiation = Negotiation::new(local, &server.settings.codecs, rand::random::<u64>() >> 2);
        let mut negotiation = negotiation.protected(srtp.protection(way.local.r#type));
        let tag = random_text(TAG_LETTERS);
        let from = from(order, trunk, &way);
        let call_id = random_text(CALL_ID_LETTERS);
        let headers = Vec::from([
            Header::MaxForwards(MaxForwards::from(70)),
            Header::From(FromField::new(format!("<{from}>;tag={tag}"))),
            Header::To(To::new(format!("<{uri}>"))),
            Header::CallId(CallId::new(call_id.clone())),
            Header::UserAgent(UserAgent::new(USER_AGENT)),
            other("Contact", contact_at(&way.local, is_secure(&uri))),
            other("Allow", METHODS),
            other("Content-Type", "application/sdp"),
        ]);
        let headers = headers.into_iter().chain(SessionTimer::proposal(None)).collect::<Vec<_>>();
        let invite = Request { method: Method::Invite, uri, version: Version::V2, headers: headers.into(), body: negotiation.offer() };
        let prover = trunk.and_then(|trunk| trunk.account.clone()).map(Prover::new);
        let (mailbox, inbox) = channel(QUEUE);
        let key = (call_id, tag);
        server.enter(key.clone(), mailbox.clone());
        Ok(Outgoing {
            server,
            events,
            prover,
            invite,
            sequence: 0,
            way,
            key,
            negotiation,
            sockets: Some(sockets),
            to_line: None,
            inbox,
            mailbox,
            rings: false,
            given_up: None,
        })
    }

    async fn run(mut self, ring: Duration) {
        let (server, key) = (self.server.clone(), self.key.clone());
        let until = Instant::now() + ring;
        let mut raised = false;
        loop {
            let failure = match self.attempt(until).await {
                End::Accepted(response) => {
                    self.accepted(&response).await;
                    break;
                }
                End::Refused(response) => match response.status_code.code() {
                    401 | 407 if self.given_up.is_none() && self.challenged(&response) => continue,
                    422 if self.given_up.is_none() && !raised => {
                        raised = true;
                        self.propose_longer_session(&response);
                        continue;
                    }
                    _ => refused(&response),
                },
                End::Nobody => Cause::Unreachable.into(),
            };
            if self.given_up.is_none() {
                // Whoever gave up does not want to know.
                let _ = self.events.send(Progress::Failed(failure)).await;
            }
            break;
        }
        server.leave(&key);
    }

    /// Sends the INVITE and follows it to its end, giving up at `until`.
    async fn attempt(&mut self, until: Instant) -> End {
        let Some(mut responses) = self.send() else { return End::Nobody };
        let mut provisional = false;
        let mut cancelled = false;
        loop {
            if self.given_up.is_some() && provisional && !cancelled {
                cancelled = true;
                self.cancel();
            }
            let wake = self.given_up.map_or(until, |since| since + LAST_WAIT);
            tokio::select! {
                biased;
                response = responses.recv() => match response {
                    Some(response) => match response.status_code.code() {
                        ..200 => {
                            provisional = true;
                            self.rings(&response).await;
                        }
                        200..300 => return End::Accepted(Box::new(response)),
                        _ => return End::Refused(Box::new(response)),
                    },
                    None => return End::Nobody,
                },
                message = self.inbox.recv() => match message {
                    Some(ToCall::Request(mut transaction)) => reply(&mut transaction, 500, vec![other("Retry-After", "1")]).await,
                    Some(ToCall::Leave(_)) => self.give_up(Cause::NoRoom).await,
                    _ => {}
                },
                () = self.events.closed(), if self.given_up.is_none() => self.given_up = Some(Instant::now()),
                () = tokio::time::sleep_until(wake) => match self.given_up {
                    Some(_) => return End::Nobody,
                    None => self.give_up(Cause::NoAnswer).await,
                },
            }
        }
    }

    async fn give_up(&mut self, cause: Cause) {
        if self.given_up.is_none() {
            self.given_up = Some(Instant::now());
            let _ = self.events.send(Progress::Failed(cause.into())).await;
        }
    }

    /// The INVITE with its next number on its way; the answers come here.
    fn send(&mut self) -> Option<Receiver<Response>> {
        self.sequence += 1;
        let via = self.server.endpoint.get_via(Some(self.way.local.clone()), None).ok()?;
        let headers = &mut self.invite.headers;
        headers.retain(|header| !matches!(header, Header::Via(_) | Header::CSeq(_)) && !is_proof(header));
        headers.push_front(Header::Via(via.into()));
        headers.push(Header::CSeq(CSeq::new(format!("{} INVITE", self.sequence))));
        let cnonce = random_text(TAG_LETTERS);
        if let Some(proof) = self.prover.as_mut().and_then(|prover| prover.proof("INVITE", &self.invite.uri.to_string(), &cnonce)) {
            headers.push(proof);
        }
        let key = TransactionKey::from_request(&self.invite, TransactionRole::Client).ok()?;
        let connection = Some(self.way.connection.clone());
        let mut transaction = Transaction::new_client(key, self.invite.clone(), self.server.endpoint.clone(), connection);
        transaction.destination = Some(self.way.peer.clone());
        let (answered, responses) = channel(QUEUE);
        tokio::spawn(async move {
            if transaction.send().await.is_err() {
                return;
            }
            while let Some(message) = transaction.receive().await {
                if let SipMessage::Response(response) = message {
                    // After the end the stack confirms what comes again, and nobody else wants to know.
                    let _ = answered.try_send(response);
                }
            }
        });
        Some(responses)
    }

    fn cancel(&self) {
        let mut cancel = self.invite.clone();
        cancel.method = Method::Cancel;
        cancel.body = Vec::new();
        cancel.headers.retain(|header| {
            matches!(
                header,
                Header::Via(_) | Header::From(_) | Header::To(_) | Header::CallId(_) | Header::MaxForwards(_) | Header::UserAgent(_)
            )
        });
        cancel.headers.push(Header::CSeq(CSeq::new(format!("{} CANCEL", self.sequence))));
        let (server, to, connection) = (self.server.clone(), self.way.peer.clone(), self.way.connection.clone());
        tokio::spawn(async move { server.ask(cancel, to, connection).await });
    }

    /// True if the call is worth another try.
    fn challenged(&mut self, response: &Response) -> bool {
        self.prover.as_mut().is_some_and(|prover| prover.challenged(response))
    }

    /// The peer wants longer sessions than we proposed (RFC 4028, section 7.3).
    fn propose_longer_session(&mut self, response: &Response) {
        let least = response.header_value("Min-SE").and_then(|text| text.split(';').next().and_then(|least| least.trim().parse().ok()));
        let names = ["Session-Expires", "Min-SE", "Supported"];
        self.invite.headers.retain(|header| !names.iter().any(|name| header.name().eq_ignore_ascii_case(name)));
        self.invite.headers.extend(SessionTimer::proposal(least));
    }

    /// A provisional answer, perhaps with sound.
    async fn rings(&mut self, response: &Response) {
        if response.status_code.code() > 100 && !std::mem::replace(&mut self.rings, true) {
            // Whoever is gone is noticed by the loop.
            let _ = self.events.send(Progress::Ringing).await;
        }
        if response.body.is_empty() || self.given_up.is_some() {
            return;
        }
        match self.negotiation.accept(&response.body, &self.server.allowed) {
            Ok(agreed) => {
                if let Some(line) = self.agree(agreed) {
                    let _ = self.events.send(Progress::Sound(line)).await;
                }
            }
            Err(error) => tracing::info!(%error, "sound before the answer does not fit"),
        }
    }

    /// New terms; the first ones make the line.
    fn agree(&mut self, agreed: Agreed) -> Option<SipLine> {
        let Some(sockets) = self.sockets.take() else {
            if let Some(to_line) = &self.to_line {
                // A line that takes nothing is closed with the channel.
                let _ = to_line.try_send(ToLine::Agreed(agreed));
            }
            return None;
        };
        let (line, to_line) = self.server.line(sockets, agreed, self.mailbox.clone());
        self.to_line = Some(to_line);
        Some(line)
    }

    async fn accepted(mut self, response: &Response) {
        let Ok(leg) = Leg::calling(&self.invite, response, self.way.clone()) else {
            tracing::warn!("an answer names no place to talk to");
            let _ = self.events.send(Progress::Failed(Cause::Unreachable.into())).await;
            return;
        };
        let line = if response.body.is_empty() && self.to_line.is_some() {
            Ok(None)
        } else {
            self.negotiation.accept(&response.body, &self.server.allowed).map(|agreed| self.agree(agreed))
        };
        let stays = match line {
            _ if self.given_up.is_some() => false,
            Ok(line) => self.events.send(Progress::Answered(line)).await.is_ok(),
            Err(error) => {
                tracing::info!(%error, "the answer does not fit");
                let failure = Undialled { code: Some(response.status_code.code()), ..Cause::NoCommonSound.into() };
                let _ = self.events.send(Progress::Failed(failure)).await;
                false
            }
        };
        let updates = response.header_value("Allow").is_some_and(|allow| allow.to_ascii_uppercase().contains("UPDATE"));
        let timer = SessionTimer::agreed(response);
        let Outgoing { server, negotiation, inbox, mailbox, to_line, mut prover, .. } = self;
        if let Some(prover) = &mut prover {
            prover.accepted();
        }
        let calling = CallingLeg { server, leg, negotiation, inbox, mailbox, to_line, timer, updates, prover };
        Call::calling(calling, stays).run().await;
    }
}

fn from(order: &Order, trunk: Option<&Trunk>, way: &Way) -> String {
    let domain = trunk.map_or(way.local.addr.to_string(), |trunk| trunk.domain.clone());
    match (&order.from, trunk) {
        (Some(number), _) => format!("sip:{}@{domain}", number.reveal()),
        (None, Some(trunk)) => format!("sip:{}@{domain}", trunk.user()),
        (None, None) => format!("sip:tingshuo@{domain}"),
    }
}

fn is_proof(header: &Header) -> bool {
    ["Authorization", "Proxy-Authorization"].iter().any(|name| header.name().eq_ignore_ascii_case(name))
}

fn refused(response: &Response) -> Undialled {
    let code = response.status_code.code();
    let reason = response.header_value("Reason");
    let cause = cause(code, reason.as_deref());
    let elsewhere = match cause {
        Cause::Moved => response.contact_header().ok().map(|contact| super::fields::bare_address(contact.value())),
        _ => None,
    };
    Undialled { cause, code: Some(code), elsewhere }
}
