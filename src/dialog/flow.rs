//! Flows ready to run: every name resolved, every template compiled, nested steps laid out flat.
//!
//! Made only by [`super::check`], so whatever is here is known to be whole.

use super::action::Timing;
use super::errand::Form;
use super::raw::Text;
use super::template::Prompts;
use crate::nlu::Intent;
use crate::text::{Lang, Value};
use std::collections::BTreeMap;

/// Everything that is said and done, checked.
#[derive(Debug)]
pub struct Flows {
    pub(super) flows: Vec<Flow>,
    pub(super) titles: BTreeMap<Intent, Title>,
    /// What the tags of choices are called.
    pub(super) choices: BTreeMap<String, Title>,
    /// What keys do at an open question.
    pub(super) menu: BTreeMap<char, MenuKey>,
    pub(super) prompts: Prompts,
    /// What callers say when an answer did not answer their question.
    pub(super) not_answered: Words,
}

impl Flows {
    /// The flow that an intent starts.
    pub(super) fn for_intent(&self, intent: Intent) -> Option<usize> {
        (!is_moment(intent)).then(|| self.at_moment(intent)).flatten()
    }

    /// The flow that runs at the beginning (`greeting`) or the end (`goodbye`) of a call.
    pub(super) fn at_moment(&self, moment: Intent) -> Option<usize> {
        self.flows.iter().position(|flow| flow.triggers.contains(&moment))
    }

    /// Every sentence without variables, by language: what a voice can render ahead.
    pub fn fixed_sentences(&self) -> Vec<(Lang, String)> {
        self.prompts.fixed()
    }

    /// What a choice is called inside a sentence.
    pub fn choice(&self, tag: &str, lang: Lang) -> Option<&str> {
        self.choices.get(tag).map(|title| title.get(lang))
    }

    pub fn title(&self, intent: Intent, lang: Lang) -> Option<&str> {
        self.titles.get(&intent).map(|title| title.get(lang))
    }
}

/// What a key of the main menu does.
#[derive(Debug)]
pub(super) enum MenuKey {
    Starts(Intent),
    /// A menu below: the prompt that reads it out, and what its keys start.
    Opens(PromptId, BTreeMap<char, Intent>),
}

impl MenuKey {
    pub fn intents(&self) -> Vec<Intent> {
        match self {
            MenuKey::Starts(intent) => vec![*intent],
            MenuKey::Opens(_, keys) => keys.values().copied().collect(),
        }
    }
}

#[derive(Debug)]
pub(super) struct Title {
    pub zh: String,
    pub en: String,
}

impl Title {
    fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

/// Begins a flow by itself, at the beginning or the end of a call.
pub(super) fn is_moment(intent: Intent) -> bool {
    matches!(intent, Intent::Greeting | Intent::Goodbye)
}

/// The full name of a prompt: `query_bill.answer`, or plain for those of the service.
pub(super) type PromptId = String;

#[derive(Debug)]
pub(super) struct Flow {
    pub id: String,
    pub triggers: Vec<Intent>,
    /// What it has to be told when a call of ours begins with it.
    pub form: Option<Form>,
    pub help: Option<PromptId>,
    pub slots: BTreeMap<String, Slot>,
    pub offers: Vec<Offer>,
    pub steps: Vec<Step>,
}

/// What suits a caller whose wish was just settled.
#[derive(Debug)]
pub(super) struct Offer {
    pub condition: Expression,
    pub prompt: PromptId,
    pub intent: Intent,
}

#[derive(Debug)]
pub(super) struct Slot {
    pub kind: SlotType,
    pub grammar: Option<String>,
    /// The part that deals with what is no answer.
    pub replies: Option<Text>,
    /// Tags of the grammar that mean another here.
    pub means: BTreeMap<String, String>,
    pub ask: PromptId,
    pub again: Vec<PromptId>,
    pub confirm: Option<PromptId>,
    pub timing: Timing,
    pub from: Vec<String>,
    /// What single keys stand for.
    pub keys: BTreeMap<char, Value>,
    /// Words that say that there is nothing to tell.
    pub nothing: Words,
    pub secret: bool,
    pub no_input_ms: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SlotType {
    Month,
    Day,
    /// A day and a time of day, or the next time that it is so late.
    Moment,
    Phone,
    Amount,
    Volume,
    YesNo,
    Digits(u8),
    Plan,
    Text,
}

impl Slot {
    /// How many keys complete it.
    pub fn key_length(&self) -> u8 {
        if self.keys.is_empty() { self.kind.key_length() } else { 0 }
    }

    /// Whether whatever the caller says is its value.
    pub fn is_free_speech(&self) -> bool {
        self.kind == SlotType::Text && self.grammar.is_none()
    }
}

impl SlotType {
    pub fn from_name(name: &str) -> Option<SlotType> {
        Some(match name {
            "month" => SlotType::Month,
            "day" | "date" => SlotType::Day,
            "moment" => SlotType::Moment,
            "phone_number" => SlotType::Phone,
            "amount" => SlotType::Amount,
            "data_volume" => SlotType::Volume,
            "yes_no" => SlotType::YesNo,
            "digits_4" => SlotType::Digits(4),
            "digits_6" => SlotType::Digits(6),
            "digits_8" => SlotType::Digits(8),
            "plan" => SlotType::Plan,
            "text" => SlotType::Text,
            _ => return None,
        })
    }

