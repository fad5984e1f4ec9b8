//! Looking for orders: by what they are about, whose they are, and when they are due.

use super::{OrderRow, SELECT, WorkOrders, read_order};
use crate::store::{StoreError, moment};
use jiff::civil::DateTime;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::{Sqlite, SqliteArguments};

/// What is looked for; what is `None` does not limit it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sought<'a> {
    pub state: Option<&'a str>,
    pub class: Option<&'a str>,
    pub priority: Option<&'a str>,
    pub taker: Option<&'a str>,
    /// Only orders that customers wait for.
    pub waiting: bool,
    /// Only those waited for and due before.
    pub due_before: Option<DateTime>,
    /// Within the number, the text, or the masked telephone number.
    pub text: Option<&'a str>,
    /// A reference of `store::stored_phone`.
    pub customer: Option<&'a str>,
    pub call: Option<&'a str>,
    pub incident: Option<i64>,
    /// The newest first, else the one due first first.
    pub newest_first: bool,
    pub skip: u32,
    pub most: u32,
}

const WHERE: &str = "(?1 IS NULL OR w.state = ?1) AND (?2 IS NULL OR w.class = ?2) AND (?3 IS NULL OR w.priority = ?3)
    AND (?4 IS NULL OR w.taker = ?4) AND (?5 = 0 OR w.waiting = 1) AND (?6 IS NULL OR (w.waiting = 1 AND w.due < ?6))
    AND (?7 IS NULL OR instr(w.number, ?7) > 0 OR instr(w.text, ?7) > 0 OR instr(coalesce(w.customer_shown, ''), ?7) > 0)
    AND (?8 IS NULL OR w.customer = ?8) AND (?10 IS NULL OR w.incident = ?10)
    AND (?9 IS NULL OR EXISTS (SELECT 1 FROM work_order_attachments a WHERE a.number = w.number AND a.kind = 'call' AND a.reference = ?9))";

impl WorkOrders<'_> {
    /// A page of what is found, and how many there are in all.
    pub async fn search(&self, sought: Sought<'_>) -> Result<(Vec<OrderRow>, u32), StoreError> {
        let order = if sought.newest_first { "w.created DESC, w.number DESC" } else { "w.waiting DESC, w.due, w.number" };
        let page = sqlx::query(AssertSqlSafe(format!("{SELECT} WHERE {WHERE} ORDER BY {order} LIMIT ?11 OFFSET ?12")));
        let rows = filled(page, sought).bind(sought.most).bind(sought.skip).fetch_all(&self.0.pool).await?;
        let count = sqlx::query(AssertSqlSafe(format!("SELECT count(*) FROM work_orders w WHERE {WHERE}")));
        let count = sqlx::Row::try_get(&filled(count, sought).fetch_one(&self.0.pool).await?, 0)?;
        Ok((rows.iter().map(read_order).collect::<Result<_, _>>()?, count))
    }
}

type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

fn filled<'q>(query: Query<'q>, sought: Sought<'q>) -> Query<'q> {
    query
        .bind(sought.state)
        .bind(sought.class)
        .bind(sought.priority)
        .bind(sought.taker)
        .bind(sought.waiting)
        .bind(sought.due_before.map(moment::to_text))
        .bind(sought.text)
        .bind(sought.customer)
        .bind(sought.call)
        .bind(sought.incident)
}
