//! Telephone calls over SIP (RFC 3261), from a PBX or a trunk and to them.
//!
//! The stack of rsipstack keeps transactions: what is sent again and until when, on UDP, TCP and TLS. The rest is here: [`gate`] judges every
//! message before the stack believes it, [`server`] admits calls and finds the call that a message belongs to, `ways` finds the way to a peer, with the handshakes of [`secure`], `call` is the task of one
//! call, [`leg`] its dialog, [`timer`] its session timer, [`mod@line`] what the service sees of it. Start reading at [`server::Server::start`].
//!
//! Who answers is behind [`Answerer`], so that everything here runs in tests with an echo in the service's place.

pub mod dial;
pub mod digest;
pub mod fields;
pub mod gate;
pub mod handover;
pub mod judge;
pub mod leg;
pub mod line;
pub mod registration;
pub mod secure;
pub mod server;
pub mod settings;
pub mod timer;
pub mod trunk;

mod call;
mod doorman;
mod invite;
mod rewrite;
mod setup;
mod terms;
mod ways;

use crate::call::reception::{Incoming, Place, Reception, Refusal};
use call::again::Unsent;
use leg::Way;
use line::SipLine;
use rsipstack::sip::{Request, Response};
use rsipstack::transaction::transaction::Transaction;

/// Who answers calls: the service, or an echo in tests.
pub trait Answerer: Send + Sync + 'static {
    /// What is kept for a call that rings.
    type Place: Send + 'static;

    /// # Errors
    /// When the call is not taken.
    fn admit(&self) -> Result<Self::Place, Refusal>;

    /// The whole call; it is over when this returns.
    fn hold(&self, place: Self::Place, line: SipLine, incoming: Incoming) -> impl Future<Output = ()> + Send;
}

impl Answerer for Reception {
    type Place = Place;

    fn admit(&self) -> Result<Place, Refusal> {
        Reception::admit(self)
    }

    async fn hold(&self, place: Place, line: SipLine, incoming: Incoming) {
        Reception::hold(self, place, line, incoming).await;
    }
}

/// How the service leaves a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leave {
    HangUp,
    /// The peer is asked to call this address instead (REFER, RFC 3515).
    Transfer(String),
}

/// What reaches the task of a call.
pub(crate) enum ToCall {
    /// A request inside the dialog; the task answers it.
    Request(Box<Transaction>),
    /// The peer confirmed our answer to its INVITE of this sequence number.
    Confirmed {
        sequence: u32,
        body: Vec<u8>,
    },
    /// The peer gave up before we answered.
    Cancelled,
    /// The INVITE of this sequence number is over, confirmed or not.
    Over {
        sequence: u32,
    },
    /// The end of a request of ours; `None` if nobody answered.
    Answered {
        request: Box<Request>,
        response: Option<Box<Response>>,
    },
    /// A connection broke while this waited for its answer, or before.
    Unsent(Box<Unsent>),
    /// Another way to the peer in place of a broken one, if there is one.
    Reached(Option<Box<Way>>),
    Leave(Leave),
}
