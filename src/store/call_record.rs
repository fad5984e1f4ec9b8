//! A call as it is kept: what the desk, the figures and the replay will read.

use super::StoredPhone;
use crate::text::{Lang, PhoneNumber, Record};
use jiff::civil::DateTime;

/// A call that begins.
#[derive(Clone, Debug)]
pub struct NewCall<'a> {
    /// Unique for ever; it is part of idempotency keys.
    pub id: &'a str,
    /// The version of flows, grammars and example sentences that it runs with.
    pub edition: &'a str,
    /// `None` when withheld.
    pub caller: Option<&'a PhoneNumber>,
    pub lang: Lang,
    pub opened: DateTime,
    /// A call of ours that somebody of ours listens to.
    pub is_test: bool,
}

/// One turn: what the caller said and what was answered. Masked when it is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn {
    /// From 0, the greeting.
    pub n: u32,
    /// Empty when nothing was heard; keys as they were pressed.
    pub heard: String,
    /// 0.0..=1.0.
    pub confidence: f32,
    pub intent: Option<String>,
    /// `accept`, `confirm`, `reject`; other words for turns without speech, as the call names them.
    pub decision: String,
    pub slots: Record,
    /// What the caller was played.
    pub said: String,
    pub ms: Waterfall,
    /// A secret was asked for: nothing that was heard or filled is kept.
    pub secret: bool,
}

/// When things happened in a turn, in milliseconds of the call's clock; `None` for what did not happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waterfall {
    pub speech_end: Option<u32>,
    pub endpoint: Option<u32>,
    pub text: Option<u32>,
    pub decided: Option<u32>,
    pub first_sample: Option<u32>,
}

/// Something else that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct CallEvent {
    /// Milliseconds of the call's clock.
    pub at_ms: u32,
    /// `barge_in`, `no_input`, `performed`, `recording_paused`, ….
    pub kind: String,
    pub detail: Record,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    pub outcome: CallOutcome,
    pub closed: DateTime,
}

/// The outcome as rows know it; `dialog::Outcome` is the same thing one floor up.
#[derive(Clone, Debug, PartialEq)]
pub enum CallOutcome {
    Completed,
    Transferred { reason: String, intent: Option<String>, slots: Record },
    Abandoned,
    Failed { reason: String },
}

impl CallOutcome {
    /// As `call.json` and the database write it.
    pub fn name(&self) -> &'static str {
        match self {
            CallOutcome::Completed => "completed",
            CallOutcome::Transferred { .. } => "transferred",
            CallOutcome::Abandoned => "abandoned",
            CallOutcome::Failed { .. } => "failed",
        }
    }
}

/// A call read back; personal data in it is masked.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRecord {
    pub id: String,
    /// Empty when it was not kept yet.
    pub edition: String,
    pub caller: Option<StoredPhone>,
    pub lang: Lang,
    pub opened: DateTime,
    pub is_test: bool,
    /// `None` while it goes on.
    pub ending: Option<Ending>,
    pub turns: Vec<Turn>,
    pub events: Vec<CallEvent>,
}
