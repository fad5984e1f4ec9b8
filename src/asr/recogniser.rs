//! What a recogniser takes and gives.

use super::reading::Reading;
use crate::grammar::Constraint;
use crate::text::Lang;
use std::sync::Arc;
use std::time::Duration;

/// One piece of speech to be recognised.
#[derive(Clone, Debug)]
pub struct Job {
    /// 16 kHz mono, pre-roll included.
    pub samples: Arc<[f32]>,
    pub lang: Lang,
    /// Words that the present question expects, most likely first; they are the prompt.
    pub terms: Vec<String>,
    /// The phrases that would answer the present question: beside the text, the likeliest of them are given.
    pub constraint: Option<Arc<Constraint>>,
    /// From now; when it passes, the caller gets [`AsrError::Deadline`], and a job still waiting is not begun.
    pub deadline: Duration,
    pub priority: Priority,
}

/// Which jobs go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    Final,
    /// Of an utterance that may not be over.
    Trial,
    /// Words to be read along, which decide nothing: after everything that callers wait for, one fewer than there are threads at once, and heard once.
    Caption,
    /// Whether a sound has words at all: begun only where nothing else is at work, and heard once.
    Glance,
}

/// What was recognised.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcript {
    /// Simplified Chinese or English; empty when nothing believable was said.
    pub text: String,
    /// Of the text with its end, where it was heard in one piece.
    pub log_probability: Option<f32>,
    /// What free speech that was not heard surely may have been: phrases that callers say alone, where it is short, then other texts; each likeliest first.
    pub alternatives: Vec<Alternative>,
    /// 0.0..=1.0: geometric mean of the token probabilities.
    pub confidence: f32,
    /// Whisper's probability that there was no speech.
    pub no_speech: f32,
    pub audio_ms: u32,
    /// CPU time of the decode on all its threads.
    pub compute_ms: u32,
    /// Why the guards emptied the text, for the call's record; never shown to callers.
    pub withheld: Option<Withheld>,
    /// The speech read as an answer to the present question, where its grammar was given and there was a voice.
    pub reading: Option<Reading>,
}

/// What is heard with less confidence may have been something else.
pub const SURE: f32 = 0.75;

impl Transcript {
    /// Whether nothing else was likely to be said.
    pub fn is_sure(&self) -> bool {
        self.confidence >= SURE
    }

    /// Words were heard, also where they are not believed.
    pub fn spoke(&self) -> bool {
        !self.text.is_empty() || matches!(self.withheld, Some(Withheld::Unsure(_) | Withheld::RunAway(_)))
    }
}

/// Another text for the same sound, and how likely it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alternative {
    pub text: String,
    pub log_probability: f32,
}

/// Why a text is empty.
#[derive(Clone, Debug, PartialEq)]
pub enum Withheld {
    /// Whisper itself heard no words.
    Nothing,
    /// A sentence that Whisper is known to invent in silence.
    KnownInvention(String),
    /// No voice in the sound; Whisper was not asked.
    NoSpeech,
    /// Words with so little confidence that they are noise.
    Unsure(String),
    /// More characters a second than anyone can say, or a repeating loop.
    RunAway(String),
}

impl Withheld {
    /// What Whisper said, where it said anything.
    pub fn text(&self) -> &str {
        match self {
            Withheld::Nothing | Withheld::NoSpeech => "",
            Withheld::Unsure(text) | Withheld::KnownInvention(text) | Withheld::RunAway(text) => text,
        }
    }

    /// The stable name, as in records.
    pub fn name(&self) -> &'static str {
        match self {
            Withheld::Nothing => "nothing",
            Withheld::KnownInvention(_) => "known_invention",
            Withheld::NoSpeech => "no_speech",
            Withheld::Unsure(_) => "unsure",
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
pub struct Pending {
    /// Its words alone, where they are looked at a second time.
    words: Option<tokio::sync::oneshot::Receiver<Transcript>>,
    answer: tokio::sync::oneshot::Receiver<Result<Transcript, AsrError>>,
    /// `None`: too far away to be named.
    expires: Option<tokio::time::Instant>,
}

impl Pending {
    /// The answer that comes through `receiver`, however long it takes.
    pub fn new(receiver: tokio::sync::oneshot::Receiver<Result<Transcript, AsrError>>) -> Pending {
        Pending { words: None, answer: receiver, expires: None }
    }

    /// The same, but [`Pending::wait`] waits until `deadline` from now at most.
    pub fn within(self, deadline: Duration) -> Pending {
        Pending { expires: tokio::time::Instant::now().checked_add(deadline), ..self }
    }

    /// The same, with words that may come before the answer.
    pub fn with_words(self, words: tokio::sync::oneshot::Receiver<Transcript>) -> Pending {
        Pending { words: Some(words), ..self }
    }

    /// The words as they were heard at first, before it is looked what else they may have been; `None` where nobody looks. The answer follows.
    pub async fn words(&mut self) -> Option<Transcript> {
        let words = self.words.take()?;
        match self.expires {
            Some(expires) => tokio::time::timeout_at(expires, words).await.ok()?.ok(),
            None => words.await.ok(),
        }
    }

    /// Keeps the job's deadline even while the engine is at work.
    pub async fn wait(self) -> Result<Transcript, AsrError> {
        let answer = match self.expires {
            Some(expires) => tokio::time::timeout_at(expires, self.answer).await.map_err(|_| AsrError::Deadline)?,
            None => self.answer.await,
        };
        answer.unwrap_or_else(|_| Err(thread_ended()))
    }

    /// For code that has no async runtime; a job at work is waited for beyond its deadline.
    pub fn wait_blocking(self) -> Result<Transcript, AsrError> {
        self.answer.blocking_recv().unwrap_or_else(|_| Err(thread_ended()))
    }
}

fn thread_ended() -> AsrError {
    AsrError::Engine("the recogniser's thread ended".into())
}

/// An engine that turns speech into text.
pub trait Recogniser: Send + Sync {
    /// Queues the job, or refuses it at once when the queue is full.
    fn submit(&self, job: Job) -> Result<Pending, AsrError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_deadline_is_kept_while_the_engine_works() {
        let (answer, receiver) = tokio::sync::oneshot::channel();
        assert_eq!(Pending::new(receiver).within(Duration::ZERO).wait().await, Err(AsrError::Deadline));
        assert!(answer.send(Ok(Transcript::default())).is_err());
    }

    #[tokio::test]
    async fn an_answer_in_time_is_given() {
        let (answer, receiver) = tokio::sync::oneshot::channel();
        answer.send(Ok(Transcript::default())).unwrap();
        assert_eq!(Pending::new(receiver).within(Duration::MAX).wait().await, Ok(Transcript::default()));
    }
}
