//! Keeps the record of a call in step with what happens: which turn is open, what was really said in reply, and when.

use super::conversation::mask_all;
use super::log::CallLog;
use super::record::{CallRecord, Happening, Turn, Waterfall, outcome_name};
use crate::dialog::Outcome;
use crate::nlu::{Decision, Source, Understood};
use crate::text::Record;

/// What the caller said or keyed, fit to be written down.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub heard: String,
    pub confidence: f32,
    pub keys: bool,
    pub slots: Record,
    /// A secret was asked for, or may have been said.
    pub secret: bool,
}

impl Said {
    /// The same with nothing left of what was said.
    pub fn hidden(self) -> Said {
        Said { heard: mask_all(&self.heard), slots: Record::new(), secret: true, ..self }
    }
}

/// See the module's text.
pub struct Turns {
    record: CallRecord,
    log: CallLog,
    /// Replies belong to the latest turn until the service speaks of its own accord.
    open: bool,
}

impl Turns {
    pub fn new(record: CallRecord, log: CallLog) -> Turns {
        Turns { record, log, open: false }
    }

    /// The record so far.
    pub fn record(&self) -> &CallRecord {
        &self.record
    }

    pub fn note(&mut self, at_ms: u64, what: Happening) {
        self.record.note(at_ms, what);
        if let Some(noted) = self.record.events.last() {
            self.log.event(noted);
        }
    }

    /// A turn begins with what the caller said; keys are understood by the dialog alone.
    pub fn begin(&mut self, said: Said, understood: Option<&Understood>, waterfall: Waterfall) {
        self.keep();
        self.record.turns.push(Turn {
            n: self.record.turns.len() as u32 + 1,
            heard: said.heard,
            confidence: said.confidence,
            keys: said.keys,
            intent: understood.and_then(|u| u.intent),
            intent_confidence: understood.map_or(1.0, |u| u.confidence),
            decision: understood.map_or(Decision::Accept, |u| u.decision),
            source: understood.map_or(Source::Grammar, |u| u.source),
            slots: said.slots,
            said: Vec::new(),
            waterfall,
            secret: said.secret,
        });
        self.open = true;
    }

    /// What the service says next answers nobody: it asks again after a silence.
    pub fn close_turn(&mut self) {
        self.keep();
        self.open = false;
    }

    pub fn decided(&mut self, at_ms: u64) {
        if let Some(turn) = self.present() {
            turn.waterfall.decided_ms.get_or_insert(at_ms);
        }
        self.keep();
    }

    pub fn first_sample(&mut self, at_ms: u64) {
        if let Some(turn) = self.present() {
            turn.waterfall.first_sample_ms.get_or_insert(at_ms);
        }
    }

    /// A part of a reply was heard by the caller.
    pub fn said(&mut self, text: String) {
        if let Some(turn) = self.present() {
            turn.said.push(text);
        }
    }

    fn present(&mut self) -> Option<&mut Turn> {
        self.record.turns.last_mut().filter(|_| self.open)
    }

    fn keep(&mut self) {
        if let Some(turn) = self.record.turns.last().filter(|_| self.open) {
            self.log.turn(turn);
        }
    }

    /// The call is over; returns when its record is on disk.
    pub async fn close(mut self, at_ms: u64, outcome: Option<Outcome>) -> CallRecord {
        self.keep();
        let name = outcome.as_ref().map_or("abandoned", outcome_name);
        self.note(at_ms, Happening::Ended { outcome: name });
        self.record.outcome = outcome;
        self.log.close(&self.record).await;
        self.record
    }
}
