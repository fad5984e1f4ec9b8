//! `tingshuo eval requests`: spoken wishes at the service's opening question, heard and understood as in a call.

use super::asr::recordings::Recording;
use super::sayings::SayingArgs;
use crate::asr::recogniser::Priority;
use crate::asr::{Job, Recogniser, Transcript};
use crate::call::conversation::Conversation;
use crate::cli::house::House;
use crate::cli::{Failure, transcribe};
use crate::dialog::Opening;
use crate::nlu::{Decision, Intent, RejectReason, Understood};
use anyhow::Context;
use indicatif::ProgressBar;
use jiff::Zoned;
use std::path::PathBuf;
use std::time::Duration;

/// Nobody waits on the line.
const DEADLINE: Duration = Duration::from_secs(3600);

/// Measures wishes said at the opening question, with the terms that a call tells the recogniser there.
///
/// A manifest as for `eval asr`, with a column intent; recordings without an intent are left out. A wish is right at first when the service acts on it, out of
/// scope when it acts on nothing; right after one confirmation when the service asks whether this is meant, or which of two of which it is one. Acted on
/// wrongly is what was accepted and not meant: the caller has to take it back.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    sayings: SayingArgs,
}

/// How a wish was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    AtFirst,
    AfterOneConfirmation,
    Missed,
    WronglyActedOn,
}

impl Verdict {
    fn of(wanted: Intent, understood: &Understood) -> Verdict {
        let guessed = understood.intent == Some(wanted);
        let among = |most: usize| understood.alternatives.iter().take(most).any(|(intent, _)| *intent == wanted);
        match understood.decision {
            Decision::Accept if guessed => Verdict::AtFirst,
            Decision::Accept if wanted == Intent::OutOfScope && understood.intent.is_none() => Verdict::AtFirst,
            Decision::Accept => Verdict::WronglyActedOn,
            Decision::Reject if wanted == Intent::OutOfScope => Verdict::AtFirst,
            Decision::Confirm if guessed || wanted == Intent::OutOfScope || asked_about_two(understood) && among(1) => {
                Verdict::AfterOneConfirmation
            }
            Decision::Reject if understood.reason == Some(RejectReason::Vague) && among(2) => Verdict::AfterOneConfirmation,
            Decision::Confirm | Decision::Reject => Verdict::Missed,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Verdict::AtFirst => "right",
            Verdict::AfterOneConfirmation => "confirm",
            Verdict::Missed => "missed",
            Verdict::WronglyActedOn => "wrong",
        }
    }
}

/// Two guesses that are near each other become a question of which.
fn asked_about_two(understood: &Understood) -> bool {
    let second = understood.alternatives.first().map_or(0.0, |(_, confidence)| *confidence);
    understood.confidence - second < crate::dialog::NEAR
}

/// A wish that was heard.
struct Heard {
    wanted: Intent,
    said: String,
    file: PathBuf,
    transcript: Transcript,
    understood: Understood,
    verdict: Verdict,
    /// What would have come of the text alone.
    at_once: Verdict,
}

impl Heard {
    fn as_json(&self) -> serde_json::Value {
        serde_json::json!({
            "file": self.file.display().to_string(), "said": self.said, "heard": self.transcript.text, "confidence": self.transcript.confidence,
            "verdict_at_once": self.at_once.name(),
            "alternatives": self.transcript.alternatives.iter().map(|other| (&other.text, other.log_probability)).collect::<Vec<_>>(), "withheld": self.transcript.withheld.as_ref().map(|why| why.text()),
            "wanted": self.wanted.name(), "understood": self.understood.intent.map(|intent| intent.name()),
            "decision": self.understood.decision.name(), "verdict": self.verdict.name(), "compute_ms": self.transcript.compute_ms,
        })
    }
}

