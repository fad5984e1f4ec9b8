//! Sounds into a prompt: what stops it, what it goes on after, and from where.

use super::program::fixture;
use super::scenarios_text::studio;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tingshuo::asr::recogniser::{Priority, Withheld};
use tingshuo::asr::{AsrError, Job, Pending, Recogniser, Transcript};
use tingshuo::audio::{CALL_RATE_HZ, FRAME_MS, FRAME_SAMPLES, resample, wav};
use tingshuo::business::clock;
use tingshuo::call::conversation::Conversation;
use tingshuo::call::record::{CallRecord, Happening};
use tingshuo::call::session::{Finished, Session};
use tingshuo::cli::bench::interruption::caller::{Interrupter, Part};
use tingshuo::dialog::{Opening, Outcome};
use tingshuo::models::Models;
use tingshuo::text::Lang;
use tingshuo::tts::{Speech, Voices};

/// The prompt that is spoken into.
const PROMPT: &str = "menu_plan";

/// Hears what it is told to hear: finals one after the other, then nothing any more; every trial `glances`. What ends in ？ is not believed.
#[derive(Default)]
struct Told {
    finals: Mutex<VecDeque<Result<&'static str, AsrError>>>,
    glances: &'static str,
    trials: AtomicUsize,
}

impl Told {
    fn hearing(finals: &[Result<&'static str, AsrError>], glances: &'static str) -> Arc<Told> {
        Arc::new(Told { finals: Mutex::new(finals.iter().cloned().collect()), glances, trials: AtomicUsize::new(0) })
    }
}

impl Recogniser for Told {
    fn submit(&self, job: Job) -> Result<Pending, AsrError> {
        let heard = match job.priority {
            Priority::Trial | Priority::Glance | Priority::Caption => {
                self.trials.fetch_add(1, Ordering::SeqCst);
                Ok(self.glances)
            }
            Priority::Final => self.finals.lock().unwrap().pop_front().unwrap_or(Ok("")),
        };
        let (answer, pending) = tokio::sync::oneshot::channel();
        let _ = answer.send(heard.map(|text| match text.strip_suffix('？') {
            Some(unsure) => Transcript { withheld: Some(Withheld::Unsure(unsure.to_owned())), ..Transcript::default() },
            None => Transcript { text: text.to_owned(), confidence: 0.9, ..Transcript::default() },
        }));
        Ok(Pending::new(pending))
    }
}

fn play(sound: Vec<f32>, recogniser: Arc<Told>) -> Finished {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let now = jiff::civil::date(2026, 11, 22).at(9, 30, 0, 0);
        let services = studio().services(clock::fixed(now), Vec::new()).await.unwrap();
        let opening =
            Opening { caller: None, lang: Lang::Zh, now, survey: false, by_keys: false, errand: None, call_id: "interrupted".into() };
        let speech = Arc::new(Speech::new(&Models::open().unwrap(), &Voices::open().unwrap()).unwrap());
        let line = Interrupter::new(Part { sound, around: Vec::new() }, false);
        Session::new(line, Conversation::new(services, opening), recogniser, speech).run().await
    })
}

fn words() -> Vec<f32> {
    let audio = wav::read(Path::new(&fixture("zh_requests/query_bill.wav"))).unwrap();
    resample::resample(&audio.samples, audio.rate_hz, CALL_RATE_HZ)
}

/// Voice without a pause.
fn endless(seconds: usize) -> Vec<f32> {
    let voiced: Vec<f32> = words().chunks(FRAME_SAMPLES).filter(|frame| frame.iter().any(|s| s.abs() > 0.05)).flatten().copied().collect();
    voiced.iter().copied().cycle().take(seconds * CALL_RATE_HZ as usize).collect()
}

/// When, in milliseconds, the happenings of that name came that belong to the prompt.
fn times(record: &CallRecord, name: &str) -> Vec<u64> {
    let of_prompt = |what: &Happening| match what {
        Happening::Paused { prompt }
        | Happening::Resumed { prompt }
        | Happening::Interrupted { prompt }
        | Happening::SaidBegan { prompt, .. }
        | Happening::SaidEnded { prompt } => prompt == PROMPT,
        _ => false,
    };
    record.events.iter().filter(|noted| noted.what.name() == name && of_prompt(&noted.what)).map(|noted| noted.at_ms).collect()
}

