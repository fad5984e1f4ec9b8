//! Opening the database file, its pool of connections, and what can go wrong with it.

use super::runs::Run;
use super::sealed_phone::Sealer;
use super::together::Together;
use super::{
    Attempts, CallBacks, Calls, Campaigns, Changes, ContactAttempts, ContactImports, Contacts, DeskWaits, Dialing, DoNotCall, Incidents,
    Notices, Sessions, StoredPhone, Surveys, TestCalls, ToldEvents, TriggeredCalls, Unanswered, Users, WorkOrders,
};
use crate::text::PhoneNumber;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// By what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened or written: go on without a record if the call can bear it, and tell an engineer.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// Others hold the database for longer than anybody waits: nothing was written, and the same may be tried again.
    #[error("the database is held by others: {0}")]
    Busy(String),
    /// The file was made by another version: use that version, or another file.
    #[error("the database {path} cannot be brought to this version: {reason}")]
    Version { path: PathBuf, reason: String },
    /// A row does not mean anything: an engineer must look.
    #[error("the database holds something unreadable: {0}")]
    Damaged(String),
    /// The caller broke the contract of the method: a fault in the program.
    #[error("{0}")]
    Misuse(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StoreError::Damaged(error.to_string()),
            sqlx::Error::PoolTimedOut => StoreError::Busy(error.to_string()),
            sqlx::Error::Database(ref reason) if is_busy(reason.code().as_deref()) => StoreError::Busy(error.to_string()),
            other => StoreError::Unavailable(other.to_string()),
        }
    }
}

/// By SQLite's result code, whose lowest byte is the primary one: SQLITE_BUSY, SQLITE_LOCKED.
fn is_busy(code: Option<&str>) -> bool {
    code.and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| matches!(code & 0xff, 5 | 6))
}

/// A handle on the database, cheap to clone; the file is closed when the last one goes.
#[derive(Clone)]
pub struct Database {
    pub(super) pool: SqlitePool,
    secret: [u8; 32],
    sealer: Sealer,
    /// While it is held, calls of this process are under way.
    pub(super) run: Arc<Run>,
    pub(super) together: Arc<Together>,
    path: Arc<Path>,
    /// Of those who wait for the write lock, so that connections are left for who only reads.
    pub(super) writers: Arc<Semaphore>,
    /// Keeps a temporary file's folder until nobody uses the database any more.
    _folder: Option<Arc<TemporaryFolder>>,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Database")
    }
}

/// How long a writer waits for another one before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// KiB of pages that a connection keeps, as SQLite writes it: references are random, so what is inserted in bulk touches pages everywhere.
const CACHE: &str = "-32768";
/// SQLite has one writer at a time; more connections than this only wait.
const CONNECTIONS: u32 = 4;
/// Connections that may wait for the write lock at once.
const WRITERS: usize = 2;

