//! Short speech read as one of the phrases that callers say alone.
//!
//! A word or two gives the recogniser nothing to go by: `发票` comes back empty or as another word. So the same sound is searched, likeliest first,
//! for the short phrases that understanding knows. What is found was not heard, it is only what may have been said.

use super::recogniser::{Alternative, AsrError};
use super::search::{Beginning, NextToken};
use super::vocabulary::{Token, Vocabulary};
use std::collections::{BinaryHeap, HashMap};

/// A place in the tree; the root is 0.
type Node = usize;

/// How often the model is asked at most.
const STEPS: usize = 24;
/// A phrase that is less likely than this was not said. Of our own recordings (`benches/requests`) phrases that were said lie above -4.4, others
/// below -7.
const LEAST_LOG_PROBABILITY: f32 = -6.0;
/// One that is less likely than the best by more than this is not worth a question.
const SPREAD: f32 = 2.5;

/// Phrases as a tree of bytes, and which tokens lead along it.
#[derive(Debug, Default)]
pub struct Phrases {
    children: HashMap<(Node, u8), Node>,
    /// Of each place, whether a phrase ends there.
    ends: Vec<bool>,
}

/// The tokens that lead on from a place, as far as they were worked out; kept for the next time.
pub type Onwards = HashMap<Node, Vec<(Token, Node)>>;

impl Phrases {
    pub fn new<'a>(phrases: impl IntoIterator<Item = &'a str>) -> Phrases {
        let mut tree = Phrases { children: HashMap::new(), ends: vec![false] };
        for phrase in phrases {
            let mut node = 0;
            for byte in phrase.bytes() {
                let new = tree.ends.len();
                node = *tree.children.entry((node, byte)).or_insert(new);
                if node == new {
                    tree.ends.push(false);
                }
            }
            if let Some(ends) = tree.ends.get_mut(node) {
                *ends = node != 0;
            }
        }
        tree
    }

    fn ends(&self, node: Node) -> bool {
        self.ends.get(node).copied().unwrap_or_default()
    }

    fn onwards(&self, node: Node, vocabulary: &Vocabulary) -> Vec<(Token, Node)> {
        let lead = |bytes: &[u8]| bytes.iter().try_fold(node, |node, byte| self.children.get(&(node, *byte)).copied());
        vocabulary.tokens().filter_map(|(bytes, token)| Some((token, lead(bytes)?))).collect()
    }
}

/// The likeliest phrases, best first; `text` spells tokens.
pub fn likeliest(
    model: &mut impl NextToken,
    vocabulary: &Vocabulary,
    phrases: &Phrases,
    known: &mut Onwards,
    end_of_text: Token,
    text: impl Fn(&[Token]) -> String,
) -> Result<Vec<Alternative>, AsrError> {
    let mut open = BinaryHeap::from([Beginning { tokens: Vec::new(), place: 0, log_probability: 0.0, promise: 0.0 }]);
    let mut found: Vec<Alternative> = Vec::new();
    let mut least = LEAST_LOG_PROBABILITY;
    for _ in 0..STEPS {
        let Some(Beginning { tokens, place: node, log_probability, .. }) = open.pop().filter(|best| best.promise >= least) else { break };
        let next = model.log_probabilities(&tokens)?;
        let of = |token: Token| usize::try_from(token).ok().and_then(|token| next.get(token)).copied().unwrap_or(f32::NEG_INFINITY);
        if phrases.ends(node) {
            let log_probability = log_probability + of(end_of_text);
            least = least.max(log_probability - SPREAD);
            found.push(Alternative { text: text(&tokens), log_probability });
        }
        for (token, node) in known.entry(node).or_insert_with(|| phrases.onwards(node, vocabulary)) {
            let log_probability = log_probability + of(*token);
            if log_probability >= least {
                let tokens = [tokens.as_slice(), &[*token]].concat();
                open.push(Beginning { tokens, place: *node, log_probability, promise: log_probability });
            }
        }
    }
    found.retain(|phrase| phrase.log_probability >= least);
    found.sort_by(|a, b| b.log_probability.total_cmp(&a.log_probability));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&str; 5] = ["发", "票", "套", "餐", "大"];
    const END: Token = 5;

    /// Hears at each place one token likely and another less so, then the end.
    struct Ear(&'static [[(Token, f32); 2]]);

    impl NextToken for Ear {
        fn log_probabilities(&mut self, tokens: &[Token]) -> Result<Vec<f32>, AsrError> {
            let mut next = vec![1e-4f32.ln(); 6];
            match self.0.get(tokens.len()) {
                Some(two) => two.iter().for_each(|(token, share)| next[*token as usize] = share.ln()),
                None => next[END as usize] = 0.0,
            }
            Ok(next)
        }
    }

    #[track_caller]
    fn check(ear: &'static [[(Token, f32); 2]], phrases: &[&str], expected: &[&str]) {
        let vocabulary = Vocabulary::new(WORDS.iter().map(|word| word.as_bytes().to_vec()).zip(0..));
        let phrases = Phrases::new(phrases.iter().copied());
        let text = |tokens: &[Token]| tokens.iter().map(|token| WORDS[*token as usize]).collect::<String>();
        let found = likeliest(&mut Ear(ear), &vocabulary, &phrases, &mut Onwards::new(), END, text).unwrap();
        assert_eq!(found.iter().map(|phrase| phrase.text.as_str()).collect::<Vec<_>>(), expected);
        assert!(found.is_sorted_by(|a, b| a.log_probability >= b.log_probability));
    }

    #[test]
    fn what_was_misheard_is_found_among_the_phrases() {
        let misheard = &[[(4, 0.8), (0, 0.15)], [(3, 0.6), (1, 0.3)]];
        check(misheard, &["发票", "套餐"], &["发票"]);
        check(misheard, &["大餐", "发票"], &["大餐", "发票"]);
    }

    #[test]
    fn what_was_not_said_is_not_found() {
        check(&[[(4, 0.9), (2, 0.05)], [(4, 0.9), (2, 0.05)]], &["发票"], &[]);
        check(&[[(0, 0.9), (2, 0.05)], [(1, 0.9), (3, 0.05)]], &[], &[]);
    }

    #[test]
    fn beginnings_of_phrases_are_no_phrases() {
        check(&[[(0, 0.9), (2, 0.05)]], &["发票"], &[]);
    }
}
