//! Contacts out of a CSV file, a row at a time: columns by their names, every fault with its line.

use super::sheet::{Form, Row, Sheet};
use crate::store::{Contacts, NewContact, StoreError};
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

/// A row that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub line: u64,
    pub reason: String,
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

    fn contact(&self, line: u64, fields: &[String], regions: &[&str]) -> Result<NewContact, String> {
        if fields.len() != self.names.len() {
            return Err(format!("{} fields, the first line has {}", fields.len(), self.names.len()));
        }
        let field = |at: usize| fields.get(at).map(String::as_str).unwrap_or_default();
        let optional = |at: Option<usize>| at.map(field).unwrap_or_default();
        let to = PhoneNumber::parse(field(self.phone)).filter(|number| number.reveal().len() >= SHORTEST_NUMBER);
        let to = to.ok_or("no telephone number")?;
        let region = optional(self.region);
        if !region.is_empty() && !regions.contains(&region) {
            return Err(format!("the calendar has no region `{region}`"));
        }
        let lang = match optional(self.lang) {
            "" => None,
            known @ ("zh" | "en") => Some(known.to_owned()),
            other => return Err(format!("no language `{other}`; write zh or en")),
        };
        let mut variables = serde_json::Map::new();
        for (at, name) in self.variable_places() {
            let value = field(at);
            if value.chars().count() > LONGEST_VALUE {
                return Err(format!("`{name}` has more than {LONGEST_VALUE} characters"));
            }
            variables.insert(name.to_owned(), value.into());
        }
        Ok(NewContact { line, to, region: region.to_owned(), lang, variables: serde_json::Value::Object(variables).to_string() })
    }
}

/// A file that is being imported.
pub struct Import<'a, R> {
    sheet: Sheet<R>,
    pub columns: Columns,
    regions: Vec<&'a str>,
}

impl<'a, R: Read> Import<'a, R> {
    /// Reads the first line. `regions` are those of the calendar.
    pub fn begin(file: R, form: Form, phone: Option<&str>, regions: impl Iterator<Item = &'a str>) -> Result<Import<'a, R>, ImportError> {
        let mut sheet = Sheet::new(file, form);
        let header = sheet.row()?.ok_or(ImportError::Empty)?.fields.map_err(ImportError::Header)?;
        Ok(Import { sheet, columns: Columns::find(header, phone)?, regions: regions.collect() })
    }

    /// The next contact, or why a row is none.
    pub fn contact(&mut self) -> std::io::Result<Option<Result<NewContact, Fault>>> {
        let Some(Row { line, fields }) = self.sheet.row()? else { return Ok(None) };
        let contact = match fields {
            Ok(fields) => self.columns.contact(line, &fields, &self.regions),
            Err(reason) => Err(reason.to_string()),
        };
        Ok(Some(contact.map_err(|reason| Fault { line, reason })))
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
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let next = self.contact()?;
            let is_end = next.is_none();
            match next {
                Some(Ok(contact)) => batch.push(contact),
                Some(Err(fault)) => {
                    imported.faulty += 1;
                    told(fault)?;
                }
                None => {}
            }
            if batch.len() == BATCH || is_end {
                let repeated = contacts.add(campaign, &batch, now).await?;
                imported.repeated += repeated.len() as u64;
                imported.added += (batch.len() - repeated.len()) as u64;
                for line in repeated {
                    told(Fault { line, reason: "this number is in the campaign already".to_owned() })?;
                }
                batch.clear();
            }
            if is_end {
                return Ok(imported);
            }
        }
    }
}

/// A field of a CSV file that is written: quoted where it has to be, and never taken for a formula by a spreadsheet.
pub fn field(text: &str) -> String {
    let guarded = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if guarded.contains([',', '"', '\n', '\r']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

#[cfg(test)]
mod tests;
