//! Whom a campaign calls.

use super::{Database, StoreError};
use crate::text::PhoneNumber;
use jiff::Timestamp;
use sqlx::{QueryBuilder, Row};
use std::collections::BTreeSet;

/// A contact, about to be kept.
#[derive(Clone, Debug)]
pub struct NewContact {
    /// Of the file it came with; no two of one call of [`Contacts::add`] have the same.
    pub line: u64,
    pub to: PhoneNumber,
    /// Empty where none is named.
    pub region: String,
    /// A language's code.
    pub lang: Option<String>,
    /// JSON: name to text.
    pub variables: String,
}

/// What became of a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultRow {
    pub id: i64,
    pub line: i64,
    pub customer_shown: String,
    pub region: String,
    pub state: String,
    pub outcome: Option<String>,
    pub attempts: i64,
    pub variables: String,
}

/// Rows of one statement: SQLite takes 32,766 values.
const AT_ONCE: usize = 500;

/// The repository of contacts.
pub struct Contacts<'a>(pub(super) &'a Database);

impl Contacts<'_> {
    /// Adds contacts in one transaction; gives the lines of those whose numbers the campaign had already.
    pub async fn add(&self, campaign: i64, new: &[NewContact], now: Timestamp) -> Result<Vec<u64>, StoreError> {
        let mut had = Vec::new();
        let mut transaction = self.0.begin().await?;
        for part in new.chunks(AT_ONCE) {
            let mut insert = QueryBuilder::new(
                "INSERT INTO contacts (campaign, line, customer, customer_shown, customer_sealed, region, lang, variables, state, next) ",
            );
            insert.push_values(part, |mut row, contact| {
                let stored = self.0.stored_phone(&contact.to);
                row.push_bind(campaign)
                    .push_bind(i64::try_from(contact.line).unwrap_or(i64::MAX))
                    .push_bind(stored.reference)
                    .push_bind(stored.shown)
                    .push_bind(self.0.seal_phone(&contact.to))
                    .push_bind(contact.region.as_str())
                    .push_bind(contact.lang.as_deref())
                    .push_bind(contact.variables.as_str())
                    .push("'waiting'")
                    .push_bind(now.as_millisecond());
            });
            insert.push(" ON CONFLICT (campaign, customer) DO NOTHING RETURNING line");
            let rows = insert.build().fetch_all(&mut *transaction).await?;
            if rows.len() < part.len() {
                let added: BTreeSet<i64> = rows.iter().map(|row| row.try_get("line")).collect::<Result<_, _>>()?;
                had.extend(part.iter().map(|contact| contact.line).filter(|line| !added.contains(&line.cast_signed())));
            }
        }
        transaction.commit().await?;
        Ok(had)
    }

    /// The contacts of another campaign, as if they had never been called; gives their number.
    pub async fn copy(&self, from: i64, to: i64, now: Timestamp) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "INSERT INTO contacts (campaign, line, customer, customer_shown, customer_sealed, region, lang, variables, state, next)
             SELECT ?, line, customer, customer_shown, customer_sealed, region, lang, variables, 'waiting', ? FROM contacts WHERE campaign = ?
             ON CONFLICT (campaign, customer) DO NOTHING",
        )
        .bind(to)
        .bind(now.as_millisecond())
        .bind(from)
        .execute(&self.0.pool)
        .await?;
        Ok(done.rows_affected())
    }

    /// Whether somebody waits or is being called.
    pub async fn is_anybody_left(&self, campaign: i64) -> Result<bool, StoreError> {
        let is_left = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM contacts WHERE campaign = ?1 AND state = 'waiting')
                 OR EXISTS (SELECT 1 FROM contacts WHERE campaign = ?1 AND state = 'dialling')",
        )
        .bind(campaign)
        .fetch_one(&self.0.pool)
        .await?;
        Ok(is_left)
    }

    /// What became of a campaign's contacts, a page after `after` (an id, 0 at first).
    pub async fn results(&self, campaign: i64, after: i64, most: u32) -> Result<Vec<ResultRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM contacts WHERE campaign = ? AND id > ? ORDER BY id LIMIT ?")
            .bind(campaign)
            .bind(after)
            .bind(most)
            .fetch_all(&self.0.pool)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(ResultRow {
                    id: row.try_get("id")?,
                    line: row.try_get("line")?,
                    customer_shown: row.try_get("customer_shown")?,
                    region: row.try_get("region")?,
                    state: row.try_get("state")?,
                    outcome: row.try_get("outcome")?,
                    attempts: row.try_get("attempts")?,
                    variables: row.try_get("variables")?,
                })
            })
            .collect()
    }
}
