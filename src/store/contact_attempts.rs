//! Calls of campaigns, each written before it is dialled: whoever finds a row knows that it was, and never dials it again.
//!
//! [`ContactAttempts::begin`] looks at everything that forbids a call inside the transaction that writes the row, so that no rule is passed by between.

use super::moment::{self, read_instant};
use super::{Database, StoreError, read_lang};
use crate::text::{Lang, PhoneNumber};
use jiff::Timestamp;
use jiff::civil::DateTime;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

/// What a call has to pass; what depends on hours is asked before.
#[derive(Clone, Debug)]
pub struct Checks<'a> {
    /// Regions that may be called now; an empty name is where none is named.
    pub regions: &'a [String],
    /// Most calls to one customer, of all campaigns, in spans of so many milliseconds.
    pub caps: &'a [(i64, u32)],
}

/// A call that may be dialled now, once.
#[derive(Clone, Debug, PartialEq)]
pub struct Begun {
    pub attempt: i64,
    pub contact: i64,
    /// From 1; of a campaign that events fill, for this occasion.
    pub nth: u32,
    pub to: PhoneNumber,
    /// Empty where none is named.
    pub region: String,
    pub lang: Option<Lang>,
    /// JSON: name to text.
    pub variables: String,
}

/// What was found for a place in a campaign.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    Begun(Box<Begun>),
    /// Nobody may be called now; somebody may be from that moment on, if there is anybody left in an open region.
    Nobody(Option<Timestamp>),
    /// The campaign is not running.
    NotRunning,
}

/// How an attempt ended, and what comes of it for the contact.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    pub outcome: &'a str,
    /// `waiting`, `done`, `given_up` or `stopped`.
    pub state: &'a str,
    /// When the contact is called again.
    pub next: Option<Timestamp>,
    /// Who picked up, as far as that is known.
    pub answered_by: Option<&'a str>,
}

/// A call that a process began which is dead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    pub attempt: i64,
    /// The contact's number of attempts, and its campaign's most.
    pub nth: u32,
    pub most: u32,
    /// Empty where none is named.
    pub region: String,
    /// What it had come to.
    pub reached: Option<Reached>,
}

/// What a call has come to so far, by the name of a conclusion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    pub conclusion: String,
    /// When the customer wants to be called, by his local time.
    pub later: Option<DateTime>,
}

/// Contacts that one `begin` puts off or strikes out before it gives the lock back.
const MOST_LOOKED_AT: usize = 100;

/// The repository of attempts.
pub struct ContactAttempts<'a>(pub(super) &'a Database);

/// Who waits, as a row.
struct Waiting {
    contact: i64,
    customer: String,
    sealed: Vec<u8>,
    region: String,
    lang: Option<String>,
    variables: String,
    attempts: u32,
    /// Those of occasions before this one.
    called_before: u32,
    next: i64,
}

/// What stands in the way of a call.
enum Hindrance {
    /// For good, by this name.
    Stop(&'static str),
    Wait(i64),
}

impl ContactAttempts<'_> {
    /// Takes the contact of a running campaign that has waited longest, if it passes `checks`, and writes the attempt. Contacts that must not be called are
    /// struck out, those called often enough put off.
    pub async fn begin(&self, campaign: i64, checks: &Checks<'_>, now: Timestamp) -> Result<Found, StoreError> {
        let (database, regions, caps) = (self.0.clone(), checks.regions.to_vec(), checks.caps.to_vec());
        let begun = self.0.together(move |connection| {
            Box::pin(async move { begin(&database, connection, campaign, &Checks { regions: &regions, caps: &caps }, now).await })
        });
        begun.await
    }

    /// It ended; false when that was known.
    pub async fn end(&self, attempt: i64, ended: Ended<'_>, now: Timestamp) -> Result<bool, StoreError> {
        let (outcome, state, next) = (ended.outcome.to_owned(), ended.state.to_owned(), ended.next.map(Timestamp::as_millisecond));
        let answered_by = ended.answered_by.map(str::to_owned);
        let ended = self.0.together(move |connection| {
            Box::pin(async move {
                let contact: Option<i64> = sqlx::query_scalar(
                    "UPDATE contact_attempts SET ended = ?, outcome = ?, answered_by = ? WHERE id = ? AND ended IS NULL RETURNING contact",
                )
                .bind(now.as_millisecond())
                .bind(&outcome)
                .bind(&answered_by)
                .bind(attempt)
                .fetch_optional(&mut *connection)
                .await?;
                let Some(contact) = contact else { return Ok(false) };
                sqlx::query("UPDATE contacts SET state = ?, outcome = ?, next = coalesce(?, next) WHERE id = ? AND state = 'dialling'")
                    .bind(&state)
                    .bind(&outcome)
                    .bind(next)
                    .bind(contact)
                    .execute(connection)
                    .await?;
                Ok(true)
            })
        });
        ended.await
    }

