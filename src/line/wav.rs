//! A caller made of recordings.
//!
//! The recordings are spoken a piece at a time, as a person would: each piece when the service has finished asking, or a set time into its
//! prompt. When all is said the caller stays on the line in silence for a while, so that the service can end the call.

use crate::audio::{Audio, CALL_RATE_HZ, FRAME_MS, FRAME_SAMPLES, resample};
use crate::call::line::{Clock, Floor, Frame, Inbound, Line};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How long a person thinks before answering.
const REACTION_MS: u32 = 300;
/// How long the caller stays in silence after the last piece, counted while the service listens.
const LINGER_MS: u32 = 30_000;

/// When the pieces are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turns {
    /// Each piece when the service has asked and waits.
    Polite,
    /// Each piece this long into a prompt that is being played, or at the question if the prompt was shorter.
    Interrupting { after_ms: u32 },
    /// One recording from the first moment of the call on, with its own pauses.
    AsIs,
}

/// See the module's text.
pub struct WavLine {
    pieces: VecDeque<Vec<f32>>,
    turns: Turns,
    speaking: Option<Speaking>,
    /// Time since the service began to wait for the piece that comes next.
    waiting_ms: u32,
    /// Listening time in silence since the last piece.
    lingered_ms: u32,
    pacer: Option<Interval>,
}

struct Speaking {
    samples: Vec<f32>,
    position: usize,
}

impl WavLine {
    /// `pieces` in the order of speaking, at any rate; `realtime` makes the clock a live one and then needs a tokio runtime.
    pub fn new(pieces: Vec<Audio>, turns: Turns, realtime: bool) -> WavLine {
        let mut pieces: VecDeque<Vec<f32>> =
            pieces.into_iter().map(|piece| resample::resample(&piece.samples, piece.rate_hz, CALL_RATE_HZ)).collect();
        if turns == Turns::AsIs {
            pieces = VecDeque::from([pieces.into_iter().flatten().collect()]);
        }
        let pacer = realtime.then(|| {
            let mut ticks = interval(Duration::from_millis(u64::from(FRAME_MS)));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            ticks
        });
        WavLine { pieces, turns, speaking: None, waiting_ms: 0, lingered_ms: 0, pacer }
    }

    fn inbound(&mut self, floor: Floor) -> Inbound {
        if self.speaking.is_none() && self.begins(floor) {
            self.waiting_ms = 0;
            self.speaking = self.pieces.pop_front().map(|samples| Speaking { samples, position: 0 });
        }
        if let Some(speaking) = &mut self.speaking {
            let frame = speaking.next_frame();
            if speaking.position >= speaking.samples.len() {
                self.speaking = None;
            }
            return Inbound { frame, ..Inbound::silence() };
        }
        if self.pieces.is_empty() && floor.listening && floor.prompt_ms.is_none() {
            self.lingered_ms += FRAME_MS;
        }
        if self.lingered_ms > LINGER_MS { Inbound::hang_up() } else { Inbound::silence() }
    }

    /// Whether the caller begins to speak in this tick; also counts the waiting.
    fn begins(&mut self, floor: Floor) -> bool {
        let asked = floor.listening && floor.prompt_ms.is_none();
        self.waiting_ms = if asked { self.waiting_ms + FRAME_MS } else { 0 };
        let answering = self.waiting_ms > REACTION_MS;
        match self.turns {
            Turns::AsIs => true,
            Turns::Polite => answering,
            Turns::Interrupting { after_ms } => answering || floor.prompt_ms.is_some_and(|ms| ms >= after_ms),
        }
    }
}

impl Speaking {
    fn next_frame(&mut self) -> Frame {
        let mut frame = [0.0; FRAME_SAMPLES];
        let rest = self.samples.get(self.position..).unwrap_or_default();
        for (to, from) in frame.iter_mut().zip(rest) {
            *to = *from;
        }
        self.position += FRAME_SAMPLES;
        frame
    }
}

impl Line for WavLine {
    fn clock(&self) -> Clock {
        if self.pacer.is_some() { Clock::Live } else { Clock::Stepped }
    }

    async fn tick(&mut self, floor: Floor) -> Inbound {
        if let Some(pacer) = &mut self.pacer {
            pacer.tick().await;
        }
        self.inbound(floor)
    }

    async fn send(&mut self, _frame: &Frame) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAITS: Floor = Floor { prompt_ms: None, listening: true };

    fn line(turns: Turns) -> WavLine {
        let piece = |level: f32| Audio { rate_hz: CALL_RATE_HZ, samples: vec![level; FRAME_SAMPLES * 3] };
        WavLine::new(vec![piece(0.1), piece(0.2)], turns, false)
    }

    /// Levels of the frames that the line gives while the service is in the given states.
    fn levels(line: &mut WavLine, floors: impl IntoIterator<Item = Floor>) -> Vec<f32> {
        floors.into_iter().map(|floor| line.inbound(floor).frame[0]).collect()
    }

    #[test]
    fn a_polite_caller_waits_for_the_question_and_a_moment_more() {
        let mut line = line(Turns::Polite);
        let playing = (0..100).map(|n| Floor { prompt_ms: Some(n * FRAME_MS), listening: false });
        assert!(levels(&mut line, playing).iter().all(|level| *level == 0.0));
        let heard = levels(&mut line, [WAITS; 20]);
        let first = heard.iter().position(|level| *level > 0.0);
        assert_eq!(first, Some((REACTION_MS / FRAME_MS) as usize));
        assert_eq!(heard.iter().filter(|level| **level == 0.1).count(), 3);
    }

    #[test]
    fn an_interrupting_caller_speaks_into_the_prompt() {
        let mut line = line(Turns::Interrupting { after_ms: 400 });
        let playing = (0..30).map(|n| Floor { prompt_ms: Some(n * FRAME_MS), listening: false });
        let first = levels(&mut line, playing).iter().position(|level| *level > 0.0);
        assert_eq!(first, Some(20));
    }

    #[test]
    fn as_is_starts_at_once_and_keeps_its_own_time() {
        let mut line = line(Turns::AsIs);
        let heard = levels(&mut line, [Floor::default(); 7]);
        assert_eq!(heard, [0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 0.0]);
    }

    #[test]
    fn the_caller_hangs_up_when_nothing_is_left_to_say() {
        let mut line = line(Turns::Polite);
        let ticks = (0..20_000).position(|_| line.inbound(WAITS).closed);
        assert!(ticks.is_some_and(|n| n as u32 * FRAME_MS > LINGER_MS));
    }
}
