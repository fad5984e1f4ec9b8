//! Calls of ours: what a flow that begins one has to be told about its customer, and what such a call may come to.

use super::flow::{Flows, PromptId};
use crate::text::date::Month;
use crate::text::{Lang, Money, PhoneNumber, Record, Value, volume};
use jiff::civil::{Date, DateTime};
use std::collections::BTreeMap;

/// Why we call somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct Errand {
    /// The flow that the call begins with.
    pub flow: String,
    /// What the flow knows from its first step on, as [`Form::read`] gives it.
    pub variables: Record,
    /// An answering machine is left a message after its beep; else it is hung up on.
    pub leaves_message: bool,
    /// Somebody of ours listens to the call before customers are called: nothing of it counts.
    pub is_test: bool,
}

/// What the step `outcome` says of a call of ours; the last one of a call stands, but nothing stands against the last two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// The customer was told.
    Told,
    /// The customer agreed, or will do it.
    Confirmed,
    Refused,
    /// The customer wants it otherwise, and that was arranged.
    Changed,
    /// The customer wants to be called later: at this local time, or at any.
    Later(Option<DateTime>),
    /// The number is not, or no more, the customer's.
    WrongPerson,
    /// The customer wants no more such calls.
    OptedOut,
}

/// The argument of `outcome: later`.
pub(super) const AT: &str = "at";

impl Conclusion {
    /// Names in flow files.
    pub const NAMES: [&str; 7] = ["told", "confirmed", "refused", "changed", "later", "wrong_person", "opted_out"];

    pub fn name(self) -> &'static str {
        match self {
            Conclusion::Told => "told",
            Conclusion::Confirmed => "confirmed",
            Conclusion::Refused => "refused",
            Conclusion::Changed => "changed",
            Conclusion::Later(_) => "later",
            Conclusion::WrongPerson => "wrong_person",
            Conclusion::OptedOut => "opted_out",
        }
    }

    /// What a request of the kind [`super::RequestKind::Conclude`] says.
    pub fn read(name: &str, arguments: &Record) -> Option<Conclusion> {
        let at = match arguments.get(AT) {
            Some(Value::Moment(at)) => Some(*at),
            _ => None,
        };
        Conclusion::named(name, at)
    }

    /// The conclusion of this name; `at` belongs to [`Conclusion::Later`].
    pub fn named(name: &str, at: Option<DateTime>) -> Option<Conclusion> {
        Some(match name {
            "told" => Conclusion::Told,
            "confirmed" => Conclusion::Confirmed,
            "refused" => Conclusion::Refused,
            "changed" => Conclusion::Changed,
            "later" => Conclusion::Later(at),
            "wrong_person" => Conclusion::WrongPerson,
            "opted_out" => Conclusion::OptedOut,
            _ => return None,
        })
    }

    /// What stands after `next`, too, was said.
    #[must_use]
    pub fn then(self, next: Conclusion) -> Conclusion {
        match (self, next) {
            (Conclusion::OptedOut, _) => Conclusion::OptedOut,
            (Conclusion::WrongPerson, next) if next != Conclusion::OptedOut => Conclusion::WrongPerson,
            (_, next) => next,
        }
    }
}

/// The forms in which a variable may stand in a file of contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableType {
    /// 1 to 200 characters.
    Text,
    /// A whole number.
    Number,
    /// Yuan: `128.50`, `128.5元`.
    Money,
    /// `2026-11-30`.
    Date,
    /// `2026-11-30 15:00`.
    Moment,
    /// `2026-11`.
    Month,
    /// `5 GB`, `500 MB`.
    Volume,
    Phone,
    /// Letters and digits that are said one by one.
    Code,
}

const LONGEST_TEXT: usize = 200;

impl VariableType {
    /// Names in flow files.
    pub const NAMES: [&str; 9] = ["text", "number", "money", "date", "moment", "month", "data_volume", "phone_number", "code"];

    pub fn from_name(name: &str) -> Option<VariableType> {
        Some(match name {
            "text" => VariableType::Text,
            "number" => VariableType::Number,
            "money" => VariableType::Money,
            "date" => VariableType::Date,
            "moment" => VariableType::Moment,
            "month" => VariableType::Month,
            "data_volume" => VariableType::Volume,
            "phone_number" => VariableType::Phone,
            "code" => VariableType::Code,
            _ => return None,
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            VariableType::Text => "text",
            VariableType::Number => "number",
            VariableType::Money => "money",
            VariableType::Date => "date",
            VariableType::Moment => "moment",
            VariableType::Month => "month",
            VariableType::Volume => "data_volume",
            VariableType::Phone => "phone_number",
            VariableType::Code => "code",
        }
    }

    fn wanted(self) -> &'static str {
        match self {
            VariableType::Text => "a text of at most 200 characters",
            VariableType::Number => "a whole number",
            VariableType::Money => "an amount in yuan such as 128.50",
            VariableType::Date => "a date such as 2026-11-30",
            VariableType::Moment => "a date and a time such as 2026-11-30 15:00",
            VariableType::Month => "a month such as 2026-11",
            VariableType::Volume => "a volume of data such as 5 GB",
            VariableType::Phone => "a telephone number",
            VariableType::Code => "letters and digits",
        }
    }

