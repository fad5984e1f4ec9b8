//! Values as JSON text in a column, in the form of [`crate::text::value_json`]. Personal data never passes: [`masked`] writes telephone
//! numbers and secret digits in their masked form, `exact` refuses them.

use super::StoreError;
use crate::text::mask::mask_text;
use crate::text::{Record, Value, value_json};
use serde_json::Value as Json;

/// A record for the archive: numbers and secrets masked, free text masked.
pub fn masked(record: &Record) -> Json {
    value_json::write(&hidden(record))
}

/// A record that must come back as it was; personal data in it is a fault of the program.
pub(super) fn exact(record: &Record) -> Result<Json, StoreError> {
    if record.values().any(is_personal) {
        return Err(StoreError::Misuse("personal data in a record that is kept as it is".into()));
    }
    Ok(value_json::write(record))
}

/// What [`masked`] or `exact` wrote; what was masked comes back as text.
pub fn read(json: &Json) -> Result<Record, StoreError> {
    value_json::read(json).map_err(|error| StoreError::Damaged(error.to_string()))
}

pub(super) fn read_text(text: &str) -> Result<Record, StoreError> {
    read(&serde_json::from_str(text).map_err(|error| StoreError::Damaged(error.to_string()))?)
}

fn hidden(record: &Record) -> Record {
    record.iter().map(|(name, value)| (name.clone(), hide(value))).collect()
}

fn hide(value: &Value) -> Value {
    match value {
        Value::Phone(number) => Value::Text(number.to_string()),
        Value::Digits(digits) => Value::Text(digits.to_string()),
        Value::Text(text) => Value::Text(mask_text(text)),
        Value::List(values) => Value::List(values.iter().map(hide).collect()),
        Value::Record(record) => Value::Record(hidden(record)),
        other => other.clone(),
    }
}

fn is_personal(value: &Value) -> bool {
    match value {
        Value::Phone(_) | Value::Digits(_) => true,
        Value::List(values) => values.iter().any(is_personal),
        Value::Record(record) => record.values().any(is_personal),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::value_json::tests::impersonal;
    use crate::text::{Digits, PhoneNumber};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_written_exactly_comes_back(record in impersonal()) {
            prop_assert_eq!(read(&exact(&record).unwrap()).unwrap(), record);
        }

        #[test]
        fn reading_never_panics(text in ".{0,60}") {
            let _ = read_text(&text);
        }
    }

    #[test]
    fn personal_data_is_masked_or_refused_however_deep() {
        let number = Value::Phone(PhoneNumber::parse("13800000001").unwrap());
        let pin = Value::Digits(Digits::parse("246810").unwrap());
        let inside = Value::List(vec![Value::Record(Record::from([("pin".to_owned(), pin)]))]);
        for record in [Record::from([("number".to_owned(), number)]), Record::from([("inside".to_owned(), inside)])] {
            let text = masked(&record).to_string();
            assert!(text.contains("138****0001") || text.contains("******"), "{text}");
            assert!(!text.contains("246810") && !text.contains("13800000001"), "{text}");
            assert!(matches!(exact(&record), Err(StoreError::Misuse(_))));
        }
    }
}
