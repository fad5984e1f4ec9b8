//! Keeps a call in the database while it happens: a kill loses at most the turn in progress.
//!
//! The call never waits for the disk: entries go through a bounded queue to a task of their own. When the queue is full the call goes on and
//! the loss is reported. While others hold the database entries wait, and are written when it is free again.

use super::record::{CallRecord, Happening, Noted, Turn};
use super::services::Services;
use crate::dialog::{Opening, Outcome};
use crate::store::{self, CallEvent, CallOutcome, Database, Ending, NewCall, StoreError};
use crate::text::{Record, Value};
use jiff::SignedDuration;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Entries that may wait for the disk; a turn makes about ten.
const QUEUE: usize = 1024;
/// An entry that cannot be written is tried again so often, and the record is given up after so long.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
const GIVEN_UP_AFTER: Duration = Duration::from_secs(600);
/// Whoever ends a call waits so long for its record; the rest is written behind his back.
const CLOSED_WITHIN: Duration = Duration::from_secs(10);

enum Entry {
    Open,
    Turn(store::Turn),
    Event(CallEvent),
    Unanswered(String),
    Close(Ending),
}

/// See the module's text. End it with [`CallLog::close`].
pub struct CallLog {
    entries: mpsc::Sender<Entry>,
    writer: JoinHandle<()>,
    lost: u32,
}

impl CallLog {
    /// Begins the record of a call. Needs a tokio runtime.
    pub fn open(services: &Services, opening: &Opening) -> CallLog {
        let (entries, incoming) = mpsc::channel(QUEUE);
        let book = Book { database: services.records.clone(), edition: services.edition.clone(), opening: opening.clone() };
        let writer = tokio::spawn(async move {
            if let Err(error) = book.write(incoming).await {
                tracing::error!(call = book.opening.call_id, %error, "the call's record could not be kept");
            }
        });
        let mut log = CallLog { entries, writer, lost: 0 };
        log.push(Entry::Open);
        log
    }

    pub fn event(&mut self, noted: &Noted) {
        if let Happening::Unanswered { question } = &noted.what {
            self.push(Entry::Unanswered(question.clone()));
        }
        let detail = detail(&noted.what);
        self.push(Entry::Event(CallEvent { at_ms: short(noted.at_ms), kind: noted.what.name().to_owned(), detail }));
    }

    /// Keeps a turn as it stands; later versions replace it.
    pub fn turn(&mut self, turn: &Turn) {
        self.push(Entry::Turn(stored(turn)));
    }

    fn push(&mut self, entry: Entry) {
        if self.entries.try_send(entry).is_err() {
            self.lost += 1;
        }
    }

    /// Ends the record; waits until everything is on disk, or for a while where others hold the database.
    pub async fn close(self, record: &CallRecord) {
        if self.lost > 0 {
            tracing::error!(call = record.id, lost = self.lost, "entries of the call's record were lost: the database is too slow");
        }
        let length_ms = record.events.last().map_or(0, |noted| noted.at_ms);
        let closed = record.started.saturating_add(SignedDuration::from_millis(i64::try_from(length_ms).unwrap_or(i64::MAX)));
        // A closed channel means that the writer failed, which it has reported.
        let _ = self.entries.send(Entry::Close(Ending { outcome: ending(record.outcome.as_ref()), closed })).await;
        drop(self.entries);
        match tokio::time::timeout(CLOSED_WITHIN, self.writer).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(call = record.id, %error, "the writer of the call's record died"),
            Err(_) => tracing::warn!(call = record.id, "the call's record waits for the database"),
        }
    }
}

/// What one call is written into.
struct Book {
    database: Database,
    edition: String,
    opening: Opening,
}

impl Book {
    async fn write(&self, mut incoming: mpsc::Receiver<Entry>) -> Result<(), StoreError> {
        while let Some(entry) = incoming.recv().await {
            let since = Instant::now();
            while let Err(error) = self.keep(&entry).await {
                if !matches!(error, StoreError::Busy(_)) || since.elapsed() >= GIVEN_UP_AFTER {
                    return Err(error);
                }
                tracing::warn!(call = self.opening.call_id, %error, "an entry of the call's record waits");
                tokio::time::sleep(AGAIN_AFTER).await;
            }
        }
        Ok(())
    }

    fn is_test(&self) -> bool {
        self.opening.errand.as_ref().is_some_and(|errand| errand.is_test)
    }

