//! Flow files as typed by whoever writes them. Nothing here is checked beyond its shape: [`super::check`] makes
//! the types of [`super::flow`] from these.

use crate::nlu::knowledge::RawKnowledge;
use crate::text::located::Located;
use schemars::JsonSchema;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// The doc comments of this file become the descriptions of the JSON Schema.
pub type Text = Located<String>;

/// `flows/service.yaml`: what belongs to no single flow.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawService {
    /// How each intent is named inside a sentence: 您是想**查话费**，对吗？
    pub intents: BTreeMap<String, Located<RawTitle>>,
    /// What each key does at an open question: an intent, or `say` and `keys` of a menu below it. Key 0 is always a person, * goes back, # repeats.
    pub menu: BTreeMap<String, Located<RawMenuKey>>,
    /// How the tags of the grammars of choices are named inside a sentence: 是**畅享99**，对吗？
    #[serde(default)]
    pub choices: BTreeMap<String, Located<RawTitle>>,
    /// What callers say when an answer did not answer their question: 没回答我. Looked for inside what was said.
    #[serde(default)]
    pub not_answered: RawWords,
    /// Prompts that the engine itself says, and prompts that several flows share.
    pub prompts: BTreeMap<String, Located<RawPrompt>>,
}

/// A short verb phrase in both languages.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTitle {
    pub zh: String,
    pub en: String,
}

/// `flows/<flow>.yaml`: one self-service job.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawFlow {
    /// The flow's name; the same as the file's.
    pub flow: Text,
    /// Intents that start it; without any only calls of ours begin with it (`outbound`). The flow of `greeting` runs at the beginning of a call whose number is known, that of `goodbye` before the farewell when
    /// the caller is to be asked for a score.
    #[serde(default)]
    pub triggers: Vec<Text>,
    /// Calls of ours can begin with this flow. It says itself who calls and why, and what is said last.
    pub outbound: Option<Located<RawOutbound>>,
    /// Prompt said when the caller asks for help inside this flow.
    pub help: Option<Text>,
    /// What the flow has to learn from the caller.
    #[serde(default)]
    pub slots: BTreeMap<String, Located<RawSlot>>,
    pub steps: Vec<Located<RawStep>>,
    /// What suits a caller whose wish was just settled: the first whose condition holds is offered. One offer a call, none after a no, none when
    /// something was reported.
    #[serde(default)]
    pub offers: Vec<RawOffer>,
    #[serde(default)]
    pub prompts: BTreeMap<String, Located<RawPrompt>>,
}

/// What a flow has to be told about a customer whom we call; each name is a variable of the flow and a column of the contacts' file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawOutbound {
    /// What operators know it by; the flow's name without it.
    pub title: Option<RawTitle>,
    /// Name → text, number, money, date, moment, month, data_volume, phone_number or code. Nobody is called without these.
    pub needs: BTreeMap<String, Text>,
    /// The same for what may be missing; then the variable is an empty text.
    pub takes: BTreeMap<String, Text>,
    /// The prompt that is said to an answering machine after its beep, where the one of all flows (`message_ours`) does not fit. Whoever hears it is unknown.
    pub machine: Option<Text>,
}

/// `flows/parts/<part>.yaml`: what several flows have in common. Its steps stand where a flow includes them, or behind each question whose slot names
/// it under `replies`; its slots and prompts become the flow's, whose own of the same name go before.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawPart {
    /// The part's name; the same as the file's.
    pub part: Text,
    #[serde(default)]
    pub slots: BTreeMap<String, Located<RawSlot>>,
    /// Behind a question `said` is what was answered; what is no answer ends in `ask_again`, or ends the flow.
    pub steps: Vec<Located<RawStep>>,
    #[serde(default)]
    pub prompts: BTreeMap<String, Located<RawPrompt>>,
}

/// An offer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawOffer {
    /// A condition on the flow's slots and replies.
    #[serde(rename = "if")]
    pub condition: Text,
    /// The yes/no question (a prompt).
    pub ask: Text,
    /// The intent whose flow a yes starts.
    pub start: Text,
}

