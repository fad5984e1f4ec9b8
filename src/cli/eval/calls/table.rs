//! The figures of calls, as a table and as JSON.

use super::Judged;
use serde_json::json;

struct Totals {
    calls: usize,
    completed: usize,
    wishes: usize,
    at_first: usize,
    after_one: usize,
    wrong_actions: usize,
    turns_per_call: f32,
    seconds_per_call: f32,
}

impl Totals {
    fn of(judged: &[Judged]) -> Totals {
        let calls = judged.len();
        let wishes = || judged.iter().flat_map(|call| &call.wishes);
        let mean = |sum: f32| sum / calls.max(1) as f32;
        Totals {
            calls,
            completed: judged.iter().filter(|call| call.faults.is_empty()).count(),
            wishes: wishes().count(),
            at_first: wishes().filter(|wish| wish.right_at_first).count(),
            after_one: wishes().filter(|wish| wish.right_after_one_confirmation).count(),
            wrong_actions: judged.iter().map(|call| call.wrong_actions.len()).sum(),
            turns_per_call: mean(judged.iter().map(|call| call.turns as f32).sum()),
            seconds_per_call: mean(judged.iter().map(|call| call.seconds).sum()),
        }
    }
}

fn share(part: usize, all: usize) -> f32 {
    part as f32 / all.max(1) as f32
}

pub fn print(judged: &[Judged], transcripts: bool) {
    for call in judged {
        let verdict = if call.faults.is_empty() { "pass" } else { "FAIL" };
        println!("{verdict}  {:<44} {:<12} {:>2} turns {:>5.1} s", call.name, call.voice, call.turns, call.seconds);
        for fault in &call.faults {
            println!("      {fault}");
        }
        for wish in call.wishes.iter().filter(|wish| !wish.right_at_first) {
            let understood = wish.understood.as_deref().unwrap_or("-");
            let then = if wish.right_after_one_confirmation { ", right after one confirmation" } else { "" };
            println!("      {} → {:?} → {understood} ({}{then}), wanted {}", wish.said, wish.heard, wish.decision, wish.wanted);
        }
        if transcripts && !call.faults.is_empty() {
            print!("{}", call.transcript);
        }
    }
    let totals = Totals::of(judged);
    println!("\n| calls | completed | wishes | right at first | after one confirmation | wrong actions | turns a call | seconds a call |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    println!(
        "| {} | {:.3} | {} | {:.3} | {:.3} | {} | {:.1} | {:.1} |",
        totals.calls,
        share(totals.completed, totals.calls),
        totals.wishes,
        share(totals.at_first, totals.wishes),
        share(totals.after_one, totals.wishes),
        totals.wrong_actions,
        totals.turns_per_call,
        totals.seconds_per_call
    );
}

pub fn as_json(judged: &[Judged]) -> serde_json::Value {
    let totals = Totals::of(judged);
    json!({
        "calls": totals.calls,
        "task_completion": share(totals.completed, totals.calls),
        "wishes": totals.wishes,
        "intent_right_at_first": share(totals.at_first, totals.wishes),
        "intent_right_after_one_confirmation": share(totals.after_one, totals.wishes),
        "wrong_actions": totals.wrong_actions,
        "turns_per_call": totals.turns_per_call,
        "seconds_per_call": totals.seconds_per_call,
        "each": judged,
    })
}
