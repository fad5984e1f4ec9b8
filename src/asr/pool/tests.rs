//! Jobs that end when a test says so.

use super::*;
use crate::text::Lang;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Tells the first term of each job it begins, then waits to be let go.
struct Held {
    begun: Sender<String>,
    go: Receiver<()>,
}

impl Worker for Held {
    fn recognise(&mut self, job: &Job, alone: Option<Alone<'_>>, demand: &dyn Demand) -> Result<Transcript, AsrError> {
        let name = job.terms.first().cloned().unwrap_or_default();
        self.begun.send(name.clone()).unwrap();
        let is_alone = alone.is_some();
        // Captions have only their first pass.
        let _alone = alone.filter(|_| job.priority != Priority::Caption);
        self.go.recv().unwrap();
        assert_ne!(name, "panic");
        if name == "doubtful" {
            demand.tell_words(Transcript { text: "heard at first".to_owned(), ..Transcript::default() });
            self.go.recv().unwrap();
        }
        if demand.still_wanted().is_err() {
            self.begun.send(format!("{name} is not wanted")).unwrap();
        }
        let others_wait = u32::from(demand.others_wait());
        Ok(Transcript { text: name, no_speech: f32::from(u8::from(is_alone)), audio_ms: others_wait, ..Transcript::default() })
    }

    fn recover(&mut self) -> Result<(), AsrError> {
        self.begun.send("recovered".into()).unwrap();
        Ok(())
    }
}

fn held() -> (Pool, Receiver<String>, Sender<()>) {
    let ((begun, told), (go, wait)) = (channel(), channel());
    (Pool::start(vec![Held { begun, go: wait }]).unwrap(), told, go)
}

fn job(name: &str, priority: Priority, deadline: Duration) -> Job {
    Job { samples: Arc::from([]), lang: Lang::Zh, terms: vec![name.to_owned()], constraint: None, deadline, priority }
}

const LONG: Duration = Duration::from_secs(3600);

#[test]
fn finals_go_before_trials_and_each_in_order() {
    let (pool, begun, go) = held();
    let first = pool.submit(job("first", Priority::Trial, LONG), 9).unwrap();
    assert_eq!(begun.recv().unwrap(), "first");
    let order = [("t1", Priority::Trial), ("f1", Priority::Final), ("t2", Priority::Trial), ("f2", Priority::Final)];
    let pending: Vec<Pending> = order.iter().map(|(name, priority)| pool.submit(job(name, *priority, LONG), 9).unwrap()).collect();
    (0..5).for_each(|_| go.send(()).unwrap());
    let began: Vec<String> = (0..4).map(|_| begun.recv().unwrap()).collect();
    assert_eq!(began, ["f1", "f2", "t1", "t2"]);
    assert_eq!(first.wait_blocking().unwrap().text, "first");
    for (pending, (name, _)) in pending.into_iter().zip(order) {
        assert_eq!(pending.wait_blocking().unwrap().text, name);
    }
}

#[test]
fn captions_come_last_and_leave_a_thread_to_callers() {
    let ((begun, told), (go_first, first), (go_second, second)) = (channel(), channel(), channel());
    let workers = [first, second].map(|go| Held { begun: begun.clone(), go });
    let pool = Pool::start(workers.into()).unwrap();
    let captions = ["c1", "c2", "c3"].map(|name| pool.submit(job(name, Priority::Caption, LONG), 2));
    assert_eq!(told.recv().unwrap(), "c1");
    assert!(told.recv_timeout(Duration::from_millis(20)).is_err(), "the second thread is kept free");
    let last = pool.submit(job("final", Priority::Final, LONG), 2).unwrap();
    assert_eq!(told.recv().unwrap(), "final");
    (0..4).for_each(|_| [&go_first, &go_second].iter().for_each(|go| go.send(()).unwrap()));
    assert_eq!(last.wait_blocking().unwrap().text, "final");
    let texts = captions.map(|caption| caption.and_then(Pending::wait_blocking).map(|transcript| (transcript.text, transcript.no_speech)));
    let read = |name: &str, alone: f32| Ok((name.to_owned(), alone));
    assert!(texts[0] == read("c1", 1.0), "{texts:?}");
    // Whether one has all cores depends on whether the speech is done; how many fit, on how soon the first was begun.
    let is_read = |text: &Result<_, _>, name: &str| *text == read(name, 0.0) || *text == read(name, 1.0);
    assert!(is_read(&texts[1], "c2"), "{texts:?}");
    assert!(is_read(&texts[2], "c3") || texts[2] == Err(AsrError::Overloaded), "{texts:?}");
}

