//! Changes that are asked for at one time are committed together, so that the disk is waited for once and not once for each. Each is whole or not there at all,
//! whatever becomes of the others, and who asked is answered when it is on the disk. Everybody waits for what he asked, so no more can wait than ask.

use super::{Database, StoreError};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqlitePool};
use sqlx::{Acquire, Sqlite, SqliteConnection};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, oneshot};

/// What a change does, with the connection of its transaction.
pub(super) type Doing<'c, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'c>>;

/// Most changes of one commit: others wait for the write lock no longer than these take.
const MOST: usize = 100;

/// Without a connection it tells why there is none.
type Change =
    Box<dyn for<'c> FnOnce(Result<&'c mut SqliteConnection, StoreError>) -> Pin<Box<dyn Future<Output = Made> + Send + 'c>> + Send>;

struct Asked {
    change: Change,
    /// It is undone whole by itself when it fails.
    is_one_statement: bool,
}

/// A change that was made and is not committed yet.
struct Made {
    is_well: bool,
    /// Tells who asked; an error where it could not be committed.
    tell: Box<dyn FnOnce(Result<(), String>) + Send>,
}

/// Who waits for the next commit.
#[derive(Default)]
pub(super) struct Together {
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    asked: Vec<Asked>,
    /// Somebody takes what is asked.
    is_served: bool,
}

impl Together {
    /// Nothing inside panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True when somebody has to serve from now on.
    fn push(&self, asked: Asked) -> bool {
        let mut queue = self.lock();
        queue.asked.push(asked);
        !std::mem::replace(&mut queue.is_served, true)
    }

    /// What is to be committed next; without any, nobody serves any more.
    fn next(&self) -> Option<Vec<Asked>> {
        let mut queue = self.lock();
        queue.is_served = !queue.asked.is_empty();
        let most = queue.asked.len().min(MOST);
        queue.is_served.then(|| queue.asked.drain(..most).collect())
    }
}

impl Database {
    /// Makes a change in a transaction that others may share.
    pub(super) async fn together<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> Doing<'c, T> + Send + 'static,
    {
        self.ask(change, false).await
    }

    /// The same with one statement; gives how many rows it concerned.
    pub(super) async fn statement(&self, query: Query<'static, Sqlite, SqliteArguments>) -> Result<u64, StoreError> {
        self.ask(|connection| Box::pin(async move { Ok(query.execute(connection).await?.rows_affected()) }), true).await
    }

    async fn ask<T, F>(&self, change: F, is_one_statement: bool) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> Doing<'c, T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let change: Change = Box::new(move |connection| {
            Box::pin(async move {
                let made = match connection {
                    Ok(connection) => change(connection).await,
                    Err(error) => Err(error),
                };
                let is_well = made.is_ok();
                // Who does not wait any more has his change all the same.
                let tell = |committed: Result<(), String>| {
                    let _ = reply.send(committed.map_err(StoreError::Unavailable).and(made));
                };
                Made { is_well, tell: Box::new(tell) }
            })
        });
        if self.together.push(Asked { change, is_one_statement }) {
            tokio::spawn(serve(self.pool.clone(), self.writers.clone(), self.together.clone()));
        }
        answer.await.map_err(|_| StoreError::Unavailable("a change was given up".into()))?
    }
}

/// Until nothing is asked any more.
async fn serve(pool: SqlitePool, writers: Arc<Semaphore>, together: Arc<Together>) {
    let mut service = Service { together, is_over: false };
    while let Some(asked) = service.together.next() {
        if let Err(error) = commit(&pool, &writers, asked).await {
            tracing::error!(%error, "changes could not be made");
        }
    }
    service.is_over = true;
}

/// Who waits is told so also when a change panics or the runtime ends; who asks afterwards is served again.
struct Service {
    together: Arc<Together>,
    is_over: bool,
}

impl Drop for Service {
    fn drop(&mut self) {
        if !self.is_over {
            *self.together.lock() = Queue::default();
        }
    }
}

