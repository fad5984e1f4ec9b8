//! One order: what it is, what can be done next, what became of it.

use super::{Row, state_word};
use crate::api::console::Console;
use crate::api::console::format::{distance, level, moment, value};
use crate::api::console::frame::Frame;
use crate::api::console::pages::{Answer, Fault, html};
use crate::api::console::surveys::score_word;
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::care::{State as OrderState, WorkOrder};
use crate::security::{Role, sight};
use crate::store::Note;
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes
        .get("/console/orders/{number}", page)
        .post("/console/orders/{number}/take", take)
        .post("/console/orders/{number}/step", step)
        .post("/console/orders/{number}/comment", comment)
}

/// A line of what became of an order.
struct Line {
    at: String,
    ago: String,
    author: String,
    /// Words of the state it went to; empty for a comment.
    state_word: &'static str,
    text: String,
}

/// What the customer said to the result.
struct Said {
    score: String,
    comment: String,
    /// Empty when it came by another way.
    call: String,
    at: String,
    ago: String,
}

/// A way on from here.
struct Way {
    to: &'static str,
    word: &'static str,
    is_main: bool,
}

#[derive(Template)]
#[template(path = "order.html")]
struct Page {
    frame: Frame,
    order: Row,
    area: String,
    level: String,
    lang: &'static str,
    details: Vec<(String, String)>,
    history: Vec<Line>,
    answers: Vec<Said>,
    warnings: Vec<Line>,
    calls: Vec<String>,
    files: Vec<String>,
    incident: Option<i64>,
    /// Whether this person may change it.
    may_act: bool,
    may_take: bool,
    ways: Vec<Way>,
}

fn may_act(visitor: &Visitor) -> bool {
    visitor.person.role != Role::Admin
}

/// Words for a way, as an action.
fn way(from: OrderState, to: OrderState) -> Way {
    let (word, is_main) = match (from, to) {
        (_, OrderState::InProgress) => ("order.begin", true),
        (_, OrderState::Done) => ("order.finish", true),
        (OrderState::Done, OrderState::Closed) => ("order.close", true),
        (_, OrderState::Closed) => ("order.withdraw", false),
        (_, OrderState::Reopened) => ("order.reopen", false),
        (_, OrderState::Dispatched) => ("order.hand_on", false),
        (_, OrderState::Open) => ("order.give_back", false),
    };
    Way { to: to.name(), word, is_main }
}

async fn page(State(console): State<Arc<Console>>, visitor: Visitor, Path(number): Path<String>) -> Answer {
    let frame = Frame::of(&visitor, "orders");
    let (orders, now, lang) = (&console.sources.orders, console.now(), frame.lang);
    let order: WorkOrder = orders.find(&number).await?;
    let mut history: Vec<Line> = Vec::new();
    for row in orders.history(&number).await? {
        let state = row.state.as_deref().and_then(OrderState::from_name);
        let (at, ago) = (moment(row.at), distance(lang, row.at, now));
        history.push(Line { at, ago, author: row.author, state_word: state.map_or("", state_word), text: row.text });
    }
    history.reverse();
    let warnings = orders.warnings(&number).await?;
    let warnings = warnings.into_iter().map(|row| Line {
        at: moment(row.at),
        ago: distance(lang, row.at, now),
        author: row.receiver,
        state_word: "",
        text: row.stage,
    });
    let mut answers = Vec::new();
    for answer in orders.answers(&number).await? {
        answers.push(Said {
            score: score_word(lang, &answer.score),
            comment: answer.details.values().map(|held| value(lang, held)).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · "),
            call: answer.call,
            at: moment(answer.at),
            ago: distance(lang, answer.at, now),
        });
    }
    let (mut calls, mut files) = (Vec::new(), Vec::new());
    for (kind, reference) in orders.attachments(&number).await? {
        if kind == "call" { calls.push(reference) } else { files.push(reference) }
    }
    let (may_act, role) = (may_act(&visitor), visitor.person.role);
    let is_mine = order.taker.as_deref() == Some(visitor.person.name.as_str());
    let next = order.state.next();
    let area = order.area.as_deref().map(|code| orders.handbook().rules.area(code).map_or(code, |area| area.name(lang)).to_owned());
    Ok(html(&Page {
        area: area.unwrap_or_default(),
        level: level(lang, order.level.as_deref()),
        lang: order.lang.code(),
        details: order.details.iter().map(|(name, held)| (name.replace('_', " "), sight::field(role, name, &value(lang, held)))).collect(),
        history,
        answers,
        warnings: warnings.collect(),
        calls,
        files,
        incident: order.incident,
        may_act,
        may_take: may_act && next.contains(&OrderState::InProgress) && !(is_mine && order.state == OrderState::InProgress),
        // Beginning is taking, which has a button of its own.
        ways: next.iter().filter(|to| may_act && **to != OrderState::InProgress).map(|to| way(order.state, *to)).collect(),
        order: Row::new(order, orders.handbook(), lang, now),
        frame,
    }))
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    text: String,
    #[serde(default)]
    to: String,
}

/// Longer notes are no notes.
const LONGEST_NOTE: usize = 2_000;

fn noted(said: &Written) -> Result<&str, Fault> {
    let text = said.text.trim();
    if text.chars().count() > LONGEST_NOTE { Err(Fault(StatusCode::BAD_REQUEST)) } else { Ok(text) }
}

fn back(number: &str) -> Response {
    Redirect::to(&format!("/console/orders/{number}")).into_response()
}

async fn take(State(console): State<Arc<Console>>, visitor: Visitor, Path(number): Path<String>) -> Answer {
    let note = Note { at: console.now(), author: &visitor.person.name, text: "", key: None };
    console.sources.orders.take(&number, note).await?;
    Ok(back(&number))
}

async fn step(State(console): State<Arc<Console>>, visitor: Visitor, Path(number): Path<String>, Form(said): Form<Written>) -> Answer {
    let to = OrderState::from_name(&said.to).ok_or(Fault(StatusCode::BAD_REQUEST))?;
    let note = Note { at: console.now(), author: &visitor.person.name, text: noted(&said)?, key: None };
    console.sources.orders.advance(&number, to, note).await?;
    Ok(back(&number))
}

async fn comment(State(console): State<Arc<Console>>, visitor: Visitor, Path(number): Path<String>, Form(said): Form<Written>) -> Answer {
    let text = noted(&said)?;
    if text.is_empty() {
        return Err(Fault(StatusCode::BAD_REQUEST));
    }
    let note = Note { at: console.now(), author: &visitor.person.name, text, key: None };
    console.sources.orders.comment(&number, note).await?;
    Ok(back(&number))
}
