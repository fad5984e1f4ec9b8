//! The repository of work orders: numbers, rows, repeats. Which class, priority and state make sense, `care` knows.
//!
//! What happens to an order that is kept is in `steps`, who is told of it in `watch`.

mod listing;
mod search;
mod steps;
mod watch;

pub use listing::Listed;
pub use search::Sought;
pub(super) use steps::add_history;
pub use steps::{Attachment, Load, Moved, Reckoning, Step, Taker};
pub use watch::{Warning, WarningRow};

use super::{Database, StoreError, StoredPhone, moment, value_json};
use crate::text::mask::mask_text;
use crate::text::{Lang, Record};
use jiff::civil::{Date, DateTime};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

/// A work order to be kept. Text and details are masked when they are stored.
#[derive(Clone, Debug)]
pub struct NewOrder<'a> {
    /// The same key gives the same order, ever.
    pub key: &'a str,
    pub class: &'a str,
    /// The sub-class; empty when nothing tells it.
    pub kind: &'a str,
    pub priority: &'a str,
    pub customer: Option<&'a StoredPhone>,
    /// The customer's whole number, as [`Database::seal_phone`] gives it.
    pub sealed: Option<&'a [u8]>,
    pub level: Option<&'a str>,
    pub area: Option<&'a str>,
    pub lang: Lang,
    /// The call that opens it; attached.
    pub call: Option<&'a str>,
    pub state: &'a str,
    pub text: &'a str,
    pub details: &'a Record,
    pub created: DateTime,
    pub due: DateTime,
    pub next_warning: Option<DateTime>,
    pub next_progress: Option<DateTime>,
    /// Whether it may be taken into one that is there.
    pub merge: Option<Merge>,
    /// How many make an incident of the area.
    pub threshold: Option<Threshold>,
}

/// An order of the same class, kind (if it matters) and customer that is waited for and was opened since then takes the new one in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merge {
    pub since: DateTime,
    /// The kind does not matter.
    pub any_kind: bool,
}

/// So many orders of a class and an area, waited for and opened since then, make an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    pub reports: u32,
    pub since: DateTime,
}

/// A work order as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderRow {
    /// yymmdd and a counter of at least four digits: `2611220035`.
    pub number: String,
    pub class: String,
    pub kind: String,
    pub priority: String,
    pub customer: Option<StoredPhone>,
    pub level: Option<String>,
    pub area: Option<String>,
    pub lang: Lang,
    pub call: Option<String>,
    pub state: String,
    pub taker: Option<String>,
    pub text: String,
    pub details: Record,
    pub created: DateTime,
    pub counted_from: DateTime,
    pub due: DateTime,
    /// The incident that it belongs to.
    pub incident: Option<i64>,
    /// How often it was reported again.
    pub repeats: u32,
}

/// One line of an order's history.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryRow {
    pub at: DateTime,
    /// Who did it: `caller`, `system`, an agent's name.
    pub author: String,
    /// The state it went to; `None` for a comment.
    pub state: Option<String>,
    pub text: String,
}

/// A line to be added to an order's history.
#[derive(Clone, Copy, Debug)]
pub struct Note<'a> {
    pub at: DateTime,
    pub author: &'a str,
    /// Masked when it is stored.
    pub text: &'a str,
    /// The same key is noted, and what comes with it done, once.
    pub key: Option<&'a str>,
}

/// What became of an order that was to be kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Kept {
    Now(OrderRow),
    /// The key was used before, for this order.
    Before(OrderRow),
    /// It was taken into this one.
    Merged(OrderRow),
    /// The key belongs to an order of another class or customer: a fault of who makes keys.
    KeyTaken,
}

/// The repository of work orders.
pub struct WorkOrders<'a>(pub(super) &'a Database);

/// A row with the number of its repeats.
const SELECT: &str = "SELECT w.*, (SELECT count(*) FROM work_order_repeats r WHERE r.number = w.number) AS repeats FROM work_orders w";

