//! What callers say about us: a score a call, kept for the figures.

use crate::store::{Database, NewAnswer, StoreError};
use crate::text::{PhoneNumber, Record, Value};
use jiff::civil::DateTime;

/// The argument that holds the score.
const SCORE: &str = "score";

/// Keeps what a flow gives: `score` is the answer, everything else its details. The same key is kept once.
///
/// # Errors
/// The database does not answer. An answer without a score is kept as an empty one: the checker of flows lets none through.
pub async fn keep(
    database: &Database,
    survey: &str,
    mut arguments: Record,
    customer: Option<&PhoneNumber>,
    call: &str,
    key: &str,
    at: DateTime,
) -> Result<(), StoreError> {
    let score = match arguments.remove(SCORE) {
        Some(Value::Text(score) | Value::Code(score)) => score,
        Some(Value::Number(score)) => score.to_string(),
        _ => String::new(),
    };
    let customer = customer.map(|number| database.stored_phone(number));
    let answer = NewAnswer { key, survey, call, customer: customer.as_ref(), score: &score, details: &arguments, at };
    database.surveys().keep(answer).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[tokio::test]
    async fn each_answer_counts_once() {
        let database = Database::temporary().await.unwrap();
        let at = date(2026, 11, 22).at(9, 30, 0, 0);
        let number = PhoneNumber::parse("13800000001").unwrap();
        let score = |score: &str| Record::from([("score".to_owned(), Value::Text(score.into()))]);
        for (key, answer) in [("a", "satisfied"), ("a", "satisfied"), ("b", "dissatisfied"), ("c", "satisfied")] {
            keep(&database, "call", score(answer), Some(&number), "call-1", key, at).await.unwrap();
        }
        let scores = database.surveys().scores("call", at).await.unwrap();
        assert_eq!(scores, [("dissatisfied".to_owned(), 1), ("satisfied".to_owned(), 2)]);
        let tomorrow = date(2026, 11, 23).at(0, 0, 0, 0);
        assert_eq!(database.surveys().scores("call", tomorrow).await.unwrap(), []);
        assert_eq!(database.surveys().scores("order", at).await.unwrap(), []);
    }
}
