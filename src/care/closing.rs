//! What the customer says to the result: a score, and the order opened again when it was not settled.

use super::state::State;
use super::work_order::{CareError, Draft, WorkOrder, WorkOrders};
use crate::store::{NewAnswer, Note};
use crate::text::{Record, Value};
use jiff::civil::DateTime;

/// The name under which answers about closed orders are kept.
pub const SURVEY: &str = "work_order";

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
        let details = Record::from([
            ("number".to_owned(), Value::Code(number.to_owned())),
            ("comment".to_owned(), Value::Text(verdict.comment.to_owned())),
        ]);
        let customer = self.database.work_orders().find(number).await?.and_then(|row| row.customer);
        let answer = NewAnswer {
            key: verdict.key,
            survey: SURVEY,
            call: verdict.call,
            customer: customer.as_ref(),
            score: if verdict.satisfied { "satisfied" } else { "dissatisfied" },
            details: &details,
            at: verdict.at,
        };
        self.database.surveys().keep(answer).await?;
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
}
