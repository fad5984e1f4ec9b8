//! A person takes an order into hand, whoever it was given to.

use super::state::State;
use super::work_order::{CareError, WorkOrder, WorkOrders};
use crate::store::{Note, Step, Taker};

impl WorkOrders {
    /// The author of the note has the order from now on and works on it. [`CareError::Transition`] where nobody can begin, also when somebody
    /// else was quicker.
    pub async fn take(&self, number: &str, note: Note<'_>) -> Result<WorkOrder, CareError> {
        let (from, to) = (self.find(number).await?.state, State::InProgress);
        if !from.next().contains(&to) {
            return Err(CareError::Transition { from, to });
        }
        let taker = Taker::This(note.author);
        let step =
            Step { from: from.name(), to: to.name(), waiting: true, taker, reckoning: None, notice: None, call_back: None, survey: None };
        self.step(number, to, step, note).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::care::{Draft, Handbook};
    use crate::store::{Database, Sought};
    use jiff::civil::{DateTime, date};
    use std::sync::Arc;

    fn now() -> DateTime {
        date(2026, 11, 22).at(9, 30, 0, 0)
    }

    fn by(author: &str) -> Note<'_> {
        Note { at: now(), author, text: "", key: None }
    }

    #[tokio::test]
    async fn one_of_two_who_take_an_order_has_it() {
        let orders = WorkOrders::new(Database::temporary().await.unwrap(), Arc::new(Handbook::built_in()));
        let order = orders.open(Draft { class: "complaint".into(), ..Draft::default() }, "a", now()).await.unwrap();
        let taken = orders.take(&order.number, by("limin")).await.unwrap();
        assert_eq!((taken.state, taken.taker.as_deref()), (State::InProgress, Some("limin")));
        assert!(matches!(orders.take(&order.number, by("wang")).await, Err(CareError::Transition { from: State::InProgress, .. })));
        assert!(matches!(orders.take("2611229999", by("wang")).await, Err(CareError::NotFound)));
        let (mine, count) = orders.search(Sought { taker: Some("limin"), most: 9, ..Sought::default() }).await.unwrap();
        assert_eq!((mine.len(), count, mine[0].number.as_str()), (1, 1, order.number.as_str()));
    }

    #[tokio::test]
    async fn orders_are_found_by_what_is_asked_for() {
        let orders = WorkOrders::new(Database::temporary().await.unwrap(), Arc::new(Handbook::built_in()));
        for (n, class) in ["complaint", "suggestion", "complaint", "invoice"].into_iter().enumerate() {
            let draft = Draft { class: class.into(), text: format!("第{n}件 100%"), call_id: Some(format!("c{n}")), ..Draft::default() };
            orders.open(draft, &n.to_string(), now()).await.unwrap();
        }
        let numbers = async |sought: Sought<'static>| {
            let (page, count) = orders.search(sought).await.unwrap();
            (page.into_iter().map(|order| order.number.chars().skip(6).collect::<String>()).collect::<Vec<_>>().join(" "), count)
        };
        let all = Sought { most: 50, newest_first: true, ..Sought::default() };
        assert_eq!(numbers(all).await, ("0004 0003 0002 0001".into(), 4));
        assert_eq!(numbers(Sought { most: 1, skip: 1, ..all }).await, ("0003".into(), 4), "a page tells how many there are");
        assert_eq!(numbers(Sought { class: Some("complaint"), ..all }).await, ("0003 0001".into(), 2));
        assert_eq!(numbers(Sought { text: Some("第1件"), ..all }).await, ("0002".into(), 1));
        assert_eq!(numbers(Sought { text: Some("%"), ..all }).await.1, 4, "no pattern, but what stands there");
        assert_eq!(numbers(Sought { text: Some("_"), ..all }).await.1, 0);
        assert_eq!(numbers(Sought { call: Some("c2"), ..all }).await, ("0003".into(), 1));
        assert_eq!(numbers(Sought { state: Some("done"), ..all }).await.1, 0);
        assert_eq!(numbers(Sought { due_before: Some(now()), ..all }).await.1, 0);
        assert_eq!(numbers(Sought { due_before: Some(date(2027, 1, 1).at(0, 0, 0, 0)), ..all }).await.1, 4);
    }
}
