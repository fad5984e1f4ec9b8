//! A line whose other end is a task that talks to a peer: what came from the wire goes in, what the caller is to hear comes out.
//!
//! Peers on a stream (WebSocket, TCP) send their sound in lumps. It waits here for its tick: a little at first, so that a late lump makes no
//! hole in a word, and never long, so that a peer with a fast clock does not lag behind.

use crate::audio::{FRAME_MS, FRAME_SAMPLES};
use crate::call::line::{Caption, Clock, Floor, Frame, Inbound, Line};
use crate::dialog::Outcome;
use std::collections::VecDeque;
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
    waiting: Waiting,
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
        (LiveLine { from_peer, to_peer, ticks, waiting: Waiting::default(), lost: false, stuck: 0 }, Peer { to_call, from_call })
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
                Ok(FromPeer::Sound(samples)) => self.waiting.push(&samples),
                Ok(FromPeer::Key(key)) => inbound.keys.push(key),
                Ok(FromPeer::HungUp) => self.lost = true,
                Err(tokio::sync::mpsc::error::TryRecvError::Empty) => break,
                Err(tokio::sync::mpsc::error::TryRecvError::Disconnected) => {
                    self.lost = true;
                    break;
                }
            }
        }
        inbound.frame = self.waiting.next();
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

/// Sound between its arrival and its tick.
#[derive(Debug, Default)]
struct Waiting {
    samples: VecDeque<f32>,
    /// Enough came to begin; until the next hole.
    begun: bool,
}

/// What must have come before the first frame after a hole is given: it bridges a lump that comes late.
const LEAD_MS: usize = 60;
/// More than this is never kept waiting.
const LAG_MS: usize = 400;
/// Above this, frames without a voice are left out until the lag is small again.
const SLACK_MS: usize = 120;
/// A frame below this (−50 dBFS) holds no voice.
const QUIET: f32 = 0.003;
const SAMPLES_PER_MS: usize = FRAME_SAMPLES / FRAME_MS as usize;

impl Waiting {
    fn push(&mut self, samples: &[f32]) {
        self.samples.extend(samples.iter().map(|sample| if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }));
        let surplus = self.samples.len().saturating_sub(LAG_MS * SAMPLES_PER_MS);
        self.samples.drain(..surplus);
    }

    fn next(&mut self) -> Frame {
        self.begun |= self.samples.len() >= LEAD_MS * SAMPLES_PER_MS;
        if !self.begun {
            return [0.0; _];
        }
        let mut frame = self.take();
        while self.samples.len() > SLACK_MS * SAMPLES_PER_MS && frame.iter().all(|sample| sample.abs() < QUIET) {
            frame = self.take();
        }
        self.begun = !self.samples.is_empty();
        frame
    }

    fn take(&mut self) -> Frame {
        let count = self.samples.len().min(FRAME_SAMPLES);
        let mut frame = [0.0; FRAME_SAMPLES];
        for (to, from) in frame.iter_mut().zip(self.samples.drain(..count)) {
            *to = from;
        }
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(count: usize, level: f32) -> Vec<f32> {
        vec![level; count * SAMPLES_PER_MS]
    }

    /// Levels of the frames that come out when `lumps` come in, one before each tick.
    fn levels(lumps: &[(usize, f32)], ticks: usize) -> Vec<f32> {
        let mut waiting = Waiting::default();
        let mut lumps = lumps.iter();
        (0..ticks)
            .map(|_| {
                if let Some((count, level)) = lumps.next() {
                    waiting.push(&ms(*count, *level));
                }
                waiting.next()[0]
            })
            .collect()
    }

    #[test]
    fn a_late_lump_makes_no_hole() {
        let regular = [(20, 0.1); 10];
        let late: Vec<(usize, f32)> = (0..10)
            .map(|n| {
                if n == 5 {
                    (0, 0.0)
                } else if n == 6 {
                    (40, 0.1)
                } else {
                    (20, 0.1)
                }
            })
            .collect();
        assert_eq!(levels(&regular, 12), levels(&late, 12));
        assert_eq!(levels(&late, 12).iter().filter(|level| **level == 0.1).count(), 10);
    }

    #[test]
    fn a_fast_clock_loses_silence_and_no_voice() {
        let mut waiting = Waiting::default();
        let mut voiced = 0;
        for tick in 0..5_000 {
            let level = if tick % 100 < 40 { 0.1 } else { 0.0 };
            waiting.push(&ms(21, level));
            voiced += waiting.next().iter().filter(|sample| **sample > 0.0).count();
            assert!(waiting.samples.len() <= LAG_MS * SAMPLES_PER_MS);
        }
        let sent = 5_000 / 100 * 40 * 21 * SAMPLES_PER_MS;
        assert!(sent - voiced < LAG_MS * SAMPLES_PER_MS, "{} ms of voice are lost", (sent - voiced) / SAMPLES_PER_MS);
    }

    #[test]
    fn a_flood_is_bounded_and_nonsense_is_silence() {
        let mut waiting = Waiting::default();
        waiting.push(&vec![f32::NAN; 10_000_000]);
        assert_eq!(waiting.samples.len(), LAG_MS * SAMPLES_PER_MS);
        assert_eq!(waiting.next(), [0.0; _]);
    }

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
