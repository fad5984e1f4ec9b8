//! Text to speech.
//!
//! [`Speech`] is where to start: it takes plain text or SSML ([`script`]), normalises, splits into sentences, looks into the cache and streams. Below it, [`Synthesiser`] is one
//! voice, [`piper`] and [`kokoro`] the engines, [`phonemes_zh`] the Mandarin front end. No model runs on the async runtime.

pub mod cache;
pub mod engine;
pub mod espeak;
pub mod kokoro;
pub mod loudness;
pub mod phonemes_zh;
pub mod pieces;
pub mod piper;
pub mod runtime;
pub mod script;
pub mod speak;
pub mod synthesiser;
pub mod voices;

pub use speak::{Chunk, Mark, Speaking, Speech};
pub use synthesiser::{Manner, Synthesiser, TtsError};
pub use voices::{VoiceDefinition, Voices};
