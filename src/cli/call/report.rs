//! `call.json`: the record of a call as scripts read it.

use crate::call::record::{CallRecord, Happening, Noted, Turn, outcome_name};
use crate::dialog::Outcome;
use crate::store::value_json;
use serde_json::{Value, json};

/// The whole record. Keys are stable; times are milliseconds of the call's own clock.
pub fn json(record: &CallRecord) -> Value {
    let mut report = json!({
        "id": record.id,
        "edition": record.edition,
        "caller": record.caller.as_ref().map(ToString::to_string),
        "lang": record.lang.code(),
        "started": record.started.to_string(),
        "outcome": record.outcome.as_ref().map_or("abandoned", outcome_name),
        "turns": record.turns.iter().map(turn).collect::<Vec<_>>(),
        "events": record.events.iter().map(event).collect::<Vec<_>>(),
    });
    match &record.outcome {
        Some(Outcome::Transferred { reason, intent, slots }) => {
            report["transfer"] =
                json!({"reason": reason.name(), "intent": intent.map(|intent| intent.name()), "slots": value_json::masked(slots)});
        }
        Some(Outcome::Failed(reason)) => report["fault"] = json!(reason),
        _ => {}
    }
    report
}

fn turn(turn: &Turn) -> Value {
    let ms = &turn.waterfall;
    json!({
        "n": turn.n,
        "heard": turn.heard,
        "keys": turn.keys,
        "confidence": rounded(turn.confidence),
        "intent": turn.intent.map(|intent| intent.name()),
        "intent_confidence": rounded(turn.intent_confidence),
        "decision": turn.decision.name(),
        "source": turn.source.name(),
        "slots": value_json::masked(&turn.slots),
        "said": turn.said.join(""),
        "ms": {
            "speech_end": ms.speech_end_ms,
            "endpoint": ms.endpoint_ms,
            "text": ms.text_ms,
            "decided": ms.decided_ms,
            "first_sample": ms.first_sample_ms,
        },
    })
}

fn event(noted: &Noted) -> Value {
    let mut fields = match &noted.what {
        Happening::SaidBegan { prompt, text } => json!({"prompt": prompt, "text": text}),
        Happening::MetMachine { by } => json!({"by": by}),
        Happening::Packets(packets) => packets.named().into_iter().map(|(name, count)| (name.to_owned(), json!(count))).collect(),
        Happening::RecordingPaused { by } | Happening::RecordingResumed { by } => json!({"by": by}),
        Happening::AnsweredBy { who, after_ms } => json!({"who": who, "after_ms": after_ms}),
        Happening::SaidEnded { prompt }
        | Happening::Paused { prompt }
        | Happening::Resumed { prompt }
        | Happening::Interrupted { prompt } => json!({"prompt": prompt}),
        Happening::Asked { question } => json!({"question": question}),
        Happening::Recognised { confidence, compute_ms, trial } => {
            json!({"confidence": rounded(*confidence), "compute_ms": compute_ms, "trial": trial})
        }
        Happening::Withheld { reason } => json!({"reason": reason}),
        Happening::TransferFailed { why } => json!({"why": why}),
        Happening::Queued { place, expected_s } => json!({"place": place, "expected_s": expected_s}),
        Happening::PersonJoined { name, role } => json!({"name": name, "role": role}),
        Happening::PersonUnreached { name, why } => json!({"name": name, "why": why}),
        Happening::PersonLeft { name } => json!({"name": name}),
        Happening::PassedOn { by, skill } => json!({"by": by, "skill": skill}),
        Happening::Held { held } => json!({"held": held}),
        Happening::Talked { who, text } => json!({"who": who, "text": text}),
        Happening::CallBack { kept } => json!({"kept": kept}),
        Happening::Keyed { count } => json!({"count": count}),
        Happening::Requested { kind, operation } => json!({"kind": kind.name(), "operation": operation}),
        Happening::Answered { operation, how, took_ms } => json!({"operation": operation, "how": how, "took_ms": took_ms}),
        Happening::Unanswered { question } => json!({"question": question}),
        Happening::Fault(what) => json!({"what": what}),
        Happening::Ended { outcome } => json!({"outcome": outcome}),
        Happening::SpeechBegan | Happening::SpeechEnded | Happening::NoInput | Happening::LeftQueue | Happening::Echo => {
            json!({})
        }
    };
    fields["ms"] = json!(noted.at_ms);
    fields["event"] = json!(noted.what.name());
    fields
}

/// Three decimals: more would only be noise.
fn rounded(x: f32) -> f64 {
    (f64::from(x) * 1000.0).round() / 1000.0
}
