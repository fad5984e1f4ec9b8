//! Who must not be called, by a campaign or by any; who agreed to be called, and what proves it.

use super::moment::read_instant;
use super::{Database, StoreError};
use crate::text::PhoneNumber;
use jiff::Timestamp;

/// The repository of who must not be called.
pub struct DoNotCall<'a>(pub(super) &'a Database);

/// Stands for every campaign.
const EVERY: i64 = 0;

impl DoNotCall<'_> {
    /// From now on nobody calls there: no campaign, or this one. The first reason stands.
    pub async fn add(&self, number: &PhoneNumber, campaign: Option<i64>, reason: &str, now: Timestamp) -> Result<(), StoreError> {
        let customer = self.0.stored_phone(number);
        sqlx::query(
            "INSERT INTO do_not_call (customer, campaign, customer_shown, reason, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(&customer.reference)
        .bind(campaign.unwrap_or(EVERY))
        .bind(&customer.shown)
        .bind(reason)
        .bind(now.as_millisecond())
        .execute(&self.0.pool)
        .await?;
        Ok(())
    }

    /// False when it was not there.
    pub async fn remove(&self, number: &PhoneNumber, campaign: Option<i64>) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM do_not_call WHERE customer = ? AND campaign = ?")
            .bind(self.0.stored_phone(number).reference)
            .bind(campaign.unwrap_or(EVERY))
            .execute(&self.0.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Number as it may be shown, campaign, reason and moment, the newest first.
    pub async fn list(&self, most: u32) -> Result<Vec<(String, Option<String>, String, Timestamp)>, StoreError> {
        let rows: Vec<(String, Option<String>, String, i64)> = sqlx::query_as(
            "SELECT d.customer_shown, c.name, d.reason, d.at FROM do_not_call d LEFT JOIN campaigns c ON c.id = d.campaign
             ORDER BY d.at DESC, d.customer LIMIT ?",
        )
        .bind(most)
        .fetch_all(&self.0.pool)
        .await?;
        rows.into_iter().map(|(shown, campaign, reason, at)| Ok((shown, campaign, reason, read_instant(at)?))).collect()
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
