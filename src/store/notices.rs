//! What is to be written to customers: kept with what makes it necessary, then carried on until it is taken.

use super::{Database, StoreError, StoredPhone, moment};
use crate::text::PhoneNumber;
use jiff::civil::DateTime;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

/// How a customer wants to be written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Channel {
    #[default]
    Text,
    Mail,
    /// Not at all.
    None,
}

impl Channel {
    pub fn name(self) -> &'static str {
        match self {
            Channel::Text => "text",
            Channel::Mail => "mail",
            Channel::None => "none",
        }
    }

    pub fn from_name(name: &str) -> Option<Channel> {
        [Channel::Text, Channel::Mail, Channel::None].into_iter().find(|channel| channel.name() == name)
    }
}

/// A notice that waits to be carried on.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptNotice {
    pub id: i64,
    pub key: String,
    pub to: PhoneNumber,
    /// A work order, or `incident/N`.
    pub about: String,
    pub text: String,
    pub channel: Channel,
    pub created: DateTime,
    /// Attempts that failed.
    pub attempts: u32,
}

/// The repository of notices.
pub struct Notices<'a>(pub(super) &'a Database);

impl Notices<'_> {
    /// Keeps a notice, once a key.
    pub async fn keep(&self, key: &str, to: &PhoneNumber, about: &str, text: &str, now: DateTime) -> Result<(), StoreError> {
        let customer = self.0.stored_phone(to);
        sqlx::query(
            "INSERT INTO notices (key, customer, customer_shown, customer_sealed, about, text, created, next_try)
             VALUES (?, ?, ?, ?, ?, ?, ?7, ?7) ON CONFLICT (key) DO NOTHING",
        )
        .bind(key)
        .bind(&customer.reference)
        .bind(&customer.shown)
        .bind(self.0.seal_phone(to))
        .bind(about)
        .bind(text)
        .bind(moment::to_text(now))
        .execute(&self.0.pool)
        .await?;
        Ok(())
    }

    /// Those to be carried on by `now`, the oldest first, at most `most`.
    pub async fn waiting(&self, now: DateTime, most: u32) -> Result<Vec<KeptNotice>, StoreError> {
        let rows = sqlx::query(
            "SELECT n.*, c.channel AS channel FROM notices n LEFT JOIN contact_channels c ON c.customer = n.customer
             WHERE n.next_try <= ? ORDER BY n.next_try, n.id LIMIT ?",
        )
        .bind(moment::to_text(now))
        .bind(most)
        .fetch_all(&self.0.pool)
        .await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    /// It was taken, or need not be.
    pub async fn settled(&self, id: i64, sent: Option<DateTime>, failure: Option<&str>) -> Result<(), StoreError> {
        sqlx::query("UPDATE notices SET next_try = NULL, sent = ?, failure = ? WHERE id = ?")
            .bind(sent.map(moment::to_text))
            .bind(failure)
            .bind(id)
            .execute(&self.0.pool)
            .await?;
        Ok(())
    }

    /// It was not taken: again at `next`.
    pub async fn failed(&self, id: i64, failure: &str, next: DateTime) -> Result<(), StoreError> {
        sqlx::query("UPDATE notices SET next_try = ?, attempts = attempts + 1, failure = ? WHERE id = ?")
            .bind(moment::to_text(next))
            .bind(failure)
            .bind(id)
            .execute(&self.0.pool)
            .await?;
        Ok(())
    }

    /// About and text of everything for a customer, the oldest first.
    pub async fn of_customer(&self, customer: &StoredPhone) -> Result<Vec<(String, String)>, StoreError> {
        let rows = sqlx::query_as("SELECT about, text FROM notices WHERE customer = ? ORDER BY id")
            .bind(&customer.reference)
            .fetch_all(&self.0.pool)
            .await?;
        Ok(rows)
    }

    /// How a customer wants to be written to from now on.
    pub async fn choose_channel(&self, customer: &StoredPhone, channel: Channel) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO contact_channels (customer, channel) VALUES (?, ?) ON CONFLICT (customer) DO UPDATE SET channel = excluded.channel",
        )
        .bind(&customer.reference)
        .bind(channel.name())
        .execute(&self.0.pool)
        .await?;
        Ok(())
    }

    fn read(&self, row: &SqliteRow) -> Result<KeptNotice, StoreError> {
        let channel: Option<String> = row.try_get("channel")?;
        let channel = match channel {
            None => Channel::default(),
            Some(name) => Channel::from_name(&name).ok_or_else(|| StoreError::Damaged(format!("a channel {name}")))?,
        };
        Ok(KeptNotice {
            id: row.try_get("id")?,
            key: row.try_get("key")?,
            to: self.0.open_phone(row.try_get("customer_sealed")?)?,
            about: row.try_get("about")?,
            text: row.try_get("text")?,
            channel,
            created: moment::from_text(row.try_get("created")?)?,
            attempts: row.try_get("attempts")?,
        })
    }
}

/// A notice to the customer of a work order, when the number is known.
pub(super) async fn keep_for_order(
    connection: &mut SqliteConnection,
    number: &str,
    key: &str,
    text: &str,
    now: DateTime,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO notices (key, customer, customer_shown, customer_sealed, about, text, created, next_try)
         SELECT ?1, customer, customer_shown, customer_sealed, number, ?2, ?3, ?3 FROM work_orders
         WHERE number = ?4 AND customer_sealed IS NOT NULL ON CONFLICT (key) DO NOTHING",
    )
    .bind(key)
    .bind(text)
    .bind(moment::to_text(now))
    .bind(number)
    .execute(connection)
    .await?;
    Ok(())
}

/// One notice for each customer of an incident, however many orders of his hang on it.
pub(super) async fn keep_for_incident(
    connection: &mut SqliteConnection,
    number: &str,
    incident: i64,
    text: &str,
    now: DateTime,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO notices (key, customer, customer_shown, customer_sealed, about, text, created, next_try)
         SELECT ?1 || '/' || customer, customer, customer_shown, customer_sealed, ?1, ?2, ?3, ?3 FROM work_orders
         WHERE number = ?4 AND customer_sealed IS NOT NULL ON CONFLICT (key) DO NOTHING",
    )
    .bind(format!("incident/{incident}"))
    .bind(text)
    .bind(moment::to_text(now))
    .bind(number)
    .execute(connection)
    .await?;
    Ok(())
}
