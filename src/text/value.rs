//! A value that means something: what a caller said, what the operator's systems answered, what a flow holds.
//!
//! One type serves slots, replies and flow variables, so that a template reads money as money wherever it came from.

use super::date::{self, Month};
use super::mask::mask_text;
use super::{Digits, Lang, Money, PhoneNumber, number_en, number_zh, volume};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Named values: the slots of an utterance, the fields of a reply.
pub type Record = BTreeMap<String, Value>;

/// See the module's text. `Debug` masks personal data because its parts do.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Flag(bool),
    Number(i64),
    Money(Money),
    /// Data volume in megabytes (1 GB = 1024 MB).
    Volume(u64),
    /// Talk time in minutes.
    Minutes(u64),
    Month(Month),
    Day(jiff::civil::Date),
    /// A day and a time of day.
    Moment(jiff::civil::DateTime),
    Phone(PhoneNumber),
    /// Digits that may be secret: masked wherever they are shown.
    Digits(Digits),
    /// Digits that are said one by one and may be shown: an order number, a menu key.
    Code(String),
    Text(String),
    List(Vec<Value>),
    Record(Record),
}

impl Value {
    /// As the voice says it, in words: money as money, phone numbers in three, four and four digits, codes in groups of four. Secret digits
    /// are said too: whoever fills a prompt decides whether they may be.
    pub fn spoken(&self, lang: Lang, today: Date) -> String {
        match self {
            Value::Flag(flag) => match (lang, flag) {
                (Lang::Zh, true) => "是".to_owned(),
                (Lang::Zh, false) => "否".to_owned(),
                (Lang::En, true) => "yes".to_owned(),
                (Lang::En, false) => "no".to_owned(),
            },
            Value::Number(number) => match lang {
                Lang::Zh => number_zh::cardinal(*number),
                Lang::En => number_en::cardinal(*number),
            },
            Value::Money(money) => money.spoken(lang),
            Value::Volume(megabytes) => volume::spoken(*megabytes, lang),
            Value::Minutes(minutes) => spoken_minutes(*minutes, lang),
            Value::Month(month) => month.spoken(lang, today),
            Value::Day(day) => date::spoken_day(*day, lang),
            Value::Moment(moment) => date::spoken_moment(*moment, lang, today),
            Value::Phone(number) => spoken_groups(number.reveal(), lang),
            Value::Digits(digits) => spoken_groups(digits.reveal(), lang),
            Value::Code(code) => spoken_groups(code, lang),
            Value::Text(text) => text.clone(),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(|item| item.spoken(lang, today)).collect();
                joined(&items, lang)
            }
            Value::Record(fields) => {
                let items: Vec<String> = fields.values().map(|item| item.spoken(lang, today)).collect();
                joined(&items, lang)
            }
        }
    }

    /// For records and logs at rest: what it is, with personal data masked.
    pub fn masked(&self) -> String {
        match self {
            Value::Flag(flag) => flag.to_string(),
            Value::Number(number) => mask_text(&number.to_string()),
            Value::Money(money) => money.to_string(),
            Value::Volume(megabytes) => format!("{megabytes} MB"),
            Value::Minutes(minutes) => format!("{minutes} min"),
            Value::Month(month) => format!("{:04}-{:02}", month.year, month.month),
            Value::Day(day) => day.to_string(),
            Value::Moment(moment) => moment.to_string(),
            Value::Phone(number) => number.to_string(),
            Value::Digits(digits) => digits.to_string(),
            Value::Code(code) => code.clone(),
            Value::Text(text) => mask_text(text),
            Value::List(items) => items.iter().map(Value::masked).collect::<Vec<_>>().join(", "),
            Value::Record(fields) => fields.iter().map(|(name, value)| format!("{name}={}", value.masked())).collect::<Vec<_>>().join(", "),
        }
    }
}

