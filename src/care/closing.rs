//! What customers say about us: a score for a call or for a closed order, in their own words too, and the order opened again when it was not settled.

use super::state::State;
use super::work_order::{CareError, Draft, WorkOrder, WorkOrders};
use crate::store::{AnswerRow, Attachment, NewAnswer, Note, StoreError};
use crate::text::{PhoneNumber, Record, Value};
use jiff::civil::DateTime;

/// The name under which answers about closed orders are kept.
pub const SURVEY: &str = "work_order";

/// Arguments of a flow's `survey`.
const SCORE: &str = "score";
const NUMBER: &str = "number";
const COMMENT: &str = "comment";

/// Who gives an answer, in which call.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    pub customer: Option<&'a PhoneNumber>,
    pub call: &'a str,
    /// The same key is kept once.
    pub key: &'a str,
    pub at: DateTime,
}

/// What a customer says to the result of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict<'a> {
    pub satisfied: bool,
    /// In his own words; masked when it is kept.
    pub comment: &'a str,
    /// The call in which he says it; empty when it comes by another way.
    pub call: &'a str,
    /// The same key counts once.
    pub key: &'a str,
    pub at: DateTime,
}

impl WorkOrders {
    /// Keeps what the customer says to an order that is done or closed; one that does not satisfy is opened again, with a new time and no less
    /// urgent than before. [`CareError::Transition`] for an order that is still worked on.
    pub async fn judge(&self, number: &str, verdict: Verdict<'_>) -> Result<WorkOrder, CareError> {
        let order = self.find(number).await?;
        let reopened = format!("{}/reopened", verdict.key);
        let is_again = self.database.work_orders().was_noted(number, &reopened).await?;
        if order.state.is_pending() && !is_again {
            return Err(CareError::Transition { from: order.state, to: State::Reopened });
        }
        let details = Record::from([(COMMENT.to_owned(), Value::Text(verdict.comment.to_owned()))]);
        let customer = self.database.work_orders().find(number).await?.and_then(|row| row.customer);
        let answer = NewAnswer {
            key: &answer_key(verdict.call, number, verdict.key),
            survey: SURVEY,
            call: verdict.call,
            about: Some(number),
            customer: customer.as_ref(),
            score: if verdict.satisfied { "satisfied" } else { "dissatisfied" },
            details: &details,
            at: verdict.at,
        };
        self.database.surveys().keep(answer).await?;
        self.attach_call(number, verdict.call, verdict.at).await?;
        if verdict.satisfied || is_again {
            return Ok(order);
        }
        let note = Note { at: verdict.at, author: "caller", text: verdict.comment, key: Some(&reopened) };
        self.advance(number, State::Reopened, note).await
    }

    /// The customer says that this order is not settled: it is opened again where it is one of ours that was done; else the draft is opened, which tells of it.
    pub async fn take_up(&self, number: &str, draft: Draft, key: &str, at: DateTime) -> Result<WorkOrder, CareError> {
        let call = draft.call_id.clone().unwrap_or_default();
        let verdict = Verdict { satisfied: false, comment: &draft.text, call: &call, key, at };
        match self.judge(number, verdict).await {
            Err(CareError::NotFound | CareError::Transition { .. }) => self.open(draft, key, at).await,
            judged => judged,
        }
    }

    /// Keeps what a flow asked about a closed order: `score`, `number`, and the customer's own words as `comment`, which also stand in the order's history.
    /// What the same call says later is added. An order that is none of ours has an answer all the same.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn keep_answer(&self, survey: &str, mut said: Record, who: Answered<'_>) -> Result<(), StoreError> {
        let score = match said.remove(SCORE) {
            Some(Value::Text(score) | Value::Code(score)) => score,
            Some(Value::Number(score)) => score.to_string(),
            _ => String::new(),
        };
        let number = match said.get(NUMBER) {
            Some(Value::Code(number) | Value::Text(number)) if survey == SURVEY => Some(number.clone()),
            _ => None,
        };
        if number.is_some() {
            said.remove(NUMBER);
        }
        let customer = who.customer.map(|number| self.database.stored_phone(number));
        let key = number.as_ref().map_or_else(|| who.key.to_owned(), |number| answer_key(who.call, number, who.key));
        let answer = NewAnswer {
            key: &key,
            survey,
            call: who.call,
            about: number.as_deref(),
            customer: customer.as_ref(),
            score: &score,
            details: &said,
            at: who.at,
        };
        self.database.surveys().keep(answer).await?;
        let Some(number) = number else { return Ok(()) };
        if let Some(Value::Text(comment)) = said.get(COMMENT) {
            let note = Note { at: who.at, author: "caller", text: comment, key: Some(who.key) };
            self.database.work_orders().comment(&number, note).await?;
        }
        self.attach_call(&number, who.call, who.at).await
    }

    /// What customers said about an order, the newest first.
    pub async fn answers(&self, number: &str) -> Result<Vec<AnswerRow>, CareError> {
        Ok(self.database.surveys().about(number).await?)
    }

    async fn attach_call(&self, number: &str, call: &str, at: DateTime) -> Result<(), StoreError> {
        if !call.is_empty() {
            self.database.work_orders().attach(number, Attachment { kind: "call", reference: call }, at).await?;
        }
        Ok(())
    }
}

/// One answer for an order and a call, whatever of it is said when; what comes by another way has its own key.
fn answer_key(call: &str, number: &str, key: &str) -> String {
    if call.is_empty() { key.to_owned() } else { format!("{call}/{SURVEY}/{number}") }
}

#[cfg(test)]
mod tests;
