//! A line whose other end is a task that talks to a peer: what came from the wire goes in, what the caller is to hear comes out.
//!
//! Peers on a stream (WebSocket, TCP) send their sound in lumps. It waits here for its tick: a little at first, so that a late lump makes no
//! hole in a word, and never long, so that a peer with a fast clock does not lag behind.

use crate::audio::FRAME_MS;
use crate::audio::backlog::Backlog;
use crate::call::line::{Caption, Clock, Floor, Frame, Inbound, Line};
use crate::dialog::Outcome;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// What a peer sent.
#[derive(Clone, Debug, PartialEq)]
pub enum FromPeer {
    /// 16 kHz mono, of any length.
    Sound(Vec<f32>),
    /// `0`–`9`, `*`, `#`.
    Key(char),
    HungUp,
}

/// What a peer is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum ToPeer {
    Sound(Box<Frame>),
    /// Forget sound that was not played yet.
    Clear,
    Caption(Caption),
    /// The service has left.
    End(Option<Outcome>),
}

/// The peer's end of a [`LiveLine`]. Dropping it hangs up.
pub struct Peer {
    pub to_call: Sender<FromPeer>,
    pub from_call: Receiver<ToPeer>,
}

/// See the module's text.
pub struct LiveLine {
    from_peer: Receiver<FromPeer>,
    to_peer: Sender<ToPeer>,
    ticks: Interval,
    backlog: Backlog,
    /// The peer's end is gone, or was too slow for too long.
    lost: bool,
    /// Frames in a row that the peer's task did not take.
    stuck: u32,
}

/// Messages that may wait in each direction: a second of sound and more.
const QUEUE: usize = 64;
/// The peer's task took nothing for so long: the connection is dead.
const STUCK_MS: u32 = 5_000;

impl LiveLine {
    /// Both ends. Needs a tokio runtime.
    pub fn new() -> (LiveLine, Peer) {
        let (to_call, from_peer) = channel(QUEUE);
        let (to_peer, from_call) = channel(QUEUE);
        let mut ticks = interval(Duration::from_millis(u64::from(FRAME_MS)));
        // A late tick is made up for: the call's clock is that of the caller's sound.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        (LiveLine { from_peer, to_peer, ticks, backlog: Backlog::default(), lost: false, stuck: 0 }, Peer { to_call, from_call })
    }

    fn put(&mut self, message: ToPeer) {
        match self.to_peer.try_send(message) {
            Ok(()) => self.stuck = 0,
            Err(_) if self.to_peer.is_closed() => self.lost = true,
            Err(_) => {
                self.stuck += FRAME_MS;
                self.lost |= self.stuck >= STUCK_MS;
            }
        }
    }
}

impl Line for LiveLine {
    fn clock(&self) -> Clock {
        Clock::Live
    }

    async fn tick(&mut self, _floor: Floor) -> Inbound {
        self.ticks.tick().await;
        let mut inbound = Inbound::silence();
        loop {
            match self.from_peer.try_recv() {
                Ok(FromPeer::Sound(samples)) => self.backlog.push(&samples),
                Ok(FromPeer::Key(key)) => inbound.keys.push(key),
                Ok(FromPeer::HungUp) => self.lost = true,
                Err(tokio::sync::mpsc::error::TryRecvError::Empty) => break,
                Err(tokio::sync::mpsc::error::TryRecvError::Disconnected) => {
                    self.lost = true;
                    break;
                }
            }
        }
        inbound.frame = self.backlog.next_frame();
        inbound.closed = self.lost;
        inbound
    }

    async fn send(&mut self, frame: &Frame) {
        self.put(ToPeer::Sound(Box::new(*frame)));
    }

    fn clear(&mut self) {
        self.put(ToPeer::Clear);
    }

    fn show(&mut self, caption: Caption) {
        self.put(ToPeer::Caption(caption));
    }

    async fn end(&mut self, outcome: Option<&Outcome>) {
        // The last words are still on their way; a dead peer is not waited for.
        let last = self.to_peer.send(ToPeer::End(outcome.cloned()));
        let _ = tokio::time::timeout(Duration::from_millis(STUCK_MS.into()), last).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn keys_arrive_and_a_lost_peer_hangs_up() {
        let (mut line, peer) = LiveLine::new();
        peer.to_call.send(FromPeer::Key('5')).await.unwrap();
        let inbound = line.tick(Floor::default()).await;
        assert_eq!((inbound.keys.as_str(), inbound.closed), ("5", false));
        drop(peer);
        assert!(line.tick(Floor::default()).await.closed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_given_up() {
        let (mut line, _peer) = LiveLine::new();
        let mut ticks = 0;
        while !line.tick(Floor::default()).await.closed {
            line.send(&[0.0; _]).await;
            ticks += 1;
        }
        assert_eq!(ticks * FRAME_MS, QUEUE as u32 * FRAME_MS + STUCK_MS);
    }
}