    /// What the call to a customer that this process holds has come to, if it came to anything.
    pub async fn reached(&self, customer: &PhoneNumber) -> Result<Option<Reached>, StoreError> {
        let row = sqlx::query("SELECT reached, reached_later FROM contact_attempts WHERE customer = ? AND run = ? AND ended IS NULL")
            .bind(self.0.stored_phone(customer).reference)
            .bind(&self.0.run.id)
            .fetch_optional(&self.0.pool)
            .await?;
        row.as_ref().map_or(Ok(None), read_reached)
    }

    /// Writes down what it has come to; a customer is in one call at a time.
    pub async fn reach(&self, customer: &PhoneNumber, reached: &Reached) -> Result<(), StoreError> {
        let query =
            sqlx::query("UPDATE contact_attempts SET reached = ?, reached_later = ? WHERE customer = ? AND run = ? AND ended IS NULL")
                .bind(reached.conclusion.clone())
                .bind(reached.later.map(moment::to_text))
                .bind(self.0.stored_phone(customer).reference)
                .bind(self.0.run.id.clone());
        self.0.statement(query).await?;
        Ok(())
    }

    /// Attempts under way in processes that died.
    pub async fn lost(&self) -> Result<Vec<Lost>, StoreError> {
        let rows = sqlx::query(
            "SELECT a.id, a.nth - c.called_before AS nth, g.most_attempts, c.region, a.reached, a.reached_later
             FROM contact_attempts a JOIN contacts c ON c.id = a.contact JOIN campaigns g ON g.id = c.campaign
             WHERE a.ended IS NULL AND a.run = ''",
        )
        .fetch_all(&self.0.pool)
        .await?;
        let read = |row: &SqliteRow| {
            Ok(Lost {
                attempt: row.try_get("id")?,
                nth: row.try_get("nth")?,
                most: row.try_get("most_attempts")?,
                region: row.try_get("region")?,
                reached: read_reached(row)?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Nobody dials the attempts of a dead process any more.
    pub(super) async fn bury(&self, run: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE contact_attempts SET run = '' WHERE run = ? AND ended IS NULL").bind(run).execute(&self.0.pool).await?;
        Ok(())
    }
}

/// See [`ContactAttempts::begin`].
async fn begin(
    database: &Database,
    connection: &mut SqliteConnection,
    campaign: i64,
    checks: &Checks<'_>,
    now: Timestamp,
) -> Result<Found, StoreError> {
    let needs_consent: Option<bool> = sqlx::query_scalar("SELECT needs_consent FROM campaigns WHERE id = ? AND state = 'running'")
        .bind(campaign)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(needs_consent) = needs_consent else { return Ok(Found::NotRunning) };
    let mut found = Found::Nobody(Some(now));
    for _ in 0..MOST_LOOKED_AT {
        let Some(waiting) = first(connection, campaign, checks.regions).await? else {
            found = Found::Nobody(None);
            break;
        };
        if waiting.next > now.as_millisecond() {
            found = Found::Nobody(Some(read_instant(waiting.next)?));
            break;
        }
        match hindrance(connection, campaign, &waiting, needs_consent, checks.caps, now).await? {
            None => {
                found = Found::Begun(Box::new(write(database, connection, waiting, now).await?));
                break;
            }
            Some(Hindrance::Stop(why)) => {
                sqlx::query("UPDATE contacts SET state = 'stopped', outcome = ? WHERE id = ?")
                    .bind(why)
                    .bind(waiting.contact)
                    .execute(&mut *connection)
                    .await?;
            }
            Some(Hindrance::Wait(until)) => {
                sqlx::query("UPDATE contacts SET next = ? WHERE id = ?")
                    .bind(until)
                    .bind(waiting.contact)
                    .execute(&mut *connection)
                    .await?;
            }
        }
    }
    Ok(found)
}

async fn write(database: &Database, connection: &mut SqliteConnection, waiting: Waiting, now: Timestamp) -> Result<Begun, StoreError> {
    let of_all = waiting.attempts + 1;
    let nth = of_all - waiting.called_before;
    let to = database.open_phone(&waiting.sealed)?;
    let done = sqlx::query("INSERT INTO contact_attempts (contact, nth, customer, run, began) VALUES (?, ?, ?, ?, ?)")
        .bind(waiting.contact)
        .bind(of_all)
        .bind(&waiting.customer)
        .bind(&database.run.id)
        .bind(now.as_millisecond())
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE contacts SET state = 'dialling', attempts = ? WHERE id = ?")
        .bind(of_all)
        .bind(waiting.contact)
        .execute(connection)
        .await?;
    let lang = waiting.lang.map(read_lang).transpose()?;
    Ok(Begun {
        attempt: done.last_insert_rowid(),
        contact: waiting.contact,
        nth,
        to,
        region: waiting.region,
        lang,
        variables: waiting.variables,
    })
}

fn read_reached(row: &SqliteRow) -> Result<Option<Reached>, StoreError> {
    let Some(conclusion) = row.try_get("reached")? else { return Ok(None) };
    let later: Option<String> = row.try_get("reached_later")?;
    Ok(Some(Reached { conclusion, later: later.as_deref().map(moment::from_text).transpose()? }))
}

async fn first(connection: &mut SqliteConnection, campaign: i64, regions: &[String]) -> Result<Option<Waiting>, StoreError> {
    let mut first: Option<Waiting> = None;
    for region in regions {
        let row = sqlx::query(
            "SELECT id, customer, customer_sealed, lang, variables, attempts, called_before, next FROM contacts
             WHERE campaign = ? AND region = ? AND state = 'waiting' ORDER BY next LIMIT 1",
        )
        .bind(campaign)
        .bind(region)
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = row else { continue };
        let next: i64 = row.try_get("next")?;
        if first.as_ref().is_none_or(|first| next < first.next) {
            first = Some(Waiting {
                contact: row.try_get("id")?,
                customer: row.try_get("customer")?,
                sealed: row.try_get("customer_sealed")?,
                region: region.clone(),
                lang: row.try_get("lang")?,
                variables: row.try_get("variables")?,
                attempts: row.try_get("attempts")?,
                called_before: row.try_get("called_before")?,
                next,
            });
        }
    }
    Ok(first)
}

async fn hindrance(
    connection: &mut SqliteConnection,
    campaign: i64,
    waiting: &Waiting,
    needs_consent: bool,
    caps: &[(i64, u32)],
    now: Timestamp,
) -> Result<Option<Hindrance>, StoreError> {
    let refuses: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM do_not_call WHERE customer = ? AND campaign IN (0, ?))")
        .bind(&waiting.customer)
        .bind(campaign)
        .fetch_one(&mut *connection)
        .await?;
    if refuses {
        return Ok(Some(Hindrance::Stop("do_not_call")));
    }
    if needs_consent {
        let consents: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM consents WHERE customer = ?)")
            .bind(&waiting.customer)
            .fetch_one(&mut *connection)
            .await?;
        if !consents {
            return Ok(Some(Hindrance::Stop("no_consent")));
        }
    }
    let mut until = None;
    for (span_ms, most) in caps {
        // The call that has to be longer ago than the span before another may go.
        let since: Option<i64> =
            sqlx::query_scalar("SELECT began FROM contact_attempts WHERE customer = ? AND began > ? ORDER BY began DESC LIMIT 1 OFFSET ?")
                .bind(&waiting.customer)
                .bind(now.as_millisecond() - span_ms)
                .bind(most.saturating_sub(1))
                .fetch_optional(&mut *connection)
                .await?;
        until = until.max(since.map(|began| began + span_ms));
    }
    // Somebody who is on the telephone with another campaign is not called by this one.
    let is_called: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM contact_attempts WHERE customer = ?1 AND ended IS NULL)
             OR EXISTS (SELECT 1 FROM test_calls WHERE customer = ?1 AND ended IS NULL)",
    )
    .bind(&waiting.customer)
    .fetch_one(connection)
    .await?;
    if is_called {
        until = until.max(Some(now.as_millisecond() + WHILE_CALLED_MS));
    }
    Ok(until.map(Hindrance::Wait))
}

/// How long somebody is left alone who is being called already.
const WHILE_CALLED_MS: i64 = 15 * 60 * 1000;
