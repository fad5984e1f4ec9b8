//! Calls in a few lines: `tests/scenarios/jobs/<job>.yaml`, each way of saying something a call of its own.
//!
//! A turn is `what the caller does > what must come of it`. The caller says one of several wordings (`查话费|余额多少`), keys `[246810]`,
//! is silent `[]` or hangs up `[x]`. What must come of it, in this order among whatever else: prompts by name, `!operations` asked of other
//! systems, `~text` that is said (`_` for a space). What was changed in the account at the end must be exactly what `done` says.

use super::scenario::{Expect, MustNot, Scenario, Turn};
use crate::business::{Fault, Rule};
use crate::call::text_call::Input;
use crate::cli::Failure;
use crate::text::{Lang, PhoneNumber};
use anyhow::Context;
use jiff::civil::{DateTime, date};
use serde::Deserialize;
use std::collections::BTreeMap;

/// All calls of a job.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Prompts of this name were said when the job was reached: a flow, or a prompt of the service.
    pub job: String,
    pub calls: Vec<Call>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    pub about: String,
    /// The last two digits of the customer's number; 01 unless given.
    #[serde(default = "first_customer")]
    pub caller: String,
    #[serde(default)]
    pub lang: Lang,
    pub turns: Vec<String>,
    /// As in the other scenarios; completed unless given.
    #[serde(default = "completed")]
    pub outcome: String,
    /// Changes that were made, in order.
    #[serde(default)]
    pub done: Vec<String>,
    /// Work orders that were opened, by class.
    #[serde(default)]
    pub orders: Vec<String>,
    /// What goes wrong in the operator's systems: `unavailable recharge`, `answer_lost recharge`.
    #[serde(default)]
    pub faults: Vec<String>,
    /// Texts that are never said.
    #[serde(default)]
    pub never: Vec<String>,
    /// The caller is asked for a score at the end.
    #[serde(default)]
    pub survey: bool,
    /// We call, and begin with this flow.
    pub reminder: Option<String>,
    /// What it is told about the customer.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    /// Minutes that pass in the operator's systems with each request to them.
    #[serde(default)]
    pub minutes_a_request: u32,
    /// The tests tell it with sound, too.
    #[serde(default)]
    pub audio: bool,
}

fn first_customer() -> String {
    "01".into()
}

fn completed() -> String {
    "completed".into()
}

/// What the caller of a turn does.
#[derive(Clone, Copy, Debug)]
pub enum Does<'a> {
    Says(&'a str),
    Keys(&'a str),
}

impl<'a> Does<'a> {
    /// Every way in which the turn can be done; at least one.
    pub fn all(turn: &'a str) -> Vec<Does<'a>> {
        let does = turn.split_once('>').map_or(turn, |(does, _)| does).trim();
        match does.strip_prefix('[').and_then(|keys| keys.strip_suffix(']')) {
            Some(keys) => vec![Does::Keys(keys)],
            None => does.split('|').map(|wording| Does::Says(wording.trim())).collect(),
        }
    }

    /// The way that a variant of the call takes.
    pub fn of(turn: &'a str, variant: usize) -> Does<'a> {
        let all = Does::all(turn);
        all.get(variant).or(all.first()).copied().unwrap_or(Does::Keys(""))
    }

    pub fn input(self) -> Input<'a> {
        match self {
            Does::Says(text) => Input::Words(text),
            Does::Keys("") => Input::Silence,
            Does::Keys("x") => Input::HangUp,
            Does::Keys(keys) => Input::Keys(keys),
        }
    }
}

/// The other wordings of the turn.
fn others(turn: &str, said: &str) -> Vec<String> {
    let all = Does::all(turn).into_iter();
    let wordings = all.filter_map(|does| match does {
        Does::Says(text) if text != said => Some(text.to_owned()),
        _ => None,
    });
    wordings.collect()
}

/// What must come of a turn, in order.
pub fn expected(turn: &str) -> Vec<&str> {
    turn.split_once('>').map_or("", |(_, expected)| expected).split_whitespace().collect()
}

/// When all calls of jobs begin.
pub fn now() -> DateTime {
    date(2026, 11, 22).at(9, 30, 0, 0)
}

impl Call {
    /// One for each wording of the turn that has most.
    pub fn variants(&self) -> usize {
        self.turns.iter().map(|turn| Does::all(turn).len()).max().unwrap_or(1)
    }

    /// # Errors
    /// The customer is not two digits.
    pub fn number(&self) -> Result<PhoneNumber, Failure> {
        let number = PhoneNumber::parse(&format!("138000000{}", self.caller)).filter(|_| self.caller.len() == 2);
        number.with_context(|| format!("{}: caller must be the last two digits of a customer's number", self.about))
    }

    /// # Errors
    /// A fault has no name that we know.
    pub fn rules(&self) -> Result<Vec<Rule>, Failure> {
        rules(&self.faults)
    }

    /// The call with the wordings of one variant, for a caller who speaks.
    ///
    /// # Errors
    /// See [`Call::number`].
    pub fn scenario(&self, variant: usize) -> Result<Scenario, Failure> {
        let turn = |turn: &String| {
            let expected = expected(turn);
            let named = |mark: char| {
                let marked = expected.iter().filter_map(|word| word.strip_prefix(mark));
                marked.map(|word| word.replace('_', if mark == '~' { " " } else { "_" })).collect::<Vec<_>>()
            };
            let expect = Expect { requests: Some(named('!')), contains: named('~'), ..Expect::default() };
            let mut turn = match Does::of(turn, variant) {
                Does::Says(text) => Turn { say: Some(text.to_owned()), say_again: others(turn, text), ..Turn::default() },
                Does::Keys("") => Turn { silence: true, ..Turn::default() },
                Does::Keys("x") => Turn { hang_up: true, ..Turn::default() },
                Does::Keys(keys) => Turn { keys: Some(keys.to_owned()), ..Turn::default() },
            };
            turn.expect = expect;
            turn
        };
        Ok(Scenario {
            about: self.about.clone(),
            caller: Some(self.number()?.reveal().to_owned()),
            lang: self.lang,
            now: now(),
            turns: self.turns.iter().map(turn).collect(),
            outcome: Some(self.outcome.clone()),
            done: Some(self.done.clone()),
            orders: Some(self.orders.clone()),
            faults: self.faults.clone(),
            minutes_a_request: self.minutes_a_request,
            survey: self.survey,
            reminder: self.reminder.clone(),
            with: self.with.clone(),
            must_not: MustNot { say: self.never.clone(), request: Vec::new() },
            text_only: None,
        })
    }
}

/// What goes wrong in the operator's systems, as scenarios write it.
///
/// # Errors
/// A fault has no name that we know.
pub fn rules(faults: &[String]) -> Result<Vec<Rule>, Failure> {
    let rule = |text: &String| {
        let (fault, operation) = text.split_once(' ').unwrap_or((text, ""));
        let fault = match fault {
            "unavailable" => Fault::Unavailable,
            "answer_lost" => Fault::AnswerLost,
            _ => anyhow::bail!("a fault is `unavailable OPERATION` or `answer_lost OPERATION`, not `{text}`"),
        };
        anyhow::ensure!(!operation.is_empty(), "`{text}` names no operation");
        Ok(Rule { fault, operation: Some(operation.to_owned()), times: None })
    };
    faults.iter().map(rule).collect()
}
