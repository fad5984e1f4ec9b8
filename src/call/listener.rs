//! The ear of a call: frames in, utterances with their text out.
//!
//! On a live line recognition starts on trial at the first short pause and is thrown away when the caller goes on: its time hides inside the
//! wait for the end. On a stepped line it starts at the end, with the same samples, so that both hear the same.

use super::line::{Clock, Frame};
use crate::asr::recogniser::Priority;
use crate::asr::{AsrError, Job, Recogniser, Transcript};
use crate::audio::CALL_RATE_HZ;
use crate::audio::endpointer::{Endpointer, Heard, Timing};
use crate::grammar::Constraint;
use crate::text::Lang;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// Waiting longer than this for a text is worse for the caller than being asked again.
const DEADLINE: Duration = Duration::from_secs(6);
/// Of a sound that lasts, a glance hears so much.
pub const GLANCE_MS: u32 = 2_400;
/// And tells nothing of it any more after this.
const GLANCE_DEADLINE: Duration = Duration::from_secs(2);
/// What was said before a caller went on is kept in front of it up to this, with it: a longer utterance is never recognised.
const LONGEST_JOINED: usize = 20 * CALL_RATE_HZ as usize;

/// A recognition that came to an end.
#[derive(Debug)]
pub struct Recognised {
    ticket: u64,
    what: What,
}

/// Words, which may be looked at a second time, and what came of it at last.
#[derive(Debug)]
enum What {
    Words(Transcript),
    Result(Result<Transcript, AsrError>),
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
    /// What was said before the caller went on, after an end that was none.
    before: Vec<f32>,
    glance: Option<Glance>,
}

/// A look at a sound that still lasts.
struct Glance {
    ticket: u64,
    task: AbortHandle,
    result: Option<Transcript>,
}

impl Drop for Glance {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The text of what was said up to the latest pause.
struct Attempt {
    ticket: u64,
    samples: Arc<[f32]>,
    /// `None` until recognition has begun.
    task: Option<AbortHandle>,
    trial: bool,
    words: Option<Transcript>,
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
            before: Vec::new(),
            glance: None,
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

    /// What was said as it was heard at first, while it is still looked what else it may have been.
    pub fn words(&self) -> Option<&Transcript> {
        self.attempt.as_ref().filter(|attempt| attempt.result.is_none())?.words.as_ref()
    }

    /// What was said before a pause, as it was last heard: the trial's result, or until that is there its words.
    pub fn said(&self) -> Option<&Transcript> {
        self.trial().or_else(|| self.words())
    }

