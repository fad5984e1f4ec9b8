//! What happens to an order: steps from state to state, comments, attachments; each in one transaction with what follows from it.

use super::{HistoryRow, Note, OrderRow, WorkOrders, find, must_find};
use crate::store::{CallBackReason, StoreError, call_backs, moment};
use crate::text::mask::mask_text;
use jiff::civil::DateTime;
use sqlx::{Row, SqliteConnection};
use std::collections::BTreeMap;

/// Who has an order after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taker<'a> {
    Same,
    Nobody,
    This(&'a str),
}

/// From when an order's time counts, and what is to be said when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reckoning<'a> {
    pub priority: &'a str,
    pub counted_from: DateTime,
    pub due: DateTime,
    pub next_warning: Option<DateTime>,
    pub next_progress: Option<DateTime>,
}

/// A step from a state to another, and what follows from it.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    pub from: &'a str,
    pub to: &'a str,
    /// Whether the customer waits for something afterwards; who does not is not warned about.
    pub waiting: bool,
    pub taker: Taker<'a>,
    /// A new time; the one that counts goes on without it.
    pub reckoning: Option<Reckoning<'a>>,
    /// Written to the customer, who has a number: key and text.
    pub notice: Option<(&'a str, &'a str)>,
    /// The key of a call to the customer with the result.
    pub call_back: Option<&'a str>,
    /// The key of a call that asks the customer for a score, and since when nobody may have been asked for one.
    pub survey: Option<(&'a str, DateTime)>,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Moved {
    /// The order as it is now.
    Yes(Box<OrderRow>),
    /// It was not in the state that it was to leave, but in this one; nothing was written.
    No { state: String },
}

/// Something that belongs to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attachment<'a> {
    /// `call` or `file`.
    pub kind: &'a str,
    pub reference: &'a str,
}

impl WorkOrders<'_> {
    /// Carries out a step and notes it; the same key of the note once. `None` for an unknown number.
    pub async fn advance(&self, number: &str, step: Step<'_>, note: Note<'_>) -> Result<Option<Moved>, StoreError> {
        let mut transaction = self.0.begin().await?;
        let Some(row) = find(&mut transaction, number).await? else { return Ok(None) };
        if noted(&mut transaction, note.key).await? {
            return Ok(Some(Moved::Yes(Box::new(row))));
        }
        if row.state != step.from {
            return Ok(Some(Moved::No { state: row.state }));
        }
        carry_out(&mut transaction, &row, step, note).await?;
        let row = must_find(&mut transaction, number).await?;
        transaction.commit().await?;
        Ok(Some(Moved::Yes(Box::new(row))))
    }

    /// Gives an order in the state `from` to whom `choose` names, who is told what everybody has at this moment; nothing else is
    /// written meanwhile. The name, `None` when there was nobody or the order was not in that state any more.
    pub async fn give(
        &self,
        number: &str,
        from: &str,
        to: &str,
        note: Note<'_>,
        choose: impl FnOnce(&OrderRow, &BTreeMap<String, Load>) -> Option<String> + Send,
    ) -> Result<Option<String>, StoreError> {
        let mut transaction = self.0.begin().await?;
        let Some(row) = find(&mut transaction, number).await?.filter(|row| row.state == from) else { return Ok(None) };
        let loads = loads(&mut transaction).await?;
        let Some(taker) = choose(&row, &loads) else { return Ok(None) };
        let step =
            Step { from, to, waiting: true, taker: Taker::This(&taker), reckoning: None, notice: None, call_back: None, survey: None };
        carry_out(&mut transaction, &row, step, note).await?;
        transaction.commit().await?;
        Ok(Some(taker))
    }

    /// Adds a comment, once a key; false for an unknown number.
    pub async fn comment(&self, number: &str, note: Note<'_>) -> Result<bool, StoreError> {
        let mut transaction = self.0.begin().await?;
        let known = find(&mut transaction, number).await?.is_some();
        if known && !noted(&mut transaction, note.key).await? {
            add_history(&mut transaction, number, None, note).await?;
            transaction.commit().await?;
        }
        Ok(known)
    }

    /// Attaches something, once; false for an unknown number.
    pub async fn attach(&self, number: &str, attachment: Attachment<'_>, at: DateTime) -> Result<bool, StoreError> {
        let mut transaction = self.0.begin().await?;
        let known = find(&mut transaction, number).await?.is_some();
        if known {
            attach(&mut transaction, number, attachment, at).await?;
            transaction.commit().await?;
        }
        Ok(known)
    }

    /// Whether something was noted at this order under this key.
    pub async fn was_noted(&self, number: &str, key: &str) -> Result<bool, StoreError> {
        let found: i64 = sqlx::query_scalar("SELECT count(*) FROM work_order_history WHERE number = ? AND key = ?")
            .bind(number)
            .bind(key)
            .fetch_one(&self.0.pool)
            .await?;
        Ok(found > 0)
    }

    /// Kind and reference, oldest first.
    pub async fn attachments(&self, number: &str) -> Result<Vec<(String, String)>, StoreError> {
        let rows = sqlx::query_as("SELECT kind, reference FROM work_order_attachments WHERE number = ? ORDER BY at, kind, reference")
            .bind(number)
            .fetch_all(&self.0.pool)
            .await?;
        Ok(rows)
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

/// What somebody has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Orders that customers wait for.
    pub open: u32,
    /// Orders that he has or had to the end.
    pub ever: u32,
}

