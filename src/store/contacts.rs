//! Whom a campaign calls.

use super::moment::read_instant;
use super::{Database, StoreError};
use crate::text::PhoneNumber;
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
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

/// A contact, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRow {
    pub id: i64,
    pub campaign: i64,
    pub line: i64,
    /// A reference: finds the customer in other lists.
    pub customer: String,
    pub customer_shown: String,
    pub region: String,
    pub lang: Option<String>,
    pub state: String,
    pub outcome: Option<String>,
    pub attempts: i64,
    pub variables: String,
    /// Not called before this moment, while it waits.
    pub next: Timestamp,
    /// Who picked up at the last call at which somebody did.
    pub answered_by: Option<String>,
}

/// Which contacts are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct SoughtContacts<'a> {
    pub state: Option<&'a str>,
    pub outcome: Option<&'a str>,
    /// A reference.
    pub customer: Option<&'a str>,
    /// Those after this one (an id, 0 at first).
    pub after: i64,
    pub most: u32,
}

/// A call to a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    pub nth: i64,
    pub began: Timestamp,
    pub ended: Option<Timestamp>,
    pub outcome: Option<String>,
    /// Who picked up, as far as that is known.
    pub answered_by: Option<String>,
}

/// Rows of one statement: SQLite takes 32,766 values.
const AT_ONCE: usize = 500;
/// Contacts of one statement that copies them.
const COPIED_AT_ONCE: i64 = 20_000;

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

    /// The contacts of another campaign, as if they had never been called; some thousand at a time, for calls wait for the database meanwhile.
    pub async fn copy(&self, from: i64, to: i64, now: Timestamp) -> Result<(), StoreError> {
        let mut after = 0;
        loop {
            let last: Option<i64> =
                sqlx::query_scalar("SELECT max(id) FROM (SELECT id FROM contacts WHERE campaign = ? AND id > ? ORDER BY id LIMIT ?)")
                    .bind(from)
                    .bind(after)
                    .bind(COPIED_AT_ONCE)
                    .fetch_one(&self.0.pool)
                    .await?;
            let Some(last) = last else { return Ok(()) };
            sqlx::query(
                "INSERT INTO contacts (campaign, line, customer, customer_shown, customer_sealed, region, lang, variables, state, next)
                 SELECT ?, line, customer, customer_shown, customer_sealed, region, lang, variables, 'waiting', ? FROM contacts
                 WHERE campaign = ? AND id > ? AND id <= ? ON CONFLICT (campaign, customer) DO NOTHING",
            )
            .bind(to)
            .bind(now.as_millisecond())
            .bind(from)
            .bind(after)
            .bind(last)
            .execute(&self.0.pool)
            .await?;
            after = last;
        }
    }

    /// Whether somebody waits or is being called; to a standing campaign somebody may always come.
    pub async fn is_anybody_left(&self, campaign: i64) -> Result<bool, StoreError> {
        let is_left = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM contacts WHERE campaign = ?1 AND state = 'waiting')
                 OR EXISTS (SELECT 1 FROM contacts WHERE campaign = ?1 AND state = 'dialling')
                 OR EXISTS (SELECT 1 FROM campaigns c JOIN standing_campaigns s ON s.name = c.name WHERE c.id = ?1)",
        )
        .bind(campaign)
        .fetch_one(&self.0.pool)
        .await?;
        Ok(is_left)
    }

    /// A campaign's contacts in the order in which they came.
    pub async fn page(&self, campaign: i64, sought: SoughtContacts<'_>) -> Result<Vec<ContactRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT *, (SELECT answered_by FROM contact_attempts WHERE contact = contacts.id AND answered_by IS NOT NULL ORDER BY nth DESC LIMIT 1) AS answered_by
             FROM contacts WHERE campaign = ?1 AND id > ?2 AND (?3 IS NULL OR state = ?3) AND (?4 IS NULL OR outcome = ?4)
             AND (?5 IS NULL OR customer = ?5) ORDER BY id LIMIT ?6",
        )
        .bind(campaign)
        .bind(sought.after)
        .bind(sought.state)
        .bind(sought.outcome)
        .bind(sought.customer)
        .bind(sought.most)
        .fetch_all(&self.0.pool)
        .await?;
        rows.iter().map(read).collect()
    }

    /// A contact of this campaign.
    pub async fn find(&self, campaign: i64, contact: i64) -> Result<Option<ContactRow>, StoreError> {
        let row = sqlx::query(
            "SELECT *, (SELECT answered_by FROM contact_attempts WHERE contact = contacts.id AND answered_by IS NOT NULL ORDER BY nth DESC LIMIT 1) AS answered_by
             FROM contacts WHERE id = ? AND campaign = ?",
        )
        .bind(contact)
        .bind(campaign)
        .fetch_optional(&self.0.pool)
        .await?;
        row.as_ref().map(read).transpose()
    }

    /// The calls to a contact, the first one first.
    pub async fn attempts(&self, contact: i64) -> Result<Vec<AttemptRow>, StoreError> {
        type Columns = (i64, i64, Option<i64>, Option<String>, Option<String>);
        let rows: Vec<Columns> =
            sqlx::query_as("SELECT nth, began, ended, outcome, answered_by FROM contact_attempts WHERE contact = ? ORDER BY nth")
                .bind(contact)
                .fetch_all(&self.0.pool)
                .await?;
        let read = |(nth, began, ended, outcome, answered_by): Columns| {
            Ok(AttemptRow { nth, began: read_instant(began)?, ended: ended.map(read_instant).transpose()?, outcome, answered_by })
        };
        rows.into_iter().map(read).collect()
    }

    /// Calls of a campaign begun since a moment.
    pub async fn begun_since(&self, campaign: i64, since: Timestamp) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar(
            "SELECT count(*) FROM contact_attempts a JOIN contacts c ON c.id = a.contact WHERE a.began >= ? AND c.campaign = ?",
        )
        .bind(since.as_millisecond())
        .bind(campaign)
        .fetch_one(&self.0.pool)
        .await?)
    }
}

fn read(row: &SqliteRow) -> Result<ContactRow, StoreError> {
    Ok(ContactRow {
        id: row.try_get("id")?,
        campaign: row.try_get("campaign")?,
        line: row.try_get("line")?,
        customer: row.try_get("customer")?,
        customer_shown: row.try_get("customer_shown")?,
        region: row.try_get("region")?,
        lang: row.try_get("lang")?,
        state: row.try_get("state")?,
        outcome: row.try_get("outcome")?,
        attempts: row.try_get("attempts")?,
        variables: row.try_get("variables")?,
        next: read_instant(row.try_get("next")?)?,
        answered_by: row.try_get("answered_by")?,
    })
}
