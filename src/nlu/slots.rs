//! Values in an utterance, by type. Each type has its own parser in `text`; nothing is rewritten wholesale.

use super::lexicon::Lexicon;
use crate::text::date::{self, Month};
use crate::text::{Digits, Lang, Money, PhoneNumber, Record, Value, number_en, number_zh};
use jiff::civil::Date;

/// A spoken value has at most this many units.
const LONGEST_VALUE: usize = 16;
/// Nothing past this many units is looked at.
const MOST_UNITS: usize = 160;

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
        }
    }
}

/// An utterance in which values are looked for.
pub struct Utterance<'a> {
    units: Vec<&'a str>,
    lang: Lang,
    today: Date,
    lexicon: &'a Lexicon,
}

impl<'a> Utterance<'a> {
    pub fn new(text: &'a str, lang: Lang, today: Date, lexicon: &'a Lexicon) -> Utterance<'a> {
        Utterance { units: units(text), lang, today, lexicon }
    }

    /// The value of an answer that holds nothing else, or holds it among other words. In an answer to a question for it a
    /// value needs no mark: `九` is a month when a month was asked.
    pub fn asked(&self, kind: Kind) -> Option<Value> {
        match kind {
            Kind::PhoneNumber | Kind::Digits(_) => self.digits(kind),
            _ => self.parse(kind, &self.units).or_else(|| self.within(kind)),
        }
    }

    /// Whether the answer holds a value of this kind and hardly anything else: no more than two other characters or words.
    pub fn is_only(&self, kind: Kind) -> bool {
        let others = match kind {
            Kind::PhoneNumber | Kind::Digits(_) => {
                let Some(Value::Phone(_) | Value::Digits(_)) = self.digits(kind) else { return false };
                let marks = self.lexicon.slot_marks.get("digits");
                self.units.iter().filter(|unit| !marks.is_some_and(|marks| is_digit(unit, marks))).count()
            }
            _ => {
                let shortest = (0..3_usize).find(|others| {
                    let length = self.units.len().saturating_sub(*others).max(1);
                    self.units.windows(length).any(|piece| self.parse(kind, piece).is_some())
                });
                shortest.unwrap_or(usize::MAX)
            }
        };
        others <= 2
    }

    /// Every value that shows itself in running text, under its type's name.
    pub fn all(&self) -> Record {
        let mut found = Record::new();
        for kind in [Kind::Month, Kind::Date, Kind::Amount, Kind::DataVolume] {
            if let Some(value) = self.within(kind) {
                found.insert(kind.name().to_owned(), value);
            }
        }
        if let Some(number) = self.digits(Kind::PhoneNumber) {
            found.insert(Kind::PhoneNumber.name().to_owned(), number);
        } else if let Some(digits) = self.digits(Kind::Digits(None)) {
            found.insert(Kind::Digits(None).name().to_owned(), digits);
        }
        found
    }

    /// The longest value of this kind that begins first, with its mark in it.
    fn within(&self, kind: Kind) -> Option<Value> {
        let marks = self.lexicon.slot_marks.get(kind.name())?;
        let marked = |unit: &&str| marks.iter().any(|mark| unit.contains(mark.as_str()));
        let last_mark = self.units.iter().rposition(|unit| marked(unit))?;
        (0..=last_mark).find_map(|start| {
            (1..=LONGEST_VALUE).rev().find_map(|length| {
                let piece = self.units.get(start..start + length)?;
                if !piece.iter().any(|unit| marked(unit)) {
                    return None;
                }
                self.parse(kind, piece)
            })
        })
    }

    fn parse(&self, kind: Kind, units: &[&str]) -> Option<Value> {
        let text = joined(units);
        match kind {
            Kind::Month => Month::parse(&text, self.lang, self.today).map(Value::Month),
            Kind::Amount => Money::parse(&text, self.lang).map(Value::Money),
            Kind::DataVolume => self.volume(units).map(Value::Volume),
            Kind::Date => date::parse_day(&text, self.lang, self.today).map(Value::Day),
            Kind::PhoneNumber | Kind::Digits(_) => None,
        }
    }

    /// A number and a unit of data, in megabytes; the units are the lexicon's, gigabytes and megabytes apart.
    fn volume(&self, units: &[&str]) -> Option<u64> {
        let text = joined(units).to_lowercase();
        let ending = |name: &str| {
            let endings = self.lexicon.slot_marks.get(name)?;
            endings.iter().filter_map(|ending| text.strip_suffix(ending.as_str())).min_by_key(|rest| rest.len())
        };
        if let Some(number) = ending("gigabytes") {
            let megabytes = self.number(number.trim())? * 1024.0;
            return (0.0..1e9).contains(&megabytes).then_some(megabytes.round() as u64);
        }
        let megabytes = self.number(ending("megabytes")?.trim())?;
        (0.0..1e9).contains(&megabytes).then_some(megabytes.round() as u64)
    }

    fn number(&self, text: &str) -> Option<f64> {
        if let Ok(number) = text.parse::<f64>() {
            return number.is_finite().then_some(number);
        }
        let whole = match self.lang {
            Lang::Zh => number_zh::parse_cardinal(text),
            Lang::En => number_en::parse_cardinal(text),
        };
        whole.map(|number| number as f64)
    }

    /// The longest run of spoken or written digits that is of this kind.
    fn digits(&self, kind: Kind) -> Option<Value> {
        let marks = self.lexicon.slot_marks.get("digits")?;
        let runs = self.units.split(|unit| !is_digit(unit, marks)).filter(|run| !run.is_empty());
        let fits = |digits: &String| match kind {
            Kind::PhoneNumber => digits.len() == 11 && digits.starts_with('1') || digits.len() >= 10 && digits.starts_with('0'),
            Kind::Digits(Some(length)) => digits.len() == length,
            _ => digits.len() >= 3,
        };
        let digits = runs.filter_map(|run| self.parse_digits(run)).filter(fits).max_by_key(String::len)?;
        match kind {
            Kind::PhoneNumber => PhoneNumber::parse(&digits).map(Value::Phone),
            _ => Digits::parse(&digits).map(Value::Digits),
        }
    }

    fn parse_digits(&self, run: &[&str]) -> Option<String> {
        match self.lang {
            Lang::Zh => number_zh::parse_digits(&run.concat()),
            Lang::En => number_en::parse_digits(&run.join(" ")),
        }
    }
}

