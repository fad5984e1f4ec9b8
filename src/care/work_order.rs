//! Work orders: opened once, found again, carried on to their end.

use super::class::{Classes, Priority};
use super::state::State;
use crate::store::{Database, HistoryRow, Kept, Moved, NewOrder, Note, OrderRow, StoreError};
use crate::text::{PhoneNumber, Record, Value};
use jiff::civil::DateTime;

/// By what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum CareError {
    /// Ask for the number again.
    #[error("no work order has this number")]
    NotFound,
    /// Somebody was quicker, or the step is out of order: look at the order again.
    #[error("a work order cannot go from {} to {}", from.name(), to.name())]
    Transition { from: State, to: State },
    /// A fault of who makes keys.
    #[error("the idempotency key belongs to another work order")]
    KeyTaken,
    /// Say that it cannot be registered now, and offer a person.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is to be registered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// A code of the table of classes; anything else, such as the name of an intent whose system was down, is a call-back about it.
    pub class: String,
    /// `None` when the number is withheld.
    pub customer: Option<PhoneNumber>,
    /// The customer's level as `business` names it; raises the priority.
    pub level: Option<String>,
    pub urgent: bool,
    /// The call that opens it.
    pub call_id: Option<String>,
    /// What it is about, for the person who takes it.
    pub text: String,
    /// Everything else that was learned: slots, test results, steps that were tried.
    pub details: Record,
}

impl Draft {
    /// From what a flow gives: `text`, `urgent` and `level` go to their places, everything else to the details.
    pub fn from_arguments(class: &str, mut arguments: Record, customer: Option<PhoneNumber>, call_id: &str) -> Draft {
        let text = match arguments.remove("text") {
            Some(Value::Text(text)) => text,
            Some(other) => {
                arguments.insert("text".into(), other);
                String::new()
            }
            None => String::new(),
        };
        let level = match arguments.remove("level") {
            Some(Value::Text(level) | Value::Code(level)) => Some(level),
            _ => None,
        };
        let urgent = matches!(arguments.remove("urgent"), Some(Value::Flag(true)));
        Draft { class: class.to_owned(), customer, level, urgent, call_id: Some(call_id.to_owned()), text, details: arguments }
    }
}

/// A work order; personal data in it is masked.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkOrder {
    /// Ten digits, said in groups of four: `2611220035`.
    pub number: String,
    pub class: String,
    pub priority: Priority,
    pub state: State,
    /// `138****0001`.
    pub customer_shown: Option<String>,
    pub text: String,
    pub details: Record,
    pub created: DateTime,
    pub due: DateTime,
}

impl WorkOrder {
    /// As the dialog gets it: `number` (a code) and `due` (a moment).
    pub fn reply(&self) -> Record {
        Record::from([("number".to_owned(), Value::Code(self.number.clone())), ("due".to_owned(), Value::Moment(self.due))])
    }

    fn from_row(row: OrderRow) -> Result<WorkOrder, CareError> {
        let unreadable = |what: &str| StoreError::Damaged(format!("work order {} has the {what}", row.number));
        Ok(WorkOrder {
            priority: Priority::from_name(&row.priority).ok_or_else(|| unreadable(&format!("priority {}", row.priority)))?,
            state: State::from_name(&row.state).ok_or_else(|| unreadable(&format!("state {}", row.state)))?,
            number: row.number,
            class: row.class,
            customer_shown: row.customer.map(|customer| customer.shown),
            text: row.text,
            details: row.details,
            created: row.created,
            due: row.due,
        })
    }
}

/// The work orders of a database.
#[derive(Clone, Debug)]
pub struct WorkOrders {
    database: Database,
    classes: Classes,
}

impl WorkOrders {
    pub fn new(database: Database, classes: Classes) -> WorkOrders {
        WorkOrders { database, classes }
    }

    /// For the checker of flows.
    pub fn classes(&self) -> &Classes {
        &self.classes
    }

    /// Registers `draft`, once a key: the same key gives the order that it gave before, unchanged.
    pub async fn open(&self, mut draft: Draft, idempotency_key: &str, now: DateTime) -> Result<WorkOrder, CareError> {
        let (code, class) = self.classes.find_or_call_back(&draft.class);
        if code != draft.class {
            draft.details.insert("about".into(), Value::Text(draft.class));
        }
        let priority = class.priority_for(draft.level.as_deref(), draft.urgent);
        let customer = draft.customer.as_ref().map(|number| self.database.stored_phone(number));
        let order = NewOrder {
            key: idempotency_key,
            class: code,
            priority: priority.name(),
            customer: customer.as_ref(),
            call: draft.call_id.as_deref(),
            state: State::Open.name(),
            text: &draft.text,
            details: &draft.details,
            created: now,
            due: class.due(priority, now),
        };
        match self.database.work_orders().keep(order).await? {
            Kept::Now(row) | Kept::Before(row) => WorkOrder::from_row(row),
            Kept::KeyTaken => Err(CareError::KeyTaken),
        }
    }

    /// The order with this number.
    pub async fn find(&self, number: &str) -> Result<WorkOrder, CareError> {
        WorkOrder::from_row(self.database.work_orders().find(number).await?.ok_or(CareError::NotFound)?)
    }

    /// All orders of a customer, newest first.
    pub async fn of_customer(&self, customer: &PhoneNumber) -> Result<Vec<WorkOrder>, CareError> {
        let customer = self.database.stored_phone(customer);
        self.database.work_orders().of_customer(&customer).await?.into_iter().map(WorkOrder::from_row).collect()
    }

    /// Orders that customers wait for and that are past their time, the longest overdue first.
    pub async fn overdue(&self, now: DateTime) -> Result<Vec<WorkOrder>, CareError> {
        let orders = self.database.work_orders().due_before(now).await?.into_iter().map(WorkOrder::from_row);
        orders.filter(|order| order.as_ref().map_or(true, |order| order.state.is_pending())).collect()
    }

    /// Carries an order on to `to`; [`CareError::Transition`] when there is no way from where it is, also when somebody else moved it
    /// at the same moment.
    pub async fn advance(&self, number: &str, to: State, note: Note<'_>) -> Result<WorkOrder, CareError> {
        let from = self.find(number).await?.state;
        if !from.next().contains(&to) {
            return Err(CareError::Transition { from, to });
        }
        match self.database.work_orders().advance(number, from.name(), to.name(), note).await? {
            Some(Moved::Yes(row)) => WorkOrder::from_row(*row),
            Some(Moved::No { state }) => {
                let from =
                    State::from_name(&state).ok_or_else(|| StoreError::Damaged(format!("work order {number} has the state {state}")))?;
                Err(CareError::Transition { from, to })
            }
            None => Err(CareError::NotFound),
        }
    }

    /// Adds a comment to an order in any state.
    pub async fn comment(&self, number: &str, note: Note<'_>) -> Result<(), CareError> {
        if self.database.work_orders().comment(number, note).await? { Ok(()) } else { Err(CareError::NotFound) }
    }

    /// What became of an order, oldest first.
    pub async fn history(&self, number: &str) -> Result<Vec<HistoryRow>, CareError> {
        self.find(number).await?;
        Ok(self.database.work_orders().history(number).await?)
    }
}

#[cfg(test)]
mod tests;
