//! Attempts of callers to prove who they are: counted across calls, without what they said.

use super::{Database, StoreError, StoredPhone, moment};
use jiff::civil::DateTime;

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    Passed,
    /// Failed; so many may still be made.
    Failed {
        left: u32,
    },
    /// Not looked at: too many failed, this one perhaps the last of them.
    Locked,
}

/// The repository of attempts.
pub struct Attempts<'a>(pub(super) &'a Database);

impl Attempts<'_> {
    /// Counts one attempt. At most `most` may fail between `since` and now without one that passes; then even a right answer is not
    /// looked at until the oldest of them lies before `since`.
    pub async fn count(
        &self,
        customer: &StoredPhone,
        passed: bool,
        most: u32,
        since: DateTime,
        now: DateTime,
    ) -> Result<Attempt, StoreError> {
        let mut transaction = self.0.begin().await?;
        let failed: u32 = sqlx::query_scalar(
            "SELECT count(*) FROM verification_attempts WHERE customer = ?1 AND passed = 0 AND at > ?2
             AND id > coalesce((SELECT max(id) FROM verification_attempts WHERE customer = ?1 AND passed = 1), 0)",
        )
        .bind(&customer.reference)
        .bind(moment::to_text(since))
        .fetch_one(&mut *transaction)
        .await?;
        if failed >= most {
            return Ok(Attempt::Locked);
        }
        sqlx::query("INSERT INTO verification_attempts (customer, at, passed) VALUES (?, ?, ?)")
            .bind(&customer.reference)
            .bind(moment::to_text(now))
            .bind(passed)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(match most - failed - 1 {
            _ if passed => Attempt::Passed,
            0 => Attempt::Locked,
            left => Attempt::Failed { left },
        })
    }
}