/// One thing to learn from the caller.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSlot {
    /// month, day, moment, phone_number, amount, data_volume, yes_no, digits_4, digits_6, digits_8, plan or text.
    #[serde(rename = "type")]
    pub kind: Text,
    /// Grammar of the question, `grammars/<lang>/<name>.grxml`. A text without one is free speech: whatever the caller says is the value.
    pub grammar: Option<Text>,
    /// The part (`flows/parts/`) that deals with what may be said instead of an answer: not now, who are you.
    pub replies: Option<Text>,
    /// Tags of the grammar that mean another one here: who has no time on the day that was offered says no.
    #[serde(default)]
    pub means: BTreeMap<String, Text>,
    /// The question.
    pub ask: Text,
    /// The question after the first, second, third time of not understanding: shorter, with an example, by keys.
    #[serde(default)]
    pub again: Vec<Text>,
    /// Question that reads the value back before it is used; without it the value is only said inside the next sentence.
    pub confirm: Option<Text>,
    /// closed, open or number: how long a pause may be inside the answer. By default what fits the type.
    pub timing: Option<Text>,
    /// Names under which an utterance may carry the value; by default the slot's own name, its type and its grammar.
    #[serde(default)]
    pub from: Vec<String>,
    /// Key 1 to 9 → the value that it stands for; for slots of type text, plan and data_volume. A tag of the grammar for a choice.
    #[serde(default)]
    pub keys: BTreeMap<String, Text>,
    /// Words that say, when they are all that is said, that there is nothing to tell: 没有了. The value of a free text is then empty.
    #[serde(default)]
    pub nothing: RawWords,
    /// The answer is masked in records and never recorded.
    #[serde(default)]
    pub secret: bool,
    /// Silence in milliseconds after the prompt that counts as no answer.
    pub no_input_ms: Option<Located<u32>>,
}

/// What is said, in both languages; several wordings take turns.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawPrompt {
    #[serde(default)]
    pub zh: Vec<Text>,
    #[serde(default)]
    pub en: Vec<Text>,
    /// False for what must be heard to its end.
    pub barge_in: Option<bool>,
}

/// Words in both languages.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWords {
    pub zh: Vec<String>,
    pub en: Vec<String>,
}

/// What a key of the main menu does.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
pub enum RawMenuKey {
    /// Starts the flow of this intent.
    Intent(String),
    /// A menu below.
    Menu {
        /// The prompt that reads it out.
        say: String,
        /// Key 1 to 9 → the intent whose flow it starts.
        keys: BTreeMap<String, Text>,
    },
}

impl<'de> Deserialize<'de> for RawMenuKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MenuKeyVisitor)
    }
}

struct MenuKeyVisitor;

