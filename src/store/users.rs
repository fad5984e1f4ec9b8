//! People who sign in. Passwords come and go as their hashes; what they and roles mean, `security` knows.

use super::{Database, StoreError, moment};
use crate::text::Lang;
use jiff::civil::DateTime;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// Somebody who may sign in, as the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    pub id: i64,
    /// What one signs in with.
    pub name: String,
    /// What others see.
    pub shown: String,
    pub role: String,
    pub skills: Vec<String>,
    /// The SIP address of a telephone; empty: none.
    pub phone: String,
    pub lang: Lang,
    pub disabled: bool,
    pub created: DateTime,
}

/// Somebody about to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewUser<'a> {
    pub name: &'a str,
    pub shown: &'a str,
    pub role: &'a str,
    pub skills: &'a [String],
    pub lang: Lang,
    /// A hash.
    pub password: &'a str,
    pub created: DateTime,
}

/// The repository of people who sign in.
pub struct Users<'a>(pub(super) &'a Database);

impl Users<'_> {
    /// Keeps somebody; `None` when the name is taken.
    pub async fn add(&self, user: NewUser<'_>) -> Result<Option<UserRow>, StoreError> {
        let added = sqlx::query(
            "INSERT INTO users (name, shown, role, skills, lang, password, created) VALUES (?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (name) DO NOTHING",
        )
        .bind(user.name)
        .bind(user.shown)
        .bind(user.role)
        .bind(user.skills.join(" "))
        .bind(user.lang.code())
        .bind(user.password)
        .bind(moment::to_text(user.created))
        .execute(&self.0.pool)
        .await?;
        if added.rows_affected() == 0 { Ok(None) } else { self.find(user.name).await }
    }

    pub async fn find(&self, name: &str) -> Result<Option<UserRow>, StoreError> {
        let row = sqlx::query("SELECT * FROM users WHERE name = ?").bind(name).fetch_optional(&self.0.pool).await?;
        row.as_ref().map(read).transpose()
    }

    /// By name.
    pub async fn list(&self) -> Result<Vec<UserRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM users ORDER BY name").fetch_all(&self.0.pool).await?;
        rows.iter().map(read).collect()
    }

    /// The hash of somebody's password.
    pub async fn password(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT password FROM users WHERE name = ?").bind(name).fetch_optional(&self.0.pool).await?)
    }

    /// Replaces the hash of a password and ends all sessions; false when there is nobody of that name.
    pub async fn set_password(&self, name: &str, hash: &str) -> Result<bool, StoreError> {
        self.change("UPDATE users SET password = ? WHERE name = ?", hash, name).await
    }

    /// Gives another role and ends all sessions; false when there is nobody of that name.
    pub async fn set_role(&self, name: &str, role: &str) -> Result<bool, StoreError> {
        self.change("UPDATE users SET role = ? WHERE name = ?", role, name).await
    }

    /// Lets somebody in no more, or again, and ends all sessions; false when there is nobody of that name.
    pub async fn set_disabled(&self, name: &str, disabled: bool) -> Result<bool, StoreError> {
        self.change("UPDATE users SET disabled = (? = 'yes') WHERE name = ?", if disabled { "yes" } else { "no" }, name).await
    }

    /// Sets the language that somebody reads.
    pub async fn set_lang(&self, name: &str, lang: Lang) -> Result<(), StoreError> {
        sqlx::query("UPDATE users SET lang = ? WHERE name = ?").bind(lang.code()).bind(name).execute(&self.0.pool).await?;
        Ok(())
    }

    /// Sets what somebody can take over; false when there is nobody of that name.
    pub async fn set_skills(&self, name: &str, skills: &[String]) -> Result<bool, StoreError> {
        let changed =
            sqlx::query("UPDATE users SET skills = ? WHERE name = ?").bind(skills.join(" ")).bind(name).execute(&self.0.pool).await?;
        Ok(changed.rows_affected() > 0)
    }

    /// Sets what somebody speaks on; false when there is nobody of that name.
    pub async fn set_phone(&self, name: &str, phone: &str) -> Result<bool, StoreError> {
        let changed = sqlx::query("UPDATE users SET phone = ? WHERE name = ?").bind(phone).bind(name).execute(&self.0.pool).await?;
        Ok(changed.rows_affected() > 0)
    }

    /// A change after which nobody of that name is signed in.
    async fn change(&self, statement: &'static str, value: &str, name: &str) -> Result<bool, StoreError> {
        let mut transaction = self.0.begin().await?;
        let changed = sqlx::query(statement).bind(value).bind(name).execute(&mut *transaction).await?;
        sqlx::query("DELETE FROM sessions WHERE user = (SELECT id FROM users WHERE name = ?)")
            .bind(name)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(changed.rows_affected() > 0)
    }
}

pub(super) fn read(row: &SqliteRow) -> Result<UserRow, StoreError> {
    let skills: String = row.try_get("skills")?;
    Ok(UserRow {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        shown: row.try_get("shown")?,
        role: row.try_get("role")?,
        skills: skills.split_whitespace().map(str::to_owned).collect(),
        phone: row.try_get("phone")?,
        lang: super::read_lang(row.try_get("lang")?)?,
        disabled: row.try_get("disabled")?,
        created: moment::from_text(row.try_get("created")?)?,
    })
}
