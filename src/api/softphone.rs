//! The softphone page at `/call`, and the door of its calls.

use super::gate::own_page;
use super::routes::Routes;
use super::{Lines, Softphone};
use crate::line::websocket::browser::Browser;
use crate::line::websocket::{self, LONGEST_MESSAGE, Start, Terms};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use serde::Serialize;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Lines>>, softphone: Softphone) -> Routes<Arc<Lines>> {
    if softphone == Softphone::Off {
        return routes;
    }
    routes
        .get("/call", async || asset("call.html"))
        .get("/call/settings", settings)
        .get("/call/line", line)
        .get("/call/{asset}", async |Path(name): Path<String>| asset(&name))
}

/// Everything that the page is made of.
const ASSETS: [(&str, &str, &str); 7] = [
    ("icon.svg", "image/svg+xml", include_str!("../../web/style/icon.svg")),
    ("call.html", "text/html; charset=utf-8", include_str!("../../web/softphone/call.html")),
    ("call.css", "text/css; charset=utf-8", include_str!("../../web/softphone/call.css")),
    ("form.css", "text/css; charset=utf-8", include_str!("../../web/style/form.css")),
    ("call.js", "text/javascript; charset=utf-8", include_str!("../../web/softphone/call.js")),
    ("words.js", "text/javascript; charset=utf-8", include_str!("../../web/softphone/words.js")),
    ("sound.js", "text/javascript; charset=utf-8", include_str!("../../web/softphone/sound.js")),
];

fn asset(name: &str) -> Response {
    match ASSETS.iter().find(|(own, ..)| *own == name) {
        Some((_, kind, content)) => ([(CONTENT_TYPE, *kind)], *content).into_response(),
        None => (StatusCode::NOT_FOUND, "there is no such page; the softphone is at /call\n").into_response(),
    }
}

/// What the page has to know.
#[derive(Serialize)]
struct Settings {
    lang: &'static str,
    /// Whether the page may name the caller.
    names_caller: bool,
}

async fn settings(State(lines): State<Arc<Lines>>) -> Json<Settings> {
    Json(Settings { lang: lines.lang.code(), names_caller: lines.softphone == Softphone::Named })
}

async fn line(State(lines): State<Arc<Lines>>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !own_page(&headers) {
        return (StatusCode::FORBIDDEN, "calls come from our own page only\n").into_response();
    }
    let terms = Terms { token: None, start: Start::default(), lang: lines.lang };
    let (reception, dialect) = (lines.reception.clone(), Browser::new(lines.softphone == Softphone::Named));
    upgrade.max_message_size(LONGEST_MESSAGE).on_upgrade(async move |socket| websocket::serve(socket, dialect, reception, terms).await)
}
