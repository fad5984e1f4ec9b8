//! Speech to text.
//!
//! [`Recogniser`] is the trait; Whisper runs on its own threads behind a bounded queue (`pool`), never on the async runtime.

pub mod recogniser;

pub use recogniser::{AsrError, Job, Pending, Recogniser, Transcript};
