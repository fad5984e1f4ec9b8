//! Work orders: opened once, found again, carried on to their end.

use super::class::Priority;
use super::handbook::Handbook;
use super::state::State;
use super::wording::{Named, Occasion};
use crate::store::{
    Attachment, Database, HistoryRow, Kept, Listed, Moved, NewOrder, Note, OrderRow, Reckoning, Sought, Step, StoreError, Taker, Threshold,
    WarningRow,
};
use crate::text::{Lang, PhoneNumber, Record, Value};
use jiff::SignedDuration;
use jiff::civil::DateTime;
use std::sync::Arc;

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

/// A customer is called for a score at most once in this time, however many orders of his are closed.
const UNASKED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is to be registered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// A code of the table of classes; anything else, such as the name of an intent whose system was down, is a call-back about it.
    pub class: String,
    /// `None` when the number is withheld.
    pub customer: Option<PhoneNumber>,
    /// The customer's level as `business` names it; raises the priority.
    pub level: Option<String>,
    /// Where the customer lives, in the operator's words; what the text and the details say goes before.
    pub area: Option<String>,
    /// In which the customer is written to.
    pub lang: Lang,
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
        Draft {
            class: class.to_owned(),
            customer,
            level,
            urgent,
            call_id: Some(call_id.to_owned()),
            text,
            details: arguments,
            ..Draft::default()
        }
    }
}

/// A work order; personal data in it is masked.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkOrder {
    /// Ten digits, said in groups of four: `2611220035`.
    pub number: String,
    pub class: String,
    /// The sub-class, where one is known.
    pub kind: Option<String>,
    pub priority: Priority,
    pub state: State,
    /// Who has it.
    pub taker: Option<String>,
    /// `138****0001`.
    pub customer_shown: Option<String>,
    /// A code of the dispatch rules.
    pub area: Option<String>,
    pub level: Option<String>,
    pub lang: Lang,
    pub text: String,
    pub details: Record,
    pub created: DateTime,
    pub due: DateTime,
    /// How often the customer reported it again.
    pub repeats: u32,
    /// The incident that it belongs to.
    pub incident: Option<i64>,
}

impl WorkOrder {
    /// As the dialog gets it: `number` (a code) and `due` (a moment).
    pub fn reply(&self) -> Record {
        Record::from([("number".to_owned(), Value::Code(self.number.clone())), ("due".to_owned(), Value::Moment(self.due))])
    }

    pub(super) fn from_row(row: OrderRow) -> Result<WorkOrder, CareError> {
        let unreadable = |what: &str| StoreError::Damaged(format!("work order {} has the {what}", row.number));
        Ok(WorkOrder {
            priority: Priority::from_name(&row.priority).ok_or_else(|| unreadable(&format!("priority {}", row.priority)))?,
            state: State::from_name(&row.state).ok_or_else(|| unreadable(&format!("state {}", row.state)))?,
            number: row.number,
            class: row.class,
            kind: Some(row.kind).filter(|kind| !kind.is_empty()),
            taker: row.taker,
            customer_shown: row.customer.map(|customer| customer.shown),
            area: row.area,
            level: row.level,
            lang: row.lang,
            text: row.text,
            details: row.details,
            created: row.created,
            due: row.due,
            repeats: row.repeats,
            incident: row.incident,
        })
    }
}

/// The work orders of a database.
#[derive(Clone, Debug)]
pub struct WorkOrders {
    pub(super) database: Database,
    pub(super) handbook: Arc<Handbook>,
}

impl WorkOrders {
    pub fn new(database: Database, handbook: Arc<Handbook>) -> WorkOrders {
        WorkOrders { database, handbook }
    }

    /// The same rules over other books.
    pub fn beside(&self, database: Database) -> WorkOrders {
        WorkOrders::new(database, self.handbook.clone())
    }

    pub fn handbook(&self) -> &Handbook {
        &self.handbook
    }