#[test]
fn a_full_queue_refuses_trials_and_makes_room_for_finals() {
    let (pool, begun, go) = held();
    let _running = pool.submit(job("running", Priority::Final, LONG), 2).unwrap();
    begun.recv().unwrap();
    let older = pool.submit(job("older", Priority::Trial, LONG), 2).unwrap();
    let younger = pool.submit(job("younger", Priority::Trial, LONG), 2).unwrap();
    assert!(matches!(pool.submit(job("t", Priority::Trial, LONG), 2), Err(AsrError::Overloaded)));
    let _final = pool.submit(job("final", Priority::Final, LONG), 2).unwrap();
    assert_eq!(younger.wait_blocking(), Err(AsrError::Overloaded));
    drop(older);
    let _second = pool.submit(job("second", Priority::Final, LONG), 2).unwrap();
    assert!(matches!(pool.submit(job("third", Priority::Final, LONG), 2), Err(AsrError::Overloaded)));
    (0..3).for_each(|_| go.send(()).unwrap());
}

#[test]
fn dropped_and_expired_jobs_are_not_begun_and_a_panic_is_an_error() {
    let (pool, begun, go) = held();
    let panicking = pool.submit(job("panic", Priority::Final, LONG), 9).unwrap();
    begun.recv().unwrap();
    drop(pool.submit(job("dropped", Priority::Final, LONG), 9).unwrap());
    let expired = pool.submit(job("expired", Priority::Final, Duration::ZERO), 9).unwrap();
    let last = pool.submit(job("last", Priority::Final, LONG), 9).unwrap();
    (0..2).for_each(|_| go.send(()).unwrap());
    assert!(matches!(panicking.wait_blocking(), Err(AsrError::Engine(_))));
    assert_eq!(expired.wait_blocking(), Err(AsrError::Deadline));
    assert_eq!(last.wait_blocking().unwrap().text, "last");
    assert_eq!([begun.recv().unwrap(), begun.recv().unwrap()], ["recovered", "last"]);
}

#[test]
fn a_job_at_work_learns_that_nobody_waits_for_it() {
    let (pool, begun, go) = held();
    let trial = pool.submit(job("trial", Priority::Trial, LONG), 9).unwrap();
    begun.recv().unwrap();
    drop(trial);
    let last = pool.submit(job("last", Priority::Final, LONG), 9).unwrap();
    (0..2).for_each(|_| go.send(()).unwrap());
    assert_eq!(last.wait_blocking().unwrap().text, "last");
    assert_eq!([begun.recv().unwrap(), begun.recv().unwrap()], ["trial is not wanted", "last"]);
}

#[test]
fn a_job_knows_whether_it_is_alone() {
    let (pool, begun, go) = held();
    let first = pool.submit(job("first", Priority::Final, LONG), 9).unwrap();
    begun.recv().unwrap();
    let (second, third) = (pool.submit(job("second", Priority::Final, LONG), 9), pool.submit(job("third", Priority::Final, LONG), 9));
    (0..3).for_each(|_| go.send(()).unwrap());
    let alone = [first, second.unwrap(), third.unwrap()].map(|pending| pending.wait_blocking().unwrap().no_speech);
    assert_eq!(alone, [1.0, 0.0, 1.0]);
}

