//! A call before it is answered: whether it is taken, what is agreed on, and the ringing, during which the caller may give up.

use super::call::Call;
use super::invite::Invite;
use super::leg::{Leg, METHODS, other};
use super::server::{Inner, reply};
use super::terms::{Refused, acceptable_body, session_timer, takes_our_answer};
use super::timer::SessionTimer;
use super::{Answerer, ToCall};
use crate::call::reception::{Incoming, Refusal};
use crate::line::caller;
use crate::line::rtp::ports::PortPair;
use crate::line::sdp::{Agreed, Negotiation};
use crate::text::PhoneNumber;
use rsipstack::sip::{Header, HeadersExt, Method, Request};
use rsipstack::transaction::transaction::Transaction;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::time::Instant;

/// Timer T1 of RFC 3261; a reliable provisional answer is repeated as RFC 3262, section 3, says.
const T1: Duration = Duration::from_millis(500);
/// A service that is being shut down is back by then, or another one answers.
const RETRY_AFTER_S: u32 = 30;

/// A call that rings.
pub(super) struct Setup<A: Answerer> {
    pub server: Arc<Inner<A>>,
    /// The INVITE, with our tag.
    pub request: Request,
    pub invite: Invite,
    pub leg: Leg,
    pub inbox: Receiver<ToCall>,
    pub mailbox: Sender<ToCall>,
}

/// What is kept ready for a call until its sound can flow.
pub(super) struct Ready<A: Answerer> {
    pub place: A::Place,
    pub sockets: PortPair,
    pub incoming: Incoming,
}

/// The terms of a call.
struct Terms<A: Answerer> {
    ready: Ready<A>,
    negotiation: Negotiation,
    timer: SessionTimer,
    /// `None` when the caller offered nothing and we do.
    agreed: Option<Agreed>,
    body: Vec<u8>,
}

/// How the ringing ended.
enum Rung {
    Answer,
    GivenUp,
    /// The service is being shut down.
    Ending,
}

impl<A: Answerer> Setup<A> {
    pub async fn run(mut self) {
        let terms = match self.terms().await {
            Ok(terms) => terms,
            Err(Refused { code, headers }) => {
                tracing::info!(code, "a call is refused");
                return self.invite.respond(self.server.response(&self.request, code, headers, Vec::new()));
            }
        };
        let (code, headers) = match self.ring().await {
            Rung::Answer => return self.answer(terms).await,
            Rung::GivenUp => (487, Vec::new()),
            Rung::Ending => (503, vec![other("Retry-After", RETRY_AFTER_S.to_string())]),
        };
        self.invite.respond(self.server.response(&self.request, code, headers, Vec::new()));
    }

    async fn terms(&self) -> Result<Terms<A>, Refused> {
        let request = &self.request;
        let timer = session_timer(request)?;
        takes_our_answer(request)?;
        let place = self.server.answerer.admit().map_err(|refusal| match refusal {
            Refusal::Full => Refused::from(486),
            Refusal::Draining => Refused::with(503, "Retry-After", RETRY_AFTER_S.to_string()),
        })?;
        let sockets = self.server.ports.bind().await.map_err(|error| {
            tracing::error!(%error, "no port for the sound of a call; widen the range in the configuration");
            Refused::with(503, "Retry-After", RETRY_AFTER_S.to_string())
        })?;
        let port = sockets.rtp.local_addr().map_err(|_| Refused::from(500))?.port();
        let local = SocketAddr::new(self.server.media_address, port);
        let protection = self.server.settings.srtp.protection(self.leg.way.local.r#type);
        let mut negotiation = Negotiation::new(local, &self.server.settings.codecs, rand::random::<u64>() >> 2).protected(protection);
        let (agreed, body) = if request.body.is_empty() {
            (None, negotiation.offer())
        } else {
            acceptable_body(request)?;
            let (agreed, body) = negotiation.answer(&request.body, &self.server.allowed)?;
            (Some(agreed), body)
        };
        let incoming = Incoming { line: "sip", caller: calling(request), lang: self.server.settings.lang };
        Ok(Terms { ready: Ready { place, sockets, incoming }, negotiation, timer, agreed, body })
    }

    /// Rings for as long as the settings say.
    async fn ring(&mut self) -> Rung {
        let reliable = self.request.header_contains_token("Require", "100rel");
        let number = u32::from(rand::random::<u16>()) + 1;
        let mut headers = vec![other("Contact", self.leg.contact()), other("Allow", METHODS)];
        if reliable {
            headers.extend([other("Require", "100rel"), other("RSeq", number.to_string())]);
        }
        let ringing = self.server.response(&self.request, 180, headers, Vec::new());
        self.invite.respond(ringing.clone());
        let until = Instant::now() + self.server.settings.ring;
        let mut pause = T1;
        let mut again = Instant::now() + pause;
        let mut acknowledged = !reliable;
        loop {
            let wake = if acknowledged { until } else { until.min(again) };
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(wake) => {
                    if Instant::now() >= until {
                        return Rung::Answer;
                    }
                    pause *= 2;
                    again += pause;
                    self.invite.respond(ringing.clone());
                }
                message = self.inbox.recv() => match message {
                    Some(ToCall::Request(transaction)) => match self.early(*transaction, number).await {
                        Early::Acknowledged => acknowledged = true,
                        Early::Ended => return Rung::GivenUp,
                        Early::Other => {}
                    },
                    Some(ToCall::Cancelled | ToCall::Over { .. }) | None => return Rung::GivenUp,
                    Some(ToCall::Leave(_)) => return Rung::Ending,
                    Some(_) => {}
                },
            }
        }
    }

