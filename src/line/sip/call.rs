//! The task of one call: it answers what the peer asks inside the dialog, tells the line, and leaves when the service does.

pub(super) mod again;
mod life;
mod requests;

use super::digest::Prover;
use super::invite::Invite;
use super::leg::{Leg, other};
use super::line::ToLine;
use super::server::{Inner, reply};
use super::setup::{Ready, Setup};
use super::timer::SessionTimer;
use super::{Answerer, Leave, ToCall};
use crate::line::sdp::{Agreed, Negotiation};
use again::{Unsent, Waiting};
use life::{Due, Life};
use rsipstack::sip::{Header, HeadersExt, Method, Request, Response};
use rsipstack::transaction::random_text;
use rsipstack::transaction::transaction::Transaction;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::Instant;

/// Messages that may wait for a call's task.
const QUEUE: usize = 32;
const TAG_LETTERS: usize = 16;
/// A referral that is accepted is followed for so long.
const REFERRAL: Duration = Duration::from_secs(32);

/// See the module's text.
pub(super) struct Call<A: Answerer> {
    server: Arc<Inner<A>>,
    leg: Leg,
    negotiation: Negotiation,
    inbox: Receiver<ToCall>,
    /// For tasks that report here.
    mailbox: Sender<ToCall>,
    to_line: Option<Sender<ToLine>>,
    /// Until the first sound can flow.
    ready: Option<Ready<A>>,
    /// An answer of ours that the peer has not confirmed.
    unconfirmed: Option<Invite>,
    /// That answer was an offer.
    offered: bool,
    life: Life,
    /// The peer understands UPDATE.
    updates: bool,
    /// For peers that ask who we are.
    prover: Option<Prover>,
    waiting: Waiting,
    leaving: Option<Leave>,
    goodbye: Goodbye,
}

/// What a call of ours needs when it is answered.
pub(super) struct CallingLeg<A: Answerer> {
    pub server: Arc<Inner<A>>,
    pub leg: Leg,
    pub negotiation: Negotiation,
    pub inbox: Receiver<ToCall>,
    pub mailbox: Sender<ToCall>,
    pub to_line: Option<Sender<ToLine>>,
    pub timer: SessionTimer,
    pub updates: bool,
    pub prover: Option<Prover>,
}

/// Returns when the line is gone.
async fn dropped(to_line: Option<&Sender<ToLine>>) {
    match to_line {
        Some(to_line) => to_line.closed().await,
        None => std::future::pending().await,
    }
}

/// How far our leaving is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goodbye {
    NotYet,
    /// The peer was asked to call somebody else.
    Referred {
        until: Instant,
    },
    /// BYE was sent.
    Said,
}

/// Whether the call goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    GoOn,
    Over,
}

impl<A: Answerer> Call<A> {
    /// A call that comes in, from its first message to its end.
    pub async fn receive(server: Arc<Inner<A>>, mut transaction: Transaction) {
        let tag = random_text(TAG_LETTERS);
        let mut request = transaction.original.clone();
        let Some(way) = server.way(&transaction) else { return };
        let leg = match Leg::called(&request, &tag, way) {
            Ok(leg) => leg,
            Err(_) => return reply(&mut transaction, 400, vec![other("Warning", "399 tingshuo \"no contact\"")]).await,
        };
        if transaction.send_trying().await.is_err() {
            return;
        }
        let to = format!("{};tag={tag}", request.to_header().map(|field| field.value().to_owned()).unwrap_or_default());
        request.headers.unique_push(Header::To(to.into()));
        let (mailbox, inbox) = channel(QUEUE);
        let invite = Invite::drive(transaction, mailbox.clone());
        let key = (leg.call_id.clone(), tag);
        server.enter(key.clone(), mailbox.clone());
        let setup = Setup { server: server.clone(), request, invite, leg, inbox, mailbox };
        setup.run().await;
        server.leave(&key);
    }

    /// A call that has just been answered.
    pub fn answered(setup: Setup<A>, ready: Ready<A>, negotiation: Negotiation, timer: SessionTimer, updates: bool) -> Call<A> {
        let Setup { server, invite, leg, inbox, mailbox, .. } = setup;
        Call {
            server,
            leg,
            negotiation,
            inbox,
            mailbox,
            to_line: None,
            ready: Some(ready),
            unconfirmed: Some(invite),
            offered: false,
            life: Life::new(timer),
            updates,
            prover: None,
            waiting: None,
            leaving: None,
            goodbye: Goodbye::NotYet,
        }
    }