impl WorkOrders<'_> {
    /// Keeps an order under a new number, or takes it into one that is there, once a key, in one transaction.
    pub async fn keep(&self, order: NewOrder<'_>) -> Result<Kept, StoreError> {
        let mut transaction = self.0.begin().await?;
        if let Some(before) = by_key(&mut transaction, order.key).await? {
            let same = before.class == order.class && before.customer.as_ref() == order.customer;
            return Ok(if same { Kept::Before(before) } else { Kept::KeyTaken });
        }
        if let Some(there) = to_merge_into(&mut transaction, &order).await? {
            let row = merge(&mut transaction, &there, &order).await?;
            transaction.commit().await?;
            return Ok(Kept::Merged(row));
        }
        let number = next_number(&mut transaction, order.created.date()).await?;
        insert(&mut transaction, &number, &order).await?;
        if let Some(call) = order.call {
            steps::attach(&mut transaction, &number, Attachment { kind: "call", reference: call }, order.created).await?;
        }
        if let (Some(threshold), Some(area)) = (order.threshold, order.area) {
            super::incidents::report(&mut transaction, order.class, area, threshold, order.created).await?;
        }
        let row = must_find(&mut transaction, &number).await?;
        transaction.commit().await?;
        Ok(Kept::Now(row))
    }

    pub async fn find(&self, number: &str) -> Result<Option<OrderRow>, StoreError> {
        find(&mut *self.0.pool.acquire().await?, number).await
    }

    /// The order that was opened under this key, or that took it in.
    pub async fn by_key(&self, key: &str) -> Result<Option<OrderRow>, StoreError> {
        by_key(&mut *self.0.pool.acquire().await?, key).await
    }

    /// The newest first.
    pub async fn of_customer(&self, customer: &StoredPhone) -> Result<Vec<OrderRow>, StoreError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT} WHERE w.customer = ? ORDER BY w.created DESC, w.number DESC")))
            .bind(&customer.reference)
            .fetch_all(&self.0.pool)
            .await?;
        rows.iter().map(read_order).collect()
    }

    /// Orders that customers wait for and that were due before `now`, the longest overdue first.
    pub async fn due_before(&self, now: DateTime) -> Result<Vec<OrderRow>, StoreError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT} WHERE w.due < ? AND w.waiting = 1 ORDER BY w.due, w.number")))
            .bind(moment::to_text(now))
            .fetch_all(&self.0.pool)
            .await?;
        rows.iter().map(read_order).collect()
    }
}

async fn insert(connection: &mut SqliteConnection, number: &str, order: &NewOrder<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO work_orders
         (number, key, class, kind, priority, customer, customer_shown, customer_sealed, level, area, lang, call, state, text, details,
          created, counted_from, due, next_warning, next_progress)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(number)
    .bind(order.key)
    .bind(order.class)
    .bind(order.kind)
    .bind(order.priority)
    .bind(order.customer.map(|customer| customer.reference.as_str()))
    .bind(order.customer.map(|customer| customer.shown.as_str()))
    .bind(order.sealed)
    .bind(order.level)
    .bind(order.area)
    .bind(order.lang.code())
    .bind(order.call)
    .bind(order.state)
    .bind(mask_text(order.text))
    .bind(value_json::masked(order.details).to_string())
    .bind(moment::to_text(order.created))
    .bind(moment::to_text(order.created))
    .bind(moment::to_text(order.due))
    .bind(order.next_warning.map(moment::to_text))
    .bind(order.next_progress.map(moment::to_text))
    .execute(connection)
    .await?;
    Ok(())
}

async fn by_key(connection: &mut SqliteConnection, key: &str) -> Result<Option<OrderRow>, StoreError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!(
        "{SELECT} WHERE w.key = ?1 OR w.number = (SELECT number FROM work_order_repeats WHERE key = ?1)"
    )))
    .bind(key)
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(read_order).transpose()
}

async fn to_merge_into(connection: &mut SqliteConnection, order: &NewOrder<'_>) -> Result<Option<OrderRow>, StoreError> {
    let (Some(merge), Some(customer)) = (order.merge, order.customer) else { return Ok(None) };
    let row = sqlx::query(sqlx::AssertSqlSafe(format!(
        "{SELECT} WHERE w.customer = ? AND w.class = ? AND (w.kind = ? OR ?) AND w.waiting = 1 AND w.created >= ?
         ORDER BY w.created DESC, w.number DESC LIMIT 1"
    )))
    .bind(&customer.reference)
    .bind(order.class)
    .bind(order.kind)
    .bind(merge.any_kind)
    .bind(moment::to_text(merge.since))
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(read_order).transpose()
}

/// What was said again becomes a comment; who is more urgent now is answered sooner, never later.
async fn merge(connection: &mut SqliteConnection, there: &OrderRow, order: &NewOrder<'_>) -> Result<OrderRow, StoreError> {
    sqlx::query("INSERT INTO work_order_repeats (key, number, call, at) VALUES (?, ?, ?, ?)")
        .bind(order.key)
        .bind(&there.number)
        .bind(order.call)
        .bind(moment::to_text(order.created))
        .execute(&mut *connection)
        .await?;
    let note = Note { at: order.created, author: "caller", text: order.text, key: None };
    add_history(connection, &there.number, None, note).await?;
    if let Some(call) = order.call {
        steps::attach(connection, &there.number, Attachment { kind: "call", reference: call }, order.created).await?;
    }
    if order.due < there.due {
        sqlx::query("UPDATE work_orders SET priority = ?, due = ?, counted_from = ?, next_warning = ? WHERE number = ?")
            .bind(order.priority)
            .bind(moment::to_text(order.due))
            .bind(moment::to_text(order.created))
            .bind(order.next_warning.map(moment::to_text))
            .bind(&there.number)
            .execute(&mut *connection)
            .await?;
    }
    must_find(connection, &there.number).await
}

