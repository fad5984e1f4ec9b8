//! What a person should know who takes a caller over: made of the dialog and the record when a person is asked for.

use super::conversation::Conversation;
use super::record::{CallRecord, Happening};
use super::recording::Kept;
use super::transfer::{Case, Remark, Speaker, Suggestion, Tried};
use crate::dialog::Outcome;
use crate::text::mask::mask_text;

/// Entries of the knowledge base shown at once, and how likely each has to be.
const MOST_SUGGESTIONS: usize = 3;
const LEAST_CONFIDENCE: f32 = 0.1;

impl Conversation {
    /// Everything that a person should know who takes the caller over.
    pub(super) fn case(&self, outcome: &Outcome, record: &CallRecord, kept: Kept) -> Option<Case> {
        let Outcome::Transferred { reason, intent, slots } = outcome else { return None };
        let transcript = transcript(record);
        let asked = transcript.iter().rev().find(|remark| remark.who == Speaker::Caller);
        Some(Case {
            call_id: self.opening().call_id.clone(),
            since: self.opening().now,
            caller: self.opening().caller.clone(),
            lang: self.lang(),
            verified: self.state().is_verified(),
            reason: *reason,
            intent: *intent,
            slots: slots.clone(),
            suggestions: asked.map(|remark| self.suggestions(&remark.text)).unwrap_or_default(),
            tried: tried(record),
            transcript,
            known: None,
            kept,
            passed_on: Vec::new(),
        })
    }

    /// Entries of the knowledge base that may help with what the caller said.
    pub(super) fn suggestions(&self, said: &str) -> Vec<Suggestion> {
        let day = self.opening().now.date();
        let hits = self.services().router.knowledge().search(said, self.lang(), day, MOST_SUGGESTIONS);
        let likely = hits.into_iter().filter(|hit| hit.confidence >= LEAST_CONFIDENCE);
        let shown = likely.map(|hit| {
            let wordings = hit.entry.wordings(self.lang());
            Suggestion {
                entry: hit.entry.id.clone(),
                question: wordings.question.clone(),
                answer: wordings.answer.clone(),
                confidence: hit.confidence,
            }
        });
        shown.collect()
    }
}

/// What was said so far, by the record.
fn transcript(record: &CallRecord) -> Vec<Remark> {
    let service = record.events.iter().filter_map(|noted| match &noted.what {
        Happening::SaidBegan { text, .. } => Some(Remark {
            at_ms: noted.at_ms,
            who: Speaker::Service,
            text: mask_text(text),
            confidence: None,
            intent: None,
            partial: false,
        }),
        _ => None,
    });
    let caller = record.turns.iter().map(|turn| Remark {
        at_ms: turn.waterfall.speech_end_ms.unwrap_or(0),
        who: Speaker::Caller,
        text: turn.heard.clone(),
        confidence: Some(turn.confidence),
        intent: turn.intent,
        partial: false,
    });
    let mut all: Vec<Remark> = service.chain(caller).collect();
    all.sort_by_key(|remark| remark.at_ms);
    all
}

/// What other systems were asked for, by the record.
fn tried(record: &CallRecord) -> Vec<Tried> {
    let answered = record.events.iter().filter_map(|noted| match &noted.what {
        Happening::Answered { operation, how, .. } => Some(Tried { operation: operation.clone(), how }),
        _ => None,
    });
    answered.collect()
}