    /// The value that a cell of a table means.
    pub fn read(self, cell: &str) -> Option<Value> {
        let cell = cell.trim();
        Some(match self {
            VariableType::Text => {
                let fits = !cell.is_empty() && cell.chars().count() <= LONGEST_TEXT && !cell.contains(char::is_control);
                Value::Text(fits.then(|| cell.to_owned())?)
            }
            VariableType::Number => Value::Number(cell.parse().ok()?),
            VariableType::Money => {
                let plain = cell.trim_start_matches(['¥', '￥']).replace(',', "");
                Value::Money(Money::parse(&plain, Lang::Zh)?)
            }
            VariableType::Date => Value::Day(date(cell)?),
            VariableType::Moment => {
                let (day, time) = cell.split_once([' ', 'T'])?;
                Value::Moment(date(day)?.to_datetime(time.trim().parse().ok()?))
            }
            VariableType::Month => {
                let first = date(&format!("{cell}-01"))?;
                Value::Month(Month { year: first.year(), month: first.month() })
            }
            VariableType::Volume => Value::Volume(volume::parse(cell, Lang::En)?),
            VariableType::Phone => Value::Phone(PhoneNumber::parse(cell)?),
            VariableType::Code => {
                let fits = (1..=LONGEST_TEXT).contains(&cell.len()) && cell.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
                Value::Code(fits.then(|| cell.to_owned())?)
            }
        })
    }
}

/// `2026-11-30`, `2026/11/3`.
fn date(text: &str) -> Option<Date> {
    let mut parts = text.split(['-', '/']);
    let mut next = || parts.next()?.parse::<i16>().ok();
    let (year, month, day) = (next()?, next()?, next()?);
    if parts.next().is_some() {
        return None;
    }
    Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// What is wrong with a contact's row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowFault {
    #[error("the column `{0}` is missing or empty")]
    Missing(String),
    #[error("the column `{column}` should be {wanted}")]
    Misread { column: String, wanted: &'static str },
}

/// What a flow that begins calls of ours has to be told of each customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// What operators know it by, in each language.
    pub(super) title: Option<(String, String)>,
    /// What it cannot do without.
    pub needs: BTreeMap<String, VariableType>,
    /// What it says if it is there; else its variable is an empty text.
    pub takes: BTreeMap<String, VariableType>,
    /// What a machine that answers hears after its beep; without it, what all flows say.
    pub(super) machine: Option<PromptId>,
}

impl Form {
    /// The variables of a row, by the names of its columns; columns that the flow does not know are left out.
    ///
    /// # Errors
    /// The first column that is missing or cannot be read, in the order of the names.
    pub fn read(&self, row: &BTreeMap<String, String>) -> Result<Record, RowFault> {
        let cell = |name: &str| row.get(name).map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
        let read = |name: &str, kind: VariableType, cell: &str| {
            kind.read(cell).ok_or_else(|| RowFault::Misread { column: name.to_owned(), wanted: kind.wanted() })
        };
        let mut variables = Record::new();
        for (name, kind) in &self.needs {
            let cell = cell(name).ok_or_else(|| RowFault::Missing(name.clone()))?;
            variables.insert(name.clone(), read(name, *kind, cell)?);
        }
        for (name, kind) in &self.takes {
            let value = cell(name).map(|cell| read(name, *kind, cell)).transpose()?;
            variables.insert(name.clone(), value.unwrap_or_else(|| Value::Text(String::new())));
        }
        Ok(variables)
    }
}

/// Why nobody can be called for something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoErrand {
    #[error("no flow `{flow}` begins calls of ours; those that do: {known}")]
    Unknown { flow: String, known: String },
    #[error(transparent)]
    Row(#[from] RowFault),
}

