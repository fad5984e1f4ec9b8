//! Where live calls are admitted, held and counted: one for the whole process, shared by all lines.
//!
//! There are places for calls, and among them fewer for calls that are listened to, because hearing is what costs. When the hearing places
//! are taken a call is held by keys; when all are taken it is refused, so that the line can say busy.

use super::conversation::Conversation;
use super::editions::Editions;
use super::line::{Line, Packets};
use super::manners::Manners;
use super::record::CallRecord;
use super::recording::{Recording, Switch};
use super::services::Services;
use super::session::{Finished, Session};
use super::speaker::Prepared;
use super::transfer::TransferPort;
use super::trial;
use crate::asr::Recogniser;
use crate::dialog::{Action, Errand, Opening};
use crate::store::StoreError;
use crate::text::{Lang, PhoneNumber};
use crate::tts::Speech;
use jiff::Zoned;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// How much at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls held; more are refused.
    pub calls: usize,
    /// Calls that are listened to; more are held by keys.
    pub hearing: usize,
}

/// Why a call is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("all places for calls are taken")]
    Full,
    #[error("the service is being shut down and takes no new calls")]
    Draining,
}

/// What a line knows of a call that comes in.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    /// The kind of line, as lists of calls show it: `browser`, `sip`.
    pub line: &'static str,
    /// `None` when the number is withheld.
    pub caller: Option<PhoneNumber>,
    pub lang: Lang,
}

/// A call that is going on.
#[derive(Clone, Debug, PartialEq)]
pub struct Present {
    pub call_id: String,
    pub incoming: Incoming,
    pub since: Zoned,
    /// It is not listened to.
    pub by_keys: bool,
}

/// See the module's text.
pub struct Reception {
    editions: Arc<Editions>,
    recogniser: Arc<dyn Recogniser>,
    speech: Arc<Speech>,
    books: Arc<Books>,
}

struct Books {
    entries: Mutex<Entries>,
    /// A place became free.
    freed: Notify,
}

struct Entries {
    limits: Limits,
    manners: Manners,
    /// Who takes callers over.
    desk: Option<Arc<dyn TransferPort>>,
    /// Where recordings go; `None` keeps none.
    recordings: Option<PathBuf>,
    draining: bool,
    /// Numbers the places that were given.
    given: u64,
    held: BTreeMap<u64, Held>,
    refused: u64,
    packets: Packets,
}

impl Entries {
    fn free_hearing(&self) -> usize {
        self.limits.hearing.saturating_sub(self.held.values().filter(|held| held.hearing).count())
    }

    fn free(&self) -> usize {
        self.free_hearing().min(self.limits.calls.saturating_sub(self.held.len()))
    }
}

struct Held {
    hearing: bool,
    present: Option<Present>,
    /// Where the call is recorded.
    switch: Option<Switch>,
}

/// Why a recording cannot be paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unrecorded {
    #[error("there is no such call, or not any more")]
    NoCall,
    #[error("this call is not recorded")]
    NotRecorded,
}

/// How long the first words of a call of ours may take to be made; then they are made when it is answered.
const MADE_WITHIN: Duration = Duration::from_secs(10);

/// A call of ours that may be dialled; see [`Reception::prepare`].
pub struct Ours {
    callee: Incoming,
    errand: Errand,
    greeting: Option<Prepared>,
    /// As it was when the first words were made.
    house: Arc<Services>,
}

/// A call that is about to begin.
struct Talk {
    with: Incoming,
    errand: Option<Errand>,
    greeting: Option<Prepared>,
    house: Arc<Services>,
}

/// A place for one call; free again when it is dropped.
pub struct Place {
    number: u64,
    by_keys: bool,
    books: Arc<Books>,
}

impl Place {
    /// The call cannot be listened to.
    pub fn by_keys(&self) -> bool {
        self.by_keys
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.books.lock().held.remove(&self.number);
        self.books.freed.notify_waiters();
    }
}