#[test]
fn after_a_sound_without_words_the_prompt_goes_on_from_where_it_was() {
    let undisturbed = play(vec![0.0; FRAME_SAMPLES], Told::hearing(&[], ""));
    let disturbed = play(words(), Told::hearing(&[], ""));
    let [paused, resumed] = ["paused", "resumed"].map(|name| times(&disturbed.record, name));
    assert!(!paused.is_empty() && paused.len() == resumed.len(), "{paused:?} {resumed:?}");
    assert!(paused.iter().zip(&resumed).all(|(paused, resumed)| resumed - paused <= 2_000), "{paused:?} {resumed:?}");
    let frames = |finished: &Finished| times(&finished.record, "said_began")[0] / u64::from(FRAME_MS);
    let heard = |finished: Finished| {
        let from = frames(&finished) as usize;
        let sound = finished.recording.tracks().unwrap().service();
        let sound: Vec<[f32; FRAME_SAMPLES]> = sound.as_chunks().0.iter().skip(from).copied().collect();
        sound
    };
    let begins = frames(&disturbed);
    let stops: Vec<std::ops::Range<usize>> = paused
        .iter()
        .zip(&resumed)
        .map(|(paused, resumed)| [paused, resumed].map(|at| (at / u64::from(FRAME_MS) - begins) as usize))
        .map(|[paused, resumed]| paused..resumed)
        .collect();
    let (whole, disturbed) = (heard(undisturbed), heard(disturbed));
    assert!(
        stops.iter().flat_map(|stop| &disturbed[stop.clone()]).all(|frame| *frame == [0.0; FRAME_SAMPLES]),
        "it is silent while it waits"
    );
    let without_stops: Vec<&[f32; FRAME_SAMPLES]> =
        disturbed.iter().enumerate().filter(|(at, _)| !stops.iter().any(|stop| stop.contains(at))).map(|(_, frame)| frame).collect();
    let spoken = whole.iter().rposition(|frame| *frame != [0.0; FRAME_SAMPLES]).unwrap();
    assert!(whole.iter().take(spoken + 1).eq(without_stops.into_iter().take(spoken + 1)), "nothing is left out or said twice");
}

#[test]
fn a_sound_that_lasts_holds_a_prompt_up_for_two_seconds_at_most() {
    let recogniser = Told::hearing(&[], "");
    let record = play(endless(9), recogniser.clone()).record;
    let [paused, resumed, ended] = ["paused", "resumed", "said_ended"].map(|name| times(&record, name));
    assert!(recogniser.trials.load(Ordering::SeqCst) > 0, "nobody looked at the sound");
    assert!((1..=2).contains(&paused.len()) && paused.len() == resumed.len() && ended.len() == 1, "{paused:?} {resumed:?} {ended:?}");
    assert!(paused.iter().zip(&resumed).all(|(paused, resumed)| resumed - paused <= 2_000), "{paused:?} {resumed:?}");
}

#[test]
fn a_long_sentence_into_a_prompt_is_waited_for() {
    let record = play(endless(5), Told::hearing(&[Ok("我想查一下我上个月的账单")], "我想查一下我")).record;
    assert_eq!((times(&record, "paused").len(), times(&record, "resumed").len(), times(&record, "interrupted").len()), (1, 0, 1));
    assert!(times(&record, "interrupted")[0] - times(&record, "paused")[0] > 4_000);
    let record = play(endless(5), Told::hearing(&[Ok("我想查一下我上个月的账单")], "我想查一下？")).record;
    assert_eq!((times(&record, "resumed").len(), times(&record, "interrupted").len()), (0, 1), "words that are not believed are words");
}

#[test]
fn a_nod_does_not_end_a_prompt_and_a_wish_does() {
    for nod in ["嗯", "啊", "好的"] {
        let record = play(words(), Told::hearing(&[Ok(nod)], "")).record;
        assert_eq!((times(&record, "resumed").len(), times(&record, "said_ended").len()), (1, 1), "{nod}");
    }
    let record = play(words(), Told::hearing(&[Ok("查账单")], "查账单")).record;
    assert_eq!((times(&record, "resumed").len(), times(&record, "interrupted").len()), (0, 1));
}

#[test]
fn a_recogniser_that_is_late_is_asked_again_and_one_that_is_gone_leaves_the_keys() {
    let late = play(words(), Told::hearing(&[Err(AsrError::Deadline)], "")).record;
    assert!(late.events.iter().any(|noted| matches!(&noted.what, Happening::Fault(reason) if reason.contains("deadline"))));
    assert!(!matches!(late.outcome, Some(Outcome::Failed(_))), "{:?}", late.outcome);
    let gone = play(words(), Told::hearing(&[Err(AsrError::Engine("the thread ended".into()))], "")).record;
    let said: Vec<&str> = gone
        .events
        .iter()
        .filter_map(|noted| match &noted.what {
            Happening::SaidBegan { prompt, .. } => Some(prompt.as_str()),
            _ => None,
        })
        .collect();
    assert!(said.contains(&"keys_only"), "{said:?}");
}
