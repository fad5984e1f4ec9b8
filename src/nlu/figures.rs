//! How well understanding does on labelled utterances: accuracy, F1, confusions, rejection, calibration.
//!
//! The counting rule: the answer is the best guess, unless the decision is to reject; then it is `out_of_scope`.

pub mod slots;

use super::{Decision, Intent};
use std::collections::BTreeMap;

/// Bands of confidence in the reliability table.
const BANDS: usize = 10;

/// One labelled utterance and what was made of it.
#[derive(Clone, Debug)]
pub struct Judged {
    pub text: String,
    pub truth: Intent,
    /// Answers that are as right as `truth`.
    pub or: Vec<Intent>,
    pub guess: Option<Intent>,
    pub confidence: f32,
    pub decision: Decision,
}

impl Judged {
    /// By the counting rule.
    pub fn answer(&self) -> Intent {
        match self.decision {
            Decision::Reject => Intent::OutOfScope,
            _ => self.guess.unwrap_or(Intent::OutOfScope),
        }
    }

    pub fn right(&self) -> bool {
        self.is_right(self.answer())
    }

    fn is_right(&self, intent: Intent) -> bool {
        intent == self.truth || self.or.contains(&intent)
    }

    /// What the tables count it as: what was answered when that is right.
    fn meant(&self) -> Intent {
        if self.right() { self.answer() } else { self.truth }
    }
}

/// Precision, recall and their harmonic mean of one intent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores {
    pub utterances: usize,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

/// Utterances whose confidence lay in one band.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Band {
    pub utterances: usize,
    pub mean_confidence: f64,
    /// How many of the best guesses were right, rejected or not.
    pub right: f64,
}

/// The figures of one set.
#[derive(Clone, Debug)]
pub struct Figures {
    pub utterances: usize,
    pub accuracy: f64,
    /// Mean over every intent that was meant or answered.
    pub macro_f1: f64,
    pub intents: BTreeMap<&'static str, Scores>,
    /// What was meant, what was answered instead, how often; most frequent first.
    pub confusions: Vec<(Intent, Intent, usize)>,
    pub rejection_precision: f64,
    pub rejection_recall: f64,
    /// In-scope utterances that were rejected.
    pub false_rejection: f64,
    /// Share of all utterances that were not rejected.
    pub coverage: f64,
    pub accepted: f64,
    /// Of what was accepted, how much was right.
    pub accepted_right: f64,
    pub confirmed: f64,
    pub confirmed_right: f64,
    pub bands: Vec<Band>,
    /// Mean distance between confidence and being right, weighted by band (expected calibration error).
    pub calibration_error: f64,
}

