//! Agents who speak on a telephone of their own: it is called when they accept a caller, and its sound goes where a browser's would.
//!
//! The page stays in charge: what rings, goes on and ends is decided there or by the telephone itself, and a page that is gone leaves the
//! telephone's conversation alone.

use super::post::Post;
use super::stations::AtStation;
use super::{LinkId, Message};
use crate::audio::backlog::Backlog;
use crate::call::dial::{Callee, Cause, Dialer, Order};
use crate::call::line::{Floor, Frame, Line, Packets};
use crate::call::transfer::ToCall;
use crate::desk::engine::{Event, Status};
use crate::desk::queue::{AgentId, CallerId};
use crate::desk::station::{Refusal, ToAgent};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::oneshot;

/// Frames that may wait for a telephone: what is more is left out.
const FRAMES: usize = 32;

type Carrying = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How agents' telephones are called; cheap to share.
#[derive(Clone)]
pub struct Telephones {
    carry: Arc<dyn Fn(Order, Ends) -> Carrying + Send + Sync>,
    trunk: Option<String>,
}

/// Told how the packets of a call fared that has ended.
type Counted = Arc<dyn Fn(Packets) + Send + Sync>;

impl Telephones {
    /// Over a trunk; without one each address is called where it is. `counted` is told how the packets of each call fared.
    pub fn over<D: Dialer + 'static>(
        dialer: Arc<D>,
        trunk: Option<String>,
        counted: impl Fn(Packets) + Send + Sync + 'static,
    ) -> Telephones {
        let counted: Counted = Arc::new(counted);
        let carry = move |order, ends| -> Carrying { Box::pin(carry(dialer.clone(), order, ends, counted.clone())) };
        Telephones { carry: Arc::new(carry), trunk }
    }
}

/// Closed: everything that a telephone tells.
pub(super) enum FromPhone {
    Answered,
    Failed(Cause),
    Sound(Box<Frame>),
    /// Whoever speaks on it has put the caller on hold there, or is back.
    Held(bool),
    HungUp,
}

/// The ends that a telephone's task holds.
struct Ends {
    told: Told,
    frames: Receiver<Box<Frame>>,
    /// Ends when nobody wants the call any more.
    wanted: oneshot::Receiver<()>,
}

struct Told {
    inbox: Sender<Message>,
    of: PhoneOf,
    link: LinkId,
}

/// Whose telephone is called, or for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PhoneOf {
    Agent(AgentId),
    /// A caller who is handed on.
    Caller(CallerId),
}

/// A call to a telephone; dropping it hangs up, or stops the ringing.
pub(super) struct PhoneCall {
    frames: Sender<Box<Frame>>,
    _wanted: oneshot::Sender<()>,
}

impl PhoneCall {
    pub fn play(&self, frame: Box<Frame>) {
        // A telephone that takes nothing any more says so itself.
        let _ = self.frames.try_send(frame);
    }
}

impl Told {
    fn message(&self, what: FromPhone) -> Message {
        Message::FromPhone { of: self.of.clone(), link: self.link, what }
    }

    async fn tell(&self, what: FromPhone) {
        // The desk is gone only when everything ends.
        let _ = self.inbox.send(self.message(what)).await;
    }

    fn sound(&self, frame: Frame) {
        // A desk that lags loses sound.
        let _ = self.inbox.try_send(self.message(FromPhone::Sound(Box::new(frame))));
    }
}

/// A call to an agent's telephone.
pub(super) struct Phone {
    link: LinkId,
    caller: CallerId,
    /// The caller has an agent, from whom this one takes him over.
    takes_over: bool,
    is_answered: bool,
    /// The caller is on hold by the telephone's own key; only there he is taken back.
    holds: bool,
    call: PhoneCall,
}

impl Phone {
    /// For pages: `rings`, `answered` or `holds`.
    pub fn state(&self) -> &'static str {
        match (self.is_answered, self.holds) {
            (false, _) => "rings",
            (true, false) => "answered",
            (true, true) => "holds",
        }
    }
}

