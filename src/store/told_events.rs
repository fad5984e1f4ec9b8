//! Events that other systems told, and what came of each: for people to look at. The newest so many stay.

use super::moment::read_instant;
use super::{Database, StoreError};
use crate::text::PhoneNumber;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// What came of an event by one rule.
#[derive(Clone, Copy, Debug)]
pub struct NewTold<'a> {
    pub event: &'a str,
    pub customer: &'a PhoneNumber,
    /// Its name; empty where no rule is about the event.
    pub campaign: &'a str,
    pub occasion: &'a str,
    pub became: &'a str,
}

/// The same, and what became of the customer's call since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldRow {
    pub id: i64,
    pub at: Timestamp,
    pub event: String,
    pub customer_shown: String,
    pub campaign: String,
    pub occasion: String,
    pub became: String,
    /// The campaign, and the contact that the customer is in it, with its state and its last outcome.
    pub campaign_id: Option<i64>,
    pub contact: Option<(i64, String, Option<String>)>,
}

/// More are forgotten, the oldest first.
const MOST: i64 = 50_000;

/// The repository of events that were told.
pub struct ToldEvents<'a>(pub(super) &'a Database);

impl ToldEvents<'_> {
    pub async fn add(&self, told: NewTold<'_>, now: Timestamp) -> Result<(), StoreError> {
        let customer = self.0.stored_phone(told.customer);
        let mut transaction = self.0.begin().await?;
        let done = sqlx::query(
            "INSERT INTO told_events (at, event, customer, customer_shown, campaign, occasion, became) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(now.as_millisecond())
        .bind(told.event)
        .bind(&customer.reference)
        .bind(&customer.shown)
        .bind(told.campaign)
        .bind(told.occasion)
        .bind(told.became)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM told_events WHERE id <= ?").bind(done.last_insert_rowid() - MOST).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The newest first, those before `before` (an id), of one thing that became of them or all.
    pub async fn page(&self, became: Option<&str>, before: Option<i64>, most: u32) -> Result<Vec<ToldRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT t.*, g.id AS campaign_id, c.id AS contact, c.state, c.outcome FROM told_events t
             LEFT JOIN campaigns g ON g.name = t.campaign LEFT JOIN contacts c ON c.campaign = g.id AND c.customer = t.customer
             WHERE (?1 IS NULL OR t.became = ?1) AND (?2 IS NULL OR t.id < ?2) ORDER BY t.id DESC LIMIT ?3",
        )
        .bind(became)
        .bind(before)
        .bind(most)
        .fetch_all(&self.0.pool)
        .await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &SqliteRow) -> Result<ToldRow, StoreError> {
    let contact: Option<i64> = row.try_get("contact")?;
    let state: Option<String> = row.try_get("state")?;
    let outcome = row.try_get("outcome")?;
    Ok(ToldRow {
        id: row.try_get("id")?,
        at: read_instant(row.try_get("at")?)?,
        event: row.try_get("event")?,
        customer_shown: row.try_get("customer_shown")?,
        campaign: row.try_get("campaign")?,
        occasion: row.try_get("occasion")?,
        became: row.try_get("became")?,
        campaign_id: row.try_get("campaign_id")?,
        contact: contact.zip(state).map(|(id, state)| (id, state, outcome)),
    })
}
