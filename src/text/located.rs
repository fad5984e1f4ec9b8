//! A value read from YAML together with the place where it stands, so that a fault can be pointed at.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;

/// A place in a file; both from 1, columns in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: u32,
    pub column: u32,
}

/// See the module's text.
#[derive(Clone, Debug, PartialEq)]
pub struct Located<T> {
    pub value: T,
    pub place: Place,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Located<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = serde_saphyr::Spanned::<T>::deserialize(deserializer)?;
        let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let place = Place { line: number(spanned.referenced.line()), column: number(spanned.referenced.column()) };
        Ok(Located { value: spanned.value, place })
    }
}

/// The schema of the value itself: places are not written.
impl<T: JsonSchema> JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// A fault in a file that an author writes, as `tingshuo check` prints it: `file:line:column: reason`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{file}:{}:{}: {reason}", place.line, place.column)]
pub struct Fault {
    pub file: String,
    pub place: Place,
    pub reason: String,
}

/// Reads a YAML file; what is wrong with its shape is a fault with its place.
pub fn read_yaml<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, Fault> {
    serde_saphyr::from_str(text).map_err(|error| {
        let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let place =
            error.location().map_or(Place { line: 1, column: 1 }, |at| Place { line: number(at.line()), column: number(at.column()) });
        let message = error.without_snippet().to_string();
        Fault { file: file.to_owned(), place, reason: message.lines().next().unwrap_or_default().to_owned() }
    })
}
