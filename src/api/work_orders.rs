//! Work orders and incidents for other systems, below `/api/v1`.
//!
//! Every request carries a bearer token or a session; whatever changes something carries an `Idempotency-Key` and is done once. Numbers of customers come
//! in and never go out: answers have them masked. A person who is signed in is the author of what is done; a system may name one.

#[cfg(test)]
mod tests;

use super::gate::{Gate, Visitor};
use super::openapi;
use super::problem::Problem;
use super::routes::Routes;
use crate::business::Clock;
use crate::care::{Draft, State as OrderState, Verdict, WorkOrder, WorkOrders};
use crate::store::{Incident, Listed, Note};
use crate::text::{Lang, PhoneNumber};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use jiff::civil::DateTime;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

/// What the routes need.
pub struct Care {
    pub orders: WorkOrders,
    pub clock: Clock,
}

const LONGEST_BODY: usize = 64 * 1024;
const LONGEST_KEY: usize = 200;
/// Of orders on a page.
const USUAL_PAGE: u32 = 50;
const LONGEST_PAGE: u32 = 500;
/// Incidents told at most.
const MOST_INCIDENTS: u32 = 500;

pub(super) fn routes(gate: &Arc<Gate>, care: Care) -> Router {
    Routes::new(gate)
        .get("/api/v1/openapi.json", async || Json(openapi::document()))
        .get("/api/v1/me", me)
        .get("/api/v1/work-orders", list)
        .post("/api/v1/work-orders", open)
        .get("/api/v1/work-orders/{number}", show)
        .post("/api/v1/work-orders/{number}/steps", step)
        .post("/api/v1/work-orders/{number}/comments", comment)
        .post("/api/v1/work-orders/{number}/verdict", judge)
        .get("/api/v1/incidents", incidents)
        .put("/api/v1/incidents/{id}/end", expect)
        .post("/api/v1/incidents/{id}/resolution", resolve)
        .served_with(Arc::new(care))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
}

type Answer = Result<Response, Problem>;

/// Who asks, as the service sees it.
async fn me(Visitor { person, .. }: Visitor) -> Json<Value> {
    Json(
        json!({"name": person.name, "shown": person.shown, "role": person.role.name(), "skills": person.skills, "phone": person.phone, "lang": person.lang.code()}),
    )
}

/// The key under which something is done once; those of calls are others.
pub(super) fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::trim).unwrap_or_default();
    if key.is_empty() || key.len() > LONGEST_KEY {
        return Err(Problem::bad(format!("send an Idempotency-Key of 1 to {LONGEST_KEY} characters; the same key is done once")));
    }
    Ok(format!("api/{key}"))
}

pub(super) fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::bad(format!("the body is not as it should be: {error}")))
}

fn state(name: &str) -> Result<OrderState, Problem> {
    let names = || OrderState::ALL.map(OrderState::name).join(", ");
    OrderState::from_name(name).ok_or_else(|| Problem::bad(format!("there is no state {name:?}; there are {}", names())))
}

/// Who does it: a person is the author, a system may name one.
pub(super) fn author(visitor: &Visitor, named: Option<String>) -> String {
    named.filter(|_| visitor.key.is_none()).unwrap_or_else(|| visitor.person.name.clone())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    state: Option<String>,
    class: Option<String>,
    taker: Option<String>,
    #[serde(default)]
    waiting: bool,
    after: Option<String>,
    most: Option<u32>,
}

