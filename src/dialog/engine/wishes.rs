//! Wishes that are not plain: several in one sentence, vague ones, and guesses, which are asked about and never acted on.

use super::Turn;
use crate::dialog::state::{Asked, Asking};
use crate::nlu::{Intent, RejectReason, Understood};
use crate::text::{Record, Value};

/// Two guesses closer than this are asked about together.
pub const NEAR: f32 = 0.12;

impl Turn<'_> {
    /// Further requests of the same sentence wait; the caller is told in which order they come.
    pub(super) fn queue(&mut self, first: Intent, also: &[(Intent, Record)]) {
        let has_title = |intent: Intent| self.flows.title(intent, self.state.lang).is_some();
        let others: Vec<(Intent, Record)> = also.iter().filter(|(intent, _)| *intent != first && has_title(*intent)).cloned().collect();
        if others.is_empty() || !has_title(first) {
            return;
        }
        let titles = Value::List(others.iter().map(|(intent, _)| self.title(*intent)).collect());
        let titles = Value::Text(titles.spoken(self.state.lang, self.state.now.date()));
        let variables = Record::from([("title".to_owned(), self.title(first)), ("other_title".to_owned(), titles)]);
        self.say("queued", &variables);
        self.state.queued.extend(others);
    }

    /// 我想办业务: which one? The likeliest are named.
    pub(super) fn ask_which(&mut self, asked: Asked, understood: &Understood) {
        let candidates = understood.alternatives.iter().map(|(intent, _)| *intent);
        let mut named =
            candidates.filter(|intent| self.flows.title(*intent, self.state.lang).is_some() && !self.state.denied.contains(intent));
        let is_open = matches!(asked.asking, Asking::Open | Asking::More);
        match (named.next().filter(|_| is_open), named.next()) {
            (Some(first), Some(second)) => {
                let slots = understood.slots.clone();
                self.interrupt(asked, Asking::Tie { first, second, slots });
            }
            _ => self.not_understood(asked),
        }
    }

    /// After one failure a guess that leads by far is worth a yes/no question, once.
    pub(super) fn is_likely(&self, asked: &Asked, intent: Intent, understood: &Understood) -> bool {
        let next = understood.alternatives.first().map_or(0.0, |(_, score)| *score);
        matches!(asked.asking, Asking::Open | Asking::More)
            && asked.no_match == 1
            && understood.reason == Some(RejectReason::LowConfidence)
            && intent != Intent::OutOfScope
            && understood.confidence - next >= NEAR
            && self.flows.for_intent(intent).is_some()
            && !self.state.denied.contains(&intent)
    }

    /// Never acts on a guess: asks whether it is so, or which of two.
    pub(super) fn guess(&mut self, asked: Asked, intent: Intent, understood: &Understood) {
        let slots = understood.slots.clone();
        let has_title = |intent: Intent| self.flows.title(intent, self.state.lang).is_some();
        if !has_title(intent) {
            return self.not_understood(asked);
        }
        let rival = understood.alternatives.first().filter(|(other, score)| {
            *other != intent && understood.confidence - score < NEAR && self.flows.for_intent(*other) != self.flows.for_intent(intent)
        });
        let asking = match rival {
            Some((second, _)) if has_title(*second) && !matches!(asked.asking, Asking::Tie { .. }) => {
                Asking::Tie { first: intent, second: *second, slots }
            }
            _ => Asking::Guess { intent, slots },
        };
        self.interrupt(asked, asking);
    }

    pub(super) fn guess_denied(&mut self, asked: Asked) {
        let mut before = asked.before.map_or_else(|| Asked::new(Asking::Open), |before| *before);
        if !matches!(before.asking, Asking::Open | Asking::More) || before.no_match > 0 {
            return self.not_understood(before);
        }
        before.no_match += 1;
        self.say("guess_denied", &Record::new());
        self.listen(before);
    }
}
