//! People who may sign in, and who of them is.

use super::password::{Password, PasswordError};
use super::role::Role;
use super::session::{SessionKey, SessionLimits};
use crate::store::{Database, NewUser, SessionRow, StoreError, UserRow};
use crate::text::Lang;
use crate::text::sip_address::is_sip_address;
use jiff::SignedDuration;
use jiff::civil::DateTime;
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Somebody who may sign in, or the system that showed a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// 0 for another system.
    pub id: i64,
    /// What one signs in with; the author of what is done.
    pub name: String,
    /// What others see.
    pub shown: String,
    pub role: Role,
    pub skills: Vec<String>,
    /// The SIP address of the telephone that is spoken on at the desk; without it the browser is.
    pub phone: Option<String>,
    pub lang: Lang,
    pub disabled: bool,
}

/// Somebody about to be let in.
#[derive(Clone, Copy, Debug)]
pub struct NewPerson<'a> {
    pub name: &'a str,
    pub shown: &'a str,
    pub role: Role,
    pub skills: &'a [String],
    pub lang: Lang,
}

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Name or password; which, nobody is told.
    #[error("name or password is wrong")]
    Wrong,
    /// Too often wrong.
    #[error("too many attempts; try again in {minutes} minutes")]
    Wait { minutes: i64 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why people are not changed.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    #[error("there is nobody named {0}; `tingshuo user list` shows who there is")]
    Nobody(String),
    #[error("{0} is taken")]
    Taken(String),
    #[error("{0:?} is no name: 2 to 32 of a-z, 0-9, dot, hyphen and underscore, a letter first")]
    Name(String),
    #[error("{0:?}: write 1 to 40 characters in one line")]
    Shown(String),
    #[error("{0:?} is no skill: 1 to 32 of a-z, 0-9, hyphen and underscore")]
    Skill(String),
    #[error("{0:?} is no SIP address of a telephone: write it as sip:201@pbx.example")]
    Phone(String),
    /// The present password was asked for.
    #[error(transparent)]
    Unproved(#[from] SignInError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Failed attempts that are looked at within [`WINDOW`], for one name and from one address.
const MOST_OF_NAME: u32 = 5;
const MOST_FROM_ADDRESS: u32 = 20;
const WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// Passwords looked at at once: each takes a core for a moment, and calls go first.
const HASHING: usize = 1;
/// How stale [`SessionRow::seen`] may be: not every request writes.
const TOUCH: SignedDuration = SignedDuration::from_mins(1);

/// See the module's text.
#[derive(Clone, Debug)]
pub struct People {
    database: Database,
    limits: SessionLimits,
    hashing: Arc<Semaphore>,
}

impl Person {
    /// Another system, which showed the token of a role.
    pub fn system(role: Role) -> Person {
        Person { id: 0, name: "api".into(), shown: "api".into(), role, skills: Vec::new(), phone: None, lang: Lang::En, disabled: false }
    }

    fn from_row(row: UserRow) -> Result<Person, StoreError> {
        let role = Role::from_name(&row.role).ok_or_else(|| StoreError::Damaged(format!("{} has the role {}", row.name, row.role)))?;
        let UserRow { id, name, shown, skills, phone, lang, disabled, .. } = row;
        let phone = Some(phone).filter(|phone| !phone.is_empty());
        Ok(Person { id, name, shown, role, skills, phone, lang, disabled })
    }
}

impl People {
    pub fn new(database: Database, limits: SessionLimits) -> People {
        People { database, limits, hashing: Arc::new(Semaphore::new(HASHING)) }
    }

    /// Lets somebody in from now on.
    pub async fn add(&self, person: NewPerson<'_>, password: Password, now: DateTime) -> Result<Person, PeopleError> {
        let name = name(person.name)?;
        let shown = person.shown.trim();
        if shown.is_empty() || shown.chars().count() > 40 || shown.chars().any(char::is_control) {
            return Err(PeopleError::Shown(person.shown.to_owned()));
        }
        check_skills(person.skills)?;
        let password = self.hash(password).await;
        let (role, skills, lang) = (person.role.name(), person.skills, person.lang);
        let user = NewUser { name: &name, shown, role, skills, lang, password: &password, created: now };
        let row = self.database.users().add(user).await?.ok_or(PeopleError::Taken(name))?;
        Ok(Person::from_row(row)?)
    }

    /// Everybody, by name.
    pub async fn list(&self) -> Result<Vec<Person>, PeopleError> {
        Ok(self.database.users().list().await?.into_iter().map(Person::from_row).collect::<Result<_, _>>()?)
    }

    /// Sets a password and ends all sessions of its owner.
    pub async fn set_password(&self, who: &str, password: Password) -> Result<(), PeopleError> {
        let hash = self.hash(password).await;
        self.found(who, self.database.users().set_password(&name(who)?, &hash).await?)
    }

    /// Gives another role and ends all sessions.
    pub async fn set_role(&self, who: &str, role: Role) -> Result<(), PeopleError> {
        self.found(who, self.database.users().set_role(&name(who)?, role.name()).await?)
    }

    /// Lets somebody in no more (`disabled`), or again; all sessions end.
    pub async fn set_disabled(&self, who: &str, disabled: bool) -> Result<(), PeopleError> {
        self.found(who, self.database.users().set_disabled(&name(who)?, disabled).await?)
    }

    /// What an agent can take over. Sessions go on; a desk that is open has the old skills until it is opened again.
    pub async fn set_skills(&self, who: &str, skills: &[String]) -> Result<(), PeopleError> {
        check_skills(skills)?;
        self.found(who, self.database.users().set_skills(&name(who)?, skills).await?)
    }

    /// What somebody speaks on at the desk: a telephone, or without one the browser. Sessions go on; a desk that is open keeps what it has until it
    /// is opened again.
    pub async fn set_phone(&self, who: &str, phone: Option<&str>) -> Result<(), PeopleError> {
        let address = phone.map(str::trim).filter(|phone| !phone.is_empty());
        if let Some(wrong) = address.filter(|address| !is_sip_address(address)) {
            return Err(PeopleError::Phone(wrong.to_owned()));
        }
        self.found(who, self.database.users().set_phone(&name(who)?, address.unwrap_or_default()).await?)
    }

    fn found(&self, who: &str, found: bool) -> Result<(), PeopleError> {
        if found { Ok(()) } else { Err(PeopleError::Nobody(who.to_owned())) }
    }

    pub async fn set_lang(&self, person: &Person, lang: Lang) -> Result<(), PeopleError> {
        Ok(self.database.users().set_lang(&person.name, lang).await?)
    }

    /// Replaces one's own password: the present one is asked for, and all sessions end.
    pub async fn change_password(
        &self,
        person: &Person,
        present: &str,
        chosen: &str,
        from: IpAddr,
        now: DateTime,
    ) -> Result<(), PeopleError> {
        self.proved(&person.name, present, from, now).await?;
        self.set_password(&person.name, Password::chosen(chosen, &person.name)?).await
    }

    /// Signs somebody in who knows the password, from an address.
    pub async fn sign_in(&self, who: &str, password: &str, from: IpAddr, now: DateTime) -> Result<(SessionKey, Person), SignInError> {
        let person = Person::from_row(self.proved(who, password, from, now).await?)?;
        let key = SessionKey::random();
        self.database.sessions().open(&key.digest(), person.id, now, now.saturating_sub(self.limits.whole)).await?;
        Ok((key, person))
    }

    /// Whoever has this name and password; attempts are counted.
    async fn proved(&self, who: &str, password: &str, from: IpAddr, now: DateTime) -> Result<UserRow, SignInError> {
        let who = who.trim().to_lowercase();
        let (sessions, users) = (self.database.sessions(), self.database.users());
        let since = now.saturating_sub(WINDOW);
        let (attempt, failures) = sessions.attempt(&Sha256::digest(&who), &from.to_canonical().to_string(), now, since).await?;
        if failures.of_name > MOST_OF_NAME || failures.from_address > MOST_FROM_ADDRESS {
            sessions.forget(attempt).await?;
            tracing::warn!(address = %from, "too many attempts to sign in");
            return Err(SignInError::Wait { minutes: WINDOW.as_mins() });
        }
        let row = users.find(&who).await?.filter(|row| !row.disabled);
        let hash = if row.is_some() { users.password(&who).await? } else { None };
        let password = Password::typed(password).ok_or(SignInError::Wrong)?;
        let is_right = self.verify(password, hash).await;
        let row = row.filter(|_| is_right).ok_or(SignInError::Wrong)?;
        sessions.passed(attempt).await?;
        Ok(row)
    }

    /// Whose session it is; `None` when it has ended.
    pub async fn signed_in(&self, key: &SessionKey, now: DateTime) -> Result<Option<Person>, StoreError> {
        let sessions = self.database.sessions();
        let Some(SessionRow { user, opened, seen }) = sessions.find(&key.digest()).await? else { return Ok(None) };
        let is_over = now.duration_since(seen) > self.limits.idle || now.duration_since(opened) > self.limits.whole;
        if is_over || user.disabled {
            sessions.close(&key.digest()).await?;
            return Ok(None);
        }
        if now.duration_since(seen) >= TOUCH {
            sessions.touch(&key.digest(), now).await?;
        }
        Person::from_row(user).map(Some)
    }

    /// Ends one session.
    pub async fn sign_out(&self, key: &SessionKey) -> Result<(), StoreError> {
        self.database.sessions().close(&key.digest()).await
    }

    /// Ends all sessions of somebody.
    pub async fn sign_out_everywhere(&self, person: &Person) -> Result<(), StoreError> {
        self.database.sessions().close_all(person.id).await
    }

    async fn hash(&self, password: Password) -> String {
        let _turn = self.hashing.acquire().await;
        tokio::task::spawn_blocking(move || password.hash()).await.expect("hashing does not panic")
    }

    async fn verify(&self, password: Password, hash: Option<String>) -> bool {
        let _turn = self.hashing.acquire().await;
        tokio::task::spawn_blocking(move || password.is(hash.as_deref())).await.unwrap_or(false)
    }
}

fn check_skills(skills: &[String]) -> Result<(), PeopleError> {
    match skills.iter().find(|skill| !is_word(skill, 1, "-_")) {
        Some(wrong) => Err(PeopleError::Skill(wrong.clone())),
        None => Ok(()),
    }
}

/// A name as it is kept.
fn name(raw: &str) -> Result<String, PeopleError> {
    let name = raw.trim().to_lowercase();
    let is_fit = is_word(&name, 2, ".-_") && name.starts_with(|first: char| first.is_ascii_lowercase());
    if is_fit { Ok(name) } else { Err(PeopleError::Name(raw.to_owned())) }
}

fn is_word(text: &str, shortest: usize, beside: &str) -> bool {
    let is_fit = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || beside.contains(letter);
    (shortest..=32).contains(&text.len()) && text.chars().all(is_fit)
}

#[cfg(test)]
mod tests;
