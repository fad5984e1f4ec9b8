//! Whom a campaign calls, and every call to one of them. A number that is typed in to be looked for comes in a form; the address has its reference.

use super::detail::named;
use super::{Moment, PATH};
use crate::api::campaigns::contacts::variables;
use crate::api::console::Console;
use crate::api::console::frame::Frame;
use crate::api::console::listing::{ROWS, address, given};
use crate::api::console::pages::{Answer, Fault, html};
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::security::Role;
use crate::store::{ContactRow, SoughtContacts};
use crate::text::{Lang, PhoneNumber};
use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes
        .get("/console/campaigns/{id}/contacts", page)
        .post("/console/campaigns/{id}/search", search)
        .get("/console/campaigns/{id}/contacts/{contact}", one)
}

const STATES: [&str; 5] = ["waiting", "dialling", "done", "given_up", "stopped"];

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Filters {
    state: Option<String>,
    outcome: Option<String>,
    /// A reference.
    customer: Option<String>,
    after: Option<i64>,
}

struct Choice {
    value: String,
    text: String,
    is_on: bool,
}

struct Row {
    id: i64,
    number: String,
    region: String,
    lang: String,
    state: &'static str,
    state_word: String,
    outcome: String,
    attempts: i64,
    /// While it waits.
    next: Option<Moment>,
    variables: Vec<(String, String)>,
}

impl Row {
    fn new(console: &Console, contact: ContactRow, lang: Lang, role: Role) -> Row {
        let variables = variables(role, &contact.variables).into_iter().collect();
        Row {
            id: contact.id,
            number: contact.customer_shown,
            region: contact.region,
            lang: contact.lang.unwrap_or_default(),
            state: STATES.into_iter().find(|state| *state == contact.state).unwrap_or_default(),
            state_word: named(lang, "contact_state", &contact.state),
            outcome: contact.outcome.map(|outcome| named(lang, "call_outcome", &outcome)).unwrap_or_default(),
            attempts: contact.attempts,
            next: (contact.state == "waiting").then(|| console.told(contact.next, lang)),
            variables,
        }
    }
}

#[derive(Template)]
#[template(path = "campaign_contacts.html")]
struct Page {
    frame: Frame,
    id: i64,
    name: String,
    filters: Filters,
    states: Vec<Choice>,
    outcomes: Vec<Choice>,
    rows: Vec<Row>,
    further: Option<String>,
    first: Option<String>,
    is_filtered: bool,
}

async fn page(State(console): State<Arc<Console>>, visitor: Visitor, Path(id): Path<i64>, Query(filters): Query<Filters>) -> Answer {
    let frame = Frame::of(&visitor, "campaigns");
    let row = console.campaign(id).await?;
    let path = format!("{PATH}/{id}/contacts");
    let database = &console.sources.database;
    let sought = SoughtContacts {
        state: given(&filters.state),
        outcome: given(&filters.outcome),
        customer: given(&filters.customer),
        after: filters.after.unwrap_or_default(),
        most: ROWS,
    };
    let found = database.contacts().page(id, sought).await?;
    let last = found.last().filter(|_| found.len() == ROWS as usize).map(|contact| contact.id);
    let at = |after: Option<i64>| address(&path, &Filters { after, ..filters.clone() });
    let choice = |section: &str, value: &str, chosen: &Option<String>| Choice {
        text: named(frame.lang, section, value),
        is_on: chosen.as_deref() == Some(value),
        value: value.to_owned(),
    };
    let outcomes = database.campaigns().last_outcomes(id).await?;
    Ok(html(&Page {
        id,
        name: row.is.name,
        states: STATES.map(|state| choice("contact_state", state, &filters.state)).into(),
        outcomes: outcomes.iter().map(|outcome| choice("call_outcome", outcome, &filters.outcome)).collect(),
        further: last.map(|last| at(Some(last))),
        first: filters.after.map(|_| at(None)),
        is_filtered: sought.state.is_some() || sought.outcome.is_some() || sought.customer.is_some(),
        rows: found.into_iter().map(|contact| Row::new(&console, contact, frame.lang, visitor.person.role)).collect(),
        filters,
        frame,
    }))
}

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    number: String,
}

async fn search(State(console): State<Arc<Console>>, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Answer {
    console.campaign(id).await?;
    let customer = PhoneNumber::parse(typed.number.trim()).map(|number| console.sources.database.stored_phone(&number).reference);
    let path = format!("{PATH}/{id}/contacts");
    // What is no number finds nobody.
    let customer = (!typed.number.trim().is_empty()).then(|| customer.unwrap_or_else(|| "none".to_owned()));
    Ok(Redirect::to(&address(&path, &Filters { customer, ..Filters::default() })).into_response())
}

struct Call {
    nth: i64,
    began: Moment,
    seconds: Option<i64>,
    outcome: String,
    answered_by: String,
}

#[derive(Template)]
#[template(path = "campaign_contact.html")]
struct One {
    frame: Frame,
    campaign: i64,
    name: String,
    contact: Row,
    calls: Vec<Call>,
}

async fn one(State(console): State<Arc<Console>>, visitor: Visitor, Path((id, contact)): Path<(i64, i64)>) -> Answer {
    let frame = Frame::of(&visitor, "campaigns");
    let row = console.campaign(id).await?;
    let contacts = console.sources.database.contacts();
    let contact = contacts.find(id, contact).await?.ok_or(Fault(StatusCode::NOT_FOUND))?;
    let calls = contacts.attempts(contact.id).await?.into_iter().map(|call| Call {
        nth: call.nth,
        began: console.told(call.began, frame.lang),
        seconds: call.ended.map(|ended| ended.duration_since(call.began).as_secs()),
        outcome: call.outcome.map(|outcome| named(frame.lang, "call_outcome", &outcome)).unwrap_or_default(),
        answered_by: call.answered_by.map(|who| named(frame.lang, "answered_by", &who)).unwrap_or_default(),
    });
    let calls = calls.collect();
    Ok(html(&One { campaign: id, name: row.is.name, contact: Row::new(&console, contact, frame.lang, visitor.person.role), calls, frame }))
}
