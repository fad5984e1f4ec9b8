//! What a voice takes and gives.

use crate::audio::Audio;
use crate::text::Lang;

/// How to speak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Manner {
    /// 1.0 is the voice's own speed, 2.0 twice as fast.
    pub speed: f32,
    /// Linear gain.
    pub volume: f32,
}

impl Default for Manner {
    fn default() -> Self {
        Manner { speed: 1.0, volume: 1.0 }
    }
}

/// Why nothing can be spoken.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TtsError {
    /// The text has nothing that this voice can say.
    #[error("nothing to say in {0:?}")]
    Unspeakable(String),
    /// The engine is gone: play a prompt from the cache, or a tone, and hand over.
    #[error("the synthesiser failed: {0}")]
    Engine(String),
}

/// One voice. Calls block for the time of the synthesis: never on the async runtime.
pub trait Synthesiser: Send + Sync {
    fn lang(&self) -> Lang;
    /// Sample rate of what it gives.
    fn rate_hz(&self) -> u32;
    /// One sentence, already normalised to words.
    fn synthesise(&self, sentence: &str, manner: Manner) -> Result<Audio, TtsError>;
}
