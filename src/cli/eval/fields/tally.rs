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

    /// A Markdown table of one row, ready to join others of its kind on a page.
    pub fn print(&self, grammar: &str, condition: &str, number: bool) {
        let sayings = self.outcomes.len();
        let answers = self.count(|one| one.truth.is_some());
        let share = |count: usize, of: usize| format!("{count} of {of} ({:.3})", count as f64 / of.max(1) as f64);
        let of_answers = |what: &dyn Fn(&Outcome) -> bool| share(self.count(|one| one.truth.is_some() && what(one)), answers);
        let of_all = |what: &dyn Fn(&Outcome) -> bool| share(self.count(what), sayings);
        let mean = |of: fn(&Outcome) -> u32| self.outcomes.iter().map(|one| u64::from(of(one))).sum::<u64>() / sayings.max(1) as u64;
        let right = |one: &Outcome| one.proposed == one.truth;
        let wrong = |one: &Outcome| one.proposed.is_some() && one.proposed != one.truth;
        let mut columns = vec![
            ("question", grammar.to_owned()),
            ("condition", condition.to_owned()),
            ("plain right", of_answers(&|one| one.plain == one.truth)),
            ("plain wrong", of_all(&|one| one.plain.is_some() && one.plain != one.truth)),
        ];
        if number {
            columns.extend([
                ("right at first", of_answers(&right)),
                ("asked again", of_answers(&|one| one.proposed.is_none())),
                ("right after at most one correction", of_answers(&|one| right(one) || one.second == one.truth)),
                ("no number, yet read back", share(self.count(|one| one.truth.is_none() && wrong(one)), sayings - answers)),
            ]);
        } else {
            columns.extend([
                ("right", of_answers(&right)),
                ("right or asked again", of_answers(&|one| !wrong(one))),
                ("accepted and wrong", of_all(&wrong)),
                ("of it no answer", share(self.count(|one| one.truth.is_none() && wrong(one)), sayings - answers)),
            ]);
        }
        columns.push(("CPU ms", mean(|one| one.compute_ms).to_string()));
        columns.push(("of it second look", mean(|one| one.reading_ms).to_string()));
        let row = |cells: Vec<&str>| println!("| {} |", cells.join(" | "));
        row(columns.iter().map(|(name, _)| *name).collect());
        row(columns.iter().map(|_| "---").collect());
        row(columns.iter().map(|(_, value)| value.as_str()).collect());
    }
}
