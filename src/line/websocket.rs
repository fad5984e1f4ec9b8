//! Calls over a WebSocket: one loop for all platforms, and a [`Dialect`] for what each of them sends and wants.

pub mod asterisk;
pub mod browser;
pub mod jambonz;
pub mod twilio;

use super::live::{FromPeer, LiveLine, Peer, ToPeer};
use crate::call::reception::{Incoming, Place, Reception, Refusal};
use crate::security::Token;
use crate::text::{Lang, PhoneNumber};
use axum::extract::ws::{Message, WebSocket, close_code};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// The longest message that a peer may send, in bytes.
pub const LONGEST_MESSAGE: usize = 64 * 1024;
/// The call must be described by then.
const START_TIME: Duration = Duration::from_secs(10);
/// Every platform sends sound all the time; one that is still for so long is gone.
const SILENT_PEER: Duration = Duration::from_secs(20);
/// A message that cannot be sent by then has no reader.
const SEND_TIME: Duration = Duration::from_secs(5);
/// How long the last words may take to be played at the other end.
const LINGER: Duration = Duration::from_secs(3);

/// What a peer's message means.
#[derive(Clone, Debug, PartialEq)]
pub enum Read {
    /// A call begins.
    Started(Start),
    Heard(FromPeer),
    /// All that was sent before [`ToPeer::End`] was played.
    Played,
}

/// What a platform tells of a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Start {
    pub caller: Option<PhoneNumber>,
    pub lang: Option<Lang>,
    /// For platforms that cannot put it into the request.
    pub token: Option<String>,
}

/// A message that no version of the platform's protocol has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub String);

/// One platform's messages.
pub trait Dialect: Send {
    /// The kind of line, as lists of calls show it.
    fn name(&self) -> &'static str;

    /// Messages that mean nothing to us give nothing: platforms add new ones.
    ///
    /// # Errors
    /// On messages after which nothing can be trusted.
    fn read(&mut self, message: Message) -> Result<Vec<Read>, Fault>;

    /// What takes the call.
    fn accept(&mut self, _by_keys: bool) -> Vec<Message> {
        Vec::new()
    }

    /// What tells the peer that its call is not taken; the connection is closed after it.
    fn refuse(&mut self, _refusal: Refusal) -> Vec<Message> {
        Vec::new()
    }

    fn write(&mut self, message: ToPeer) -> Vec<Message>;

    /// Whether the platform says when the last words were played.
    fn tells_when_played(&self) -> bool {
        false
    }
}

/// What is asked of a peer before its call is taken, and what is known without it.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The peer must know it, unless the request has shown that already.
    pub token: Option<Token>,
    /// What the request said of the call; the dialect's own word goes before it.
    pub start: Start,
    /// The language when nobody says one.
    pub lang: Lang,
}

/// Holds the call that comes over `socket`; returns when it is over.
pub async fn serve(mut socket: WebSocket, mut dialect: impl Dialect, reception: Arc<Reception>, terms: Terms) {
    let line = dialect.name();
    let Some((start, early)) = start(&mut socket, &mut dialect).await else { return };
    let shown = start.token.as_deref().or(terms.start.token.as_deref()).unwrap_or_default();
    if terms.token.as_ref().is_some_and(|token| !token.is(shown)) {
        tracing::warn!(line, "a call was refused: its token is missing or wrong");
        close(&mut socket, close_code::POLICY, "the token is missing or wrong").await;
        return;
    }
    let place = match reception.admit() {
        Ok(place) => place,
        Err(refusal) => {
            send_all(&mut socket, dialect.refuse(refusal)).await;
            close(&mut socket, close_code::AGAIN, "no place is free").await;
            return;
        }
    };
    let incoming =
        Incoming { line, caller: start.caller.or(terms.start.caller), lang: start.lang.or(terms.start.lang).unwrap_or(terms.lang) };
    if send_all(&mut socket, dialect.accept(place.by_keys())).await {
        hold(&mut socket, &mut dialect, reception, place, incoming, early).await;
    }
    close(&mut socket, close_code::NORMAL, "the call is over").await;
}

