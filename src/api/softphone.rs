//! The softphone page at `/call`, and the door of its calls.

use super::{Api, Softphone};
use crate::line::websocket::browser::Browser;
use crate::line::websocket::{self, LONGEST_MESSAGE, Start, Terms};
use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{any, get};
use serde::Serialize;
use std::sync::Arc;

pub(super) fn routes(softphone: Softphone) -> Router<Arc<Api>> {
    if softphone == Softphone::Off {
        return Router::new();
    }
    Router::new()
        .route("/call", get(async || asset("call.html")))
        .route("/call/settings", get(settings))
        .route("/call/line", any(line))
        .route("/call/{asset}", get(async |Path(name): Path<String>| asset(&name)))
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

async fn settings(State(api): State<Arc<Api>>) -> Json<Settings> {
    Json(Settings { lang: api.lang.code(), names_caller: api.softphone == Softphone::Named })
}

async fn line(State(api): State<Arc<Api>>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !own_page(&headers) {
        return (StatusCode::FORBIDDEN, "calls come from our own page only\n").into_response();
    }
    let terms = Terms { token: None, start: Start::default(), lang: api.lang };
    let (reception, dialect) = (api.reception.clone(), Browser::new(api.softphone == Softphone::Named));
    upgrade.max_message_size(LONGEST_MESSAGE).on_upgrade(async move |socket| websocket::serve(socket, dialect, reception, terms).await)
}

/// A page of another origin must not place calls in a visitor's name.
fn own_page(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    host.is_some() && host == text(HOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_page_may_call() {
        let headers = |pairs: &[(axum::http::HeaderName, &str)]| {
            pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect::<HeaderMap>()
        };
        assert!(own_page(&headers(&[(ORIGIN, "http://call.example:8460"), (HOST, "call.example:8460")])));
        assert!(own_page(&headers(&[(ORIGIN, "https://call.example"), (HOST, "call.example")])));
        assert!(!own_page(&headers(&[(ORIGIN, "https://other.example"), (HOST, "call.example")])));
        assert!(!own_page(&headers(&[(ORIGIN, "null"), (HOST, "null")])));
        assert!(!own_page(&headers(&[(HOST, "call.example")])));
        assert!(!own_page(&headers(&[])));
    }
}