impl<'de> Visitor<'de> for MenuKeyVisitor {
    type Value = RawMenuKey;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an intent, or `say` and `keys`")
    }

    fn visit_str<E: serde::de::Error>(self, intent: &str) -> Result<RawMenuKey, E> {
        Ok(RawMenuKey::Intent(intent.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<RawMenuKey, A::Error> {
        let (mut say, mut keys) = (None, None);
        while let Some(name) = fields.next_key::<String>()? {
            match name.as_str() {
                "say" => say = Some(fields.next_value()?),
                "keys" => keys = Some(fields.next_value()?),
                other => return Err(serde::de::Error::unknown_field(other, &["say", "keys"])),
            }
        }
        let missing = |name| serde::de::Error::missing_field(name);
        Ok(RawMenuKey::Menu { say: say.ok_or_else(|| missing("say"))?, keys: keys.ok_or_else(|| missing("keys"))? })
    }
}

/// What proves who is calling.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
pub enum RawVerify {
    /// The prompt that asks for the service password.
    Prompt(String),
    Level {
        /// caller_id (the call comes from the number it is about), id_digits (last digits of the identity document) or pin (service password).
        level: String,
        /// The prompt that says why and asks; `caller_id` can do without.
        prompt: Option<String>,
    },
}

impl<'de> Deserialize<'de> for RawVerify {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(VerifyVisitor)
    }
}

struct VerifyVisitor;

impl<'de> Visitor<'de> for VerifyVisitor {
    type Value = RawVerify;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a prompt, or `level` and `prompt`")
    }

    fn visit_str<E: serde::de::Error>(self, prompt: &str) -> Result<RawVerify, E> {
        Ok(RawVerify::Prompt(prompt.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<RawVerify, A::Error> {
        let (mut level, mut prompt) = (None, None);
        while let Some(name) = fields.next_key::<String>()? {
            match name.as_str() {
                "level" => level = Some(fields.next_value()?),
                "prompt" => prompt = Some(fields.next_value()?),
                other => return Err(serde::de::Error::unknown_field(other, &["level", "prompt"])),
            }
        }
        Ok(RawVerify::Level { level: level.ok_or_else(|| serde::de::Error::missing_field("level"))?, prompt })
    }
}

/// One step: exactly one of say, ask, choose, if, verify, look_up, change, work_order, notify, survey, outcome, transfer, start, set, forget, include, ask_again, goto, end.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawStep {
    /// A label for `goto`.
    pub id: Option<Text>,
    /// Says a prompt.
    pub say: Option<Text>,
    /// Asks for a slot unless it is known.
    pub ask: Option<Text>,
    /// Asks a yes/no question (a prompt); goes on with `yes` or `no`.
    pub choose: Option<Text>,
    pub yes: Option<Vec<Located<RawStep>>>,
    pub no: Option<Vec<Located<RawStep>>>,
    /// Other words that answer a `choose` with yes or no: 亮着, 不亮. They are looked for inside what was said, those for no first.
    pub means_yes: Option<Located<RawWords>>,
    pub means_no: Option<Located<RawWords>>,
    /// The prompt that asks a `choose` by keys when it was not understood: what one and two stand for here. Without it they are yes and no.
    pub keys_prompt: Option<Text>,
    /// Silence in milliseconds after a `choose` that counts as no answer: long when something has to be done first.
    pub no_input_ms: Option<Located<u32>>,
    /// A condition on slots and replies; goes on with `then` or `else`.
    #[serde(rename = "if")]
    pub condition: Option<Text>,
    pub then: Option<Vec<Located<RawStep>>>,
    #[serde(rename = "else")]
    pub otherwise: Option<Vec<Located<RawStep>>>,
    /// Makes sure who is calling, unless that was done in this call: the prompt that says why and asks for the service password, or `level` and
    /// `prompt`.
    pub verify: Option<Located<RawVerify>>,
    /// Asks the operator's systems: an operation that only reads.
    pub look_up: Option<Text>,
    /// Changes something: an operation that does. Needs `verify` for its prompt and `confirm`.
    pub change: Option<Text>,
    /// The question that a yes must answer before the change is made.
    pub confirm: Option<Text>,
    /// Said before the farewell when the change was made.
    pub recap: Option<Text>,
    /// Steps when the caller does not confirm.
    pub cancelled: Option<Vec<Located<RawStep>>>,
    /// Opens a work order of this class.
    pub work_order: Option<Text>,
    /// Writes a prompt to the customer, by text message or whatever the operator uses; nothing waits for it.
    pub notify: Option<Text>,
    /// Keeps an answer to the survey of this name; `with` needs `score`.
    pub survey: Option<Text>,
    /// What a call of ours came to: told, confirmed, refused, changed, later, wrong_person or opted_out. Takes effect at once, also when the
    /// call then breaks; `later` takes the moment in `with: { at: … }`.
    pub outcome: Option<Text>,
    /// Arguments: an expression each.
    pub with: BTreeMap<String, Text>,
    /// Where the reply is kept; by default under the operation's name, `order` for a work order.
    pub into: Option<Text>,
    /// Milliseconds after which a `look_up` counts as unavailable: for what is not worth a wait.
    pub within_ms: Option<Located<u32>>,
    /// Steps when nothing was found.
    pub not_found: Option<Vec<Located<RawStep>>>,
    /// Steps when the system refuses; `reason` holds why.
    pub refused: Option<Vec<Located<RawStep>>>,
    /// Steps when the system does not answer.
    pub unavailable: Option<Vec<Located<RawStep>>>,
    /// Hands over to a person, after saying this prompt.
    pub transfer: Option<Text>,
    /// Goes over to the flow of this intent, which takes the place of this one.
    pub start: Option<Text>,
    /// Sets variables: an expression each.
    pub set: Option<BTreeMap<String, Text>>,
    /// Forgets a slot, so that the next `ask` for it asks: for a value that cannot be had.
    pub forget: Option<Text>,
    /// The steps of this part (`flows/parts/`) stand here.
    pub include: Option<Text>,
    /// In a part that deals with replies: puts the question again, `whole` or `short`.
    pub ask_again: Option<Text>,
    /// Goes on at the step with this label.
    pub goto: Option<Text>,
    /// Ends the flow here.
    pub end: Option<Located<bool>>,
}

/// The JSON Schema of every kind of file in `flows/`.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its schema is used")]
enum AnyFile {
    Service(RawService),
    Flow(RawFlow),
    Part(RawPart),
    Knowledge(RawKnowledge),
}

/// What editors use to check and complete flow files.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(AnyFile)
}
