//! Calls that were promised to customers: kept until they were made, each by a contact of a campaign.

use super::work_orders::add_history;
use super::{Database, NewContact, Note, StoreError, moment, read_lang, value_json};
use crate::text::{Lang, PhoneNumber, Record, Value};
use jiff::Timestamp;
use jiff::civil::DateTime;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

/// Why a customer is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallBackReason {
    /// To hear what became of a work order, and to say whether that will do.
    Result,
    /// He did not want to wait in the queue.
    Queue,
    /// His work order is closed: how was it?
    Survey,
}

impl CallBackReason {
    fn name(self) -> &'static str {
        match self {
            CallBackReason::Result => "result",
            CallBackReason::Queue => "queue",
            CallBackReason::Survey => "survey",
        }
    }

    /// The campaign that stands for it and makes these calls.
    pub const fn campaign(self) -> &'static str {
        match self {
            CallBackReason::Result => "工单回电",
            CallBackReason::Queue => "排队回电",
            CallBackReason::Survey => "办结评价",
        }
    }

    fn from_name(name: &str) -> Result<CallBackReason, StoreError> {
        let all = [CallBackReason::Result, CallBackReason::Queue, CallBackReason::Survey];
        let reason = all.into_iter().find(|reason| reason.name() == name);
        reason.ok_or_else(|| StoreError::Damaged(format!("a promised call for {name}")))
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
    /// Whether what is promised for this reason is called: somebody dials over a trunk, and its campaign runs and may use that trunk, or is not there before
    /// the first promise. One that is paused or cancelled makes no calls.
    pub async fn are_made(&self, reason: CallBackReason) -> Result<bool, StoreError> {
        let trunks = self.0.dialing().trunks().await?;
        let campaign: Option<(String, String)> = sqlx::query_as("SELECT state, trunk FROM campaigns WHERE name = ?")
            .bind(reason.campaign())
            .fetch_optional(&self.0.pool)
            .await?;
        let (state, trunk) = campaign.unwrap_or_else(|| ("running".to_owned(), String::new()));
        Ok(state == "running" && trunks.iter().any(|dialled| trunk.is_empty() || *dialled == trunk))
    }

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
        rows.iter().map(|row| self.read(row)).collect()
    }

    /// Those for whom nobody is called yet, the oldest first; of one customer and reason only the first, while none of his is under way.
    pub async fn untaken(&self, most: u32) -> Result<Vec<CallBack>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM call_backs AS this WHERE made IS NULL AND contact IS NULL AND NOT EXISTS (
                 SELECT 1 FROM call_backs AS other WHERE other.made IS NULL AND other.customer = this.customer AND other.reason = this.reason
                 AND (other.contact IS NOT NULL OR other.id < this.id))
             ORDER BY created, id LIMIT ?",
        )
        .bind(most)
        .fetch_all(&self.0.pool)
        .await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    fn read(&self, row: &SqliteRow) -> Result<CallBack, StoreError> {
        Ok(CallBack {
            id: row.try_get("id")?,
            to: self.0.open_phone(row.try_get("customer_sealed")?)?,
            reason: CallBackReason::from_name(row.try_get("reason")?)?,
            about: row.try_get("about")?,
            lang: read_lang(row.try_get("lang")?)?,
            created: moment::from_text(row.try_get("created")?)?,
        })
    }

    /// From now on `contact` waits in the campaign for the promised call, once; false when that is so already, or when the customer still waits there for another one.
    pub async fn take_up(&self, id: i64, campaign: i64, contact: &NewContact, now: Timestamp) -> Result<bool, StoreError> {
        let customer = self.0.stored_phone(&contact.to);
        let mut transaction = self.0.begin().await?;
        let is_open: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM call_backs WHERE id = ?1 AND made IS NULL AND contact IS NULL)
                 AND NOT EXISTS (SELECT 1 FROM contacts WHERE campaign = ?2 AND customer = ?3 AND state IN ('waiting', 'dialling'))",
        )
        .bind(id)
        .bind(campaign)
        .bind(&customer.reference)
        .fetch_one(&mut *transaction)
        .await?;
        if !is_open {
            return Ok(false);
        }
        let waits: i64 = sqlx::query_scalar(
            "INSERT INTO contacts (campaign, line, customer, customer_shown, customer_sealed, region, lang, variables, state, next)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?)
             ON CONFLICT (campaign, customer) DO UPDATE SET state = 'waiting', variables = excluded.variables, lang = excluded.lang,
             outcome = NULL, called_before = attempts, next = excluded.next RETURNING id",
        )
        .bind(campaign)
        .bind(i64::try_from(contact.line).unwrap_or(i64::MAX))
        .bind(&customer.reference)
        .bind(&customer.shown)
        .bind(self.0.seal_phone(&contact.to))
        .bind(contact.region.as_str())
        .bind(contact.lang.as_deref())
        .bind(contact.variables.as_str())
        .bind(now.as_millisecond())
        .fetch_one(&mut *transaction)
        .await?;
        sqlx::query("UPDATE call_backs SET contact = ? WHERE id = ?").bind(waits).bind(id).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Promises that are open and that a campaign stands for (to be asked for a score is none): those whose contacts it has, and, where `reason` is its own, those that nobody has taken up yet.
    pub async fn open_of(&self, campaign: i64, reason: Option<CallBackReason>) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM call_backs b LEFT JOIN contacts c ON c.id = b.contact
             WHERE b.made IS NULL AND b.reason <> 'survey' AND (c.campaign = ?1 OR (b.contact IS NULL AND b.reason = ?2))",
        )
        .bind(campaign)
        .bind(reason.map(CallBackReason::name))
        .fetch_one(&self.0.pool)
        .await?;
        Ok(count.unsigned_abs())
    }

    /// Promises whose contacts are through are made, and those whose campaign was cancelled never will be; `standing` names the campaigns of the reasons
    /// queue, result, survey. The work order says so, or the record of the call in which it was promised; `told` has it in words, by reason and outcome.
    pub async fn settle(&self, at: DateTime, standing: [&str; 3], told: fn(CallBackReason, &str) -> String) -> Result<usize, StoreError> {
        let over = "SELECT b.id, b.reason, b.about,
             CASE WHEN c.state IN ('done', 'given_up', 'stopped') THEN coalesce(c.outcome, c.state) ELSE 'cancelled' END AS outcome
             FROM call_backs b LEFT JOIN contacts c ON c.id = b.contact
             LEFT JOIN campaigns g ON g.id = c.campaign OR (b.contact IS NULL AND g.name = CASE b.reason WHEN 'queue' THEN ?1 WHEN 'result' THEN ?2 ELSE ?3 END)
             WHERE b.made IS NULL AND (c.state IN ('done', 'given_up', 'stopped') OR (g.state = 'cancelled' AND c.state IS NOT 'dialling'))";
        let [queue, result, survey] = standing;
        // Looked at every few seconds: the write lock is taken only when there is something to write.
        if sqlx::query(over).bind(queue).bind(result).bind(survey).fetch_optional(&self.0.pool).await?.is_none() {
            return Ok(0);
        }
        let mut transaction = self.0.begin().await?;
        let rows: Vec<(i64, String, String, String)> =
            sqlx::query_as(over).bind(queue).bind(result).bind(survey).fetch_all(&mut *transaction).await?;
        for (id, reason, about, outcome) in &rows {
            sqlx::query("UPDATE call_backs SET made = ?, outcome = ? WHERE id = ?")
                .bind(moment::to_text(at))
                .bind(outcome)
                .bind(id)
                .execute(&mut *transaction)
                .await?;
            let reason = CallBackReason::from_name(reason)?;
            if reason != CallBackReason::Queue {
                let (text, key) = (told(reason, outcome), format!("call_back/{id}"));
                add_history(&mut transaction, about, None, Note { at, author: "system", text: &text, key: Some(&key) }).await?;
            } else {
                sqlx::query(
                    "INSERT INTO events (call, at_ms, kind, detail)
                     SELECT id, (SELECT coalesce(max(at_ms), 0) FROM events WHERE call = calls.id), 'called_back', ? FROM calls WHERE id = ?",
                )
                .bind(value_json::masked(&Record::from_iter([("outcome".to_owned(), Value::Text(outcome.clone()))])).to_string())
                .bind(about)
                .execute(&mut *transaction)
                .await?;
            }
        }
        transaction.commit().await?;
        Ok(rows.len())
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

/// Promises to ask the customer of a closed work order for a score, when the number is known: not who has given one since the order's time counts, nor who
/// was to be asked for one since `quiet_since`.
pub(super) async fn ask_for_score(
    connection: &mut SqliteConnection,
    number: &str,
    key: &str,
    quiet_since: DateTime,
    now: DateTime,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO call_backs (key, customer, customer_shown, customer_sealed, reason, about, lang, created)
         SELECT ?1, w.customer, w.customer_shown, w.customer_sealed, ?2, w.number, w.lang, ?3 FROM work_orders w
         WHERE w.number = ?4 AND w.customer_sealed IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM survey_answers a WHERE a.about = w.number AND a.at >= w.counted_from)
         AND NOT EXISTS (SELECT 1 FROM call_backs b WHERE b.customer = w.customer AND b.reason = ?2 AND b.created > ?5
                         AND coalesce(b.outcome, '') <> 'withdrawn')
         ON CONFLICT (key) DO NOTHING",
    )
    .bind(key)
    .bind(CallBackReason::Survey.name())
    .bind(moment::to_text(now))
    .bind(number)
    .bind(moment::to_text(quiet_since))
    .execute(connection)
    .await?;
    Ok(())
}

/// Calls about a work order that were promised and are not needed any more are not made; one that is dialled at this moment takes its course.
pub(super) async fn withdraw(
    connection: &mut SqliteConnection,
    number: &str,
    reasons: &[CallBackReason],
    outcome: &str,
    now: DateTime,
) -> Result<(), StoreError> {
    for reason in reasons {
        sqlx::query("UPDATE call_backs SET made = ?, outcome = ? WHERE about = ? AND reason = ? AND made IS NULL AND contact IS NULL")
            .bind(moment::to_text(now))
            .bind(outcome)
            .bind(number)
            .bind(reason.name())
            .execute(&mut *connection)
            .await?;
        sqlx::query(
            "UPDATE contacts SET state = 'stopped', outcome = ? WHERE state = 'waiting'
             AND id IN (SELECT contact FROM call_backs WHERE about = ? AND reason = ? AND made IS NULL)",
        )
        .bind(outcome)
        .bind(number)
        .bind(reason.name())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