    /// These words will do: nobody waits for more.
    pub fn settle(&mut self) {
        if let Some(attempt) = &mut self.attempt
            && let Some(words) = attempt.words.take()
        {
            if let Some(task) = attempt.task.take() {
                task.abort();
            }
            attempt.result = Some(Ok(words));
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
        self.before = Vec::new();
        self.glance = None;
    }

    /// Has a look at the sound that lasts; what comes of it is given by [`Listener::glanced`].
    pub fn look(&mut self) {
        let Some(samples) = self.endpointer.latest(GLANCE_MS).filter(|_| self.glance.is_none()) else { return };
        self.tickets += 1;
        let ticket = self.tickets;
        // Refused for want of room: then nothing is known of the sound.
        if let Ok(task) = self.submit(ticket, samples.into(), None, Priority::Glance) {
            self.glance = Some(Glance { ticket, task, result: None });
        }
    }

    /// A look is being had.
    pub fn is_looking(&self) -> bool {
        self.glance.as_ref().is_some_and(|glance| glance.result.is_none())
    }

    /// What the latest look saw, once.
    pub fn glanced(&mut self) -> Option<Transcript> {
        let transcript = self.glance.as_mut()?.result.take()?;
        self.glance = None;
        Some(transcript)
    }

    fn follow(&mut self, heard: Heard) -> Option<Noticed> {
        match heard {
            Heard::Start { .. } => {
                self.join();
                Some(Noticed::Began)
            }
            Heard::Pause { samples, .. } => {
                self.glance = None;
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
                self.glance = None;
                if self.attempt.is_none() {
                    self.attempt = Some(self.attempt_on(samples));
                }
                self.ended = Some(Ended { speech_end_frame, end_frame });
                self.begin(Priority::Final);
                Some(Noticed::Ended)
            }
        }
    }

    /// The caller goes on before the text of what ended is there: it had not ended.
    fn join(&mut self) {
        if self.ended.take().is_none() {
            return;
        }
        let said = self.attempt.take().map(|attempt| attempt.samples.to_vec());
        self.before = said.unwrap_or_default();
    }

    fn attempt_on(&mut self, samples: Vec<f32>) -> Attempt {
        self.tickets += 1;
        let joined = self.before.len() + samples.len() <= LONGEST_JOINED;
        let samples = if joined && !self.before.is_empty() { [self.before.as_slice(), &samples].concat() } else { samples };
        Attempt { ticket: self.tickets, samples: samples.into(), task: None, trial: false, words: None, result: None }
    }

    /// Starts recognition unless it runs or is done. A refused trial is tried again as a final; a refused final is a result.
    fn begin(&mut self, priority: Priority) {
        let Some(attempt) = self.attempt.as_ref().filter(|attempt| attempt.task.is_none() && attempt.result.is_none()) else { return };
        let (ticket, samples) = (attempt.ticket, attempt.samples.clone());
        let submitted = self.submit(ticket, samples, self.constraint.clone(), priority);
        let Some(attempt) = &mut self.attempt else { return };
        match submitted {
            Ok(task) => {
                attempt.task = Some(task);
                attempt.trial = priority == Priority::Trial;
            }
            Err(error) if priority == Priority::Final => attempt.result = Some(Err(error)),
            Err(_) => {}
        }
    }

    fn submit(
        &self,
        ticket: u64,
        samples: Arc<[f32]>,
        constraint: Option<Arc<Constraint>>,
        priority: Priority,
    ) -> Result<AbortHandle, AsrError> {
        let deadline = match (self.clock, priority) {
            (Clock::Live, Priority::Final | Priority::Trial | Priority::Caption) => DEADLINE,
            (Clock::Live, Priority::Glance) => GLANCE_DEADLINE,
            // Its caller waits in frames, not in seconds.
            (Clock::Stepped, _) => Duration::MAX,
        };
        let job = Job { samples, lang: self.lang, terms: self.terms.clone(), constraint, deadline, priority };
        let mut pending = self.recogniser.submit(job)?;
        let results = self.results.clone();
        let task = tokio::spawn(async move {
            // The receiver is gone only when the call is over.
            if let Some(words) = pending.words().await {
                let _ = results.send(Recognised { ticket, what: What::Words(words) }).await;
            }
            let result = pending.wait().await;
            let _ = results.send(Recognised { ticket, what: What::Result(result) }).await;
        });
        Ok(task.abort_handle())
    }

    /// Takes a result that came back; void ones are dropped.
    pub fn take(&mut self, Recognised { ticket, what }: Recognised) {
        if let Some(glance) = self.glance.as_mut().filter(|glance| glance.ticket == ticket) {
            match what {
                What::Words(_) => {}
                What::Result(Ok(transcript)) => glance.result = Some(transcript),
                What::Result(Err(_)) => self.glance = None,
            }
            return;
        }
        let Some(attempt) = self.attempt.as_mut().filter(|attempt| attempt.ticket == ticket) else { return };
        match what {
            What::Words(words) => {
                // Callers of stepped lines wait in frames: for the whole of it.
                attempt.words = Some(words).filter(|_| self.clock == Clock::Live);
                return;
            }
            What::Result(result) => attempt.result = Some(result),
        }
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
        self.before = Vec::new();
        Some(Utterance { speech_end_frame: ended.speech_end_frame, end_frame: ended.end_frame, trial: attempt.trial, result })
    }
}

#[cfg(test)]
mod tests;
