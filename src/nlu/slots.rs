//! Values in an utterance, by type. Each type has its own parser in `text`; nothing is rewritten wholesale.

mod days;
mod ordinal;
mod when;

use super::wording::MOST_CHARACTERS;
use crate::text::date::{self, Month};
use crate::text::{Digits, Lang, Money, PhoneNumber, Record, Value, number_en, number_zh, volume};
use jiff::civil::Date;
use std::ops::Range;

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
    /// `第二个`, `套餐二`.
    Ordinal,
    /// A length of time in days.
    Days,
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
            "days" => Some(Kind::Days),
            _ => Some(Kind::Digits(Some(name.strip_prefix("digits_")?.parse().ok()?))),
        }
    }

    /// The kind of which slots are called so.
    pub fn of_name(name: &str) -> Option<Kind> {
        match name {
            "digits" => Some(Kind::Digits(None)),
            _ => Kind::of_grammar(name),
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
            Kind::Days => "days",
        }
    }
}

/// An utterance in which values are looked for.
pub struct Utterance<'a> {
    text: &'a str,
    lang: Lang,
    today: Date,
}

/// A value and where it stands, in bytes.
type Found = (Value, Range<usize>);

impl<'a> Utterance<'a> {
    /// Only the first [`MOST_CHARACTERS`] characters count.
    pub fn new(text: &'a str, lang: Lang, today: Date) -> Utterance<'a> {
        let end = text.char_indices().nth(MOST_CHARACTERS).map_or(text.len(), |(at, _)| at);
        Utterance { text: text.get(..end).unwrap_or(text), lang, today }
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
            Kind::DataVolume => volume::parse(trimmed, self.lang).map(Value::Volume),
            Kind::PhoneNumber | Kind::Digits(_) | Kind::Days => None,
        };
        if let Some(value) = whole {
            return Some((value, true));
        }
        let (value, span) = self.within(kind, true)?;
        let beside = [self.text.get(..span.start), self.text.get(span.end..)].into_iter().flatten().map(weight).sum::<usize>();
        Some((value, beside <= MOST_BESIDE))
    }

    /// Every value that shows itself in running text, under its type's name; the first of a type.
    pub fn all(&self) -> Record {
        self.every(|kind| self.within(kind, false))
    }

    /// The same with the last of each type, for an utterance in which something is put right.
    pub fn last(&self) -> Record {
        self.every(|kind| {
            let mut found = self.within(kind, false)?;
            while let Some(rest) = self.text.get(found.1.end..)
                && let Some((value, span)) = (Utterance { text: rest, ..*self }).within(kind, false)
                && span.end > 0
            {
                let start = found.1.end;
                found = (value, start + span.start..start + span.end);
            }
            Some(found)
        })
    }

    fn every(&self, find: impl Fn(Kind) -> Option<Found>) -> Record {
        let kinds =
            [Kind::Ordinal, Kind::Month, Kind::Date, Kind::Amount, Kind::DataVolume, Kind::Days, Kind::PhoneNumber, Kind::Digits(None)];
        let mut found = Record::new();
        let mut taken: Vec<Range<usize>> = Vec::new();
        for kind in kinds {
            let Some((value, span)) = find(kind) else { continue };
            if taken.iter().all(|other| span.end <= other.start || other.end <= span.start) {
                found.insert(kind.name().to_owned(), value);
                taken.push(span);
            }
        }
        when::add(&mut found, self.text, self.lang);
        found
    }

    fn within(&self, kind: Kind, asked: bool) -> Option<Found> {
        match kind {
            Kind::Month => Month::find(self.text, self.lang, self.today).map(|(month, span)| (Value::Month(month), span)),
            Kind::Amount => Money::find(self.text, self.lang).map(|(money, span)| (Value::Money(money), span)),
            Kind::Date => date::find_day(self.text, self.lang, self.today).map(|(day, span)| (Value::Day(day), span)),
            Kind::DataVolume => volume::find(self.text, self.lang).map(|(megabytes, span)| (Value::Volume(megabytes), span)),
            Kind::Ordinal => ordinal::find(self.text, self.lang).map(|(place, span)| (Value::Number(place), span)),
            Kind::Days => days::find(self.text, self.lang).map(|(days, span)| (Value::Number(days), span)),
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

    #[track_caller]
    fn check(text: &str, lang: Lang, expected: &[(&str, Value)]) {
        let found = Utterance::new(text, lang, date(2026, 10, 12)).all();
        let expected: Record = expected.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[track_caller]
    fn check_asked(text: &str, kind: Kind, expected: Option<(Value, bool)>) {
        let found = Utterance::new(text, Lang::Zh, date(2026, 10, 12)).asked(kind);
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
        let text = |text: &str| Value::Text(text.to_owned());
        check("办一个二十八的套餐", Lang::Zh, &[("amount", Value::Money(Money(2800)))]);
        check("给我 开 三十 流量 套餐", Lang::Zh, &[("amount", Value::Money(Money(3000)))]);
        check("我要套餐 二", Lang::Zh, &[("ordinal", Value::Number(2))]);
        check("第三个吧", Lang::Zh, &[("ordinal", Value::Number(3))]);
        check("第二个月的套餐一共多少", Lang::Zh, &[]);
        check("the second one please", Lang::En, &[("ordinal", Value::Number(2))]);
        check("开个七天的流量包", Lang::Zh, &[("days", Value::Number(7))]);
        check("报修三天了", Lang::Zh, &[]);
        check("a pack for 28 days", Lang::En, &[("days", Value::Number(28))]);
        let tomorrow = date(2026, 10, 13);
        let afternoon = ("part_of_day", text("afternoon"));
        check("明天下午可以", Lang::Zh, &[("date", Value::Day(tomorrow)), afternoon.clone()]);
        let nine = Value::Moment(date(2026, 10, 17).at(9, 0, 0, 0));
        let saturday = [("date", Value::Day(date(2026, 10, 17))), ("moment", nine), ("part_of_day", text("morning"))];
        check("周六上午九点吧", Lang::Zh, &saturday);
        check("下午三点", Lang::Zh, &[afternoon, ("time", text("15:00"))]);
        check("下午好", Lang::Zh, &[]);
        let minutes = |minutes| ("minutes", Value::Number(minutes));
        check("过半个小时再打", Lang::Zh, &[minutes(30)]);
        check("一个半小时以后吧", Lang::Zh, &[minutes(90)]);
        check("等二十分钟", Lang::Zh, &[minutes(20)]);
        check("修了两个小时", Lang::Zh, &[]);
        check("call me in half an hour", Lang::En, &[minutes(30)]);
        check("in two hours please", Lang::En, &[minutes(120)]);
        check("I waited two hours", Lang::En, &[]);
        let number = PhoneNumber::parse("13800000001").expect("a number");
        check("查一下幺三八零零零零零零零幺的话费", Lang::Zh, &[("phone_number", Value::Phone(number))]);
    }

    #[test]
    fn of_what_was_put_right_the_last_counts() {
        let last = |text| Utterance::new(text, Lang::Zh, date(2026, 10, 12)).last();
        assert_eq!(last("不是七月，是九月"), Record::from([("month".to_owned(), month(2026, 9))]));
        let five = Record::from([("data_volume".to_owned(), Value::Volume(5 * 1024))]);
        assert_eq!(last("不要十个G的，要五个G的"), five);
        assert_eq!(last("不是，我要五个G的"), five);
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
