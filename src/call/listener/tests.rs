//! What the ear makes of speech, with a recogniser that answers when a test says so.

use super::*;
use crate::audio::{FRAME_SAMPLES, resample, wav};
use std::path::Path;
use std::sync::Mutex;
use tokio::sync::oneshot;

/// Answers when the test says so.
#[derive(Default)]
struct Slow {
    /// With their samples.
    jobs: Mutex<Vec<(usize, Answer)>>,
    words: Mutex<Vec<oneshot::Sender<Transcript>>>,
}

type Answer = oneshot::Sender<Result<Transcript, AsrError>>;

impl Recogniser for Slow {
    fn submit(&self, job: Job) -> Result<crate::asr::Pending, AsrError> {
        let ((answer, pending), (words, first)) = (oneshot::channel(), oneshot::channel());
        self.jobs.lock().unwrap().push((job.samples.len(), answer));
        self.words.lock().unwrap().push(words);
        Ok(crate::asr::Pending::new(pending).with_words(first))
    }
}

impl Slow {
    fn answer_last(&self, text: &str) {
        self.words.lock().unwrap().pop();
        let (_, answer) = self.jobs.lock().unwrap().pop().unwrap();
        answer.send(Ok(Transcript { text: text.to_owned(), ..Transcript::default() })).unwrap();
    }
}

fn hear(listener: &mut Listener, samples: &[f32]) -> Vec<Noticed> {
    samples.as_chunks::<FRAME_SAMPLES>().0.iter().filter_map(|frame| listener.push(frame)).collect()
}

fn spoken() -> Vec<f32> {
    let audio = wav::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("audio-fixtures/zh_answers/confirm.wav")).unwrap();
    let mut samples = resample::resample(&audio.samples, audio.rate_hz, CALL_RATE_HZ);
    samples.extend(vec![0.0; CALL_RATE_HZ as usize]);
    samples
}

#[tokio::test]
async fn a_caller_who_goes_on_before_the_text_is_there_had_not_finished() {
    let (results, mut coming) = mpsc::channel(16);
    let recogniser = Arc::new(Slow::default());
    let mut listener = Listener::new(recogniser.clone(), Clock::Live, results);
    listener.set_timing(Timing::CLOSED);
    assert_eq!(hear(&mut listener, &spoken()), [Noticed::Began, Noticed::Ended]);
    let first = recogniser.jobs.lock().unwrap().last().unwrap().0;
    assert!(listener.awaits_text());
    assert_eq!(hear(&mut listener, &spoken()), [Noticed::Began, Noticed::Ended]);
    let both = recogniser.jobs.lock().unwrap().last().unwrap().0;
    assert!(both > first * 3 / 2, "{both} samples after {first}");
    recogniser.answer_last("确认，确认");
    listener.take(coming.recv().await.unwrap());
    assert_eq!(listener.utterance().unwrap().result.unwrap().text, "确认，确认");
    // What comes after the text stands for itself.
    hear(&mut listener, &spoken());
    let next = recogniser.jobs.lock().unwrap().last().unwrap().0;
    assert!(next < both, "{next} samples after {both}");
}

#[tokio::test]
async fn a_look_at_a_sound_that_lasts_leaves_the_utterance_alone() {
    let (results, mut coming) = mpsc::channel(16);
    let recogniser = Arc::new(Slow::default());
    let mut listener = Listener::new(recogniser.clone(), Clock::Live, results);
    listener.look();
    assert!(!listener.is_looking(), "there is nothing to look at");
    let spoken = spoken();
    assert_eq!(hear(&mut listener, &spoken[..CALL_RATE_HZ as usize * 7 / 10]), [Noticed::Began]);
    listener.look();
    assert!(listener.is_looking() && listener.glanced().is_none());
    recogniser.answer_last("");
    listener.take(coming.recv().await.unwrap());
    assert_eq!(listener.glanced().unwrap().text, "");
    assert!(!listener.is_looking() && listener.glanced().is_none());
    assert_eq!(hear(&mut listener, &spoken[CALL_RATE_HZ as usize * 7 / 10..]), [Noticed::Ended]);
}

/// An ear whose caller has paused in a number, and has been heard to say `text`; a second look at it is under way.
async fn heard_at_first(text: &str) -> (Listener, Arc<Slow>, mpsc::Receiver<Recognised>) {
    let (results, mut coming) = mpsc::channel(16);
    let recogniser = Arc::new(Slow::default());
    let mut listener = Listener::new(recogniser.clone(), Clock::Live, results);
    listener.set_timing(Timing::NUMBER);
    let spoken = spoken();
    assert_eq!(hear(&mut listener, &spoken[..spoken.len() - 12_000]), [Noticed::Began], "there is more to wait for");
    assert!(listener.said().is_none());
    let words = recogniser.words.lock().unwrap().pop().unwrap();
    words.send(Transcript { text: text.to_owned(), ..Transcript::default() }).unwrap();
    listener.take(coming.recv().await.unwrap());
    assert!(listener.trial().is_none() && listener.words().is_some());
    assert_eq!(listener.said().unwrap().text, text);
    (listener, recogniser, coming)
}

#[tokio::test]
async fn words_that_will_do_need_no_second_look() {
    let (mut listener, recogniser, _coming) = heard_at_first("转人工").await;
    listener.settle();
    assert_eq!(listener.finish(), Some(Noticed::Ended));
    assert_eq!(listener.utterance().unwrap().result.unwrap().text, "转人工");
    let (_, answer) = recogniser.jobs.lock().unwrap().pop().unwrap();
    tokio::task::yield_now().await;
    assert!(answer.is_closed(), "nobody waits for the second look");
}

#[tokio::test]
async fn words_that_end_the_wait_are_still_looked_at_a_second_time() {
    let (mut listener, recogniser, mut coming) = heard_at_first("13800000001").await;
    assert_eq!(listener.finish(), Some(Noticed::Ended));
    assert!(listener.utterance().is_none() && listener.awaits_text());
    recogniser.answer_last("13900000001");
    listener.take(coming.recv().await.unwrap());
    assert_eq!(listener.utterance().unwrap().result.unwrap().text, "13900000001");
}
