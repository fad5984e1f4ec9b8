//! The result of understanding, and what the present question expects.

use super::{Candidates, Control, Intent};
use crate::text::Record;

/// What the dialog expects to hear next; the router, the recogniser and the endpointer are told the same thing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectation {
    /// The grammar of the question asked, by its stable name (`yes_no`, `month`, `digits_6`, …); `None` for an open question.
    pub grammar: Option<String>,
    /// The slot that a match of `grammar` fills.
    pub slot: Option<String>,
    /// Words that help the recogniser here.
    pub terms: Vec<String>,
}

/// What to do with a guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Act on it.
    Accept,
    /// Ask whether it is so; never act.
    Confirm,
    /// Not understood, or none of our business.
    Reject,
}

impl Decision {
    pub fn name(self) -> &'static str {
        match self {
            Decision::Accept => "accept",
            Decision::Confirm => "confirm",
            Decision::Reject => "reject",
        }
    }
}

/// Which step of the router was sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The asked question's grammar.
    Grammar,
    /// Universals and other phrases understood everywhere.
    Global,
    Classifier,
    Knowledge,
    Nothing,
}

impl Source {
    pub fn name(self) -> &'static str {
        match self {
            Source::Grammar => "grammar",
            Source::Global => "global",
            Source::Classifier => "classifier",
            Source::Knowledge => "knowledge",
            Source::Nothing => "nothing",
        }
    }
}

/// Why an utterance was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectReason {
    Empty,
    LowConfidence,
    OutOfScope,
    /// A request of ours that leaves open which: `alternatives` are what it may be, likeliest first. Ask which one.
    Vague,
}

impl RejectReason {
    pub fn name(self) -> &'static str {
        match self {
            RejectReason::Empty => "empty",
            RejectReason::LowConfidence => "low_confidence",
            RejectReason::OutOfScope => "out_of_scope",
            RejectReason::Vague => "vague",
        }
    }
}

/// One utterance, understood as far as it goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Understood {
    /// What was heard or typed.
    pub text: String,
    /// The best guess, also when it was rejected for low confidence. `None` when only the asked slot was filled or nothing fits.
    pub intent: Option<Intent>,
    /// 0.0..=1.0.
    pub confidence: f32,
    pub decision: Decision,
    /// Every value found, by slot name: the asked slot under its own name, others under their type (`month`, `amount`, `phone_number`, …).
    pub slots: Record,
    pub source: Source,
    /// The answer was found by the sound of the text alone: its words say something else.
    pub by_sound: bool,
    /// Next best guesses, best first; a near tie becomes a question.
    pub alternatives: Vec<(Intent, f32)>,
    pub reason: Option<RejectReason>,
    /// Further requests of the same utterance, in the order they were said, each with its own slots. Only clear ones.
    pub also: Vec<(Intent, Record)>,
    /// Something said before is taken back and put right: `不对，是十月份`. The slots are what is meant.
    pub corrects: bool,
    /// How the caller wants us to talk; then it was the whole utterance, and there is no intent.
    pub control: Option<Control>,
    /// What the digits that were asked for may have been, where speech was read as such; also when nothing was understood.
    pub candidates: Candidates,
}
