//! Text to speech.
//!
//! [`Synthesiser`] is one voice; `speak` normalises, splits into sentences, looks into the cache and streams.

pub mod synthesiser;

pub use synthesiser::{Manner, Synthesiser, TtsError};
