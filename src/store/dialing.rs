//! Which processes dial, so that others can say whether anybody does.

use super::{Database, StoreError};

/// The repository of processes that dial.
pub struct Dialing<'a>(pub(super) &'a Database);

impl Dialing<'_> {
    /// This process dials over these trunks, until it ends.
    pub async fn begin(&self, trunks: &[String]) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO dialing (run, trunk) VALUES (?1, ?2) ON CONFLICT (run) DO UPDATE SET trunk = ?2")
            .bind(&self.0.run.id)
            .bind(trunks.join(","))
            .execute(&self.0.pool)
            .await?;
        Ok(())
    }

    /// This process dials no more.
    pub async fn end(&self) -> Result<(), StoreError> {
        self.bury(&self.0.run.id).await
    }

    /// The trunks of processes that dial, as they were when this process opened the database or later.
    pub async fn trunks(&self) -> Result<Vec<String>, StoreError> {
        let rows: Vec<String> = sqlx::query_scalar("SELECT trunk FROM dialing").fetch_all(&self.0.pool).await?;
        Ok(rows.iter().flat_map(|row| row.split(',')).map(str::to_owned).collect())
    }

    pub(super) async fn bury(&self, run: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM dialing WHERE run = ?").bind(run).execute(&self.0.pool).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::store::Database;

    #[tokio::test]
    async fn who_dials_is_known_until_he_is_dead() {
        let database = Database::temporary().await.unwrap();
        assert!(database.dialing().trunks().await.unwrap().is_empty());
        database.dialing().begin(&["a".to_owned(), "b".to_owned()]).await.unwrap();
        assert_eq!(database.dialing().trunks().await.unwrap(), ["a", "b"]);
        let database = database.reopened().await.unwrap();
        assert!(database.dialing().trunks().await.unwrap().is_empty());
    }
}