/// Nothing was made: everybody is told why, so that who may try again does.
async fn refuse(asked: Vec<Asked>, error: sqlx::Error) -> Result<(), StoreError> {
    let error = StoreError::from(error);
    for Asked { change, .. } in asked {
        let same = match &error {
            StoreError::Busy(reason) => StoreError::Busy(reason.clone()),
            other => StoreError::Unavailable(other.to_string()),
        };
        (change(Err(same)).await.tell)(Ok(()));
    }
    Err(error)
}

async fn commit(pool: &SqlitePool, writers: &Semaphore, asked: Vec<Asked>) -> Result<(), StoreError> {
    let begun = {
        let _writer = writers.acquire().await.ok();
        pool.begin_with("BEGIN IMMEDIATE").await
    };
    let mut transaction = match begun {
        Ok(transaction) => transaction,
        Err(error) => return refuse(asked, error).await,
    };
    let mut tells = Vec::with_capacity(asked.len());
    for Asked { change, is_one_statement } in asked {
        if is_one_statement {
            tells.push(change(Ok(&mut transaction)).await.tell);
            continue;
        }
        let mut whole = transaction.begin().await?;
        let made = change(Ok(&mut whole)).await;
        if made.is_well {
            whole.commit().await?;
        } else {
            whole.rollback().await?;
        }
        tells.push(made.tell);
    }
    let committed = transaction.commit().await.map_err(|error| error.to_string());
    for tell in tells {
        tell(committed.clone());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join4;

    async fn notes() -> Database {
        let database = Database::temporary().await.unwrap();
        sqlx::query("CREATE TABLE notes (n INTEGER UNIQUE)").execute(&database.pool).await.unwrap();
        database
    }

    async fn kept(database: &Database) -> Vec<i64> {
        sqlx::query_scalar("SELECT n FROM notes ORDER BY n").fetch_all(&database.pool).await.unwrap()
    }

    fn note(n: i64) -> Query<'static, Sqlite, SqliteArguments> {
        sqlx::query("INSERT INTO notes (n) VALUES (?)").bind(n)
    }

    /// Both or none.
    fn two(one: i64, other: i64) -> impl for<'c> FnOnce(&'c mut SqliteConnection) -> Doing<'c, ()> + Send + 'static {
        move |connection| {
            Box::pin(async move {
                note(one).execute(&mut *connection).await?;
                note(other).execute(connection).await?;
                Ok(())
            })
        }
    }

    #[tokio::test]
    async fn what_fails_takes_nothing_of_others_with_it() {
        let database = notes().await;
        let (first, again, pair, broken) =
            join4(database.statement(note(1)), database.statement(note(1)), database.together(two(2, 3)), database.together(two(4, 1)))
                .await;
        assert_eq!(first.unwrap(), 1);
        assert!(again.unwrap_err().to_string().contains("UNIQUE"));
        pair.unwrap();
        assert!(broken.is_err());
        assert_eq!(kept(&database).await, [1, 2, 3]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nobody_is_forgotten() {
        let database = notes().await;
        let asked: Vec<_> = (0..500)
            .map(|n| {
                let database = database.clone();
                tokio::spawn(async move { database.statement(note(n)).await.unwrap() })
            })
            .collect();
        for asked in asked {
            assert_eq!(asked.await.unwrap(), 1);
        }
        assert_eq!(kept(&database).await, (0..500).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn who_asks_after_a_panic_is_served() {
        let database = notes().await;
        let nothing = "SELECT n FROM notes WHERE n < 0";
        let panics = database.together(move |connection| {
            Box::pin(async move { Ok(sqlx::query_scalar::<_, i64>(nothing).fetch_optional(connection).await?.expect("by intention")) })
        });
        let given_up = panics.await;
        assert!(given_up.is_err());
        assert_eq!(database.statement(note(7)).await.unwrap(), 1);
    }
}
