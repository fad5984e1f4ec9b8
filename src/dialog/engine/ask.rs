//! Putting questions: which prompt at which stage of misunderstanding, and what is listened for.

use super::Turn;
use super::inform::guessed_question;
use crate::dialog::action::{Action, Outcome, Question, Timing, TransferReason};
use crate::dialog::flow::{MenuKey, Slot, Step, What};
use crate::dialog::state::{Asked, Asking, Waiting};
use crate::nlu::Expectation;
use crate::text::{Record, Value};

/// The stage at which keys are offered.
const KEYS: usize = 3;
const NO_INPUT_MS: u32 = 6_000;
const NO_INPUT_NUMBER_MS: u32 = 8_000;
const PHONE_DIGITS: u8 = 11;

impl Turn<'_> {
    /// Asks and listens.
    pub(super) fn ask(&mut self, asked: Asked) {
        let stage = if self.state.keys_only { KEYS } else { asked.no_match };
        if self.state.keys_only && asked.no_match == 0 {
            self.say_in_words(&asked.asking);
        }
        self.ask_at(asked, stage);
    }

    /// What is asked, where the keys alone do not say it: nobody agrees to what he has not heard.
    fn say_in_words(&mut self, asking: &Asking) {
        let keys = self.prompt_for(asking, KEYS);
        if !matches!(keys.as_deref(), Some("yes_no_keys" | "consent_keys")) {
            return;
        }
        if let Some(question) = self.prompt_for(asking, 0) {
            let extra = self.variables_for(asking);
            self.say(&question, &extra);
        }
    }

    /// The same question after something else was answered, as after a first time of not understanding.
    pub(super) fn ask_in_short(&mut self, asking: Asking) {
        let stage = if self.state.keys_only { KEYS } else { 1 };
        if self.state.keys_only {
            self.say_in_words(&asking);
        }
        self.ask_at(Asked::new(asking), stage);
    }

    fn ask_at(&mut self, asked: Asked, stage: usize) {
        let Some(prompt) = self.prompt_for(&asked.asking, stage) else {
            return self.give_up(&asked);
        };
        let extra = self.variables_for(&asked.asking);
        self.say(&prompt, &extra);
        self.listen(asked);
    }

    /// Listens without saying the question again.
    pub(super) fn listen(&mut self, asked: Asked) {
        let question = self.question(&asked.asking);
        self.actions.push(Action::Listen(question));
        self.state.waiting = Waiting::Caller(asked);
    }

    /// The answer made no sense: the same question in another way, in the end a person.
    pub(super) fn not_understood(&mut self, mut asked: Asked) {
        if let Asking::Offer { .. } = asked.asking {
            return self.ask(Asked::new(Asking::More));
        }
        if self.is_parting() && asked.no_match > 0 {
            return self.part();
        }
        asked.no_match += 1;
        asked.no_input = 0;
        if self.state.keys_only && asked.no_match <= KEYS {
            return self.ask_at(asked, KEYS);
        }
        let stage = asked.no_match;
        self.ask_at(asked, stage);
    }

    pub(super) fn silence(&mut self, mut asked: Asked) {
        asked.no_input += 1;
        match (asked.no_input, &asked.asking) {
            (_, Asking::Offer { .. }) => self.ask(Asked::new(Asking::More)),
            (2, _) if self.is_parting() => self.part(),
            (1, _) => {
                self.say("no_input", &Record::new());
                self.listen(asked);
            }
            (2, Asking::More) => self.farewell(),
            (2, _) => {
                let keys = self.last_stage(&asked.asking);
                self.ask_at(asked, keys);
            }
            _ if self.is_on_errand() => self.leave_in_peace(),
            _ if self.state.present => self.transfer("transfer_no_input", TransferReason::NoInput, None),
            _ => {
                self.say("silent_end", &Record::new());
                self.hang_up(Outcome::Abandoned);
            }
        }
    }

    pub(super) fn lose_hearing(&mut self, asked: Asked) {
        if !self.state.keys_only {
            self.state.keys_only = true;
            self.say("keys_only", &Record::new());
        }
        let stage = self.last_stage(&asked.asking);
        self.ask_at(asked, stage);
    }

    fn give_up(&mut self, asked: &Asked) {
        if self.is_on_errand() {
            return self.leave_in_peace();
        }
        let wanted = match &asked.asking {
            Asking::Guess { intent, .. } | Asking::OfferAgent { intent, .. } => Some(*intent),
            _ => None,
        };
        self.transfer("transfer_not_understood", TransferReason::NotUnderstood, wanted);
    }

    /// The stage that offers keys, or the last one there is.
    fn last_stage(&self, asking: &Asking) -> usize {
        (0..=KEYS).rev().find(|stage| self.prompt_for(asking, *stage).is_some()).unwrap_or(0)
    }

    /// Stage 0 asks, 1 is shorter, 2 gives an example, 3 offers keys; after that comes a person.
    fn prompt_for(&self, asking: &Asking, stage: usize) -> Option<String> {
        let closed = |first: &str| by_stage([first, first, "yes_no_example", "yes_no_keys"], stage);
        match asking {
            Asking::Open => by_stage(["open", "open_again", "open_example", "open_keys"], stage),
            Asking::More => by_stage(["anything_else", "open_again", "open_example", "open_keys"], stage),
            Asking::Menu(key) => match self.flows.menu.get(key)? {
                MenuKey::Opens(prompt, _) => by_stage([prompt, prompt, prompt, prompt], stage),
                MenuKey::Starts(_) => None,
            },
            Asking::Slot(name) => {
                let slot = self.slot(name)?;
                let last = if self.state.keys_only { slot.again.len() } else { stage };
                match stage.min(last) {
                    0 => Some(slot.ask.clone()),
                    n => slot.again.get(n - 1).cloned(),
                }
            }
            Asking::SlotGuess { slot, .. } => {
                let confirm = self.slot(slot).and_then(|slot| slot.confirm.as_deref());
                let common = if self.is_number(asking) { "number_guess" } else { "value_guess" };
                closed(confirm.unwrap_or(common))
            }
            Asking::Choice => match self.step()? {
                Step::Choose { prompt, keys_prompt, .. } => {
                    let keys = keys_prompt.as_deref().unwrap_or("yes_no_keys");
                    by_stage([prompt, prompt, "yes_no_example", keys], stage)
                }
                _ => None,
            },
            Asking::Consent => match self.step()? {
                Step::Perform(performance) => match &performance.what {
                    What::Change { confirm, .. } => by_stage([confirm, confirm, "consent_example", "consent_keys"], stage),
                    _ => None,
                },
                _ => None,
            },
            Asking::Secret(secret) => {
                let [again, keys, last] = secret.again();
                by_stage([self.proof_prompt(), again, keys, last], stage)
            }
            Asking::Number => by_stage(["number", "number_again", "number_keys", "number_keys"], stage),
            Asking::NumberGuess(_) => closed("number_guess"),
            Asking::Guess { intent, slots } if guessed_question(intent, slots).is_some() => closed("knowledge_guess"),
            Asking::Guess { .. } => closed("guess"),
            Asking::Tie { .. } => by_stage(["tie", "tie", "open_example", "open_keys"], stage),
            Asking::Helped => closed("helped"),
            Asking::OfferOrder => closed("unavailable"),
            Asking::Offer { prompt, .. } | Asking::OfferAgent { prompt, .. } => closed(prompt),
        }
    }

    fn variables_for(&self, asking: &Asking) -> Record {
        if let Asking::Offer { .. } = asking {
            return self.state.last.as_ref().map(|frame| frame.variables.clone()).unwrap_or_default();
        }
        let pairs: Vec<(&str, Value)> = match asking {
            Asking::Guess { intent, slots } if let Some(question) = guessed_question(intent, slots) => {
                vec![("question", Value::Text(question.to_owned()))]
            }
            Asking::Guess { intent, .. } | Asking::OfferAgent { intent, .. } => vec![("title", self.title(*intent))],
            Asking::Tie { first, second, .. } => vec![("title", self.title(*first)), ("other_title", self.title(*second))],
            Asking::SlotGuess { value: Value::Text(tag), .. } if let Some(words) = self.flows.choice(tag, self.state.lang) => {
                vec![("value", Value::Text(words.to_owned()))]
            }
            Asking::SlotGuess { value, .. } => vec![("value", value.clone())],
            Asking::NumberGuess(number) => vec![("value", Value::Phone(number.clone()))],
            _ => Vec::new(),
        };
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    pub(super) fn slot(&self, name: &str) -> Option<&Slot> {
        self.frame().and_then(|(_, flow)| flow.slots.get(name))
    }

    pub(super) fn step(&self) -> Option<&Step> {
        self.frame().and_then(|(frame, flow)| flow.steps.get(frame.at))
    }

    pub(super) fn question(&self, asking: &Asking) -> Question {
        let closed = |name: &str| ask_for(name, Some("yes_no"), "answer", Timing::Closed, 0);
        let mut question = match asking {
            Asking::Open => ask_for("open", None, "", Timing::Open, 0),
            Asking::More => ask_for("anything_else", None, "", Timing::Open, 0),
            Asking::Menu(key) => ask_for(&format!("menu_{key}"), None, "", Timing::Open, 0),
            Asking::Slot(name) => match self.slot(name) {
                Some(slot) => {
                    let grammar = slot.grammar.as_deref();
                    let mut question = ask_for(&self.local(name), grammar, name, slot.timing, slot.key_length());
                    question.no_input_ms = slot.no_input_ms;
                    question.secret = slot.secret;
                    self.narrow(&mut question, asking);
                    return question;
                }
                None => ask_for("open", None, "", Timing::Open, 0),
            },
            Asking::SlotGuess { slot, .. } => closed(&format!("{}.confirm", self.local(slot))),
            Asking::Choice => match self.step() {
                Some(Step::Choose { prompt, no_input_ms, words, .. }) => {
                    let mut question = closed(prompt);
                    question.no_input_ms = no_input_ms.unwrap_or(question.no_input_ms);
                    question.expectation.terms = words.terms(self.state.lang);
                    return question;
                }
                _ => closed("choice"),
            },
            Asking::Consent => closed(&self.local("consent")),
            Asking::Secret(secret) => {
                let grammar = format!("digits_{}", secret.digits());
                ask_for(secret.name(), Some(&grammar), secret.name(), Timing::Number, secret.digits())
            }
            Asking::Number => ask_for("number", Some("phone_number"), "phone_number", Timing::Number, PHONE_DIGITS),
            Asking::NumberGuess(_) => closed("number.confirm"),
            Asking::Guess { .. } => closed("guess"),
            Asking::Tie { .. } => ask_for("tie", None, "", Timing::Open, 0),
            Asking::OfferOrder => closed("offer_order"),
            Asking::OfferAgent { .. } => closed("offer_agent"),
            Asking::Offer { .. } => closed("offer"),
            Asking::Helped => closed("helped"),
        };
        question.secret = matches!(asking, Asking::Secret(_));
        question.consent = *asking == Asking::Consent;
        self.narrow(&mut question, asking);
        question.expectation.terms = match asking {
            Asking::Tie { first, second, .. } => self.terms(&[*first, *second]),
            Asking::Open | Asking::More => {
                let common: Vec<_> = self.flows.flows.iter().filter_map(|flow| flow.triggers.first().copied()).collect();
                self.terms(&common)
            }
            Asking::Menu(key) => self.terms(&self.flows.menu.get(key).map(MenuKey::intents).unwrap_or_default()),
            _ => Vec::new(),
        };
        question
    }

    fn terms(&self, intents: &[crate::nlu::Intent]) -> Vec<String> {
        intents.iter().filter_map(|intent| self.flows.title(*intent, self.state.lang)).map(str::to_owned).collect()
    }

    /// Once a part of a number is there, the rest is expected.
    fn narrow(&self, question: &mut Question, asking: &Asking) {
        let Some(missing) = self.digits_missing(asking) else { return };
        let grammar = matches!(missing, 4 | 6 | 8).then(|| format!("digits_{missing}"));
        question.expectation.slot = grammar.as_ref().and(question.expectation.slot.take());
        question.expectation.grammar = grammar;
    }

    pub(super) fn local(&self, name: &str) -> String {
        self.frame().map_or_else(|| name.to_owned(), |(_, flow)| format!("{}.{name}", flow.id))
    }
}

fn by_stage(prompts: [&str; 4], stage: usize) -> Option<String> {
    prompts.get(stage).map(|prompt| (*prompt).to_owned())
}

fn ask_for(name: &str, grammar: Option<&str>, slot: &str, timing: Timing, key_length: u8) -> Question {
    let expectation = Expectation { grammar: grammar.map(str::to_owned), slot: grammar.map(|_| slot.to_owned()), terms: Vec::new() };
    let no_input_ms = if timing == Timing::Number { NO_INPUT_NUMBER_MS } else { NO_INPUT_MS };
    Question { name: name.to_owned(), expectation, timing, no_input_ms, key_length, secret: false, consent: false }
}