    /// A call of ours that has just been answered; one that nobody wants is left at once.
    pub fn calling(calling: CallingLeg<A>, wanted: bool) -> Call<A> {
        let CallingLeg { server, leg, negotiation, inbox, mailbox, to_line, timer, updates, prover } = calling;
        let mut call = Call {
            server,
            leg,
            negotiation,
            inbox,
            mailbox,
            to_line,
            ready: None,
            unconfirmed: None,
            offered: false,
            life: Life::new(timer),
            updates,
            prover,
            waiting: None,
            leaving: (!wanted).then_some(Leave::HangUp),
            goodbye: Goodbye::NotYet,
        };
        call.leave();
        call
    }

    /// The first terms; without them the peer's confirmation must bring them.
    pub fn begin(&mut self, agreed: Option<Agreed>) {
        match agreed {
            Some(agreed) => self.agree(agreed),
            None => self.offered = true,
        }
    }

    /// Runs the call to its end.
    pub async fn run(mut self) {
        loop {
            let wake = match self.goodbye {
                Goodbye::Referred { until } => until.min(self.life.wakes_at()),
                _ => self.life.wakes_at(),
            };
            let next = tokio::select! {
                biased;
                message = self.inbox.recv() => match message {
                    Some(message) => self.take(message).await,
                    None => Next::Over,
                },
                () = dropped(self.to_line.as_ref()) => self.left_alone(),
                () = tokio::time::sleep_until(wake) => self.wake(),
            };
            if next == Next::Over {
                break;
            }
        }
        self.tell(ToLine::HungUp);
    }

    async fn take(&mut self, message: ToCall) -> Next {
        match message {
            ToCall::Request(transaction) => self.request(*transaction).await,
            ToCall::Confirmed { sequence, body } => self.confirmed(sequence, &body),
            ToCall::Over { sequence } => self.over(sequence),
            // The answer was quicker (RFC 3261, section 9.2).
            ToCall::Cancelled => Next::GoOn,
            ToCall::Answered { request, response } => self.asked(&request, response.as_deref()),
            ToCall::Unsent(unsent) => {
                self.transmit(*unsent);
                Next::GoOn
            }
            ToCall::Reached(way) => {
                self.reached(way);
                Next::GoOn
            }
            ToCall::Leave(leave) => {
                if self.leaving.is_none() {
                    self.leaving = Some(leave);
                }
                self.leave();
                Next::GoOn
            }
        }
    }

    /// Nobody holds the line any more, whether or not they said goodbye.
    fn left_alone(&mut self) -> Next {
        self.to_line = None;
        self.leaving.get_or_insert(Leave::HangUp);
        self.leave();
        Next::GoOn
    }

    fn tell(&mut self, what: ToLine) {
        if let Some(line) = &self.to_line
            && line.try_send(what).is_err()
        {
            // The service has left, or its line is stuck and will be closed with the channel.
            self.to_line = None;
        }
    }

    /// New terms; the first ones begin the conversation.
    fn agree(&mut self, agreed: Agreed) {
        let Some(Ready { place, sockets, incoming }) = self.ready.take() else {
            self.tell(ToLine::Agreed(agreed));
            return;
        };
        let (line, to_line) = self.server.line(sockets, agreed, self.mailbox.clone());
        self.to_line = Some(to_line);
        let answerer = self.server.answerer.clone();
        tokio::spawn(async move {
            let held = tokio::spawn(async move { answerer.hold(place, line, incoming).await });
            if let Err(error) = held.await {
                tracing::error!(%error, "a call ended by a fault of ours");
            }
        });
    }

    /// The session timer, or the end of a referral.
    fn wake(&mut self) -> Next {
        if let Goodbye::Referred { until } = self.goodbye
            && Instant::now() >= until
        {
            self.say_goodbye();
            return Next::GoOn;
        }
        match self.life.wake() {
            _ if self.goodbye == Goodbye::Said => {}
            Due::Nothing => {}
            Due::SignOfLife => self.refresh(),
            Due::End => {
                tracing::info!(call = self.leg.call_id, "a call's peer gave no sign of life");
                self.leaving = Some(Leave::HangUp);
                self.tell(ToLine::HungUp);
                self.say_goodbye();
            }
        }
        Next::GoOn
    }

    fn refresh(&mut self) {
        let mut headers = self.life.timer().refresh_headers();
        if self.updates {
            self.send(Method::Update, headers, Vec::new());
        } else {
            headers.push(other("Content-Type", "application/sdp"));
            let body = self.negotiation.again();
            self.send(Method::Invite, headers, body);
        }
    }

    /// Sends a request; its end comes back as a message.
    fn send(&mut self, method: Method, headers: Vec<Header>, body: Vec<u8>) {
        self.transmit(Unsent { method, headers, body, is_repeated: false });
    }

    fn transmit(&mut self, unsent: Unsent) {
        if let Some(unsent) = self.waits(unsent) {
            self.put(unsent);
        }
    }

