//! What became of a customer's reports: our own work orders and what the operator's systems have under way, told as one list.
//!
//! Flows ask for it like for any look-up: [`OPERATIONS`] beside the operator's own.

use super::class::Classes;
use super::state::State;
use super::work_order::WorkOrder;
use crate::business::Operation;
use crate::text::{Record, Value};
use jiff::civil::DateTime;

/// The look-up's name.
pub const WORK_ORDERS: &str = "work_orders";

/// Look-ups that the house answers itself.
pub const OPERATIONS: &[Operation] = &[OPERATION, super::incident::OPERATION];

/// `orders` is a list of {number, name, name_en, state, state_name, state_name_en, due, pending, overdue}: what is waited for first, then the
/// newest; the fields beside it are those of the first. `NotFound` when there is none. `class` asks for one class alone.
const OPERATION: Operation = Operation {
    name: WORK_ORDERS,
    needs: &[],
    takes: &["class"],
    gives: &["orders", "count", "number", "name", "name_en", "state", "state_name", "state_name_en", "due", "pending", "overdue"],
    refuses: &[],
    changes: false,
    repeatable: true,
};

/// One reported thing, wherever it is kept.
struct Report {
    number: String,
    name: (String, String),
    state: String,
    state_name: (String, String),
    due: DateTime,
    pending: bool,
}

/// The reply to [`WORK_ORDERS`]; `None` when nothing was ever reported. `theirs` is the operator's reply to `orders`.
pub fn reply(own: &[WorkOrder], theirs: Option<&Record>, class: Option<&str>, classes: &Classes, now: DateTime) -> Option<Record> {
    let own = own.iter().filter(|order| class.is_none_or(|class| class == order.class)).map(|order| Report::of(order, classes));
    let theirs = theirs.filter(|_| class.is_none()).map(Report::of_operator).unwrap_or_default();
    let mut reports: Vec<Report> = own.chain(theirs).collect();
    reports.sort_by_key(|report| !report.pending);
    let records: Vec<Record> = reports.iter().map(|report| report.record(now)).collect();
    let mut reply = records.first()?.clone();
    reply.insert("count".into(), Value::Number(records.len() as i64));
    reply.insert("orders".into(), Value::List(records.into_iter().map(Value::Record).collect()));
    Some(reply)
}

impl Report {
    fn of(order: &WorkOrder, classes: &Classes) -> Report {
        let (_, class) = classes.find_or_call_back(&order.class);
        let (zh, en) = state_names(order.state);
        Report {
            number: order.number.clone(),
            name: (class.name.clone(), class.name_en.clone()),
            state: order.state.name().to_owned(),
            state_name: (zh.to_owned(), en.to_owned()),
            due: order.due,
            pending: order.state.is_pending(),
        }
    }

    /// What the operator's systems have under way is always waited for. An entry without number or time cannot be told and is left out.
    fn of_operator(reply: &Record) -> Vec<Report> {
        let Some(Value::List(entries)) = reply.get("orders") else { return Vec::new() };
        let read = |entry: &Value| {
            let Value::Record(entry) = entry else { return None };
            let text = |name: &str| match entry.get(name) {
                Some(Value::Text(text) | Value::Code(text)) => Some(text.clone()),
                _ => None,
            };
            let Some(Value::Moment(due)) = entry.get("at") else { return None };
            Some(Report {
                number: text("number")?,
                name: (text("name")?, text("name_en")?),
                state: text("state")?,
                state_name: (text("state_name")?, text("state_name_en")?),
                due: *due,
                pending: true,
            })
        };
        entries.iter().filter_map(read).collect()
    }

    fn record(&self, now: DateTime) -> Record {
        let text = |text: &String| Value::Text(text.clone());
        let fields = [
            ("number", Value::Code(self.number.clone())),
            ("name", text(&self.name.0)),
            ("name_en", text(&self.name.1)),
            ("state", text(&self.state)),
            ("state_name", text(&self.state_name.0)),
            ("state_name_en", text(&self.state_name.1)),
            ("due", Value::Moment(self.due)),
            ("pending", Value::Flag(self.pending)),
            ("overdue", Value::Flag(self.pending && self.due < now)),
        ];
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// As callers hear a state.
fn state_names(state: State) -> (&'static str, &'static str) {
    match state {
        State::Open => ("已经受理", "registered"),
        State::Dispatched => ("已经派给专人", "given to a colleague"),
        State::InProgress => ("正在处理", "being worked on"),
        State::Done => ("已经处理完", "dealt with"),
        State::Closed => ("已经办结", "closed"),
        State::Reopened => ("正在重新处理", "being looked at again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::care::Priority;
    use jiff::civil::date;

    fn order(number: &str, class: &str, state: State, due_day: i8) -> WorkOrder {
        WorkOrder {
            number: number.into(),
            class: class.into(),
            kind: None,
            priority: Priority::Normal,
            state,
            taker: None,
            customer_shown: None,
            area: None,
            level: None,
            lang: crate::text::Lang::Zh,
            repeats: 0,
            incident: None,
            text: String::new(),
            details: Record::new(),
            created: date(2026, 11, 20).at(9, 0, 0, 0),
            due: date(2026, 11, due_day).at(9, 0, 0, 0),
        }
    }

    fn theirs() -> Record {
        let visit = [
            ("number", Value::Code("2611209001".into())),
            ("name", Value::Text("维修上门".into())),
            ("name_en", Value::Text("visit".into())),
            ("state", Value::Text("dispatched".into())),
            ("state_name", Value::Text("下午上门".into())),
            ("state_name_en", Value::Text("this afternoon".into())),
            ("at", Value::Moment(date(2026, 11, 22).at(15, 0, 0, 0))),
        ];
        let visit: Record = visit.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let damaged = Record::from([("number".to_owned(), Value::Code("1".into()))]);
        Record::from([("orders".to_owned(), Value::List(vec![Value::Record(visit), Value::Record(damaged)]))])
    }

    #[track_caller]
    fn check(own: &[WorkOrder], theirs: Option<&Record>, class: Option<&str>, expected: &[(&str, bool)]) {
        let now = date(2026, 11, 22).at(9, 30, 0, 0);
        let Some(reply) = reply(own, theirs, class, &Classes::built_in(), now) else {
            return assert!(expected.is_empty());
        };
        let mut gives = OPERATION.gives.to_vec();
        gives.sort_unstable();
        assert_eq!(reply.keys().map(String::as_str).collect::<Vec<_>>(), gives);
        let Some(Value::List(orders)) = reply.get("orders") else { panic!("{reply:?}") };
        let told = orders.iter().map(|order| match order {
            Value::Record(order) => (order["number"].clone(), order["overdue"].clone()),
            other => panic!("{other:?}"),
        });
        let first = expected.first().map(|(number, _)| Value::Code((*number).into()));
        let expected = expected.iter().map(|(number, overdue)| (Value::Code((*number).into()), Value::Flag(*overdue)));
        assert!(told.eq(expected), "{orders:?}");
        assert_eq!(reply.get("number"), first.as_ref());
    }

    #[test]
    fn what_is_waited_for_comes_first() {
        let own = [order("2611200003", "complaint", State::Closed, 21), order("2611200002", "broadband_fault", State::InProgress, 21)];
        check(&own, Some(&theirs()), None, &[("2611200002", true), ("2611209001", false), ("2611200003", false)]);
        check(&own, Some(&theirs()), Some("complaint"), &[("2611200003", false)]);
        check(&own, None, Some("invoice"), &[]);
        check(&[], Some(&Record::new()), None, &[]);
    }
}
