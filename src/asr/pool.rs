//! Workers on their own OS threads behind one bounded queue.
//!
//! Finals go before trials, and a final that finds the queue full takes the place of the youngest trial. Captions come after them and leave a thread to callers. Glances are for idle time: one begins only when
//! nothing else is at work, and never takes the room of another job. A job whose
//! [`Pending`] was dropped, or whose deadline passed, is not begun, and one at work is told so. Dropping the pool refuses what waits,
//! lets what runs finish, and joins the threads.

use super::recogniser::{AsrError, Job, Pending, Priority, Transcript};
use std::cell::Cell;
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

    /// Tells words that are looked at a second time, before that.
    fn tell_words(&self, words: Transcript);

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

    fn tell_words(&self, words: Transcript) {
        if let Some(listener) = self.waiting.words.take() {
            // Nobody has to listen.
            let _ = listener.send(words);
        }
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
    words: Cell<Option<oneshot::Sender<Transcript>>>,
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
        let (words, first) = oneshot::channel();
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
        let waiting = Waiting { expires, words: Cell::new(Some(words)), answer, job };
        match waiting.job.priority {
            Priority::Final => queue.finals.push_back(waiting),
            Priority::Trial => queue.trials.push_back(waiting),
            Priority::Caption => queue.captions.push_back(waiting),
            Priority::Glance => queue.glances.push_back(waiting),
        }
        drop(queue);
        self.shared.changed.notify_one();
        Ok(Pending::new(receiver).with_words(first).within(deadline))
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
mod tests;
