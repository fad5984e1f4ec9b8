//! Telling a PBX or a trunk where we are, again and again (RFC 3261, section 10).

use super::Answerer;
use super::digest::{Account, Prover};
use super::leg::{USER_AGENT, contact_at, other};
use super::server::Inner;
use super::trunk::Trunk;
use rsipstack::platform::CancellationToken;
use rsipstack::sip::headers::{CSeq, CallId, From as FromField, MaxForwards, To, UserAgent};
use rsipstack::sip::{Header, HeadersExt, Method, Request, Response, Uri, Version};
use rsipstack::transaction::random_text;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

const LETTERS: usize = 24;
/// The first wait after a failure; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// A registrar that grants less is asked no more often.
const LEAST_WAIT: Duration = Duration::from_millis(500);
/// At the end the registrar is waited for so long.
const GOODBYE: Duration = Duration::from_secs(1);

/// How we stand with a trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// We do not register there.
    Unasked,
    Trying,
    Registered {
        expires: Duration,
    },
    /// With the code of the refusal; `None` when nobody answered.
    Failed {
        code: Option<u16>,
        again_in: Duration,
    },
}

/// Registers for as long as `ending` is false.
pub(super) async fn keep<A: Answerer>(server: Arc<Inner<A>>, trunk: Trunk, period: Duration, mut ending: watch::Receiver<bool>) {
    let mut registration = Registration::new(server, trunk, period);
    let mut failures = 0;
    loop {
        let asked = registration.ask(registration.period);
        let outcome = tokio::select! {
            outcome = asked => outcome,
            _ = ending.wait_for(|ending| *ending) => break,
        };
        let wait = match outcome {
            Outcome::Granted(expires) => {
                failures = 0;
                registration.stand(Standing::Registered { expires });
                renewal(expires)
            }
            Outcome::TooBrief(least) if least > registration.period => {
                registration.period = least;
                continue;
            }
            Outcome::TooBrief(_) => registration.failed(Some(423), None, &mut failures),
            Outcome::Refused { code, retry_after } => registration.failed(Some(code), retry_after, &mut failures),
            Outcome::Nobody => registration.failed(None, None, &mut failures),
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = registration.cut_off(wait) => {}
            _ = ending.wait_for(|ending| *ending) => break,
        }
    }
    if matches!(registration.server.standing(&registration.trunk.name), Standing::Registered { .. }) {
        let _ = tokio::time::timeout(GOODBYE, registration.ask(Duration::ZERO)).await;
    }
    registration.stand(Standing::Unasked);
}

/// Well before the end, so that one lost answer does no harm.
fn renewal(expires: Duration) -> Duration {
    (expires / 2).max(expires.saturating_sub(Duration::from_secs(60))).max(LEAST_WAIT)
}

/// After so many failures in a row; `spread` from 0 to 1 keeps many services from coming back in the same moment.
fn back_off(failures: u32, retry_after: Option<Duration>, spread: f64) -> Duration {
    let doubled = FIRST_WAIT * 2u32.saturating_pow(failures.saturating_sub(1).min(16));
    let wait = doubled.min(LONGEST_WAIT).mul_f64(0.75 + spread.clamp(0.0, 1.0) / 2.0);
    wait.max(retry_after.unwrap_or_default()).min(LONGEST_WAIT * 2)
}

struct Registration<A: Answerer> {
    server: Arc<Inner<A>>,
    trunk: Trunk,
    period: Duration,
    call_id: String,
    tag: String,
    sequence: u32,
    prover: Option<Prover>,
    /// Of the connection that was used last, if it is one of TLS.
    end: Option<CancellationToken>,
}

enum Outcome {
    Granted(Duration),
    /// The registrar wants at least this (423).
    TooBrief(Duration),
    Refused {
        code: u16,
        retry_after: Option<Duration>,
    },
    Nobody,
}

impl<A: Answerer> Registration<A> {
    fn new(server: Arc<Inner<A>>, trunk: Trunk, period: Duration) -> Registration<A> {
        let prover = trunk.account.clone().map(|account: Account| Prover::new(account));
        Registration { server, trunk, period, call_id: random_text(LETTERS), tag: random_text(LETTERS), sequence: 0, prover, end: None }
    }

    fn stand(&self, standing: Standing) {
        self.server.stand(&self.trunk.name, standing);
    }

    /// Returns a moment after the connection that we registered on is gone, for calls may come on that one only.
    async fn cut_off(&self, wait: Duration) {
        match &self.end {
            Some(end) if matches!(self.server.standing(&self.trunk.name), Standing::Registered { .. }) => {
                end.cancelled().await;
                tokio::time::sleep(FIRST_WAIT.min(wait)).await;
            }
            _ => std::future::pending().await,
        }
    }