    /// Registers `draft`, once a key: the same key gives the order that it gave before, unchanged. What the same customer reported before
    /// is gone on with, where the class says so.
    pub async fn open(&self, mut draft: Draft, idempotency_key: &str, now: DateTime) -> Result<WorkOrder, CareError> {
        let Handbook { classes, rules, .. } = &*self.handbook;
        let (code, class) = classes.find_or_call_back(&draft.class);
        if code != draft.class {
            draft.details.insert("about".into(), Value::Text(draft.class));
        }
        let priority = class.priority_for(draft.level.as_deref(), draft.urgent);
        let due = class.due(priority, now);
        let customer = draft.customer.as_ref().map(|number| self.database.stored_phone(number));
        let sealed = draft.customer.as_ref().map(|number| self.database.seal_phone(number));
        let area = rules.area_of(&draft.details, &draft.text).or_else(|| rules.area_named(draft.area.as_deref()?));
        let incident = rules.incident();
        let kind = class.kind(&draft.details, &draft.text);
        let order = NewOrder {
            key: idempotency_key,
            class: code,
            kind: kind.unwrap_or_default(),
            priority: priority.name(),
            customer: customer.as_ref(),
            sealed: sealed.as_deref(),
            level: draft.level.as_deref(),
            area,
            lang: draft.lang,
            call: draft.call_id.as_deref(),
            state: State::Open.name(),
            text: &draft.text,
            details: &draft.details,
            created: now,
            due,
            next_warning: rules.next_warning(now, due, now),
            next_progress: class.next_progress(now),
            merge: class.merge(kind, now),
            threshold: incident.classes.iter().any(|class| class == code).then(|| Threshold {
                reports: incident.reports,
                since: now.saturating_sub(SignedDuration::from_mins(i64::from(incident.minutes))),
            }),
        };
        match self.database.work_orders().keep(order).await? {
            Kept::Now(row) | Kept::Before(row) | Kept::Merged(row) => WorkOrder::from_row(row),
            Kept::KeyTaken => Err(CareError::KeyTaken),
        }
    }

    /// The order with this number.
    pub async fn find(&self, number: &str) -> Result<WorkOrder, CareError> {
        WorkOrder::from_row(self.row(number).await?)
    }

    /// The order that was opened under this key, or that took it in.
    pub async fn opened_by(&self, key: &str) -> Result<WorkOrder, CareError> {
        WorkOrder::from_row(self.database.work_orders().by_key(key).await?.ok_or(CareError::NotFound)?)
    }

    pub(super) async fn row(&self, number: &str) -> Result<OrderRow, CareError> {
        self.database.work_orders().find(number).await?.ok_or(CareError::NotFound)
    }

    /// All orders of a customer, newest first.
    pub async fn of_customer(&self, customer: &PhoneNumber) -> Result<Vec<WorkOrder>, CareError> {
        let customer = self.database.stored_phone(customer);
        self.database.work_orders().of_customer(&customer).await?.into_iter().map(WorkOrder::from_row).collect()
    }

    /// A page of orders, by their numbers.
    pub async fn list(&self, page: Listed<'_>) -> Result<Vec<WorkOrder>, CareError> {
        self.database.work_orders().list(page).await?.into_iter().map(WorkOrder::from_row).collect()
    }

    /// A page of what is found, and how many there are in all.
    pub async fn search(&self, sought: Sought<'_>) -> Result<(Vec<WorkOrder>, u32), CareError> {
        let (rows, count) = self.database.work_orders().search(sought).await?;
        Ok((rows.into_iter().map(WorkOrder::from_row).collect::<Result<_, _>>()?, count))
    }

    /// Orders that customers wait for and that are past their time, the longest overdue first.
    pub async fn overdue(&self, now: DateTime) -> Result<Vec<WorkOrder>, CareError> {
        self.database.work_orders().due_before(now).await?.into_iter().map(WorkOrder::from_row).collect()
    }

