//! What the dialog remembers of one call. Plain data: the engine alone changes it.

use super::action::{RequestId, RequestKind, Utterance};
use super::engine::control::Chosen;
use super::engine::number::NumberField;
use super::engine::verify::Secret;
use super::flow::{At, Level, PromptId, is_moment};
use crate::nlu::{Candidates, Intent};
use crate::text::{Lang, PhoneNumber, Record, Value};
use jiff::civil::DateTime;
use std::collections::BTreeMap;

/// One call's dialog between two events. Begin with [`State::default`] and [`super::Event::Started`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub(super) lang: Lang,
    pub(super) now: DateTime,
    pub(super) call_id: String,
    /// The number that the line gave; whoever holds it may ask about it.
    pub(super) caller: Option<PhoneNumber>,
    /// Whose account this is about.
    pub(super) customer: Option<PhoneNumber>,
    /// What the caller proved in this call.
    pub(super) proved: Option<Level>,
    pub(super) proof_failures: u8,
    pub(super) recording_paused: bool,
    pub(super) keys_only: bool,
    /// What the last utterance carried; a moment in it may answer a question that it leads to.
    pub(super) carried: Record,
    /// How fast and how loud the caller wants it.
    pub(super) chosen: Chosen,
    /// The caller has said or keyed something.
    pub(super) present: bool,
    /// Flows that came to their end.
    pub(super) settled: u32,
    /// We called.
    pub(super) ours: bool,
    /// A machine that answers is left a message.
    pub(super) leaves_message: bool,
    /// The caller is to be asked for a score before the farewell.
    pub(super) survey: bool,
    /// An offer was made; there is never another one.
    pub(super) offered: bool,
    /// The running flow is the last; those below it wait for their turn.
    pub(super) frames: Vec<Frame>,
    /// The flow that ended last, for "no, September".
    pub(super) last: Option<Frame>,
    pub(super) waiting: Waiting,
    /// How often each prompt was said, so that wordings take turns.
    pub(super) said: BTreeMap<PromptId, usize>,
    /// What the caller heard last, for "say that again".
    pub(super) heard: Vec<Utterance>,
    /// The question that the caller asked last, in the caller's words.
    pub(super) wondered: Option<String>,
    /// The entry whose answer was the last thing said.
    pub(super) informed: Option<String>,
    /// What was changed, told before the farewell.
    pub(super) recap: Vec<Utterance>,
    /// Numbers being given, by the question's name; they outlive a digression.
    pub(super) numbers: BTreeMap<String, NumberField>,
    /// Requests of one sentence that wait for their turn.
    pub(super) queued: Vec<(Intent, Record)>,
    /// What was guessed and denied: it is not guessed again.
    pub(super) denied: Vec<Intent>,
    /// Work orders opened in this call: a fault told twice is registered once.
    pub(super) opened: Vec<Opened>,
    pub(super) requests: u32,
    /// A change whose outcome is not known: asked again, it carries the same key.
    pub(super) unsettled: Option<(String, Record, String)>,
}

impl State {
    /// The language spoken now.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// Whether the call is over.
    pub fn is_over(&self) -> bool {
        self.waiting == Waiting::Over
    }

    /// Whether the caller's identity was proved in this call.
    pub fn is_verified(&self) -> bool {
        self.proved.is_some()
    }

    /// Whether it is known who is calling, as surely as `level` demands.
    pub fn proves(&self, level: Level) -> bool {
        let is_own = self.caller.is_some() && self.caller == self.customer;
        self.proved >= Some(level) || (level == Level::CallerId && (is_own || self.proved.is_some()))
    }
}

/// A work order opened in this call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Opened {
    pub class: String,
    pub arguments: Record,
    pub reply: Record,
}

/// A flow in progress.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Frame {
    pub flow: usize,
    pub at: At,
    /// What started it, for whoever takes over; `None` for what a call of ours began with.
    pub intent: Option<Intent>,
    /// Slots and replies.
    pub variables: Record,
    /// Slots whose read-back got a yes.
    pub confirmed: Vec<String>,
    /// What the caller said no to, by slot: it is not proposed again.
    pub denied: Vec<(String, Value)>,
    /// Questions already answered, for "back".
    pub trail: Vec<At>,
    /// The change step that the caller said yes to.
    pub consent: Option<At>,
}

impl Frame {
    /// Runs at the beginning or the end of the call, not because the caller wants something.
    pub fn is_moment(&self) -> bool {
        self.intent.is_some_and(is_moment)
    }

    /// The caller said no to `value`.
    pub fn deny(&mut self, slot: &str, value: Value) {
        let denied = (slot.to_owned(), value);
        if !self.denied.contains(&denied) {
            self.denied.push(denied);
        }
    }

    /// Whether the caller said no to `value`.
    pub fn was_denied(&self, slot: &str, value: &Value) -> bool {
        self.denied.iter().any(|(name, denied)| name == slot && denied == value)
    }

    /// What the caller wants, for whoever takes over.
    pub fn wish(&self) -> Option<Intent> {
        self.intent.filter(|_| !self.is_moment())
    }
}

/// What the next event answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Waiting {
    #[default]
    Start,
    Caller(Asked),
    Request(Requested),
    /// A person, in the queue or already there.
    Person(Wait),
    /// A machine's beep, before it is told this.
    Beep(PromptId),
    Over,
}

/// What a caller who waits for a person was offered.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Wait {
    pub can_be_called: bool,
    /// Knows that he can be called back.
    pub offered: bool,
}

/// A question put to the caller.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asked {
    pub asking: Asking,
    pub no_match: usize,
    pub no_input: usize,
    /// What was answered without being heard surely, over all the times that it was said.
    pub heard: Candidates,
    /// The caller asked us to wait.
    pub held: bool,
    /// The question that this one interrupted.
    pub before: Option<Box<Asked>>,
}

impl Asked {
    pub fn new(asking: Asking) -> Asked {
        Asked { asking, no_match: 0, no_input: 0, heard: Candidates::default(), held: false, before: None }
    }
}

/// Closed: everything that can be asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asking {
    /// What can I do for you?
    Open,
    /// Anything else?
    More,
    /// The menu below this key of the main menu.
    Menu(char),
    /// The running flow's slot.
    Slot(String),
    /// Is it this? Before a slot is filled.
    SlotGuess {
        slot: String,
        value: Value,
    },
    /// The running flow's yes/no step.
    Choice,
    /// Yes to the running flow's change step.
    Consent,
    /// Digits that prove who is calling.
    Secret(Secret),
    /// Whose account, when the line gave no number.
    Number,
    NumberGuess(PhoneNumber),
    /// You want to …, right?
    Guess {
        intent: Intent,
        slots: Record,
    },
    /// This, or that?
    Tie {
        first: Intent,
        second: Intent,
        slots: Record,
    },
    /// Something that suits what was just settled.
    Offer {
        intent: Intent,
        prompt: PromptId,
    },
    /// Did the advice help?
    Helped,
    /// The system is down: shall we register it?
    OfferOrder,
    /// We cannot do this: a person?
    OfferAgent {
        intent: Intent,
        prompt: PromptId,
    },
}

/// A request under way.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Requested {
    pub id: RequestId,
    pub purpose: Purpose,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Purpose {
    /// The running flow's step.
    Step {
        kind: RequestKind,
    },
    Verify(Secret),
    /// The running flow goes on, whatever comes of it.
    Aside,
    /// The work order offered because a system was down.
    Order,
}