    fn failed(&self, code: Option<u16>, retry_after: Option<Duration>, failures: &mut u32) -> Duration {
        *failures += 1;
        let again_in = back_off(*failures, retry_after, rand::random());
        tracing::warn!(trunk = self.trunk.name, code, seconds = again_in.as_secs(), "we are not registered; trying again");
        self.stand(Standing::Failed { code, again_in });
        again_in
    }

    /// One REGISTER, with proof if it is asked for; a period of zero ends the registration.
    async fn ask(&mut self, period: Duration) -> Outcome {
        let Ok(way) = self.server.reach(&self.trunk.server, self.trunk.carrier, self.trunk.secured.as_ref()).await else {
            return Outcome::Nobody;
        };
        self.end = self.trunk.secured.as_ref().and(way.connection.cancel_token());
        loop {
            let Ok(via) = self.server.endpoint.get_via(Some(way.local.clone()), None) else { return Outcome::Nobody };
            let Ok(uri) = Uri::try_from(format!("sip:{}", self.trunk.domain).as_str()) else { return Outcome::Nobody };
            self.sequence += 1;
            let own = self.trunk.own_address();
            let mut headers = vec![
                Header::Via(via.into()),
                Header::MaxForwards(MaxForwards::from(70)),
                Header::From(FromField::new(format!("<{own}>;tag={}", self.tag))),
                Header::To(To::new(format!("<{own}>"))),
                Header::CallId(CallId::new(self.call_id.clone())),
                Header::CSeq(CSeq::new(format!("{} REGISTER", self.sequence))),
                Header::UserAgent(UserAgent::new(USER_AGENT)),
                other("Contact", contact_at(&way.local, false)),
                other("Expires", period.as_secs().to_string()),
            ];
            let proof = self.prover.as_mut().and_then(|prover| prover.proof("REGISTER", &uri.to_string(), &random_text(LETTERS)));
            headers.extend(proof);
            let request = Request { method: Method::Register, uri, version: Version::V2, headers: headers.into(), body: Vec::new() };
            let Some(response) = self.server.ask(request, way.peer.clone(), way.connection.clone()).await else { return Outcome::Nobody };
            let challenged = matches!(response.status_code.code(), 401 | 407);
            if challenged && self.prover.as_mut().is_some_and(|prover| prover.challenged(&response)) {
                continue;
            }
            if let Some(prover) = &mut self.prover {
                prover.accepted();
            }
            return outcome(&response, &way.local.addr.to_string(), period);
        }
    }
}

fn outcome(response: &Response, own: &str, asked: Duration) -> Outcome {
    let seconds = |name: &str| response.header_value(name)?.split(['(', ';']).next()?.trim().parse().ok().map(Duration::from_secs);
    match response.status_code.code() {
        200..300 => Outcome::Granted(granted(response, own).or(seconds("Expires")).unwrap_or(asked)),
        423 => Outcome::TooBrief(seconds("Min-Expires").unwrap_or_default().min(Duration::from_secs(24 * 3_600))),
        code => Outcome::Refused { code, retry_after: seconds("Retry-After") },
    }
}

/// What the registrar grants our own contact among all of this address.
fn granted(response: &Response, own: &str) -> Option<Duration> {
    let contacts = response.headers.iter().filter_map(|header| match header {
        Header::Contact(contact) => Some(super::fields::list(contact.value())),
        _ => None,
    });
    let ours = contacts.flatten().find(|contact| contact.contains(own))?;
    super::fields::parameter(&ours, "expires")?.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_renewed_well_before_its_end() {
        let seconds = |expires| renewal(Duration::from_secs(expires)).as_secs_f32();
        assert_eq!((seconds(3_600), seconds(300), seconds(60), seconds(2), seconds(0)), (3_540.0, 240.0, 30.0, 1.0, 0.5));
    }

    #[test]
    fn failures_are_further_and_further_apart() {
        let seconds = |failures, retry_after: Option<u64>| back_off(failures, retry_after.map(Duration::from_secs), 0.5).as_secs();
        assert_eq!([1, 2, 3, 8, 9, 1000].map(|failures| seconds(failures, None)), [2, 4, 8, 256, 300, 300]);
        assert_eq!((seconds(1, Some(60)), seconds(1, Some(1_000_000))), (60, 600));
        assert!(back_off(3, None, 0.0) < back_off(3, None, 1.0));
    }

    #[test]
    fn what_is_granted_is_read_from_our_own_contact() {
        let response = |lines: &str| Response::try_from(format!("SIP/2.0 200 OK\r\n{lines}\r\n").as_str()).unwrap();
        let granted = |lines: &str| granted(&response(lines), "192.0.2.1:5060").map(|expires| expires.as_secs());
        assert_eq!(granted("Contact: <sip:a@192.0.2.9:5060>;expires=7, <sip:tingshuo@192.0.2.1:5060>;expires=120\r\n"), Some(120));
        assert_eq!(granted("Contact: <sip:tingshuo@192.0.2.1:5060>\r\nExpires: 60\r\n"), None);
    }
}
