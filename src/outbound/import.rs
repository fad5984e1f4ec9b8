//! Contacts out of a CSV file, a row at a time: columns by their names, every fault with its line.

mod fault;

pub use fault::{Fault, Kind, Reason};

use super::sheet::{Form, Row, Sheet};
use crate::store::{ContactRow, Contacts, NewContact, StoreError};
use crate::text::PhoneNumber;
use jiff::Timestamp;
use std::io::Read;

/// Where what is known of a contact stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    names: Vec<String>,
    phone: usize,
    region: Option<usize>,
    lang: Option<usize>,
}

const PHONE: [&str; 12] =
    ["phone", "phone_number", "number", "mobile", "tel", "telephone", "手机号", "手机号码", "手机", "号码", "电话", "电话号码"];
const REGION: [&str; 3] = ["region", "地区", "区域"];
const LANG: [&str; 3] = ["lang", "language", "语言"];

/// Why a file cannot be imported at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("the file is empty; its first line names the columns")]
    Empty,
    #[error("no column of telephone numbers among: {0}; name it `phone` or 手机号, or say which it is")]
    NoPhone(String),
    #[error("two columns are called `{0}`")]
    Twice(String),
    #[error("the first line is {0}")]
    Header(super::sheet::Unreadable),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of the rows: each is in exactly one of the three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub added: u64,
    /// Their numbers were in the campaign already, or stood before in the file.
    pub repeated: u64,
    pub faulty: u64,
}

/// Rows that are added in one transaction: calls wait for the database meanwhile.
const BATCH: usize = 20_000;
/// What a customer can be told is short.
const LONGEST_VALUE: usize = 500;
/// Fewer digits are services, not customers.
const SHORTEST_NUMBER: usize = 7;

impl Columns {
    /// Reads the first line; `phone` is the column of numbers when its name is none that is known.
    pub fn find(header: Vec<String>, phone: Option<&str>) -> Result<Columns, ImportError> {
        let lower: Vec<String> = header.iter().map(|name| name.to_lowercase()).collect();
        if let Some((_, twice)) =
            lower.iter().enumerate().find(|(at, name)| !name.is_empty() && lower.iter().take(*at).any(|before| before == *name))
        {
            return Err(ImportError::Twice(twice.clone()));
        }
        let place = |known: &[&str]| lower.iter().position(|name| known.contains(&name.as_str()));
        let named = match phone {
            Some(phone) => place(&[phone.to_lowercase().as_str()]),
            None => place(&PHONE),
        };
        let phone = named.ok_or_else(|| ImportError::NoPhone(header.join(", ")))?;
        Ok(Columns { phone, region: place(&REGION), lang: place(&LANG), names: header })
    }

    /// Names of the columns that are none of the known ones: the variables of the call.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.variable_places().map(|(_, name)| name)
    }

    fn variable_places(&self) -> impl Iterator<Item = (usize, &str)> {
        let known = [Some(self.phone), self.region, self.lang];
        self.names
            .iter()
            .enumerate()
            .filter(move |(at, name)| !known.contains(&Some(*at)) && !name.is_empty())
            .map(|(at, name)| (at, name.as_str()))
    }

    fn contact(&self, line: u64, fields: &[String], regions: &[String]) -> Result<NewContact, Reason> {
        if fields.len() != self.names.len() {
            return Err(Kind::Fields.about(format!("{} ≠ {}", fields.len(), self.names.len())));
        }
        let field = |at: usize| fields.get(at).map(String::as_str).unwrap_or_default();
        let optional = |at: Option<usize>| at.map(field).unwrap_or_default();
        let variables = self.variable_places().map(|(at, name)| (name.to_owned(), field(at).to_owned()));
        contact(line, field(self.phone), (optional(self.region), optional(self.lang)), variables, regions)
    }
}

/// A contact out of what is written of it; or why it cannot be one. Region and language may be empty.
pub fn contact(
    line: u64,
    number: &str,
    (region, lang): (&str, &str),
    variables: impl Iterator<Item = (String, String)>,
    regions: &[String],
) -> Result<NewContact, Reason> {
    let to = PhoneNumber::parse(number).filter(|number| number.reveal().len() >= SHORTEST_NUMBER);
    let to = to.ok_or(Kind::NoNumber)?;
    if !region.is_empty() && !regions.iter().any(|known| known == region) {
        return Err(Kind::NoRegion.about(region));
    }
    let lang = match lang {
        "" => None,
        known @ ("zh" | "en") => Some(known.to_owned()),
        other => return Err(Kind::NoLanguage.about(other)),
    };
    let mut kept = serde_json::Map::new();
    for (name, value) in variables {
        if value.chars().count() > LONGEST_VALUE {
            return Err(Kind::LongValue.about(name));
        }
        kept.insert(name, value.into());
    }
    Ok(NewContact { line, to, region: region.to_owned(), lang, variables: serde_json::Value::Object(kept).to_string() })
}

