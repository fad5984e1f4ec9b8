//! Who is warned of what, and which customers are to hear that their order is still worked on; each once.

use super::{Note, OrderRow, SELECT, WorkOrders, read_order, steps};
use crate::store::{StoreError, moment};
use jiff::civil::DateTime;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// A warning to be raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warning<'a> {
    pub stage: &'a str,
    pub receiver: &'a str,
    /// The moment at which it was due.
    pub at: DateTime,
}

/// A warning that was raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WarningRow {
    pub number: String,
    pub stage: String,
    pub receiver: String,
    /// The moment at which it was due, and the one at which it was raised.
    pub at: DateTime,
    pub raised: DateTime,
}

impl WorkOrders<'_> {
    /// Orders of which somebody is to be warned by `now`, the earliest first.
    pub async fn to_warn(&self, now: DateTime) -> Result<Vec<OrderRow>, StoreError> {
        self.by_moment("next_warning", now).await
    }

    /// Orders whose customers are to hear by `now` that they are still worked on, the earliest first.
    pub async fn to_tell(&self, now: DateTime) -> Result<Vec<OrderRow>, StoreError> {
        self.by_moment("next_progress", now).await
    }

    async fn by_moment(&self, column: &'static str, now: DateTime) -> Result<Vec<OrderRow>, StoreError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT} WHERE w.{column} <= ? ORDER BY w.{column}, w.number")))
            .bind(moment::to_text(now))
            .fetch_all(&self.0.pool)
            .await?;
        rows.iter().map(read_order).collect()
    }

    /// Raises warnings about an order and says when the next one is due; those that are new. None when the order's time has changed since
    /// `order` was read.
    pub async fn warn(
        &self,
        order: &OrderRow,
        warnings: &[Warning<'_>],
        next: Option<DateTime>,
        now: DateTime,
    ) -> Result<Vec<WarningRow>, StoreError> {
        let mut transaction = self.0.begin().await?;
        let counted_from = moment::to_text(order.counted_from);
        let moved = sqlx::query(
            "UPDATE work_orders SET next_warning = ? WHERE number = ? AND counted_from = ? AND due = ? AND next_warning IS NOT NULL",
        )
        .bind(next.map(moment::to_text))
        .bind(&order.number)
        .bind(&counted_from)
        .bind(moment::to_text(order.due))
        .execute(&mut *transaction)
        .await?;
        if moved.rows_affected() == 0 {
            return Ok(Vec::new());
        }
        let mut raised = Vec::new();
        for warning in warnings {
            let row = WarningRow {
                number: order.number.clone(),
                stage: warning.stage.to_owned(),
                receiver: warning.receiver.to_owned(),
                at: warning.at,
                raised: now,
            };
            let new = sqlx::query(
                "INSERT INTO work_order_warnings (number, counted_from, stage, receiver, at, raised) VALUES (?, ?, ?, ?, ?, ?)
                 ON CONFLICT DO NOTHING",
            )
            .bind(&row.number)
            .bind(&counted_from)
            .bind(&row.stage)
            .bind(&row.receiver)
            .bind(moment::to_text(row.at))
            .bind(moment::to_text(row.raised))
            .execute(&mut *transaction)
            .await?;
            if new.rows_affected() > 0 {
                let text = format!("{} → {}", row.stage, row.receiver);
                let note = Note { at: now, author: "system", text: &text, key: None };
                steps::add_history(&mut transaction, &row.number, None, note).await?;
                raised.push(row);
            }
        }
        transaction.commit().await?;
        Ok(raised)
    }

    /// Writes to the customer that the order is still worked on, and says when the next time is.
    pub async fn tell(&self, order: &OrderRow, key: &str, text: &str, next: Option<DateTime>, now: DateTime) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        let moved = sqlx::query("UPDATE work_orders SET next_progress = ? WHERE number = ? AND counted_from = ? AND next_progress <= ?")
            .bind(next.map(moment::to_text))
            .bind(&order.number)
            .bind(moment::to_text(order.counted_from))
            .bind(moment::to_text(now))
            .execute(&mut *transaction)
            .await?;
        if moved.rows_affected() > 0 {
            crate::store::notices::keep_for_order(&mut transaction, &order.number, key, text, now).await?;
            transaction.commit().await?;
        }
        Ok(())
    }

    /// Warnings about an order, in the order in which they were due.
    pub async fn warnings(&self, number: &str) -> Result<Vec<WarningRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM work_order_warnings WHERE number = ? ORDER BY at, stage")
            .bind(number)
            .fetch_all(&self.0.pool)
            .await?;
        rows.iter().map(read_warning).collect()
    }
}

fn read_warning(row: &SqliteRow) -> Result<WarningRow, StoreError> {
    Ok(WarningRow {
        number: row.try_get("number")?,
        stage: row.try_get("stage")?,
        receiver: row.try_get("receiver")?,
        at: moment::from_text(row.try_get("at")?)?,
        raised: moment::from_text(row.try_get("raised")?)?,
    })
}