    fn put(&mut self, unsent: Unsent) {
        let (method, mut headers, body) = (unsent.method, unsent.headers.clone(), unsent.body.clone());
        let uri = self.leg.target().to_string();
        headers.extend(self.prover.as_mut().and_then(|prover| prover.proof(&method.to_string(), &uri, &random_text(TAG_LETTERS))));
        let Ok(via) = self.server.endpoint.get_via(Some(self.leg.way.local.clone()), None) else { return };
        let request = self.leg.request(method, headers, body, via);
        self.ask(request, unsent);
    }

    /// The end of a request of ours.
    fn asked(&mut self, request: &Request, response: Option<&Response>) -> Next {
        let code = response.map_or(408, |response| response.status_code.code());
        if let (401 | 407, Some(response), Some(prover)) = (code, response, &mut self.prover)
            && prover.challenged(response)
        {
            let extra = request.headers.iter().filter(|header| is_extra(header)).cloned().collect();
            self.send(request.method, extra, request.body.clone());
            return Next::GoOn;
        }
        if code < 300
            && let Some(prover) = &mut self.prover
        {
            prover.accepted();
        }
        match request.method {
            Method::Bye => return Next::Over,
            Method::Refer if code >= 300 => {
                tracing::warn!(code, "the peer does not transfer the call");
                self.say_goodbye();
            }
            // The peer has forgotten the call (section 12.2.1.2).
            _ if matches!(code, 408 | 481) => {
                self.tell(ToLine::HungUp);
                self.leaving = Some(Leave::HangUp);
                self.say_goodbye();
            }
            // It, or the way to it, is out of service.
            Method::Invite | Method::Update if code == 503 => {
                tracing::warn!(call = self.leg.call_id, "a sign of life did not reach the peer");
                self.life.was_lost();
            }
            // Whatever it answers, it is alive.
            Method::Update => self.life.goes_on(),
            Method::Invite if code >= 300 => self.life.goes_on(),
            Method::Invite => {
                self.life.goes_on();
                let body = response.map(|response| response.body.clone()).unwrap_or_default();
                match self.negotiation.accept(&body, &self.server.allowed) {
                    Ok(agreed) => self.agree(agreed),
                    Err(error) => tracing::warn!(%error, "the peer's answer to a refresh does not fit"),
                }
            }
            _ => {}
        }
        Next::GoOn
    }

    /// The peer confirmed our answer.
    fn confirmed(&mut self, sequence: u32, body: &[u8]) -> Next {
        if self.unconfirmed.as_ref().is_none_or(|invite| invite.sequence != sequence) {
            return Next::GoOn;
        }
        self.unconfirmed = None;
        if std::mem::take(&mut self.offered) {
            match self.negotiation.accept(body, &self.server.allowed) {
                Ok(agreed) => self.agree(agreed),
                Err(error) => {
                    tracing::info!(%error, "the peer's answer does not fit");
                    self.leaving = Some(Leave::HangUp);
                    self.tell(ToLine::HungUp);
                }
            }
        }
        self.leave();
        Next::GoOn
    }

    /// The transaction of an INVITE ended; without a confirmation the call is over (section 13.3.1.4).
    fn over(&mut self, sequence: u32) -> Next {
        if self.unconfirmed.take_if(|invite| invite.sequence == sequence).is_some() {
            tracing::info!("a call was never confirmed");
            self.leaving = Some(Leave::HangUp);
            self.tell(ToLine::HungUp);
            self.leave();
        }
        Next::GoOn
    }

    /// Leaves if the service wants to and the peer may be told: not before it confirmed the call (section 15).
    fn leave(&mut self) {
        if self.unconfirmed.is_some() || self.goodbye != Goodbye::NotYet {
            return;
        }
        match self.leaving.clone() {
            Some(Leave::Transfer(target)) => {
                self.goodbye = Goodbye::Referred { until: Instant::now() + REFERRAL };
                let by = self.leg.contact();
                self.send(Method::Refer, vec![other("Refer-To", format!("<{target}>")), other("Referred-By", by)], Vec::new());
            }
            Some(Leave::HangUp) => self.say_goodbye(),
            None => {}
        }
    }

    fn say_goodbye(&mut self) {
        if self.goodbye != Goodbye::Said {
            self.goodbye = Goodbye::Said;
            self.send(Method::Bye, Vec::new(), Vec::new());
        }
    }
}

/// Whether a header of our own request belongs to what it asks, and not to the dialog.
fn is_extra(header: &Header) -> bool {
    matches!(header, Header::Other(name, _) if !["Contact", "Authorization", "Proxy-Authorization"].contains(&name.as_str()))
}