    /// A request that comes before the answer.
    async fn early(&mut self, mut transaction: Transaction, number: u32) -> Early {
        let request = transaction.original.clone();
        let sequenced = self.leg.takes(&request).is_ok();
        let (code, headers, what) = match request.method {
            _ if !sequenced => (500, Vec::new(), Early::Other),
            Method::PRack if request.rack_value().is_some_and(|(rseq, ..)| rseq == number) => (200, Vec::new(), Early::Acknowledged),
            Method::PRack => (481, Vec::new(), Early::Other),
            Method::Bye => (200, Vec::new(), Early::Ended),
            Method::Options => (200, vec![other("Allow", METHODS)], Early::Other),
            Method::Invite | Method::Update => (500, vec![other("Retry-After", "1")], Early::Other),
            _ => (481, Vec::new(), Early::Other),
        };
        reply(&mut transaction, code, headers).await;
        what
    }

    async fn answer(self, terms: Terms<A>) {
        let Terms { ready, negotiation, timer, agreed, body } = terms;
        let mut headers = vec![
            other("Contact", self.leg.contact()),
            other("Allow", METHODS),
            other("Supported", "100rel, timer"),
            other("Content-Type", "application/sdp"),
        ];
        headers.extend(timer.headers());
        self.invite.respond(self.server.response(&self.request, 200, headers, body));
        let updates = self.request.header_value("Allow").is_some_and(|allow| allow.to_ascii_uppercase().contains("UPDATE"));
        let mut call = Call::answered(self, ready, negotiation, timer, updates);
        call.begin(agreed);
        call.run().await;
    }
}

enum Early {
    Acknowledged,
    Ended,
    Other,
}

impl<A: Answerer> Inner<A> {
    /// An answer to an INVITE.
    pub(super) fn response(&self, request: &Request, code: u16, headers: Vec<Header>, body: Vec<u8>) -> rsipstack::sip::Response {
        let mut response = self.endpoint.make_response(request, rsipstack::sip::StatusCode::from(code), Some(body));
        if (101..300).contains(&code) {
            response.headers.extend(request.record_route_headers().into_iter().cloned().map(Header::RecordRoute).collect());
        }
        response.headers.extend(headers);
        response
    }
}

/// Who calls: what the network asserts, else what the caller's equipment says. Withheld numbers and names are nobody.
fn calling(request: &Request) -> Option<PhoneNumber> {
    let asserted = request.header_value("P-Asserted-Identity");
    let claimed = request.from_header().ok().map(|from| from.value().to_owned());
    asserted.as_deref().and_then(number).or_else(|| claimed.as_deref().and_then(number))
}

/// The number in `"Name" <sip:13800000000@host>` or `<tel:+8613800000000>`.
fn number(value: &str) -> Option<PhoneNumber> {
    let (_, address) = value.split_once("sip:").or_else(|| value.split_once("sips:")).or_else(|| value.split_once("tel:"))?;
    let end = address.find(['@', ';', '>', '?']).unwrap_or(address.len());
    caller::number(address.get(..end)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_addresses() {
        let of = |value| number(value).map(|number| number.reveal().to_owned());
        assert_eq!(of("\"A\" <sip:13800000001@192.0.2.1>;tag=1").as_deref(), Some("13800000001"));
        assert_eq!(of("sip:+8613800000001@192.0.2.1").as_deref(), Some("13800000001"));
        assert_eq!(of("<tel:+86-138-0000-0001>").as_deref(), Some("13800000001"));
        assert_eq!(of("<sip:anonymous@anonymous.invalid>"), None);
        assert_eq!(of("<sip:192.0.2.1>"), None);
    }
}
