//! Who is signed in, and attempts to sign in. What a browser keeps and the names that were tried are here only as sums.

use super::users::{self, UserRow};
use super::{Database, StoreError, moment};
use jiff::civil::DateTime;
use sqlx::Row;

/// Somebody's browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    pub user: UserRow,
    pub opened: DateTime,
    pub seen: DateTime,
}

/// How many attempts failed since some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    pub of_name: u32,
    pub from_address: u32,
}

/// The repository of sessions and of attempts to sign in.
pub struct Sessions<'a>(pub(super) &'a Database);

impl Sessions<'_> {
    /// Opens a session; those that were opened before `oldest` go.
    pub async fn open(&self, digest: &[u8], user: i64, at: DateTime, oldest: DateTime) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        sqlx::query("DELETE FROM sessions WHERE opened < ?").bind(moment::to_text(oldest)).execute(&mut *transaction).await?;
        sqlx::query("INSERT INTO sessions (digest, user, opened, seen) VALUES (?1, ?2, ?3, ?3)")
            .bind(digest)
            .bind(user)
            .bind(moment::to_text(at))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    pub async fn find(&self, digest: &[u8]) -> Result<Option<SessionRow>, StoreError> {
        let row = sqlx::query("SELECT u.*, s.opened, s.seen FROM sessions s JOIN users u ON u.id = s.user WHERE s.digest = ?")
            .bind(digest)
            .fetch_optional(&self.0.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let moment = |column: &str| moment::from_text(row.try_get(column)?);
        Ok(Some(SessionRow { user: users::read(&row)?, opened: moment("opened")?, seen: moment("seen")? }))
    }

    /// It was used just now.
    pub async fn touch(&self, digest: &[u8], at: DateTime) -> Result<(), StoreError> {
        sqlx::query("UPDATE sessions SET seen = ? WHERE digest = ?").bind(moment::to_text(at)).bind(digest).execute(&self.0.pool).await?;
        Ok(())
    }

    pub async fn close(&self, digest: &[u8]) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sessions WHERE digest = ?").bind(digest).execute(&self.0.pool).await?;
        Ok(())
    }

    /// Ends all sessions of somebody.
    pub async fn close_all(&self, user: i64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sessions WHERE user = ?").bind(user).execute(&self.0.pool).await?;
        Ok(())
    }

    /// Notes an attempt as failed before the password is looked at, so that attempts at the same moment count one another; gives its number
    /// and how many failed since `since`, this one among them. Older ones go.
    pub async fn attempt(&self, name: &[u8], address: &str, at: DateTime, since: DateTime) -> Result<(i64, Failures), StoreError> {
        let mut transaction = self.0.begin().await?;
        sqlx::query("DELETE FROM sign_ins WHERE at < ?").bind(moment::to_text(since)).execute(&mut *transaction).await?;
        let id: i64 = sqlx::query_scalar("INSERT INTO sign_ins (name, address, at, passed) VALUES (?, ?, ?, 0) RETURNING id")
            .bind(name)
            .bind(address)
            .bind(moment::to_text(at))
            .fetch_one(&mut *transaction)
            .await?;
        let count = "SELECT count(*) FILTER (WHERE name = ?1), count(*) FILTER (WHERE address = ?2) FROM sign_ins WHERE passed = 0";
        let (of_name, from_address) = sqlx::query_as(count).bind(name).bind(address).fetch_one(&mut *transaction).await?;
        transaction.commit().await?;
        Ok((id, Failures { of_name, from_address }))
    }

    /// The attempt was good: it and those that failed for the same name count no more.
    pub async fn passed(&self, attempt: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE sign_ins SET passed = 1 WHERE name = (SELECT name FROM sign_ins WHERE id = ?)")
            .bind(attempt)
            .execute(&self.0.pool)
            .await?;
        Ok(())
    }

    /// The attempt was not looked at: it does not count.
    pub async fn forget(&self, attempt: i64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sign_ins WHERE id = ?").bind(attempt).execute(&self.0.pool).await?;
        Ok(())
    }
}
