//! The JSON form of a [`Value`]: each says its type, so that money comes back as money.
//!
//! `{"money":12850}` (fen), `{"month":"2026-10"}`, `{"moment":"2026-11-22T09:30:00"}`, `{"list":[…]}`. Personal data is written whole: whoever
//! writes it where it stays masks it first.

use super::date::Month;
use super::{Digits, Money, PhoneNumber, Record, Value};
use serde_json::{Map, Value as Json, json};

/// Lists and records inside one another at most.
const DEEPEST: usize = 8;

/// JSON that is no value. It says where, and never what stands there, for that may be somebody's PIN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: not {expected}")]
pub struct NotAValue {
    /// `items[2].amount`.
    pub at: String,
    pub expected: &'static str,
}

pub fn write(record: &Record) -> Json {
    Json::Object(record.iter().map(|(name, value)| (name.clone(), write_value(value))).collect())
}

pub fn read(json: &Json) -> Result<Record, NotAValue> {
    read_record(json, "", DEEPEST)
}

fn write_value(value: &Value) -> Json {
    match value {
        Value::Flag(flag) => json!({ "flag": flag }),
        Value::Number(number) => json!({ "number": number }),
        Value::Money(money) => json!({ "money": money.0 }),
        Value::Volume(megabytes) => json!({ "volume": megabytes }),
        Value::Minutes(minutes) => json!({ "minutes": minutes }),
        Value::Month(month) => json!({ "month": format!("{:04}-{:02}", month.year, month.month) }),
        Value::Day(day) => json!({ "day": day.to_string() }),
        Value::Moment(moment) => json!({ "moment": moment.to_string() }),
        Value::Phone(number) => json!({ "phone": number.reveal() }),
        Value::Digits(digits) => json!({ "digits": digits.reveal() }),
        Value::Code(code) => json!({ "code": code }),
        Value::Text(text) => json!({ "text": text }),
        Value::List(values) => json!({ "list": values.iter().map(write_value).collect::<Vec<Json>>() }),
        Value::Record(record) => json!({ "record": write(record) }),
    }
}

fn read_record(json: &Json, at: &str, deeper: usize) -> Result<Record, NotAValue> {
    let object = json.as_object().ok_or_else(|| wrong(at, "an object of named values"))?;
    let named = |name: &String| if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
    object.iter().map(|(name, value)| Ok((name.clone(), read_value(value, &named(name), deeper)?))).collect()
}

fn read_value(json: &Json, at: &str, deeper: usize) -> Result<Value, NotAValue> {
    let (kind, inner) = json.as_object().and_then(only).ok_or_else(|| wrong(at, "an object with one typed value"))?;
    let text = || inner.as_str();
    let (value, expected) = match kind {
        "flag" => (inner.as_bool().map(Value::Flag), "true or false"),
        "number" => (inner.as_i64().map(Value::Number), "a whole number"),
        "money" => (inner.as_i64().map(|fen| Value::Money(Money(fen))), "a whole number of fen"),
        "volume" => (inner.as_u64().map(Value::Volume), "a whole number of megabytes"),
        "minutes" => (inner.as_u64().map(Value::Minutes), "a whole number of minutes"),
        "month" => (text().and_then(read_month).map(Value::Month), "a month as YYYY-MM"),
        "day" => (text().and_then(|text| text.parse().ok()).map(Value::Day), "a day as YYYY-MM-DD"),
        "moment" => (text().and_then(|text| text.parse().ok()).map(Value::Moment), "a time as YYYY-MM-DDThh:mm:ss"),
        "phone" => (text().and_then(PhoneNumber::parse).map(Value::Phone), "a telephone number of 3 to 15 digits"),
        "digits" => (text().and_then(Digits::parse).map(Value::Digits), "digits"),
        "code" => (text().map(|text| Value::Code(text.to_owned())), "a text"),
        "text" => (text().map(|text| Value::Text(text.to_owned())), "a text"),
        "list" | "record" if deeper == 0 => (None, "so deeply nested"),
        "list" => (inner.as_array().map(|items| read_list(items, at, deeper - 1)).transpose()?, "a list"),
        "record" => (Some(Value::Record(read_record(inner, at, deeper - 1)?)), "a record"),
        _ => (None, "of a known type"),
    };
    value.ok_or_else(|| wrong(at, expected))
}

fn read_list(items: &[Json], at: &str, deeper: usize) -> Result<Value, NotAValue> {
    let items = items.iter().enumerate().map(|(n, item)| read_value(item, &format!("{at}[{n}]"), deeper));
    items.collect::<Result<_, _>>().map(Value::List)
}

