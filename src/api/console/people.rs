//! People who sign in: who there is, letting somebody in, roles, skills, telephones, passwords. For administrators.

use super::Console;
use super::frame::{Frame, role_word};
use super::pages::{Answer, Fault, html};
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::security::{NewPerson, Password, PasswordError, PeopleError, Person, Role};
use crate::text::Lang;
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes.get("/console/people", list).post("/console/people", add).post("/console/people/{person}", change)
}

#[derive(Template)]
#[template(path = "people.html")]
struct Page {
    frame: Frame,
    people: Vec<Row>,
    /// Words for what is wrong with what was asked for.
    fault: &'static str,
    roles: [(&'static str, &'static str); 4],
}

struct Row {
    person: Person,
    role_word: &'static str,
    /// Neither disabled nor given another role by oneself.
    is_oneself: bool,
}

async fn page(console: &Console, visitor: &Visitor, fault: &'static str) -> Answer {
    let people = console.gate.people.list().await?;
    let row = |person: Person| Row { role_word: role_word(person.role), is_oneself: person.id == visitor.person.id, person };
    let roles = Role::ALL.map(|role| (role.name(), role_word(role)));
    let page = html(&Page { frame: Frame::of(visitor, "people"), people: people.into_iter().map(row).collect(), fault, roles });
    let status = if fault.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    Ok((status, page).into_response())
}

async fn list(State(console): State<Arc<Console>>, visitor: Visitor) -> Answer {
    page(&console, &visitor, "").await
}

#[derive(Deserialize)]
struct Added {
    name: String,
    shown: String,
    role: String,
    skills: String,
    lang: Lang,
    password: String,
}

async fn add(State(console): State<Arc<Console>>, visitor: Visitor, Form(typed): Form<Added>) -> Answer {
    let Added { name, shown, role, skills, lang, password } = typed;
    let role = Role::from_name(&role).ok_or(Fault(StatusCode::BAD_REQUEST))?;
    let shown = if shown.trim().is_empty() { name.clone() } else { shown };
    let person = NewPerson { name: &name, shown: &shown, role, skills: &words(&skills), lang };
    let added = match Password::chosen(&password, &name) {
        Ok(password) => console.gate.people.add(person, password, console.now()).await.map(|_| ()),
        Err(error) => Err(error.into()),
    };
    if added.is_ok() {
        tracing::info!(by = visitor.person.name, person = name, role = role.name(), "somebody was let in");
    }
    done(&console, &visitor, added).await
}

/// One thing of somebody; which, says the button.
#[derive(Deserialize)]
struct Change {
    act: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    skills: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    password: String,
}

async fn change(State(console): State<Arc<Console>>, visitor: Visitor, Path(who): Path<String>, Form(change): Form<Change>) -> Answer {
    let people = &console.gate.people;
    if visitor.person.name == who && matches!(change.act.as_str(), "role" | "disable") {
        return page(&console, &visitor, "people.yourself").await;
    }
    let changed = match change.act.as_str() {
        "role" => people.set_role(&who, Role::from_name(&change.role).ok_or(Fault(StatusCode::BAD_REQUEST))?).await,
        "skills" => people.set_skills(&who, &words(&change.skills)).await,
        "phone" => people.set_phone(&who, Some(&change.phone)).await,
        "password" => match Password::chosen(&change.password, &who) {
            Ok(password) => people.set_password(&who, password).await,
            Err(error) => Err(error.into()),
        },
        "disable" => people.set_disabled(&who, true).await,
        "enable" => people.set_disabled(&who, false).await,
        _ => return Err(Fault(StatusCode::BAD_REQUEST)),
    };
    if changed.is_ok() {
        tracing::info!(by = visitor.person.name, person = who, "somebody's role, skills, telephone, password or leave was changed");
    }
    done(&console, &visitor, changed).await
}

fn words(typed: &str) -> Vec<String> {
    typed.split([' ', ',', '，', '、']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

async fn done(console: &Console, visitor: &Visitor, changed: Result<(), PeopleError>) -> Answer {
    let fault = match changed {
        Ok(()) => return Ok(Redirect::to("/console/people").into_response()),
        Err(PeopleError::Taken(_)) => "people.taken",
        Err(PeopleError::Name(_)) => "people.bad_name",
        Err(PeopleError::Shown(_)) => "people.bad_shown",
        Err(PeopleError::Skill(_)) => "people.bad_skill",
        Err(PeopleError::Phone(_)) => "people.bad_phone",
        Err(PeopleError::Password(PasswordError::Short)) => "settings.short",
        Err(PeopleError::Password(PasswordError::Long)) => "settings.long",
        Err(PeopleError::Password(PasswordError::Simple | PasswordError::Name)) => "settings.simple",
        Err(error) => return Err(Fault::from(error)),
    };
    page(console, visitor, fault).await
}
