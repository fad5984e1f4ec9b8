//! Campaigns: what they say, when, how fast; how far they are.

use super::moment::read_instant;
use super::{Database, StoreError, read_lang};
use crate::text::Lang;
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

/// A campaign, about to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCampaign {
    pub name: String,
    pub flow: String,
    pub lang: Lang,
    /// Empty for the first trunk.
    pub trunk: String,
    /// The number that the customer sees; empty for the trunk's own.
    pub caller: String,
    /// In the form of its column.
    pub week: String,
    pub per_minute: u32,
    pub concurrent: u32,
    pub most_attempts: u32,
    pub needs_consent: bool,
    /// `message`, `retry` or `done`.
    pub on_machine: String,
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

/// Who does something, when, and under which key it is done once.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    pub author: &'a str,
    pub at: Timestamp,
    pub key: Option<&'a str>,
}

/// What became of something that is done once a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Once<T> {
    Now(T),
    /// It was done before under this key.
    Before(T),
    /// It is not possible: the name is taken, or the campaign is in another state.
    Refused,
    /// The key was used for something else.
    KeyTaken,
}

/// Something that was done with a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    pub at: Timestamp,
    pub author: String,
    pub step: String,
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
    /// Keeps a campaign.
    pub async fn create(&self, new: &NewCampaign, state: &str, signed: Signed<'_>) -> Result<Once<i64>, StoreError> {
        let asked = format!("{new:?}");
        let mut transaction = self.0.begin().await?;
        if let Some(before) = before(&mut transaction, signed.key, "created", &asked, None).await? {
            return Ok(before);
        }
        let done = sqlx::query(
            "INSERT INTO campaigns (name, flow, lang, state, trunk, week, per_minute, concurrent, most_attempts, needs_consent, on_machine,
             caller, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
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
        .bind(&new.on_machine)
        .bind(&new.caller)
        .bind(signed.at.as_millisecond())
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(Once::Refused);
        }
        let id = done.last_insert_rowid();
        write_step(&mut transaction, id, "created", &asked, signed).await?;
        transaction.commit().await?;
        Ok(Once::Now(id))
    }

    /// Gives a campaign that is in `state` other settings.
    pub async fn change(&self, id: i64, new: &NewCampaign, state: &str, signed: Signed<'_>) -> Result<Once<()>, StoreError> {
        let asked = format!("{new:?}");
        let mut transaction = self.0.begin().await?;
        if let Some(before) = before(&mut transaction, signed.key, "changed", &asked, Some(id)).await? {
            return Ok(before.without_id());
        }
        let done = sqlx::query(
            "UPDATE OR IGNORE campaigns SET name = ?, flow = ?, lang = ?, trunk = ?, week = ?, per_minute = ?, concurrent = ?, most_attempts = ?,
             needs_consent = ?, on_machine = ?, caller = ? WHERE id = ? AND state = ?",
        )
        .bind(&new.name)
        .bind(&new.flow)
        .bind(new.lang.code())
        .bind(&new.trunk)
        .bind(&new.week)
        .bind(new.per_minute)
        .bind(new.concurrent)
        .bind(new.most_attempts)
        .bind(new.needs_consent)
        .bind(&new.on_machine)
        .bind(&new.caller)
        .bind(id)
        .bind(state)
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(Once::Refused);
        }
        write_step(&mut transaction, id, "changed", &asked, signed).await?;
        transaction.commit().await?;
        Ok(Once::Now(()))
    }

    pub async fn get(&self, id: i64) -> Result<Option<CampaignRow>, StoreError> {
        let row = sqlx::query("SELECT * FROM campaigns WHERE id = ?").bind(id).fetch_optional(&self.0.pool).await?;
        row.as_ref().map(read).transpose()
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

    /// A page of the newest first, those before `before` (an id), of one state or all.
    pub async fn page(&self, state: Option<&str>, before: Option<i64>, most: u32) -> Result<Vec<CampaignRow>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM campaigns WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3")
                .bind(state)
                .bind(before)
                .bind(most)
                .fetch_all(&self.0.pool)
                .await?;
        rows.iter().map(read).collect()
    }

    /// From one state into another, with a moment to start at; `step` is what it is called in the campaign's history.
    pub async fn advance(
        &self,
        id: i64,
        (from, to): (&str, &str),
        starts: Option<Timestamp>,
        step: &str,
        signed: Signed<'_>,
    ) -> Result<Once<()>, StoreError> {
        let asked = starts.map(|at| at.to_string()).unwrap_or_default();
        let mut transaction = self.0.begin().await?;
        if let Some(before) = before(&mut transaction, signed.key, step, &asked, Some(id)).await? {
            return Ok(before.without_id());
        }
        let done = sqlx::query("UPDATE campaigns SET state = ?, starts = ? WHERE id = ? AND state = ?")
            .bind(to)
            .bind(starts.map(Timestamp::as_millisecond))
            .bind(id)
            .bind(from)
            .execute(&mut *transaction)
            .await?;
        if done.rows_affected() == 0 {
            return Ok(Once::Refused);
        }
        write_step(&mut transaction, id, step, &asked, signed).await?;
        transaction.commit().await?;
        Ok(Once::Now(()))
    }

    /// Whether a step was done under this key, and for what.
    pub async fn done_before(&self, id: i64, step: &str, asked: &str, key: &str) -> Result<Option<Once<()>>, StoreError> {
        let found = before(&mut *self.0.pool.acquire().await?, Some(key), step, asked, Some(id)).await?;
        Ok(found.map(Once::without_id))
    }

    /// What was done with a campaign, the newest first.
    pub async fn steps(&self, id: i64, most: u32) -> Result<Vec<StepRow>, StoreError> {
        let rows: Vec<(i64, String, String)> =
            sqlx::query_as("SELECT at, author, step FROM campaign_steps WHERE campaign = ? ORDER BY id DESC LIMIT ?")
                .bind(id)
                .bind(most)
                .fetch_all(&self.0.pool)
                .await?;
        rows.into_iter().map(|(at, author, step)| Ok(StepRow { at: read_instant(at)?, author, step })).collect()
    }

    /// Most attempts of one contact.
    pub async fn most_attempts(&self, id: i64) -> Result<u32, StoreError> {
        Ok(sqlx::query_scalar("SELECT most_attempts FROM campaigns WHERE id = ?").bind(id).fetch_one(&self.0.pool).await?)
    }

    /// How many contacts and calls are where: counted as they change, however many there are.
    pub async fn progress(&self, id: i64) -> Result<Progress, StoreError> {
        const COUNTED: &str = "SELECT nullif(name, ''), n FROM campaign_counts WHERE campaign = ? AND counted = ? AND n > 0 ORDER BY name";
        let contacts = sqlx::query_as(COUNTED).bind(id).bind("contacts").fetch_all(&self.0.pool).await?;
        let attempts = sqlx::query_as(COUNTED).bind(id).bind("attempts").fetch_all(&self.0.pool).await?;
        Ok(Progress { contacts, attempts })
    }

    /// Contacts that are through, and all.
    pub async fn through(&self, id: i64) -> Result<(i64, i64), StoreError> {
        Ok(sqlx::query_as(
            "SELECT coalesce(sum(n) FILTER (WHERE name NOT IN ('waiting', 'dialling')), 0), coalesce(sum(n), 0) FROM campaign_counts
             WHERE campaign = ? AND counted = 'contacts'",
        )
        .bind(id)
        .fetch_one(&self.0.pool)
        .await?)
    }

    /// The last outcomes that contacts have, each once.
    pub async fn last_outcomes(&self, id: i64) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT DISTINCT outcome FROM contacts WHERE campaign = ? AND outcome IS NOT NULL ORDER BY outcome")
            .bind(id)
            .fetch_all(&self.0.pool)
            .await?)
    }

    /// Contacts of a region that are still to be called.
    pub async fn waiting(&self, id: i64) -> Result<Vec<(String, i64)>, StoreError> {
        Ok(sqlx::query_as("SELECT region, count(*) FROM contacts WHERE campaign = ? AND state = 'waiting' GROUP BY region ORDER BY region")
            .bind(id)
            .fetch_all(&self.0.pool)
            .await?)
    }
}

