//! What came of each saying, counted.

use crate::asr::Verdict;
use crate::cli::eval::asr::recordings::Recording;
use serde_json::{Value, json};

/// What came of one saying.
pub struct Outcome {
    /// `None`: what was said is no answer to the question.
    pub truth: Option<String>,
    pub plain: Option<String>,
    pub plain_text: String,
    pub verdict: Verdict,
    /// The best candidate, whatever came of it.
    pub best: Option<String>,
    /// What was proposed or accepted; `None`: asked again.
    pub proposed: Option<String>,
    /// What was proposed after it was said again.
    pub second: Option<String>,
    pub compute_ms: u32,
    /// Of it the second look.
    pub reading_ms: u32,
    /// What was heard, and the evidence for it, of each saying.
    pub sayings: Vec<Value>,
}

impl Outcome {
    pub fn right(&self) -> bool {
        match &self.truth {
            Some(_) => self.proposed == self.truth,
            None => self.proposed.is_none(),
        }
    }

    pub fn shown(&self) -> String {
        format!("{} {}", self.verdict.name(), self.best.as_deref().unwrap_or_default())
    }

    pub fn as_json(&self, recording: &Recording) -> Value {
        json!({
            "file": recording.file.display().to_string(), "said": recording.said, "truth": self.truth, "plain": self.plain_text,
            "plain_meaning": self.plain, "decision": self.verdict.name(), "proposed": self.proposed, "second": self.second, "sayings": self.sayings,
        })
    }
}

#[derive(Default)]
pub struct Tally {
    outcomes: Vec<Outcome>,
}

impl Tally {
    pub fn add(&mut self, outcome: Outcome) {
        self.outcomes.push(outcome);
    }

    fn count(&self, what: impl Fn(&Outcome) -> bool) -> usize {
        self.outcomes.iter().filter(|outcome| what(outcome)).count()
    }

    /// A Markdown table, ready for a page.
    pub fn print(&self, grammar: &str, condition: &str, number: bool) {
        let sayings = self.outcomes.len();
        let answers = self.count(|one| one.truth.is_some());
        let plain_right = self.count(|one| one.truth.is_some() && one.plain == one.truth);
        let plain_wrong = self.count(|one| one.plain.is_some() && one.plain != one.truth);
        let mean = |of: fn(&Outcome) -> u32| self.outcomes.iter().map(|one| u64::from(of(one))).sum::<u64>() / sayings.max(1) as u64;
        println!("| {grammar}, {condition} | of | count | share |");
        println!("| --- | --: | --: | --: |");
        let row = |name: &str, count: usize, of: usize| println!("| {name} | {of} | {count} | {:.3} |", count as f64 / of.max(1) as f64);
        row("plain text right", plain_right, answers);
        row("plain text taken for a wrong answer", plain_wrong, sayings);
        if number {
            let proposed_right = |one: &Outcome| one.truth.is_some() && one.proposed == one.truth;
            let asked_again = |one: &Outcome| one.truth.is_some() && one.proposed.is_none();
            row("right at first saying", self.count(proposed_right), answers);
            row("asked again", self.count(asked_again), answers);
            let after_one = |one: &Outcome| proposed_right(one) || (one.truth.is_some() && one.second == one.truth);
            row("right after at most one correction", self.count(after_one), answers);
            let no_number = |one: &Outcome| one.truth.is_none() && one.proposed.is_some();
            row("no such number, yet one was read back", self.count(no_number), sayings - answers);
        } else {
            let right = |one: &Outcome| one.truth.is_some() && one.proposed == one.truth;
            let wrong = |one: &Outcome| one.proposed.is_some() && one.proposed != one.truth;
            row("accepted and right", self.count(right), answers);
            row("right, or asked again", self.count(|one| one.truth.is_some() && !wrong(one)), answers);
            row("accepted and wrong", self.count(wrong), sayings);
            row("no answer, yet accepted", self.count(|one| one.truth.is_none() && one.proposed.is_some()), sayings - answers);
        }
        let (compute_ms, reading_ms) = (mean(|one| one.compute_ms), mean(|one| one.reading_ms));
        println!("\n{compute_ms} ms of work for a saying, {reading_ms} of them for the second look.");
    }
}