fn only(object: &Map<String, Json>) -> Option<(&str, &Json)> {
    let mut entries = object.iter();
    let (kind, inner) = entries.next()?;
    entries.next().is_none().then_some((kind.as_str(), inner))
}

fn wrong(at: &str, expected: &'static str) -> NotAValue {
    NotAValue { at: if at.is_empty() { "the whole".to_owned() } else { at.to_owned() }, expected }
}

/// `2026-10`, and nothing looser.
fn read_month(text: &str) -> Option<Month> {
    let (year, month) = text.split_once('-')?;
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(year, 4) || !digits(month, 2) {
        return None;
    }
    let month = Month { year: year.parse().ok()?, month: month.parse().ok()? };
    (1..=12).contains(&month.month).then_some(month)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Any record without personal data.
    pub(crate) fn impersonal() -> impl Strategy<Value = Record> {
        records(leaf().boxed())
    }

    fn records(leaf: BoxedStrategy<Value>) -> impl Strategy<Value = Record> {
        let value = leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
                prop::collection::btree_map("[a-z]{1,6}", inner, 0..4).prop_map(Value::Record),
            ]
        });
        prop::collection::btree_map("[a-z_]{1,8}", value, 0..6)
    }

    fn leaf() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<bool>().prop_map(Value::Flag),
            any::<i64>().prop_map(Value::Number),
            any::<i64>().prop_map(|fen| Value::Money(Money(fen))),
            any::<u64>().prop_map(Value::Volume),
            any::<u64>().prop_map(Value::Minutes),
            (1990i16..2100, 1i8..=12).prop_map(|(year, month)| Value::Month(Month { year, month })),
            (0i64..40_000).prop_map(|days| Value::Day(jiff::civil::date(1990, 1, 1) + jiff::Span::new().days(days))),
            (0i64..3_000_000_000).prop_map(|seconds| {
                Value::Moment(jiff::civil::date(1990, 1, 1).at(0, 0, 0, 0) + jiff::SignedDuration::from_secs(seconds))
            }),
            "[0-9]{1,10}".prop_map(Value::Code),
            ".{0,12}".prop_map(Value::Text),
        ]
    }

    fn any_leaf() -> BoxedStrategy<Value> {
        prop_oneof![
            leaf(),
            "[0-9]{3,15}".prop_map(|digits| Value::Phone(PhoneNumber::parse(&digits).unwrap())),
            "[0-9]{1,10}".prop_map(|digits| Value::Digits(Digits::parse(&digits).unwrap())),
        ]
        .boxed()
    }

    proptest! {
        #[test]
        fn what_was_written_comes_back(record in records(any_leaf())) {
            prop_assert_eq!(read(&write(&record)).unwrap(), record);
        }

        #[test]
        fn reading_never_panics(text in ".{0,60}") {
            let _ = serde_json::from_str(&text).map(|json| read(&json));
            let _ = read(&json!({ "a": { "month": text } }));
        }
    }

    #[track_caller]
    fn refused(json: Json, says: &str) {
        assert_eq!(read(&json).unwrap_err().to_string(), says);
    }

    #[test]
    fn a_fault_says_where_and_not_what() {
        refused(json!([]), "the whole: not an object of named values");
        refused(json!({"pin": "246810"}), "pin: not an object with one typed value");
        refused(json!({"pin": {"digits": "24681x"}}), "pin: not digits");
        refused(json!({"a": {"money": 1.5}}), "a: not a whole number of fen");
        refused(json!({"a": {"money": 1, "text": "x"}}), "a: not an object with one typed value");
        refused(json!({"a": {"yuan": 1}}), "a: not of a known type");
        for month in ["2026-13", "2026-00", "2026-9", "26-09", "-026-09", "2026-+9"] {
            refused(json!({"a": {"month": month}}), "a: not a month as YYYY-MM");
        }
        let items = json!({"list": [{"record": {"amount": {"money": 1}}}, {"record": {"amount": {"money": "1"}}}]});
        refused(json!({"items": items}), "items[1].amount: not a whole number of fen");
    }

    #[test]
    fn nesting_has_an_end() {
        let mut value = json!({"flag": true});
        for _ in 0..100 {
            value = json!({ "list": [value] });
        }
        assert!(read(&json!({ "a": value })).unwrap_err().to_string().ends_with("not so deeply nested"));
    }
}
