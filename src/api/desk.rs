//! The line of a station: a WebSocket at `/desk/line` for whoever is signed in as somebody who speaks with callers.
//!
//! Text messages are JSON (`wire`), binary ones are sound both ways, linear, 16 bits, 16 kHz, mono. The first message that comes is `hello`.

mod wire;

use super::gate::{Gate, Visitor};
use super::problem::Problem;
use super::routes::Routes;
use crate::audio::CALL_RATE_HZ;
use crate::business::Clock;
use crate::call::editions::Editions;
use crate::care::WorkOrders;
use crate::desk::{AgentId, FromAgent, Hub, Person, Rules, Station, ToAgent};
use crate::line::encoding::{Decoder, Encoder, Form};
use crate::security::Role;
use axum::Router;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};
use wire::{Said, Told};

/// The longest message that a page may send, in bytes.
const LONGEST_MESSAGE: usize = 64 * 1024;
/// A page sends something all the time; one that is still for so long is gone.
const SILENT_PAGE: Duration = Duration::from_secs(8);
/// How soon somebody who was signed out is out here, too.
const LOOK_AFTER_SESSION: Duration = Duration::from_secs(15);
/// A message that cannot be sent by then has no reader.
const SEND_TIME: Duration = Duration::from_secs(5);

/// What stations are served with.
pub struct Desk {
    pub hub: Hub,
    pub rules: Arc<Rules>,
    pub editions: Arc<Editions>,
    pub orders: WorkOrders,
    pub clock: Clock,
}

pub(super) fn routes(gate: &Arc<Gate>, desk: Option<Desk>) -> Router {
    Routes::new(gate).get("/desk/line", line).served_with((Arc::new(desk), gate.clone()))
}

type Served = (Arc<Option<Desk>>, Arc<Gate>);

async fn line(State((desk, gate)): State<Served>, visitor: Visitor, upgrade: WebSocketUpgrade) -> Response {
    if desk.is_none() {
        return Problem::new(StatusCode::NOT_FOUND, "there is no desk: put a section [desk] into the configuration").into_response();
    }
    upgrade.max_message_size(LONGEST_MESSAGE).on_upgrade(async move |socket| {
        if let Some(desk) = desk.as_ref() {
            serve(socket, desk, &visitor, &gate).await;
        }
    })
}

/// Somebody who is signed in, as the desk sees him; his own language is a skill.
fn person(signed_in: &crate::security::Person) -> Person {
    let lang = signed_in.lang.code().to_owned();
    Person {
        id: AgentId(signed_in.name.clone()),
        shown: signed_in.shown.clone(),
        skills: signed_in.skills.iter().cloned().chain([lang]).collect(),
        leads: signed_in.role == Role::Supervisor,
        phone: signed_in.phone.clone(),
    }
}

async fn serve(mut socket: WebSocket, desk: &Desk, visitor: &Visitor, gate: &Gate) {
    let signed_in = &visitor.person;
    let person = person(signed_in);
    let Ok(mut station) = desk.hub.open(person.clone()).await else {
        return close(&mut socket, close_code::RESTART, "the desk is closed").await;
    };
    let (edition, rules, clock) = (desk.editions.current(), desk.rules.clone(), desk.clock.clone());
    let words = wire::Words { lang: signed_in.lang, edition, rules, role: signed_in.role, clock };
    let hello = words.hello(&person, desk.orders.handbook());
    if send(&mut socket, hello.message()).await {
        let (code, reason) = tokio::select! {
            ended = carry(&mut socket, &mut station, &words) => ended,
            () = signed_out(visitor, gate) => (close_code::POLICY, "signed out"),
        };
        close(&mut socket, code, reason).await;
    }
}

/// Returns when the session has ended, or what the person may do has changed.
async fn signed_out(visitor: &Visitor, gate: &Gate) {
    let Some(key) = &visitor.key else { return };
    loop {
        tokio::time::sleep(LOOK_AFTER_SESSION).await;
        match gate.people.signed_in(key, (gate.clock)()).await {
            Ok(Some(person)) if person.role == visitor.person.role => {}
            Ok(_) => return,
            // Nobody's call ends because the database is busy.
            Err(error) => tracing::warn!(%error, "a session could not be looked after"),
        }
    }
}

/// Carries messages until one end is gone; why it ended.
async fn carry(socket: &mut WebSocket, station: &mut Station, words: &wire::Words) -> (u16, &'static str) {
    let form = Form::Linear { rate_hz: CALL_RATE_HZ };
    let (mut decoder, mut encoder) = (Decoder::new(form), Encoder::new(form));
    let mut limit = Instant::now() + SILENT_PAGE;
    loop {
        tokio::select! {
            message = timeout_at(limit, socket.recv()) => {
                let Ok(Some(Ok(message))) = message else { return (close_code::AWAY, "nothing came for long") };
                limit = Instant::now() + SILENT_PAGE;
                let what = match message {
                    Message::Binary(bytes) => FromAgent::Sound(decoder.decode(&bytes)),
                    Message::Text(text) => match Said::read(&text) {
                        Ok(Some(what)) => what,
                        Ok(None) if send(socket, Told::Alive.message()).await => continue,
                        Ok(None) => return (close_code::AWAY, "nobody reads"),
                        Err(error) => {
                            tracing::warn!(%error, "a page of the desk does not keep to its protocol");
                            return (close_code::INVALID, "not a message of the desk");
                        }
                    },
                    Message::Close(_) => return (close_code::NORMAL, "closed"),
                    Message::Ping(_) | Message::Pong(_) => continue,
                };
                if station.say(what).await.is_err() {
                    return (close_code::RESTART, "the desk is closed");
                }
            }
            told = station.from_desk.recv() => {
                let Some(told) = told else { return (close_code::RESTART, "the desk is closed") };
                let is_replaced = told == ToAgent::Replaced;
                let message = match told {
                    ToAgent::Sound(frame) => Message::Binary(encoder.encode(&*frame).into()),
                    told => words.told(told).message(),
                };
                if !send(socket, message).await {
                    return (close_code::AWAY, "nobody reads");
                }
                if is_replaced {
                    return (close_code::NORMAL, "signed in elsewhere");
                }
            }
        }
    }
}

impl Told {
    fn message(&self) -> Message {
        let text = serde_json::to_string(self).expect("names and texts are JSON");
        Message::Text(text.into())
    }
}

/// Whether the page took it.
async fn send(socket: &mut WebSocket, message: Message) -> bool {
    matches!(timeout(SEND_TIME, socket.send(message)).await, Ok(Ok(())))
}

async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) {
    // It may be gone already.
    let _ = timeout(SEND_TIME, socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() })))).await;
}
