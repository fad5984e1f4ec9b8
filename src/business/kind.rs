//! Of what kind every argument and every field of a reply is: what the table of operations means on a wire.

use super::Operation;
use crate::text::{Record, Value};

/// The kind of a value; those of [`Value`], with lists told apart by what is in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Flag,
    Number,
    Money,
    Volume,
    Minutes,
    Month,
    Day,
    Moment,
    Phone,
    Digits,
    Code,
    Text,
    /// A list of texts.
    Texts,
    /// A list of records with these fields.
    Records(&'static [&'static str]),
}

impl Kind {
    /// Whether a value of `operation` is of this kind.
    pub fn has(self, operation: &str, value: &Value) -> bool {
        match (self, value) {
            (Kind::Flag, Value::Flag(_))
            | (Kind::Number, Value::Number(_))
            | (Kind::Money, Value::Money(_))
            | (Kind::Volume, Value::Volume(_))
            | (Kind::Minutes, Value::Minutes(_))
            | (Kind::Month, Value::Month(_))
            | (Kind::Day, Value::Day(_))
            | (Kind::Moment, Value::Moment(_))
            | (Kind::Phone, Value::Phone(_))
            | (Kind::Digits, Value::Digits(_))
            | (Kind::Code, Value::Code(_))
            | (Kind::Text, Value::Text(_)) => true,
            (Kind::Texts, Value::List(items)) => items.iter().all(|item| matches!(item, Value::Text(_))),
            (Kind::Records(names), Value::List(items)) => items.iter().all(|item| match item {
                Value::Record(record) => names.iter().all(|name| has_field(operation, record, name)),
                _ => false,
            }),
            _ => false,
        }
    }

    /// For messages: "total is not money".
    pub fn said(self) -> &'static str {
        match self {
            Kind::Flag => "a flag",
            Kind::Number => "a number",
            Kind::Money => "money",
            Kind::Volume => "a volume",
            Kind::Minutes => "minutes",
            Kind::Month => "a month",
            Kind::Day => "a day",
            Kind::Moment => "a moment",
            Kind::Phone => "a telephone number",
            Kind::Digits => "digits",
            Kind::Code => "a code",
            Kind::Text => "a text",
            Kind::Texts => "a list of texts",
            Kind::Records(_) => "a list of records with the fields of the table",
        }
    }
}

fn has_field(operation: &str, record: &Record, name: &str) -> bool {
    record.get(name).is_some_and(|value| of(operation, name).is_some_and(|kind| kind.has(operation, value)))
}

/// The kind of an operation's argument or field.
pub fn of(operation: &str, name: &str) -> Option<Kind> {
    let exception = EXCEPTIONS.iter().find(|(place, _)| place.split_once('.') == Some((operation, name))).map(|(_, kind)| *kind);
    let general = || KINDS.iter().find(|(_, names)| names.contains(&name)).map(|(kind, _)| *kind);
    let is_text = || (name.ends_with("_en") || name.ends_with("_name")).then_some(Kind::Text);
    exception.or_else(general).or_else(is_text)
}

/// Everything that goes over the wire by name: arguments, fields, fields of records in lists.
pub fn names(operation: &Operation) -> impl Iterator<Item = &'static str> {
    let arguments = operation.needs.iter().chain(operation.takes);
    arguments.chain(operation.gives).copied()
}

/// By name; whatever ends in `_en` or `_name` is a text.
const KINDS: &[(Kind, &[&str])] = &[
    (
        Kind::Flag,
        &[
            "active",
            "better",
            "can_cancel",
            "cheaper",
            "closed",
            "dearer",
            "in_arrears",
            "in_contract",
            "lost",
            "online",
            "paid",
            "restart_helps",
            "verified",
        ],
    ),
    (
        Kind::Number,
        &[
            "attempts_left",
            "chargeable",
            "count",
            "expiring",
            "messages",
            "messages_left",
            "messages_total",
            "messages_used",
            "months",
            "points",
            "power_dbm",
        ],
    ),
    (
        Kind::Money,
        &[
            "amount",
            "balance",
            "day_price",
            "difference",
            "extra",
            "fee",
            "last_amount",
            "minute_price",
            "owed",
            "plan_fee",
            "present_fee",
            "price",
            "total",
        ],
    ),
    (Kind::Volume, &["data", "data_left", "data_total", "data_used", "day_data", "present_data", "volume"]),
    (Kind::Minutes, &["minutes", "minutes_left", "minutes_total", "minutes_used", "present_minutes"]),
    (Kind::Month, &["month"]),
    (Kind::Day, &["begins", "by", "contract_until", "day", "ends", "expires", "last_day", "renews"]),
    (Kind::Moment, &["at", "due", "ready", "since", "until"]),
    (Kind::Digits, &["id_digits", "pin"]),
    (Kind::Code, &["account", "number"]),
    (
        Kind::Text,
        &[
            "area",
            "cause",
            "channel",
            "fault",
            "kind",
            "lang",
            "last_channel",
            "level",
            "mail",
            "name",
            "offer",
            "pack",
            "place",
            "plan",
            "reason",
            "region",
            "service",
            "shop",
            "signal",
            "state",
            "surname",
            "terms",
            "title",
            "why",
        ],
    ),
    (Kind::Texts, &["tags"]),
    (Kind::Records(&["name", "name_en", "amount"]), &["items"]),
    (Kind::Records(&["plan", "name", "name_en", "fee", "data", "minutes", "messages"]), &["plans"]),
    (Kind::Records(&["pack", "name", "name_en", "price", "data"]), &["packs"]),
    (Kind::Records(&["day", "amount", "channel", "channel_en"]), &["records"]),
    (Kind::Records(&["number", "name", "name_en", "state", "state_name", "state_name_en", "at"]), &["orders"]),
];

/// Where a name means something else in one operation.
const EXCEPTIONS: &[(&str, Kind)] = &[
    ("outage.ends", Kind::Moment),
    ("own_number.number", Kind::Phone),
    ("own_number.since", Kind::Day),
    ("plan.since", Kind::Day),
    ("plan.services", Kind::Records(&["name", "name_en", "fee"])),
    ("services.services", Kind::Records(&["service", "name", "name_en", "fee", "can_cancel"])),
    ("sim_slots.slots", Kind::Records(&["at", "shop", "shop_en"])),
    ("visit_slots.slots", Kind::Records(&["at", "until"])),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::business::OPERATIONS;

    #[test]
    fn everything_in_the_table_has_a_kind() {
        let mut missing = Vec::new();
        for operation in OPERATIONS {
            for name in names(operation) {
                match of(operation.name, name) {
                    None => missing.push(format!("{}.{name}", operation.name)),
                    Some(Kind::Records(inner)) => {
                        missing.extend(
                            inner
                                .iter()
                                .filter(|inner| of(operation.name, inner).is_none())
                                .map(|inner| format!("{}.{inner}", operation.name)),
                        );
                    }
                    Some(_) => {}
                }
            }
        }
        assert!(missing.is_empty(), "say in src/business/kind.rs of what kind these are: {missing:?}");
    }

    #[test]
    fn exceptions_are_of_the_table() {
        for (place, _) in EXCEPTIONS {
            let (operation, name) = place.split_once('.').unwrap();
            let operation = Operation::find(operation).unwrap_or_else(|| panic!("{place}"));
            assert!(names(operation).any(|known| known == name), "{place}");
        }
    }

    #[test]
    fn no_name_has_two_kinds() {
        let mut seen = std::collections::BTreeSet::new();
        for name in KINDS.iter().flat_map(|(_, names)| *names) {
            assert!(seen.insert(*name), "{name}");
        }
    }
}
