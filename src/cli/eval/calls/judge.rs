//! What a call came to, set against its scenario.

use super::caller::{Done, Why};
use super::rehearsal::Expected;
use super::scenario::Scenario;
use crate::call::record::{CallRecord, Happening, Turn};
use crate::call::services::Services;
use crate::cli::Failure;
use crate::dialog::{Outcome, RequestKind};
use crate::nlu::Decision;
use crate::text::PhoneNumber;
use serde::Serialize;

/// Everything that went otherwise than written; empty when the call is right. Single words may be misheard as long as what was
/// done and said and how the call ended are as written.
pub fn differences(scenario: &Scenario, record: &CallRecord) -> Vec<String> {
    let mut faults = Vec::new();
    let requested = requested(record);
    let wanted: Vec<&String> = scenario.turns.iter().filter_map(|turn| turn.expect.requests.as_ref()).flatten().collect();
    let mut left = requested.iter();
    if let Some(missing) = wanted.iter().find(|operation| !left.any(|done| done == *operation)) {
        faults.push(format!("{missing} was not requested in its place among {requested:?}"));
    }
    faults.extend(scenario.must_not.request.iter().filter(|name| requested.contains(name)).map(|name| format!("requested {name}")));
    let said = said(record);
    let contains = scenario.turns.iter().flat_map(|turn| &turn.expect.contains);
    faults.extend(contains.filter(|text| !said.contains(*text)).map(|text| format!("{text:?} was not said")));
    faults.extend(scenario.must_not.say.iter().filter(|text| said.contains(*text)).map(|text| format!("said {text:?}")));
    let outcome = record.outcome.as_ref().map(outcome_name);
    if scenario.outcome.is_some() && outcome != scenario.outcome {
        faults.push(format!("ended {outcome:?}, not {:?}", scenario.outcome));
    }
    faults
}

/// What was changed in the caller's account, or opened for the caller, otherwise than written.
///
/// # Errors
/// The database cannot be read.
pub async fn account_differences(scenario: &Scenario, services: &Services) -> Result<Vec<String>, Failure> {
    let mut faults = Vec::new();
    let Some(caller) = scenario.caller.as_deref().and_then(PhoneNumber::parse) else { return Ok(faults) };
    if let Some(wanted) = &scenario.done {
        let customer = services.database.stored_phone(&caller);
        let done: Vec<String> = services.database.changes().of(&customer).await?.into_iter().map(|change| change.operation).collect();
        if done != *wanted {
            faults.push(format!("changed {done:?}, not {wanted:?}"));
        }
    }
    if let Some(wanted) = &scenario.orders {
        let mut orders: Vec<String> = services.work_orders.of_customer(&caller).await?.into_iter().map(|order| order.class).collect();
        orders.reverse();
        if orders != *wanted {
            faults.push(format!("opened {orders:?}, not {wanted:?}"));
        }
    }
    Ok(faults)
}

/// Changes made and orders opened that were not in the rehearsal, each time that they were done too often. Looking something up
/// harms nobody.
pub fn wrong_actions(rehearsed: &[Expected], record: &CallRecord) -> Vec<String> {
    let mut wanted: Vec<&String> = rehearsed.iter().flat_map(|expected| &expected.requested).collect();
    let mut wrong = Vec::new();
    for operation in changed(record) {
        match wanted.iter().position(|name| *name == operation) {
            Some(at) => {
                wanted.remove(at);
            }
            None => wrong.push(operation.clone()),
        }
    }
    wrong
}

/// How one wish of the caller was understood.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Wish {
    pub said: String,
    pub wanted: String,
    /// What the recogniser made of it.
    pub heard: String,
    pub understood: Option<String>,
    pub decision: &'static str,
    pub right_at_first: bool,
    /// At first, or after the caller said yes to a guess or chose from two.
    pub right_after_one_confirmation: bool,
}

/// One for every spoken turn that wants something of ours.
pub fn wishes(scenario: &Scenario, rehearsed: &[Expected], record: &CallRecord, diary: &[Done]) -> Vec<Wish> {
    let mut wishes = Vec::new();
    for (index, (turn, expected)) in scenario.turns.iter().zip(rehearsed).enumerate() {
        let Some(wanted) = expected.wish.filter(|_| turn.say.is_some() || turn.wav.is_some()) else { continue };
        let deeds: Vec<usize> = (0..diary.len()).filter(|at| diary[*at].turn == index).collect();
        let Some(first) = deeds.iter().find(|at| diary[**at].why == Why::Scenario) else { continue };
        let heard = heard_after(record, diary, *first);
        let understood = heard.and_then(|turn| turn.intent);
        let right = understood == Some(wanted);
        let accepted = heard.is_some_and(|turn| turn.decision == Decision::Accept);
        let at_first = right && accepted;
        let settled = diary.get(first + 1).is_some_and(|next| next.turn == index && matches!(next.why, Why::Yes | Why::Which));
        wishes.push(Wish {
            said: turn.say.clone().unwrap_or_default(),
            wanted: wanted.name().to_owned(),
            heard: heard.map(|turn| turn.heard.clone()).unwrap_or_default(),
            understood: understood.map(|intent| intent.name().to_owned()),
            decision: heard.map_or("nothing", |turn| turn.decision.name()),
            right_at_first: at_first,
            right_after_one_confirmation: at_first || (settled && !accepted),
        });
    }
    wishes
}

/// The first turn of the record that came of the deed.
fn heard_after<'a>(record: &'a CallRecord, diary: &[Done], deed: usize) -> Option<&'a Turn> {
    let from = u64::from(diary[deed].at_ms);
    let until = diary.get(deed + 1).map_or(u64::MAX, |next| u64::from(next.at_ms));
    record.turns.iter().find(|turn| turn.waterfall.speech_end_ms.is_some_and(|end| (from..until).contains(&end)))
}

fn requested(record: &CallRecord) -> Vec<&String> {
    let operations = record.events.iter().filter_map(|noted| match &noted.what {
        Happening::Requested { operation, .. } => Some(operation),
        _ => None,
    });
    operations.collect()
}

fn changed(record: &CallRecord) -> Vec<&String> {
    let operations = record.events.iter().filter_map(|noted| match &noted.what {
        Happening::Requested { kind: RequestKind::Change | RequestKind::OpenWorkOrder, operation } => Some(operation),
        _ => None,
    });
    operations.collect()
}

/// All that the service began to say.
pub fn said(record: &CallRecord) -> String {
    let texts = record.events.iter().filter_map(|noted| match &noted.what {
        Happening::SaidBegan { text, .. } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// As scenarios write it: `completed`, `transferred CallerAsked`.
pub fn outcome_name(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Completed => "completed".into(),
        Outcome::Abandoned => "abandoned".into(),
        Outcome::Failed(_) => "failed".into(),
        Outcome::Transferred { reason, .. } => format!("transferred {reason:?}"),
    }
}

/// The call in words, for whoever looks for the reason.
pub fn transcript(record: &CallRecord) -> String {
    let lines = record.turns.iter().map(|turn| {
        let intent = turn.intent.map_or("-", |intent| intent.name());
        format!("    {} [{intent} {} {:.2}] → {}\n", turn.heard, turn.decision.name(), turn.confidence, turn.said.concat())
    });
    lines.collect()
}
