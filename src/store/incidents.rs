//! Areas in which much is broken: raised within the transaction of the order that makes it so, closed with every order that hangs on it.

use super::work_orders::{Note, Threshold, add_history};
use super::{Database, StoreError, moment, notices};
use crate::text::Lang;
use jiff::civil::DateTime;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

/// Much of one class is broken in one area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    pub id: i64,
    pub class: String,
    pub area: String,
    pub opened: DateTime,
    /// When it should be over, once somebody knows.
    pub ends: Option<DateTime>,
    pub resolved: Option<DateTime>,
    /// Orders that hang on it.
    pub reports: u32,
}

/// The repository of incidents.
pub struct Incidents<'a>(pub(super) &'a Database);

const SELECT: &str = "SELECT i.*, (SELECT count(*) FROM work_orders w WHERE w.incident = i.id) AS reports FROM incidents i";

impl Incidents<'_> {
    /// What is going on in an area, the earliest first.
    pub async fn of_area(&self, area: &str) -> Result<Vec<Incident>, StoreError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT} WHERE i.area = ? AND i.resolved IS NULL ORDER BY i.id")))
            .bind(area)
            .fetch_all(&self.0.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// The newest first; only those going on when `open`.
    pub async fn list(&self, open: bool, most: u32) -> Result<Vec<Incident>, StoreError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT} WHERE (?1 = 0 OR i.resolved IS NULL) ORDER BY i.id DESC LIMIT ?2")))
            .bind(open)
            .bind(most)
            .fetch_all(&self.0.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    pub async fn find(&self, id: i64) -> Result<Option<Incident>, StoreError> {
        find(&mut *self.0.pool.acquire().await?, id).await
    }

    /// Says when it should be over; false when it is not going on.
    pub async fn expect(&self, id: i64, ends: DateTime) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE incidents SET ends = ? WHERE id = ? AND resolved IS NULL")
            .bind(moment::to_text(ends))
            .bind(id)
            .execute(&self.0.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Closes an incident: every order of it that is waited for goes to `done`, every customer of one is written to once, all in one
    /// transaction. The incident as it is then; `None` for an unknown one. What is closed stays as it is.
    pub async fn resolve(
        &self,
        id: i64,
        done: &str,
        texts: impl Fn(Lang) -> String + Send,
        note: Note<'_>,
    ) -> Result<Option<Incident>, StoreError> {
        let mut transaction = self.0.begin().await?;
        let closed = sqlx::query("UPDATE incidents SET resolved = ? WHERE id = ? AND resolved IS NULL")
            .bind(moment::to_text(note.at))
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        if closed.rows_affected() > 0 {
            let orders: Vec<(String, String, bool)> =
                sqlx::query_as("SELECT number, lang, waiting FROM work_orders WHERE incident = ? ORDER BY created, number")
                    .bind(id)
                    .fetch_all(&mut *transaction)
                    .await?;
            for (number, lang, waiting) in orders {
                let text = texts(super::read_lang(lang)?);
                notices::keep_for_incident(&mut transaction, &number, id, &text, note.at).await?;
                if waiting {
                    sqlx::query(
                        "UPDATE work_orders SET state = ?, waiting = 0, next_warning = NULL, next_progress = NULL WHERE number = ?",
                    )
                    .bind(done)
                    .bind(&number)
                    .execute(&mut *transaction)
                    .await?;
                    add_history(&mut transaction, &number, Some(done), note).await?;
                }
            }
        }
        let incident = find(&mut transaction, id).await?;
        transaction.commit().await?;
        Ok(incident)
    }
}

/// An order of `class` was opened in `area`: it joins the incident that goes on there, or raises one.
pub(super) async fn report(
    connection: &mut SqliteConnection,
    class: &str,
    area: &str,
    threshold: Threshold,
    now: DateTime,
) -> Result<(), StoreError> {
    let going_on: Option<i64> = sqlx::query_scalar("SELECT id FROM incidents WHERE class = ? AND area = ? AND resolved IS NULL")
        .bind(class)
        .bind(area)
        .fetch_optional(&mut *connection)
        .await?;
    let since = moment::to_text(threshold.since);
    let id = match going_on {
        Some(id) => id,
        None => {
            let reports: u32 = sqlx::query_scalar(
                "SELECT count(*) FROM work_orders WHERE class = ? AND area = ? AND created >= ? AND waiting = 1 AND incident IS NULL",
            )
            .bind(class)
            .bind(area)
            .bind(&since)
            .fetch_one(&mut *connection)
            .await?;
            if reports < threshold.reports {
                return Ok(());
            }
            sqlx::query_scalar("INSERT INTO incidents (class, area, opened) VALUES (?, ?, ?) RETURNING id")
                .bind(class)
                .bind(area)
                .bind(moment::to_text(now))
                .fetch_one(&mut *connection)
                .await?
        }
    };
    sqlx::query("UPDATE work_orders SET incident = ? WHERE class = ? AND area = ? AND created >= ? AND waiting = 1 AND incident IS NULL")
        .bind(id)
        .bind(class)
        .bind(area)
        .bind(&since)
        .execute(connection)
        .await?;
    Ok(())
}

async fn find(connection: &mut SqliteConnection, id: i64) -> Result<Option<Incident>, StoreError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!("{SELECT} WHERE i.id = ?"))).bind(id).fetch_optional(connection).await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &SqliteRow) -> Result<Incident, StoreError> {
    let moment_of = |column: &str| -> Result<Option<DateTime>, StoreError> {
        row.try_get::<Option<String>, _>(column)?.map(|text| moment::from_text(&text)).transpose()
    };
    Ok(Incident {
        id: row.try_get("id")?,
        class: row.try_get("class")?,
        area: row.try_get("area")?,
        opened: moment::from_text(row.try_get("opened")?)?,
        ends: moment_of("ends")?,
        resolved: moment_of("resolved")?,
        reports: row.try_get("reports")?,
    })
}
