//! Our requests inside a call whose connection broke: they go over a new one (RFC 3261, section 18.4). What the peer asks on a connection of its own
//! shows a way, too.

use super::Call;
use crate::line::sip::leg::Way;
use crate::line::sip::{Answerer, ToCall};
use rsipstack::sip::{Header, Method, Request, Response};
use std::future::pending;
use std::time::Duration;
use tokio::time::sleep;

/// What came just before a connection ended is still on its way through the stack.
const LAST_WORD: Duration = Duration::from_millis(300);

/// A request that is to be sent, without what every request of the dialog has.
#[derive(Debug)]
pub(crate) struct Unsent {
    pub method: Method,
    pub headers: Vec<Header>,
    pub body: Vec<u8>,
    /// It may have been heard: the next connection is the last.
    pub is_repeated: bool,
}

/// Requests that wait for another way.
pub(super) type Waiting = Option<Vec<Unsent>>;

impl<A: Answerer> Call<A> {
    /// Keeps it when it has to wait for another way because the old one is broken.
    pub(super) fn waits(&mut self, unsent: Unsent) -> Option<Unsent> {
        if let Some(waiting) = &mut self.waiting {
            waiting.push(unsent);
            return None;
        }
        if !self.leg.way.is_broken() {
            return Some(unsent);
        }
        self.waiting = Some(vec![unsent]);
        let (server, mailbox, broken, next) = (self.server.clone(), self.mailbox.clone(), self.leg.way.clone(), self.leg.next_hop());
        tokio::spawn(async move {
            let way = server.reach_again(&broken, &next).await;
            // The call may have ended otherwise.
            let _ = mailbox.send(ToCall::Reached(way.ok().map(Box::new))).await;
        });
        None
    }

    /// Without another way the old one is tried, which ends as unanswered.
    pub(super) fn reached(&mut self, way: Option<Box<Way>>) {
        if let Some(way) = way.filter(|_| self.leg.way.is_broken()) {
            tracing::info!(call = self.leg.call_id, to = %way.peer, "a call goes on over another connection");
            self.leg.way = *way;
        }
        for unsent in self.waiting.take().into_iter().flatten() {
            self.put(unsent);
        }
    }

    /// A request of the peer may have come on a connection that it opened in place of the broken one.
    pub(super) fn follow(&mut self, way: Option<Way>) {
        if let Some(way) = way.filter(|way| self.leg.way.is_broken() && !way.is_broken()) {
            self.leg.way = way;
        }
    }

    /// Asks on the present way; what was not answered when that breaks is told as unsent.
    pub(super) fn ask(&self, request: Request, unsent: Unsent) {
        let to = self.leg.destination(|ip| self.server.allowed.contains(ip));
        let (server, way, mailbox) = (self.server.clone(), self.leg.way.clone(), self.mailbox.clone());
        tokio::spawn(async move {
            let may_repeat = !unsent.is_repeated;
            let broken = async {
                match way.connection.cancel_token().filter(|_| may_repeat && way.connection.is_reliable()) {
                    Some(end) => end.cancelled().await,
                    None => pending().await,
                }
                sleep(LAST_WORD).await;
            };
            let answered = tokio::select! {
                biased;
                response = server.ask(request.clone(), to, way.connection.clone()) => Some(response),
                () = broken => None,
            };
            let told = match answered {
                // The stack's own word for a connection that takes nothing any more.
                Some(Some(response)) if may_repeat && way.is_broken() && is_ours(&response) => {
                    ToCall::Unsent(Box::new(Unsent { is_repeated: true, ..unsent }))
                }
                Some(response) => ToCall::Answered { request: Box::new(request), response: response.map(Box::new) },
                None => ToCall::Unsent(Box::new(Unsent { is_repeated: true, ..unsent })),
            };
            let _ = mailbox.send(told).await;
        });
    }
}

fn is_ours(response: &Response) -> bool {
    response.status_code.code() == 503
}
