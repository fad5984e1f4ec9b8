//! Calls: search, and one call with everything that happened in it.

mod audio;
mod detail;
mod transcript;

use super::Console;
use super::format::{clock, distance, moment};
use super::frame::Frame;
use super::listing::{Paging, ROWS, address, given, skip};
use super::pages::{Answer, html};
use super::words::word;
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::store::{CallOutcome, CallRecord, FoundCall, SoughtCalls};
use crate::text::Lang;
use askama::Template;
use axum::extract::{Query, State};
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(super) use transcript::{Bubble, transcript};

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    audio::routes(detail::routes(routes.get("/console/calls", page)))
}

const PATH: &str = "/console/calls";

/// What the address asks for.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Filters {
    q: Option<String>,
    /// A reference of a telephone number.
    customer: Option<String>,
    outcome: Option<String>,
    intent: Option<String>,
    from: Option<String>,
    to: Option<String>,
    page: Option<u32>,
}

/// A call in a list.
pub(super) struct Row {
    pub id: String,
    pub caller: String,
    pub opened: String,
    pub ago: String,
    pub length: String,
    pub outcome: &'static str,
    pub outcome_word: &'static str,
    pub lang: &'static str,
    pub intents: Vec<String>,
    pub turns: u32,
    pub is_test: bool,
}

/// Name and words of how a call ended.
pub(super) fn outcome(call: &CallRecord) -> (&'static str, &'static str) {
    match call.ending.as_ref().map(|ending| &ending.outcome) {
        None => ("open", "outcome.open"),
        Some(CallOutcome::Completed) => ("completed", "outcome.completed"),
        Some(CallOutcome::Transferred { .. }) => ("transferred", "outcome.transferred"),
        Some(CallOutcome::Abandoned) => ("abandoned", "outcome.abandoned"),
        Some(CallOutcome::Failed { .. }) => ("failed", "outcome.failed"),
    }
}

/// An intent in words.
pub(super) fn intent_word(lang: Lang, intent: &str) -> String {
    let key = format!("intent.{intent}");
    let found = word(lang, &key);
    if found == key { intent.replace('_', " ") } else { found.to_owned() }
}

impl Row {
    pub fn new(found: FoundCall, lang: Lang, now: DateTime) -> Row {
        let FoundCall { call, turns, intents } = found;
        let (outcome, outcome_word) = outcome(&call);
        let end = call.ending.as_ref().map_or(now, |ending| ending.closed);
        Row {
            caller: call.caller.as_ref().map(|caller| caller.shown.clone()).unwrap_or_default(),
            opened: moment(call.opened),
            ago: distance(lang, call.opened, now),
            length: clock(i64::try_from(end.duration_since(call.opened).as_millis()).unwrap_or(0)),
            outcome,
            outcome_word,
            lang: call.lang.code(),
            intents: intents.iter().map(|intent| intent_word(lang, intent)).collect(),
            turns,
            is_test: call.is_test,
            id: call.id,
        }
    }
}

/// A choice of a select.
struct Choice {
    value: String,
    text: String,
    is_on: bool,
}

#[derive(Template)]
#[template(path = "calls.html")]
struct Page {
    frame: Frame,
    filters: Filters,
    outcomes: Vec<Choice>,
    intents: Vec<Choice>,
    rows: Vec<Row>,
    paging: Paging,
}

async fn page(State(console): State<Arc<Console>>, visitor: Visitor, Query(filters): Query<Filters>) -> Answer {
    let frame = Frame::of(&visitor, "calls");
    let (database, now) = (&console.sources.database, console.now());
    let sought = SoughtCalls {
        outcome: given(&filters.outcome),
        intent: given(&filters.intent),
        from: given(&filters.from),
        to: given(&filters.to),
        caller: given(&filters.customer),
        text: given(&filters.q),
        skip: skip(filters.page),
        most: ROWS,
        ..SoughtCalls::default()
    };
    let (found, count) = database.calls().search(sought).await?;
    let rows: Vec<Row> = found.into_iter().map(|found| Row::new(found, frame.lang, now)).collect();
    let paging = Paging::new(filters.page, count, rows.len(), |page| address(PATH, &Filters { page: Some(page), ..filters.clone() }));
    let intents = database.calls().intents().await?.into_iter().map(|name| Choice {
        text: intent_word(frame.lang, &name),
        is_on: filters.intent.as_deref() == Some(name.as_str()),
        value: name,
    });
    let mut intents: Vec<Choice> = intents.collect();
    intents.sort_by(|a, b| a.text.cmp(&b.text));
    let outcomes = [
        ("open", "outcome.open"),
        ("completed", "outcome.completed"),
        ("transferred", "outcome.transferred"),
        ("abandoned", "outcome.abandoned"),
        ("failed", "outcome.failed"),
    ];
    let outcomes = outcomes.map(|(name, key)| Choice {
        value: name.to_owned(),
        text: word(frame.lang, key).to_owned(),
        is_on: filters.outcome.as_deref() == Some(name),
    });
    Ok(html(&Page { frame, filters, outcomes: outcomes.into(), intents, rows, paging }))
}