impl AtStation {
    /// Speaks on a telephone now.
    pub fn is_on_phone(&self) -> bool {
        self.phone.as_ref().is_some_and(|phone| phone.is_answered)
    }

    /// The caller is on hold, by the page or by the telephone.
    pub fn is_holding(&self) -> bool {
        self.held || self.phone.as_ref().is_some_and(|phone| phone.holds)
    }

    pub fn play_on_phone(&self, frame: Box<Frame>) {
        if let Some(phone) = &self.phone {
            phone.call.play(frame);
        }
    }
}

impl Post {
    /// Somebody takes the caller who rings; who speaks on a telephone has to answer that first.
    pub(super) fn accept(&mut self, id: &AgentId) {
        let has_phone = self.stations.get(id).is_some_and(|station| station.person.phone.is_some());
        match self.status(id) {
            Some(Status::Ringing { caller, .. }) if has_phone => {
                if self.call_phone(id, &caller, false) {
                    self.step(Event::PickedUp { agent: id.clone() });
                }
            }
            _ => self.step(Event::Accepted { agent: id.clone() }),
        }
    }

    /// Somebody who leads makes a conversation his own, on his telephone where he has one.
    pub(super) fn take_over(&mut self, id: &AgentId, caller: CallerId) {
        self.quit(id);
        let has_phone = self.stations.get(id).is_some_and(|station| station.person.phone.is_some());
        if has_phone && self.callers.contains_key(&caller) {
            self.call_phone(id, &caller, true);
            self.show_views();
        } else {
            self.takes_over(id, &caller);
        }
    }

    fn takes_over(&mut self, id: &AgentId, caller: &CallerId) {
        self.step(Event::TakesOver { agent: id.clone(), caller: caller.clone() });
        match self.talks_with(id).as_ref() == Some(caller) {
            true => self.show_case(id, caller),
            false => self.refuse(id, Refusal::NoCall),
        }
    }

    /// Begins a call to somebody's telephone; false where one is under way.
    fn call_phone(&mut self, id: &AgentId, caller: &CallerId, takes_over: bool) -> bool {
        let address = self.stations.get(id).filter(|station| station.phone.is_none()).and_then(|station| station.person.phone.clone());
        let Some(address) = address else { return false };
        let Some((link, call)) = self.ring(PhoneOf::Agent(id.clone()), Callee::Address(address)) else { return false };
        if let Some(station) = self.stations.get_mut(id) {
            station.phone = Some(Phone { link, caller: caller.clone(), takes_over, is_answered: false, holds: false, call });
        }
        true
    }

    /// Begins a call to a telephone, which is told of by this link; `None` when everything ends.
    pub(super) fn ring(&mut self, of: PhoneOf, to: Callee) -> Option<(LinkId, PhoneCall)> {
        let (link, inbox) = (self.next_link(), self.inbox.upgrade()?);
        let ring = Duration::from_secs(self.engine.rules().ring_s.unsigned_abs());
        let (frames, coming) = mpsc::channel(FRAMES);
        let (wants, wanted) = oneshot::channel();
        let ends = Ends { told: Told { inbox, of, link }, frames: coming, wanted };
        match &self.telephones {
            Some(telephones) => {
                let order = Order { to, from: None, trunk: telephones.trunk.clone(), ring };
                tokio::spawn((telephones.carry)(order, ends));
            }
            None => drop(tokio::spawn(async move { ends.told.tell(FromPhone::Failed(Cause::NoTrunk)).await })),
        }
        Some((link, PhoneCall { frames, _wanted: wants }))
    }

