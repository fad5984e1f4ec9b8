//! What a call can do, as the dialog orders it.

use crate::nlu::{Expectation, Intent};
use crate::text::{Lang, PhoneNumber, Record};

/// Numbers the requests of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u32);

/// Closed: everything that can be done. Actions of one step are carried out in their order.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Say(Utterance),
    /// Listen for an answer; always the last action of a step, after what is asked was said.
    Listen(Question),
    /// Ask another system; its end comes back as [`super::Event::Answered`]. Nothing is listened for meanwhile.
    Perform {
        id: RequestId,
        kind: RequestKind,
        operation: String,
        arguments: Record,
        /// Whose account: the caller's own number, or another one that was verified.
        customer: Option<PhoneNumber>,
        idempotency_key: Option<String>,
        /// Not worth a longer wait: then it counts as unavailable. `None` is as long as callers can be kept waiting.
        within_ms: Option<u32>,
    },
    /// A question that nobody could answer: an editor may add it. Said by the caller, so it is to be masked.
    NoteUnanswered {
        question: String,
    },
    /// Secrets follow: recording, transcript and logs leave them out until [`Action::ResumeRecording`].
    PauseRecording,
    ResumeRecording,
    /// Change the language of everything that follows.
    SetLang(Lang),
    /// Change how fast and how loud everything that follows is said.
    SetDelivery(Delivery),
    /// The caller does not wait for a person any more.
    LeaveQueue,
    /// The caller wants to be called back instead of waiting; what came of it follows as [`super::Event::Queue`].
    ChooseCallBack,
    /// The call is over; the last thing said is still played.
    HangUp(Outcome),
}

/// How fast and how loud we talk; 100 is the voice's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub speed_percent: u16,
    pub volume_percent: u16,
}

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// `business`: reads.
    LookUp,
    /// `business`: changes something; carries an idempotency key.
    Change,
    /// `care`: opens a work order; `operation` is its class; the reply has `number` (a code) and `due` (a moment).
    OpenWorkOrder,
    /// `care`: writes to the customer; `operation` is the prompt's name, `text` what is written.
    Notify,
    /// `care`: keeps an answer to a survey; `operation` is the survey's name, `score` the answer.
    Survey,
    /// What a call of ours came to; see [`super::Conclusion::read`].
    Conclude,
}

/// Something to be said.
#[derive(Clone, Debug, PartialEq)]
pub struct Utterance {
    /// The prompt's name in `flows/`, for the record.
    pub prompt: String,
    /// Ready to be normalised and spoken.
    pub text: String,
    pub lang: Lang,
    /// Whether the caller may interrupt; recording notices and terms are heard to the end.
    pub barge_in: bool,
}

/// How long to wait for the end of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    Closed,
    Open,
    Number,
}

/// What is being asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The state's name, for the record: `query_bill.month`.
    pub name: String,
    pub expectation: Expectation,
    pub timing: Timing,
    /// Silence after the prompt that counts as no input.
    pub no_input_ms: u32,
    /// How many keys complete an answer; 0 for a single menu key.
    pub key_length: u8,
    /// The answer is secret: it is masked in the record.
    pub secret: bool,
    /// A yes costs money or changes the account: it has to be heard more surely than an answer otherwise.
    pub consent: bool,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// What was asked for was done or answered.
    Completed,
    /// Handed to a person, with everything learned.
    Transferred { reason: TransferReason, intent: Option<Intent>, slots: Record },
    /// The caller hung up or went silent first.
    Abandoned,
    /// Ended by a fault of ours.
    Failed(String),
}

/// Why a person takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferReason {
    CallerAsked,
    NotUnderstood,
    NoInput,
    NotVerified,
    SystemDown,
    /// The flow hands over by its own rules.
    FlowRule,
}

impl RequestKind {
    /// The stable name, as in records.
    pub fn name(self) -> &'static str {
        match self {
            RequestKind::LookUp => "look_up",
            RequestKind::Change => "change",
            RequestKind::OpenWorkOrder => "work_order",
            RequestKind::Notify => "notify",
            RequestKind::Survey => "survey",
            RequestKind::Conclude => "outcome",
        }
    }
}

impl TransferReason {
    /// The stable name, as in records.
    pub fn name(self) -> &'static str {
        match self {
            TransferReason::CallerAsked => "caller_asked",
            TransferReason::NotUnderstood => "not_understood",
            TransferReason::NoInput => "no_input",
            TransferReason::NotVerified => "not_verified",
            TransferReason::SystemDown => "system_down",
            TransferReason::FlowRule => "flow_rule",
        }
    }
}
