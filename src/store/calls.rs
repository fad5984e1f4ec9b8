//! The repository of calls: opened at the start, appended to as things happen, closed with an outcome.
//!
//! Every method commits before it returns, so a process that is killed loses at most the turn in progress. What it left open is
//! closed as failed when the database is opened again (see `store/runs.rs`).

mod search;

pub use search::{FoundCall, SoughtCalls};

use super::call_record::{CallEvent, CallOutcome, CallRecord, Ending, NewCall, Turn, Waterfall};
use super::{Database, StoreError, StoredPhone, moment, value_json};
use crate::text::mask::mask_text;
use crate::text::{Lang, Record, Value};
use jiff::SignedDuration;
use jiff::civil::DateTime;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// The reason of calls whose process died.
pub const PROCESS_DIED: &str = "process_died";
/// What stands where a secret was.
const SECRET: &str = "***";

/// See the module's text.
pub struct Calls<'a>(pub(super) &'a Database);

impl Calls<'_> {
    /// Begins a record. The id must be new.
    pub async fn open(&self, call: NewCall<'_>) -> Result<(), StoreError> {
        let caller = call.caller.map(|number| self.0.stored_phone(number));
        let query = sqlx::query(
            "INSERT INTO calls (id, edition, run, caller, caller_shown, lang, opened, is_test) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(call.id.to_owned())
        .bind(call.edition.to_owned())
        .bind(self.0.run.id.clone())
        .bind(caller.as_ref().map(|caller| caller.reference.clone()))
        .bind(caller.as_ref().map(|caller| caller.shown.clone()))
        .bind(call.lang.code())
        .bind(moment::to_text(call.opened))
        .bind(call.is_test);
        self.0.statement(query).await?;
        Ok(())
    }

    /// Keeps a turn; one with the same `n` is replaced, so that a turn can be kept when it is decided and again when it was played.
    pub async fn put_turn(&self, call: &str, turn: &Turn) -> Result<(), StoreError> {
        let heard = if turn.secret && !turn.heard.is_empty() { SECRET.to_owned() } else { mask_text(&turn.heard) };
        let slots = if turn.secret { value_json::masked(&hidden(&turn.slots)) } else { value_json::masked(&turn.slots) };
        let query = sqlx::query(
            "INSERT OR REPLACE INTO turns
             (call, n, heard, confidence, intent, decision, slots, said, speech_end, endpoint, text_ready, decided, first_sample)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(call.to_owned())
        .bind(turn.n)
        .bind(heard)
        .bind(turn.confidence)
        .bind(turn.intent.clone())
        .bind(turn.decision.clone())
        .bind(slots.to_string())
        .bind(mask_text(&turn.said))
        .bind(turn.ms.speech_end)
        .bind(turn.ms.endpoint)
        .bind(turn.ms.text)
        .bind(turn.ms.decided)
        .bind(turn.ms.first_sample);
        self.0.statement(query).await?;
        Ok(())
    }

    /// Appends an event.
    pub async fn add_event(&self, call: &str, event: &CallEvent) -> Result<(), StoreError> {
        let query = sqlx::query("INSERT INTO events (call, at_ms, kind, detail) VALUES (?, ?, ?, ?)")
            .bind(call.to_owned())
            .bind(event.at_ms)
            .bind(event.kind.clone())
            .bind(value_json::masked(&event.detail).to_string());
        self.0.statement(query).await?;
        Ok(())
    }

    /// Ends a call that is open; [`StoreError::Misuse`] for one that is unknown or was ended before.
    pub async fn close(&self, call: &str, ending: &Ending) -> Result<(), StoreError> {
        let (reason, intent, slots) = match &ending.outcome {
            CallOutcome::Completed | CallOutcome::Abandoned => (None, None, None),
            CallOutcome::Failed { reason } => (Some(mask_text(reason)), None, None),
            CallOutcome::Transferred { reason, intent, slots } => {
                (Some(reason.clone()), intent.clone(), Some(value_json::masked(slots).to_string()))
            }
        };
        let query = sqlx::query(
            "UPDATE calls SET closed = ?, outcome = ?, outcome_reason = ?, outcome_intent = ?, outcome_slots = ?
             WHERE id = ? AND outcome IS NULL",
        )
        .bind(moment::to_text(ending.closed))
        .bind(ending.outcome.name())
        .bind(reason)
        .bind(intent)
        .bind(slots)
        .bind(call.to_owned());
        if self.0.statement(query).await? == 1 { Ok(()) } else { Err(StoreError::Misuse(format!("no open call {call}"))) }
    }

    /// The whole record of one call.
    pub async fn find(&self, call: &str) -> Result<Option<CallRecord>, StoreError> {
        let Some(row) = sqlx::query("SELECT * FROM calls WHERE id = ?").bind(call).fetch_optional(&self.0.pool).await? else {
            return Ok(None);
        };
        let turns = sqlx::query("SELECT * FROM turns WHERE call = ? ORDER BY n").bind(call).fetch_all(&self.0.pool).await?;
        let events = sqlx::query("SELECT * FROM events WHERE call = ? ORDER BY id").bind(call).fetch_all(&self.0.pool).await?;
        let mut record = read_call(&row)?;
        record.turns = turns.iter().map(read_turn).collect::<Result<_, _>>()?;
        record.events = events.iter().map(read_event).collect::<Result<_, _>>()?;
        Ok(Some(record))
    }

    /// The newest calls, without their turns and events.
    pub async fn latest(&self, most: u32) -> Result<Vec<CallRecord>, StoreError> {
        let rows = sqlx::query("SELECT * FROM calls ORDER BY opened DESC, id LIMIT ?").bind(most).fetch_all(&self.0.pool).await?;
        rows.iter().map(read_call).collect()
    }

    /// The newest calls of one caller, without their turns and events.
    pub async fn of_caller(&self, caller: &StoredPhone, most: u32) -> Result<Vec<CallRecord>, StoreError> {
        let rows = sqlx::query("SELECT * FROM calls WHERE caller = ? ORDER BY opened DESC, id LIMIT ?")
            .bind(&caller.reference)
            .bind(most)
            .fetch_all(&self.0.pool)
            .await?;
        rows.iter().map(read_call).collect()
    }

    /// Closes as failed what a dead run left open, at the last moment it was heard of, and forgets the run.
    pub(super) async fn bury(&self, run: &str) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        let left_open = sqlx::query(
            "SELECT id, opened, max(
                 coalesce((SELECT max(at_ms) FROM events WHERE call = calls.id), 0),
                 coalesce((SELECT max(max(coalesce(decided, 0), coalesce(first_sample, 0))) FROM turns WHERE call = calls.id), 0)
             ) AS last_ms FROM calls WHERE run = ? AND outcome IS NULL",
        )
        .bind(run)
        .fetch_all(&mut *transaction)
        .await?;
        for row in left_open {
            let opened = moment::from_text(row.try_get("opened")?)?;
            let last_heard_of = opened.saturating_add(SignedDuration::from_millis(row.try_get("last_ms")?));
            sqlx::query("UPDATE calls SET closed = ?, outcome = 'failed', outcome_reason = ? WHERE id = ?")
                .bind(moment::to_text(last_heard_of))
                .bind(PROCESS_DIED)
                .bind(row.try_get::<String, _>("id")?)
                .execute(&mut *transaction)
                .await?;
        }
        sqlx::query("DELETE FROM runs WHERE id = ?").bind(run).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// The names stay, the values go.
fn hidden(slots: &Record) -> Record {
    slots.keys().map(|name| (name.clone(), Value::Text(SECRET.into()))).collect()
}

fn read_call(row: &SqliteRow) -> Result<CallRecord, StoreError> {
    let caller = row.try_get::<Option<String>, _>("caller")?;
    let shown = row.try_get::<Option<String>, _>("caller_shown")?;
    Ok(CallRecord {
        id: row.try_get("id")?,
        edition: row.try_get("edition")?,
        caller: caller.zip(shown).map(|(reference, shown)| StoredPhone::from_row(reference, shown)),
        lang: match row.try_get("lang")? {
            "zh" => Lang::Zh,
            "en" => Lang::En,
            other => return Err(StoreError::Damaged(format!("no language {other}"))),
        },
        opened: moment::from_text(row.try_get("opened")?)?,
        is_test: row.try_get("is_test")?,
        ending: read_ending(row)?,
        turns: Vec::new(),
        events: Vec::new(),
    })
}

fn read_ending(row: &SqliteRow) -> Result<Option<Ending>, StoreError> {
    let (Some(outcome), Some(closed)) = (row.try_get::<Option<&str>, _>("outcome")?, row.try_get::<Option<&str>, _>("closed")?) else {
        return Ok(None);
    };
    let closed: DateTime = moment::from_text(closed)?;
    let reason = row.try_get::<Option<String>, _>("outcome_reason")?.unwrap_or_default();
    let outcome = match outcome {
        "completed" => CallOutcome::Completed,
        "abandoned" => CallOutcome::Abandoned,
        "failed" => CallOutcome::Failed { reason },
        "transferred" => CallOutcome::Transferred {
            reason,
            intent: row.try_get("outcome_intent")?,
            slots: value_json::read_text(row.try_get("outcome_slots")?)?,
        },
        other => return Err(StoreError::Damaged(format!("no outcome {other}"))),
    };
    Ok(Some(Ending { outcome, closed }))
}

fn read_turn(row: &SqliteRow) -> Result<Turn, StoreError> {
    let heard: String = row.try_get("heard")?;
    Ok(Turn {
        n: row.try_get("n")?,
        secret: heard == SECRET,
        heard,
        confidence: row.try_get("confidence")?,
        intent: row.try_get("intent")?,
        decision: row.try_get("decision")?,
        slots: value_json::read_text(row.try_get("slots")?)?,
        said: row.try_get("said")?,
        ms: Waterfall {
            speech_end: row.try_get("speech_end")?,
            endpoint: row.try_get("endpoint")?,
            text: row.try_get("text_ready")?,
            decided: row.try_get("decided")?,
            first_sample: row.try_get("first_sample")?,
        },
    })
}

fn read_event(row: &SqliteRow) -> Result<CallEvent, StoreError> {
    Ok(CallEvent { at_ms: row.try_get("at_ms")?, kind: row.try_get("kind")?, detail: value_json::read_text(row.try_get("detail")?)? })
}

#[cfg(test)]
mod tests;
