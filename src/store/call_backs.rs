//! Calls that were promised to customers: kept until somebody makes them.

use super::{Database, StoreError, moment, read_lang};
use crate::text::{Lang, PhoneNumber};
use jiff::civil::DateTime;
use sqlx::{Row, SqliteConnection};

/// Why a customer is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallBackReason {
    /// To hear what became of a work order, and to say whether that will do.
    Result,
    /// He did not want to wait in the queue.
    Queue,
}

impl CallBackReason {
    fn name(self) -> &'static str {
        match self {
            CallBackReason::Result => "result",
            CallBackReason::Queue => "queue",
        }
    }
}

/// A call that was promised and not made yet.
#[derive(Clone, Debug, PartialEq)]
pub struct CallBack {
    pub id: i64,
    pub to: PhoneNumber,
    pub reason: CallBackReason,
    /// A work order or a call.
    pub about: String,
    pub lang: Lang,
    pub created: DateTime,
}

/// The repository of calls that were promised.
pub struct CallBacks<'a>(pub(super) &'a Database);

impl CallBacks<'_> {
    /// Promises to call somebody who did not want to wait, once a key.
    pub async fn keep(&self, key: &str, to: &PhoneNumber, call: &str, lang: Lang, now: DateTime) -> Result<(), StoreError> {
        let customer = self.0.stored_phone(to);
        sqlx::query(
            "INSERT INTO call_backs (key, customer, customer_shown, customer_sealed, reason, about, lang, created)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
        )
        .bind(key)
        .bind(&customer.reference)
        .bind(&customer.shown)
        .bind(self.0.seal_phone(to))
        .bind(CallBackReason::Queue.name())
        .bind(call)
        .bind(lang.code())
        .bind(moment::to_text(now))
        .execute(&self.0.pool)
        .await?;
        Ok(())
    }

    /// Those not made yet, the oldest first.
    pub async fn waiting(&self, most: u32) -> Result<Vec<CallBack>, StoreError> {
        let rows = sqlx::query("SELECT * FROM call_backs WHERE made IS NULL ORDER BY created, id LIMIT ?")
            .bind(most)
            .fetch_all(&self.0.pool)
            .await?;
        rows.iter()
            .map(|row| {
                let reason: String = row.try_get("reason")?;
                Ok(CallBack {
                    id: row.try_get("id")?,
                    to: self.0.open_phone(row.try_get("customer_sealed")?)?,
                    reason: if reason == "queue" { CallBackReason::Queue } else { CallBackReason::Result },
                    about: row.try_get("about")?,
                    lang: read_lang(row.try_get("lang")?)?,
                    created: moment::from_text(row.try_get("created")?)?,
                })
            })
            .collect()
    }

    /// The call was made; false when it was before.
    pub async fn made(&self, id: i64, at: DateTime) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE call_backs SET made = ? WHERE id = ? AND made IS NULL")
            .bind(moment::to_text(at))
            .bind(id)
            .execute(&self.0.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}

/// Promises the customer of a work order, when the number is known, to call with the result.
pub(super) async fn keep_for_order(connection: &mut SqliteConnection, number: &str, key: &str, now: DateTime) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO call_backs (key, customer, customer_shown, customer_sealed, reason, about, lang, created)
         SELECT ?1, customer, customer_shown, customer_sealed, ?2, number, lang, ?3 FROM work_orders
         WHERE number = ?4 AND customer_sealed IS NOT NULL ON CONFLICT (key) DO NOTHING",
    )
    .bind(key)
    .bind(CallBackReason::Result.name())
    .bind(moment::to_text(now))
    .bind(number)
    .execute(connection)
    .await?;
    Ok(())
}
