//! Values in an utterance, by type. Each type has its own parser in `text`; nothing is rewritten wholesale.

use super::lexicon::VolumeUnits;
use super::wording::MOST_CHARACTERS;
use crate::text::date::{self, Month};
use crate::text::{Digits, Lang, Money, PhoneNumber, Record, Value, number_en, number_zh};
use jiff::civil::Date;
use std::ops::Range;

/// The number of a data volume has at most this many characters.
const LONGEST_NUMBER: usize = 40;
/// What may stand beside a value that is still the whole answer: `是`, `的`, `please`.
const MOST_BESIDE: usize = 2;

/// The kinds of value that understanding knows; their names are also the slots' names and, mostly, the grammars'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Month,
    Amount,
    DataVolume,
    PhoneNumber,
    /// Any number of digits, or just so many.
    Digits(Option<usize>),
    Date,
    /// `第二个`: only as an answer.
    Ordinal,
}

impl Kind {
    /// The kind that a grammar of this name asks for: `month`, `digits_6`, …
    pub fn of_grammar(name: &str) -> Option<Kind> {
        match name {
            "month" => Some(Kind::Month),
            "amount" => Some(Kind::Amount),
            "data_volume" => Some(Kind::DataVolume),
            "phone_number" => Some(Kind::PhoneNumber),
            "date" => Some(Kind::Date),
            "ordinal" => Some(Kind::Ordinal),
            _ => Some(Kind::Digits(Some(name.strip_prefix("digits_")?.parse().ok()?))),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Kind::Month => "month",
            Kind::Amount => "amount",
            Kind::DataVolume => "data_volume",
            Kind::PhoneNumber => "phone_number",
            Kind::Digits(_) => "digits",
            Kind::Date => "date",
            Kind::Ordinal => "ordinal",
        }
    }
}

/// An utterance in which values are looked for.
pub struct Utterance<'a> {
    text: &'a str,
    lang: Lang,
    today: Date,
    units: &'a VolumeUnits,
}

/// A value and where it stands, in bytes.
type Found = (Value, Range<usize>);