    pub(super) fn told_by_phone(&mut self, id: &AgentId, link: LinkId, what: FromPhone) {
        let now = self.now();
        let is_own = |station: &&mut AtStation| station.phone.as_ref().is_some_and(|phone| phone.link == link);
        let Some(station) = self.stations.get_mut(id).filter(is_own) else { return };
        let party = station.party;
        let Some(phone) = &mut station.phone else { return };
        let (caller, takes_over, agent) = (phone.caller.clone(), phone.takes_over, id.clone());
        match what {
            FromPhone::Sound(frame) => {
                if let Some(party) = party {
                    self.tell(&caller, ToCall::Sound { party, samples: frame.to_vec() });
                }
            }
            FromPhone::Held(holds) => {
                phone.holds = holds;
                self.tell_hold(id);
            }
            FromPhone::Answered => {
                phone.is_answered = true;
                match takes_over {
                    true => self.takes_over(id, &caller),
                    false => self.step(Event::Accepted { agent }),
                }
            }
            FromPhone::Failed(cause) => {
                station.phone = None;
                self.tell(&caller, ToCall::Unreached { name: id.0.clone(), why: cause.name() });
                // A telephone that cannot be reached now is not tried with the next caller; a caller keeps his place and goes to somebody else.
                match takes_over {
                    true => self.show_views(),
                    false => self.step(Event::Away { agent }),
                }
                if let Some(station) = self.stations.get(id) {
                    station.tell(ToAgent::PhoneFailed(cause));
                }
            }
            FromPhone::HungUp => {
                station.phone = None;
                // Whoever has no page any more has as long to come back as from now.
                station.lost = station.lost.map(|_| now);
                self.step(Event::HungUp { agent });
            }
        }
    }

    /// Telephones that nobody waits for any more.
    pub(super) fn let_phones_go(&mut self) {
        for (id, agent) in self.engine.agents() {
            let Some(station) = self.stations.get_mut(id) else { continue };
            let callers = &self.callers;
            station.phone.take_if(|phone| {
                let is_wanted = match &agent.status {
                    Status::Talking { caller, .. } => phone.is_answered && *caller == phone.caller,
                    Status::Ringing { caller, .. } => !phone.is_answered && !phone.takes_over && *caller == phone.caller,
                    Status::Away | Status::Ready | Status::WrapUp { .. } => {
                        !phone.is_answered && phone.takes_over && callers.contains_key(&phone.caller)
                    }
                };
                !is_wanted
            });
        }
    }
}

/// One call to a telephone, from the first ring to its end.
async fn carry<D: Dialer>(dialer: Arc<D>, order: Order, mut ends: Ends, counted: Counted) {
    let dialled = tokio::select! {
        dialled = dialer.dial(order) => dialled,
        _ = &mut ends.wanted => return,
    };
    let told = &ends.told;
    let mut line = match dialled {
        Ok(line) => line,
        Err(why) => {
            tracing::info!(of = ?told.of, %why, "a telephone was not reached");
            return told.tell(FromPhone::Failed(why.cause)).await;
        }
    };
    told.tell(FromPhone::Answered).await;
    let has_left = converse(&mut line, &mut ends).await;
    counted(line.packets().unwrap_or_default());
    match has_left {
        true => ends.told.tell(FromPhone::HungUp).await,
        false => line.end(None).await,
    }
}

/// Both ways until the telephone is hung up, or nobody wants it any more: then false.
async fn converse(line: &mut impl Line, ends: &mut Ends) -> bool {
    let Ends { told, frames, wanted } = ends;
    let (mut heard, mut holds) = (Backlog::default(), false);
    loop {
        let inbound = tokio::select! {
            inbound = line.tick_or_hold(Floor::default()) => inbound,
            _ = &mut *wanted => return false,
        };
        if inbound.is_none() != holds {
            holds = inbound.is_none();
            told.tell(FromPhone::Held(holds)).await;
        }
        let Some(inbound) = inbound else {
            // Nobody listens there.
            while frames.try_recv().is_ok() {}
            continue;
        };
        if inbound.closed {
            return true;
        }
        told.sound(inbound.frame);
        while let Ok(frame) = frames.try_recv() {
            heard.push(frame.as_slice());
        }
        line.send(&heard.next_frame()).await;
    }
}