/// yymmdd and the day's next counter; a day with more than 9,999 orders gets longer numbers rather than none.
async fn next_number(connection: &mut SqliteConnection, day: Date) -> Result<String, StoreError> {
    let day = day.strftime("%y%m%d").to_string();
    let counter: i64 = sqlx::query_scalar(
        "INSERT INTO order_numbers (day, last) VALUES (?, 1) ON CONFLICT (day) DO UPDATE SET last = last + 1 RETURNING last",
    )
    .bind(&day)
    .fetch_one(connection)
    .await?;
    Ok(format!("{day}{counter:04}"))
}

async fn find(connection: &mut SqliteConnection, number: &str) -> Result<Option<OrderRow>, StoreError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT} WHERE w.number = ?"))).bind(number).fetch_optional(connection).await?;
    row.as_ref().map(read_order).transpose()
}

async fn must_find(connection: &mut SqliteConnection, number: &str) -> Result<OrderRow, StoreError> {
    find(connection, number).await?.ok_or_else(|| StoreError::Damaged(format!("order {number} vanished")))
}

fn read_order(row: &SqliteRow) -> Result<OrderRow, StoreError> {
    let customer = row.try_get::<Option<String>, _>("customer")?;
    let shown = row.try_get::<Option<String>, _>("customer_shown")?;
    Ok(OrderRow {
        number: row.try_get("number")?,
        class: row.try_get("class")?,
        kind: row.try_get("kind")?,
        priority: row.try_get("priority")?,
        customer: customer.zip(shown).map(|(reference, shown)| StoredPhone::from_row(reference, shown)),
        level: row.try_get("level")?,
        area: row.try_get("area")?,
        lang: super::read_lang(row.try_get("lang")?)?,
        call: row.try_get("call")?,
        state: row.try_get("state")?,
        taker: row.try_get("taker")?,
        text: row.try_get("text")?,
        details: value_json::read_text(row.try_get("details")?)?,
        created: moment::from_text(row.try_get("created")?)?,
        counted_from: moment::from_text(row.try_get("counted_from")?)?,
        due: moment::from_text(row.try_get("due")?)?,
        incident: row.try_get("incident")?,
        repeats: row.try_get("repeats")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use std::collections::BTreeSet;

    async fn keep(database: &Database, key: &str, class: &str, day: i8) -> Kept {
        let details = Record::new();
        let created = date(2026, 11, day).at(9, 0, 0, 0);
        let order = NewOrder {
            key,
            class,
            kind: "",
            priority: "normal",
            customer: None,
            sealed: None,
            level: None,
            area: None,
            lang: Lang::Zh,
            call: None,
            state: "open",
            text: "",
            details: &details,
            created,
            due: created,
            next_warning: None,
            next_progress: None,
            merge: None,
            threshold: None,
        };
        database.work_orders().keep(order).await.unwrap()
    }

    fn number(kept: Kept) -> String {
        match kept {
            Kept::Now(row) | Kept::Before(row) | Kept::Merged(row) => row.number,
            Kept::KeyTaken => panic!("the key is taken"),
        }
    }

    #[tokio::test]
    async fn numbers_are_the_day_and_a_counter() {
        let database = Database::temporary().await.unwrap();
        assert_eq!(number(keep(&database, "a", "x", 22).await), "2611220001");
        assert_eq!(number(keep(&database, "b", "x", 22).await), "2611220002");
        assert_eq!(number(keep(&database, "c", "x", 23).await), "2611230001");
        sqlx::query("UPDATE order_numbers SET last = 9999 WHERE day = '261123'").execute(&database.pool).await.unwrap();
        assert_eq!(number(keep(&database, "d", "x", 23).await), "26112310000", "never two the same");
    }

    #[tokio::test]
    async fn a_key_gives_one_order_and_wastes_no_number() {
        let database = Database::temporary().await.unwrap();
        let Kept::Now(first) = keep(&database, "a", "x", 22).await else { panic!("it is new") };
        assert_eq!(keep(&database, "a", "x", 23).await, Kept::Before(first));
        assert_eq!(keep(&database, "a", "y", 22).await, Kept::KeyTaken);
        assert_eq!(number(keep(&database, "b", "x", 22).await), "2611220002");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn many_at_once_get_numbers_of_their_own() {
        let database = Database::temporary().await.unwrap();
        let tasks: Vec<_> = (0..40)
            .map(|n| {
                let database = database.clone();
                // Every key twice.
                tokio::spawn(async move { number(keep(&database, &format!("key {}", n / 2), "x", 22).await) })
            })
            .collect();
        let mut numbers = BTreeSet::new();
        for task in tasks {
            numbers.insert(task.await.unwrap());
        }
        let expected: BTreeSet<String> = (1..=20).map(|n| format!("261122{n:04}")).collect();
        assert_eq!(numbers, expected);
    }
}
