//! What was changed in customers' accounts: once a key, with the reply that was given.

use super::{Database, StoreError, StoredPhone, moment, value_json};
use crate::text::Record;
use jiff::civil::DateTime;
use sqlx::Row;

/// A change that is asked for.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// The same key is done once, ever.
    pub key: &'a str,
    pub customer: &'a StoredPhone,
    pub operation: &'a str,
    /// Without personal data.
    pub arguments: &'a Record,
    pub at: DateTime,
}

/// A change that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    pub operation: String,
    pub arguments: Record,
    pub reply: Record,
    pub at: DateTime,
}

/// What became of a change that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Changed<Refusal> {
    /// Done now.
    Now(Record),
    /// It was done before under this key, and this was the reply.
    Before(Record),
    /// Decided against; nothing was written and the key is still free.
    Refused(Refusal),
    /// The key was used for something else: a fault of who makes keys.
    KeyTaken,
}

/// The repository of changes.
pub struct Changes<'a>(pub(super) &'a Database);

impl Changes<'_> {
    /// Looks at everything that was changed for this customer, lets `decide` give a reply or a refusal, and keeps the reply: all in
    /// one transaction, so that of many at once with one key exactly one is done and all get its reply.
    pub async fn apply<Refusal>(
        &self,
        change: Change<'_>,
        decide: impl FnOnce(&[Applied]) -> Result<Record, Refusal>,
    ) -> Result<Changed<Refusal>, StoreError> {
        let arguments = value_json::exact(change.arguments)?.to_string();
        let mut transaction = self.0.begin().await?;
        let before = sqlx::query("SELECT customer, operation, arguments, reply FROM changes WHERE key = ?")
            .bind(change.key)
            .fetch_optional(&mut *transaction)
            .await?;
        if let Some(row) = before {
            let same = row.try_get::<String, _>("customer")? == change.customer.reference
                && row.try_get::<String, _>("operation")? == change.operation
                && row.try_get::<String, _>("arguments")? == arguments;
            return if same { Ok(Changed::Before(value_json::read_text(row.try_get("reply")?)?)) } else { Ok(Changed::KeyTaken) };
        }
        let history = history(&mut transaction, change.customer).await?;
        let reply = match decide(&history) {
            Ok(reply) => reply,
            Err(refusal) => return Ok(Changed::Refused(refusal)),
        };
        sqlx::query("INSERT INTO changes (key, customer, operation, arguments, reply, at) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(change.key)
            .bind(&change.customer.reference)
            .bind(change.operation)
            .bind(arguments)
            .bind(value_json::exact(&reply)?.to_string())
            .bind(moment::to_text(change.at))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Changed::Now(reply))
    }

    /// Everything that was changed for this customer, oldest first.
    pub async fn of(&self, customer: &StoredPhone) -> Result<Vec<Applied>, StoreError> {
        let mut connection = self.0.pool.acquire().await?;
        history(&mut connection, customer).await
    }
}

async fn history(connection: &mut sqlx::SqliteConnection, customer: &StoredPhone) -> Result<Vec<Applied>, StoreError> {
    let rows = sqlx::query("SELECT operation, arguments, reply, at FROM changes WHERE customer = ? ORDER BY id")
        .bind(&customer.reference)
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Applied {
                operation: row.try_get("operation")?,
                arguments: value_json::read_text(row.try_get("arguments")?)?,
                reply: value_json::read_text(row.try_get("reply")?)?,
                at: moment::from_text(row.try_get("at")?)?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{PhoneNumber, Value};
    use jiff::civil::date;

    fn reply(number: i64) -> Record {
        Record::from([("n".to_owned(), Value::Number(number))])
    }

    async fn apply(database: &Database, key: &str, operation: &str, n: i64) -> Changed<()> {
        let customer = database.stored_phone(&PhoneNumber::parse("13800000001").unwrap());
        let arguments = Record::new();
        let at = date(2026, 11, 22).at(9, 0, 0, 0);
        let change = Change { key, customer: &customer, operation, arguments: &arguments, at };
        database.changes().apply(change, |history| if history.len() >= 2 { Err(()) } else { Ok(reply(n)) }).await.unwrap()
    }

    #[tokio::test]
    async fn a_key_is_done_once_and_answered_the_same() {
        let database = Database::temporary().await.unwrap();
        assert_eq!(apply(&database, "a", "x", 1).await, Changed::Now(reply(1)));
        assert_eq!(apply(&database, "a", "x", 2).await, Changed::Before(reply(1)));
        assert_eq!(apply(&database, "a", "y", 2).await, Changed::KeyTaken);
        assert_eq!(apply(&database, "b", "x", 2).await, Changed::Now(reply(2)));
        assert_eq!(apply(&database, "c", "x", 3).await, Changed::Refused(()));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn of_many_at_once_one_is_done() {
        let database = Database::temporary().await.unwrap();
        let tasks: Vec<_> = (0..20)
            .map(|n| {
                let database = database.clone();
                tokio::spawn(async move { apply(&database, "same", "x", n).await })
            })
            .collect();
        let mut now = Vec::new();
        let mut before = Vec::new();
        for task in tasks {
            match task.await.unwrap() {
                Changed::Now(reply) => now.push(reply),
                Changed::Before(reply) => before.push(reply),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((now.len(), before.len()), (1, 19));
        assert!(before.iter().all(|reply| *reply == now[0]));
    }
}
