//! Workers on their own OS threads behind one bounded queue.
//!
//! Finals go before trials, and a final that finds the queue full takes the place of the youngest trial. Captions come after them and leave a thread to callers. Glances are for idle time: one begins only when
//! nothing else is at work, and never takes the room of another job. A job whose
//! [`Pending`] was dropped, or whose deadline passed, is not begun, and one at work is told so. Dropping the pool refuses what waits,
//! lets what runs finish, and joins the threads.

use super::recogniser::{AsrError, Job, Pending, Priority, Transcript};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;
use tokio::sync::oneshot;

/// What a thread does with a job.
pub trait Worker: Send + 'static {
    /// `alone`: no other job was at work or waiting when this one began, and none begins until it is dropped. Long work asks `demand` on its way.
    fn recognise(&mut self, job: &Job, alone: Option<Alone<'_>>, demand: &dyn Demand) -> Result<Transcript, AsrError>;

    /// Called before the next job when the last one panicked.
    fn recover(&mut self) -> Result<(), AsrError>;
}

/// Who waits for whom while a job is at work.
pub trait Demand {
    /// # Errors
    /// When nobody waits for the answer any more: the caller went on speaking, or the deadline passed. Work ends with it.
    fn still_wanted(&self) -> Result<(), AsrError>;

    /// Another caller's words wait for a worker: what may be left out should be.
    fn others_wait(&self) -> bool;
}

struct AtWork<'a> {
    waiting: &'a Waiting,
    shared: &'a Shared,
}

impl Demand for AtWork<'_> {
    fn still_wanted(&self) -> Result<(), AsrError> {
        begin(self.waiting)
    }

    fn others_wait(&self) -> bool {
        self.shared.lock().len() > 0
    }
}

/// All cores are one job's, which may spread over them; the next one begins when this is dropped. Two that spread at once would spin, each waiting for
/// threads that the other keeps from running.
pub struct Alone<'a>(&'a Shared);

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.lock().one_has_all = false;
        self.0.changed.notify_all();
    }
}

pub struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    finals: VecDeque<Waiting>,
    trials: VecDeque<Waiting>,
    captions: VecDeque<Waiting>,
    glances: VecDeque<Waiting>,
    at_work: usize,
    captions_at_work: usize,
    /// So many captions are worked on at once.
    most_captions: usize,
    /// Nothing is begun while a job has all cores.
    one_has_all: bool,
    closed: bool,
}

struct Waiting {
    job: Job,
    answer: oneshot::Sender<Result<Transcript, AsrError>>,
    /// `None`: too far away to be named.
    expires: Option<Instant>,
}

impl Queue {
    /// Of utterances.
    fn len(&self) -> usize {
        self.finals.len() + self.trials.len()
    }

    fn next(&mut self) -> Option<Waiting> {
        if self.one_has_all {
            return None;
        }
        let utterance = self.finals.pop_front().or_else(|| self.trials.pop_front());
        let has_room = self.captions_at_work < self.most_captions;
        let caption = |queue: &mut Queue| if has_room { queue.captions.pop_front() } else { None };
        let read = utterance.or_else(|| caption(self));
        read.or_else(|| if self.at_work == 0 { self.glances.pop_front() } else { None })
    }

    /// An answer that nobody waits for any more is not worked out.
    fn forget_cancelled(&mut self) {
        for waiting in [&mut self.finals, &mut self.trials, &mut self.captions, &mut self.glances] {
            waiting.retain(|waiting| !waiting.answer.is_closed());
        }
    }
}

impl Shared {
    /// A panic while the lock is held cannot leave the queue half changed: nothing inside panics but on lack of memory.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pool {
    /// One thread for each worker.
    ///
    /// # Errors
    /// [`AsrError::Engine`] when the system gives no thread.
    pub fn start(workers: Vec<impl Worker>) -> Result<Pool, AsrError> {
        let queue = Queue { most_captions: workers.len().saturating_sub(1).max(1), ..Queue::default() };
        let shared = Arc::new(Shared { queue: Mutex::new(queue), changed: Condvar::new() });
        let mut pool = Pool { shared, threads: Vec::new() };
        for (index, worker) in workers.into_iter().enumerate() {
            let shared = Arc::clone(&pool.shared);
            let thread = std::thread::Builder::new().name(format!("asr-{index}")).spawn(move || work(&shared, worker));
            pool.threads.push(thread.map_err(|error| AsrError::Engine(error.to_string()))?);
        }
        Ok(pool)
    }

