//! What a likeness is worth: the probability that the entry found answers the question, and the marks for saying its answer, for
//! asking first, and for claiming nothing.
//!
//! Learned from our own questions of `tests/knowledge/`, none of which stands among the entries' wordings, and from lines that no entry
//! answers: `tingshuo eval knowledge` learns them anew, tells how they do on questions they were not learned from, and prints them.

use crate::nlu::Decision;
use crate::text::Lang;

/// What a search tells about its best entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// How much more alike the question is to the entry than to the next one.
    pub lead: f32,
    /// How alike it is to the next one. Beside the lead this is all that the entry's own score says.
    pub rival: f32,
    /// The share of the question that any entry knows.
    pub known: f32,
    /// How alike the question and the entry's nearest wording are.
    pub nearest: f32,
    /// How much they have in common, whatever the length: a fragment of one rare word has little.
    pub common: f32,
}

impl Evidence {
    /// Nothing was found.
    pub const NONE: Evidence = Evidence { lead: 0.0, rival: 0.0, known: 0.0, nearest: 0.0, common: 0.0 };
}

/// How many weights there are: one for each part of the evidence, and a constant.
const WEIGHTS: usize = 6;

/// Learned weights and marks of one language.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Certainty {
    /// Of what [`Evidence`] holds, in its order, and of a constant.
    pub weights: [f32; WEIGHTS],
    /// At least this probability to say the answer.
    pub accept: f32,
    /// At least this probability to ask whether that is meant.
    pub confirm: f32,
}

/// Of the answers said at once so many must be right.
const RIGHT_AT_ONCE: f32 = 0.92;
/// Of what is asked about so many must be right.
const RIGHT_WHEN_ASKED: f32 = 0.65;
/// Of fewer examples a share says nothing.
const FEWEST: usize = 10;

const ZH: Certainty = Certainty { weights: [-0.278, -2.078, -0.160, 1.475, 3.046, -8.000], accept: 0.658, confirm: 0.481 };
const EN: Certainty = Certainty { weights: [0.383, -1.056, 0.394, -0.194, 3.115, -7.090], accept: 0.774, confirm: 0.513 };

impl Certainty {
    pub fn of(lang: Lang) -> Certainty {
        match lang {
            Lang::Zh => ZH,
            Lang::En => EN,
        }
    }

    /// Probability that the entry answers the question.
    pub fn confidence(&self, evidence: Evidence) -> f32 {
        let sum: f32 = self.weights.iter().zip(terms(evidence)).map(|(weight, term)| weight * term).sum();
        1.0 / (1.0 + (-sum).exp())
    }

    pub fn decide(&self, confidence: f32) -> Decision {
        match confidence {
            _ if confidence >= self.accept => Decision::Accept,
            _ if confidence >= self.confirm => Decision::Confirm,
            _ => Decision::Reject,
        }
    }

    /// Learns from what searches told and whether the best entry was the right one (logistic regression); the marks are the lowest
    /// at which enough of what lies above is right.
    pub fn learn(trials: &[(Evidence, bool)]) -> Certainty {
        let mut weights = [0.0_f32; WEIGHTS];
        for _ in 0..ROUNDS {
            let mut slope = [0.0_f32; WEIGHTS];
            let present = Certainty { weights, accept: 1.0, confirm: 1.0 };
            for (evidence, right) in trials {
                let error = f32::from(u8::from(*right)) - present.confidence(*evidence);
                for (slope, term) in slope.iter_mut().zip(terms(*evidence)) {
                    *slope += error * term / trials.len().max(1) as f32;
                }
            }
            for (weight, slope) in weights.iter_mut().zip(slope) {
                *weight += STEP * (slope - SHRINK * *weight);
            }
        }
        let learned = Certainty { weights, accept: 1.0, confirm: 1.0 };
        let mut judged: Vec<(f32, bool)> = trials.iter().map(|(evidence, right)| (learned.confidence(*evidence), *right)).collect();
        judged.sort_by(|a, b| b.0.total_cmp(&a.0));
        let accept = mark(&judged, RIGHT_AT_ONCE);
        judged.retain(|(confidence, _)| *confidence < accept);
        let confirm = mark(&judged, RIGHT_WHEN_ASKED).min(accept);
        Certainty { weights, accept, confirm }
    }
}

const ROUNDS: usize = 4000;
const STEP: f32 = 0.3;
const SHRINK: f32 = 0.001;

/// Brought to a like size, so that learning is even.
fn terms(evidence: Evidence) -> [f32; WEIGHTS] {
    [evidence.lead * 10.0, evidence.rival * 5.0, evidence.known * 5.0, evidence.nearest * 5.0, (1.0 + evidence.common).ln(), 1.0]
}

/// The lowest confidence at which `share` of everything from it upwards is right. `judged` is sorted, highest first.
fn mark(judged: &[(f32, bool)], share: f32) -> f32 {
    let (mut right, mut mark) = (0_usize, judged.first().map_or(1.0, |(confidence, _)| *confidence));
    for (place, (confidence, is_right)) in judged.iter().enumerate() {
        right += usize::from(*is_right);
        let seen = place + 1;
        if seen >= FEWEST && right as f32 >= share * seen as f32 {
            mark = *confidence;
        }
    }
    mark
}
