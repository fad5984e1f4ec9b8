//! Speech to text.
//!
//! [`Recogniser`] is the trait; [`Whisper`] runs on its own threads behind a bounded queue ([`pool`]), never on the async runtime.
//! What it invents is withheld by [`inventions`]. This module knows nothing of dialogs or grammars: a question's words come as terms.

pub mod cpu;
pub mod inventions;
pub mod pool;
pub mod prompt;
pub mod recogniser;
pub mod score;
mod voice;
pub mod whisper;
mod window;

pub use recogniser::{AsrError, Job, Pending, Recogniser, Transcript};
pub use whisper::{Whisper, WhisperConfig};