impl Figures {
    pub fn of(judged: &[Judged]) -> Figures {
        let count = |test: &dyn Fn(&Judged) -> bool| judged.iter().filter(|one| test(one)).count();
        let right = count(&Judged::right);
        let out_of_scope = count(&|one| one.meant() == Intent::OutOfScope);
        let rejected = count(&|one| one.answer() == Intent::OutOfScope);
        let rightly_rejected = count(&|one| one.meant() == Intent::OutOfScope && one.right());
        let decided = |decision| count(&|one| one.decision == decision);
        let decided_right = |decision| count(&|one| one.decision == decision && one.right());
        let (accepted, confirmed) = (decided(Decision::Accept), decided(Decision::Confirm));
        let intents = scores(judged);
        let bands = bands(judged);
        Figures {
            utterances: judged.len(),
            accuracy: ratio(right, judged.len()),
            macro_f1: intents.values().map(|scores| scores.f1).sum::<f64>() / intents.len().max(1) as f64,
            confusions: confusions(judged),
            rejection_precision: ratio(rightly_rejected, rejected),
            rejection_recall: ratio(rightly_rejected, out_of_scope),
            false_rejection: ratio(rejected - rightly_rejected, judged.len() - out_of_scope),
            coverage: ratio(judged.len() - rejected, judged.len()),
            accepted: ratio(accepted, judged.len()),
            accepted_right: ratio(decided_right(Decision::Accept), accepted),
            confirmed: ratio(confirmed, judged.len()),
            confirmed_right: ratio(decided_right(Decision::Confirm), confirmed),
            calibration_error: bands.iter().map(|band| (band.mean_confidence - band.right).abs() * band.utterances as f64).sum::<f64>()
                / judged.len().max(1) as f64,
            intents,
            bands,
        }
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn scores(judged: &[Judged]) -> BTreeMap<&'static str, Scores> {
    let mut out = BTreeMap::new();
    for &intent in Intent::ALL {
        let meant = judged.iter().filter(|one| one.meant() == intent).count();
        let answered = judged.iter().filter(|one| one.answer() == intent).count();
        if meant + answered == 0 {
            continue;
        }
        let both = judged.iter().filter(|one| one.meant() == intent && one.right()).count();
        let scores = Scores {
            utterances: meant,
            precision: ratio(both, answered),
            recall: ratio(both, meant),
            f1: ratio(2 * both, meant + answered),
        };
        out.insert(intent.name(), scores);
    }
    out
}

fn confusions(judged: &[Judged]) -> Vec<(Intent, Intent, usize)> {
    let mut pairs: BTreeMap<(Intent, Intent), usize> = BTreeMap::new();
    for one in judged.iter().filter(|one| !one.right()) {
        *pairs.entry((one.truth, one.answer())).or_default() += 1;
    }
    let mut confusions: Vec<(Intent, Intent, usize)> = pairs.into_iter().map(|((truth, answer), count)| (truth, answer, count)).collect();
    confusions.sort_by_key(|&(_, _, count)| std::cmp::Reverse(count));
    confusions
}

fn bands(judged: &[Judged]) -> Vec<Band> {
    (0..BANDS)
        .map(|at| {
            let inside = |confidence: f32| ((confidence * BANDS as f32) as usize).min(BANDS - 1) == at;
            let within: Vec<&Judged> = judged.iter().filter(|one| inside(one.confidence)).collect();
            let right = within.iter().filter(|one| one.guess.is_some_and(|guess| one.is_right(guess))).count();
            let confidence: f64 = within.iter().map(|one| f64::from(one.confidence)).sum();
            Band { utterances: within.len(), mean_confidence: confidence / within.len().max(1) as f64, right: ratio(right, within.len()) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(truth: Intent, guess: Intent, decision: Decision) -> Judged {
        Judged { text: String::new(), truth, or: Vec::new(), guess: Some(guess), confidence: 0.75, decision }
    }

    #[test]
    fn counts_a_rejection_as_out_of_scope() {
        use Decision::{Accept, Confirm, Reject};
        use Intent::{OutOfScope, QueryBalance, QueryBill};
        let figures = Figures::of(&[
            judged(QueryBalance, QueryBalance, Accept),
            judged(QueryBalance, QueryBill, Confirm),
            judged(QueryBill, QueryBill, Reject),
            judged(OutOfScope, QueryBill, Reject),
        ]);
        assert_eq!(figures.accuracy, 0.5);
        assert_eq!(figures.rejection_recall, 1.0);
        assert_eq!(figures.rejection_precision, 0.5);
        assert!((figures.false_rejection - 1.0 / 3.0).abs() < 1e-9);
        assert_eq!(figures.coverage, 0.5);
        assert_eq!(figures.intents["query_balance"], Scores { utterances: 2, precision: 1.0, recall: 0.5, f1: 2.0 / 3.0 });
        assert_eq!(figures.bands[7].utterances, 4);
    }

    #[test]
    fn nothing_gives_no_nonsense() {
        let figures = Figures::of(&[]);
        assert_eq!(figures.accuracy, 0.0);
        assert!(figures.macro_f1.is_finite());
    }
}
