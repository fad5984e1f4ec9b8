//! One's own settings: language, password, sessions.

use super::Console;
use super::frame::Frame;
use super::pages::{Answer, html};
use super::sign_in::signed_out;
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::security::{PasswordError, PeopleError, SignInError};
use crate::text::Lang;
use askama::Template;
use axum::extract::{ConnectInfo, Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::net::SocketAddr;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes
        .get("/console/settings", async |visitor: Visitor| page(&visitor, ""))
        .post("/console/settings/language", language)
        .post("/console/settings/password", password)
}

#[derive(Template)]
#[template(path = "settings.html")]
struct Page {
    frame: Frame,
    /// Words for what is wrong with the password.
    fault: &'static str,
}

fn page(visitor: &Visitor, fault: &'static str) -> Response {
    html(&Page { frame: Frame::of(visitor, "settings"), fault })
}

#[derive(Deserialize)]
struct Language {
    lang: Lang,
}

async fn language(State(console): State<Arc<Console>>, visitor: Visitor, Form(wanted): Form<Language>) -> Answer {
    console.gate.people.set_lang(&visitor.person, wanted.lang).await?;
    Ok(Redirect::to("/console/settings").into_response())
}

#[derive(Deserialize)]
struct Passwords {
    present: String,
    chosen: String,
    again: String,
}

async fn password(
    State(console): State<Arc<Console>>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    visitor: Visitor,
    Form(typed): Form<Passwords>,
) -> Answer {
    if typed.chosen != typed.again {
        return Ok((StatusCode::BAD_REQUEST, page(&visitor, "settings.differ")).into_response());
    }
    let gate = &console.gate;
    let (address, _) = gate.origin(peer, &headers);
    let fault = match gate.people.change_password(&visitor.person, &typed.present, &typed.chosen, address, (gate.clock)()).await {
        Ok(()) => return Ok(signed_out()),
        Err(PeopleError::Unproved(SignInError::Wrong)) => "settings.wrong",
        Err(PeopleError::Unproved(SignInError::Wait { .. })) => "settings.wait",
        Err(PeopleError::Password(PasswordError::Short)) => "settings.short",
        Err(PeopleError::Password(PasswordError::Long)) => "settings.long",
        Err(PeopleError::Password(PasswordError::Simple | PasswordError::Name)) => "settings.simple",
        Err(error) => return Err(error.into()),
    };
    Ok((StatusCode::BAD_REQUEST, page(&visitor, fault)).into_response())
}
