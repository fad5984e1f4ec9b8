//! Flows: which there are, and each as a drawing.

use super::Console;
use super::frame::Frame;
use super::pages::{Answer, Fault, html};
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes.get("/console/flows", list).get("/console/flows/{name}", flow).get("/console/flows/{name}/drawing", drawing)
}

#[derive(Template)]
#[template(path = "flows.html")]
struct Page {
    frame: Frame,
    names: Vec<String>,
    /// The flow that is looked at; empty for none.
    chosen: String,
    edition: String,
}

fn page(console: &Console, visitor: &Visitor, chosen: String) -> Answer {
    let services = console.sources.editions.current();
    let names: Vec<String> = services.engine.flows().names().into_iter().map(str::to_owned).collect();
    if !chosen.is_empty() && !names.contains(&chosen) {
        return Err(Fault(StatusCode::NOT_FOUND));
    }
    Ok(html(&Page { frame: Frame::of(visitor, "flows"), names, chosen, edition: services.edition.clone() }))
}

async fn list(State(console): State<Arc<Console>>, visitor: Visitor) -> Answer {
    page(&console, &visitor, String::new())
}

async fn flow(State(console): State<Arc<Console>>, visitor: Visitor, Path(name): Path<String>) -> Answer {
    page(&console, &visitor, name)
}

/// The drawing of a flow in the visitor's language; it brings its own styles and nothing that runs.
async fn drawing(State(console): State<Arc<Console>>, visitor: Visitor, Path(name): Path<String>) -> Answer {
    let draw = console.sources.draw.clone();
    let lang = visitor.person.lang;
    let drawn = tokio::task::spawn_blocking(move || draw(&name, lang)).await.map_err(|_| Fault(StatusCode::INTERNAL_SERVER_ERROR))?;
    let drawn = drawn.ok_or(Fault(StatusCode::NOT_FOUND))?;
    let head = [
        (CONTENT_TYPE, "image/svg+xml; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    ];
    Ok((head, drawn).into_response())
}