async fn list(State(care): State<Arc<Care>>, page: Result<Query<Page>, axum::extract::rejection::QueryRejection>) -> Answer {
    let Query(page) = page.map_err(|error| Problem::bad(error.body_text()))?;
    let most = page.most.unwrap_or(USUAL_PAGE).clamp(1, LONGEST_PAGE);
    let listed = Listed {
        state: page.state.as_deref().map(state).transpose()?.map(OrderState::name),
        class: page.class.as_deref(),
        taker: page.taker.as_deref(),
        waiting: page.waiting,
        after: page.after.as_deref(),
        most,
    };
    let orders = care.orders.list(listed).await?;
    // A page that is not full is the last one.
    let next = orders.last().filter(|_| orders.len() == most as usize).map(|order| order.number.clone());
    Ok(Json(json!({"work_orders": orders.iter().map(shown).collect::<Vec<_>>(), "next": next})).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Opening {
    class: String,
    customer: Option<String>,
    level: Option<String>,
    area: Option<String>,
    #[serde(default)]
    lang: Lang,
    #[serde(default)]
    urgent: bool,
    #[serde(default)]
    text: String,
}

async fn open(State(care): State<Arc<Care>>, headers: HeaderMap, body: Bytes) -> Answer {
    let key = key(&headers)?;
    let opening: Opening = read(&body)?;
    if care.orders.handbook().classes.find(&opening.class).is_none() {
        let known: Vec<&str> = care.orders.handbook().classes.codes().collect();
        return Err(Problem::bad(format!("there is no class {:?}; there are {}", opening.class, known.join(", "))));
    }
    let customer = match &opening.customer {
        Some(number) => Some(PhoneNumber::parse(number).ok_or_else(|| Problem::bad("customer: a telephone number has 3 to 15 digits"))?),
        None => None,
    };
    let draft = Draft {
        class: opening.class,
        customer,
        level: opening.level,
        area: opening.area,
        lang: opening.lang,
        urgent: opening.urgent,
        text: opening.text,
        ..Draft::default()
    };
    let order = care.orders.open(draft, &key, (care.clock)()).await?;
    let place = format!("/api/v1/work-orders/{}", order.number);
    Ok((StatusCode::CREATED, [(LOCATION, place)], Json(shown(&order))).into_response())
}

async fn show(State(care): State<Arc<Care>>, Path(number): Path<String>) -> Answer {
    let order = care.orders.find(&number).await?;
    let (history, attachments) = (care.orders.history(&number).await?, care.orders.attachments(&number).await?);
    let mut object = shown(&order);
    let row =
        |row: &crate::store::HistoryRow| json!({"at": row.at.to_string(), "author": row.author, "state": row.state, "text": row.text});
    object["history"] = history.iter().map(row).collect();
    object["attachments"] = attachments.iter().map(|(kind, reference)| json!({"kind": kind, "reference": reference})).collect();
    let warnings = care.orders.warnings(&number).await?;
    object["warnings"] =
        warnings.iter().map(|row| json!({"stage": row.stage, "receiver": row.receiver, "at": row.at.to_string()})).collect();
    Ok(Json(object).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    to: String,
    #[serde(default)]
    text: String,
    author: Option<String>,
}

async fn step(State(care): State<Arc<Care>>, visitor: Visitor, Path(number): Path<String>, headers: HeaderMap, body: Bytes) -> Answer {
    let key = key(&headers)?;
    let step: Step = read(&body)?;
    let author = author(&visitor, step.author);
    let note = Note { at: (care.clock)(), author: &author, text: &step.text, key: Some(&key) };
    Ok(Json(shown(&care.orders.advance(&number, state(&step.to)?, note).await?)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Comment {
    text: String,
    author: Option<String>,
}

async fn comment(State(care): State<Arc<Care>>, visitor: Visitor, Path(number): Path<String>, headers: HeaderMap, body: Bytes) -> Answer {
    let key = key(&headers)?;
    let comment: Comment = read(&body)?;
    let author = author(&visitor, comment.author);
    let note = Note { at: (care.clock)(), author: &author, text: &comment.text, key: Some(&key) };
    care.orders.comment(&number, note).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Judgement {
    satisfied: bool,
    #[serde(default)]
    comment: String,
}

async fn judge(State(care): State<Arc<Care>>, Path(number): Path<String>, headers: HeaderMap, body: Bytes) -> Answer {
    let key = key(&headers)?;
    let said: Judgement = read(&body)?;
    let verdict = Verdict { satisfied: said.satisfied, comment: &said.comment, call: "", key: &key, at: (care.clock)() };
    Ok(Json(shown(&care.orders.judge(&number, verdict).await?)).into_response())
}

#[derive(Deserialize)]
struct Which {
    #[serde(default)]
    all: bool,
}

async fn incidents(State(care): State<Arc<Care>>, which: Result<Query<Which>, axum::extract::rejection::QueryRejection>) -> Answer {
    let Query(which) = which.map_err(|error| Problem::bad(error.body_text()))?;
    let incidents = care.orders.incidents(!which.all, MOST_INCIDENTS).await?;
    Ok(Json(json!({"incidents": incidents.iter().map(incident_shown).collect::<Vec<_>>()})).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    ends: String,
}

fn id(raw: &str) -> Result<i64, Problem> {
    raw.parse().map_err(|_| Problem::new(StatusCode::NOT_FOUND, "there is no such incident"))
}

async fn expect(State(care): State<Arc<Care>>, Path(incident): Path<String>, body: Bytes) -> Answer {
    let end: End = read(&body)?;
    let ends: DateTime = end.ends.parse().map_err(|_| Problem::bad("ends: a local time such as 2026-11-22T09:30"))?;
    care.orders.expect_end(id(&incident)?, ends).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn resolve(State(care): State<Arc<Care>>, visitor: Visitor, Path(incident): Path<String>) -> Answer {
    let incident = care.orders.resolve(id(&incident)?, &visitor.person.name, (care.clock)()).await?;
    Ok(Json(incident_shown(&incident)).into_response())
}

/// A work order as other systems see it; the customer's number is masked.
pub fn shown(order: &WorkOrder) -> Value {
    json!({
        "number": order.number, "class": order.class, "kind": order.kind, "priority": order.priority.name(), "state": order.state.name(),
        "taker": order.taker, "customer": order.customer_shown, "area": order.area, "level": order.level, "text": order.text,
        "created": order.created.to_string(), "due": order.due.to_string(), "repeats": order.repeats, "incident": order.incident,
    })
}

/// An incident as other systems see it.
pub fn incident_shown(incident: &Incident) -> Value {
    let text = |moment: Option<DateTime>| moment.map(|moment| moment.to_string());
    json!({
        "incident": incident.id, "class": incident.class, "area": incident.area, "opened": incident.opened.to_string(),
        "ends": text(incident.ends), "resolved": text(incident.resolved), "reports": incident.reports,
    })
}