impl Books {
    /// Nothing inside panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reception {
    pub fn new(editions: Arc<Editions>, recogniser: Arc<dyn Recogniser>, speech: Arc<Speech>, limits: Limits) -> Reception {
        let (manners, recordings) = (Manners::default(), None);
        let entries = Entries {
            limits,
            manners,
            desk: None,
            recordings,
            draining: false,
            given: 0,
            held: BTreeMap::new(),
            refused: 0,
            packets: Packets::default(),
        };
        let books = Arc::new(Books { entries: Mutex::new(entries), freed: Notify::new() });
        Reception { editions, recogniser, speech, books }
    }

    /// Calls that begin from now on are kept, both sides, as `<call id>.wav` in this folder, or not at all.
    pub fn record_to(&self, folder: Option<PathBuf>) {
        self.books.lock().recordings = folder;
    }

    /// Where recordings are, as `<call id>.wav`.
    pub fn recordings(&self) -> Option<PathBuf> {
        self.books.lock().recordings.clone()
    }

    /// Persons who take over callers of calls that begin from now on.
    pub fn set_desk(&self, desk: Arc<dyn TransferPort>) {
        self.books.lock().desk = Some(desk);
    }

    /// How calls that begin from now on take turns.
    pub fn set_manners(&self, manners: Manners) {
        self.books.lock().manners = manners;
    }

    /// A place for a call of ours, which is listened to.
    ///
    /// # Errors
    /// When that is not possible, or no new calls are begun.
    pub fn admit_ours(&self) -> Result<Place, Refusal> {
        let mut entries = self.books.lock();
        if entries.draining {
            return Err(Refusal::Draining);
        }
        if entries.free() == 0 {
            return Err(Refusal::Full);
        }
        Ok(self.place(&mut entries, true))
    }

    /// Places that are free for calls that are listened to.
    pub fn free(&self) -> usize {
        self.books.lock().free()
    }

    fn place(&self, entries: &mut Entries, hearing: bool) -> Place {
        entries.given += 1;
        let number = entries.given;
        entries.held.insert(number, Held { hearing, present: None, switch: None });
        Place { number, by_keys: !hearing, books: self.books.clone() }
    }

    /// A place for a call that comes in now; to be given to [`Reception::hold`], or dropped when the caller gives up before.
    ///
    /// # Errors
    /// When no place is free or no new calls are taken.
    pub fn admit(&self) -> Result<Place, Refusal> {
        let mut entries = self.books.lock();
        let refusal = match entries.held.len() {
            _ if entries.draining => Some(Refusal::Draining),
            held if held >= entries.limits.calls => Some(Refusal::Full),
            _ => None,
        };
        if let Some(refusal) = refusal {
            entries.refused += 1;
            return Err(refusal);
        }
        let hearing = entries.free_hearing() > 0;
        Ok(self.place(&mut entries, hearing))
    }

    /// Holds a whole call; returns when it is over and its record is stored.
    pub async fn hold(&self, place: Place, line: impl Line, incoming: Incoming) -> CallRecord {
        self.converse(place, line, Talk { with: incoming, errand: None, greeting: None, house: self.editions.current() }, Zoned::now())
            .await
            .record
    }

    /// Makes the first words of a call of ours before it is dialled, so that whoever answers hears them at once, whatever else is spoken then. `callee` stands
    /// for the caller; `now` is the time where the customer is. A test call gets a house of its own.
    ///
    /// # Errors
    /// There is no room for the house of a test call.
    pub async fn prepare(&self, callee: Incoming, errand: Errand, now: &Zoned) -> Result<Ours, StoreError> {
        let mut house = self.editions.current();
        if errand.is_test {
            house = trial::apart(&house, now.datetime(), Some(house.records.clone())).await?;
        }
        let opening = Opening {
            caller: callee.caller.clone(),
            lang: callee.lang,
            now: now.datetime(),
            survey: false,
            by_keys: false,
            errand: Some(errand.clone()),
            call_id: String::new(),
        };
        let actions = Conversation::new(house.clone(), opening).start();
        let first = actions.into_iter().find_map(|action| if let Action::Say(utterance) = action { Some(utterance) } else { None });
        let greeting = match first {
            Some(first) => timeout(MADE_WITHIN, Prepared::new(&self.speech, first)).await.ok().flatten(),
            None => None,
        };
        Ok(Ours { callee, errand, greeting, house })
    }

