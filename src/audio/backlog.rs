//! Sound that comes in lumps and is wanted in ticks: it waits a little at first, so that a late lump makes no hole in a word, and never long, so that
//! a sender with a fast clock does not lag behind.

use super::frame::{FRAME_MS, FRAME_SAMPLES};
use std::collections::VecDeque;

/// Sound between its arrival and its tick.
#[derive(Debug, Default)]
pub struct Backlog {
    samples: VecDeque<f32>,
    /// Enough came to begin; until the next hole.
    begun: bool,
}

/// What must have come before the first frame after a hole is given: it bridges a lump that comes late.
const LEAD_MS: usize = 60;
/// More than this is never kept backlog.
const LAG_MS: usize = 400;
/// Above this, frames without a voice are left out until the lag is small again.
const SLACK_MS: usize = 120;
/// A frame below this (−50 dBFS) holds no voice.
const QUIET: f32 = 0.003;
const SAMPLES_PER_MS: usize = FRAME_SAMPLES / FRAME_MS as usize;

impl Backlog {
    /// Takes what came; 16 kHz mono, of any length.
    pub fn push(&mut self, samples: &[f32]) {
        self.samples.extend(samples.iter().map(|sample| if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }));
        let surplus = self.samples.len().saturating_sub(LAG_MS * SAMPLES_PER_MS);
        self.samples.drain(..surplus);
    }

    /// The sound of the next tick; silence while nothing is there.
    pub fn next_frame(&mut self) -> [f32; FRAME_SAMPLES] {
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

    fn take(&mut self) -> [f32; FRAME_SAMPLES] {
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
        let mut backlog = Backlog::default();
        let mut lumps = lumps.iter();
        (0..ticks)
            .map(|_| {
                if let Some((count, level)) = lumps.next() {
                    backlog.push(&ms(*count, *level));
                }
                backlog.next_frame()[0]
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
        let mut backlog = Backlog::default();
        let mut voiced = 0;
        for tick in 0..5_000 {
            let level = if tick % 100 < 40 { 0.1 } else { 0.0 };
            backlog.push(&ms(21, level));
            voiced += backlog.next_frame().iter().filter(|sample| **sample > 0.0).count();
            assert!(backlog.samples.len() <= LAG_MS * SAMPLES_PER_MS);
        }
        let sent = 5_000 / 100 * 40 * 21 * SAMPLES_PER_MS;
        assert!(sent - voiced < LAG_MS * SAMPLES_PER_MS, "{} ms of voice are lost", (sent - voiced) / SAMPLES_PER_MS);
    }

    #[test]
    fn a_flood_is_bounded_and_nonsense_is_silence() {
        let mut backlog = Backlog::default();
        backlog.push(&vec![f32::NAN; 10_000_000]);
        assert_eq!(backlog.samples.len(), LAG_MS * SAMPLES_PER_MS);
        assert_eq!(backlog.next_frame(), [0.0; _]);
    }
}
