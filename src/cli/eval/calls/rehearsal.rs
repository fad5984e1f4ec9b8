//! A scenario played in text first, so that a caller who listens knows what to expect of the service when the words are spoken.

use super::caller::is_repair;
use super::scenario::{Scenario, Turn};
use super::studio::Studio;
use crate::call::text_call::{Input, Reply, TextCall};
use crate::cli::Failure;
use crate::dialog::Flows;
use crate::nlu::{Decision, Intent};
use crate::text::Value;

/// What came of one turn in text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expected {
    /// The name of the question then asked; `None` when the call is over.
    pub question: Option<String>,
    /// What the turn was accepted as, unless it only answers or steers.
    pub wish: Option<Intent>,
    /// What was answered to a question of yes or no.
    pub answer: Option<bool>,
    /// The service said that it had not understood.
    pub repaired: bool,
    /// Operations that other systems were asked for.
    pub requested: Vec<String>,
    /// The values that it gave, as the service would say them.
    pub values: Vec<String>,
    /// Those of them that the reply repeated.
    pub repeated: Vec<String>,
}

/// Plays the scenario in text.
///
/// # Errors
/// Its caller is no number, or there is no room for a temporary database.
pub async fn rehearse(studio: &Studio, name: &str, scenario: &Scenario) -> Result<Vec<Expected>, Failure> {
    let (mut call, _greeting) = TextCall::begin(studio.begin(name, scenario).await?).await;
    let mut expected = Vec::new();
    for turn in &scenario.turns {
        expected.push(what_came(&call.take(input(turn)).await, scenario, studio.flows()));
    }
    call.finish().await;
    Ok(expected)
}

fn input(turn: &Turn) -> Input<'_> {
    match (&turn.keys, &turn.say) {
        (Some(keys), _) => Input::Keys(keys),
        (None, _) if turn.hang_up => Input::HangUp,
        (None, _) if turn.silence => Input::Silence,
        (None, say) => Input::Words(say.as_deref().unwrap_or_default()),
    }
}

fn what_came(reply: &Reply, scenario: &Scenario, flows: &Flows) -> Expected {
    let understood = reply.understood.as_ref();
    let wish = understood.filter(|heard| heard.decision == Decision::Accept).and_then(|heard| heard.intent);
    let slots = understood.into_iter().flat_map(|heard| heard.slots.values()).filter(|value| !matches!(value, Value::Flag(_)));
    let spoken = |value: &Value| match value {
        Value::Text(tag) if let Some(words) = flows.choice(tag, scenario.lang) => words.to_owned(),
        _ => value.spoken(scenario.lang, scenario.now.date()),
    };
    let values: Vec<String> = slots.map(spoken).filter(|text| !text.is_empty()).collect();
    let said: String = reply.said.iter().map(|utterance| utterance.text.as_str()).collect();
    Expected {
        question: reply.question.as_ref().map(|question| question.name.clone()),
        answer: understood.and_then(|heard| heard.intent).and_then(|intent| match intent {
            Intent::Affirm => Some(true),
            Intent::Deny => Some(false),
            _ => None,
        }),
        repaired: reply.said.iter().any(|utterance| is_repair(&utterance.prompt)),
        requested: reply.requested.clone(),
        wish: wish.filter(|intent| !intent.answers() && !intent.steers()),
        repeated: values.iter().filter(|value| said.contains(*value)).cloned().collect(),
        values,
    }
}