    /// Carries an order on to `to`; [`CareError::Transition`] when there is no way from where it is, also when somebody else moved it
    /// at the same moment. The customer is written to about what was done, closed or opened again.
    pub async fn advance(&self, number: &str, to: State, note: Note<'_>) -> Result<WorkOrder, CareError> {
        let row = self.row(number).await?;
        let from = WorkOrder::from_row(row.clone())?.state;
        if !from.next().contains(&to) && !self.noted(number, note.key).await? {
            return Err(CareError::Transition { from, to });
        }
        let (_, class) = self.handbook.classes.find_or_call_back(&row.class);
        let reckoning = (to == State::Reopened).then(|| self.reckoned_again(&row, note.at)).transpose()?;
        let occasion = match (from, to) {
            (_, State::Done) if class.call_back => Some(Occasion::DoneCallBack),
            (_, State::Done) => Some(Occasion::Done),
            (State::Done, State::Closed) if class.survey => Some(Occasion::ClosedSurvey),
            (State::Done, State::Closed) => Some(Occasion::Closed),
            (_, State::Reopened) => Some(Occasion::Reopened),
            _ => None,
        };
        let due = reckoning.map_or(row.due, |reckoning| reckoning.due);
        // Once for each time that counts: what is opened again ends again.
        let written = occasion.map(|occasion| {
            let key = format!("{number}/{}/{}", to.name(), reckoning.map_or(row.counted_from, |reckoning| reckoning.counted_from));
            let named = Named { class, number, due: Some(due), area: None };
            (key, self.handbook.wording.text(occasion, row.lang, named))
        });
        let call_back = (occasion == Some(Occasion::DoneCallBack)).then(|| format!("{number}/result/{}", row.counted_from));
        let asked = (occasion == Some(Occasion::ClosedSurvey)).then(|| format!("{number}/survey/{}", row.counted_from));
        let step = Step {
            from: from.name(),
            to: to.name(),
            waiting: to.is_pending(),
            taker: if matches!(to, State::Open | State::Reopened) { Taker::Nobody } else { Taker::Same },
            reckoning,
            notice: written.as_ref().map(|(key, text)| (key.as_str(), text.as_str())),
            call_back: call_back.as_deref(),
            survey: asked.as_deref().map(|key| (key, note.at.saturating_sub(UNASKED))),
        };
        self.step(number, to, step, note).await
    }

    /// Writes a step down; [`CareError::Transition`] when somebody was quicker.
    pub(super) async fn step(&self, number: &str, to: State, step: Step<'_>, note: Note<'_>) -> Result<WorkOrder, CareError> {
        match self.database.work_orders().advance(number, step, note).await? {
            Some(Moved::Yes(row)) => WorkOrder::from_row(*row),
            Some(Moved::No { state }) => {
                let from =
                    State::from_name(&state).ok_or_else(|| StoreError::Damaged(format!("work order {number} has the state {state}")))?;
                Err(CareError::Transition { from, to })
            }
            None => Err(CareError::NotFound),
        }
    }

    async fn noted(&self, number: &str, key: Option<&str>) -> Result<bool, CareError> {
        let Some(key) = key else { return Ok(false) };
        Ok(self.database.work_orders().was_noted(number, key).await?)
    }

    /// What is opened again is counted anew, and no later than an urgent order.
    fn reckoned_again(&self, row: &OrderRow, now: DateTime) -> Result<Reckoning<'static>, CareError> {
        let priority = WorkOrder::from_row(row.clone())?.priority.raised();
        let (_, class) = self.handbook.classes.find_or_call_back(&row.class);
        let due = class.due(priority, now);
        let next_warning = self.handbook.rules.next_warning(now, due, now);
        Ok(Reckoning { priority: priority.name(), counted_from: now, due, next_warning, next_progress: class.next_progress(now) })
    }

    /// Adds a comment to an order in any state.
    pub async fn comment(&self, number: &str, note: Note<'_>) -> Result<(), CareError> {
        if self.database.work_orders().comment(number, note).await? { Ok(()) } else { Err(CareError::NotFound) }
    }

    /// Attaches a call (its transcript and recording are found by its id) or a file, once.
    pub async fn attach(&self, number: &str, attachment: Attachment<'_>, at: DateTime) -> Result<(), CareError> {
        if self.database.work_orders().attach(number, attachment, at).await? { Ok(()) } else { Err(CareError::NotFound) }
    }

    /// Kind and reference of what belongs to an order.
    pub async fn attachments(&self, number: &str) -> Result<Vec<(String, String)>, CareError> {
        Ok(self.database.work_orders().attachments(number).await?)
    }

    /// What became of an order, oldest first.
    pub async fn history(&self, number: &str) -> Result<Vec<HistoryRow>, CareError> {
        self.find(number).await?;
        Ok(self.database.work_orders().history(number).await?)
    }

    /// Who was warned about an order.
    pub async fn warnings(&self, number: &str) -> Result<Vec<WarningRow>, CareError> {
        Ok(self.database.work_orders().warnings(number).await?)
    }
}

#[cfg(test)]
mod tests;
