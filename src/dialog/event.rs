//! What can happen to a call, as the dialog sees it.

use super::action::RequestId;
use crate::nlu::Understood;
use crate::text::{Lang, PhoneNumber, Record};
use jiff::civil::DateTime;

/// How a call begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// `None` when the number is withheld.
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
    HungUp,
}

/// Why no person took a call over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferFailure {
    Busy,
    NoAnswer,
    Declined,
    /// The way there is broken, or leads nowhere.
    Unreachable,
}

impl TransferFailure {
    /// The stable name, as in records.
    pub fn name(self) -> &'static str {
        match self {
            TransferFailure::Busy => "busy",
            TransferFailure::NoAnswer => "no_answer",
            TransferFailure::Declined => "declined",
            TransferFailure::Unreachable => "unreachable",
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
