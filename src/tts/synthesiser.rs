//! What a voice takes and gives.

use crate::audio::Audio;
use crate::models::ModelError;
use crate::text::Lang;
use std::path::PathBuf;

/// How to speak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Manner {
    /// 1.0 is the voice's own speed, 2.0 twice as fast.
    pub speed: f32,
    /// Linear gain.
    pub volume: f32,
}

impl Manner {
    /// Past these a voice is no longer understood.
    pub const SPEEDS: std::ops::RangeInclusive<f32> = 0.5..=2.0;
    /// Speech is at its common loudness at 1.0; past 4.0 there is only distortion.
    pub const VOLUMES: std::ops::RangeInclusive<f32> = 0.0..=4.0;

    /// The nearest manner that a voice can do; what is not a number becomes 1.0.
    pub fn bounded(self) -> Manner {
        let bound = |value: f32, range: std::ops::RangeInclusive<f32>| {
            if value.is_nan() { 1.0 } else { value.clamp(*range.start(), *range.end()) }
        };
        Manner { speed: bound(self.speed, Self::SPEEDS), volume: bound(self.volume, Self::VOLUMES) }
    }
}

impl Default for Manner {
    fn default() -> Self {
        Manner { speed: 1.0, volume: 1.0 }
    }
}

/// Why nothing can be spoken.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TtsError {
    /// The text has nothing that this voice can say: mend the prompt.
    #[error("nothing to say in {0:?}")]
    Unspeakable(String),
    /// The SSML is faulty: the message has line and column.
    #[error("{0}")]
    Markup(String),
    /// The engine is gone: play a prompt from the cache, or a tone, and hand over.
    #[error("the synthesiser failed: {0}")]
    Engine(String),
    /// Too much waits to be spoken: try again, or play what is ready.
    #[error("the synthesiser's queue is full")]
    Overloaded,
    /// The voice's files or definition are not usable: the message says what to do.
    #[error("{0}")]
    Setup(String),
}

impl TtsError {
    pub(crate) fn definition(path: &std::path::Path, reason: impl std::fmt::Display) -> TtsError {
        TtsError::Setup(format!("{}: {reason}", PathBuf::from(path).display()))
    }
}

impl From<ModelError> for TtsError {
    fn from(error: ModelError) -> Self {
        TtsError::Setup(error.to_string())
    }
}

/// One voice. Calls block for the time of the synthesis: never on the async runtime.
pub trait Synthesiser: Send + Sync {
    fn lang(&self) -> Lang;
    /// Sample rate of what it gives.
    fn rate_hz(&self) -> u32;
    /// One sentence, already normalised to words. The volume of `manner` is applied later, by whoever plays it.
    fn synthesise(&self, sentence: &str, manner: Manner) -> Result<Audio, TtsError>;
}
