//! What a recogniser takes and gives.

use crate::text::Lang;
use std::sync::Arc;
use std::time::Duration;

/// One piece of speech to be recognised.
#[derive(Clone, Debug)]
pub struct Job {
    /// 16 kHz mono, pre-roll included.
    pub samples: Arc<[f32]>,
    pub lang: Lang,
    /// Words that the present question expects, most likely first; they join the domain prompt.
    pub terms: Vec<String>,
    /// From now; a job still waiting when it passes is refused with [`AsrError::Deadline`].
    pub deadline: Duration,
    /// Finals go before partials and trials.
    pub priority: Priority,
}

/// Which jobs go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    Final,
    Trial,
}

/// What was recognised.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcript {
    /// Simplified Chinese or English; empty when nothing believable was said.
    pub text: String,
    /// 0.0..=1.0: geometric mean of the token probabilities.
    pub confidence: f32,
    /// Whisper's probability that there was no speech.
    pub no_speech: f32,
    pub audio_ms: u32,
    /// CPU time of the decode on its thread.
    pub compute_ms: u32,
    /// Why the guards emptied the text, for the call's record; never shown to callers.
    pub withheld: Option<Withheld>,
}

/// The guard that emptied a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Withheld {
    /// A sentence that Whisper is known to invent in silence.
    KnownInvention(String),
    /// No-speech probability with low confidence.
    NoSpeech,
    /// More characters a second than anyone can say, or a repeating loop.
    RunAway(String),
}

impl Withheld {
    /// The stable name, as in records.
    pub fn name(&self) -> &'static str {
        match self {
            Withheld::KnownInvention(_) => "known_invention",
            Withheld::NoSpeech => "no_speech",
            Withheld::RunAway(_) => "run_away",
        }
    }
}

/// What the caller of the recogniser should do next.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AsrError {
    /// Go on by keys; try again at the next utterance.
    #[error("the recogniser's queue is full")]
    Overloaded,
    /// Ask again.
    #[error("recognition took longer than its deadline")]
    Deadline,
    /// The engine is gone: hand over to a person.
    #[error("the recogniser failed: {0}")]
    Engine(String),
}

/// A recognition under way; dropping it cancels a job that has not begun.
pub struct Pending(tokio::sync::oneshot::Receiver<Result<Transcript, AsrError>>);

impl Pending {
    pub fn new(receiver: tokio::sync::oneshot::Receiver<Result<Transcript, AsrError>>) -> Pending {
        Pending(receiver)
    }

    pub async fn wait(self) -> Result<Transcript, AsrError> {
        self.0.await.unwrap_or_else(|_| Err(AsrError::Engine("the recogniser's thread ended".into())))
    }

    /// For code that has no async runtime.
    pub fn wait_blocking(self) -> Result<Transcript, AsrError> {
        self.0.blocking_recv().unwrap_or_else(|_| Err(AsrError::Engine("the recogniser's thread ended".into())))
    }
}

/// An engine that turns speech into text.
pub trait Recogniser: Send + Sync {
    /// Queues the job, or refuses it at once when the queue is full.
    fn submit(&self, job: Job) -> Result<Pending, AsrError>;
}
