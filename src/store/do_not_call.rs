//! Who must not be called, by a campaign or by any; who agreed to be called, and what proves it.

use super::moment::read_instant;
use super::{Database, StoreError};
use crate::text::PhoneNumber;
use crate::text::mask::mask_text;
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

/// Somebody is put on the list, or taken off it.
#[derive(Clone, Copy, Debug)]
pub struct Refusal<'a> {
    /// `None`: every campaign.
    pub campaign: Option<i64>,
    /// `operator`, `spoken`; or why somebody may be called again.
    pub reason: &'a str,
    pub author: &'a str,
    pub at: Timestamp,
}

/// Who must not be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalRow {
    /// A reference.
    pub customer: String,
    pub customer_shown: String,
    /// Id and name; `None`: every campaign.
    pub campaign: Option<(i64, String)>,
    pub reason: String,
    pub author: String,
    pub at: Timestamp,
}

/// The repository of who must not be called.
pub struct DoNotCall<'a>(pub(super) &'a Database);

/// Stands for every campaign.
const EVERY: i64 = 0;

impl DoNotCall<'_> {
    /// From now on nobody calls there: no campaign, or this one. The first reason stands; false when it was there already.
    pub async fn add(&self, number: &PhoneNumber, refusal: Refusal<'_>) -> Result<bool, StoreError> {
        let customer = self.0.stored_phone(number);
        let mut transaction = self.0.begin().await?;
        let done = sqlx::query(
            "INSERT INTO do_not_call (customer, campaign, customer_shown, reason, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(&customer.reference)
        .bind(refusal.campaign.unwrap_or(EVERY))
        .bind(&customer.shown)
        .bind(mask_text(refusal.reason))
        .bind(refusal.at.as_millisecond())
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() > 0 {
            log(&mut transaction, &customer.reference, &customer.shown, true, refusal).await?;
        }
        transaction.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// May be called again; false when it was not there.
    pub async fn remove(&self, number: &PhoneNumber, refusal: Refusal<'_>) -> Result<bool, StoreError> {
        self.remove_customer(&self.0.stored_phone(number).reference, refusal).await
    }

    /// The same by a reference.
    pub async fn remove_customer(&self, customer: &str, refusal: Refusal<'_>) -> Result<bool, StoreError> {
        let mut transaction = self.0.begin().await?;
        let shown: Option<String> =
            sqlx::query_scalar("DELETE FROM do_not_call WHERE customer = ? AND campaign = ? RETURNING customer_shown")
                .bind(customer)
                .bind(refusal.campaign.unwrap_or(EVERY))
                .fetch_optional(&mut *transaction)
                .await?;
        let Some(shown) = shown else { return Ok(false) };
        log(&mut transaction, customer, &shown, false, refusal).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// How many are on the list; of one customer (a reference) or all.
    pub async fn count(&self, customer: Option<&str>) -> Result<u32, StoreError> {
        Ok(sqlx::query_scalar("SELECT count(*) FROM do_not_call WHERE ?1 IS NULL OR customer = ?1")
            .bind(customer)
            .fetch_one(&self.0.pool)
            .await?)
    }

    /// The newest first, `most` after `skip`; of one customer (a reference) or all.
    pub async fn list(&self, customer: Option<&str>, skip: u32, most: u32) -> Result<Vec<RefusalRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT d.*, c.name, coalesce((SELECT l.author FROM do_not_call_log l WHERE l.customer = d.customer AND l.campaign = d.campaign
             ORDER BY l.id DESC LIMIT 1), '') AS author FROM do_not_call d LEFT JOIN campaigns c ON c.id = d.campaign
             WHERE ?1 IS NULL OR d.customer = ?1 ORDER BY d.at DESC, d.customer LIMIT ?2 OFFSET ?3",
        )
        .bind(customer)
        .bind(most)
        .bind(skip)
        .fetch_all(&self.0.pool)
        .await?;
        let read = |row: &SqliteRow| {
            let campaign: i64 = row.try_get("campaign")?;
            let name: Option<String> = row.try_get("name")?;
            Ok(RefusalRow {
                customer: row.try_get("customer")?,
                customer_shown: row.try_get("customer_shown")?,
                campaign: (campaign != EVERY).then(|| (campaign, name.unwrap_or_default())),
                reason: row.try_get("reason")?,
                author: row.try_get("author")?,
                at: read_instant(row.try_get("at")?)?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// A customer agreed to be called; the newest proof stands.
    pub async fn consented(&self, number: &PhoneNumber, proof: &str, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO consents (customer, proof, given) VALUES (?, ?, ?) ON CONFLICT (customer) DO UPDATE SET proof = excluded.proof, given = excluded.given")
            .bind(self.0.stored_phone(number).reference)
            .bind(proof)
            .bind(now.as_millisecond())
            .execute(&self.0.pool)
            .await?;
        Ok(())
    }

    /// A customer does not agree any more; false when he had not.
    pub async fn withdrew(&self, number: &PhoneNumber) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM consents WHERE customer = ?")
            .bind(self.0.stored_phone(number).reference)
            .execute(&self.0.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}

async fn log(
    connection: &mut SqliteConnection,
    customer: &str,
    shown: &str,
    is_added: bool,
    refusal: Refusal<'_>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO do_not_call_log (customer, customer_shown, campaign, at, author, is_added, reason) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(customer)
    .bind(shown)
    .bind(refusal.campaign.unwrap_or(EVERY))
    .bind(refusal.at.as_millisecond())
    .bind(refusal.author)
    .bind(is_added)
    .bind(mask_text(refusal.reason))
    .execute(connection)
    .await?;
    Ok(())
}
