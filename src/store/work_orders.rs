//! The repository of work orders: numbers, rows, states and their history. Which class, priority and state make sense, `care` knows.

use super::{Database, StoreError, StoredPhone, moment, value_json};
use crate::text::Record;
use crate::text::mask::mask_text;
use jiff::civil::{Date, DateTime};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

/// A work order to be kept. Text and details are masked when they are stored.
#[derive(Clone, Debug)]
pub struct NewOrder<'a> {
    /// The same key gives the same order, ever.
    pub key: &'a str,
    pub class: &'a str,
    pub priority: &'a str,
    pub customer: Option<&'a StoredPhone>,
    /// The call that opens it.
    pub call: Option<&'a str>,
    pub state: &'a str,
    pub text: &'a str,
    pub details: &'a Record,
    pub created: DateTime,
    pub due: DateTime,
}

/// A work order as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderRow {
    /// yymmdd and a counter of at least four digits: `2611220035`.
    pub number: String,
    pub class: String,
    pub priority: String,
    pub customer: Option<StoredPhone>,
    pub call: Option<String>,
    pub state: String,
    pub text: String,
    pub details: Record,
    pub created: DateTime,
    pub due: DateTime,
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
}

/// What became of an order that was to be kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Kept {
    Now(OrderRow),
    /// The key was used before, for this order.
    Before(OrderRow),
    /// The key belongs to an order of another class or customer: a fault of who makes keys.
    KeyTaken,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Moved {
    /// The order as it is now.
    Yes(Box<OrderRow>),
    /// It was not in the state that it was to leave, but in this one; nothing was written.
    No { state: String },
}

/// The repository of work orders.
pub struct WorkOrders<'a>(pub(super) &'a Database);

impl WorkOrders<'_> {
    /// Keeps an order under a new number, once a key, in one transaction.
    pub async fn keep(&self, order: NewOrder<'_>) -> Result<Kept, StoreError> {
        let mut transaction = self.0.begin().await?;
        let before = sqlx::query("SELECT * FROM work_orders WHERE key = ?").bind(order.key).fetch_optional(&mut *transaction).await?;
        if let Some(row) = before {
            let row = read_order(&row)?;
            let same = row.class == order.class && row.customer.as_ref() == order.customer;
            return Ok(if same { Kept::Before(row) } else { Kept::KeyTaken });
        }
        let number = next_number(&mut transaction, order.created.date()).await?;
        sqlx::query(
            "INSERT INTO work_orders
             (number, key, class, priority, customer, customer_shown, call, state, text, details, created, due)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&number)
        .bind(order.key)
        .bind(order.class)
        .bind(order.priority)
        .bind(order.customer.map(|customer| customer.reference.as_str()))
        .bind(order.customer.map(|customer| customer.shown.as_str()))
        .bind(order.call)
        .bind(order.state)
        .bind(mask_text(order.text))
        .bind(value_json::masked(order.details).to_string())
        .bind(moment::to_text(order.created))
        .bind(moment::to_text(order.due))
        .execute(&mut *transaction)
        .await?;
        let row = find(&mut transaction, &number).await?.ok_or_else(|| StoreError::Damaged(format!("order {number} vanished")))?;
        transaction.commit().await?;
        Ok(Kept::Now(row))
    }

    pub async fn find(&self, number: &str) -> Result<Option<OrderRow>, StoreError> {
        find(&mut *self.0.pool.acquire().await?, number).await
    }

    /// The newest first.
    pub async fn of_customer(&self, customer: &StoredPhone) -> Result<Vec<OrderRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM work_orders WHERE customer = ? ORDER BY created DESC, number DESC")
            .bind(&customer.reference)
            .fetch_all(&self.0.pool)
            .await?;
        rows.iter().map(read_order).collect()
    }

    /// Orders that were due before `now`, in whatever state, the longest overdue first.
    pub async fn due_before(&self, now: DateTime) -> Result<Vec<OrderRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM work_orders WHERE due < ? ORDER BY due, number")
            .bind(moment::to_text(now))
            .fetch_all(&self.0.pool)
            .await?;
        rows.iter().map(read_order).collect()
    }

    /// Moves an order from the state `from` to `to` and notes it. `None` for an unknown number.
    pub async fn advance(&self, number: &str, from: &str, to: &str, note: Note<'_>) -> Result<Option<Moved>, StoreError> {
        let mut transaction = self.0.begin().await?;
        let Some(mut row) = find(&mut transaction, number).await? else { return Ok(None) };
        if row.state != from {
            return Ok(Some(Moved::No { state: row.state }));
        }
        sqlx::query("UPDATE work_orders SET state = ? WHERE number = ?").bind(to).bind(number).execute(&mut *transaction).await?;
        add_history(&mut transaction, number, Some(to), note).await?;
        transaction.commit().await?;
        row.state = to.to_owned();
        Ok(Some(Moved::Yes(Box::new(row))))
    }

    /// Adds a comment; false for an unknown number.
    pub async fn comment(&self, number: &str, note: Note<'_>) -> Result<bool, StoreError> {
        let mut transaction = self.0.begin().await?;
        let known = find(&mut transaction, number).await?.is_some();
        if known {
            add_history(&mut transaction, number, None, note).await?;
            transaction.commit().await?;
        }
        Ok(known)
    }

    /// Oldest first.
    pub async fn history(&self, number: &str) -> Result<Vec<HistoryRow>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM work_order_history WHERE number = ? ORDER BY id").bind(number).fetch_all(&self.0.pool).await?;
        rows.iter()
            .map(|row| {
                Ok(HistoryRow {
                    at: moment::from_text(row.try_get("at")?)?,
                    author: row.try_get("author")?,
                    state: row.try_get("state")?,
                    text: row.try_get("text")?,
                })
            })
            .collect()
    }
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
    let row = sqlx::query("SELECT * FROM work_orders WHERE number = ?").bind(number).fetch_optional(connection).await?;
    row.as_ref().map(read_order).transpose()
}

async fn add_history(connection: &mut SqliteConnection, number: &str, state: Option<&str>, note: Note<'_>) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO work_order_history (number, at, author, state, text) VALUES (?, ?, ?, ?, ?)")
        .bind(number)
        .bind(moment::to_text(note.at))
        .bind(note.author)
        .bind(state)
        .bind(mask_text(note.text))
        .execute(connection)
        .await?;
    Ok(())
}

fn read_order(row: &SqliteRow) -> Result<OrderRow, StoreError> {
    let customer = row.try_get::<Option<String>, _>("customer")?;
    let shown = row.try_get::<Option<String>, _>("customer_shown")?;
    Ok(OrderRow {
        number: row.try_get("number")?,
        class: row.try_get("class")?,
        priority: row.try_get("priority")?,
        customer: customer.zip(shown).map(|(reference, shown)| StoredPhone::from_row(reference, shown)),
        call: row.try_get("call")?,
        state: row.try_get("state")?,
        text: row.try_get("text")?,
        details: value_json::read_text(row.try_get("details")?)?,
        created: moment::from_text(row.try_get("created")?)?,
        due: moment::from_text(row.try_get("due")?)?,
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
            priority: "normal",
            customer: None,
            call: None,
            state: "open",
            text: "",
            details: &details,
            created,
            due: created,
        };
        database.work_orders().keep(order).await.unwrap()
    }

    fn number(kept: Kept) -> String {
        match kept {
            Kept::Now(row) | Kept::Before(row) => row.number,
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
