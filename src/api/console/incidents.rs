//! Incidents: what is broken in which area, when it ends, that it is over.

use super::Console;
use super::format::{distance, moment};
use super::frame::Frame;
use super::pages::{Answer, Fault, html};
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::security::Role;
use crate::store::Incident;
use crate::text::Lang;
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use jiff::civil::DateTime;
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes.get("/console/incidents", page).post("/console/incidents/{id}/end", expect).post("/console/incidents/{id}/resolution", resolve)
}

/// Incidents shown.
const MOST: u32 = 100;

struct Row {
    id: i64,
    class: String,
    area: String,
    opened: String,
    ago: String,
    ends: String,
    /// As a field for local times has it.
    ends_field: String,
    resolved: String,
    reports: u32,
}

#[derive(Template)]
#[template(path = "incidents.html")]
struct Page {
    frame: Frame,
    going_on: Vec<Row>,
    over: Vec<Row>,
    may_act: bool,
}

async fn page(State(console): State<Arc<Console>>, visitor: Visitor) -> Answer {
    let frame = Frame::of(&visitor, "incidents");
    let now = console.now();
    let incidents = console.sources.orders.incidents(false, MOST).await?;
    let (over, going_on): (Vec<Incident>, Vec<Incident>) = incidents.into_iter().partition(|incident| incident.resolved.is_some());
    let rows = |incidents: Vec<Incident>| incidents.into_iter().map(|incident| row(&console, incident, frame.lang, now)).collect();
    let (going_on, over) = (rows(going_on), rows(over));
    let may_act = matches!(visitor.person.role, Role::Supervisor | Role::Operator);
    Ok(html(&Page { frame, going_on, over, may_act }))
}

fn row(console: &Console, incident: Incident, lang: Lang, now: DateTime) -> Row {
    let handbook = console.sources.orders.handbook();
    let (_, class) = handbook.classes.find_or_call_back(&incident.class);
    Row {
        id: incident.id,
        class: if lang == Lang::Zh { class.name.clone() } else { class.name_en.clone() },
        area: handbook.rules.area(&incident.area).map_or(incident.area.as_str(), |area| area.name(lang)).to_owned(),
        opened: moment(incident.opened),
        ago: distance(lang, incident.opened, now),
        ends: incident.ends.map(moment).unwrap_or_default(),
        ends_field: incident.ends.map(|ends| ends.strftime("%Y-%m-%dT%H:%M").to_string()).unwrap_or_default(),
        resolved: incident.resolved.map(moment).unwrap_or_default(),
        reports: incident.reports,
    }
}

#[derive(Deserialize)]
struct End {
    ends: String,
}

async fn expect(State(console): State<Arc<Console>>, Path(id): Path<i64>, Form(end): Form<End>) -> Answer {
    let ends: DateTime = end.ends.parse().map_err(|_| Fault(StatusCode::BAD_REQUEST))?;
    console.sources.orders.expect_end(id, ends).await?;
    Ok(Redirect::to("/console/incidents").into_response())
}

async fn resolve(State(console): State<Arc<Console>>, visitor: Visitor, Path(id): Path<i64>) -> Answer {
    console.sources.orders.resolve(id, &visitor.person.name, console.now()).await?;
    Ok(Redirect::to("/console/incidents").into_response())
}
