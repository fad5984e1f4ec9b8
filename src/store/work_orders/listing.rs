//! Pages of orders.

use super::{OrderRow, SELECT, WorkOrders, read_order};
use crate::store::StoreError;

/// What a page holds; what is `None` does not limit it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listed<'a> {
    pub state: Option<&'a str>,
    pub class: Option<&'a str>,
    pub taker: Option<&'a str>,
    /// Only orders that customers wait for.
    pub waiting: bool,
    /// Numbers after this one.
    pub after: Option<&'a str>,
    pub most: u32,
}

impl WorkOrders<'_> {
    /// Orders in the order of their numbers' days, the oldest first.
    pub async fn list(&self, page: Listed<'_>) -> Result<Vec<OrderRow>, StoreError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "{SELECT} WHERE (?1 IS NULL OR w.state = ?1) AND (?2 IS NULL OR w.class = ?2) AND (?3 IS NULL OR w.taker = ?3)
             AND (?4 = 0 OR w.waiting = 1)
             AND (?5 IS NULL OR substr(w.number, 1, 6) > substr(?5, 1, 6)
                  OR (substr(w.number, 1, 6) = substr(?5, 1, 6) AND CAST(substr(w.number, 7) AS INTEGER) > CAST(substr(?5, 7) AS INTEGER)))
             ORDER BY substr(w.number, 1, 6), CAST(substr(w.number, 7) AS INTEGER) LIMIT ?6"
        )))
        .bind(page.state)
        .bind(page.class)
        .bind(page.taker)
        .bind(page.waiting)
        .bind(page.after)
        .bind(page.most)
        .fetch_all(&self.0.pool)
        .await?;
        rows.iter().map(read_order).collect()
    }

    /// Numbers of orders in `state`, the one due first first, at most `most`.
    pub async fn in_state(&self, state: &str, most: u32) -> Result<Vec<String>, StoreError> {
        let numbers = sqlx::query_scalar("SELECT number FROM work_orders WHERE state = ? ORDER BY due, created, number LIMIT ?")
            .bind(state)
            .bind(most)
            .fetch_all(&self.0.pool)
            .await?;
        Ok(numbers)
    }
}
