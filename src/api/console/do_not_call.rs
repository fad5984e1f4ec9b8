//! Who must not be called: the list, and how somebody comes onto it and off it again. Numbers come in forms, never in an address.

use super::Console;
use super::format::{distance, moment};
use super::frame::Frame;
use super::listing::{Paging, ROWS, address, given, skip};
use super::pages::{Answer, Fault, html};
use super::words::word;
use crate::api::access;
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::store::Refusal;
use crate::text::PhoneNumber;
use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes.get(PATH, page).post(PATH, add).post("/console/do-not-call/search", search).post("/console/do-not-call/removal", remove)
}

const PATH: &str = "/console/do-not-call";
const LONGEST_REASON: usize = 500;

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Filters {
    /// A reference.
    customer: Option<String>,
    page: Option<u32>,
}

struct Row {
    customer: String,
    number: String,
    /// Id and name; nothing for every campaign.
    campaign: Option<(i64, String)>,
    reason: String,
    author: String,
    at: String,
    ago: String,
}

#[derive(Template)]
#[template(path = "do_not_call.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    paging: Paging,
    may_change: bool,
    is_filtered: bool,
    /// Words for what went wrong.
    fault: &'static str,
}

async fn shown(console: &Console, visitor: &Visitor, filters: Filters, fault: &'static str) -> Result<Response, Fault> {
    let frame = Frame::of(visitor, "campaigns");
    let list = console.sources.database.do_not_call();
    let customer = given(&filters.customer);
    let found = list.list(customer, skip(filters.page), ROWS).await?;
    let count = list.count(customer).await?;
    let now = console.local(Timestamp::now());
    let rows: Vec<Row> = found
        .into_iter()
        .map(|row| Row {
            customer: row.customer,
            number: row.customer_shown,
            campaign: row.campaign,
            reason: match row.reason.as_str() {
                "spoken" => word(frame.lang, "refusals.spoken").to_owned(),
                "operator" => word(frame.lang, "refusals.operator").to_owned(),
                _ => row.reason,
            },
            author: row.author,
            at: moment(console.local(row.at)),
            ago: distance(frame.lang, console.local(row.at), now),
        })
        .collect();
    let paging = Paging::new(filters.page, count, rows.len(), |page| address(PATH, &Filters { page: Some(page), ..filters.clone() }));
    let may_change = access::who(&Method::POST, PATH).is_some_and(|who| who.lets_in(visitor.person.role));
    Ok(html(&Page { frame, rows, paging, may_change, is_filtered: customer.is_some(), fault }))
}

async fn page(State(console): State<Arc<Console>>, visitor: Visitor, Query(filters): Query<Filters>) -> Answer {
    shown(&console, &visitor, filters, "").await
}

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    number: String,
    #[serde(default)]
    reason: String,
}

impl Console {
    async fn refusals_faulty(&self, visitor: &Visitor, fault: &'static str) -> Answer {
        Ok((StatusCode::BAD_REQUEST, shown(self, visitor, Filters::default(), fault).await?).into_response())
    }

    fn refusals_of(&self, number: &PhoneNumber) -> Response {
        let customer = Some(self.sources.database.stored_phone(number).reference);
        Redirect::to(&address(PATH, &Filters { customer, page: None })).into_response()
    }
}

async fn search(State(console): State<Arc<Console>>, visitor: Visitor, Form(typed): Form<Typed>) -> Answer {
    match PhoneNumber::parse(typed.number.trim()) {
        Some(number) => Ok(console.refusals_of(&number)),
        None => console.refusals_faulty(&visitor, "refusals.no_number").await,
    }
}

async fn add(State(console): State<Arc<Console>>, visitor: Visitor, Form(typed): Form<Typed>) -> Answer {
    let Some(number) = PhoneNumber::parse(typed.number.trim()) else {
        return console.refusals_faulty(&visitor, "refusals.no_number").await;
    };
    let reason = typed.reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        return console.refusals_faulty(&visitor, "refusals.no_reason").await;
    }
    let refusal = Refusal { campaign: None, reason, author: &visitor.person.name, at: Timestamp::now() };
    console.sources.database.do_not_call().add(&number, refusal).await?;
    Ok(console.refusals_of(&number))
}

#[derive(Deserialize)]
struct Removal {
    customer: String,
    campaign: Option<i64>,
    #[serde(default)]
    reason: String,
}

async fn remove(State(console): State<Arc<Console>>, visitor: Visitor, Form(removal): Form<Removal>) -> Answer {
    let reason = removal.reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        let filters = Filters { customer: Some(removal.customer), page: None };
        return Ok((StatusCode::BAD_REQUEST, shown(&console, &visitor, filters, "refusals.no_reason").await?).into_response());
    }
    let refusal = Refusal { campaign: removal.campaign, reason, author: &visitor.person.name, at: Timestamp::now() };
    if !console.sources.database.do_not_call().remove_customer(&removal.customer, refusal).await? {
        return Err(Fault(StatusCode::NOT_FOUND));
    }
    Ok(Redirect::to(PATH).into_response())
}
