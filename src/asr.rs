//! Speech to text.
//!
//! [`Recogniser`] is the trait; [`Whisper`] runs on its own threads behind a bounded queue ([`pool`]), never on the async runtime.
//! What it invents is withheld by [`inventions`]. A question helps it twice: by its terms, which are the prompt, and by its grammar as a
//! constraint, under which the same sound is read a second time ([`reading`]). This module knows nothing of dialogs.

pub mod answer;
pub mod cpu;
mod hypotheses;
pub mod inventions;
mod phrases;
pub mod pool;
pub mod prompt;
pub mod reading;
pub mod recogniser;
pub mod score;
mod search;
mod steps;
mod vocabulary;
mod voice;
mod weights;
pub mod whisper;
mod window;
pub use answer::{SpokenAnswer, Verdict};
pub use reading::Reading;
pub use recogniser::{AsrError, Job, Pending, Recogniser, Transcript};
pub use whisper::{Whisper, WhisperConfig};
