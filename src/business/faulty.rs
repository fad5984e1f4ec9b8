//! An operator that fails on purpose, for tests and scenarios: slow, out of reach, or silent after it has done the work.

use super::{Failure, Operation, Operator, Reply, Request};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It does not answer, and nothing was done.
    Unavailable,
    /// It did the work, and the answer was lost: the reason why changes carry keys.
    AnswerLost,
    /// It answers after so long, on tokio's clock.
    Slow(Duration),
}

/// When it goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub fault: Fault,
    /// Name of the operation; any when `None`.
    pub operation: Option<String>,
    /// How many requests it meets; all when `None`.
    pub times: Option<u32>,
}

/// `O` with faults: a request meets the first rule that is for it and not used up.
pub struct Faulty<O> {
    inner: O,
    rules: Mutex<Vec<Rule>>,
}

impl<O: Operator> Faulty<O> {
    pub fn new(inner: O, rules: Vec<Rule>) -> Faulty<O> {
        Faulty { inner, rules: Mutex::new(rules) }
    }

    fn next(&self, operation: &str) -> Option<Fault> {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let rule = rules.iter_mut().find(|rule| rule.times != Some(0) && rule.operation.as_deref().is_none_or(|name| name == operation))?;
        rule.times = rule.times.map(|times| times - 1);
        Some(rule.fault)
    }
}

impl<O: Operator> Operator for Faulty<O> {
    fn operations(&self) -> &'static [Operation] {
        self.inner.operations()
    }

    fn execute(&self, request: Request) -> Reply<'_> {
        Box::pin(async move {
            match self.next(&request.operation) {
                None => self.inner.execute(request).await,
                Some(Fault::Unavailable) => Err(Failure::Unavailable),
                Some(Fault::AnswerLost) => {
                    let _lost = self.inner.execute(request).await;
                    Err(Failure::Unavailable)
                }
                Some(Fault::Slow(wait)) => {
                    tokio::time::sleep(wait).await;
                    self.inner.execute(request).await
                }
            }
        })
    }
}
