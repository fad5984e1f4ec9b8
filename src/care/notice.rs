//! Notices to customers: what a flow writes to somebody, and the outbox from which it is carried to them.

use crate::store::{Channel, Database, StoreError};
use crate::text::PhoneNumber;
use jiff::civil::DateTime;
use std::future::Future;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

/// Something to be written to a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The same key is sent once.
    pub key: String,
    pub to: PhoneNumber,
    pub text: String,
    /// The call in which it was promised, the work order or the incident that it is about.
    pub about: String,
    /// How the customer wants to be written to.
    pub channel: Channel,
    pub at: DateTime,
}

/// Why a notice was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// Tell an engineer; the call goes on.
    #[error("{path}: {source}")]
    Outbox { path: PathBuf, source: std::io::Error },
    /// The other system did not take it: try again later.
    #[error("{0}")]
    Refused(String),
    /// It can never be delivered there: give it up.
    #[error("{0}")]
    Undeliverable(String),
    /// The customer wants none.
    #[error("not wanted")]
    Unwanted,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A future as trait objects need it.
pub type Taken<'a> = Pin<Box<dyn Future<Output = Result<(), NoticeError>> + Send + 'a>>;

/// Takes notices; whoever carries them on (text messages, e-mail, a webhook) implements it.
pub trait Outbox: Send + Sync {
    fn put(&self, notice: Notice) -> Taken<'_>;
}

/// A folder with a file of lines of JSON for each customer, named by the reference under which the database knows the customer; it never holds a
/// whole telephone number.
#[derive(Clone)]
pub struct FileOutbox {
    folder: PathBuf,
    database: Database,
    /// One writer at a time, so that a key is looked for and written in one go.
    writing: Arc<Mutex<()>>,
}

impl FileOutbox {
    /// In `<database>.outbox/`.
    pub fn beside(database: &Database) -> FileOutbox {
        FileOutbox { folder: database.beside(".outbox"), database: database.clone(), writing: Arc::default() }
    }

    /// The file of a customer, whether it is there or not.
    pub fn file_of(&self, customer: &PhoneNumber) -> PathBuf {
        self.folder.join(format!("{}.jsonl", self.database.stored_phone(customer).reference))
    }
}

impl Outbox for FileOutbox {
    fn put(&self, notice: Notice) -> Taken<'_> {
        let (path, writing) = (self.file_of(&notice.to), self.writing.clone());
        Box::pin(async move {
            let failed_at = path.clone();
            let write = tokio::task::spawn_blocking(move || {
                let _one = writing.lock().unwrap_or_else(PoisonError::into_inner);
                write_once(&path, &notice)
            });
            let written = write.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
            written.map_err(|source| NoticeError::Outbox { path: failed_at, source })
        })
    }
}

fn write_once(path: &Path, notice: &Notice) -> std::io::Result<()> {
    let before = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let is_same = |line: &str| {
        let kept: Result<serde_json::Value, _> = serde_json::from_str(line);
        kept.is_ok_and(|kept| kept.get("key").and_then(|key| key.as_str()) == Some(&notice.key))
    };
    if before.lines().any(is_same) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let line = serde_json::json!({
        "key": notice.key, "to": notice.to.to_string(), "at": notice.at.to_string(), "about": notice.about, "channel": notice.channel.name(), "text": notice.text,
    });
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
    writeln!(file, "{line}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn notice(key: &str, to: &str) -> Notice {
        let at = date(2026, 11, 22).at(9, 30, 0, 0);
        Notice {
            key: key.into(),
            to: PhoneNumber::parse(to).unwrap(),
            text: "报修编号2611220001".into(),
            about: "call-1".into(),
            channel: Channel::Text,
            at,
        }
    }

    #[tokio::test]
    async fn each_customer_has_a_file_and_each_notice_a_line() {
        let database = Database::temporary().await.unwrap();
        let outbox = FileOutbox::beside(&database);
        for (key, to) in [("a", "13800000001"), ("a", "13800000001"), ("b", "13800000001"), ("c", "13800000002")] {
            outbox.put(notice(key, to)).await.unwrap();
        }
        let read = |to: &str| std::fs::read_to_string(outbox.file_of(&PhoneNumber::parse(to).unwrap())).unwrap();
        let (first, second) = (read("13800000001"), read("13800000002"));
        assert_eq!((first.lines().count(), second.lines().count()), (2, 1));
        assert!(first.contains("报修编号2611220001") && first.contains("138****0001"), "{first}");
        assert!(!first.contains("13800000001"), "a whole number: {first}");
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_is_named() {
        let database = Database::temporary().await.unwrap();
        std::fs::write(database.beside(".outbox"), "a file in the way").unwrap();
        let error = FileOutbox::beside(&database).put(notice("a", "13800000001")).await.unwrap_err();
        assert!(error.to_string().contains(".outbox"), "{error}");
    }
}
