//! Keys answer the same questions as words: 1 and 2 for yes and no, digits for numbers, 0 for a person, * back,
//! # alone says it again.

use super::Turn;
use super::errand::moment;
use crate::dialog::action::TransferReason;
use crate::dialog::flow::{MenuKey, Slot, SlotType};
use crate::dialog::state::{Asked, Asking};
use crate::text::date::Month;
use crate::text::{Digits, Money, PhoneNumber, Record, Value};
use jiff::civil::{Date, DateTime};

impl Turn<'_> {
    pub(super) fn take_keys(&mut self, asked: Asked, keys: &str) {
        self.state.present = true;
        if keys.contains('*') {
            return self.back(asked);
        }
        let digits = keys.trim_end_matches('#');
        match digits {
            "0" => return self.transfer("transfer_asked", TransferReason::CallerAsked, None),
            "" if !keys.is_empty() => return self.repeat(asked),
            _ => {}
        }
        let Some(asked) = self.key_number(asked, digits) else { return };
        match asked.asking.clone() {
            Asking::Open | Asking::More => {
                let flows = self.flows;
                match single(digits).and_then(|key| Some((key, flows.menu.get(&key)?))) {
                    Some((_, MenuKey::Starts(intent))) => self.take_as_phrase(asked, *intent, &Record::new()),
                    Some((key, MenuKey::Opens(..))) => self.interrupt(asked, Asking::Menu(key)),
                    None => self.not_understood(asked),
                }
            }
            Asking::Menu(above) => {
                let keys = match self.flows.menu.get(&above) {
                    Some(MenuKey::Opens(_, keys)) => keys,
                    _ => return self.menu(),
                };
                match single(digits).and_then(|key| keys.get(&key)) {
                    Some(intent) => self.take_as_phrase(asked, *intent, &Record::new()),
                    None => self.not_understood(asked),
                }
            }
            Asking::Tie { first, second, slots } => match digits {
                "1" => self.start(first, &slots),
                "2" => self.start(second, &slots),
                _ => self.not_understood(asked),
            },
            Asking::Slot(name) => {
                let now = self.state.now;
                match self.slot(&name).and_then(|slot| slot.value_of_keys(digits, now)) {
                    Some(value) => self.fill(name, value, false),
                    None => self.not_understood(asked),
                }
            }
            Asking::Secret(_) | Asking::Number => self.not_understood(asked),
            Asking::Choice
            | Asking::Consent
            | Asking::SlotGuess { .. }
            | Asking::NumberGuess(_)
            | Asking::Guess { .. }
            | Asking::Offer { .. }
            | Asking::Helped
            | Asking::OfferOrder
            | Asking::OfferAgent { .. } => {
                let unanswered = match digits {
                    "1" => self.take_yes_no(asked, true),
                    "2" => self.take_yes_no(asked, false),
                    _ => Some(asked),
                };
                if let Some(asked) = unanswered {
                    self.not_understood(asked);
                }
            }
        }
    }
}

/// The key, when it was one alone.
fn single(digits: &str) -> Option<char> {
    let mut characters = digits.chars();
    characters.next().filter(|_| characters.next().is_none())
}

impl Slot {
    /// A choice's key, or a value keyed in.
    fn value_of_keys(&self, digits: &str, now: DateTime) -> Option<Value> {
        single(digits).and_then(|key| self.keys.get(&key).cloned()).or_else(|| self.kind.value_of_keys(digits, now))
    }
}

impl SlotType {
    /// A value keyed in: `09` is last September.
    fn value_of_keys(self, digits: &str, now: DateTime) -> Option<Value> {
        let today = now.date();
        let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let value = match self {
            _ if !all_digits => return None,
            SlotType::Month => {
                let month: i8 = digits.parse().ok().filter(|month| (1..=12).contains(month))?;
                let year = if month <= today.month() { today.year() } else { today.year() - 1 };
                Value::Month(Month { year, month })
            }
            SlotType::Day => {
                let number: i16 = digits.parse().ok().filter(|_| digits.len() == 4)?;
                let (month, day) = (i8::try_from(number / 100).ok()?, i8::try_from(number % 100).ok()?);
                Value::Day(Date::new(today.year(), month, day).ok()?)
            }
            SlotType::Moment => Value::Moment(moment(&Value::Text(format!("{}:{}", digits.get(..2)?, digits.get(2..)?)), now)?),
            SlotType::Phone => Value::Phone(PhoneNumber::parse(digits)?),
            SlotType::Amount => Value::Money(Money(digits.parse::<i64>().ok()?.checked_mul(100)?)),
            SlotType::YesNo => Value::Flag(match digits {
                "1" => true,
                "2" => false,
                _ => return None,
            }),
            SlotType::Digits(_) => Value::Digits(Digits::parse(digits)?),
            SlotType::Volume | SlotType::Plan | SlotType::Text => return None,
        };
        self.fits(&value).then_some(value)
    }

    /// Whether a value is of this type; whoever understood it may have been wrong.
    pub(super) fn fits(self, value: &Value) -> bool {
        match (self, value) {
            (SlotType::Month, Value::Month(_))
            | (SlotType::Day, Value::Day(_))
            | (SlotType::Moment, Value::Moment(_))
            | (SlotType::Amount, Value::Money(_))
            | (SlotType::Volume, Value::Volume(_))
            | (SlotType::YesNo, Value::Flag(_))
            | (SlotType::Plan, Value::Text(_) | Value::Code(_))
            | (SlotType::Text, Value::Text(_)) => true,
            (SlotType::Phone, Value::Phone(number)) => (5..=12).contains(&number.reveal().len()),
            (SlotType::Digits(length), Value::Digits(digits)) => digits.reveal().len() == usize::from(length),
            _ => false,
        }
    }
}
