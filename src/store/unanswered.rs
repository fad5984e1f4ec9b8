//! Questions of callers that the knowledge base could not answer, each once and masked, for whoever edits it.

use super::{Database, StoreError};
use crate::text::Lang;
use crate::text::mask::mask_text;
use jiff::civil::Date;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// Nothing past this many characters is kept.
const MOST_CHARACTERS: usize = 160;

/// A question, however often it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnansweredQuestion {
    /// As it was said last, masked.
    pub question: String,
    pub lang: Lang,
    pub times: u32,
    pub first_day: Date,
    pub last_day: Date,
    /// The call in which it was asked last.
    pub last_call: String,
}

/// The repository of unanswered questions.
pub struct Unanswered<'a>(pub(super) &'a Database);

impl Unanswered<'_> {
    /// Counts a question. Two that differ in spaces, punctuation and capitals alone are the same.
    pub async fn note(&self, question: &str, lang: Lang, day: Date, call: &str) -> Result<(), StoreError> {
        let masked: String = mask_text(question).chars().take(MOST_CHARACTERS).collect();
        let key = key(&masked);
        if key.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO unanswered_questions (lang, key, question, times, first_day, last_day, last_call) VALUES (?1, ?2, ?3, 1, ?4, ?4, ?5)
             ON CONFLICT (lang, key) DO UPDATE SET question = ?3, times = times + 1, first_day = min(first_day, ?4),
             last_day = max(last_day, ?4), last_call = ?5",
        )
        .bind(lang.code())
        .bind(key)
        .bind(masked)
        .bind(day.to_string())
        .bind(call)
        .execute(&self.0.pool)
        .await?;
        Ok(())
    }

    /// All of them, the most frequent first, then the latest.
    pub async fn list(&self) -> Result<Vec<UnansweredQuestion>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM unanswered_questions ORDER BY times DESC, last_day DESC, lang, key").fetch_all(&self.0.pool).await?;
        rows.iter().map(read).collect()
    }

    /// Drops a question that was dealt with; false when it is not there.
    pub async fn forget(&self, question: &str, lang: Lang) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM unanswered_questions WHERE lang = ? AND key = ?")
            .bind(lang.code())
            .bind(key(question))
            .execute(&self.0.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}

/// Letters, digits and the stars of masks.
fn key(question: &str) -> String {
    question.chars().filter(|c| c.is_alphanumeric() || *c == '*').flat_map(char::to_lowercase).collect()
}

fn read(row: &SqliteRow) -> Result<UnansweredQuestion, StoreError> {
    let damaged = |what: &str, value: &str| StoreError::Damaged(format!("unanswered question: {what} `{value}`"));
    let lang: String = row.try_get("lang")?;
    let day = |column: &str| -> Result<Date, StoreError> {
        let written: String = row.try_get(column)?;
        written.parse().map_err(|_| damaged(column, &written))
    };
    Ok(UnansweredQuestion {
        question: row.try_get("question")?,
        lang: [Lang::Zh, Lang::En].into_iter().find(|known| known.code() == lang).ok_or_else(|| damaged("language", &lang))?,
        times: row.try_get("times")?,
        first_day: day("first_day")?,
        last_day: day("last_day")?,
        last_call: row.try_get("last_call")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[tokio::test]
    async fn the_same_question_is_kept_once_and_counted() {
        let database = Database::temporary().await.unwrap();
        let unanswered = database.unanswered();
        unanswered.note("卫星电话怎么办？", Lang::Zh, date(2026, 11, 22), "c1").await.unwrap();
        unanswered.note("Do you have fax", Lang::En, date(2026, 11, 22), "c2").await.unwrap();
        unanswered.note("卫星电话，怎么办", Lang::Zh, date(2026, 11, 23), "c3").await.unwrap();
        unanswered.note("？？", Lang::Zh, date(2026, 11, 23), "c3").await.unwrap();
        let list = unanswered.list().await.unwrap();
        assert_eq!(list.len(), 2);
        let first = UnansweredQuestion {
            question: "卫星电话，怎么办".into(),
            lang: Lang::Zh,
            times: 2,
            first_day: date(2026, 11, 22),
            last_day: date(2026, 11, 23),
            last_call: "c3".into(),
        };
        assert_eq!(list[0], first);
        assert!(unanswered.forget("卫星电话怎么办", Lang::Zh).await.unwrap());
        assert!(!unanswered.forget("卫星电话怎么办", Lang::Zh).await.unwrap());
        assert_eq!(unanswered.list().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn numbers_are_masked_and_length_is_bounded() {
        let database = Database::temporary().await.unwrap();
        database.unanswered().note("13800000001这个号能办卫星电话吗", Lang::Zh, date(2026, 11, 22), "c1").await.unwrap();
        database.unanswered().note(&"长".repeat(10_000), Lang::Zh, date(2026, 11, 21), "c1").await.unwrap();
        let list = database.unanswered().list().await.unwrap();
        assert_eq!(list[0].question, "138****0001这个号能办卫星电话吗");
        assert_eq!(list[1].question.chars().count(), MOST_CHARACTERS);
    }
}
