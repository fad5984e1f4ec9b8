//! Which processes have the database open, so that calls of dead ones can be told from calls under way.
//!
//! A run is a row and a lock on the file `<database>.run-<id>`. The operating system gives the lock up when the process ends,
//! however it ends: no clock, no process ids that come round again.

use super::StoreError;
use sqlx::SqlitePool;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// This process's run; dropping it ends the run.
pub(super) struct Run {
    pub id: String,
    path: PathBuf,
    /// Holds the lock.
    _file: File,
}

impl Run {
    pub async fn begin(pool: &SqlitePool, database: &Path) -> Result<Run, StoreError> {
        let id: String = sqlx::query_scalar("SELECT lower(hex(randomblob(8)))").fetch_one(pool).await?;
        let path = lock_path(database, &id);
        let unavailable = |error: std::io::Error| StoreError::Unavailable(format!("{}: {error}", path.display()));
        let file = File::create(&path).map_err(unavailable)?;
        file.lock().map_err(unavailable)?;
        // Only now: a row without its lock is a dead run to others.
        sqlx::query("INSERT INTO runs (id) VALUES (?)").bind(&id).execute(pool).await?;
        Ok(Run { id, path, _file: file })
    }

    /// The other runs whose process is gone; their lock files are removed.
    pub async fn dead(&self, pool: &SqlitePool, database: &Path) -> Result<Vec<String>, StoreError> {
        let others: Vec<String> = sqlx::query_scalar("SELECT id FROM runs WHERE id <> ?").bind(&self.id).fetch_all(pool).await?;
        Ok(others.into_iter().filter(|id| is_dead(&lock_path(database, id))).collect())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // If it stays, the next start finds it unlocked and removes it.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn lock_path(database: &Path, id: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(format!(".run-{id}"));
    PathBuf::from(name)
}

fn is_dead(path: &Path) -> bool {
    match File::open(path) {
        Ok(file) => match file.try_lock() {
            Ok(()) => {
                let _ = std::fs::remove_file(path);
                true
            }
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(_)) => false,
        },
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}