async fn loads(connection: &mut SqliteConnection) -> Result<BTreeMap<String, Load>, StoreError> {
    let rows: Vec<(String, u32, u32)> =
        sqlx::query_as("SELECT taker, sum(waiting), count(*) FROM work_orders WHERE taker IS NOT NULL GROUP BY taker")
            .fetch_all(connection)
            .await?;
    Ok(rows.into_iter().map(|(taker, open, ever)| (taker, Load { open, ever })).collect())
}

async fn carry_out(connection: &mut SqliteConnection, row: &OrderRow, step: Step<'_>, note: Note<'_>) -> Result<(), StoreError> {
    let taker = match step.taker {
        Taker::Same => row.taker.as_deref(),
        Taker::Nobody => None,
        Taker::This(taker) => Some(taker),
    };
    sqlx::query("UPDATE work_orders SET state = ?, waiting = ?, taker = ? WHERE number = ?")
        .bind(step.to)
        .bind(step.waiting)
        .bind(taker)
        .bind(&row.number)
        .execute(&mut *connection)
        .await?;
    if let Some(reckoning) = step.reckoning {
        sqlx::query("UPDATE work_orders SET priority = ?, counted_from = ?, due = ?, next_warning = ?, next_progress = ? WHERE number = ?")
            .bind(reckoning.priority)
            .bind(moment::to_text(reckoning.counted_from))
            .bind(moment::to_text(reckoning.due))
            .bind(reckoning.next_warning.map(moment::to_text))
            .bind(reckoning.next_progress.map(moment::to_text))
            .bind(&row.number)
            .execute(&mut *connection)
            .await?;
    } else if !step.waiting {
        sqlx::query("UPDATE work_orders SET next_warning = NULL, next_progress = NULL WHERE number = ?")
            .bind(&row.number)
            .execute(&mut *connection)
            .await?;
    }
    if let Some((key, text)) = step.notice {
        crate::store::notices::keep_for_order(connection, &row.number, key, text, note.at).await?;
    }
    if let Some(key) = step.call_back {
        call_backs::keep_for_order(connection, &row.number, key, note.at).await?;
    }
    if let Some((key, quiet_since)) = step.survey {
        call_backs::ask_for_score(connection, &row.number, key, quiet_since, note.at).await?;
    }
    if step.reckoning.is_some() {
        // What was said to be done is worked on again.
        let promised = [CallBackReason::Result, CallBackReason::Survey];
        call_backs::withdraw(connection, &row.number, &promised, "withdrawn", note.at).await?;
    }
    add_history(connection, &row.number, Some(step.to), note).await
}

pub(in crate::store) async fn add_history(
    connection: &mut SqliteConnection,
    number: &str,
    state: Option<&str>,
    note: Note<'_>,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO work_order_history (number, at, author, state, text, key) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(number)
        .bind(moment::to_text(note.at))
        .bind(note.author)
        .bind(state)
        .bind(mask_text(note.text))
        .bind(note.key)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn noted(connection: &mut SqliteConnection, key: Option<&str>) -> Result<bool, StoreError> {
    let Some(key) = key else { return Ok(false) };
    let found: i64 = sqlx::query_scalar("SELECT count(*) FROM work_order_history WHERE key = ?").bind(key).fetch_one(connection).await?;
    Ok(found > 0)
}

pub(super) async fn attach(
    connection: &mut SqliteConnection,
    number: &str,
    attachment: Attachment<'_>,
    at: DateTime,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO work_order_attachments (number, kind, reference, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(number)
        .bind(attachment.kind)
        .bind(attachment.reference)
        .bind(moment::to_text(at))
        .execute(connection)
        .await?;
    Ok(())
}