impl Database {
    /// Opens `path`, creates what is missing, brings the tables to this version, and closes as failed the calls of processes that
    /// died. What is committed survives a kill and a power cut.
    pub async fn open(path: &Path) -> Result<Database, StoreError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| StoreError::Unavailable(format!("{}: {error}", folder.display())))?;
        }
        Database::connect(path, SqliteSynchronous::Full, None).await
    }

    /// A new database that is gone when its last handle is; for tests and for calls that nobody wants to keep.
    pub async fn temporary() -> Result<Database, StoreError> {
        let folder = TemporaryFolder::create().map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let path = folder.0.join("tingshuo.db");
        Database::connect(&path, SqliteSynchronous::Off, Some(Arc::new(folder))).await
    }

    /// Lets everything go but the file, and opens it again, as after a crash; for tests. Other handles must be gone, or their calls count as under way.
    pub async fn reopened(self) -> Result<Database, StoreError> {
        let (path, folder) = (self.path.clone(), self._folder.clone());
        let synchronous = if folder.is_some() { SqliteSynchronous::Off } else { SqliteSynchronous::Full };
        drop(self);
        Database::connect(&path, synchronous, folder).await
    }

    async fn connect(path: &Path, synchronous: SqliteSynchronous, folder: Option<Arc<TemporaryFolder>>) -> Result<Database, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("cache_size", CACHE);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .connect_with(options)
            .await
            .map_err(|error| StoreError::Unavailable(format!("{}: {error}", path.display())))?;
        sqlx::migrate!("./migrations")
            .run(&pool)
            .await
            .map_err(|error| StoreError::Version { path: path.to_owned(), reason: error.to_string() })?;
        let secret: Vec<u8> = sqlx::query_scalar("SELECT bytes FROM secret").fetch_one(&pool).await?;
        let secret = secret.try_into().map_err(|_| StoreError::Damaged("the secret is not 32 bytes".into()))?;
        let run = Arc::new(Run::begin(&pool, path).await?);
        let database = Database {
            pool,
            secret,
            sealer: Sealer::new(&secret),
            run,
            together: Arc::default(),
            path: path.into(),
            writers: Arc::new(Semaphore::new(WRITERS)),
            _folder: folder,
        };
        for dead in database.run.dead(&database.pool, path).await? {
            database.calls().bury(&dead).await?;
            database.contact_attempts().bury(&dead).await?;
            database.dialing().bury(&dead).await?;
            database.test_calls().bury(&dead).await?;
        }
        Ok(database)
    }

    /// How `number` is kept in this database.
    pub fn stored_phone(&self, number: &PhoneNumber) -> StoredPhone {
        StoredPhone::new(&self.secret, number)
    }

    /// The whole of `number`, sealed, for a column.
    pub fn seal_phone(&self, number: &PhoneNumber) -> Vec<u8> {
        self.sealer.seal(number)
    }

    /// What [`Database::seal_phone`] gave.
    ///
    /// # Errors
    /// It is damaged or of another database.
    pub fn open_phone(&self, sealed: &[u8]) -> Result<PhoneNumber, StoreError> {
        self.sealer.open(sealed)
    }

    /// Calls, their turns and events.
    pub fn calls(&self) -> Calls<'_> {
        Calls(self)
    }

    /// Work orders and their history.
    pub fn work_orders(&self) -> WorkOrders<'_> {
        WorkOrders(self)
    }

    /// How waits for a person ended.
    pub fn desk_waits(&self) -> DeskWaits<'_> {
        DeskWaits(self)
    }

    /// Processes that dial.
    pub fn told_events(&self) -> ToldEvents<'_> {
        ToldEvents(self)
    }

    pub fn test_calls(&self) -> TestCalls<'_> {
        TestCalls(self)
    }

    pub fn dialing(&self) -> Dialing<'_> {
        Dialing(self)
    }

    /// Areas in which much is broken.
    pub fn incidents(&self) -> Incidents<'_> {
        Incidents(self)
    }

    /// What is to be written to customers.
    pub fn notices(&self) -> Notices<'_> {
        Notices(self)
    }

    /// Calls that were promised to customers.
    pub fn call_backs(&self) -> CallBacks<'_> {
        CallBacks(self)
    }

    /// Campaigns of calls that go out.
    pub fn campaigns(&self) -> Campaigns<'_> {
        Campaigns(self)
    }

    /// Whom campaigns call.
    pub fn contacts(&self) -> Contacts<'_> {
        Contacts(self)
    }

    /// Lists of contacts that were taken over.
    pub fn contact_imports(&self) -> ContactImports<'_> {
        ContactImports(self)
    }

    /// Calls of campaigns, each written before it is dialled.
    pub fn contact_attempts(&self) -> ContactAttempts<'_> {
        ContactAttempts(self)
    }

    /// Who must not be called, and who agreed to be.
    pub fn do_not_call(&self) -> DoNotCall<'_> {
        DoNotCall(self)
    }

    /// Changes made to customers' accounts, each once.
    pub fn changes(&self) -> Changes<'_> {
        Changes(self)
    }

    /// Attempts of callers to prove who they are.
    pub fn attempts(&self) -> Attempts<'_> {
        Attempts(self)
    }

    /// Events that led to calls.
    pub fn triggered(&self) -> TriggeredCalls<'_> {
        TriggeredCalls(self)
    }

    /// Questions of callers that the knowledge base could not answer.
    pub fn unanswered(&self) -> Unanswered<'_> {
        Unanswered(self)
    }

    /// People who sign in.
    pub fn users(&self) -> Users<'_> {
        Users(self)
    }

    /// Who is signed in, and attempts to.
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions(self)
    }

    /// Answers to surveys.
    pub fn surveys(&self) -> Surveys<'_> {
        Surveys(self)
    }

    /// A file or folder of this name beside the database file, gone with it when it is temporary.
    pub fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    }

    /// A transaction that holds the write lock from its first moment: what it reads stays true until it commits.
    pub(super) async fn begin(&self) -> Result<sqlx::Transaction<'static, sqlx::Sqlite>, StoreError> {
        // Nobody closes it; then everybody may. It is kept until the write lock is there.
        let _writer = self.writers.acquire().await.ok();
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }
}

