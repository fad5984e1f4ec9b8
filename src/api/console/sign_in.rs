//! Signing in and out.

use super::Console;
use super::frame::Frame;
use super::pages::{Answer, Fault, html};
use crate::api::gate::{COOKIE_NAME, Visitor, is_foreign};
use crate::api::routes::Routes;
use crate::security::SignInError;
use crate::text::Lang;
use askama::Template;
use axum::extract::{ConnectInfo, Form, Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::net::SocketAddr;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes
        .get("/console/sign-in", page)
        .post("/console/sign-in", sign_in)
        .post("/console/sign-out", sign_out)
        .post("/console/sign-out-everywhere", sign_out_everywhere)
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page {
    frame: Frame,
    /// Where to go then.
    to: String,
    name: String,
    fault: String,
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    to: String,
    lang: Option<Lang>,
}

async fn page(Query(wanted): Query<Wanted>, headers: HeaderMap) -> Response {
    let frame = Frame::of_nobody(&headers).in_lang(wanted.lang);
    html(&Page { frame, to: wanted.to, name: String::new(), fault: String::new() })
}

#[derive(Deserialize)]
struct Typed {
    name: String,
    password: String,
    #[serde(default)]
    to: String,
    lang: Option<Lang>,
}

async fn sign_in(
    State(console): State<Arc<Console>>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Answer {
    if is_foreign(&headers) {
        return Err(Fault(StatusCode::FORBIDDEN));
    }
    let gate = &console.gate;
    let (address, is_secure) = gate.origin(peer, &headers);
    let frame = Frame::of_nobody(&headers).in_lang(typed.lang);
    let (status, fault) = match gate.people.sign_in(&typed.name, &typed.password, address, (gate.clock)()).await {
        Ok((key, person)) => {
            tracing::info!(person = person.name, "signed in");
            return Ok((cookie(&key.text(), is_secure), Redirect::to(own_place(&typed.to))).into_response());
        }
        Err(SignInError::Wrong) => (StatusCode::UNAUTHORIZED, frame.t("sign_in.wrong").to_owned()),
        Err(SignInError::Wait { minutes }) => (StatusCode::TOO_MANY_REQUESTS, frame.t("sign_in.wait").replace("{}", &minutes.to_string())),
        Err(SignInError::Store(error)) => return Err(error.into()),
    };
    Ok((status, html(&Page { frame, to: typed.to, name: typed.name, fault })).into_response())
}

async fn sign_out(State(console): State<Arc<Console>>, visitor: Visitor) -> Answer {
    if let Some(key) = &visitor.key {
        console.gate.people.sign_out(key).await?;
    }
    Ok(signed_out())
}

async fn sign_out_everywhere(State(console): State<Arc<Console>>, visitor: Visitor) -> Answer {
    console.gate.people.sign_out_everywhere(&visitor.person).await?;
    Ok(signed_out())
}

/// Leads to the sign-in without a session.
pub(super) fn signed_out() -> Response {
    (cookie("", false), Redirect::to("/console/sign-in")).into_response()
}

/// Kept until the browser is closed; an empty value takes it away.
fn cookie(value: &str, is_secure: bool) -> [(axum::http::HeaderName, String); 1] {
    let age = if value.is_empty() { "; Max-Age=0" } else { "" };
    let secure = if is_secure { "; Secure" } else { "" };
    [(SET_COOKIE, format!("{COOKIE_NAME}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}"))]
}

/// A place of ours; another site's address in the link leads to our first page.
fn own_place(to: &str) -> &str {
    let is_own = to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\r', '\n', '\t']) && to.is_ascii();
    if is_own { to } else { "/console" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_site() {
        assert_eq!(own_place("/console/orders?state=open"), "/console/orders?state=open");
        for to in ["", "https://other.example", "//other.example", "/\\other.example", "/\t/other.example", "other"] {
            assert_eq!(own_place(to), "/console", "{to}");
        }
    }
}