    /// Queues the job; at most `limit` jobs wait.
    ///
    /// # Errors
    /// [`AsrError::Overloaded`] at once when the queue is full.
    pub fn submit(&self, job: Job, limit: usize) -> Result<Pending, AsrError> {
        let (answer, receiver) = oneshot::channel();
        let deadline = job.deadline;
        let expires = Instant::now().checked_add(deadline);
        let mut queue = self.shared.lock();
        let full = |queue: &Queue| match job.priority {
            Priority::Caption => queue.captions.len() >= limit,
            Priority::Glance => queue.glances.len() >= limit,
            Priority::Final | Priority::Trial => queue.len() >= limit,
        };
        if full(&queue) {
            queue.forget_cancelled();
        }
        if full(&queue) {
            let evicted = if job.priority == Priority::Final { queue.trials.pop_back() } else { None };
            let evicted = evicted.ok_or(AsrError::Overloaded)?;
            let _ = evicted.answer.send(Err(AsrError::Overloaded));
        }
        let waiting = Waiting { expires, answer, job };
        match waiting.job.priority {
            Priority::Final => queue.finals.push_back(waiting),
            Priority::Trial => queue.trials.push_back(waiting),
            Priority::Caption => queue.captions.push_back(waiting),
            Priority::Glance => queue.glances.push_back(waiting),
        }
        drop(queue);
        self.shared.changed.notify_one();
        Ok(Pending::new(receiver).within(deadline))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.closed = true;
        queue.finals.clear();
        queue.trials.clear();
        queue.captions.clear();
        queue.glances.clear();
        drop(queue);
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// The present thread, and threads that it starts, let others go first: a frame of a call must go out in time, a text may come a little later.
/// A system that does not allow it changes nothing.
pub fn step_back(niceness: i32) {
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), niceness) {
        tracing::debug!(%error, "a thread keeps its priority");
    }
}

/// How far recognition steps back behind the calls themselves.
const NICENESS: i32 = 5;

fn work(shared: &Shared, mut worker: impl Worker) {
    step_back(NICENESS);
    let mut whole = true;
    loop {
        let mut queue = shared.lock();
        let waiting = loop {
            match queue.next() {
                Some(waiting) => break waiting,
                None if queue.closed && !queue.one_has_all => return,
                None => queue = shared.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
            }
        };
        let captions = usize::from(waiting.job.priority == Priority::Caption);
        queue.at_work += 1;
        queue.captions_at_work += captions;
        // Whoever speaks next must not wait for a glance. For a caption he does, no longer than both would take side by side.
        queue.one_has_all = queue.at_work == 1 && queue.len() == 0 && waiting.job.priority != Priority::Glance;
        let alone = queue.one_has_all.then(|| Alone(shared));
        drop(queue);
        let result = begin(&waiting).and_then(|()| {
            if !whole {
                worker.recover()?;
            }
            let recognise = AssertUnwindSafe(|| worker.recognise(&waiting.job, alone, &AtWork { waiting: &waiting, shared }));
            let result = catch_unwind(recognise);
            whole = result.is_ok();
            result.unwrap_or_else(|_| Err(AsrError::Engine("the decoder panicked".into())))
        });
        let mut queue = shared.lock();
        queue.at_work -= 1;
        queue.captions_at_work -= captions;
        drop(queue);
        // Nobody listens any more when the caller went on speaking.
        let _ = waiting.answer.send(result);
    }
}

/// Refuses a job whose time is over or whose answer nobody wants.
fn begin(waiting: &Waiting) -> Result<(), AsrError> {
    let late = waiting.expires.is_some_and(|expires| Instant::now() >= expires);
    if late || waiting.answer.is_closed() { Err(AsrError::Deadline) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
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
        let texts =
            captions.map(|caption| caption.and_then(Pending::wait_blocking).map(|transcript| (transcript.text, transcript.no_speech)));
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
}
