//! What the peer asks inside a call: its end, hold, other terms, keys, how a transfer goes.

use super::life::Life;
use super::{Call, Goodbye, Next};
use crate::line::sdp::Agreed;
use crate::line::sip::Answerer;
use crate::line::sip::invite::Invite;
use crate::line::sip::leg::{METHODS, other};
use crate::line::sip::line::ToLine;
use crate::line::sip::server::reply;
use crate::line::sip::terms::{Refused, acceptable_body, keys, session_timer};
use rsipstack::sip::{Header, HeadersExt, Method, Request, StatusCode};
use rsipstack::transaction::transaction::Transaction;

impl<A: Answerer> Call<A> {
    /// A request of the peer.
    pub(super) async fn request(&mut self, mut transaction: Transaction) -> Next {
        let request = transaction.original.clone();
        let from_tag = request.from_header().ok().and_then(|from| crate::line::sip::fields::parameter(from.value(), "tag"));
        if from_tag.as_deref() != Some(self.leg.remote_tag.as_str()) {
            reply(&mut transaction, 481, Vec::new()).await;
            return Next::GoOn;
        }
        if self.leg.takes(&request).is_err() {
            reply(&mut transaction, 500, vec![other("Warning", "399 tingshuo \"CSeq out of order\"")]).await;
            return Next::GoOn;
        }
        self.follow(self.server.way(&transaction));
        match request.method {
            Method::Bye => {
                reply(&mut transaction, 200, Vec::new()).await;
                return Next::Over;
            }
            Method::Invite => self.reinvite(transaction, &request).await,
            Method::Update => self.update(transaction, &request).await,
            Method::Info => {
                let code = match keys(&request) {
                    Ok(keys) => {
                        if !keys.is_empty() {
                            self.tell(ToLine::Keys(keys));
                        }
                        200
                    }
                    Err(code) => code,
                };
                reply(&mut transaction, code, Vec::new()).await;
            }
            Method::Notify => return self.notify(transaction, &request).await,
            Method::Options => reply(&mut transaction, 200, vec![other("Allow", METHODS), other("Accept", "application/sdp")]).await,
            // Nobody is called on behalf of a caller.
            Method::Refer => reply(&mut transaction, 603, Vec::new()).await,
            // What it confirms was confirmed already, or was never sent.
            Method::PRack => reply(&mut transaction, 481, Vec::new()).await,
            _ => reply(&mut transaction, 405, vec![other("Allow", METHODS)]).await,
        }
        Next::GoOn
    }

    /// How a transfer goes (RFC 3515, section 2.4.5).
    async fn notify(&mut self, mut transaction: Transaction, request: &Request) -> Next {
        if !matches!(self.goodbye, Goodbye::Referred { .. }) {
            reply(&mut transaction, 481, Vec::new()).await;
            return Next::GoOn;
        }
        reply(&mut transaction, 200, Vec::new()).await;
        let fragment = String::from_utf8_lossy(&request.body).into_owned();
        let code = fragment.split_ascii_whitespace().nth(1).and_then(|code| code.parse::<u16>().ok());
        if let Some(code) = code.filter(|code| *code >= 200) {
            if code >= 300 {
                tracing::warn!(code, "a transfer failed at the peer");
            }
            self.say_goodbye();
        }
        Next::GoOn
    }

    /// Hold, resume, another codec, another address, or a sign of life.
    async fn reinvite(&mut self, mut transaction: Transaction, request: &Request) {
        if self.unconfirmed.is_some() {
            return reply(&mut transaction, 500, vec![other("Retry-After", "1")]).await;
        }
        let answered = self.renegotiate(request, true);
        let mut headers = match answered {
            Ok(_) => self.session_headers(),
            Err(Refused { code, headers }) => return reply(&mut transaction, code, headers).await,
        };
        let Ok((agreed, body)) = answered else { return };
        headers.push(other("Content-Type", "application/sdp"));
        let invite = Invite::drive(transaction, self.mailbox.clone());
        invite.respond(self.server.response(request, 200, headers, body));
        self.unconfirmed = Some(invite);
        match agreed {
            Some(agreed) => self.agree(agreed),
            None => self.offered = true,
        }
    }

    async fn update(&mut self, mut transaction: Transaction, request: &Request) {
        if self.offered && !request.body.is_empty() {
            return reply(&mut transaction, 491, Vec::new()).await;
        }
        match self.renegotiate(request, false) {
            Ok((agreed, body)) => {
                let mut headers = self.session_headers();
                if agreed.is_some() {
                    headers.push(other("Content-Type", "application/sdp"));
                }
                let body = agreed.is_some().then_some(body);
                if let Err(error) = transaction.reply_with(StatusCode::OK, headers, body).await {
                    tracing::debug!(%error, "an answer was not sent");
                }
                if let Some(agreed) = agreed {
                    self.agree(agreed);
                }
            }
            Err(Refused { code, headers }) => reply(&mut transaction, code, headers).await,
        }
    }

    /// The session's new terms; without an offer ours, if `offering`.
    fn renegotiate(&mut self, request: &Request, offering: bool) -> Result<(Option<Agreed>, Vec<u8>), Refused> {
        let timer = session_timer(request)?;
        let result = if request.body.is_empty() {
            (None, if offering { self.negotiation.offer() } else { Vec::new() })
        } else {
            acceptable_body(request)?;
            let (agreed, body) = self.negotiation.answer(&request.body, &self.server.allowed)?;
            (Some(agreed), body)
        };
        self.life = Life::new(timer);
        Ok(result)
    }

    fn session_headers(&self) -> Vec<Header> {
        let mut headers = vec![other("Contact", self.leg.contact()), other("Allow", METHODS), other("Supported", "100rel, timer")];
        headers.extend(self.life.timer().headers());
        headers
    }
}