fn is_digit(unit: &str, marks: &[String]) -> bool {
    unit.chars().all(|c| c.is_ascii_digit()) || marks.iter().any(|mark| mark.eq_ignore_ascii_case(unit))
}

/// Chinese characters one by one; words and numbers of Latin script whole (`128.5`).
fn units(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if out.len() >= MOST_UNITS {
            break;
        }
        let length = match first {
            _ if !first.is_alphanumeric() => 0,
            _ if first.is_ascii_alphanumeric() => latin_length(rest),
            _ => first.len_utf8(),
        };
        let (unit, after) = rest.split_at(if length == 0 { first.len_utf8() } else { length });
        if length > 0 {
            out.push(unit);
        }
        rest = after;
    }
    out
}

/// Bytes of the word or number at the start; a number ends where letters begin, and holds a point between digits.
fn latin_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let number = bytes.first().is_some_and(u8::is_ascii_digit);
    let mut length = 0;
    while let Some(byte) = bytes.get(length) {
        let point = *byte == b'.' && number && bytes.get(length + 1).is_some_and(u8::is_ascii_digit);
        let belongs = if number { byte.is_ascii_digit() || point } else { byte.is_ascii_alphabetic() || *byte == b'\'' };
        if !belongs {
            break;
        }
        length += 1;
    }
    length.max(1)
}

/// Units as they would be written: a space between Latin words, none elsewhere.
fn joined(units: &[&str]) -> String {
    let mut out = String::new();
    for unit in units {
        let latin = |c: char| c.is_ascii_alphabetic();
        if out.chars().last().is_some_and(|c| c.is_ascii_alphanumeric()) && unit.chars().next().is_some_and(latin) {
            out.push(' ');
        }
        out.push_str(unit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(units(text), expected);
    }

    #[test]
    fn takes_text_apart() {
        check("充128.5元", &["充", "128.5", "元"]);
        check("buy 10GB, please", &["buy", "10", "GB", "please"]);
        check("4g。", &["4", "g"]);
        check("。。。", &[]);
    }

    #[test]
    fn grammars_ask_for_kinds() {
        assert_eq!(Kind::of_grammar("digits_6"), Some(Kind::Digits(Some(6))));
        assert_eq!(Kind::of_grammar("month"), Some(Kind::Month));
        assert_eq!(Kind::of_grammar("yes_no"), None);
        assert_eq!(Kind::of_grammar("digits_x"), None);
    }
}
