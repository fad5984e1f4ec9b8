//! Finds the likeliest texts that a constraint allows, best first.
//!
//! The model is asked for the next token after the most promising beginning, again and again. A beginning's promise is its probability and a
//! guess for the characters that are still wanted, so that numbers are spelled to their end before other beginnings are tried. Every
//! text found carries its whole log-probability, the end of text included.

use super::recogniser::AsrError;
use super::vocabulary::{Token, Vocabulary};
use crate::grammar::constraint::{Acceptor, Place};
use std::collections::{BinaryHeap, HashMap};

/// A model that tells what comes next.
pub trait NextToken {
    /// Log-probabilities of all tokens after `tokens`, by token.
    fn log_probabilities(&mut self, tokens: &[Token]) -> Result<Vec<f32>, AsrError>;
}

/// How far a search goes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How often the model is asked at most; a text that was begun is still finished.
    pub steps: usize,
    /// Beginnings that promise less than the best text by more than this are left alone.
    pub spread: f32,
    /// What promises less than this is no answer.
    pub least: f32,
    /// What a character that is still wanted is expected to cost.
    pub promise: f32,
    /// Tokens of a text at most.
    pub tokens: usize,
}

/// A text that the constraint accepts.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub tokens: Vec<Token>,
    pub log_probability: f32,
}

/// The lists of allowed tokens that a search worked out, kept for the next one under the same constraint.
pub type Allowed = HashMap<Place, Vec<(Token, Place)>>;

/// A text that was begun and leads to a place; the most promising goes first.
pub struct Beginning<P> {
    pub tokens: Vec<Token>,
    pub place: P,
    pub log_probability: f32,
    pub promise: f32,
}

impl<P> PartialEq for Beginning<P> {
    fn eq(&self, other: &Beginning<P>) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<P> Eq for Beginning<P> {}

impl<P> PartialOrd for Beginning<P> {
    fn partial_cmp(&self, other: &Beginning<P>) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<P> Ord for Beginning<P> {
    fn cmp(&self, other: &Beginning<P>) -> std::cmp::Ordering {
        self.promise.total_cmp(&other.promise).then_with(|| self.tokens.len().cmp(&other.tokens.len()))
    }
}

/// The texts found, best first; none when the model cannot be brought to any within its limits.
pub fn search(
    model: &mut impl NextToken,
    vocabulary: &Vocabulary,
    acceptor: &mut Acceptor,
    allowed: &mut Allowed,
    end_of_text: Token,
    limits: Limits,
) -> Result<Vec<Found>, AsrError> {
    let start = acceptor.start();
    let mut open = BinaryHeap::from([Beginning { tokens: Vec::new(), place: start, log_probability: 0.0, promise: 0.0 }]);
    let mut found: Vec<Found> = Vec::new();
    let mut best = f32::NEG_INFINITY;
    for step in 0.. {
        let Some(beginning) = open.pop() else { break };
        if beginning.promise < (best - limits.spread).max(limits.least) {
            break;
        }
        if step >= limits.steps {
            if !found.is_empty() || step >= limits.steps + limits.tokens {
                break;
            }
            // Nothing yet: this one is spelled to its end.
            open.clear();
        }
        let next = model.log_probabilities(&beginning.tokens)?;
        let of = |token: Token| usize::try_from(token).ok().and_then(|token| next.get(token)).copied().unwrap_or(f32::NEG_INFINITY);
        if acceptor.accepts(beginning.place) {
            let log_probability = beginning.log_probability + of(end_of_text);
            best = best.max(log_probability);
            found.push(Found { tokens: beginning.tokens.clone(), log_probability });
        }
        if beginning.tokens.len() >= limits.tokens {
            continue;
        }
        let onwards = allowed.entry(beginning.place).or_insert_with(|| vocabulary.allowed(acceptor, beginning.place));
        for (token, place) in onwards {
            let log_probability = beginning.log_probability + of(*token);
            let promise = log_probability - limits.promise * acceptor.remaining(*place) as f32;
            if promise > (best - limits.spread).max(limits.least) {
                let mut tokens = beginning.tokens.clone();
                tokens.push(*token);
                open.push(Beginning { tokens, place: *place, log_probability, promise });
            }
        }
    }
    found.sort_by(|a, b| b.log_probability.total_cmp(&a.log_probability));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::Library;
    use crate::text::Lang;
    use std::path::Path;

    /// Hears digits: at each place one is likely and one half as likely; tokens are bytes, and `end` ends the text.
    struct Ear {
        likely: &'static [(u8, u8)],
        asked: usize,
    }

    const END: Token = 256;

    impl NextToken for Ear {
        fn log_probabilities(&mut self, tokens: &[Token]) -> Result<Vec<f32>, AsrError> {
            self.asked += 1;
            let mut next = vec![1e-4f32.ln(); 257];
            match self.likely.get(tokens.len()) {
                Some((best, second)) => {
                    next[usize::from(*best)] = 0.6f32.ln();
                    next[usize::from(*second)] = 0.3f32.ln();
                }
                None => next[256] = 0.9f32.ln(),
            }
            Ok(next)
        }
    }

    fn heard(likely: &'static [(u8, u8)], limits: Limits) -> (Vec<String>, usize) {
        let library = Library::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars")).unwrap();
        let mut acceptor = Acceptor::new(library.constraint(Lang::Zh, "digits_4").unwrap().unwrap());
        let vocabulary = Vocabulary::new((0..=255u8).map(|byte| (vec![byte], Token::from(byte))));
        let mut ear = Ear { likely, asked: 0 };
        let found = search(&mut ear, &vocabulary, &mut acceptor, &mut Allowed::new(), END, limits).unwrap();
        assert!(found.is_sorted_by(|a, b| a.log_probability >= b.log_probability));
        let text = |found: &Found| found.tokens.iter().map(|token| char::from(*token as u8)).collect();
        (found.iter().map(text).collect(), ear.asked)
    }

    const WIDE: Limits = Limits { steps: 500, spread: 1.5, least: -60.0, promise: 0.35, tokens: 48 };

    #[test]
    fn the_best_texts_come_in_order_of_their_probability() {
        let (found, _) = heard(&[(b'1', b'7'), (b'2', b'x'), (b'3', b'x'), (b'4', b'x')], WIDE);
        assert_eq!(found, ["1234", "7234"]);
    }

    #[test]
    fn what_the_model_prefers_and_the_grammar_forbids_is_never_written() {
        let (found, _) = heard(&[(b'x', b'1'), (b'x', b'2'), (b'y', b'3'), (b'z', b'4')], WIDE);
        assert_eq!(found.first().map(String::as_str), Some("1234"));
    }

    #[test]
    fn what_does_not_fit_at_all_is_soon_left_alone() {
        let (found, asked) = heard(&[(b'x', b'y'), (b'x', b'y')], Limits { least: -8.0, ..WIDE });
        assert_eq!((found, asked), (Vec::new(), 1));
    }

    #[test]
    fn a_text_is_finished_beyond_the_limit_but_no_further() {
        let (found, asked) = heard(&[(b'1', b'7'), (b'2', b'3'), (b'3', b'1'), (b'4', b'9')], Limits { steps: 2, ..WIDE });
        assert_eq!(found, ["1234"]);
        assert!(asked <= 6, "{asked}");
        assert_eq!(heard(&[], Limits { steps: 2, tokens: 3, ..WIDE }).0, Vec::<String>::new());
    }
}
