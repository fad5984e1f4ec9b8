//! Whose speech the first seconds hold: somebody says a word or two and waits, a machine begins at once and goes on.
//!
//! All frames are judged together when the verdict is due, for only then the noise is known. The weights are a logistic regression on recordings of our own;
//! how they were fitted, and what they give, is in `benches/answers.md`.

use crate::audio::frame::FRAME_MS;
use crate::audio::vad::odds;

/// One frame: what the detector of voices says, and how loud it is.
#[derive(Clone, Copy, Debug)]
pub struct Heard {
    pub voice: f32,
    pub level_dbfs: f32,
}

/// A voice on the telephone stays within this of its loud moments; a television behind it, or noise, rarely comes so near.
const BELOW_LOUD_DB: f32 = 10.0;
/// Of the frames of a voice, a tenth is louder than what counts as loud.
const LOUD: f32 = 0.9;
/// One frame in twenty is more quiet than what counts as noise.
const QUIET: f32 = 0.05;
/// The weights of the regression, on log-odds; as many machines as people.
const BIAS: f32 = 0.57;
const PER_ONSET_S: f32 = -1.65;
const PER_TRAILING_S: f32 = -4.11;
const PER_GAP_S: f32 = -6.48;
const PER_SPAN_S: f32 = 2.9;
const PER_SHARE: f32 = -2.04;
/// So many frames in a row are the beginning of speech, and no click.
const BEGINS: usize = 3;

/// What tells them apart; in seconds, `share` from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Speech {
    /// Until the first of it.
    pub onset_s: f32,
    /// Since the last of it.
    pub trailing_s: f32,
    /// The longest silence in it.
    pub gap_s: f32,
    /// From the first to the last of it.
    pub span_s: f32,
    /// Of the time since its beginning.
    pub share: f32,
}

impl Speech {
    /// The nearest voice's speech; `None` where nobody speaks.
    pub fn of(heard: &[Heard]) -> Option<Speech> {
        let levels = sorted(heard.iter().map(|frame| frame.level_dbfs));
        let floor = at(&levels, QUIET)?;
        let is_voice = |frame: &Heard| odds(frame.voice, frame.level_dbfs, floor).is_some_and(|odds| odds >= 0.0);
        let loud = at(&sorted(heard.iter().filter(|frame| is_voice(frame)).map(|frame| frame.level_dbfs)), LOUD)?;
        let spoken: Vec<bool> = heard.iter().map(|frame| is_voice(frame) && frame.level_dbfs >= loud - BELOW_LOUD_DB).collect();
        let onset = spoken.windows(BEGINS).position(|frames| frames.iter().all(|spoken| *spoken))?;
        let since: Vec<bool> = spoken.into_iter().skip(onset).collect();
        let last = since.iter().rposition(|spoken| *spoken)?;
        let voiced = since.iter().filter(|spoken| **spoken).count();
        let gap = since.split(|spoken| *spoken).take(voiced).map(<[bool]>::len).max().unwrap_or(0);
        let seconds = |frames: usize| (frames as u32 * FRAME_MS) as f32 / 1_000.0;
        Some(Speech {
            onset_s: seconds(onset),
            trailing_s: seconds(since.len() - 1 - last),
            gap_s: seconds(gap),
            span_s: seconds(last + 1),
            share: voiced as f32 / since.len() as f32,
        })
    }

    /// Log-odds that a machine speaks.
    pub fn machine_odds(&self) -> f32 {
        BIAS + PER_ONSET_S * self.onset_s
            + PER_TRAILING_S * self.trailing_s
            + PER_GAP_S * self.gap_s
            + PER_SPAN_S * self.span_s
            + PER_SHARE * self.share
    }
}

fn sorted(levels: impl Iterator<Item = f32>) -> Vec<f32> {
    let mut levels: Vec<f32> = levels.collect();
    levels.sort_by(f32::total_cmp);
    levels
}

fn at(sorted: &[f32], share: f32) -> Option<f32> {
    sorted.get((sorted.len() as f32 * share) as usize).copied()
}
