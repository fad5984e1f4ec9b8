//! What speech says when only phrases of the asked question's grammar are wanted, and how far that can be trusted.

use crate::grammar::Constraint;

/// The likeliest answers that the question's grammar takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Best first, each with another meaning.
    pub candidates: Vec<Candidate>,
    /// Log-probability of the best answer's text over that of the text without a constraint: near 0 when the speaker did answer the question.
    pub gap: f32,
    /// How often the decoder was asked.
    pub steps: usize,
    /// CPU time of the search, on all its threads.
    pub compute_ms: u32,
}

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Its likeliest text; of a number its figures.
    pub text: String,
    /// Letters, digits and characters of the text.
    pub characters: usize,
    /// See [`Constraint::meaning`].
    pub meaning: String,
    /// Of all its texts that were looked at together.
    pub log_probability: f32,
    /// 0.0..=1.0: its share among the candidates.
    pub share: f32,
}

/// Most answers that are handed on.
const MOST_CANDIDATES: usize = 8;

/// Texts with their log-probabilities, best first, joined by what they mean.
pub fn candidates(constraint: &Constraint, texts: impl Iterator<Item = (String, f32)>) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for (text, log_probability) in texts {
        let Some(meaning) = constraint.meaning(&text) else { continue };
        match candidates.iter_mut().find(|candidate| candidate.meaning == meaning) {
            Some(same) => same.log_probability = log_sum(same.log_probability, log_probability),
            None => {
                let characters = text.chars().filter(|character| character.is_alphanumeric()).count();
                let text = if constraint.in_figures() { meaning.clone() } else { text };
                candidates.push(Candidate { text, characters, meaning, log_probability, share: 0.0 });
            }
        }
    }
    candidates.sort_by(|a, b| b.log_probability.total_cmp(&a.log_probability));
    let all = candidates.iter().map(|candidate| candidate.log_probability).fold(f32::NEG_INFINITY, log_sum);
    candidates.truncate(MOST_CANDIDATES);
    for candidate in &mut candidates {
        candidate.share = (candidate.log_probability - all).exp();
    }
    candidates
}

/// The logarithm of the sum of what `a` and `b` are the logarithms of.
pub fn log_sum(a: f32, b: f32) -> f32 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if high == f32::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::Library;
    use crate::text::Lang;
    use std::path::Path;

    #[test]
    fn texts_that_mean_the_same_are_one_candidate() {
        let library = Library::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars")).unwrap();
        let constraint = library.constraint(Lang::Zh, "digits_4").unwrap().unwrap();
        let texts = [("1234", 0.3f32), ("1、2、3、4", 0.3), ("1239", 0.4), ("not a number", 0.9)];
        let candidates = candidates(&constraint, texts.into_iter().map(|(text, share)| (text.to_owned(), share.ln())));
        let found: Vec<(&str, f32)> = candidates.iter().map(|candidate| (candidate.text.as_str(), candidate.share)).collect();
        assert_eq!(found.iter().map(|(text, _)| *text).collect::<Vec<_>>(), ["1234", "1239"]);
        assert!((found[0].1 - 0.6).abs() < 0.001 && (found[1].1 - 0.4).abs() < 0.001, "{found:?}");
    }
}
