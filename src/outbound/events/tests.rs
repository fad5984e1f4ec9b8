//! Events reach the campaigns that rules name, each occasion once.

use super::*;
use crate::outbound::campaign::create;
use crate::outbound::import::tests::campaign;
use crate::outbound::office::Names;
use crate::outbound::{Calendar, trigger};
use crate::store::{Checks, Database, Ended, Found, NewCampaign, Refusal, Signed, SoughtContacts};
use crate::text::PhoneNumber;
use std::sync::Arc;

struct House {
    office: Office,
    rules: Vec<Rule>,
}

fn monday(hour: i8) -> Timestamp {
    jiff::civil::date(2026, 11, 23).at(hour, 0, 0, 0).in_tz("Asia/Shanghai").unwrap().timestamp()
}

impl House {
    async fn open() -> House {
        let database = Database::temporary().await.unwrap();
        let none: Names = Arc::new(Vec::new);
        let office = Office {
            database,
            calendar: Arc::new(Calendar::built_in()),
            flows: none.clone(),
            trunks: none,
            callers: Arc::default(),
            rules: Arc::new(crate::outbound::trigger::built_in()),
        };
        let rules = trigger::built_in();
        let names: Vec<&str> = rules.iter().map(|rule| rule.campaign.as_str()).collect();
        office.database.triggered().keep_standing(&names).await.unwrap();
        for rule in rules.iter().filter(|rule| rule.event != Kind::Festival) {
            let signed = Signed { author: "limin", at: monday(9), key: None };
            let id = create(&office.database, &NewCampaign { name: rule.campaign.clone(), ..campaign("") }, signed).await.unwrap();
            let row = office.find(id).await.unwrap();
            crate::outbound::campaign::advance(&office.database, &row, crate::outbound::Move::Start, signed).await.unwrap();
        }
        House { office, rules }
    }

    async fn tell(&self, event: &str, fields: Fields, now: Timestamp) -> Effect {
        let told = Told { event: event.to_owned(), customer: "13800000001".to_owned(), fields, ..Told::default() };
        apply(&self.office, &self.rules, &told, now).await.unwrap().remove(0)
    }

    /// Calls whoever waits in a campaign, with this outcome.
    async fn call(&self, campaign: &str, outcome: &str, state: &str, now: Timestamp) -> Option<u32> {
        let id = self.office.database.campaigns().find(campaign).await.unwrap().unwrap().id;
        let attempts = self.office.database.contact_attempts();
        match attempts.begin(id, &Checks { regions: &[String::new()], caps: &[] }, now).await.unwrap() {
            Found::Begun(begun) => {
                attempts.end(begun.attempt, Ended { outcome, state, next: None, answered_by: None }, now).await.unwrap();
                Some(begun.nth)
            }
            _ => None,
        }
    }
}

fn bill(due: &str) -> Fields {
    Fields { date: Some(due.to_owned()), amount: Some("128.50".to_owned()), ..Fields::default() }
}

const BILLS: &str = "账单到期提醒";

#[tokio::test]
async fn an_occasion_is_one_call_and_the_next_one_another() {
    let house = House::open().await;
    let effect = house.tell("bill_due", bill("2026-11-25"), monday(9)).await;
    assert_eq!((effect.became, effect.next), ("waits", Some(monday(9))));
    assert_eq!(house.tell("bill_due", bill("2026-11-25"), monday(10)).await.became, "before");
    assert_eq!(house.call(BILLS, "completed", "done", monday(11)).await, Some(1));
    assert_eq!(house.tell("bill_due", bill("2026-11-25"), monday(12)).await.became, "before", "told again after the call");
    assert_eq!(house.call(BILLS, "completed", "done", monday(13)).await, None);
    assert_eq!(house.tell("bill_due", bill("2026-11-26"), monday(14)).await.became, "waits");
    assert_eq!(house.call(BILLS, "completed", "done", monday(15)).await, Some(1), "its attempts count from one");
    let contacts = house.office.database.contacts();
    let contact = contacts.page(1, SoughtContacts { most: 9, ..SoughtContacts::default() }).await.unwrap().remove(0);
    assert_eq!(contact.variables, r#"{"amount":"128.50","date":"2026-11-26","due":"2026-11-26"}"#);
    assert_eq!(contacts.attempts(contact.id).await.unwrap().len(), 2, "one history");
    assert!(contacts.is_anybody_left(1).await.unwrap(), "a campaign of events runs on");
}

#[tokio::test]
async fn a_call_waits_for_its_day() {
    let house = House::open().await;
    let effect = house.tell("bill_due", bill("2026-11-30"), monday(9)).await;
    let friday = jiff::civil::date(2026, 11, 27).in_tz("Asia/Shanghai").unwrap().timestamp();
    assert_eq!(effect.next, Some(friday));
    assert_eq!(house.call(BILLS, "completed", "done", monday(10)).await, None);
    assert_eq!(house.call(BILLS, "completed", "done", friday).await, Some(1));
}

#[tokio::test]
async fn who_was_called_lately_is_left_alone() {
    let house = House::open().await;
    let balance = || Fields { amount: Some("5.00".to_owned()), ..Fields::default() };
    let day = |days: i64| monday(9).saturating_add(SignedDuration::from_hours(24 * days)).unwrap();
    assert_eq!(house.tell("balance_low", balance(), day(0)).await.became, "waits");
    assert_eq!(house.tell("balance_low", balance(), day(3)).await.became, "quiet");
    assert_eq!(house.tell("balance_low", balance(), day(8)).await.became, "waits");
}

#[tokio::test]
async fn nothing_goes_round_the_rules_of_who_is_called() {
    let house = House::open().await;
    house.tell("bill_due", bill("2026-11-25"), monday(9)).await;
    assert_eq!(house.call(BILLS, "wrong_person", "stopped", monday(10)).await, Some(1));
    assert_eq!(house.tell("bill_due", bill("2026-11-26"), monday(11)).await.became, "wrong_person");
    let number = PhoneNumber::parse("13800000001").unwrap();
    let refusal = Refusal { campaign: None, reason: "spoken", author: "service", at: monday(11) };
    house.office.database.do_not_call().add(&number, refusal).await.unwrap();
    let used = Fields { percent: Some(80), ..Fields::default() };
    assert_eq!(house.tell("data_used", used, monday(12)).await.became, "waits");
    assert_eq!(house.call("流量提醒", "completed", "done", monday(13)).await, None, "the list holds");
}

#[tokio::test]
async fn what_leads_to_no_call_says_why() {
    let house = House::open().await;
    let festival = Fields { date: Some("2027-02-06".to_owned()), subject: Some("春节".to_owned()), ..Fields::default() };
    assert_eq!(house.tell("festival", festival, monday(9)).await.became, "no_campaign");
    assert_eq!(house.tell("bill_due", bill("2026-11-01"), monday(9)).await.became, "over");
    let full = Fields { amount: Some("80".to_owned()), ..Fields::default() };
    assert_eq!(house.tell("balance_low", full, monday(9)).await.became, "not_meant");
    let wrong = async |event: &str, customer: &str| {
        let told = Told { event: event.to_owned(), customer: customer.to_owned(), ..Told::default() };
        apply(&house.office, &house.rules, &told, monday(9)).await.unwrap_err().to_string()
    };
    assert!(wrong("moon", "13800000001").await.contains("there is no event \"moon\"; there are bill_due"));
    assert!(wrong("bill_due", "13800000001").await.contains("bill_due needs `date`"));
}
