//! What happened in a call: every turn with its timings, every event. The desk, the figures and the replay read this one record.
//!
//! Secrets never enter it: the session hands over what was heard already masked.

use super::line::Packets;
use crate::dialog::{Opening, Outcome, RequestKind};
use crate::nlu::{Decision, Intent, Source};
use crate::text::mask::mask_text;
use crate::text::{Lang, PhoneNumber, Record};
use jiff::civil::DateTime;

/// Who pauses a recording when the flow asks for a secret, as in records.
pub const FLOW: &str = "flow";

/// Moments of one turn, in milliseconds of the call's own clock; `None` for what did not happen (text mode has no sound).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waterfall {
    /// The caller's last voiced frame ended.
    pub speech_end_ms: Option<u64>,
    /// The endpointer was sure that the caller had finished.
    pub endpoint_ms: Option<u64>,
    /// The recogniser's text was there.
    pub text_ms: Option<u64>,
    /// The dialog had chosen its reply.
    pub decided_ms: Option<u64>,
    /// The first audible sample of the reply went out on the line.
    pub first_sample_ms: Option<u64>,
}

/// One thing that the caller said or keyed, and the reply to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// From 1.
    pub n: u32,
    /// What was recognised; stars for a secret.
    pub heard: String,
    /// The recogniser's confidence, 0.0..=1.0; 1.0 for text and keys.
    pub confidence: f32,
    pub keys: bool,
    pub intent: Option<Intent>,
    pub intent_confidence: f32,
    pub decision: Decision,
    pub source: Source,
    pub slots: Record,
    /// What the caller really heard in reply, sentence by sentence.
    pub said: Vec<String>,
    pub waterfall: Waterfall,
    /// A secret was asked for: `heard` is starred and the asked slot is left out. Also while others had the recording paused: then no slot is kept.
    pub secret: bool,
}

/// Closed: everything that a call's record can note.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    SaidBegan {
        prompt: String,
        text: String,
    },
    SaidEnded {
        prompt: String,
    },
    /// The caller spoke into a prompt; it waits.
    Paused {
        prompt: String,
    },
    /// Nothing was understood; the prompt goes on from where it stopped.
    Resumed {
        prompt: String,
    },
    /// The caller's words replaced the rest of the prompt.
    Interrupted {
        prompt: String,
    },
    Asked {
        question: String,
    },
    SpeechBegan,
    SpeechEnded,
    Recognised {
        confidence: f32,
        compute_ms: u32,
        trial: bool,
    },
    /// The service heard itself.
    Echo,
    /// A guard emptied the text; the reason is a short name.
    Withheld {
        reason: String,
    },
    Keyed {
        count: usize,
    },
    NoInput,
    /// No person took the caller over; the call goes on.
    TransferFailed {
        why: &'static str,
    },
    /// The caller waits for a person at this place.
    Queued {
        place: usize,
        expected_s: i64,
    },
    /// A person is in the call: an agent, or somebody who listens to one.
    PersonJoined {
        name: String,
        role: &'static str,
    },
    PersonLeft {
        name: String,
    },
    /// An agent wanted the caller, and his telephone was not reached.
    PersonUnreached {
        name: String,
        why: &'static str,
    },
    /// The agent passed the caller on to colleagues with a skill.
    PassedOn {
        by: String,
        skill: String,
    },
    /// The agent put the caller on hold, or came back.
    Held {
        held: bool,
    },
    /// Said while the caller and a person talked.
    Talked {
        who: &'static str,
        /// Masked.
        text: String,
    },
    /// The caller wanted to be called back; whether that was promised.
    CallBack {
        kept: bool,
    },
    /// The caller did not want to wait for a person any more.
    LeftQueue,
    Requested {
        kind: RequestKind,
        operation: String,
    },
    Answered {
        operation: String,
        how: &'static str,
        took_ms: u64,
    },
    /// A question that nobody could answer; an editor may add it.
    Unanswered {
        /// Masked.
        question: String,
    },
    /// In a call of ours: what answered, and so long after the answer that was known.
    AnsweredBy {
        who: &'static str,
        after_ms: u32,
    },
    /// What answered showed itself to be a machine.
    MetMachine {
        by: &'static str,
    },
    /// By the `flow` that asks for a secret, or by whoever wanted it.
    RecordingPaused {
        by: String,
    },
    RecordingResumed {
        by: String,
    },
    /// How the packets of the caller's sound fared, at the end of the call.
    Packets(Packets),
    Fault(String),
    Ended {
        outcome: &'static str,
    },
}

