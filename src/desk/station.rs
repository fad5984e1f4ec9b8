//! What an agent's place shows and says; who carries it (a browser, a telephone) is not known here.

use super::queue::{AgentId, CallerId};
use crate::call::conference::Role;
use crate::call::dial::Cause;
use crate::call::line::Frame;
use crate::call::recording::Kept;
use crate::call::transfer::{Case, Remark, Suggestion};
use crate::text::Record;
use jiff::civil::DateTime;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Somebody who signs in at the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: AgentId,
    /// What others see.
    pub shown: String,
    /// Languages too: `zh`, `en`.
    pub skills: BTreeSet<String>,
    /// Leads others: sees all calls, listens, whispers, speaks, takes over.
    pub leads: bool,
    /// The address of the telephone that is spoken on; without it the browser is.
    pub phone: Option<String>,
}

/// Closed: everything that somebody at a station can do.
#[derive(Clone, Debug, PartialEq)]
pub enum FromAgent {
    Ready,
    Away,
    Accept,
    Decline,
    HangUp,
    Hold(bool),
    /// To one of the telephones of the rules, which takes over once it is answered.
    HandOn {
        to: String,
    },
    /// Not after all.
    Keep,
    /// To colleagues with a skill of the rules; the note is for who takes the caller.
    PassOn {
        skill: String,
        note: String,
    },
    /// Pauses the recording, or lets it go on.
    PauseRecording(bool),
    /// 16 kHz mono, of any length.
    Sound(Vec<f32>),
    /// What became of the last call; ends the time for it.
    WrapUp {
        disposition: String,
        note: String,
    },
    /// A work order for the present or the last call's customer.
    OpenOrder {
        class: String,
        text: String,
    },
    /// Leads only: into a call beside its agent, or in another role.
    Join {
        caller: CallerId,
        role: Role,
    },
    Quit,
    /// Leads only: the conversation becomes one's own.
    TakeOver {
        caller: CallerId,
    },
}

/// Closed: everything that a station is told.
#[derive(Clone, Debug, PartialEq)]
pub enum ToAgent {
    /// How things stand; whenever that changes.
    View(Arc<View>),
    /// Everything known of the call that rings, goes on, or is listened to.
    Case {
        caller: CallerId,
        case: Box<Case>,
    },
    Known(Record),
    Said(Remark),
    Suggests(Vec<Suggestion>),
    Keys(String),
    Sound(Box<Frame>),
    OrderOpened {
        number: String,
    },
    /// What was asked for is not done.
    Refused(Refusal),
    /// One's telephone was not reached.
    PhoneFailed(Cause),
    /// The telephone to which one's caller was to be handed on was not reached; the caller is still there.
    NotHandedOn(Cause),
    /// The same person has signed in elsewhere; nothing follows.
    Replaced,
}

/// Why something was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// For those who lead.
    NotYours,
    /// There is no such call, or not any more.
    NoCall,
    /// It cannot be written down now; try again.
    NotKept,
    /// No such disposition is in the rules.
    NoDisposition,
    /// No such telephone is in the rules.
    NoTelephone,
    /// No such skill is in the rules.
    NoSkill,
    /// Nobody else on duty has the skill and speaks the caller's language; the caller is still there.
    NobodyElse,
    /// Too many wait; the caller is still there.
    QueueFull,
}

impl Refusal {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Refusal::NotYours => "not_yours",
            Refusal::NoCall => "no_call",
            Refusal::NotKept => "not_kept",
            Refusal::NoDisposition => "no_disposition",
            Refusal::NoTelephone => "no_telephone",
            Refusal::NoSkill => "no_skill",
            Refusal::NobodyElse => "nobody_else",
            Refusal::QueueFull => "queue_full",
        }
    }
}

/// What somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    Away,
    Ready,
    Ringing,
    Talking,
    WrapUp,
}

impl Doing {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Doing::Away => "away",
            Doing::Ready => "ready",
            Doing::Ringing => "ringing",
            Doing::Talking => "talking",
            Doing::WrapUp => "wrap_up",
        }
    }
}

/// How things stand for one station.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    pub doing: Doing,
    /// Since when, or for wrap-up until when.
    pub since: DateTime,
    /// The call that rings or goes on.
    pub caller: Option<CallerId>,
    pub held: bool,
    /// How the recording of the call stands that goes on.
    pub kept: Kept,
    /// One's telephone `rings`, is `answered`, or `holds`: the caller is on hold by its own key.
    pub phone: Option<&'static str>,
    /// The telephone, by its name in the rules, that rings to take one's caller over.
    pub hands_on: Option<String>,
    /// The call that somebody who leads is in beside its agent.
    pub beside: Option<(CallerId, Role)>,
    /// Who waits, in the order in which they are taken.
    pub queue: Vec<Queued>,
    /// Everybody who is there.
    pub agents: Vec<Colleague>,
}

/// Somebody who waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Queued {
    pub caller: CallerId,
    pub since: DateTime,
    pub level: Option<String>,
    /// Languages and skills that are waited for.
    pub skills: BTreeSet<String>,
}

/// Somebody who is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Colleague {
    pub id: AgentId,
    pub shown: String,
    pub doing: Doing,
    pub since: DateTime,
    pub caller: Option<CallerId>,
    /// The line to the station is interrupted.
    pub interrupted: bool,
}
