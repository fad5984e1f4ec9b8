//! The desk joined to calls and stations: one task that owns the engine, carries out what it decides, and passes sound and words on.
//!
//! [`Hub`] is how calls ask for a person ([`TransferPort`]) and how stations are opened ([`Hub::open`]). A station whose [`Station`] is dropped
//! may be opened again within the rules' time: its call goes on.

mod handing_on;
mod passing_on;
mod phones;
mod post;
mod stations;
#[cfg(test)]
mod tests;
mod views;

use super::queue::{AgentId, CallerId};
use super::rules::Rules;
use super::station::{FromAgent, Person, ToAgent};
use super::wall::Board;
use crate::business::Clock;
use crate::call::transfer::{Case, DeskEnd, FromCall, ToCall, TransferPort};
use crate::care::WorkOrders;
use crate::store::Database;
pub use phones::Telephones;
use phones::{FromPhone, PhoneOf};
use post::Post;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::{oneshot, watch};
use tokio::time::{MissedTickBehavior, interval};

/// Messages that may wait for the desk; sound is fifty a second for each direction of a call.
const INBOX: usize = 4_096;
/// Messages that may wait for a station: two seconds of sound and more.
const OUTBOX: usize = 256;
/// How often times and broken lines are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A line to a station, or a call to a telephone, numbered: an older one of the same agent has no say any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LinkId(u64);

/// Closed: everything that reaches the desk's task.
enum Message {
    Asked { case: Box<Case>, to_call: Sender<ToCall> },
    FromCall { caller: CallerId, what: FromCall },
    CallerGone { caller: CallerId },
    Opened { person: Person, to_agent: Sender<ToAgent>, answer: oneshot::Sender<LinkId> },
    FromAgent { agent: AgentId, link: LinkId, what: FromAgent },
    FromPhone { of: PhoneOf, link: LinkId, what: FromPhone },
    CallBack { caller: CallerId, kept: bool },
    CallsBack(bool),
    OrderOpened { agent: AgentId, number: Option<String> },
    NotKept { agent: AgentId },
}

/// What the desk writes to.
#[derive(Clone)]
pub struct Books {
    pub database: Database,
    pub orders: WorkOrders,
    pub clock: Clock,
}

/// See the module's text. Cheap to share.
#[derive(Clone)]
pub struct Hub {
    inbox: Sender<Message>,
    board: watch::Receiver<Arc<Board>>,
}

/// The desk is not there any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the desk is closed")]
pub struct Closed;

/// One's place at the desk; dropping it leaves.
pub struct Station {
    inbox: Sender<Message>,
    agent: AgentId,
    link: LinkId,
    pub from_desk: Receiver<ToAgent>,
}

impl Hub {
    /// The desk, and the task that is it; the task ends with the last [`Hub`], [`Station`] and call. Without telephones nobody can speak on one.
    pub fn new(rules: Rules, books: Books, telephones: Option<Telephones>) -> (Hub, impl Future<Output = ()> + Send + use<>) {
        let (inbox, coming) = mpsc::channel(INBOX);
        let (shown, board) = watch::channel(Arc::default());
        let post = Post::new(rules, books, telephones, inbox.downgrade(), shown);
        (Hub { inbox, board }, run(post, coming))
    }

    /// The desk as it is, whenever that changes.
    pub fn board(&self) -> watch::Receiver<Arc<Board>> {
        self.board.clone()
    }

    /// Opens somebody's station.
    ///
    /// # Errors
    /// When the desk's task is gone.
    pub async fn open(&self, person: Person) -> Result<Station, Closed> {
        let (to_agent, from_desk) = mpsc::channel(OUTBOX);
        let (answer, link) = oneshot::channel();
        let agent = person.id.clone();
        self.inbox.send(Message::Opened { person, to_agent, answer }).await.map_err(|_| Closed)?;
        let link = link.await.map_err(|_| Closed)?;
        Ok(Station { inbox: self.inbox.clone(), agent, link, from_desk })
    }
}

impl Station {
    /// Says something to the desk; sound is left out where the desk lags.
    ///
    /// # Errors
    /// When the desk's task is gone.
    pub async fn say(&self, what: FromAgent) -> Result<(), Closed> {
        let is_sound = matches!(what, FromAgent::Sound(_));
        let message = Message::FromAgent { agent: self.agent.clone(), link: self.link, what };
        if is_sound {
            return match self.inbox.try_send(message) {
                Err(mpsc::error::TrySendError::Closed(_)) => Err(Closed),
                Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => Ok(()),
            };
        }
        self.inbox.send(message).await.map_err(|_| Closed)
    }
}

impl TransferPort for Hub {
    fn ask(&self, case: Case, end: DeskEnd) {
        let caller = CallerId(case.call_id.clone());
        let DeskEnd { to_call, mut from_call } = end;
        // Refused for want of room, or because the desk is closed: the call's end notices.
        if self.inbox.try_send(Message::Asked { case: Box::new(case), to_call }).is_err() {
            return;
        }
        let inbox = self.inbox.clone();
        tokio::spawn(async move {
            while let Some(what) = from_call.recv().await {
                if inbox.send(Message::FromCall { caller: caller.clone(), what }).await.is_err() {
                    return;
                }
            }
            // A desk that is closed needs no word.
            let _ = inbox.send(Message::CallerGone { caller }).await;
        });
    }
}

async fn run(mut post: Post, mut inbox: Receiver<Message>) {
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            message = inbox.recv() => match message {
                Some(message) => post.take(message),
                None => return,
            },
            _ = looks.tick() => post.look(),
        }
    }
}