impl<T> Once<T> {
    fn without_id(self) -> Once<()> {
        match self {
            Once::Now(_) => Once::Now(()),
            Once::Before(_) => Once::Before(()),
            Once::Refused => Once::Refused,
            Once::KeyTaken => Once::KeyTaken,
        }
    }
}

/// What this key was used for, if it was.
async fn before(
    connection: &mut SqliteConnection,
    key: Option<&str>,
    step: &str,
    asked: &str,
    campaign: Option<i64>,
) -> Result<Option<Once<i64>>, StoreError> {
    let Some(key) = key else { return Ok(None) };
    let found: Option<(i64, String, String)> =
        sqlx::query_as("SELECT campaign, step, asked FROM campaign_steps WHERE key = ?").bind(key).fetch_optional(connection).await?;
    Ok(found.map(|(id, kept_step, kept)| {
        let is_same = kept_step == step && kept == asked && campaign.is_none_or(|campaign| campaign == id);
        if is_same { Once::Before(id) } else { Once::KeyTaken }
    }))
}

async fn write_step(connection: &mut SqliteConnection, id: i64, step: &str, asked: &str, signed: Signed<'_>) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO campaign_steps (campaign, at, author, step, asked, key) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(id)
        .bind(signed.at.as_millisecond())
        .bind(signed.author)
        .bind(step)
        .bind(asked)
        .bind(signed.key)
        .execute(connection)
        .await?;
    Ok(())
}

fn read(row: &SqliteRow) -> Result<CampaignRow, StoreError> {
    Ok(CampaignRow {
        id: row.try_get("id")?,
        is: NewCampaign {
            name: row.try_get("name")?,
            flow: row.try_get("flow")?,
            lang: read_lang(row.try_get("lang")?)?,
            trunk: row.try_get("trunk")?,
            caller: row.try_get("caller")?,
            week: row.try_get("week")?,
            per_minute: row.try_get("per_minute")?,
            concurrent: row.try_get("concurrent")?,
            most_attempts: row.try_get("most_attempts")?,
            needs_consent: row.try_get("needs_consent")?,
            on_machine: row.try_get("on_machine")?,
        },
        state: row.try_get("state")?,
        starts: row.try_get::<Option<i64>, _>("starts")?.map(read_instant).transpose()?,
        created: read_instant(row.try_get("created")?)?,
    })
}
