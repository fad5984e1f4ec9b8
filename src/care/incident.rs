//! Much is broken in one area: told to callers before they are asked, and to everybody who reported it when it is over.
//!
//! An incident is raised within [`WorkOrders::open`], in the transaction of the report that is one too many. Flows ask for it like for any
//! look-up, by the name [`INCIDENT`].

use super::state::State;
use super::wording::{Named, Occasion};
use super::work_order::{CareError, WorkOrders};
use crate::business::Operation;
use crate::store::{Incident, Note};
use crate::text::{Record, Value};
use jiff::civil::DateTime;

/// The look-up's name.
pub const INCIDENT: &str = "incident";

/// See [`crate::care::enquiry::OPERATIONS`], which flows know it by.
///
/// `class` is that of the reports, `name` and `area` are as callers hear them; `has_end` says whether `ends` is known. `NotFound` when nothing is
/// going on.
pub(super) const OPERATION: Operation = Operation {
    name: INCIDENT,
    needs: &[],
    takes: &[],
    gives: &["class", "name", "name_en", "area", "area_en", "since", "has_end", "ends"],
    refuses: &[],
    changes: false,
    repeatable: true,
};

impl WorkOrders {
    /// The reply to [`INCIDENT`] for a customer who lives in `area`, in the operator's words.
    pub async fn incident_for(&self, area: &str, now: DateTime) -> Result<Option<Record>, CareError> {
        let rules = &self.handbook.rules;
        let Some(code) = rules.area_named(area) else { return Ok(None) };
        let Some(incident) = self.database.incidents().of_area(code).await?.into_iter().next() else { return Ok(None) };
        let (_, class) = self.handbook.classes.find_or_call_back(&incident.class);
        let (zh, en) = rules.area(code).map(|area| area.names()).unwrap_or_default();
        // An end that has passed is none.
        let ends = incident.ends.filter(|ends| *ends > now);
        let fields = [
            ("class", Value::Text(incident.class.clone())),
            ("name", Value::Text(class.name.clone())),
            ("name_en", Value::Text(class.name_en.clone())),
            ("area", Value::Text(zh.to_owned())),
            ("area_en", Value::Text(en.to_owned())),
            ("since", Value::Moment(incident.opened)),
            ("has_end", Value::Flag(ends.is_some())),
            ("ends", Value::Moment(ends.unwrap_or(now))),
        ];
        Ok(Some(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()))
    }

    /// Incidents, the newest first.
    pub async fn incidents(&self, open: bool, most: u32) -> Result<Vec<Incident>, CareError> {
        Ok(self.database.incidents().list(open, most).await?)
    }

    /// Says when an incident should be over. [`CareError::NotFound`] when it is not going on.
    pub async fn expect_end(&self, id: i64, ends: DateTime) -> Result<(), CareError> {
        if self.database.incidents().expect(id, ends).await? { Ok(()) } else { Err(CareError::NotFound) }
    }

    /// An incident is over: its orders are done and every customer of one is written to once, however often this is called.
    pub async fn resolve(&self, id: i64, author: &str, now: DateTime) -> Result<Incident, CareError> {
        let incident = self.database.incidents().find(id).await?.ok_or(CareError::NotFound)?;
        let (_, class) = self.handbook.classes.find_or_call_back(&incident.class);
        let area = self.handbook.rules.area(&incident.area);
        let text = |lang| {
            let area = area.map_or(incident.area.as_str(), |area| area.name(lang));
            self.handbook.wording.text(Occasion::Resolved, lang, Named { class, number: "", due: None, area: Some(area) })
        };
        let note = Note { at: now, author, text: "", key: None };
        self.database.incidents().resolve(id, State::Done.name(), text, note).await?.ok_or(CareError::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::care::{Draft, Handbook};
    use crate::store::Database;
    use crate::text::PhoneNumber;
    use jiff::SignedDuration;
    use jiff::civil::date;
    use std::sync::Arc;

    fn at(second: i64) -> DateTime {
        date(2026, 11, 22).at(10, 0, 0, 0).saturating_add(SignedDuration::from_secs(second))
    }

    async fn report(orders: &WorkOrders, customer: u32, area: &str, second: i64) {
        let draft = Draft {
            class: "network_fault".into(),
            customer: PhoneNumber::parse(&format!("138{customer:08}")),
            area: Some(area.into()),
            ..Draft::default()
        };
        orders.open(draft, &format!("{customer}/{area}/{second}"), at(second)).await.unwrap();
    }

    async fn house() -> WorkOrders {
        WorkOrders::new(Database::temporary().await.unwrap(), Arc::new(Handbook::built_in()))
    }

    #[tokio::test]
    async fn thirty_in_ten_minutes_are_one_incident_with_one_notice_each() {
        let orders = house().await;
        for customer in 0..29 {
            report(&orders, customer, "城东", i64::from(customer)).await;
        }
        // Again by the same, and in another area: neither is a new report of this one.
        report(&orders, 3, "城东", 40).await;
        report(&orders, 99, "城西", 41).await;
        assert_eq!(orders.incident_for("城东", at(42)).await.unwrap(), None);
        report(&orders, 29, "东站", 43).await;
        let incident = orders.incident_for("East Town", at(44)).await.unwrap().unwrap();
        let mut gives = OPERATION.gives.to_vec();
        gives.sort_unstable();
        assert_eq!(incident.keys().map(String::as_str).collect::<Vec<_>>(), gives);
        assert_eq!((&incident["area"], &incident["has_end"]), (&Value::Text("城东".into()), &Value::Flag(false)));
        assert_eq!(orders.incident_for("城西", at(44)).await.unwrap(), None);
        for customer in 30..33 {
            report(&orders, customer, "城东", 7_200).await;
        }
        let all = orders.incidents(true, 10).await.unwrap();
        assert_eq!(all.len(), 1, "one for all");
        assert_eq!(all[0].reports, 33, "who reports later joins it");
        orders.expect_end(all[0].id, at(9_000)).await.unwrap();
        assert_eq!(orders.incident_for("城东", at(8_000)).await.unwrap().unwrap()["has_end"], Value::Flag(true));
        assert_eq!(orders.incident_for("城东", at(9_001)).await.unwrap().unwrap()["has_end"], Value::Flag(false), "it did not end then");
        for _ in 0..2 {
            assert!(orders.resolve(all[0].id, "engineer", at(9_500)).await.unwrap().resolved.is_some());
        }
        let notices = orders.database.notices().waiting(at(9_500), 100).await.unwrap();
        assert_eq!(notices.len(), 33, "one each");
        assert!(notices.iter().all(|notice| notice.text == "城东的网络信号故障已经恢复。还不能用的话，请来电告诉我们。"));
        assert_eq!(orders.incident_for("城东", at(9_501)).await.unwrap(), None);
        assert!(orders.find("2611220001").await.unwrap().state == State::Done);
        assert!(matches!(orders.resolve(77, "engineer", at(1)).await, Err(CareError::NotFound)));
    }

    #[tokio::test]
    async fn as_many_over_a_longer_time_are_none() {
        let orders = house().await;
        for customer in 0..60 {
            report(&orders, customer, "城北", i64::from(customer) * 21).await;
        }
        assert_eq!(orders.incidents(false, 10).await.unwrap(), []);
    }
}
