//! How a call of a campaign ended, and what comes of it: one rule decides about another attempt.

use crate::audio::machine::Answerer;
use crate::call::dial::Cause;
use crate::dialog::Conclusion;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Somebody answered, and was told.
    Completed,
    /// What was asked got a yes.
    Confirmed,
    /// It got a no.
    Refused,
    /// It was arranged otherwise.
    Changed,
    /// A person took over.
    Transferred,
    /// Somebody answered who asked to be called at this moment.
    Later(Timestamp),
    /// Somebody answered who wants no more such calls; he stands on the list already.
    OptedOut,
    WrongPerson,
    /// Somebody answered and hung up before he was told.
    HungUp,
    /// A machine answered and was told nothing; whether the customer is called again.
    Machine {
        again: bool,
    },
    /// A machine answered, and was left a message.
    MessageLeft,
    Undialled(Cause),
    /// The contact's row does not say what the flow has to be told; nobody was dialled.
    Unfit,
    /// A fault of ours ended the call.
    Failed,
    /// The process died while it called; nobody knows what became of it.
    Lost,
}

/// What a call came to, and who picked up, as far as that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Came {
    pub to: Outcome,
    pub answered_by: Option<Answerer>,
}

impl From<Outcome> for Came {
    fn from(to: Outcome) -> Came {
        Came { to, answered_by: None }
    }
}

/// What becomes of the contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Called again from this moment on.
    Again(Timestamp),
    Done,
    GivenUp,
    Stopped,
}

/// How long a contact is left alone before another attempt, by how the last one ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gaps {
    pub busy: SignedDuration,
    pub no_answer: SignedDuration,
    pub declined: SignedDuration,
    /// Hung up before he was told.
    pub hung_up: SignedDuration,
    pub machine: SignedDuration,
    /// The network or the trunk had no room or could not be reached.
    pub congested: SignedDuration,
    /// A fault of ours, or the end of a process.
    pub lost: SignedDuration,
}

impl Default for Gaps {
    fn default() -> Gaps {
        Gaps {
            busy: SignedDuration::from_mins(15),
            no_answer: SignedDuration::from_hours(2),
            declined: SignedDuration::from_hours(24),
            hung_up: SignedDuration::from_hours(24),
            machine: SignedDuration::from_hours(3),
            congested: SignedDuration::from_mins(5),
            lost: SignedDuration::from_mins(30),
        }
    }
}

/// So many calls may be promised to somebody beyond those of the campaign.
const PROMISED: u32 = 2;

/// Somebody who wants to be called later and names no time.
const LATER: SignedDuration = SignedDuration::from_hours(2);

impl Outcome {
    /// What a call came to, as its flow said; `zone` is where the customer is.
    pub fn concluded(conclusion: Conclusion, zone: &TimeZone, now: Timestamp) -> Outcome {
        match conclusion {
            Conclusion::Told => Outcome::Completed,
            Conclusion::Confirmed => Outcome::Confirmed,
            Conclusion::Refused => Outcome::Refused,
            Conclusion::Changed => Outcome::Changed,
            Conclusion::Later(at) => Outcome::Later(later(at, zone, now)),
            Conclusion::WrongPerson => Outcome::WrongPerson,
            Conclusion::OptedOut => Outcome::OptedOut,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Outcome::Completed => "completed",
            Outcome::Confirmed => "confirmed",
            Outcome::Refused => "refused",
            Outcome::Changed => "changed",
            Outcome::Transferred => "transferred",
            Outcome::Later(_) => "later",
            Outcome::OptedOut => "opted_out",
            Outcome::WrongPerson => "wrong_person",
            Outcome::HungUp => "hung_up",
            Outcome::Machine { .. } => "machine",
            Outcome::MessageLeft => "message_left",
            Outcome::Undialled(cause) => cause.name(),
            Outcome::Unfit => "unfit",
            Outcome::Failed => "failed",
            Outcome::Lost => "lost",
        }
    }

    /// What says that the trunk is unwell, and nothing about who was called.
    pub fn has_trunk_failed(self) -> bool {
        let causes = [Cause::Congested, Cause::Unreachable, Cause::Forbidden, Cause::NoTrunk, Cause::NoCommonSound];
        matches!(self, Outcome::Undialled(cause) if causes.contains(&cause))
    }

    /// What becomes of a contact after its `nth` attempt of at most `most`.
    pub fn next(self, nth: u32, most: u32, gaps: &Gaps, now: Timestamp) -> Next {
        let gap = match self {
            Outcome::Completed | Outcome::Confirmed | Outcome::Refused | Outcome::Changed | Outcome::Transferred => return Next::Done,
            Outcome::MessageLeft | Outcome::Machine { again: false } => return Next::Done,
            Outcome::Unfit => return Next::GivenUp,
            Outcome::OptedOut | Outcome::WrongPerson => return Next::Stopped,
            Outcome::Later(at) => return if nth < most.saturating_add(PROMISED) { Next::Again(at.max(now)) } else { Next::GivenUp },
            Outcome::HungUp => gaps.hung_up,
            Outcome::Machine { again: true } => gaps.machine,
            Outcome::Lost | Outcome::Failed => gaps.lost,
            Outcome::Undialled(cause) => match cause {
                Cause::Busy => gaps.busy,
                Cause::NoAnswer => gaps.no_answer,
                Cause::Declined => gaps.declined,
                Cause::Congested | Cause::Unreachable | Cause::NoRoom | Cause::NoTrunk => gaps.congested,
                Cause::NoSuchNumber | Cause::Forbidden | Cause::Moved | Cause::NoCommonSound | Cause::NotAnAddress => return Next::GivenUp,
            },
        };
        if nth < most { now.saturating_add(gap).map_or(Next::GivenUp, Next::Again) } else { Next::GivenUp }
    }
}

/// A local time of the customer's as a moment; one that the clocks leave out is the next there is.
fn later(at: Option<DateTime>, zone: &TimeZone, now: Timestamp) -> Timestamp {
    let named = at.and_then(|at| at.to_zoned(zone.clone()).ok()).map(|at| at.timestamp());
    named.or_else(|| now.checked_add(LATER).ok()).unwrap_or(now)
}

impl Next {
    /// The state of the contact as it is kept.
    pub fn state(self) -> &'static str {
        match self {
            Next::Again(_) => "waiting",
            Next::Done => "done",
            Next::GivenUp => "given_up",
            Next::Stopped => "stopped",
        }
    }

    pub fn at(self) -> Option<Timestamp> {
        match self {
            Next::Again(at) => Some(at),
            _ => None,
        }
    }
}
