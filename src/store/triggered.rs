//! Events that led to calls, each occasion once; and the contacts that wait for those calls.

use super::{Database, NewContact, StoreError};
use jiff::Timestamp;
use sqlx::SqliteConnection;

/// A call that is wanted for an occasion.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// The rule that it comes from.
    pub rule: &'a str,
    pub name: &'a str,
    /// After a call by this rule, none for so long.
    pub quiet_ms: i64,
    pub campaign: i64,
    pub contact: &'a NewContact,
    /// Not called before.
    pub next: Timestamp,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Triggered {
    /// A contact of the campaign waits for its call.
    Waits,
    /// This occasion was told before.
    Before,
    /// The customer was called by this rule lately.
    Quiet,
    /// The customer is on the telephone for this campaign; the occasion may be told again.
    UnderWay,
    /// The number is somebody else's.
    WrongPerson,
}

impl Triggered {
    pub fn name(self) -> &'static str {
        match self {
            Triggered::Waits => "waits",
            Triggered::Before => "before",
            Triggered::Quiet => "quiet",
            Triggered::UnderWay => "under_way",
            Triggered::WrongPerson => "wrong_person",
        }
    }
}

/// The repository of what was triggered.
pub struct TriggeredCalls<'a>(pub(super) &'a Database);

impl TriggeredCalls<'_> {
    /// Campaigns of these names, and no others, run on when nobody is left to call.
    pub async fn keep_standing(&self, names: &[&str]) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        sqlx::query("DELETE FROM standing_campaigns").execute(&mut *transaction).await?;
        for name in names {
            sqlx::query("INSERT INTO standing_campaigns (name) VALUES (?) ON CONFLICT DO NOTHING")
                .bind(name)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// What would come of an occasion; nothing is written.
    pub async fn foresee(&self, occasion: Occasion<'_>, now: Timestamp) -> Result<Triggered, StoreError> {
        let customer = self.0.stored_phone(&occasion.contact.to);
        let mut connection = self.0.pool.acquire().await?;
        Ok(look(&mut connection, &occasion, &customer.reference, now).await?.err().unwrap_or(Triggered::Waits))
    }

    /// Lets a customer be called for an occasion, once, all in one transaction.
    pub async fn occur(&self, occasion: Occasion<'_>, now: Timestamp) -> Result<Triggered, StoreError> {
        let customer = self.0.stored_phone(&occasion.contact.to);
        let mut transaction = self.0.begin().await?;
        let there = match look(&mut transaction, &occasion, &customer.reference, now).await? {
            Ok(there) => there,
            Err(why) => return Ok(why),
        };
        let contact = match there {
            // What is told is the newest; who waited since another occasion does not wait longer.
            Some((id, state)) => {
                sqlx::query(
                    "UPDATE contacts SET state = 'waiting', variables = ?, region = ?, lang = ?, outcome = NULL, called_before = attempts,
                     next = CASE WHEN ? THEN min(next, ?) ELSE ? END WHERE id = ?",
                )
                .bind(occasion.contact.variables.as_str())
                .bind(occasion.contact.region.as_str())
                .bind(occasion.contact.lang.as_deref())
                .bind(state == "waiting")
                .bind(occasion.next.as_millisecond())
                .bind(occasion.next.as_millisecond())
                .bind(id)
                .execute(&mut *transaction)
                .await?;
                id
            }
            None => {
                let done = sqlx::query(
                    "INSERT INTO contacts (campaign, line, customer, customer_shown, customer_sealed, region, lang, variables, state, next)
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?)",
                )
                .bind(occasion.campaign)
                .bind(i64::try_from(occasion.contact.line).unwrap_or(i64::MAX))
                .bind(&customer.reference)
                .bind(&customer.shown)
                .bind(self.0.seal_phone(&occasion.contact.to))
                .bind(occasion.contact.region.as_str())
                .bind(occasion.contact.lang.as_deref())
                .bind(occasion.contact.variables.as_str())
                .bind(occasion.next.as_millisecond())
                .execute(&mut *transaction)
                .await?;
                done.last_insert_rowid()
            }
        };
        sqlx::query("INSERT INTO triggered (rule, customer, occasion, at, contact) VALUES (?, ?, ?, ?, ?)")
            .bind(occasion.rule)
            .bind(&customer.reference)
            .bind(occasion.name)
            .bind(now.as_millisecond())
            .bind(contact)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Triggered::Waits)
    }
}

/// The contact that the customer is already, with its state; or why there is no call.
async fn look(
    connection: &mut SqliteConnection,
    occasion: &Occasion<'_>,
    customer: &str,
    now: Timestamp,
) -> Result<Result<Option<(i64, String)>, Triggered>, StoreError> {
    let before: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM triggered WHERE rule = ? AND customer = ? AND occasion = ?)")
        .bind(occasion.rule)
        .bind(customer)
        .bind(occasion.name)
        .fetch_one(&mut *connection)
        .await?;
    if before {
        return Ok(Err(Triggered::Before));
    }
    let is_quiet: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM triggered WHERE customer = ? AND rule = ? AND at > ?)")
        .bind(customer)
        .bind(occasion.rule)
        .bind(now.as_millisecond() - occasion.quiet_ms)
        .fetch_one(&mut *connection)
        .await?;
    if occasion.quiet_ms > 0 && is_quiet {
        return Ok(Err(Triggered::Quiet));
    }
    let there: Option<(i64, String, Option<String>)> =
        sqlx::query_as("SELECT id, state, outcome FROM contacts WHERE campaign = ? AND customer = ?")
            .bind(occasion.campaign)
            .bind(customer)
            .fetch_optional(&mut *connection)
            .await?;
    Ok(match there {
        Some((_, state, _)) if state == "dialling" => Err(Triggered::UnderWay),
        Some((_, _, Some(outcome))) if outcome == "wrong_person" => Err(Triggered::WrongPerson),
        there => Ok(there.map(|(id, state, _)| (id, state))),
    })
}
