//! Finds the likeliest texts that a constraint allows, best first.
//!
//! The model is asked for the next token after the most promising beginning, again and again. A beginning's promise is its probability and a
//! guess for the characters that are still wanted, so that numbers are spelled to their end before other beginnings are tried. Every
//! text found carries its whole log-probability, the end of text included.

use super::reading::log_sum;
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
    /// Of numbers: how many beginnings that have as many characters to come are gone on with, each with other figures.
    pub width: Option<usize>,
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

/// What a search for a number goes on with. Beginnings that say the same figures are one as far as the rest of the number goes: the likeliest stands for
/// all, and lends what comes of it their probability.
struct Beam {
    width: usize,
    /// Those gone on with, by the characters still wanted.
    taken: HashMap<u32, usize>,
    by_figures: HashMap<Spelled, Alike>,
    /// Of those gone on with, by their tokens.
    gone_on: HashMap<Vec<Token>, Spelled>,
}

/// What is said so far. Digits that are set apart by marks go on so, and are not joined with those that are not.
#[derive(Clone, Eq, PartialEq, Hash)]
struct Spelled {
    place: Place,
    figures: String,
    with_marks: bool,
}

/// Log-probabilities of the likeliest and of all that are alike.
struct Alike {
    likeliest: f32,
    all: f32,
}

impl Beam {
    fn new(width: usize) -> Beam {
        Beam { width, taken: HashMap::new(), by_figures: HashMap::new(), gone_on: HashMap::new() }
    }

    fn takes(&mut self, beginning: &Beginning<Place>, remaining: u32, vocabulary: &Vocabulary) -> bool {
        let tokens = beginning.tokens.iter();
        let spelled = Spelled {
            place: beginning.place,
            figures: tokens.clone().map(|token| vocabulary.figures(*token)).collect(),
            with_marks: tokens.clone().any(|token| vocabulary.is_mark(*token)),
        };
        if let Some(alike) = self.by_figures.get_mut(&spelled) {
            alike.all = log_sum(alike.all, beginning.log_probability);
            return false;
        }
        let taken = self.taken.entry(remaining).or_default();
        if *taken >= self.width {
            return false;
        }
        *taken += 1;
        let log_probability = beginning.log_probability;
        self.by_figures.insert(spelled.clone(), Alike { likeliest: log_probability, all: log_probability });
        self.gone_on.insert(beginning.tokens.clone(), spelled);
        true
    }

    /// What the beginnings add that `tokens` stand for.
    fn lent(&self, tokens: &[Token]) -> f32 {
        let beginnings = (1..=tokens.len()).filter_map(|count| self.gone_on.get(tokens.get(..count)?));
        beginnings.filter_map(|spelled| self.by_figures.get(spelled)).map(|alike| alike.all - alike.likeliest).sum()
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
    let mut beam = limits.width.map(Beam::new);
    let mut steps = 0;
    while let Some(beginning) = open.pop() {
        if beginning.promise < (best - limits.spread).max(limits.least) {
            break;
        }
        let remaining = acceptor.remaining(beginning.place);
        if !beam.as_mut().is_none_or(|beam| beam.takes(&beginning, remaining, vocabulary)) {
            continue;
        }
        if steps >= limits.steps {
            if !found.is_empty() || steps >= limits.steps + limits.tokens {
                break;
            }
            // Nothing yet: this one is spelled to its end.
            open.clear();
        }
        steps += 1;
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
    for found in &mut found {
        found.log_probability += beam.as_ref().map_or(0.0, |beam| beam.lent(&found.tokens));
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

    const WIDE: Limits = Limits { steps: 500, spread: 1.5, least: -60.0, promise: 0.35, tokens: 48, width: None };

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

    #[test]
    fn what_says_the_same_figures_is_gone_on_with_once_and_lends_its_probability() {
        let vocabulary = Vocabulary::new((0..=255u8).map(|byte| (vec![byte], Token::from(byte))));
        let mut beam = Beam::new(2);
        let mut takes = |text: &str, place: Place, remaining: u32, log_probability: f32| {
            let tokens: Vec<Token> = text.bytes().map(Token::from).collect();
            beam.takes(&Beginning { tokens, place, log_probability, promise: log_probability }, remaining, &vocabulary)
        };
        assert!(takes("12", 7, 2, -1.0));
        assert!(!takes("1 2", 7, 2, -1.0), "the same figures");
        assert!(takes("1,2", 7, 2, -2.0), "marks go on as marks");
        assert!(!takes("13", 7, 2, -3.0), "there are two already");
        assert!(takes("123", 8, 1, -1.5));
        let lent = |text: &str| beam.lent(&text.bytes().map(Token::from).collect::<Vec<_>>());
        assert!((lent("123") - 2f32.ln()).abs() < 1e-6, "{}", lent("123"));
        assert_eq!(lent("1,2"), 0.0);
    }

    #[test]
    fn a_narrow_search_asks_less_and_finds_the_same() {
        let said = &[(b'1', b'7'), (b'2', b'3'), (b'3', b'1'), (b'4', b'9')];
        let ((wide, all), (narrow, some)) = (heard(said, WIDE), heard(said, Limits { width: Some(2), ..WIDE }));
        assert_eq!(wide.first(), narrow.first());
        assert!(some < all, "{some} of {all}");
    }
}