#[test]
fn a_glance_begins_when_nothing_else_is_at_work_and_has_one_core() {
    let ((begun, told), (go_first, first), (go_second, second)) = (channel(), channel(), channel());
    let pool = Pool::start([first, second].map(|go| Held { begun: begun.clone(), go }).into()).unwrap();
    let glance = pool.submit(job("glance", Priority::Glance, LONG), 9).unwrap();
    assert_eq!(told.recv().unwrap(), "glance");
    let trial = pool.submit(job("trial", Priority::Trial, LONG), 9).unwrap();
    assert_eq!(told.recv().unwrap(), "trial", "nobody waits for a glance");
    let second = pool.submit(job("second", Priority::Glance, LONG), 9).unwrap();
    let third = pool.submit(job("third", Priority::Trial, LONG), 9).unwrap();
    // Either thread may do all that is left.
    (0..4).for_each(|_| [&go_first, &go_second].iter().for_each(|go| go.send(()).unwrap()));
    let later = [told.recv().unwrap(), told.recv().unwrap()];
    assert_eq!(later, ["third", "second"], "a glance waits for the others");
    let [glance, trial, third] = [glance, trial, third].map(|pending| pending.wait_blocking().unwrap());
    assert_eq!((glance.no_speech, trial.no_speech), (0.0, 0.0));
    assert_eq!((third.audio_ms, second.wait_blocking().unwrap().text), (0, "second".into()), "a glance is nobody who waits");
}

#[test]
fn a_job_at_work_knows_of_others_who_wait() {
    let (pool, begun, go) = held();
    let first = pool.submit(job("first", Priority::Trial, LONG), 9).unwrap();
    begun.recv().unwrap();
    let second = pool.submit(job("second", Priority::Trial, LONG), 9).unwrap();
    (0..2).for_each(|_| go.send(()).unwrap());
    assert_eq!([first, second].map(|pending| pending.wait_blocking().unwrap().audio_ms), [1, 0]);
}

#[test]
fn while_a_job_has_all_cores_no_other_begins() {
    let ((begun, told), (go_first, first), (go_second, second)) = (channel(), channel(), channel());
    let workers = [first, second].map(|go| Held { begun: begun.clone(), go });
    let pool = Pool::start(workers.into()).unwrap();
    let alone = pool.submit(job("alone", Priority::Final, LONG), 9).unwrap();
    assert_eq!(told.recv().unwrap(), "alone");
    let next = pool.submit(job("next", Priority::Final, LONG), 9).unwrap();
    assert!(told.recv_timeout(Duration::from_millis(20)).is_err(), "the second worker has begun");
    (0..2).for_each(|_| [&go_first, &go_second].iter().for_each(|go| go.send(()).unwrap()));
    assert_eq!((alone.wait_blocking().unwrap().text, next.wait_blocking().unwrap().text), ("alone".into(), "next".into()));
}

#[test]
fn a_dropped_pool_answers_everybody() {
    let (pool, begun, go) = held();
    let running = pool.submit(job("running", Priority::Final, LONG), 9).unwrap();
    begun.recv().unwrap();
    let waiting = pool.submit(job("waiting", Priority::Trial, LONG), 9).unwrap();
    let dropping = std::thread::spawn(move || drop(pool));
    assert!(matches!(waiting.wait_blocking(), Err(AsrError::Engine(_))));
    go.send(()).unwrap();
    assert_eq!(running.wait_blocking().unwrap().text, "running");
    dropping.join().unwrap();
}

#[tokio::test]
async fn words_are_told_before_they_are_looked_at_again() {
    let (pool, begun, go) = held();
    let mut pending = pool.submit(job("doubtful", Priority::Trial, LONG), 9).unwrap();
    assert_eq!(begun.recv().unwrap(), "doubtful");
    go.send(()).unwrap();
    assert_eq!(pending.words().await.unwrap().text, "heard at first");
    go.send(()).unwrap();
    assert_eq!(pending.words().await, None, "they are told once");
    assert_eq!(pending.wait().await.unwrap().text, "doubtful");
    let mut plain = pool.submit(job("plain", Priority::Trial, LONG), 9).unwrap();
    go.send(()).unwrap();
    assert_eq!(plain.words().await, None);
    assert_eq!(plain.wait().await.unwrap().text, "plain");
}
