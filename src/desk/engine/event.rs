//! What can happen at the desk, and what is to be done then.

use crate::desk::queue::{AgentId, CallerId, Want};
use std::collections::BTreeSet;

/// Closed: everything that can happen. What does not fit the state (an answer to a ring that is over) changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An agent is there, not yet ready; again with other skills changes only these.
    SignedIn {
        agent: AgentId,
        skills: BTreeSet<String>,
    },
    Ready {
        agent: AgentId,
    },
    /// Takes no more calls; one that goes on is finished.
    Away {
        agent: AgentId,
    },
    /// Signed out, or the connection is lost for good.
    Gone {
        agent: AgentId,
    },
    /// The agent wants the caller, and has to answer a telephone first: [`Event::Accepted`] follows, or [`Event::Away`].
    PickedUp {
        agent: AgentId,
    },
    Accepted {
        agent: AgentId,
    },
    Declined {
        agent: AgentId,
    },
    /// The agent ended the conversation.
    HungUp {
        agent: AgentId,
    },
    /// Somebody who is not of the desk has taken the agent's caller.
    HandedOn {
        agent: AgentId,
    },
    /// The agent passes the caller on to people with a skill of the rules, where [`Desk::may_pass_on`] does not object.
    ///
    /// [`Desk::may_pass_on`]: super::Desk::may_pass_on
    PassedOn {
        agent: AgentId,
        skill: String,
    },
    WrappedUp {
        agent: AgentId,
    },
    /// A caller wants a person.
    Arrived {
        caller: CallerId,
        want: Want,
    },
    /// The caller hung up or went back to the flow by himself.
    Left {
        caller: CallerId,
    },
    /// Somebody who leads takes a conversation over from the agent who has it.
    TakesOver {
        agent: AgentId,
        caller: CallerId,
    },
    /// Time passes; at least every second.
    Tick,
}

/// Closed: everything that is to be done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Show the agent who calls and why; accepting is up to the agent.
    Ring {
        agent: AgentId,
        caller: CallerId,
    },
    /// The agent need not answer any more.
    StopRinging {
        agent: AgentId,
        caller: CallerId,
    },
    Connect {
        agent: AgentId,
        caller: CallerId,
    },
    /// Tell the caller: place from 1, and the expected wait.
    Tell {
        caller: CallerId,
        place: usize,
        expected_s: i64,
    },
    /// The caller goes back to the flow with a reason.
    Back {
        caller: CallerId,
        why: Failure,
    },
    /// The conversation is over for the caller: back to the flow, to its end.
    Served {
        caller: CallerId,
    },
    /// The agent's line broke, and the caller waits again, before all others.
    Lost {
        caller: CallerId,
    },
    /// The agent's call is over, and the caller waits again, before all others, for somebody with this skill.
    PassedOn {
        agent: AgentId,
        caller: CallerId,
        skill: String,
    },
    /// The caller is gone, or somebody else's: the agent's call is over.
    CallOver {
        agent: AgentId,
        caller: CallerId,
    },
}

/// Why a caller is not passed on, and stays with the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stays {
    /// The agent speaks with nobody.
    NoCall,
    /// Nobody else on duty has the skill and speaks the caller's language.
    NobodyElse,
    /// Too many wait.
    Full,
}

/// Why no person takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// Out of hours.
    Closed,
    /// Too many wait.
    Full,
    /// Nobody who could help is there.
    Nobody,
    /// Everybody who could help declined or did not answer.
    Declined,
    /// Longer than anybody should wait.
    TooLong,
    /// The agent's line broke.
    AgentLost,
}

impl Failure {
    /// The stable name, as in flows and records.
    pub fn name(self) -> &'static str {
        match self {
            Failure::Closed => "closed",
            Failure::Full => "full",
            Failure::Nobody => "nobody",
            Failure::Declined => "declined",
            Failure::TooLong => "too_long",
            Failure::AgentLost => "agent_lost",
        }
    }
}
