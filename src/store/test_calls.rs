//! Test calls of campaigns: to a telephone of the house, one at a time, in no figure of a campaign.

use super::moment::read_instant;
use super::{Database, Once, Signed, StoreError};
use crate::text::{Lang, PhoneNumber};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// A test call that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct NewTestCall<'a> {
    pub campaign: i64,
    pub to: &'a PhoneNumber,
    pub lang: Lang,
    /// What the key stands for.
    pub asked: &'a str,
}

/// What stands in the way of a test call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestHindrance {
    /// There is one already, of any campaign.
    UnderWay,
    /// The number is on the do-not-call list.
    Refuses,
    /// A campaign is calling there.
    IsCalled,
    /// There were so many to this number in a day.
    TooMany,
}

/// A test call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestCallRow {
    pub id: i64,
    pub shown: String,
    pub author: String,
    pub began: Timestamp,
    pub ended: Option<Timestamp>,
    pub outcome: Option<String>,
    /// Its record.
    pub call: Option<String>,
}

/// To one number in a day.
const MOST_A_DAY: u32 = 20;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The repository of test calls.
pub struct TestCalls<'a>(pub(super) &'a Database);

impl TestCalls<'_> {
    /// Writes a test call down that is about to be dialled, unless something stands in its way; all in one transaction.
    pub async fn begin(&self, new: NewTestCall<'_>, signed: Signed<'_>) -> Result<Result<Once<i64>, TestHindrance>, StoreError> {
        let customer = self.0.stored_phone(new.to);
        let mut transaction = self.0.begin().await?;
        if let Some(key) = signed.key {
            let before: Option<(i64, i64, String)> = sqlx::query_as("SELECT id, campaign, asked FROM test_calls WHERE key = ?")
                .bind(key)
                .fetch_optional(&mut *transaction)
                .await?;
            if let Some((id, campaign, asked)) = before {
                let is_same = campaign == new.campaign && asked == new.asked;
                return Ok(Ok(if is_same { Once::Before(id) } else { Once::KeyTaken }));
            }
        }
        let looks = [
            (TestHindrance::UnderWay, "SELECT EXISTS (SELECT 1 FROM test_calls WHERE ended IS NULL)"),
            (TestHindrance::Refuses, "SELECT EXISTS (SELECT 1 FROM do_not_call WHERE customer = ?1 AND campaign IN (0, ?2))"),
            (TestHindrance::IsCalled, "SELECT EXISTS (SELECT 1 FROM contact_attempts WHERE customer = ?1 AND ended IS NULL)"),
            (TestHindrance::TooMany, "SELECT count(*) >= ?4 FROM test_calls WHERE customer = ?1 AND began > ?3"),
        ];
        for (hindrance, look) in looks {
            let stands: bool = sqlx::query_scalar(look)
                .bind(&customer.reference)
                .bind(new.campaign)
                .bind(signed.at.as_millisecond() - DAY_MS)
                .bind(MOST_A_DAY)
                .fetch_one(&mut *transaction)
                .await?;
            if stands {
                return Ok(Err(hindrance));
            }
        }
        let done = sqlx::query(
            "INSERT INTO test_calls (campaign, customer, customer_shown, lang, author, asked, key, run, began) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(new.campaign)
        .bind(&customer.reference)
        .bind(&customer.shown)
        .bind(new.lang.code())
        .bind(signed.author)
        .bind(new.asked)
        .bind(signed.key)
        .bind(&self.0.run.id)
        .bind(signed.at.as_millisecond())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Ok(Once::Now(done.last_insert_rowid())))
    }

    /// Which record is that of an answered one.
    pub async fn recorded(&self, id: i64, call: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE test_calls SET call = ? WHERE id = ?").bind(call).bind(id).execute(&self.0.pool).await?;
        Ok(())
    }

    pub async fn end(&self, id: i64, outcome: &str, at: Timestamp) -> Result<(), StoreError> {
        sqlx::query("UPDATE test_calls SET ended = ?, outcome = ? WHERE id = ? AND ended IS NULL")
            .bind(at.as_millisecond())
            .bind(outcome)
            .bind(id)
            .execute(&self.0.pool)
            .await?;
        Ok(())
    }

    /// Those of a campaign, the newest first.
    pub async fn of(&self, campaign: i64, most: u32) -> Result<Vec<TestCallRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM test_calls WHERE campaign = ? ORDER BY id DESC LIMIT ?")
            .bind(campaign)
            .bind(most)
            .fetch_all(&self.0.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    pub async fn find(&self, campaign: i64, id: i64) -> Result<Option<TestCallRow>, StoreError> {
        let row = sqlx::query("SELECT * FROM test_calls WHERE campaign = ? AND id = ?")
            .bind(campaign)
            .bind(id)
            .fetch_optional(&self.0.pool)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Nobody dials those of a dead process any more.
    pub(super) async fn bury(&self, run: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE test_calls SET ended = began, outcome = 'lost' WHERE run = ? AND ended IS NULL")
            .bind(run)
            .execute(&self.0.pool)
            .await?;
        Ok(())
    }
}

fn read(row: &SqliteRow) -> Result<TestCallRow, StoreError> {
    Ok(TestCallRow {
        id: row.try_get("id")?,
        shown: row.try_get("customer_shown")?,
        author: row.try_get("author")?,
        began: read_instant(row.try_get("began")?)?,
        ended: row.try_get::<Option<i64>, _>("ended")?.map(read_instant).transpose()?,
        outcome: row.try_get("outcome")?,
        call: row.try_get("call")?,
    })
}
