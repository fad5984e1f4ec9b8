//! A value that means something: what a caller said, what the operator's systems answered, what a flow holds.
//!
//! One type serves slots, replies and flow variables, so that a template reads money as money wherever it came from.

use super::date::Month;
use super::{Digits, Money, PhoneNumber};
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