/// # Errors
/// A manifest, a recording or a model cannot be read.
pub fn run(args: Args) -> Result<(), Failure> {
    let lang = args.sayings.lang;
    let wishes = args.sayings.recordings(|recording| recording.lang == lang && !recording.intent.is_empty())?;
    let channel = args.sayings.channel()?;
    let recogniser = transcribe::open()?;
    let now = Zoned::now().datetime();
    let house = tokio::runtime::Runtime::new()?.block_on(House::at(now))?;
    let opening = Opening { caller: None, lang, now, call_id: "eval-requests".into(), survey: false, by_keys: false, errand: None };
    let mut conversation = Conversation::new(house.services.clone(), opening);
    conversation.start();
    let question = conversation.question().context("the service asks nothing at first")?;
    let terms = house.services.terms(lang, &question.expectation);
    let progress = ProgressBar::new(wishes.len() as u64);
    let mut heard = Vec::new();
    for (index, wish) in wishes.into_iter().enumerate() {
        let samples = channel.carry(&wish, index, None)?;
        let Recording { file, said, intent, .. } = wish;
        let wanted = Intent::from_name(&intent).with_context(|| format!("{}: there is no intent {intent}", file.display()))?;
        let job = Job { samples, lang, terms: terms.clone(), constraint: None, deadline: DEADLINE, priority: Priority::Final };
        let transcript = recogniser.submit(job)?.wait_blocking().with_context(|| file.display().to_string())?;
        let understood = conversation.understand_heard(&transcript, None, false);
        let verdict = Verdict::of(wanted, &understood);
        let at_once = Verdict::of(wanted, &conversation.understand(&transcript.text));
        heard.push(Heard { wanted, said, file, transcript, understood, verdict, at_once });
        progress.inc(1);
    }
    progress.finish_and_clear();
    print(&heard, &channel.name(), args.sayings.errors);
    args.sayings.write(&heard.iter().map(|one| format!("{}\n", one.as_json())).collect::<String>())
}

fn print(heard: &[Heard], condition: &str, errors: bool) {
    println!("| condition | understood by | wishes | right at first | after one confirmation | acted on wrongly | CPU ms |");
    println!("| --- | --- | --: | --: | --: | --: | --: |");
    let row = |by: &str, verdict: fn(&Heard) -> Verdict| {
        let count = |wanted: &[Verdict]| heard.iter().filter(|one| wanted.contains(&verdict(one))).count();
        let share = |wanted: &[Verdict]| count(wanted) as f64 / heard.len() as f64;
        let (first, one) = (share(&[Verdict::AtFirst]), share(&[Verdict::AtFirst, Verdict::AfterOneConfirmation]));
        let compute_ms = heard.iter().map(|one| u64::from(one.transcript.compute_ms)).sum::<u64>() / heard.len() as u64;
        let wrong = count(&[Verdict::WronglyActedOn]);
        println!("| {condition} | {by} | {} | {first:.3} | {one:.3} | {wrong} | {compute_ms} |", heard.len());
    };
    row("text alone", |one| one.at_once);
    row("with what short speech may be", |one| one.verdict);
    for one in heard.iter().filter(|one| errors && one.verdict != Verdict::AtFirst) {
        let intent = one.understood.intent.map_or("-", |intent| intent.name());
        let (verdict, wanted, decision) = (one.verdict.name(), one.wanted.name(), one.understood.decision.name());
        let Transcript { text, confidence, .. } = &one.transcript;
        let others: Vec<String> =
            one.transcript.alternatives.iter().map(|other| format!("{} {:.1}", other.text, other.log_probability)).collect();
        println!("{verdict}\t{wanted}\t{decision} {intent}\t{confidence:.2}\t{}\t{text}\t{}", one.said, others.join(", "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nlu::Source;
    use crate::text::Record;

    #[track_caller]
    fn check(wanted: Intent, guess: Option<Intent>, decision: Decision, next: Option<(Intent, f32)>, expected: Verdict) {
        let understood = Understood {
            text: String::new(),
            intent: guess,
            confidence: 0.5,
            decision,
            slots: Record::new(),
            source: Source::Classifier,
            alternatives: next.into_iter().collect(),
            reason: (decision == Decision::Reject).then_some(RejectReason::Vague),
            also: Vec::new(),
            control: None,
            corrects: false,
            by_sound: false,
            candidates: Default::default(),
        };
        assert_eq!(Verdict::of(wanted, &understood), expected, "{wanted:?} {understood:?}");
    }

    #[test]
    fn what_a_caller_has_to_do_until_a_wish_is_right() {
        let (bill, plan) = (Intent::QueryBill, Intent::QueryPlan);
        check(bill, Some(bill), Decision::Accept, None, Verdict::AtFirst);
        check(bill, Some(plan), Decision::Accept, None, Verdict::WronglyActedOn);
        check(bill, Some(bill), Decision::Confirm, None, Verdict::AfterOneConfirmation);
        check(bill, Some(plan), Decision::Confirm, Some((bill, 0.45)), Verdict::AfterOneConfirmation);
        check(bill, Some(plan), Decision::Confirm, Some((bill, 0.1)), Verdict::Missed);
        check(bill, None, Decision::Reject, Some((bill, 0.1)), Verdict::AfterOneConfirmation);
        check(bill, None, Decision::Reject, None, Verdict::Missed);
        check(Intent::OutOfScope, None, Decision::Reject, None, Verdict::AtFirst);
        check(Intent::OutOfScope, Some(bill), Decision::Accept, None, Verdict::WronglyActedOn);
    }
}