    /// Holds a call of ours that was answered. `now` is the time where the customer is.
    pub async fn hold_ours(&self, place: Place, line: impl Line, ours: Ours, now: Zoned) -> Finished {
        let Ours { callee, errand, greeting, house } = ours;
        self.converse(place, line, Talk { with: callee, errand: Some(errand), greeting, house }, now).await
    }

    async fn converse(&self, place: Place, line: impl Line, talk: Talk, since: Zoned) -> Finished {
        let Talk { with: incoming, errand, greeting, house } = talk;
        let call_id = format!("{}-{}-{}", since.strftime("%Y%m%d-%H%M%S"), std::process::id(), place.number);
        let opening = Opening {
            caller: incoming.caller.clone(),
            lang: incoming.lang,
            now: since.datetime(),
            survey: false,
            by_keys: place.by_keys,
            errand,
            call_id: call_id.clone(),
        };
        let recording = self.recording(&call_id);
        if let Some(held) = self.books.lock().held.get_mut(&place.number) {
            held.present = Some(Present { call_id, incoming, since, by_keys: place.by_keys });
            held.switch = recording.switch();
        }
        let conversation = Conversation::new(house, opening);
        let (manners, desk) = {
            let entries = self.books.lock();
            (entries.manners, entries.desk.clone())
        };
        let session = Session::new(line, conversation, self.recogniser.clone(), self.speech.clone());
        let session = session.recorded(recording).mannered(manners).with_desk(desk).prepared(greeting);
        let finished = session.run().await;
        self.count(finished.packets);
        finished.recording.close().await;
        Finished { recording: Recording::nowhere(), ..finished }
    }

    /// A call goes on without its recording when the disk fails; that is said in the log.
    fn recording(&self, call_id: &str) -> Recording {
        let Some(folder) = self.books.lock().recordings.clone() else { return Recording::nowhere() };
        let path = folder.join(format!("{call_id}.wav"));
        Recording::in_file(&path).unwrap_or_else(|error| {
            tracing::error!(file = %path.display(), %error, "a call is not recorded");
            Recording::nowhere()
        })
    }

    /// The calls that are going on, the oldest first.
    pub fn present(&self) -> Vec<Present> {
        self.books.lock().held.values().filter_map(|held| held.present.clone()).collect()
    }

    /// Pauses the recording of a call that goes on, or lets it go on.
    ///
    /// # Errors
    /// See [`Unrecorded`].
    pub fn switch(&self, call_id: &str) -> Result<Switch, Unrecorded> {
        let entries = self.books.lock();
        let is_it = |held: &&Held| held.present.as_ref().is_some_and(|present| present.call_id == call_id);
        let held = entries.held.values().find(is_it).ok_or(Unrecorded::NoCall)?;
        held.switch.clone().ok_or(Unrecorded::NotRecorded)
    }

    /// No place is free.
    pub fn full(&self) -> bool {
        let entries = self.books.lock();
        entries.held.len() >= entries.limits.calls
    }

    /// Calls that were refused since the start.
    pub fn refused(&self) -> u64 {
        self.books.lock().refused
    }

    /// Adds the packets of a call that has ended and was not held here: to the telephone of a person.
    pub fn count(&self, packets: Packets) {
        self.books.lock().packets += packets;
    }

    /// How the packets of all calls fared that have ended since the start.
    pub fn packets(&self) -> Packets {
        self.books.lock().packets
    }

    /// From now on; calls that are being held stay as they are.
    pub fn set_limits(&self, limits: Limits) {
        self.books.lock().limits = limits;
    }

    pub fn draining(&self) -> bool {
        self.books.lock().draining
    }

    /// Takes no new calls from now on.
    pub fn drain(&self) {
        self.books.lock().draining = true;
    }

    /// Returns when no call is going on.
    pub async fn empty(&self) {
        loop {
            let freed = self.books.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            if self.books.lock().held.is_empty() {
                return;
            }
            freed.await;
        }
    }
}
