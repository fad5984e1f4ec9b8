//! When a guess is acted on, asked about, or dropped.
//!
//! The marks are learned with the classifier, from utterances of templates that it had not seen: a guess is acted on when of
//! the held-out guesses that were at least as sure `ACCEPTED_RIGHT` were right, and asked about when it is right more often
//! than `WORTH_ASKING` (isotonic regression of being right on confidence). The first share is what a
//! caller is asked to bear; the second was lowered once, from one in two, when too many requests of labelled callers were rejected.
//! What is none of our business is rejected from the probability on at which most is gained: the share of held-out strangers and
//! fragments that is rejected less twice the share of requests. What was rejected by its words, and was not heard surely, is
//! asked about if it is likely enough a request that was misheard.
//! `tingshuo eval nlu --examples` prints the marks and the reliability table.

use super::{Decision, Intent, RejectReason};

/// Of what is acted on at least this share is to be right.
const ACCEPTED_RIGHT: f32 = 0.92;
/// A guess that is right less often, one time in three, is not worth a question.
const WORTH_ASKING: f32 = 0.34;
/// How much worse it is not to believe a request than to believe a stranger.
const REQUEST_LOST: f32 = 2.0;
/// A guess this near to the next one is asked about.
const NEAR_TIE: f32 = 0.12;
/// Below this hearing confidence nothing that the classifier guessed is acted on without asking.
const HEARD_WELL: f32 = 0.45;
/// Below this hearing confidence only grammars and phrases count.
const HEARD_AT_ALL: f32 = 0.20;

/// What hearing alone allows: to act, only to ask, or nothing.
pub fn hearing(confidence: Option<f32>) -> Decision {
    match confidence.unwrap_or(1.0) {
        heard if heard < HEARD_AT_ALL => Decision::Reject,
        heard if heard < HEARD_WELL => Decision::Confirm,
        _ => Decision::Accept,
    }
}

/// The marks of one language.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// At least this probability to act on a guess.
    pub accept: f32,
    /// At least this probability to ask whether a guess is right.
    pub confirm: f32,
    /// From this probability on that it is none of our business nothing else is believed.
    pub reject: f32,
}

impl Thresholds {
    /// From the confidence of held-out guesses, and whether each was right; and from how probably each held-out utterance was none of our
    /// business, and whether it was.
    pub fn learn(trials: &[(f32, bool)], strangers: &[(f32, bool)]) -> Thresholds {
        let mut trials = trials.to_vec();
        trials.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (mut right, mut accept) = (0_u32, 1.0);
        for (count, &(confidence, was_right)) in (1_u32..).zip(&trials) {
            right += u32::from(was_right);
            if right as f32 >= ACCEPTED_RIGHT * count as f32 {
                accept = confidence;
            }
        }
        trials.reverse();
        let blocks = isotonic(&trials);
        let confirm = blocks.iter().find(|block| block.share() >= WORTH_ASKING).map_or(accept, |block| block.from);
        Thresholds { accept, confirm: confirm.min(accept), reject: best_cut(strangers) }
    }

    /// The likeliest request in a ranked list, if it is worth a question.
    pub fn worth_asking(&self, ranked: &[(Intent, f32)], hearing_confidence: Option<f32>) -> bool {
        let best = ranked.iter().find(|(intent, _)| *intent != Intent::OutOfScope);
        hearing(hearing_confidence) != Decision::Reject
            && best.is_some_and(|&(intent, probability)| !intent.answers() && probability >= self.confirm)
    }

    /// The decision on a ranked list of guesses.
    pub fn decide(&self, ranked: &[(Intent, f32)], hearing_confidence: Option<f32>) -> (Decision, Option<RejectReason>) {
        let Some(&(best, probability)) = ranked.first() else {
            return (Decision::Reject, Some(RejectReason::LowConfidence));
        };
        let stranger = ranked.iter().find(|(intent, _)| *intent == Intent::OutOfScope).map_or(0.0, |&(_, probability)| probability);
        if best == Intent::OutOfScope || stranger >= self.reject {
            return (Decision::Reject, Some(RejectReason::OutOfScope));
        }
        let heard = hearing_confidence.unwrap_or(1.0);
        if probability < self.confirm || heard < HEARD_AT_ALL {
            return (Decision::Reject, Some(RejectReason::LowConfidence));
        }
        let next = ranked.get(1).map_or(0.0, |&(_, probability)| probability);
        match probability >= self.accept && probability - next >= NEAR_TIE && heard >= HEARD_WELL {
            true => (Decision::Accept, None),
            // Nobody is asked whether they meant to say yes.
            false if best.answers() => (Decision::Reject, Some(RejectReason::LowConfidence)),
            false => (Decision::Confirm, None),
        }
    }
}

