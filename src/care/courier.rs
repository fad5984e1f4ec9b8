//! Carries kept notices to the outbox until it takes them; what it does not take is tried again, later each time.

use super::notice::{Notice, NoticeError, Outbox, Taken};
use crate::store::{Channel, Database, StoreError};
use jiff::SignedDuration;
use jiff::civil::DateTime;
use std::sync::Arc;

/// After so many attempts a notice is given up; the longest wait times this is a bit over half a day.
const MOST_ATTEMPTS: u32 = 20;
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(15);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);
/// Notices read at once.
const PAGE: u32 = 200;

/// What became of notices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    pub sent: u32,
    /// To be tried again.
    pub failed: u32,
    pub given_up: u32,
    /// To customers who want none.
    pub unwanted: u32,
}

/// See the module's text.
pub struct Courier {
    database: Database,
    outbox: Arc<dyn Outbox>,
}

impl Courier {
    pub fn new(database: Database, outbox: Arc<dyn Outbox>) -> Courier {
        Courier { database, outbox }
    }

    /// Tries everything that is to be tried by `now`, each once.
    pub async fn carry(&self, now: DateTime) -> Result<Carried, StoreError> {
        let mut carried = Carried::default();
        loop {
            let page = self.database.notices().waiting(now, PAGE).await?;
            let Some(last) = page.last().map(|notice| notice.id) else { return Ok(carried) };
            let is_whole = page.len() < PAGE as usize;
            for kept in page {
                if kept.channel == Channel::None {
                    self.database.notices().settled(kept.id, None, Some("not wanted")).await?;
                    carried.unwanted += 1;
                    continue;
                }
                let notice = Notice {
                    key: kept.key,
                    to: kept.to,
                    text: kept.text,
                    about: kept.about.clone(),
                    channel: kept.channel,
                    at: kept.created,
                };
                match self.outbox.put(notice).await {
                    Ok(()) => {
                        self.database.notices().settled(kept.id, Some(now), None).await?;
                        carried.sent += 1;
                    }
                    Err(NoticeError::Unwanted) => {
                        self.database.notices().settled(kept.id, None, Some("not wanted")).await?;
                        carried.unwanted += 1;
                    }
                    Err(error) if kept.attempts + 1 >= MOST_ATTEMPTS || matches!(error, NoticeError::Undeliverable(_)) => {
                        tracing::error!(about = kept.about, %error, "a notice to a customer is given up");
                        self.database.notices().settled(kept.id, None, Some(&error.to_string())).await?;
                        carried.given_up += 1;
                    }
                    Err(error) => {
                        self.database.notices().failed(kept.id, &error.to_string(), now.saturating_add(wait(kept.attempts))).await?;
                        carried.failed += 1;
                    }
                }
            }
            if is_whole {
                tracing::debug!(last, ?carried, "notices were carried on");
                return Ok(carried);
            }
        }
    }
}

/// Twice as long each time.
fn wait(attempts: u32) -> SignedDuration {
    FIRST_WAIT.saturating_mul(1 << attempts.min(16)).min(LONGEST_WAIT)
}

/// Keeps notices in the database, for a [`Courier`]: a call does not wait for other systems.
pub struct KeptOutbox(pub Database);

impl Outbox for KeptOutbox {
    fn put(&self, notice: Notice) -> Taken<'_> {
        Box::pin(async move {
            let Notice { key, to, text, about, at, .. } = notice;
            Ok(self.0.notices().keep(&key, &to, &about, &text, at).await?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::PhoneNumber;
    use jiff::civil::date;
    use std::sync::Mutex;

    /// Takes every third.
    #[derive(Default)]
    struct Moody {
        asked: Mutex<u32>,
        taken: Mutex<Vec<String>>,
    }

    impl Outbox for Moody {
        fn put(&self, notice: Notice) -> Taken<'_> {
            let mut asked = self.asked.lock().unwrap();
            *asked += 1;
            let is_taken = (*asked).is_multiple_of(3);
            if is_taken {
                self.taken.lock().unwrap().push(format!("{} {}", notice.key, notice.channel.name()));
            }
            Box::pin(async move { if is_taken { Ok(()) } else { Err(NoticeError::Refused("503".into())) } })
        }
    }

    fn at(seconds: i64) -> DateTime {
        date(2026, 11, 22).at(9, 0, 0, 0).saturating_add(SignedDuration::from_secs(seconds))
    }

    async fn keep(database: &Database, key: &str, to: &str) -> PhoneNumber {
        let to = PhoneNumber::parse(to).unwrap();
        database.notices().keep(key, &to, "2611220001", "您好", at(0)).await.unwrap();
        to
    }

    #[tokio::test]
    async fn what_is_not_taken_is_tried_later_and_once_taken_never_again() {
        let database = Database::temporary().await.unwrap();
        let outbox = Arc::new(Moody::default());
        let courier = Courier::new(database.clone(), outbox.clone());
        keep(&database, "a", "13800000001").await;
        keep(&database, "a", "13800000001").await;
        let mut failed = Vec::new();
        for second in 0..120 {
            if courier.carry(at(second)).await.unwrap().failed > 0 {
                failed.push(second);
            }
        }
        assert_eq!(failed, [0, 15], "then 30 seconds later it was taken");
        assert_eq!(*outbox.taken.lock().unwrap(), ["a text"]);
    }

    #[tokio::test]
    async fn a_customer_is_written_to_as_he_wants_or_not_at_all() {
        let database = Database::temporary().await.unwrap();
        let outbox = Arc::new(Moody { asked: Mutex::new(2), ..Moody::default() });
        let (mail, none) = (keep(&database, "a", "13800000001").await, keep(&database, "b", "13800000002").await);
        database.notices().choose_channel(&database.stored_phone(&mail), Channel::Mail).await.unwrap();
        database.notices().choose_channel(&database.stored_phone(&none), Channel::None).await.unwrap();
        let carried = Courier::new(database.clone(), outbox.clone()).carry(at(0)).await.unwrap();
        assert_eq!(carried, Carried { sent: 1, unwanted: 1, ..Carried::default() });
        assert_eq!(*outbox.taken.lock().unwrap(), ["a mail"]);
    }

    #[tokio::test]
    async fn what_is_never_taken_is_given_up_at_last() {
        let database = Database::temporary().await.unwrap();
        std::fs::write(database.beside(".outbox"), "a file in the way").unwrap();
        let courier = Courier::new(database.clone(), Arc::new(crate::care::FileOutbox::beside(&database)));
        keep(&database, "a", "13800000001").await;
        let (mut tries, mut given_up) = (0, 0);
        for minute in 0..2 * 24 * 60 {
            let carried = courier.carry(at(minute * 60)).await.unwrap();
            tries += carried.failed + carried.given_up;
            given_up += carried.given_up;
        }
        assert_eq!((tries, given_up), (MOST_ATTEMPTS, 1));
    }
}
