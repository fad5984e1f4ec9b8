//! Answers to surveys, each once.

use super::{Database, StoreError, StoredPhone, moment, value_json};
use crate::text::Record;
use jiff::civil::DateTime;

/// One answer, about to be kept.
#[derive(Clone, Debug)]
pub struct NewAnswer<'a> {
    /// The same key is kept once.
    pub key: &'a str,
    pub survey: &'a str,
    pub call: &'a str,
    pub customer: Option<&'a StoredPhone>,
    pub score: &'a str,
    /// What else was said to it.
    pub details: &'a Record,
    pub at: DateTime,
}

/// The repository of answers.
pub struct Surveys<'a>(pub(super) &'a Database);

impl Surveys<'_> {
    /// Keeps an answer; the first one under its key stands.
    pub async fn keep(&self, answer: NewAnswer<'_>) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO survey_answers (key, survey, call, customer, score, details, at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
        )
        .bind(answer.key)
        .bind(answer.survey)
        .bind(answer.call)
        .bind(answer.customer.map(|customer| customer.reference.as_str()))
        .bind(answer.score)
        .bind(value_json::masked(answer.details).to_string())
        .bind(moment::to_text(answer.at))
        .execute(&self.0.pool)
        .await?;
        Ok(())
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
