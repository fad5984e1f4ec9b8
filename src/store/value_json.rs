//! Values as JSON text in a column: each says its type, so that money comes back as money.
//!
//! `{"money":12850}`, `{"moment":"2026-11-22T09:30:00"}`, `{"list":[…]}`. Personal data never passes: [`masked`] writes telephone
//! numbers and secret digits in their masked form, `exact` refuses them.

use super::StoreError;
use crate::text::date::Month;
use crate::text::mask::mask_text;
use crate::text::{Money, Record, Value};
use serde_json::{Map, Value as Json, json};

/// A record for the archive: numbers and secrets masked, free text masked.
pub fn masked(record: &Record) -> Json {
    fields(record, &mut |value| Ok(hide(value))).expect("masking never fails")
}

/// A record that must come back as it was; personal data in it is a fault of the program.
pub(super) fn exact(record: &Record) -> Result<Json, StoreError> {
    fields(record, &mut |value| match value {
        Value::Phone(_) | Value::Digits(_) => Err(StoreError::Misuse("personal data in a record that is kept as it is".into())),
        other => Ok(other.clone()),
    })
}

/// What [`masked`] or `exact` wrote; what was masked comes back as text.
pub fn read(json: &Json) -> Result<Record, StoreError> {
    let object = json.as_object().ok_or_else(|| unreadable(json))?;
    object.iter().map(|(name, value)| Ok((name.clone(), read_value(value)?))).collect()
}

pub(super) fn read_text(text: &str) -> Result<Record, StoreError> {
    read(&serde_json::from_str(text).map_err(|error| StoreError::Damaged(error.to_string()))?)
}

fn hide(value: &Value) -> Value {
    match value {
        Value::Phone(number) => Value::Text(number.to_string()),
        Value::Digits(digits) => Value::Text(digits.to_string()),
        Value::Text(text) => Value::Text(mask_text(text)),
        other => other.clone(),
    }
}

type Passing<'a> = &'a mut dyn FnMut(&Value) -> Result<Value, StoreError>;

fn fields(record: &Record, pass: Passing<'_>) -> Result<Json, StoreError> {
    let mut object = Map::new();
    for (name, value) in record {
        object.insert(name.clone(), write(value, pass)?);
    }
    Ok(Json::Object(object))
}

fn write(value: &Value, pass: Passing<'_>) -> Result<Json, StoreError> {
    Ok(match pass(value)? {
        Value::Flag(flag) => json!({ "flag": flag }),
        Value::Number(number) => json!({ "number": number }),
        Value::Money(money) => json!({ "money": money.0 }),
        Value::Volume(megabytes) => json!({ "volume": megabytes }),
        Value::Minutes(minutes) => json!({ "minutes": minutes }),
        Value::Month(month) => json!({ "month": format!("{:04}-{:02}", month.year, month.month) }),
        Value::Day(day) => json!({ "day": day.to_string() }),
        Value::Moment(moment) => json!({ "moment": moment.to_string() }),
        Value::Phone(number) => json!({ "text": number.to_string() }),
        Value::Digits(digits) => json!({ "text": digits.to_string() }),
        Value::Code(code) => json!({ "code": code }),
        Value::Text(text) => json!({ "text": text }),
        Value::List(values) => json!({ "list": values.iter().map(|value| write(value, pass)).collect::<Result<Vec<Json>, StoreError>>()? }),
        Value::Record(record) => json!({ "record": fields(&record, pass)? }),
    })
}

fn unreadable(json: &Json) -> StoreError {
    StoreError::Damaged(format!("not a value: {json}"))
}

fn read_value(json: &Json) -> Result<Value, StoreError> {
    let object = json.as_object().filter(|object| object.len() == 1).ok_or_else(|| unreadable(json))?;
    let (kind, inner) = object.iter().next().ok_or_else(|| unreadable(json))?;
    let value = match kind.as_str() {
        "flag" => inner.as_bool().map(Value::Flag),
        "number" => inner.as_i64().map(Value::Number),
        "money" => inner.as_i64().map(|fen| Value::Money(Money(fen))),
        "volume" => inner.as_u64().map(Value::Volume),
        "minutes" => inner.as_u64().map(Value::Minutes),
        "month" => inner.as_str().and_then(read_month).map(Value::Month),
        "day" => inner.as_str().and_then(|text| text.parse().ok()).map(Value::Day),
        "moment" => inner.as_str().and_then(|text| text.parse().ok()).map(Value::Moment),
        "code" => inner.as_str().map(|text| Value::Code(text.to_owned())),
        "text" => inner.as_str().map(|text| Value::Text(text.to_owned())),
        "list" => match inner.as_array() {
            Some(values) => Some(Value::List(values.iter().map(read_value).collect::<Result<_, _>>()?)),
            None => None,
        },
        "record" => Some(Value::Record(read(inner)?)),
        _ => None,
    };
    value.ok_or_else(|| unreadable(json))
}

fn read_month(text: &str) -> Option<Month> {
    let (year, month) = text.split_once('-')?;
    let month = Month { year: year.parse().ok()?, month: month.parse().ok()? };
    (1..=12).contains(&month.month).then_some(month)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Digits, PhoneNumber};
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
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
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
                prop::collection::btree_map("[a-z]{1,6}", inner, 0..4).prop_map(Value::Record),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_was_written_exactly_comes_back(record in prop::collection::btree_map("[a-z_]{1,8}", value(), 0..6)) {
            prop_assert_eq!(read(&exact(&record).unwrap()).unwrap(), record);
        }

        #[test]
        fn reading_never_panics(text in ".{0,60}") {
            let _ = read_text(&text);
            let _ = read_text(&format!("{{\"a\":{{\"month\":{}}}}}", json!(text)));
        }
    }

    #[test]
    fn personal_data_is_masked_or_refused_however_deep() {
        let number = Value::Phone(PhoneNumber::parse("13800000001").unwrap());
        let pin = Value::Digits(Digits::parse("246810").unwrap());
        let inside = Value::List(vec![Value::Record(Record::from([("pin".to_owned(), pin)]))]);
        let record = Record::from([("number".to_owned(), number), ("inside".to_owned(), inside)]);
        let text = masked(&record).to_string();
        assert!(text.contains("138****0001"), "{text}");
        assert!(!text.contains("246810") && !text.contains("13800000001"), "{text}");
        assert!(matches!(exact(&record), Err(StoreError::Misuse(_))));
    }
}