impl Happening {
    /// A question in the caller's words.
    pub fn unanswered(question: &str) -> Happening {
        Happening::Unanswered { question: mask_text(question) }
    }

    /// The stable name, as in `call.json` and the database.
    pub fn name(&self) -> &'static str {
        match self {
            Happening::SaidBegan { .. } => "said_began",
            Happening::SaidEnded { .. } => "said_ended",
            Happening::Paused { .. } => "paused",
            Happening::Resumed { .. } => "resumed",
            Happening::Interrupted { .. } => "interrupted",
            Happening::Asked { .. } => "asked",
            Happening::SpeechBegan => "speech_began",
            Happening::SpeechEnded => "speech_ended",
            Happening::Recognised { .. } => "recognised",
            Happening::Echo => "echo",
            Happening::Withheld { .. } => "withheld",
            Happening::Keyed { .. } => "keyed",
            Happening::NoInput => "no_input",
            Happening::TransferFailed { .. } => "transfer_failed",
            Happening::Queued { .. } => "queued",
            Happening::PersonJoined { .. } => "person_joined",
            Happening::PersonLeft { .. } => "person_left",
            Happening::PersonUnreached { .. } => "person_unreached",
            Happening::PassedOn { .. } => "passed_on",
            Happening::Held { .. } => "held",
            Happening::Talked { .. } => "talked",
            Happening::CallBack { .. } => "call_back",
            Happening::LeftQueue => "left_queue",
            Happening::Requested { .. } => "requested",
            Happening::Answered { .. } => "answered",
            Happening::Unanswered { .. } => "unanswered",
            Happening::AnsweredBy { .. } => "answered_by",
            Happening::MetMachine { .. } => "met_machine",
            Happening::RecordingPaused { .. } => "recording_paused",
            Happening::RecordingResumed { .. } => "recording_resumed",
            Happening::Packets(_) => "packets",
            Happening::Fault(_) => "fault",
            Happening::Ended { .. } => "ended",
        }
    }
}

/// A happening and its time on the call's clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Noted {
    pub at_ms: u64,
    pub what: Happening,
}

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRecord {
    pub id: String,
    /// The version of flows, grammars and example sentences that it ran with.
    pub edition: String,
    pub caller: Option<PhoneNumber>,
    pub lang: Lang,
    pub started: DateTime,
    /// `None` while the call goes on.
    pub outcome: Option<Outcome>,
    pub turns: Vec<Turn>,
    pub events: Vec<Noted>,
}

impl CallRecord {
    pub fn new(opening: &Opening, edition: &str) -> CallRecord {
        CallRecord {
            id: opening.call_id.clone(),
            edition: edition.to_owned(),
            caller: opening.caller.clone(),
            lang: opening.lang,
            started: opening.now,
            outcome: None,
            turns: Vec::new(),
            events: Vec::new(),
        }
    }

    pub fn note(&mut self, at_ms: u64, what: Happening) {
        self.events.push(Noted { at_ms, what });
    }
}

/// The stable name of an outcome, as in `call.json`.
pub fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "completed",
        Outcome::Transferred { .. } => "transferred",
        Outcome::Abandoned => "abandoned",
        Outcome::Failed(_) => "failed",
    }
}
