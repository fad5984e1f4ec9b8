//! Words to be read along while two people talk: for one side, what it says, and while it says it what it has said so far.
//!
//! Unlike the ear of a dialog ([`super::listener`]) nothing is decided by it, so it steps behind all callers of the machine, and what cannot be
//! recognised in time is left out.

use super::line::Frame;
use super::transfer::Speaker;
use crate::asr::recogniser::Priority;
use crate::asr::{AsrError, Job, Recogniser, Transcript};
use crate::audio::FRAME_MS;
use crate::audio::endpointer::{Endpointer, Heard, Timing};
use crate::text::Lang;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// Shorter than for a dialog: a caption need not be a whole sentence.
const TIMING: Timing = Timing { end_silence_ms: 500, max_utterance_ms: 6_000, ..Timing::OPEN };
/// Somebody who goes on speaking is looked at so often.
const LOOK_EVERY_MS: u32 = 1_000;
/// Later than this a caption helps nobody.
const DEADLINE: Duration = Duration::from_secs(5);

/// A recognition that came to an end; give it to [`Captions::take`].
#[derive(Debug)]
pub struct Captioned {
    who: Speaker,
    ticket: u64,
    result: Result<Transcript, AsrError>,
}

impl Captioned {
    pub fn who(&self) -> Speaker {
        self.who
    }
}

/// Words of one side.
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    pub text: String,
    pub confidence: f32,
    pub partial: bool,
}

/// See the module's text. One for each side.
pub struct Captions {
    who: Speaker,
    lang: Lang,
    endpointer: Endpointer,
    recogniser: Arc<dyn Recogniser>,
    results: mpsc::Sender<Captioned>,
    tickets: u64,
    /// The latest recognition of the utterance in progress.
    look: Option<Look>,
    since_look_ms: u32,
    /// Utterances that are over and whose words are not there yet.
    ending: Vec<Look>,
}

struct Look {
    ticket: u64,
    task: AbortHandle,
    part: Part,
}

/// How much of the utterance a look has heard.
#[derive(PartialEq)]
enum Part {
    /// More was said after it.
    Beginning,
    /// All of it up to a pause, and its words once they are there.
    Whole(Option<Transcript>),
}

impl Drop for Look {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Captions {
    /// Results come back through `results`.
    pub fn new(who: Speaker, lang: Lang, recogniser: Arc<dyn Recogniser>, results: mpsc::Sender<Captioned>) -> Captions {
        Captions {
            who,
            lang,
            endpointer: Endpointer::new(TIMING),
            recogniser,
            results,
            tickets: 0,
            look: None,
            since_look_ms: 0,
            ending: Vec::new(),
        }
    }

    /// What was said so far is nobody's business.
    pub fn forget(&mut self) {
        self.endpointer = Endpointer::new(TIMING);
        self.look = None;
        self.ending.clear();
    }

    /// What is being said ends here, and is read to its end.
    pub fn finish(&mut self) -> Option<Words> {
        match self.endpointer.finish()? {
            Heard::End { samples, .. } => self.end(samples),
            Heard::Start { .. } | Heard::Pause { .. } | Heard::Resume { .. } => None,
        }
    }

    /// Recognition is going on.
    pub fn is_busy(&self) -> bool {
        !self.ending.is_empty() || self.look.as_ref().is_some_and(|look| !look.is_done())
    }

    /// One tick of this side's sound; words when an utterance is over and they are there already.
    pub fn push(&mut self, frame: &Frame) -> Option<Words> {
        self.since_look_ms = self.since_look_ms.saturating_add(FRAME_MS);
        match self.endpointer.push(frame) {
            Some(Heard::Start { .. }) => self.since_look_ms = 0,
            Some(Heard::Pause { samples, .. }) => self.look_at(samples, Part::Whole(None)),
            // What was heard up to the pause stays to be read until there is more.
            Some(Heard::Resume { .. }) => self.goes_on(),
            Some(Heard::End { samples, .. }) => return self.end(samples),
            None if self.since_look_ms >= LOOK_EVERY_MS && self.look.as_ref().is_none_or(Look::is_done) => {
                if let Some(samples) = self.endpointer.latest(TIMING.max_utterance_ms) {
                    self.look_at(samples, Part::Beginning);
                }
            }
            None => {}
        }
        None
    }