    async fn keep(&self, entry: &Entry) -> Result<(), StoreError> {
        let (calls, call, opened) = (self.database.calls(), &self.opening.call_id, self.opening.now);
        match entry {
            Entry::Open => {
                let (caller, lang) = (self.opening.caller.as_ref(), self.opening.lang);
                calls.open(NewCall { id: call, edition: &self.edition, caller, lang, opened, is_test: self.is_test() }).await
            }
            Entry::Turn(turn) => calls.put_turn(call, turn).await,
            Entry::Event(event) => calls.add_event(call, event).await,
            Entry::Unanswered(_) if self.is_test() => Ok(()),
            Entry::Unanswered(question) => self.database.unanswered().note(question, self.opening.lang, opened.date(), call).await,
            Entry::Close(ending) => calls.close(call, ending).await,
        }
    }
}

fn stored(turn: &Turn) -> store::Turn {
    let ms = &turn.waterfall;
    store::Turn {
        n: turn.n,
        heard: turn.heard.clone(),
        confidence: turn.confidence,
        intent: turn.intent.map(|intent| intent.name().to_owned()),
        decision: turn.decision.name().to_owned(),
        slots: turn.slots.clone(),
        said: turn.said.join(""),
        ms: store::Waterfall {
            speech_end: ms.speech_end_ms.map(short),
            endpoint: ms.endpoint_ms.map(short),
            text: ms.text_ms.map(short),
            decided: ms.decided_ms.map(short),
            first_sample: ms.first_sample_ms.map(short),
        },
        secret: turn.secret,
    }
}

fn ending(outcome: Option<&Outcome>) -> CallOutcome {
    match outcome {
        Some(Outcome::Completed) => CallOutcome::Completed,
        Some(Outcome::Transferred { reason, intent, slots }) => CallOutcome::Transferred {
            reason: reason.name().to_owned(),
            intent: intent.map(|intent| intent.name().to_owned()),
            slots: slots.clone(),
        },
        Some(Outcome::Failed(reason)) => CallOutcome::Failed { reason: reason.clone() },
        Some(Outcome::Abandoned) | None => CallOutcome::Abandoned,
    }
}

fn detail(what: &Happening) -> Record {
    let text = |name: &str, value: &str| (name.to_owned(), Value::Text(value.to_owned()));
    let number = |name: &str, value: i64| (name.to_owned(), Value::Number(value));
    let fields = match what {
        Happening::SaidBegan { prompt, text: words } => vec![text("prompt", prompt), text("text", words)],
        Happening::MetMachine { by } => vec![text("by", by)],
        Happening::RecordingPaused { by } | Happening::RecordingResumed { by } => vec![text("by", by)],
        Happening::AnsweredBy { who, after_ms } => vec![text("who", who), number("after_ms", i64::from(*after_ms))],
        Happening::SaidEnded { prompt }
        | Happening::Paused { prompt }
        | Happening::Resumed { prompt }
        | Happening::Interrupted { prompt } => vec![text("prompt", prompt)],
        Happening::Asked { question } => vec![text("question", question)],
        Happening::Recognised { confidence, compute_ms, trial } => vec![
            number("confidence_percent", (confidence * 100.0) as i64),
            number("compute_ms", i64::from(*compute_ms)),
            ("trial".to_owned(), Value::Flag(*trial)),
        ],
        Happening::Withheld { reason } => vec![text("reason", reason)],
        Happening::TransferFailed { why } => vec![text("why", why)],
        Happening::Queued { place, expected_s } => vec![number("place", *place as i64), number("expected_s", *expected_s)],
        Happening::PersonJoined { name, role } => vec![text("name", name), text("role", role)],
        Happening::PersonUnreached { name, why } => vec![text("name", name), text("why", why)],
        Happening::PersonLeft { name } => vec![text("name", name)],
        Happening::PassedOn { by, skill } => vec![text("by", by), text("skill", skill)],
        Happening::Held { held } => vec![("held".to_owned(), Value::Flag(*held))],
        Happening::Talked { who, text: words } => vec![text("who", who), text("text", words)],
        Happening::CallBack { kept } => vec![("kept".to_owned(), Value::Flag(*kept))],
        Happening::Keyed { count } => vec![number("count", *count as i64)],
        Happening::Requested { kind, operation } => vec![text("kind", kind.name()), text("operation", operation)],
        Happening::Answered { operation, how, took_ms } => {
            vec![text("operation", operation), text("how", how), number("took_ms", *took_ms as i64)]
        }
        Happening::Packets(packets) => packets.named().map(|(name, count)| number(name, i64::try_from(count).unwrap_or(i64::MAX))).to_vec(),
        Happening::Unanswered { question } => vec![text("question", question)],
        Happening::Fault(what) => vec![text("what", what)],
        Happening::Ended { outcome } => vec![text("outcome", outcome)],
        Happening::SpeechBegan | Happening::SpeechEnded | Happening::NoInput | Happening::LeftQueue | Happening::Echo => Vec::new(),
    };
    Record::from_iter(fields)
}

/// Moments of a call fit in 49 days.
fn short(ms: u64) -> u32 {
    u32::try_from(ms).unwrap_or(u32::MAX)
}