impl Flows {
    /// What a call of ours is for: `flow`, told a row of a contacts' file.
    ///
    /// # Errors
    /// There is no such flow, or it cannot do with this row.
    pub fn errand(&self, flow: &str, row: &BTreeMap<String, String>) -> Result<Errand, NoErrand> {
        let unknown = || {
            let known = self.reminders();
            let known = if known.is_empty() { "there are none".to_owned() } else { known.join(", ") };
            NoErrand::Unknown { flow: flow.to_owned(), known }
        };
        let variables = self.form(flow).ok_or_else(unknown)?.read(row)?;
        Ok(Errand { flow: flow.to_owned(), variables, leaves_message: true, is_test: false })
    }

    /// What a flow has to be told that begins calls of ours; `None` when there is none of this name, or it begins none.
    pub fn form(&self, flow: &str) -> Option<&Form> {
        self.flows.iter().find(|found| found.id == flow)?.form.as_ref()
    }

    /// What operators know a flow by that calls of ours can begin with; its name where it has no other.
    pub fn reminder_title<'a>(&'a self, flow: &'a str, lang: Lang) -> &'a str {
        match (self.form(flow).and_then(|form| form.title.as_ref()), lang) {
            (Some((zh, _)), Lang::Zh) => zh,
            (Some((_, en)), Lang::En) => en,
            (None, _) => flow,
        }
    }

    /// The flows that calls of ours can begin with, by name.
    pub fn reminders(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.flows.iter().filter(|flow| flow.form.is_some()).map(|flow| flow.id.as_str()).collect();
        names.sort_unstable();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: VariableType, cell: &str, expected: Option<&str>) {
        assert_eq!(kind.read(cell).map(|value| value.masked()).as_deref(), expected, "{cell}");
    }

    #[test]
    fn cells_mean_what_their_column_is_for() {
        for name in VariableType::NAMES {
            assert_eq!(VariableType::from_name(name).unwrap().name(), name);
        }
        check(VariableType::Money, "128.50", Some("¥128.50"));
        check(VariableType::Money, "¥1,280", Some("¥1280.00"));
        check(VariableType::Money, "128.5元", Some("¥128.50"));
        check(VariableType::Money, "soon", None);
        check(VariableType::Date, "2026-11-30", Some("2026-11-30"));
        check(VariableType::Date, "2026/11/3", Some("2026-11-03"));
        check(VariableType::Date, "2026-02-30", None);
        check(VariableType::Date, "30.11.2026", None);
        check(VariableType::Moment, "2026-11-30 15:00", Some("2026-11-30T15:00:00"));
        check(VariableType::Moment, "2026-11-30", None);
        check(VariableType::Month, "2026-11", Some("2026-11"));
        check(VariableType::Volume, "5 GB", Some("5120 MB"));
        check(VariableType::Text, " 王先生 ", Some("王先生"));
        check(VariableType::Text, "", None);
        check(VariableType::Code, "2611-2200", Some("2611-2200"));
        check(VariableType::Code, "<b>", None);
    }

    #[test]
    fn a_row_without_what_is_needed_says_which_column() {
        let form = Form {
            title: None,
            needs: BTreeMap::from([("name".into(), VariableType::Text), ("amount".into(), VariableType::Money)]),
            takes: BTreeMap::from([("due".into(), VariableType::Date)]),
            machine: None,
        };
        let row = |cells: &[(&str, &str)]| cells.iter().map(|(name, cell)| ((*name).to_owned(), (*cell).to_owned())).collect();
        let read = form.read(&row(&[("name", "王"), ("amount", "59"), ("note", "x")])).unwrap();
        assert_eq!(read.keys().collect::<Vec<_>>(), ["amount", "due", "name"]);
        assert_eq!(read["due"], Value::Text(String::new()));
        let fault = |cells: &[(&str, &str)]| form.read(&row(cells)).unwrap_err().to_string();
        assert_eq!(fault(&[("name", "王")]), "the column `amount` is missing or empty");
        assert_eq!(fault(&[("name", "王"), ("amount", "many")]), "the column `amount` should be an amount in yuan such as 128.50");
        let late = [("name", "王"), ("amount", "1"), ("due", "later")];
        assert_eq!(fault(&late), "the column `due` should be a date such as 2026-11-30");
    }

    #[test]
    fn who_wants_no_more_calls_wants_none_whatever_is_said_after() {
        let told = Conclusion::Told;
        assert_eq!(told.then(Conclusion::Confirmed), Conclusion::Confirmed);
        assert_eq!(Conclusion::OptedOut.then(told), Conclusion::OptedOut);
        assert_eq!(Conclusion::WrongPerson.then(told), Conclusion::WrongPerson);
        assert_eq!(Conclusion::WrongPerson.then(Conclusion::OptedOut), Conclusion::OptedOut);
        for name in Conclusion::NAMES {
            assert_eq!(Conclusion::read(name, &Record::new()).unwrap().name(), name);
        }
    }
}