    fn goes_on(&mut self) {
        match &mut self.look {
            Some(look) if look.is_done() => self.look = None,
            Some(look) => look.part = Part::Beginning,
            None => {}
        }
    }

    fn end(&mut self, samples: Vec<f32>) -> Option<Words> {
        let look = self.look.take().filter(|look| look.part != Part::Beginning);
        let mut look = look.or_else(|| self.submit(samples, Part::Whole(None)))?;
        if let Part::Whole(Some(transcript)) = &mut look.part {
            return words(std::mem::take(transcript), false);
        }
        self.ending.push(look);
        None
    }

    fn look_at(&mut self, samples: Vec<f32>, part: Part) {
        self.since_look_ms = 0;
        self.look = self.submit(samples, part);
    }

    fn submit(&mut self, samples: Vec<f32>, part: Part) -> Option<Look> {
        self.tickets += 1;
        let (who, ticket, results) = (self.who, self.tickets, self.results.clone());
        let (terms, priority) = (Vec::new(), Priority::Caption);
        let job = Job { samples: samples.into(), lang: self.lang, terms, constraint: None, deadline: DEADLINE, priority };
        // Refused for want of room: then there is no caption.
        let pending = self.recogniser.submit(job).ok()?;
        let task = tokio::spawn(async move {
            let result = pending.wait().await;
            // The receiver is gone only when the call is over.
            let _ = results.send(Captioned { who, ticket, result }).await;
        });
        Some(Look { ticket, task: task.abort_handle(), part })
    }

    /// Takes a result that came back; words when it is still of use.
    pub fn take(&mut self, captioned: Captioned) -> Option<Words> {
        if let Some(at) = self.ending.iter().position(|look| look.ticket == captioned.ticket) {
            self.ending.remove(at);
            return words(captioned.result.ok()?, false);
        }
        let look = self.look.as_mut().filter(|look| look.ticket == captioned.ticket)?;
        let Ok(transcript) = captioned.result else {
            self.look = None;
            return None;
        };
        match &mut look.part {
            Part::Whole(words) => *words = Some(transcript.clone()),
            Part::Beginning => self.look = None,
        }
        words(transcript, true)
    }
}

impl Look {
    fn is_done(&self) -> bool {
        matches!(self.part, Part::Whole(Some(_)))
    }
}

fn words(transcript: Transcript, partial: bool) -> Option<Words> {
    let Transcript { text, confidence, .. } = transcript;
    (!text.is_empty()).then_some(Words { text, confidence, partial })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{CALL_RATE_HZ, FRAME_SAMPLES, resample, wav};
    use std::path::Path;
    use std::sync::Mutex;
    use tokio::sync::oneshot;

    type Answer = oneshot::Sender<Result<Transcript, AsrError>>;

    /// Answers when the test says so.
    #[derive(Default)]
    struct Slow(Mutex<Vec<(usize, Answer)>>);

    impl Recogniser for Slow {
        fn submit(&self, job: Job) -> Result<crate::asr::Pending, AsrError> {
            assert_eq!(job.priority, Priority::Caption);
            let (answer, pending) = oneshot::channel();
            self.0.lock().unwrap().push((job.samples.len(), answer));
            Ok(crate::asr::Pending::new(pending))
        }
    }

    struct Side {
        captions: Captions,
        recogniser: Arc<Slow>,
        coming: mpsc::Receiver<Captioned>,
    }

    impl Side {
        fn new() -> Side {
            let (results, coming) = mpsc::channel(16);
            let recogniser = Arc::new(Slow::default());
            Side { captions: Captions::new(Speaker::Caller, Lang::Zh, recogniser.clone(), results), recogniser, coming }
        }

        fn hear(&mut self, samples: &[f32]) -> Vec<Words> {
            samples.as_chunks::<FRAME_SAMPLES>().0.iter().filter_map(|frame| self.captions.push(frame)).collect()
        }

        async fn answer(&mut self, text: &str) -> Option<Words> {
            let (_, answer) = self.recogniser.0.lock().unwrap().pop().unwrap();
            answer.send(Ok(Transcript { text: text.to_owned(), ..Transcript::default() })).unwrap();
            let captioned = self.coming.recv().await.unwrap();
            self.captions.take(captioned)
        }
    }

    fn spoken() -> Vec<f32> {
        let audio = wav::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("audio-fixtures/zh_balance_call/1.wav")).unwrap();
        let samples = resample::resample(&audio.samples, audio.rate_hz, CALL_RATE_HZ);
        let end = samples.iter().rposition(|sample| sample.abs() > 0.01).unwrap();
        samples[..end].to_vec()
    }

