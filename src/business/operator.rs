//! What can be asked of the operator's systems, and what they answer.

use crate::text::{PhoneNumber, Record};
use std::future::Future;
use std::pin::Pin;

/// One thing that the operator's systems can do, as a flow names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// As flows write it: `balance`, `bill`, `usage`, `line_test`, `report_loss`, ….
    pub name: &'static str,
    /// Arguments it needs.
    pub needs: &'static [&'static str],
    /// Arguments it can do without.
    pub takes: &'static [&'static str],
    /// Fields of its reply, for the checker of flows; all of them are always there.
    pub gives: &'static [&'static str],
    /// Reasons of [`Failure::Refused`] that it may give.
    pub refuses: &'static [&'static str],
    /// Whether it changes something: then it needs a verified caller, a confirmation and an idempotency key.
    pub changes: bool,
    /// Whether asking twice does no more than asking once, without a key. A wrong PIN counts each time it is tried.
    pub repeatable: bool,
}

impl Operation {
    /// The entry of the table with this name.
    pub fn find(name: &str) -> Option<&'static Operation> {
        super::OPERATIONS.iter().find(|operation| operation.name == name)
    }
}

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub customer: PhoneNumber,
    /// Name of an [`Operation`].
    pub operation: String,
    pub arguments: Record,
    /// The same key twice is done once and answered the same; required when the operation changes something.
    pub idempotency_key: Option<String>,
}

/// Why there is no answer, by what the dialog can do about it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Failure {
    /// Say so; ask for another number or month.
    #[error("nothing found")]
    NotFound,
    /// Say why (a reason code that flows know).
    #[error("refused: {0}")]
    Refused(String),
    /// Offer to register it, or a person.
    #[error("the operator's system does not answer")]
    Unavailable,
    /// A fault in the flow or the connector.
    #[error("bad request: {0}")]
    Bad(String),
}

/// A future as trait objects need it.
pub type Reply<'a> = Pin<Box<dyn Future<Output = Result<Record, Failure>> + Send + 'a>>;

/// The operator's systems.
pub trait Operator: Send + Sync {
    /// Everything it can do, for the checker of flows.
    fn operations(&self) -> &'static [Operation];
    fn execute(&self, request: Request) -> Reply<'_>;
}