/// The score from which on the share of trues less that of falses, which weighs more, is greatest; 1 when there is nothing to learn from.
fn best_cut(trials: &[(f32, bool)]) -> f32 {
    let mut trials = trials.to_vec();
    trials.sort_by(|a, b| b.0.total_cmp(&a.0));
    let trues = trials.iter().filter(|(_, is_true)| *is_true).count().max(1) as f32;
    let falses = trials.iter().filter(|(_, is_true)| !*is_true).count().max(1) as f32;
    let (mut gain, mut best, mut cut) = (0.0, 0.0, 1.0);
    for (at, &(score, is_true)) in trials.iter().enumerate() {
        gain += if is_true { 1.0 / trues } else { -REQUEST_LOST / falses };
        let is_last = trials.get(at + 1).is_none_or(|next| next.0 < score);
        if is_last && gain > best {
            (best, cut) = (gain, score);
        }
    }
    cut
}

/// Neighbouring trials of one share of right guesses.
#[derive(Clone, Copy, Debug)]
struct Block {
    from: f32,
    right: f32,
    trials: f32,
}

impl Block {
    fn share(self) -> f32 {
        self.right / self.trials
    }
}

/// The rising step function nearest to being right, by pooling adjacent violators; `trials` by rising confidence.
fn isotonic(trials: &[(f32, bool)]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for &(confidence, right) in trials {
        let mut block = Block { from: confidence, right: f32::from(u8::from(right)), trials: 1.0 };
        while let Some(before) = blocks.last().copied().filter(|before| before.share() >= block.share()) {
            blocks.pop();
            block = Block { from: before.from, right: before.right + block.right, trials: before.trials + block.trials };
        }
        blocks.push(block);
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: Thresholds = Thresholds { accept: 0.62, confirm: 0.3, reject: 0.4 };

    #[track_caller]
    fn check(ranked: &[(Intent, f32)], heard: Option<f32>, expected: Decision) {
        assert_eq!(MARKS.decide(ranked, heard).0, expected);
    }

    #[test]
    fn marks_and_ties() {
        use Intent::{Affirm, OutOfScope, QueryBalance, QueryBill};
        check(&[(QueryBalance, 0.9), (QueryBill, 0.05)], None, Decision::Accept);
        check(&[(QueryBalance, 0.9), (QueryBill, 0.05)], Some(0.3), Decision::Confirm);
        check(&[(QueryBalance, 0.9), (QueryBill, 0.05)], Some(0.1), Decision::Reject);
        check(&[(QueryBalance, 0.45), (QueryBill, 0.4)], None, Decision::Confirm);
        check(&[(QueryBalance, 0.2), (QueryBill, 0.1)], None, Decision::Reject);
        check(&[(OutOfScope, 0.9), (QueryBill, 0.1)], None, Decision::Reject);
        check(&[(QueryBill, 0.5), (OutOfScope, 0.45)], None, Decision::Reject);
        check(&[(QueryBill, 0.5), (OutOfScope, 0.35)], None, Decision::Confirm);
        check(&[(Affirm, 0.5), (QueryBill, 0.1)], None, Decision::Reject);
        check(&[], None, Decision::Reject);
    }

    #[test]
    fn marks_follow_how_often_guesses_are_right() {
        let trials: Vec<(f32, bool)> = (0..1000).map(|n| (n as f32 / 1000.0, n * 7 % 1000 < n)).collect();
        let honest = Thresholds::learn(&trials, &[]);
        assert!((honest.confirm - 0.34).abs() < 0.1, "{honest:?}");
        assert!((0.75..0.95).contains(&honest.accept), "{honest:?}");
        let boasting: Vec<(f32, bool)> = trials.iter().map(|&(confidence, right)| (confidence.sqrt(), right)).collect();
        assert!(Thresholds::learn(&boasting, &[]).confirm > honest.confirm + 0.1);
        assert_eq!(Thresholds::learn(&[], &[]), Thresholds { accept: 1.0, confirm: 1.0, reject: 1.0 });
    }

    #[test]
    fn strangers_are_cut_off_where_most_is_gained() {
        let trials = [(0.9, true), (0.8, true), (0.7, false), (0.6, true), (0.5, true), (0.4, false), (0.3, false), (0.2, true)];
        assert_eq!(best_cut(&trials), 0.8);
        let many_falses = (1..9).map(|n| (0.03 * n as f32, false));
        let level: Vec<(f32, bool)> = many_falses.chain([(0.5, false), (0.5, true), (0.4, true)]).collect();
        assert_eq!(best_cut(&level), 0.4);
    }
}