    fn silence(ms: usize) -> Vec<f32> {
        vec![0.0; ms * CALL_RATE_HZ as usize / 1_000]
    }

    #[tokio::test]
    async fn words_of_a_pause_are_read_at_once_and_stand_when_nothing_follows() {
        let mut side = Side::new();
        assert!(side.hear(&spoken()).is_empty() && side.hear(&silence(300)).is_empty());
        let partial = side.answer("查话费").await.unwrap();
        assert_eq!((partial.text.as_str(), partial.partial), ("查话费", true));
        assert_eq!(side.hear(&silence(400)), [Words { text: "查话费".into(), confidence: 0.0, partial: false }]);
        assert!(side.hear(&silence(2_000)).is_empty() && !side.captions.is_busy());
    }

    #[tokio::test]
    async fn late_words_come_when_they_are_there() {
        let mut side = Side::new();
        side.hear(&spoken());
        assert!(side.hear(&silence(900)).is_empty() && side.captions.is_busy());
        let words = side.answer("查话费").await.unwrap();
        assert!(!words.partial && !side.captions.is_busy());
    }

    #[tokio::test]
    async fn somebody_who_speaks_on_is_looked_at_again_and_again() {
        let mut side = Side::new();
        let long: Vec<f32> = std::iter::repeat_n(spoken(), 3).flatten().collect();
        let mut looks = 0;
        for part in long.chunks(16_000) {
            side.hear(part);
            if !side.recogniser.0.lock().unwrap().is_empty() {
                looks += usize::from(side.answer("我想").await.is_some_and(|words| words.partial));
            }
        }
        assert!(looks >= 2, "{looks} looks");
    }

    #[tokio::test]
    async fn what_is_being_said_when_it_ends_is_read_to_its_end() {
        let mut side = Side::new();
        assert!(side.captions.finish().is_none(), "nobody spoke");
        assert!(side.hear(&spoken()).is_empty());
        assert!(side.captions.finish().is_none() && side.captions.is_busy());
        let words = side.answer("查话费").await.unwrap();
        assert_eq!((words.text.as_str(), words.partial), ("查话费", false));
        // What follows is another utterance; of one that had paused the words are there already.
        side.hear(&spoken());
        side.hear(&silence(300));
        assert!(side.answer("查流量").await.unwrap().partial);
        assert_eq!(side.captions.finish(), Some(Words { text: "查流量".into(), confidence: 0.0, partial: false }));
        assert!(side.hear(&silence(900)).is_empty() && !side.captions.is_busy());
    }

    #[tokio::test]
    async fn what_is_forgotten_is_not_read() {
        let mut side = Side::new();
        side.hear(&spoken());
        side.hear(&silence(300));
        let (_, late) = side.recogniser.0.lock().unwrap().pop().unwrap();
        late.send(Ok(Transcript { text: "六二二八".to_owned(), ..Transcript::default() })).unwrap();
        let late = side.coming.recv().await.unwrap();
        side.captions.forget();
        assert!(side.captions.take(late).is_none() && !side.captions.is_busy() && side.hear(&silence(900)).is_empty());
        side.hear(&spoken());
        side.hear(&silence(300));
        assert_eq!(side.answer("查话费").await.unwrap().text, "查话费");
    }

    #[tokio::test]
    async fn what_cannot_be_recognised_is_left_out() {
        let mut side = Side::new();
        side.hear(&spoken());
        side.hear(&silence(900));
        let (_, answer) = side.recogniser.0.lock().unwrap().pop().unwrap();
        answer.send(Err(AsrError::Deadline)).unwrap();
        let captioned = side.coming.recv().await.unwrap();
        assert!(side.captions.take(captioned).is_none() && !side.captions.is_busy());
    }
}
