//! Calls that go on: what is said as it is said, where in the flows it is.
//!
//! A page reads the call's record, which is written while the call goes on; the call itself knows nothing of who watches.

use super::calls::{Bubble, transcript};
use super::format::clock;
use super::frame::Frame;
use super::pages::{Answer, Fault, html};
use super::{Console, calls};
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::security::Role;
use crate::store::CallRecord;
use crate::text::{Lang, Value};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior};

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes.get("/console/live", page).get("/console/live/{id}/captions", captions)
}

/// How often the record is looked at.
const EVERY: Duration = Duration::from_millis(400);
/// Looks until it is asked again whether the watcher may still watch.
const LOOKS_OF_A_SESSION: u32 = 75;

struct Row {
    id: String,
    caller: String,
    line: &'static str,
    lang: &'static str,
    by_keys: bool,
    lasts: String,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "live.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    /// The call that is watched.
    watched: Option<Watched>,
    chosen: String,
}

/// What stands in the middle: the same in the page and in what is sent after it.
#[derive(Template)]
#[template(path = "live_call.html")]
struct Watched {
    frame: Frame,
    id: String,
    place: String,
    question: String,
    bubbles: Vec<Bubble>,
    is_speaking: bool,
    is_over: bool,
    outcome_word: &'static str,
}

#[derive(Deserialize)]
struct Wanted {
    call: Option<String>,
}

async fn page(State(console): State<Arc<Console>>, visitor: Visitor, Query(wanted): Query<Wanted>) -> Answer {
    let frame = Frame::of(&visitor, "live");
    let now = console.now();
    let present = console.sources.reception.present();
    let chosen = wanted.call.or_else(|| present.first().map(|call| call.call_id.clone())).unwrap_or_default();
    let rows = present.into_iter().map(|call| Row {
        caller: call.incoming.caller.as_ref().map(ToString::to_string).unwrap_or_default(),
        line: call.incoming.line,
        lang: call.incoming.lang.code(),
        by_keys: call.by_keys,
        lasts: clock(i64::try_from(now.duration_since(call.since.datetime()).as_millis()).unwrap_or(0)),
        is_here: call.call_id == chosen,
        id: call.call_id,
    });
    let rows = rows.collect();
    let record = console.sources.database.calls().find(&chosen).await?;
    let watched = record.map(|call| Watched::new(&call, Frame::of(&visitor, "live"), visitor.person.role));
    Ok(html(&Page { frame, rows, watched, chosen }))
}

impl Watched {
    fn new(call: &CallRecord, frame: Frame, role: Role) -> Watched {
        let last = |kind: &str, field: &str| {
            let event = call.events.iter().rev().find(|event| event.kind == kind)?;
            match event.detail.get(field)? {
                Value::Text(text) | Value::Code(text) => Some(text.clone()),
                _ => None,
            }
        };
        let speech = call.events.iter().rev().find(|event| event.kind == "speech_began" || event.kind == "speech_ended");
        let (_, outcome_word) = calls::outcome(call);
        Watched {
            id: call.id.clone(),
            place: last("said_began", "prompt").unwrap_or_default(),
            question: last("asked", "question").unwrap_or_default(),
            bubbles: transcript(call, frame.lang, role),
            is_speaking: call.ending.is_none() && speech.is_some_and(|event| event.kind == "speech_began"),
            is_over: call.ending.is_some(),
            outcome_word,
            frame,
        }
    }
}

/// Looks at a call's record again and again.
struct Watch {
    console: Arc<Console>,
    visitor: Visitor,
    id: String,
    looks: Interval,
    looked: u32,
    sent: String,
    is_over: bool,
}

impl Watch {
    /// The next thing to send; `None` when there will be no more.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Watch)> {
        let mut ending = self.console.ending.clone();
        while !self.is_over {
            tokio::select! {
                _ = self.looks.tick() => {}
                _ = ending.wait_for(|ending| *ending) => return None,
            }
            self.looked += 1;
            if self.looked.is_multiple_of(LOOKS_OF_A_SESSION) && !self.may_watch().await {
                return None;
            }
            // What cannot be read now is read at the next look.
            let Ok(record) = self.console.sources.database.calls().find(&self.id).await else { continue };
            let watched = Watched::new(&record?, Frame::of(&self.visitor, "live"), self.visitor.person.role);
            self.is_over = watched.is_over;
            let Ok(text) = watched.render() else { continue };
            if text != self.sent {
                self.sent.clone_from(&text);
                return Some((Ok(Event::default().event("call").data(text)), self));
            }
        }
        None
    }

    async fn may_watch(&self) -> bool {
        match &self.visitor.key {
            Some(key) => self.console.gate.people.signed_in(key, self.console.now()).await.is_ok_and(|person| person.is_some()),
            None => true,
        }
    }
}

async fn captions(State(console): State<Arc<Console>>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Fault> {
    console.sources.database.calls().find(&id).await?.ok_or(Fault(StatusCode::NOT_FOUND))?;
    let mut looks = tokio::time::interval(EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let watch = Watch { console, visitor, id, looks, looked: 0, sent: String::new(), is_over: false };
    let events = futures_util::stream::unfold(watch, Watch::next);
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

/// Of a list of calls the language is only worth telling where it is not the usual one.
impl Row {
    fn is_foreign(&self) -> bool {
        self.lang != Lang::Zh.code()
    }
}