/// A folder of our own, removed with everything in it.
struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn create() -> std::io::Result<TemporaryFolder> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        loop {
            let name = format!("tingshuo-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let path = std::env::temp_dir().join(name);
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(TemporaryFolder(path)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // Nothing useful can be done about a temporary folder that will not go.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_opening_finds_the_same_secret() {
        let folder = TemporaryFolder::create().unwrap();
        let path = folder.0.join("deep/in/tingshuo.db");
        let number = PhoneNumber::parse("13800000001").unwrap();
        let first = Database::open(&path).await.unwrap().stored_phone(&number);
        assert_eq!(Database::open(&path).await.unwrap().stored_phone(&number), first);
    }

    #[tokio::test]
    async fn a_file_that_is_no_database_is_named_in_the_error() {
        let folder = TemporaryFolder::create().unwrap();
        let path = folder.0.join("notes.txt");
        std::fs::write(&path, "this is no database, and long enough that SQLite reads a header from it; ".repeat(20)).unwrap();
        let error = Database::open(&path).await.unwrap_err();
        assert!(error.to_string().contains("notes.txt"), "{error}");
    }

    #[tokio::test]
    async fn a_file_of_a_newer_version_is_left_alone() {
        let folder = TemporaryFolder::create().unwrap();
        let path = folder.0.join("tingshuo.db");
        let database = Database::open(&path).await.unwrap();
        sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)",
        )
        .execute(&database.pool)
        .await
        .unwrap();
        database.pool.close().await;
        let error = Database::open(&path).await.unwrap_err();
        assert!(matches!(error, StoreError::Version { .. }) && error.to_string().contains("9999"), "{error}");
    }

    #[tokio::test]
    async fn who_finds_the_database_held_by_others_may_try_again() {
        let database = Database::temporary().await.unwrap();
        let held = database.begin().await.unwrap();
        let mut impatient = database.pool.acquire().await.unwrap();
        sqlx::query("PRAGMA busy_timeout = 0").execute(&mut *impatient).await.unwrap();
        let write = "INSERT INTO runs (id) VALUES ('x')";
        let error = sqlx::query(write).execute(&mut *impatient).await.unwrap_err();
        assert!(matches!(StoreError::from(error), StoreError::Busy(_)));
        drop(held);
        assert!(!is_busy(Some("13")) && !is_busy(None) && is_busy(Some("517")));
    }

    #[tokio::test]
    async fn a_temporary_database_leaves_nothing_behind() {
        let database = Database::temporary().await.unwrap();
        let folder = database._folder.as_ref().unwrap().0.clone();
        assert!(folder.exists());
        database.pool.close().await;
        drop(database);
        assert!(!folder.exists());
    }
}