/// `13800001234` → `幺三八，零零零零，幺二三四`; other digits in groups of four. Letters stay as they are.
pub(super) fn spoken_groups(code: &str, lang: Lang) -> String {
    let characters: Vec<char> = code.chars().filter(|c| c.is_alphanumeric()).collect();
    let is_mobile = characters.len() == 11 && characters.first() == Some(&'1') && characters.iter().all(char::is_ascii_digit);
    let (head, tail) = characters.split_at(if is_mobile { 3 } else { 0 });
    let groups = std::iter::once(head).filter(|head| !head.is_empty()).chain(tail.chunks(4));
    let said: Vec<String> = groups.map(|group| spoken_group(group, lang)).collect();
    said.join(match lang {
        Lang::Zh => "，",
        Lang::En => ", ",
    })
}

fn spoken_group(group: &[char], lang: Lang) -> String {
    let said = group.iter().map(|c| match (c.is_ascii_digit(), lang) {
        (true, Lang::Zh) => number_zh::digits(&c.to_string()),
        (true, Lang::En) => number_en::digits(&c.to_string()),
        (false, _) => c.to_string(),
    });
    let said: Vec<String> = said.collect();
    said.join(match lang {
        Lang::Zh => "",
        Lang::En => " ",
    })
}

fn spoken_minutes(minutes: u64, lang: Lang) -> String {
    let minutes = i64::try_from(minutes).unwrap_or(i64::MAX);
    match lang {
        Lang::Zh => format!("{}分钟", number_zh::counted(minutes)),
        Lang::En if minutes == 1 => "one minute".to_owned(),
        Lang::En => format!("{} minutes", number_en::cardinal(minutes)),
    }
}

/// `甲、乙、丙`, `one, two and three`.
fn joined(items: &[String], lang: Lang) -> String {
    match (lang, items) {
        (Lang::Zh, items) => items.join("、"),
        (Lang::En, [head @ .., last]) if !head.is_empty() => format!("{} and {last}", head.join(", ")),
        (Lang::En, items) => items.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[track_caller]
    fn check(value: Value, zh: &str, en: &str, masked: &str) {
        let today = date(2026, 11, 22);
        assert_eq!(value.spoken(Lang::Zh, today), zh);
        assert_eq!(value.spoken(Lang::En, today), en);
        assert_eq!(value.masked(), masked);
    }

    #[test]
    fn every_kind() {
        let phone = PhoneNumber::parse("13800001234").unwrap();
        check(Value::Flag(true), "是", "yes", "true");
        check(Value::Number(105), "一百零五", "one hundred and five", "105");
        check(Value::Money(Money(12_850)), "一百二十八块五", "one hundred and twenty-eight yuan fifty", "¥128.50");
        check(Value::Volume(12_800), "十二点五个G", "twelve point five gigabytes", "12800 MB");
        check(Value::Minutes(2), "两分钟", "two minutes", "2 min");
        check(Value::Month(Month { year: 2026, month: 9 }), "九月份", "September", "2026-09");
        check(Value::Day(date(2026, 10, 3)), "十月三日", "October third", "2026-10-03");
        check(Value::Moment(date(2026, 11, 22).at(20, 0, 0, 0)), "今天晚上八点", "today at eight pm", "2026-11-22T20:00:00");
        check(Value::Phone(phone), "幺三八，零零零零，幺二三四", "one three eight, zero zero zero zero, one two three four", "138****1234");
        check(Value::Digits(Digits::parse("123456").unwrap()), "幺二三四，五六", "one two three four, five six", "******");
        check(Value::Code("2611220035".into()), "二六幺幺，二二零零，三五", "two six one one, two two zero zero, three five", "2611220035");
        check(Value::Text("号码13800001234".into()), "号码13800001234", "号码13800001234", "号码138****1234");
    }

    #[test]
    fn several() {
        let list = Value::List(vec![Value::Number(1), Value::Number(2), Value::Number(3)]);
        check(list, "一、二、三", "one, two and three", "1, 2, 3");
        let record = Value::Record(Record::from([("amount".to_owned(), Value::Money(Money(500)))]));
        check(record, "五元", "five yuan", "amount=¥5.00");
    }
}
