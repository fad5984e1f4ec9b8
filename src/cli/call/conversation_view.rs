//! A call for people to read: who said what, what was understood, and where the time went.

use crate::call::record::{CallRecord, Happening, Turn, Waterfall, outcome_name};
use crate::dialog::Outcome;

/// One character of the waterfall's bar.
const BAR_MS: u64 = 50;

/// Prints the conversation with a timing waterfall under each turn.
pub fn print(record: &CallRecord, realtime: bool) {
    let mut turns = record.turns.iter();
    let mut open = false;
    for noted in &record.events {
        match &noted.what {
            Happening::SaidBegan { text, .. } => println!("{:>7}  service  {text}", clock(noted.at_ms)),
            Happening::Interrupted { .. } => println!("{:>7}           (interrupted)", clock(noted.at_ms)),
            Happening::Paused { .. } => println!("{:>7}           (pauses: the caller speaks)", clock(noted.at_ms)),
            Happening::Resumed { .. } => println!("{:>7}           (goes on: nothing was understood)", clock(noted.at_ms)),
            Happening::NoInput => println!("{:>7}  caller   (silence)", clock(noted.at_ms)),
            Happening::Requested { operation, .. } => println!("{:>7}           → {operation}", clock(noted.at_ms)),
            Happening::Answered { operation, how, took_ms } => {
                println!("{:>7}           ← {operation}: {how}, {took_ms} ms", clock(noted.at_ms));
            }
            Happening::Fault(what) => println!("{:>7}           fault: {what}", clock(noted.at_ms)),
            Happening::Recognised { .. } | Happening::Keyed { .. } => open = true,
            _ => {}
        }
        if open && turns.as_slice().first().is_some_and(|turn| turn.waterfall.decided_ms.is_none_or(|ms| ms <= noted.at_ms)) {
            open = false;
            if let Some(turn) = turns.next() {
                print_turn(turn);
            }
        }
    }
    turns.for_each(print_turn);
    println!("{}", ending(record));
    if !realtime {
        println!("         (a recorded call does not count the machine's work; --realtime does)");
    }
}

fn print_turn(turn: &Turn) {
    let intent = turn.intent.map_or("—", |intent| intent.name());
    let end = turn.waterfall.speech_end_ms.map(clock).unwrap_or_default();
    println!("{end:>7}  caller   {}  ({:.2})", turn.heard, turn.confidence);
    println!("                  understood: {intent}, {} {:.2} by {}", turn.decision.name(), turn.intent_confidence, turn.source.name());
    if let Some(line) = waterfall(&turn.waterfall) {
        println!("                  {line}");
    }
}

/// `░░░░░░░▒▒▓█ 720 ms: endpoint 480, text 200, decision 0, voice 40`
fn waterfall(ms: &Waterfall) -> Option<String> {
    let (start, end) = (ms.speech_end_ms?, ms.first_sample_ms?);
    let moments =
        [(ms.endpoint_ms, '░', "endpoint"), (ms.text_ms, '▒', "text"), (ms.decided_ms, '▓', "decision"), (Some(end), '█', "voice")];
    let (mut bar, mut parts, mut before) = (String::new(), Vec::new(), start);
    for (moment, fill, name) in moments {
        let Some(at) = moment else { continue };
        let took = at.saturating_sub(before);
        bar.extend(std::iter::repeat_n(fill, took.div_ceil(BAR_MS) as usize));
        parts.push(format!("{name} {took}"));
        before = before.max(at);
    }
    Some(format!("{bar} {} ms from the last sound: {}", end.saturating_sub(start), parts.join(", ")))
}

fn ending(record: &CallRecord) -> String {
    let at = record.events.last().map(|noted| clock(noted.at_ms)).unwrap_or_default();
    match &record.outcome {
        Some(Outcome::Transferred { reason, intent, .. }) => {
            let about = intent.map_or("nothing yet", |intent| intent.name());
            format!("{at:>7}  transferred to a person ({}), about {about}", reason.name())
        }
        Some(Outcome::Failed(reason)) => format!("{at:>7}  failed: {reason}"),
        Some(outcome) => format!("{at:>7}  {}", outcome_name(outcome)),
        None => format!("{at:>7}  abandoned"),
    }
}

/// `12.34` seconds into the call.
fn clock(ms: u64) -> String {
    format!("{:.2}", ms as f64 / 1000.0)
}
