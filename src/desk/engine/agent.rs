//! What the desk knows of an agent.

use crate::desk::queue::{CallerId, Waiting};
use jiff::civil::DateTime;
use std::collections::BTreeSet;
use std::mem::{Discriminant, discriminant};

/// What an agent does.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    Away,
    Ready,
    /// `picked_up`: the agent has accepted, and answers a telephone now.
    Ringing {
        caller: CallerId,
        waiting: Waiting,
        since: DateTime,
        picked_up: bool,
    },
    Talking {
        caller: CallerId,
        waiting: Waiting,
        since: DateTime,
    },
    WrapUp {
        until: DateTime,
    },
}

/// Somebody who takes calls, one at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    pub skills: BTreeSet<String>,
    pub status: Status,
    /// Since when there was no call to take: who has had none for longest is asked first.
    pub idle_since: DateTime,
    /// Since when the status is of this kind.
    pub state_since: DateTime,
    kind: Discriminant<Status>,
    /// Goes away after the present call.
    pub leaves: bool,
}

impl Agent {
    /// Somebody who has just come, and takes no calls yet.
    pub(super) fn new(now: DateTime) -> Agent {
        let status = Status::Away;
        Agent { skills: BTreeSet::new(), kind: discriminant(&status), status, idle_since: now, state_since: now, leaves: false }
    }

    /// Takes calls, now or after the one that goes on.
    pub fn is_on_duty(&self) -> bool {
        !self.leaves && self.status != Status::Away
    }

    /// Notes since when the agent does what he does.
    pub(super) fn note_state(&mut self, now: DateTime) {
        let kind = discriminant(&self.status);
        if kind != self.kind {
            (self.kind, self.state_since) = (kind, now);
        }
    }
}