    /// How many keys complete it; 0 when a single key does, or keys cannot say it.
    pub fn key_length(self) -> u8 {
        match self {
            SlotType::Month => 2,
            SlotType::Phone => 11,
            SlotType::Amount => 5,
            SlotType::Digits(n) => n,
            SlotType::Day | SlotType::Moment => 4,
            SlotType::Volume | SlotType::YesNo | SlotType::Plan | SlotType::Text => 0,
        }
    }

    pub fn timing(self) -> Timing {
        match self {
            SlotType::Phone | SlotType::Digits(_) => Timing::Number,
            SlotType::Month | SlotType::Day | SlotType::Moment | SlotType::Amount | SlotType::Volume | SlotType::YesNo | SlotType::Plan => {
                Timing::Closed
            }
            SlotType::Text => Timing::Open,
        }
    }
}

/// How sure it has to be who is calling. Whoever proved a later one need not prove an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The call comes from the number that it is about.
    CallerId,
    /// The last digits of the identity document.
    IdDigits,
    /// The service password.
    Pin,
}

impl Level {
    pub(super) fn from_name(name: &str) -> Option<Level> {
        Some(match name {
            "caller_id" => Level::CallerId,
            "id_digits" => Level::IdDigits,
            "pin" => Level::Pin,
            _ => return None,
        })
    }
}

/// What a step demands to know about the caller, and the prompt that asks for it and says why.
#[derive(Clone, Debug)]
pub(super) struct Verification {
    pub level: Level,
    pub prompt: PromptId,
}

/// An index into [`Flow::steps`].
pub(super) type At = usize;

/// Steps follow one another unless they say otherwise.
#[derive(Debug)]
pub(super) enum Step {
    Say(PromptId),
    Ask(String),
    /// Yes goes on with the next step, no jumps.
    Choose {
        prompt: PromptId,
        /// The question by keys, in its own words.
        keys_prompt: Option<PromptId>,
        no: At,
        no_input_ms: Option<u32>,
        words: AnswerWords,
    },
    /// True goes on with the next step, false jumps.
    Branch {
        condition: Expression,
        otherwise: At,
    },
    Jump(At),
    Verify(Verification),
    Perform(Performance),
    Transfer {
        prompt: PromptId,
    },
    /// Goes over to the flow of another intent.
    Start(Intent),
    /// Writes a prompt to the customer.
    Notify(PromptId),
    Survey {
        survey: String,
        with: Vec<(String, Expression)>,
    },
    /// What a call of ours came to, by its name.
    Conclude {
        name: String,
        at: Option<Expression>,
    },
    Set(Vec<(String, Expression)>),
    Forget(String),
    /// Puts the question at `at` again.
    AskAgain {
        slot: String,
        at: At,
        whole: bool,
    },
    End,
}

/// Words that answer one yes/no question beside yes and no themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct AnswerWords {
    pub yes: Words,
    pub no: Words,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    pub zh: Vec<String>,
    pub en: Vec<String>,
}

impl Words {
    /// Whether one of them stands inside `text`.
    pub fn stand_in(&self, text: &str, lang: Lang) -> bool {
        let lower = text.to_lowercase();
        self.get(lang).iter().any(|word| lower.contains(word.as_str()))
    }

    /// Whether one of them is all that was said.
    pub fn are_all_of(&self, text: &str, lang: Lang) -> bool {
        let plain = text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        self.get(lang).contains(&plain)
    }

    fn get(&self, lang: Lang) -> &[String] {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

impl AnswerWords {
    /// What `text` answers: the words for no come first, since 不亮 has 亮 in it.
    pub fn answer(&self, text: &str, lang: Lang) -> Option<bool> {
        let lower = text.to_lowercase();
        let has = |words: &Words| words.get(lang).iter().any(|word| lower.contains(word.as_str()));
        if has(&self.no) { Some(false) } else { has(&self.yes).then_some(true) }
    }

    /// The same when one of the words is all that was said.
    pub fn whole_answer(&self, text: &str, lang: Lang) -> Option<bool> {
        if self.no.are_all_of(text, lang) { Some(false) } else { self.yes.are_all_of(text, lang).then_some(true) }
    }

    /// What helps the recogniser.
    pub fn terms(&self, lang: Lang) -> Vec<String> {
        self.yes.get(lang).iter().chain(self.no.get(lang)).cloned().collect()
    }
}

/// An expression's source; it was compiled once when it was checked.
pub(super) type Expression = String;

/// A request to another system and the ways on from its answer.
#[derive(Debug)]
pub(super) struct Performance {
    pub operation: String,
    pub what: What,
    pub with: Vec<(String, Expression)>,
    pub into: String,
    pub within_ms: Option<u32>,
    pub not_found: Option<At>,
    pub refused: Option<At>,
    pub unavailable: Option<At>,
}

#[derive(Debug)]
pub(super) enum What {
    LookUp,
    Order,
    /// Only after verification and a yes to `confirm`.
    Change {
        verify: Verification,
        confirm: PromptId,
        recap: Option<PromptId>,
        cancelled: Option<At>,
    },
}
