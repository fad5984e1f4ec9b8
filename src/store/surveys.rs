//! Answers to surveys, each once.

use super::{CallBackReason, Database, StoreError, StoredPhone, call_backs, moment, value_json};
use crate::text::Record;
use jiff::civil::DateTime;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// One answer, about to be kept.
#[derive(Clone, Debug)]
pub struct NewAnswer<'a> {
    /// The same key is kept once.
    pub key: &'a str,
    pub survey: &'a str,
    pub call: &'a str,
    /// The work order that it is about.
    pub about: Option<&'a str>,
    pub customer: Option<&'a StoredPhone>,
    pub score: &'a str,
    /// What else was said to it.
    pub details: &'a Record,
    pub at: DateTime,
}

/// One answer as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerRow {
    pub survey: String,
    /// Empty when no call asked for it.
    pub call: String,
    /// The work order that it is about.
    pub about: Option<String>,
    pub score: String,
    /// Masked.
    pub details: Record,
    pub at: DateTime,
}

/// The repository of answers.
pub struct Surveys<'a>(pub(super) &'a Database);

impl Surveys<'_> {
    /// Keeps an answer; the first one under its key stands, but what a call says later is added to what it said before. Who answered about a work order
    /// is not called for a score any more.
    pub async fn keep(&self, answer: NewAnswer<'_>) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        let before: Option<String> = sqlx::query_scalar("SELECT details FROM survey_answers WHERE key = ?")
            .bind(answer.key)
            .fetch_optional(&mut *transaction)
            .await?;
        let details = match &before {
            Some(_) if answer.call.is_empty() => return Ok(()),
            Some(before) => {
                let mut details = value_json::read_text(before)?;
                details.extend(answer.details.clone());
                details
            }
            None => answer.details.clone(),
        };
        sqlx::query(
            "INSERT INTO survey_answers (key, survey, call, about, customer, score, details, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (key) DO UPDATE SET score = excluded.score, details = excluded.details",
        )
        .bind(answer.key)
        .bind(answer.survey)
        .bind(answer.call)
        .bind(answer.about)
        .bind(answer.customer.map(|customer| customer.reference.as_str()))
        .bind(answer.score)
        .bind(value_json::masked(&details).to_string())
        .bind(moment::to_text(answer.at))
        .execute(&mut *transaction)
        .await?;
        if let Some(number) = answer.about {
            call_backs::withdraw(&mut transaction, number, &[CallBackReason::Survey], "answered", answer.at).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The surveys that were ever answered.
    pub async fn names(&self) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT DISTINCT survey FROM survey_answers ORDER BY survey").fetch_all(&self.0.pool).await?)
    }

    /// The newest first.
    pub async fn latest(&self, most: u32) -> Result<Vec<AnswerRow>, StoreError> {
        let rows = sqlx::query("SELECT survey, call, about, score, details, at FROM survey_answers ORDER BY at DESC, key LIMIT ?");
        let rows = rows.bind(most).fetch_all(&self.0.pool).await?;
        rows.iter().map(read).collect()
    }

    /// What the customer said about a work order, the newest first.
    pub async fn about(&self, number: &str) -> Result<Vec<AnswerRow>, StoreError> {
        let rows = sqlx::query("SELECT survey, call, about, score, details, at FROM survey_answers WHERE about = ? ORDER BY at DESC, key");
        let rows = rows.bind(number).fetch_all(&self.0.pool).await?;
        rows.iter().map(read).collect()
    }

    /// How often each score was given to `survey` from `since` on.
    pub async fn scores(&self, survey: &str, since: DateTime) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = sqlx::query_as("SELECT score, count(*) FROM survey_answers WHERE survey = ? AND at >= ? GROUP BY score ORDER BY score")
            .bind(survey)
            .bind(moment::to_text(since))
            .fetch_all(&self.0.pool)
            .await?;
        Ok(rows)
    }
}

fn read(row: &SqliteRow) -> Result<AnswerRow, StoreError> {
    Ok(AnswerRow {
        survey: row.try_get("survey")?,
        call: row.try_get("call")?,
        about: row.try_get("about")?,
        score: row.try_get("score")?,
        details: value_json::read_text(row.try_get("details")?)?,
        at: moment::from_text(row.try_get("at")?)?,
    })
}
