//! Looking for calls.

use super::{CallRecord, Calls, read_call};
use crate::store::StoreError;
use sqlx::sqlite::{Sqlite, SqliteArguments};
use sqlx::{AssertSqlSafe, Row};

/// What is looked for; what is `None` does not limit it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SoughtCalls<'a> {
    /// As [`super::CallOutcome::name`] has it; `open` for calls that go on.
    pub outcome: Option<&'a str>,
    pub lang: Option<&'a str>,
    /// An intent that a turn had.
    pub intent: Option<&'a str>,
    /// `YYYY-MM-DD`, both included.
    pub from: Option<&'a str>,
    pub to: Option<&'a str>,
    /// A reference of `store::stored_phone`.
    pub caller: Option<&'a str>,
    /// Within the id, the masked number, or what was said.
    pub text: Option<&'a str>,
    pub skip: u32,
    pub most: u32,
}

/// A call in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundCall {
    /// Without its turns and events.
    pub call: CallRecord,
    pub turns: u32,
    /// Intents of its turns, each once, as they came.
    pub intents: Vec<String>,
}

const WHERE: &str = "(?1 IS NULL OR coalesce(c.outcome, 'open') = ?1) AND (?2 IS NULL OR c.lang = ?2)
    AND (?3 IS NULL OR EXISTS (SELECT 1 FROM turns t WHERE t.call = c.id AND t.intent = ?3))
    AND (?4 IS NULL OR c.opened >= ?4) AND (?5 IS NULL OR c.opened < ?5 || 'U') AND (?6 IS NULL OR c.caller = ?6)
    AND (?7 IS NULL OR instr(c.id, ?7) > 0 OR instr(coalesce(c.caller_shown, ''), ?7) > 0
         OR EXISTS (SELECT 1 FROM turns t WHERE t.call = c.id AND (instr(t.heard, ?7) > 0 OR instr(t.said, ?7) > 0)))";

impl Calls<'_> {
    /// A page of what is found, the newest first, and how many there are in all.
    pub async fn search(&self, sought: SoughtCalls<'_>) -> Result<(Vec<FoundCall>, u32), StoreError> {
        let page = sqlx::query(AssertSqlSafe(format!(
            "SELECT c.*, (SELECT count(*) FROM turns t WHERE t.call = c.id) AS turns,
             (SELECT group_concat(intent, ' ') FROM (SELECT intent FROM turns t WHERE t.call = c.id AND intent IS NOT NULL GROUP BY intent ORDER BY min(n))) AS intents
             FROM calls c WHERE {WHERE} ORDER BY c.opened DESC, c.id DESC LIMIT ?8 OFFSET ?9"
        )));
        let rows = filled(page, sought).bind(sought.most).bind(sought.skip).fetch_all(&self.0.pool).await?;
        let count = sqlx::query(AssertSqlSafe(format!("SELECT count(*) FROM calls c WHERE {WHERE}")));
        let count = filled(count, sought).fetch_one(&self.0.pool).await?.try_get(0)?;
        let found = rows.iter().map(|row| {
            let intents: Option<String> = row.try_get("intents")?;
            let intents = intents.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
            Ok(FoundCall { call: read_call(row)?, turns: row.try_get("turns")?, intents })
        });
        Ok((found.collect::<Result<_, StoreError>>()?, count))
    }

    /// Ids of calls that begin with a text of figures and hyphens, the newest first.
    pub async fn beginning_with(&self, text: &str, most: u32) -> Result<Vec<String>, StoreError> {
        // A colon comes after all figures.
        let ids = sqlx::query_scalar("SELECT id FROM calls WHERE id >= ?1 AND id < ?1 || ':' ORDER BY id DESC LIMIT ?2");
        Ok(ids.bind(text).bind(most).fetch_all(&self.0.pool).await?)
    }

    /// Intents that any turn had, by name.
    pub async fn intents(&self) -> Result<Vec<String>, StoreError> {
        let names = sqlx::query_scalar("SELECT DISTINCT intent FROM turns WHERE intent IS NOT NULL ORDER BY intent");
        Ok(names.fetch_all(&self.0.pool).await?)
    }
}

type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

fn filled<'q>(query: Query<'q>, sought: SoughtCalls<'q>) -> Query<'q> {
    query.bind(sought.outcome).bind(sought.lang).bind(sought.intent).bind(sought.from).bind(sought.to).bind(sought.caller).bind(sought.text)
}
