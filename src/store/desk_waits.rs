//! How waits for a person ended, for the figures of a day.

use super::{Database, StoreError, moment};
use jiff::civil::DateTime;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// A wait that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskWait {
    pub call: String,
    /// What was waited for, sorted, with blanks between.
    pub skills: String,
    pub arrived: DateTime,
    pub ended: DateTime,
    /// `answered`, `left`, `called_back`, or why the caller went back to the service.
    pub came_to: &'static str,
}

/// What became of the waits for the same skills.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitFigures {
    pub skills: String,
    pub answered: i64,
    /// Of these, within the time that is wanted.
    pub in_time: i64,
    /// Hung up while waiting.
    pub abandoned: i64,
    /// Chose to be called back.
    pub called_back: i64,
    /// Nobody took them, and they went back to the service.
    pub returned: i64,
}

impl WaitFigures {
    /// Share of callers who were answered in time, in percent; who chose a call back is none of them. `None` when there were none.
    pub fn level(&self) -> Option<i64> {
        let all = self.answered + self.abandoned + self.returned;
        (all > 0).then(|| 100 * self.in_time / all)
    }
}

/// The repository of waits.
pub struct DeskWaits<'a>(pub(super) &'a Database);

impl DeskWaits<'_> {
    pub async fn keep(&self, wait: &DeskWait) -> Result<(), StoreError> {
        let query = sqlx::query("INSERT INTO desk_waits (call, skills, arrived, ended, waited_s, came_to) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(wait.call.clone())
            .bind(wait.skills.clone())
            .bind(moment::to_text(wait.arrived))
            .bind(moment::to_text(wait.ended))
            .bind(wait.ended.duration_since(wait.arrived).as_secs().max(0))
            .bind(wait.came_to);
        self.0.statement(query).await?;
        Ok(())
    }

    /// The figures since a moment, by what was waited for; answered within `within_s` seconds is in time. Who came out of hours is not counted.
    pub async fn figures(&self, since: DateTime, within_s: i64) -> Result<Vec<WaitFigures>, StoreError> {
        let rows = sqlx::query(
            "SELECT skills, sum(came_to = 'answered') AS answered, sum(came_to = 'answered' AND waited_s <= ?2) AS in_time,
                    sum(came_to = 'left') AS abandoned, sum(came_to = 'called_back') AS called_back,
                    sum(came_to NOT IN ('answered', 'left', 'called_back')) AS returned
             FROM desk_waits WHERE ended >= ?1 AND came_to <> 'closed' GROUP BY skills ORDER BY skills",
        )
        .bind(moment::to_text(since))
        .bind(within_s)
        .fetch_all(&self.0.pool)
        .await?;
        let read = |row: &SqliteRow| {
            Ok(WaitFigures {
                skills: row.try_get("skills")?,
                answered: row.try_get("answered")?,
                in_time: row.try_get("in_time")?,
                abandoned: row.try_get("abandoned")?,
                called_back: row.try_get("called_back")?,
                returned: row.try_get("returned")?,
            })
        };
        rows.iter().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use jiff::civil::date;

    #[tokio::test]
    async fn a_day_is_counted_by_what_was_waited_for() {
        let database = Database::temporary().await.unwrap();
        let arrived = date(2026, 11, 22).at(9, 0, 0, 0);
        let wait = |skills: &str, seconds: i64, came_to| DeskWait {
            call: "call-1".into(),
            skills: skills.into(),
            arrived,
            ended: arrived.saturating_add(SignedDuration::from_secs(seconds)),
            came_to,
        };
        let waits = [
            wait("zh", 20, "answered"),
            wait("zh", 21, "answered"),
            wait("zh", 5, "left"),
            wait("zh", 40, "called_back"),
            wait("zh", 600, "too_long"),
            wait("billing zh", 3, "answered"),
            wait("en", 0, "closed"),
        ];
        for wait in &waits {
            database.desk_waits().keep(wait).await.unwrap();
        }
        let figures = database.desk_waits().figures(arrived, 20).await.unwrap();
        let zh = WaitFigures { skills: "zh".into(), answered: 2, in_time: 1, abandoned: 1, called_back: 1, returned: 1 };
        let billing = WaitFigures { skills: "billing zh".into(), answered: 1, in_time: 1, ..WaitFigures::default() };
        assert_eq!(figures, [billing, zh.clone()]);
        assert_eq!((zh.level(), WaitFigures::default().level()), (Some(25), None));
        let later = arrived.saturating_add(SignedDuration::from_secs(500));
        assert_eq!(database.desk_waits().figures(later, 20).await.unwrap().len(), 1, "only what ended since");
    }
}
