//! One customer: who it is by the operator's systems, what is open, when they called. Numbers are never in an address: they come in forms.

use super::Console;
use super::calls;
use super::format::{called, named, value};
use super::frame::Frame;
use super::orders;
use super::pages::{Answer, html};
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::business::{Failure, Request};
use crate::security::sight;
use crate::store::{Sought, SoughtCalls};
use crate::text::{PhoneNumber, Record, Value};
use askama::Template;
use axum::extract::{Form, State};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes.get("/console/customers", search).post("/console/customers", customer)
}

/// Orders and calls shown.
const MOST: u32 = 10;
/// The operator's systems may take so long.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Template)]
#[template(path = "customers.html")]
struct Page {
    frame: Frame,
    /// Words for what went wrong.
    fault: &'static str,
    profile: Option<Profile>,
}

struct Profile {
    number: String,
    name: String,
    level: String,
    tags: Vec<String>,
    area: String,
    is_lost: bool,
    /// Words and value of what the systems know beside.
    facts: Vec<(&'static str, String)>,
    orders: Vec<orders::Row>,
    calls: Vec<calls::Row>,
    /// The look-up failed: only what we know ourselves is shown.
    is_unknown: bool,
}

async fn search(visitor: Visitor) -> Answer {
    Ok(html(&Page { frame: Frame::of(&visitor, "customers"), fault: "", profile: None }))
}

#[derive(Deserialize)]
struct Wanted {
    number: String,
}

async fn customer(State(console): State<Arc<Console>>, visitor: Visitor, Form(wanted): Form<Wanted>) -> Answer {
    let frame = Frame::of(&visitor, "customers");
    let Some(number) = PhoneNumber::parse(wanted.number.trim()) else {
        return Ok(html(&Page { frame, fault: "customers.no_number", profile: None }));
    };
    tracing::info!(person = visitor.person.name, customer = %number, "a customer was looked at");
    let (sources, now, lang) = (&console.sources, console.now(), frame.lang);
    let reference = sources.database.stored_phone(&number).reference;
    let sought = Sought { customer: Some(&reference), newest_first: true, most: MOST, ..Sought::default() };
    let (found, _) = sources.orders.search(sought).await?;
    let orders: Vec<orders::Row> = found.into_iter().map(|order| orders::Row::new(order, sources.orders.handbook(), lang, now)).collect();
    let sought = SoughtCalls { caller: Some(&reference), most: MOST, ..SoughtCalls::default() };
    let (found, _) = sources.database.calls().search(sought).await?;
    let calls: Vec<calls::Row> = found.into_iter().map(|found| calls::Row::new(found, lang, now)).collect();
    let person = console.asked(&number, "customer").await;
    let fault = match &person {
        Err(Failure::NotFound) if orders.is_empty() && calls.is_empty() => {
            return Ok(html(&Page { frame, fault: "customers.unknown", profile: None }));
        }
        Err(Failure::NotFound) => "customers.unknown",
        Err(_) => "customers.unavailable",
        Ok(_) => "",
    };
    let is_unknown = person.is_err();
    let person = person.unwrap_or_default();
    let mut facts = Vec::new();
    if !is_unknown {
        for (operation, field, word) in [
            ("plan", "name", "customers.plan"),
            ("balance", "balance", "customers.balance"),
            ("usage", "data_left", "customers.data_left"),
            ("points", "points", "customers.points"),
        ] {
            if let Ok(reply) = console.asked(&number, operation).await {
                facts.push((word, named(&reply, field, lang)));
            }
        }
    }
    let tags = match person.get("tags") {
        Some(Value::List(tags)) => tags.iter().map(|tag| value(lang, tag)).collect(),
        _ => Vec::new(),
    };
    let profile = Profile {
        number: number.to_string(),
        name: sight::field(visitor.person.role, "name", &called(&person, lang)),
        level: named(&person, "level_name", lang),
        tags,
        area: named(&person, "area", lang),
        is_lost: matches!(person.get("lost"), Some(Value::Flag(true))),
        facts,
        orders,
        calls,
        is_unknown,
    };
    Ok(html(&Page { frame, fault, profile: Some(profile) }))
}

impl Console {
    /// What the operator's systems answer to a look-up that needs nothing but the customer.
    async fn asked(&self, number: &PhoneNumber, operation: &str) -> Result<Record, Failure> {
        let request =
            Request { customer: number.clone(), operation: operation.to_owned(), arguments: Record::new(), idempotency_key: None };
        tokio::time::timeout(PATIENCE, self.sources.operator.execute(request)).await.unwrap_or(Err(Failure::Unavailable))
    }
}
