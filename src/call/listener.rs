//! The ear of a call: frames in, utterances with their text out.
//!
//! On a live line recognition starts on trial at the first short pause and is thrown away when the caller goes on: its time hides inside the
//! wait for the end. On a stepped line it starts at the end, with the same samples, so that both hear the same.

use super::line::{Clock, Frame};
use crate::asr::recogniser::Priority;
use crate::asr::{AsrError, Job, Recogniser, Transcript};
use crate::audio::endpointer::{Endpointer, Heard, Timing};
use crate::grammar::Constraint;
use crate::text::Lang;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// Waiting longer than this for a text is worse for the caller than being asked again.
const DEADLINE: Duration = Duration::from_secs(6);

/// A recognition that came to an end.
#[derive(Debug)]
pub struct Recognised {
    ticket: u64,
    result: Result<Transcript, AsrError>,
}

/// What the ear noticed in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noticed {
    /// The caller began to speak.
    Began,
    /// The caller has finished; the text follows, perhaps at once.
    Ended,
}

/// An utterance with its text.
#[derive(Debug)]
pub struct Utterance {
    pub speech_end_frame: u64,
    pub end_frame: u64,
    /// Recognition had begun before the end was certain.
    pub trial: bool,
    pub result: Result<Transcript, AsrError>,
}

/// See the module's text.
pub struct Listener {
    endpointer: Endpointer,
    recogniser: Arc<dyn Recogniser>,
    clock: Clock,
    results: mpsc::Sender<Recognised>,
    lang: Lang,
    terms: Vec<String>,
    constraint: Option<Arc<Constraint>>,
    tickets: u64,
    attempt: Option<Attempt>,
    ended: Option<Ended>,
}

/// The text of what was said up to the latest pause.
struct Attempt {
    ticket: u64,
    samples: Arc<[f32]>,
    /// `None` until recognition has begun.
    task: Option<AbortHandle>,
    trial: bool,
    result: Option<Result<Transcript, AsrError>>,
}

struct Ended {
    speech_end_frame: u64,
    end_frame: u64,
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Listener {
    /// Results come back through `results`; hand each to [`Listener::take`].
    pub fn new(recogniser: Arc<dyn Recogniser>, clock: Clock, results: mpsc::Sender<Recognised>) -> Listener {
        Listener {
            endpointer: Endpointer::new(Timing::OPEN),
            recogniser,
            clock,
            results,
            lang: Lang::Zh,
            terms: Vec::new(),
            constraint: None,
            tickets: 0,
            attempt: None,
            ended: None,
        }
    }

    /// What the present question wants the ear to know.
    pub fn expect(&mut self, lang: Lang, terms: Vec<String>, constraint: Option<Arc<Constraint>>) {
        self.lang = lang;
        self.terms = terms;
        self.constraint = constraint;
    }

    /// What the recogniser is bound to beside the text.
    pub fn constraint(&self) -> Option<&Arc<Constraint>> {
        self.constraint.as_ref()
    }

    pub fn set_timing(&mut self, timing: Timing) {
        self.endpointer.set_timing(timing);
    }

    /// An utterance is over and its text is still being worked on.
    pub fn awaits_text(&self) -> bool {
        self.ended.is_some()
    }

    /// The trial's result, when the caller has paused and it is already there.
    pub fn trial(&self) -> Option<&Transcript> {
        match self.attempt.as_ref()?.result.as_ref()? {
            Ok(transcript) if self.ended.is_none() => Some(transcript),
            _ => None,
        }
    }

    /// Takes the next frame of the call.
    pub fn push(&mut self, frame: &Frame) -> Option<Noticed> {
        let heard = self.endpointer.push(frame)?;
        self.follow(heard)
    }

    /// Ends the utterance in progress now: what was said is a complete answer.
    pub fn finish(&mut self) -> Option<Noticed> {
        let heard = self.endpointer.finish()?;
        self.follow(heard)
    }

    /// Forgets everything in progress.
    pub fn reset(&mut self) {
        self.endpointer.reset();
        self.attempt = None;
        self.ended = None;
    }

    fn follow(&mut self, heard: Heard) -> Option<Noticed> {
        match heard {
            Heard::Start { .. } => Some(Noticed::Began),
            Heard::Pause { samples, .. } => {
                self.attempt = Some(self.attempt_on(samples));
                if self.clock == Clock::Live {
                    self.begin(Priority::Trial);
                }
                None
            }
            Heard::Resume { .. } => {
                self.attempt = None;
                None
            }
            Heard::End { speech_end_frame, end_frame, samples } => {
                if self.attempt.is_none() {
                    self.attempt = Some(self.attempt_on(samples));
                }
                self.ended = Some(Ended { speech_end_frame, end_frame });
                self.begin(Priority::Final);
                Some(Noticed::Ended)
            }
        }
    }

    fn attempt_on(&mut self, samples: Vec<f32>) -> Attempt {
        self.tickets += 1;
        Attempt { ticket: self.tickets, samples: samples.into(), task: None, trial: false, result: None }
    }

    /// Starts recognition unless it runs or is done. A refused trial is tried again as a final; a refused final is a result.
    fn begin(&mut self, priority: Priority) {
        let Some(attempt) = self.attempt.as_mut().filter(|attempt| attempt.task.is_none() && attempt.result.is_none()) else { return };
        let deadline = match self.clock {
            Clock::Live => DEADLINE,
            // Its caller waits in frames, not in seconds.
            Clock::Stepped => Duration::MAX,
        };
        let job = Job {
            samples: attempt.samples.clone(),
            lang: self.lang,
            terms: self.terms.clone(),
            constraint: self.constraint.clone(),
            deadline,
            priority,
        };
        match self.recogniser.submit(job) {
            Ok(pending) => {
                let (results, ticket) = (self.results.clone(), attempt.ticket);
                let task = tokio::spawn(async move {
                    let result = pending.wait().await;
                    // The receiver is gone only when the call is over.
                    let _ = results.send(Recognised { ticket, result }).await;
                });
                attempt.task = Some(task.abort_handle());
                attempt.trial = priority == Priority::Trial;
            }
            Err(error) if priority == Priority::Final => attempt.result = Some(Err(error)),
            Err(_) => {}
        }
    }

    /// Takes a result that came back; void ones are dropped.
    pub fn take(&mut self, recognised: Recognised) {
        let Some(attempt) = self.attempt.as_mut().filter(|attempt| attempt.ticket == recognised.ticket) else { return };
        attempt.result = Some(recognised.result);
        attempt.task = None;
        let refused_trial = attempt.trial && matches!(attempt.result, Some(Err(_)));
        if refused_trial {
            attempt.result = None;
            if self.ended.is_some() {
                self.begin(Priority::Final);
            }
        }
    }

    /// The utterance that is over and has its text; the ear is then ready for the next.
    pub fn utterance(&mut self) -> Option<Utterance> {
        self.attempt.as_ref().filter(|attempt| attempt.result.is_some())?;
        let ended = self.ended.take()?;
        let mut attempt = self.attempt.take()?;
        let result = attempt.result.take()?;
        Some(Utterance { speech_end_frame: ended.speech_end_frame, end_frame: ended.end_frame, trial: attempt.trial, result })
    }
}