impl<'a> Utterance<'a> {
    /// Only the first [`MOST_CHARACTERS`] characters count.
    pub fn new(text: &'a str, lang: Lang, today: Date, units: &'a VolumeUnits) -> Utterance<'a> {
        let end = text.char_indices().nth(MOST_CHARACTERS).map_or(text.len(), |(at, _)| at);
        Utterance { text: text.get(..end).unwrap_or(text), lang, today, units }
    }

    /// The value that answers a question for it, and whether it is the whole answer. In an answer a value needs no mark: `九` is a
    /// month when a month was asked.
    pub fn asked(&self, kind: Kind) -> Option<(Value, bool)> {
        let trimmed = self.text.trim_matches(|c: char| !c.is_alphanumeric());
        let whole = match kind {
            Kind::Month => Month::parse(trimmed, self.lang, self.today).map(Value::Month),
            Kind::Amount => Money::parse(trimmed, self.lang).map(Value::Money),
            Kind::Date => date::parse_day(trimmed, self.lang, self.today).map(Value::Day),
            Kind::Ordinal => self.ordinal(trimmed).map(Value::Number),
            Kind::DataVolume | Kind::PhoneNumber | Kind::Digits(_) => None,
        };
        if let Some(value) = whole {
            return Some((value, true));
        }
        let (value, span) = self.within(kind, true)?;
        let beside = [self.text.get(..span.start), self.text.get(span.end..)].into_iter().flatten().map(weight).sum::<usize>();
        Some((value, beside <= MOST_BESIDE))
    }

    /// Every value that shows itself in running text, under its type's name.
    pub fn all(&self) -> Record {
        let kinds = [Kind::Month, Kind::Date, Kind::Amount, Kind::DataVolume, Kind::PhoneNumber, Kind::Digits(None)];
        let mut found = Record::new();
        let mut taken: Vec<Range<usize>> = Vec::new();
        for kind in kinds {
            let Some((value, span)) = self.within(kind, false) else { continue };
            if taken.iter().all(|other| span.end <= other.start || other.end <= span.start) {
                found.insert(kind.name().to_owned(), value);
                taken.push(span);
            }
        }
        found
    }

    fn within(&self, kind: Kind, asked: bool) -> Option<Found> {
        match kind {
            Kind::Month => Month::find(self.text, self.lang, self.today).map(|(month, span)| (Value::Month(month), span)),
            Kind::Amount => Money::find(self.text, self.lang).map(|(money, span)| (Value::Money(money), span)),
            Kind::Date => date::find_day(self.text, self.lang, self.today).map(|(day, span)| (Value::Day(day), span)),
            Kind::DataVolume => self.volume(asked),
            Kind::Ordinal => None,
            Kind::PhoneNumber => self.phone_number(asked),
            Kind::Digits(length) => {
                let (digits, span) = self.digits(length)?;
                Digits::parse(&digits).map(|digits| (Value::Digits(digits), span))
            }
        }
    }

    fn ordinal(&self, text: &str) -> Option<i64> {
        match self.lang {
            Lang::Zh => number_zh::parse_ordinal(text),
            Lang::En => number_en::parse_ordinal(text),
        }
    }

    fn digits(&self, length: Option<usize>) -> Option<(String, Range<usize>)> {
        match self.lang {
            Lang::Zh => number_zh::find_digits(self.text, length),
            Lang::En => number_en::find_digits(self.text, length),
        }
    }

    /// A mobile number of eleven digits; when a number was asked, also a line at home.
    fn phone_number(&self, asked: bool) -> Option<Found> {
        let mobile = self.digits(Some(11)).filter(|(digits, _)| digits.starts_with(['0', '1']));
        let line = || self.digits(None).filter(|(digits, _)| asked && (7..=12).contains(&digits.len()));
        let (digits, span) = mobile.or_else(line)?;
        PhoneNumber::parse(&digits).map(|number| (Value::Phone(number), span))
    }

    /// A number and a unit of data, in megabytes: the first unit that has a number before it.
    fn volume(&self, asked: bool) -> Option<Found> {
        let lower = self.text.to_ascii_lowercase();
        for (at, _) in lower.char_indices() {
            let Some((unit, megabytes)) = self.unit_at(&lower, at) else { continue };
            let Some((hundredths, start)) = self.number_before(&lower, at) else { continue };
            let generation = unit == "g" && matches!(hundredths, 200 | 300 | 400 | 500);
            if generation && !asked {
                continue;
            }
            let volume = hundredths.checked_mul(megabytes)? / 100;
            return Some((Value::Volume(u64::try_from(volume).ok()?), start..at + unit.len()));
        }
        None
    }

    /// The longest unit that stands at `at`, and how many megabytes it is.
    fn unit_at(&self, lower: &str, at: usize) -> Option<(&'a str, i64)> {
        let rest = lower.get(at..)?;
        let gigabytes = self.units.gigabytes.iter().map(|unit| (unit.as_str(), 1024));
        let megabytes = self.units.megabytes.iter().map(|unit| (unit.as_str(), 1));
        let ends = |unit: &str| {
            let next = rest.get(unit.len()..).and_then(|after| after.chars().next());
            !(unit.ends_with(|c: char| c.is_ascii_alphabetic()) && next.is_some_and(|c| c.is_ascii_alphabetic()))
        };
        gigabytes.chain(megabytes).filter(|(unit, _)| rest.starts_with(unit) && ends(unit)).max_by_key(|(unit, _)| unit.len())
    }

    /// The longest number that ends where `end` is, in hundredths, and where it begins.
    fn number_before(&self, lower: &str, end: usize) -> Option<(i64, usize)> {
        let before = lower.get(..end)?;
        let starts = before.char_indices().rev().take(LONGEST_NUMBER).map(|(at, _)| at);
        let mut best = None;
        for start in starts {
            let number = before.get(start..)?.trim_end();
            if number.starts_with(char::is_whitespace) {
                continue;
            }
            let read = match self.lang {
                Lang::Zh => number_zh::parse_scaled(number, 2),
                Lang::En => number_en::parse_scaled(number, 2),
            };
            best = read.filter(|hundredths| *hundredths > 0).map(|hundredths| (hundredths, start)).or(best);
        }
        best
    }
}

