//! Lists of contacts that were taken over: by whom, how many of them, and the rows that were not taken.

use super::moment::read_instant;
use super::{Database, Once, Signed, StoreError};
use jiff::Timestamp;
use sqlx::{QueryBuilder, Row};

/// A list that was taken over, or is being.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRow {
    pub id: i64,
    pub at: Timestamp,
    pub author: String,
    pub added: i64,
    /// Their numbers were there already.
    pub repeated: i64,
    pub faulty: i64,
    /// `None` while it goes on, and where its process died.
    pub ended: Option<Timestamp>,
}

/// A part of a list that was looked at.
#[derive(Clone, Debug, Default)]
pub struct ImportPart<'a> {
    pub added: u64,
    pub repeated: u64,
    pub faulty: u64,
    /// Line, kind and subject of what was not taken, repeated ones too.
    pub faults: &'a [(u64, &'static str, String)],
}

/// Rows of one statement.
const AT_ONCE: usize = 500;

/// The repository of imports.
pub struct ContactImports<'a>(pub(super) &'a Database);

impl ContactImports<'_> {
    /// Begins an import. The same key and list again: it was done before, or goes on from its beginning, where its process died; what was added stays.
    pub async fn begin(&self, campaign: i64, asked: &str, signed: Signed<'_>) -> Result<Once<i64>, StoreError> {
        let key = signed.key.unwrap_or_default();
        let mut transaction = self.0.begin().await?;
        let before = sqlx::query("SELECT id, campaign, asked, ended FROM contact_imports WHERE key = ?")
            .bind(key)
            .fetch_optional(&mut *transaction)
            .await?;
        if let Some(row) = before {
            let is_same = row.try_get::<i64, _>("campaign")? == campaign && row.try_get::<String, _>("asked")? == asked;
            if !is_same {
                return Ok(Once::KeyTaken);
            }
            let id = row.try_get("id")?;
            if row.try_get::<Option<i64>, _>("ended")?.is_some() {
                return Ok(Once::Before(id));
            }
            sqlx::query("DELETE FROM import_faults WHERE import = ?").bind(id).execute(&mut *transaction).await?;
            sqlx::query("UPDATE contact_imports SET added = 0, repeated = 0, faulty = 0 WHERE id = ?")
                .bind(id)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            return Ok(Once::Now(id));
        }
        let done = sqlx::query("INSERT INTO contact_imports (campaign, at, author, key, asked) VALUES (?, ?, ?, ?, ?)")
            .bind(campaign)
            .bind(signed.at.as_millisecond())
            .bind(signed.author)
            .bind(key)
            .bind(asked)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Once::Now(done.last_insert_rowid()))
    }

    /// A part is done.
    pub async fn part(&self, import: i64, part: ImportPart<'_>) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        for faults in part.faults.chunks(AT_ONCE) {
            let mut insert = QueryBuilder::new("INSERT OR REPLACE INTO import_faults (import, line, kind, subject) ");
            insert.push_values(faults, |mut row, (line, kind, subject)| {
                row.push_bind(import).push_bind(i64::try_from(*line).unwrap_or(i64::MAX)).push_bind(*kind).push_bind(subject.as_str());
            });
            insert.build().execute(&mut *transaction).await?;
        }
        sqlx::query("UPDATE contact_imports SET added = added + ?, repeated = repeated + ?, faulty = faulty + ? WHERE id = ?")
            .bind(part.added.cast_signed())
            .bind(part.repeated.cast_signed())
            .bind(part.faulty.cast_signed())
            .bind(import)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    pub async fn end(&self, import: i64, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("UPDATE contact_imports SET ended = ? WHERE id = ?")
            .bind(now.as_millisecond())
            .bind(import)
            .execute(&self.0.pool)
            .await?;
        Ok(())
    }

    /// Imports of a campaign, the newest first.
    pub async fn of(&self, campaign: i64, most: u32) -> Result<Vec<ImportRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM contact_imports WHERE campaign = ? ORDER BY id DESC LIMIT ?")
            .bind(campaign)
            .bind(most)
            .fetch_all(&self.0.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// An import of this campaign.
    pub async fn find(&self, campaign: i64, import: i64) -> Result<Option<ImportRow>, StoreError> {
        let row = sqlx::query("SELECT * FROM contact_imports WHERE id = ? AND campaign = ?")
            .bind(import)
            .bind(campaign)
            .fetch_optional(&self.0.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The import that was done under this key.
    pub async fn with_key(&self, campaign: i64, key: &str) -> Result<Option<ImportRow>, StoreError> {
        let row = sqlx::query("SELECT * FROM contact_imports WHERE key = ? AND campaign = ?")
            .bind(key)
            .bind(campaign)
            .fetch_optional(&self.0.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Line, kind and subject of rows that were not taken, a page after the line `after`.
    pub async fn faults(&self, import: i64, after: i64, most: u32) -> Result<Vec<(i64, String, String)>, StoreError> {
        Ok(sqlx::query_as("SELECT line, kind, subject FROM import_faults WHERE import = ? AND line > ? ORDER BY line LIMIT ?")
            .bind(import)
            .bind(after)
            .bind(most)
            .fetch_all(&self.0.pool)
            .await?)
    }
}

fn read(row: &sqlx::sqlite::SqliteRow) -> Result<ImportRow, StoreError> {
    Ok(ImportRow {
        id: row.try_get("id")?,
        at: read_instant(row.try_get("at")?)?,
        author: row.try_get("author")?,
        added: row.try_get("added")?,
        repeated: row.try_get("repeated")?,
        faulty: row.try_get("faulty")?,
        ended: row.try_get::<Option<i64>, _>("ended")?.map(read_instant).transpose()?,
    })
}
