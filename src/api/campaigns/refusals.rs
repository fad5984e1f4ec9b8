//! Who must not be called, and who agreed to be. Numbers are never part of an address.

use super::{Answer, Asked, LONGEST_PAGE, USUAL_PAGE, asked, found};
use crate::api::gate::Visitor;
use crate::api::problem::Problem;
use crate::api::routes::Routes;
use crate::api::work_orders::read;
use crate::outbound::office::Office;
use crate::store::{Refusal, RefusalRow};
use crate::text::PhoneNumber;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Office>>) -> Routes<Arc<Office>> {
    routes
        .get("/api/v1/do-not-call", list)
        .post("/api/v1/do-not-call", add)
        .post("/api/v1/do-not-call/removals", remove)
        .post("/api/v1/consents", consent)
        .post("/api/v1/consents/withdrawals", withdraw)
}

/// Reasons and proofs are short.
const LONGEST_REASON: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    #[serde(default)]
    skip: u32,
    most: Option<u32>,
}

async fn list(State(office): State<Arc<Office>>, page: Asked<Page>) -> Answer {
    let page = asked(page)?;
    let list = office.database.do_not_call();
    let rows = list.list(None, page.skip, page.most.unwrap_or(USUAL_PAGE).clamp(1, LONGEST_PAGE)).await?;
    let count = list.count(None).await?;
    Ok(Json(json!({ "do_not_call": rows.iter().map(shown).collect::<Vec<_>>(), "count": count })).into_response())
}

fn shown(row: &RefusalRow) -> Value {
    json!({
        "customer": row.customer_shown, "campaign": row.campaign.as_ref().map(|(id, _)| id), "reason": row.reason, "author": row.author,
        "at": row.at.to_string(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    number: String,
    campaign: Option<i64>,
    reason: String,
}

fn phone(number: &str) -> Result<PhoneNumber, Problem> {
    PhoneNumber::parse(number).ok_or_else(|| Problem::bad("number: a telephone number has 3 to 15 digits"))
}

fn told<'a>(what: &str, text: &'a str) -> Result<&'a str, Problem> {
    let text = text.trim();
    let is_short = !text.is_empty() && text.chars().count() <= LONGEST_REASON;
    is_short.then_some(text).ok_or_else(|| Problem::bad(format!("{what}: 1 to {LONGEST_REASON} characters; it is kept")))
}

async fn refusal<'a>(office: &Office, visitor: &'a Visitor, change: &'a Change) -> Result<Refusal<'a>, Problem> {
    if let Some(campaign) = change.campaign {
        found(office, &campaign.to_string()).await?;
    }
    let reason = told("reason", &change.reason)?;
    Ok(Refusal { campaign: change.campaign, reason, author: &visitor.person.name, at: Timestamp::now() })
}

fn done(is_done: bool, otherwise: &str) -> Answer {
    if is_done { Ok(StatusCode::NO_CONTENT.into_response()) } else { Err(Problem::new(StatusCode::NOT_FOUND, otherwise)) }
}

async fn add(State(office): State<Arc<Office>>, visitor: Visitor, body: Bytes) -> Answer {
    let change: Change = read(&body)?;
    let number = phone(&change.number)?;
    // The same number twice is on the list once.
    office.database.do_not_call().add(&number, refusal(&office, &visitor, &change).await?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn remove(State(office): State<Arc<Office>>, visitor: Visitor, body: Bytes) -> Answer {
    let change: Change = read(&body)?;
    let number = phone(&change.number)?;
    let refusal = refusal(&office, &visitor, &change).await?;
    done(office.database.do_not_call().remove(&number, refusal).await?, "this number is not on the list")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Consent {
    number: String,
    proof: String,
}

async fn consent(State(office): State<Arc<Office>>, body: Bytes) -> Answer {
    let given: Consent = read(&body)?;
    let proof = told("proof", &given.proof)?;
    office.database.do_not_call().consented(&phone(&given.number)?, proof, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Withdrawal {
    number: String,
}

async fn withdraw(State(office): State<Arc<Office>>, body: Bytes) -> Answer {
    let given: Withdrawal = read(&body)?;
    done(office.database.do_not_call().withdrew(&phone(&given.number)?).await?, "no consent of this number is kept")
}
