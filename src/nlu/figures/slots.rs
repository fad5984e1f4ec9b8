//! How well values are found: precision, recall and F1 of each kind of slot.
//!
//! A slot is right when its value is the one that the labelled words stand for; a wrong value counts as one missed and one
//! too many.

use super::{Scores, ratio};
use crate::nlu::slots::{Kind, Utterance};
use crate::text::{Lang, Record, Value};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// The labelled and the found values of one utterance.
#[derive(Clone, Debug, Default)]
pub struct SlotsJudged {
    /// By our slot name; `None` for words that stand for no value.
    pub meant: Vec<(String, Option<Value>)>,
    pub found: Record,
}

/// What labelled words stand for as a value of the kind that `slot` is.
pub fn value_of(slot: &str, words: &str, lang: Lang, today: Date) -> Option<Value> {
    match Kind::of_name(slot) {
        Some(kind) => Utterance::new(words, lang, today).asked(kind).map(|(value, _)| value),
        None => Some(Value::Text(words.to_owned())),
    }
}

/// Scores by slot name, of the slots that are labelled at all.
pub fn scores(judged: &[SlotsJudged]) -> BTreeMap<String, Scores> {
    let names: BTreeSet<&String> = judged.iter().flat_map(|one| one.meant.iter().map(|(name, _)| name)).collect();
    let score = |name: &String| {
        let (mut meant, mut found, mut right) = (0, 0, 0);
        for one in judged {
            let labels: Vec<&Option<Value>> = one.meant.iter().filter(|(slot, _)| slot == name).map(|(_, value)| value).collect();
            let value = one.found.get(name);
            meant += labels.len();
            found += usize::from(value.is_some());
            right += usize::from(value.is_some() && labels.iter().any(|label| label.as_ref() == value));
        }
        Scores { utterances: meant, precision: ratio(right, found), recall: ratio(right, meant), f1: ratio(2 * right, meant + found) }
    };
    names.into_iter().map(|name| (name.clone(), score(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Money;

    #[test]
    fn a_wrong_value_is_missed_and_too_many() {
        let money = |yuan: i64| Value::Money(Money(yuan * 100));
        let amount = |value: Option<Value>| vec![("amount".to_owned(), value)];
        let found = |value: Value| Record::from([("amount".to_owned(), value)]);
        let judged = [
            SlotsJudged { meant: amount(Some(money(30))), found: found(money(30)) },
            SlotsJudged { meant: amount(Some(money(50))), found: found(money(15)) },
            SlotsJudged { meant: amount(Some(money(20))), found: Record::new() },
            SlotsJudged { meant: Vec::new(), found: found(money(9)) },
        ];
        let scores = scores(&judged);
        assert_eq!(scores["amount"], Scores { utterances: 3, precision: 1.0 / 3.0, recall: 1.0 / 3.0, f1: 1.0 / 3.0 });
    }
}