/// Characters of Chinese, words of Latin script.
fn weight(text: &str) -> usize {
    let latin = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).count();
    latin + text.chars().filter(|c| c.is_alphanumeric() && !c.is_ascii()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn units() -> VolumeUnits {
        let list = |units: &[&str]| units.iter().map(|&unit| unit.to_owned()).collect();
        VolumeUnits { gigabytes: list(&["个g", "g", "gb", "gigs"]), megabytes: list(&["兆", "mb", "m"]) }
    }

    #[track_caller]
    fn check(text: &str, lang: Lang, expected: &[(&str, Value)]) {
        let found = Utterance::new(text, lang, date(2026, 10, 12), &units()).all();
        let expected: Record = expected.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[track_caller]
    fn check_asked(text: &str, kind: Kind, expected: Option<(Value, bool)>) {
        let found = Utterance::new(text, Lang::Zh, date(2026, 10, 12), &units()).asked(kind);
        assert_eq!(found, expected, "{text}");
    }

    fn month(year: i16, month: i8) -> Value {
        Value::Month(Month { year, month })
    }

    #[test]
    fn finds_values_in_running_text() {
        check("帮我查一下上个月的账单", Lang::Zh, &[("month", month(2026, 9))]);
        check("我要买五个G的流量", Lang::Zh, &[("data_volume", Value::Volume(5 * 1024))]);
        check("取消那个三百兆的包", Lang::Zh, &[("data_volume", Value::Volume(300))]);
        check("我的手机四G网没有了", Lang::Zh, &[]);
        check("充五十块钱", Lang::Zh, &[("amount", Value::Money(Money(5000)))]);
        check("buy 1.5 GB please", Lang::En, &[("data_volume", Value::Volume(1536))]);
        check("查话费", Lang::Zh, &[]);
        let number = PhoneNumber::parse("13800000001").expect("a number");
        check("查一下幺三八零零零零零零零幺的话费", Lang::Zh, &[("phone_number", Value::Phone(number))]);
    }

    #[test]
    fn takes_the_answer_to_a_question() {
        check_asked("九月份", Kind::Month, Some((month(2026, 9), true)));
        check_asked("是九月的", Kind::Month, Some((month(2026, 9), true)));
        check_asked("我想查一下九月份的账单", Kind::Month, Some((month(2026, 9), false)));
        check_asked("我不知道", Kind::Month, None);
        let pin = Digits::parse("123456").expect("digits");
        check_asked("一二三四五六", Kind::Digits(Some(6)), Some((Value::Digits(pin.clone()), true)));
        check_asked("密码是123456", Kind::Digits(Some(6)), Some((Value::Digits(pin), false)));
        check_asked("12345", Kind::Digits(Some(6)), None);
        check_asked("五G", Kind::DataVolume, Some((Value::Volume(5120), true)));
        check_asked("第二个", Kind::Ordinal, Some((Value::Number(2), true)));
    }

    #[test]
    fn grammars_ask_for_kinds() {
        assert_eq!(Kind::of_grammar("digits_6"), Some(Kind::Digits(Some(6))));
        assert_eq!(Kind::of_grammar("month"), Some(Kind::Month));
        assert_eq!(Kind::of_grammar("yes_no"), None);
        assert_eq!(Kind::of_grammar("digits_x"), None);
    }
}
