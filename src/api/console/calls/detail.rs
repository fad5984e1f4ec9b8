//! One call: player, transcript, path through the flows, events, work orders.

use super::{Bubble, intent_word, outcome, transcript};
use crate::api::console::Console;
use crate::api::console::format::{clock, distance, moment, value};
use crate::api::console::frame::Frame;
use crate::api::console::orders;
use crate::api::console::pages::{Answer, Fault, html};
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::store::{CallEvent, CallOutcome, CallRecord, Sought};
use crate::text::{Lang, Value};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes.get("/console/calls/{id}", page)
}

/// Orders of a call at most.
const ORDERS: u32 = 20;

/// A stop on the way through the flows.
#[derive(Debug, PartialEq, Eq)]
struct Stop {
    flow: String,
    /// Prompts said there, in order, each once.
    prompts: Vec<String>,
    at: String,
}

struct Happened {
    at: String,
    kind: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "call.html")]
struct Page {
    frame: Frame,
    id: String,
    caller: String,
    opened: String,
    ago: String,
    length: String,
    lang: &'static str,
    edition: String,
    outcome: &'static str,
    outcome_word: &'static str,
    reason: String,
    bubbles: Vec<Bubble>,
    path: Vec<Stop>,
    events: Vec<Happened>,
    orders: Vec<orders::Row>,
    has_audio: bool,
    is_open: bool,
    is_test: bool,
}

async fn page(State(console): State<Arc<Console>>, visitor: Visitor, Path(id): Path<String>) -> Answer {
    let frame = Frame::of(&visitor, "calls");
    let (sources, now) = (&console.sources, console.now());
    let call = sources.database.calls().find(&id).await?.ok_or(Fault(StatusCode::NOT_FOUND))?;
    let (found, _) = sources.orders.search(Sought { call: Some(&id), newest_first: true, most: ORDERS, ..Sought::default() }).await?;
    let orders = found.into_iter().map(|order| orders::Row::new(order, sources.orders.handbook(), frame.lang, now)).collect();
    let (outcome, outcome_word) = outcome(&call);
    let end = call.ending.as_ref().map_or(now, |ending| ending.closed);
    let reason = match call.ending.as_ref().map(|ending| &ending.outcome) {
        Some(CallOutcome::Failed { reason }) => reason.clone(),
        Some(CallOutcome::Transferred { reason, intent, .. }) => {
            let intent = intent.as_deref().map(|intent| format!(" · {}", intent_word(frame.lang, intent)));
            format!("{}{}", reason.replace('_', " "), intent.unwrap_or_default())
        }
        _ => String::new(),
    };
    let has_audio = super::audio::file(&console, &id).is_some();
    Ok(html(&Page {
        caller: call.caller.as_ref().map(|caller| caller.shown.clone()).unwrap_or_default(),
        opened: moment(call.opened),
        is_test: call.is_test,
        ago: distance(frame.lang, call.opened, now),
        length: clock(i64::try_from(end.duration_since(call.opened).as_millis()).unwrap_or(0)),
        lang: call.lang.code(),
        edition: call.edition.clone(),
        outcome,
        outcome_word,
        reason,
        bubbles: transcript(&call, frame.lang, visitor.person.role),
        path: path(&call),
        events: call.events.iter().map(|event| happened(event, frame.lang)).collect(),
        orders,
        has_audio,
        is_open: call.ending.is_none(),
        frame,
        id,
    }))
}

fn text<'a>(event: &'a CallEvent, field: &str) -> Option<&'a str> {
    match event.detail.get(field)? {
        Value::Text(text) | Value::Code(text) => Some(text),
        _ => None,
    }
}

/// The flows that spoke, one after another. Prompts of a flow are `flow.prompt`, those of the service have no flow.
fn path(call: &CallRecord) -> Vec<Stop> {
    let mut stops: Vec<Stop> = Vec::new();
    for event in call.events.iter().filter(|event| event.kind == "said_began") {
        let Some(prompt) = text(event, "prompt") else { continue };
        let (flow, prompt) = prompt.split_once('.').unwrap_or(("service", prompt));
        let at = clock(event.at_ms.into());
        match stops.last_mut().filter(|stop| stop.flow == flow) {
            Some(stop) if stop.prompts.iter().any(|said| said == prompt) => {}
            Some(stop) => stop.prompts.push(prompt.to_owned()),
            None => stops.push(Stop { flow: flow.to_owned(), prompts: vec![prompt.to_owned()], at }),
        }
    }
    stops
}

fn happened(event: &CallEvent, lang: Lang) -> Happened {
    let detail: Vec<String> = event.detail.iter().map(|(name, held)| format!("{} {}", name.replace('_', " "), value(lang, held))).collect();
    let kind = event.kind.replace('_', " ");
    Happened { at: format!("{:.2}", f64::from(event.at_ms) / 1000.0), kind, detail: detail.join(" · ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Record;
    use jiff::civil::date;

    #[test]
    fn the_path_names_each_flow_that_spoke() {
        let said = |at_ms, prompt: &str| CallEvent {
            at_ms,
            kind: "said_began".into(),
            detail: Record::from([("prompt".into(), Value::Text(prompt.into()))]),
        };
        let events = vec![
            said(0, "greeting"),
            said(3000, "welcome.hello"),
            said(5000, "open"),
            said(9000, "bill.total"),
            said(9500, "bill.items"),
            said(9900, "bill.total"),
        ];
        let opened = date(2026, 11, 22).at(9, 30, 0, 0);
        let call = CallRecord {
            id: "c".into(),
            edition: String::new(),
            caller: None,
            lang: Lang::Zh,
            opened,
            is_test: false,
            ending: None,
            turns: Vec::new(),
            events,
        };
        let stops = path(&call);
        let names: Vec<(&str, usize)> = stops.iter().map(|stop| (stop.flow.as_str(), stop.prompts.len())).collect();
        assert_eq!(names, [("service", 1), ("welcome", 1), ("service", 1), ("bill", 2)]);
        assert_eq!(stops[3].at, "0:09");
    }
}