/// A file that is being imported.
pub struct Import<R> {
    sheet: Sheet<R>,
    pub columns: Columns,
    regions: Vec<String>,
}

/// Rows that were read together: every one is a contact or a fault.
#[derive(Debug, Default)]
pub struct Rows {
    pub contacts: Vec<NewContact>,
    pub faults: Vec<Fault>,
    /// Nothing comes after them.
    pub are_last: bool,
}

impl<R: Read> Import<R> {
    /// Reads the first line. `regions` are those of the calendar.
    pub fn begin<'a>(file: R, form: Form, phone: Option<&str>, regions: impl Iterator<Item = &'a str>) -> Result<Import<R>, ImportError> {
        let mut sheet = Sheet::new(file, form);
        let header = sheet.row()?.ok_or(ImportError::Empty)?.fields.map_err(ImportError::Header)?;
        Ok(Import { sheet, columns: Columns::find(header, phone)?, regions: regions.map(str::to_owned).collect() })
    }

    /// The next contact, or why a row is none.
    pub fn contact(&mut self) -> std::io::Result<Option<Result<NewContact, Fault>>> {
        let Some(Row { line, fields }) = self.sheet.row()? else { return Ok(None) };
        let contact = match fields {
            Ok(fields) => self.columns.contact(line, &fields, &self.regions),
            Err(reason) => Err(reason.into()),
        };
        Ok(Some(contact.map_err(|reason| Fault { line, reason })))
    }

    /// Some thousand rows, as many as are added in one transaction.
    pub fn rows(&mut self) -> std::io::Result<Rows> {
        let mut rows = Rows::default();
        while rows.contacts.len() < BATCH && rows.faults.len() < BATCH {
            match self.contact()? {
                Some(Ok(contact)) => rows.contacts.push(contact),
                Some(Err(fault)) => rows.faults.push(fault),
                None => {
                    rows.are_last = true;
                    break;
                }
            }
        }
        Ok(rows)
    }

    /// Adds everything to a campaign, some thousand rows at a time; `told` hears of every row that is not taken.
    pub async fn into_campaign(
        mut self,
        contacts: Contacts<'_>,
        campaign: i64,
        now: Timestamp,
        mut told: impl FnMut(Fault) -> std::io::Result<()>,
    ) -> Result<Imported, ImportError> {
        let mut imported = Imported::default();
        loop {
            let rows = self.rows()?;
            let are_last = rows.are_last;
            let (part, faults) = add(&contacts, campaign, rows, now).await?;
            imported += part;
            faults.into_iter().try_for_each(&mut told)?;
            if are_last {
                return Ok(imported);
            }
        }
    }
}

/// Adds rows to a campaign; gives what became of them, and all that were not taken.
pub async fn add(contacts: &Contacts<'_>, campaign: i64, rows: Rows, now: Timestamp) -> Result<(Imported, Vec<Fault>), StoreError> {
    let repeated = contacts.add(campaign, &rows.contacts, now).await?;
    let mut faults = rows.faults;
    let imported =
        Imported { added: (rows.contacts.len() - repeated.len()) as u64, repeated: repeated.len() as u64, faulty: faults.len() as u64 };
    faults.extend(repeated.into_iter().map(|line| Fault { line, reason: Kind::Repeated.into() }));
    faults.sort_by_key(|fault| fault.line);
    Ok((imported, faults))
}

impl std::ops::AddAssign for Imported {
    fn add_assign(&mut self, part: Imported) {
        self.added += part.added;
        self.repeated += part.repeated;
        self.faulty += part.faulty;
    }
}

/// The first line of results.
pub const RESULTS_HEAD: &str = "line,number,region,state,outcome,answered_by,attempts,variables\n";

/// What became of a contact, as a line of CSV; the number is masked.
pub fn result_line(row: ContactRow) -> String {
    let (outcome, answered_by) = (row.outcome.unwrap_or_default(), row.answered_by.unwrap_or_default());
    let texts = [row.customer_shown, row.region, row.state, outcome, answered_by, row.attempts.to_string(), row.variables];
    format!("{},{}\n", row.line, texts.map(|text| field(&text)).join(","))
}

/// A field of a CSV file that is written: quoted where it has to be, and never taken for a formula by a spreadsheet.
pub fn field(text: &str) -> String {
    let guarded = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if guarded.contains([',', '"', '\n', '\r']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

#[cfg(test)]
pub(super) mod tests;
