//! The port through which the service calls somebody: a customer who is reminded of something, or the other end of a transfer.

use super::line::Line;
use crate::text::PhoneNumber;
use std::fmt::{Display, Formatter};
use std::time::Duration;

/// Whom to call, and how.
#[derive(Clone, Debug)]
pub struct Order {
    pub to: Callee,
    /// Who calls, as the callee sees it; what the trunk has for us without it.
    pub from: Option<PhoneNumber>,
    /// The trunk's name in the configuration; the first one without it.
    pub trunk: Option<String>,
    /// How long it may ring.
    pub ring: Duration,
}

/// Who is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee {
    Number(PhoneNumber),
    /// An address in the line's own form, such as `sip:agents@192.0.2.20`.
    Address(String),
}

/// Why nobody was reached: what a campaign or a transfer decides by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    Busy,
    /// It rang for as long as it may, or nobody was there.
    NoAnswer,
    /// The callee does not want this call.
    Declined,
    NoSuchNumber,
    /// We may not call there, or are not known to the trunk.
    Forbidden,
    /// The callee is elsewhere; see [`Undialled::elsewhere`].
    Moved,
    /// The other side speaks none of our codecs.
    NoCommonSound,
    /// The network or the trunk has no room now; later it may.
    Congested,
    /// Nobody answered our signals.
    Unreachable,
    /// No trunk of this name is configured, or none at all.
    NoTrunk,
    /// What was to be called is no number and no address.
    NotAnAddress,
    /// We have no room ourselves, or are being shut down.
    NoRoom,
}

impl Cause {
    pub fn name(self) -> &'static str {
        match self {
            Cause::Busy => "busy",
            Cause::NoAnswer => "no_answer",
            Cause::Declined => "declined",
            Cause::NoSuchNumber => "no_such_number",
            Cause::Forbidden => "forbidden",
            Cause::Moved => "moved",
            Cause::NoCommonSound => "no_common_sound",
            Cause::Congested => "congested",
            Cause::Unreachable => "unreachable",
            Cause::NoTrunk => "no_trunk",
            Cause::NotAnAddress => "not_an_address",
            Cause::NoRoom => "no_room",
        }
    }

    /// Whether the same call may succeed another time.
    pub fn passes(self) -> bool {
        matches!(self, Cause::Busy | Cause::NoAnswer | Cause::Congested | Cause::Unreachable | Cause::NoRoom)
    }
}

/// A call that was not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Undialled {
    pub cause: Cause,
    /// The code of the line's protocol, if the other side gave one.
    pub code: Option<u16>,
    /// Where the callee is instead.
    pub elsewhere: Option<String>,
}

impl From<Cause> for Undialled {
    fn from(cause: Cause) -> Undialled {
        Undialled { cause, code: None, elsewhere: None }
    }
}

impl Display for Undialled {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "the call was not answered: {}", self.cause.name())?;
        self.code.map_or(Ok(()), |code| write!(f, " ({code})"))
    }
}

/// Whoever can call out.
pub trait Dialer: Send + Sync {
    type Line: Line;

    /// Calls, and waits until somebody answers. Dropping the future gives up: what rings stops ringing.
    ///
    /// # Errors
    /// Why nobody was reached.
    fn dial(&self, order: Order) -> impl Future<Output = Result<Self::Line, Undialled>> + Send;
}
