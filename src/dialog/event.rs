//! What can happen to a call, as the dialog sees it.

use super::action::RequestId;
use super::errand::Errand;
use crate::nlu::Understood;
use crate::text::{Lang, PhoneNumber, Record};
use jiff::civil::DateTime;

/// How a call begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// Who calls, or whom we call. `None` when the number is withheld.
    pub caller: Option<PhoneNumber>,
    pub lang: Lang,
    /// The operator's local time at the start: greeting by time of day, "last month".
    pub now: DateTime,
    /// Identifies the call in idempotency keys and records.
    pub call_id: String,
    /// Whether this call is one of those whose caller is asked for a score at the end.
    pub survey: bool,
    /// The caller cannot be listened to in this call: everything is asked by keys from the first question on.
    pub by_keys: bool,
    /// We call, for this; without it they call us.
    pub errand: Option<Errand>,
}

/// Closed: everything that can happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Started(Opening),
    /// The caller said something; it may have been rejected.
    Heard(Understood),
    /// The caller pressed keys (`0`–`9`, `*`, `#`), complete by length, by `#` or by time.
    Keys(String),
    /// The question's time passed in silence.
    NoInput,
    /// An [`super::Action::Perform`] came to an end.
    Answered {
        id: RequestId,
        answer: Answer,
    },
    /// The recogniser is out of reach or overloaded: go on by keys.
    HearingLost,
    /// After [`super::Outcome::Transferred`]: no person took the call, and the caller is still here.
    TransferFailed(TransferFailure),
    /// After [`super::Outcome::Transferred`]: what becomes of a caller who waits for a person here.
    Queue(Queue),
    /// In a call of ours: a machine answered. What is said to it waits for [`Event::Beep`]; one that cannot listen is hung up on.
    Machine {
        can_listen: bool,
    },
    /// The machine has finished, and listens.
    Beep,
    HungUp,
}

/// What happens to a caller on the way to a person, and with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// A person is being asked; the place is not known, or is none.
    Asking,
    /// The caller waits at this place, from 1.
    Place { place: usize, expected_s: i64, can_be_called: bool },
    /// The caller and a person talk: the service is silent and listens to nothing.
    Joined,
    /// The person's line is interrupted; it may come back.
    Interrupted,
    /// The person's line is lost, and the caller waits again, before all others.
    Lost,
    /// The person passed the caller on, who waits for a colleague, before all others.
    PassedOn,
    /// The caller is going to be called back instead of waiting.
    CallBackKept,
    /// That could not be written down; the caller waits on.
    CallBackFailed,
    /// The person has finished.
    Served,
}

/// Why no person took a call over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferFailure {
    Busy,
    NoAnswer,
    Declined,
    /// The way there is broken, or leads nowhere.
    Unreachable,
    /// Nobody works now.
    Closed {
        /// When somebody does again, if that is known.
        opens: Option<DateTime>,
    },
    /// Nobody who could help is there.
    Nobody,
    /// The person's line broke, and nobody else is there.
    AgentLost,
    /// A test call reaches nobody but who hears it.
    Test,
}

impl TransferFailure {
    /// The stable name, as in records.
    pub fn name(self) -> &'static str {
        match self {
            TransferFailure::Busy => "busy",
            TransferFailure::NoAnswer => "no_answer",
            TransferFailure::Declined => "declined",
            TransferFailure::Unreachable => "unreachable",
            TransferFailure::Closed { .. } => "closed",
            TransferFailure::Nobody => "nobody",
            TransferFailure::AgentLost => "agent_lost",
            TransferFailure::Test => "test",
        }
    }
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Done(Record),
    NotFound,
    Refused(String),
    Unavailable,
}
