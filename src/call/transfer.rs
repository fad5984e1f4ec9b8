//! The port through which a caller is handed to a person whom the house itself employs: the call asks, the desk answers.
//!
//! The call stays the caller's: its clock goes on, it plays music and sentences while he waits, mixes the sound when a person is there,
//! and takes him back when nobody is. Dropping the [`CallEnd`] is leaving.

use super::conference::{Party, Role};
use super::line::Frame;
use super::recording::Kept;
use crate::dialog::{TransferFailure, TransferReason};
use crate::nlu::Intent;
use crate::text::{Lang, PhoneNumber, Record};
use jiff::civil::DateTime;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Whoever has persons to speak with.
pub trait TransferPort: Send + Sync {
    /// A caller wants a person; what becomes of it comes through `end`. Must not wait. Dropping `end` means that nobody comes.
    fn ask(&self, case: Case, end: DeskEnd);
}

/// Who asks for a person, and everything that is known by then.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    pub call_id: String,
    /// When the call began.
    pub since: DateTime,
    /// `None` when the number is withheld.
    pub caller: Option<PhoneNumber>,
    pub lang: Lang,
    /// Whether the caller proved in this call who he is.
    pub verified: bool,
    pub reason: TransferReason,
    pub intent: Option<Intent>,
    pub slots: Record,
    /// What was said so far, in order.
    pub transcript: Vec<Remark>,
    /// What other systems were asked for, in order.
    pub tried: Vec<Tried>,
    /// What the operator knows of the customer, when that was there in time; else it follows as [`FromCall::Known`].
    pub known: Option<Record>,
    pub suggestions: Vec<Suggestion>,
    /// Whether what is said now is kept as sound.
    pub kept: Kept,
    /// Agents who had the caller and passed him on, in order.
    pub passed_on: Vec<PassedOn>,
}

/// An agent passed a caller on to colleagues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOn {
    /// As colleagues see the name.
    pub by: String,
    /// Of whom is wanted, by its name in the rules.
    pub skill: String,
    /// For who comes next, in the agent's own words; masked.
    pub note: String,
}

/// Who says something in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Speaker {
    Caller,
    Service,
    Agent,
}

impl Speaker {
    /// The stable name, as in records.
    pub fn name(self) -> &'static str {
        match self {
            Speaker::Caller => "caller",
            Speaker::Service => "service",
            Speaker::Agent => "agent",
        }
    }
}

/// Something that was said, fit to be shown: secrets are starred.
#[derive(Clone, Debug, PartialEq)]
pub struct Remark {
    /// Of the call's own clock.
    pub at_ms: u64,
    pub who: Speaker,
    pub text: String,
    /// Of the recogniser; `None` for what the service said.
    pub confidence: Option<f32>,
    /// What was understood.
    pub intent: Option<Intent>,
    /// More of it may follow, or other words in its place.
    pub partial: bool,
}

/// What another system was asked for, and how that went: `done`, `not_found`, `refused`, `unavailable`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    pub operation: String,
    pub how: &'static str,
}

/// An entry of the knowledge base that may help now.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    pub entry: String,
    pub question: String,
    pub answer: String,
    /// Probability that it answers what was said.
    pub confidence: f32,
}

/// What a call tells the desk.
#[derive(Clone, Debug, PartialEq)]
pub enum FromCall {
    Known(Record),
    Said(Remark),
    Suggests(Vec<Suggestion>),
    /// Keys that the caller pressed while a person is there; `•` for each while the recording is paused.
    Keys(String),
    /// What somebody hears.
    Sound {
        party: Party,
        frame: Box<Frame>,
    },
    /// How the recording stands, when that changes.
    Recorded(Kept),
    /// The caller wants to be called back.
    ChoseCallBack,
}

/// What the desk tells a call.
#[derive(Clone, Debug, PartialEq)]
pub enum ToCall {
    /// The place in the queue, from 1.
    Place {
        place: usize,
        expected_s: i64,
        can_be_called: bool,
    },
    /// Somebody comes in, or changes his role; `name` is for the record.
    Seat {
        party: Party,
        role: Role,
        name: String,
    },
    Unseat {
        party: Party,
    },
    /// An agent wanted the caller, and could not be called; `why` is for the record. Somebody else comes, or [`ToCall::Back`] follows.
    Unreached {
        name: String,
        why: &'static str,
    },
    /// 16 kHz mono, of any length.
    Sound {
        party: Party,
        samples: Vec<f32>,
    },
    /// The agent holds the caller, or is back.
    Hold(bool),
    /// The agent has the recording paused, or lets it go on.
    PauseRecording {
        paused: bool,
        by: String,
    },
    /// The agent's line is interrupted; it may come back, or [`ToCall::Lost`] follows.
    Interrupted,
    /// The agent's line is lost: the caller waits again, before all others.
    Lost,
    /// The agent passes the caller on, who waits again, before all others, for somebody with this skill; both names are for the record.
    PassedOn {
        by: String,
        skill: String,
    },
    CallBackKept,
    CallBackFailed,
    /// The agent has finished.
    Served,
    /// Nobody takes the caller.
    Back(TransferFailure),
}

/// The call's end.
#[derive(Debug)]
pub struct CallEnd {
    pub to_desk: Sender<FromCall>,
    pub from_desk: Receiver<ToCall>,
}

/// The desk's end.
#[derive(Debug)]
pub struct DeskEnd {
    pub to_call: Sender<ToCall>,
    pub from_call: Receiver<FromCall>,
}

/// Messages that may wait in each direction; sound is fifty a second for each party.
const QUEUE: usize = 512;

/// Both ends.
pub fn handover() -> (CallEnd, DeskEnd) {
    let (to_desk, from_call) = channel(QUEUE);
    let (to_call, from_desk) = channel(QUEUE);
    (CallEnd { to_desk, from_desk }, DeskEnd { to_call, from_call })
}