/// Reads until the call is described; also what was heard already.
async fn start(socket: &mut WebSocket, dialect: &mut impl Dialect) -> Option<(Start, Vec<FromPeer>)> {
    let limit = Instant::now() + START_TIME;
    loop {
        let message = timeout_at(limit, socket.recv()).await.ok()??.ok()?;
        let mut reads = dialect.read(message).map_err(|fault| warn(dialect, &fault)).ok()?.into_iter();
        while let Some(read) = reads.next() {
            if let Read::Started(start) = read {
                let early = reads.filter_map(|read| if let Read::Heard(heard) = read { Some(heard) } else { None });
                return Some((start, early.collect()));
            }
        }
    }
}

fn warn(dialect: &impl Dialect, fault: &Fault) {
    tracing::warn!(line = dialect.name(), %fault, "a peer does not keep to its protocol");
}

async fn hold(
    socket: &mut WebSocket,
    dialect: &mut impl Dialect,
    reception: Arc<Reception>,
    place: Place,
    incoming: Incoming,
    early: Vec<FromPeer>,
) {
    let (line, peer) = LiveLine::new();
    for heard in early {
        // The queue is empty and longer than a message.
        let _ = peer.to_call.try_send(heard);
    }
    let call = tokio::spawn(async move { reception.hold(place, line, incoming).await });
    carry(socket, dialect, peer).await;
    if let Err(error) = call.await {
        tracing::error!(line = dialect.name(), %error, "a call ended by a fault of ours");
    }
}

/// Carries messages between the socket and the call until one of them ends. The peer's end of the line is dropped with it.
async fn carry(socket: &mut WebSocket, dialect: &mut impl Dialect, mut peer: Peer) {
    let mut ended: Option<Instant> = None;
    loop {
        let limit = ended.unwrap_or_else(|| Instant::now() + SILENT_PEER);
        tokio::select! {
            message = timeout_at(limit, socket.recv()) => {
                let Ok(Some(Ok(message))) = message else { return };
                match dialect.read(message) {
                    Ok(reads) => for read in reads {
                        match read {
                            // A call that lags loses sound, not its connection.
                            Read::Heard(heard) => drop(peer.to_call.try_send(heard)),
                            Read::Played if ended.is_some() => return,
                            Read::Played | Read::Started(_) => {}
                        }
                    },
                    Err(fault) => return warn(dialect, &fault),
                }
            }
            message = peer.from_call.recv(), if ended.is_none() => {
                let Some(message) = message else { return };
                let last = matches!(message, ToPeer::End(_));
                if !send_all(socket, dialect.write(message)).await {
                    return;
                }
                if last && !dialect.tells_when_played() {
                    return;
                }
                ended = last.then(|| Instant::now() + LINGER);
            }
        }
    }
}

/// Whether the peer took all of it.
async fn send_all(socket: &mut WebSocket, messages: Vec<Message>) -> bool {
    for message in messages {
        if !matches!(timeout(SEND_TIME, socket.send(message)).await, Ok(Ok(()))) {
            return false;
        }
    }
    true
}

async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) {
    let frame = axum::extract::ws::CloseFrame { code, reason: reason.into() };
    // It may be gone already.
    let _ = timeout(SEND_TIME, socket.send(Message::Close(Some(frame)))).await;
}

/// A key as platforms write it.
fn key(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|key| characters.next().is_none() && (key.is_ascii_digit() || matches!(key, '*' | '#')))
}

/// A language as platforms write it: `zh`, `zh-CN`, `en-US`.
pub fn lang(text: &str) -> Option<Lang> {
    match text.get(..2)?.to_ascii_lowercase().as_str() {
        "zh" => Some(Lang::Zh),
        "en" => Some(Lang::En),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
