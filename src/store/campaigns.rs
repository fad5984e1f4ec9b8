//! Campaigns: what they say, when, how fast; how far they are.

use super::moment::read_instant;
use super::{Database, StoreError, read_lang};
use crate::text::Lang;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// A campaign, about to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCampaign {
    pub name: String,
    pub flow: String,
    pub lang: Lang,
    /// Empty for the first trunk.
    pub trunk: String,
    /// In the form of its column.
    pub week: String,
    pub per_minute: u32,
    pub concurrent: u32,
    pub most_attempts: u32,
    pub needs_consent: bool,
}

/// A campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignRow {
    pub id: i64,
    pub is: NewCampaign,
    pub state: String,
    pub starts: Option<Timestamp>,
    pub created: Timestamp,
}

/// How many contacts are where, and how many attempts ended how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// State and number.
    pub contacts: Vec<(String, i64)>,
    /// Outcome and number of attempts; open ones have none.
    pub attempts: Vec<(Option<String>, i64)>,
}

/// The repository of campaigns.
pub struct Campaigns<'a>(pub(super) &'a Database);

impl Campaigns<'_> {
    /// Keeps a campaign; `None` when there is one of this name.
    pub async fn create(&self, new: &NewCampaign, state: &str, now: Timestamp) -> Result<Option<i64>, StoreError> {
        let done = sqlx::query(
            "INSERT INTO campaigns (name, flow, lang, state, trunk, week, per_minute, concurrent, most_attempts, needs_consent, created)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
        )
        .bind(&new.name)
        .bind(&new.flow)
        .bind(new.lang.code())
        .bind(state)
        .bind(&new.trunk)
        .bind(&new.week)
        .bind(new.per_minute)
        .bind(new.concurrent)
        .bind(new.most_attempts)
        .bind(new.needs_consent)
        .bind(now.as_millisecond())
        .execute(&self.0.pool)
        .await?;
        Ok((done.rows_affected() > 0).then(|| done.last_insert_rowid()))
    }

    pub async fn find(&self, name: &str) -> Result<Option<CampaignRow>, StoreError> {
        let row = sqlx::query("SELECT * FROM campaigns WHERE name = ?").bind(name).fetch_optional(&self.0.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// The newest first.
    pub async fn all(&self) -> Result<Vec<CampaignRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM campaigns ORDER BY id DESC").fetch_all(&self.0.pool).await?;
        rows.iter().map(read).collect()
    }

    /// From one state into another, with a moment to start at; false when it was not in that state.
    pub async fn advance(&self, id: i64, from: &str, to: &str, starts: Option<Timestamp>) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE campaigns SET state = ?, starts = ? WHERE id = ? AND state = ?")
            .bind(to)
            .bind(starts.map(Timestamp::as_millisecond))
            .bind(id)
            .bind(from)
            .execute(&self.0.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Most attempts of one contact.
    pub async fn most_attempts(&self, id: i64) -> Result<u32, StoreError> {
        Ok(sqlx::query_scalar("SELECT most_attempts FROM campaigns WHERE id = ?").bind(id).fetch_one(&self.0.pool).await?)
    }

    /// Counts everything: for people, not for rounds.
    pub async fn progress(&self, id: i64) -> Result<Progress, StoreError> {
        let contacts = sqlx::query_as("SELECT state, count(*) FROM contacts WHERE campaign = ? GROUP BY state ORDER BY state")
            .bind(id)
            .fetch_all(&self.0.pool)
            .await?;
        let attempts = sqlx::query_as(
            "SELECT a.outcome, count(*) FROM contact_attempts a JOIN contacts c ON c.id = a.contact WHERE c.campaign = ?
             GROUP BY a.outcome ORDER BY a.outcome",
        )
        .bind(id)
        .fetch_all(&self.0.pool)
        .await?;
        Ok(Progress { contacts, attempts })
    }
}

fn read(row: &SqliteRow) -> Result<CampaignRow, StoreError> {
    Ok(CampaignRow {
        id: row.try_get("id")?,
        is: NewCampaign {
            name: row.try_get("name")?,
            flow: row.try_get("flow")?,
            lang: read_lang(row.try_get("lang")?)?,
            trunk: row.try_get("trunk")?,
            week: row.try_get("week")?,
            per_minute: row.try_get("per_minute")?,
            concurrent: row.try_get("concurrent")?,
            most_attempts: row.try_get("most_attempts")?,
            needs_consent: row.try_get("needs_consent")?,
        },
        state: row.try_get("state")?,
        starts: row.try_get::<Option<i64>, _>("starts")?.map(read_instant).transpose()?,
        created: read_instant(row.try_get("created")?)?,
    })
}
