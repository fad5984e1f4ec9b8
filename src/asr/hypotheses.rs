//! What free speech may have been beside its likeliest text.
//!
//! The recogniser takes the likeliest token each time, and one wrong turn early on spoils what comes after it. So where it was least sure the next likeliest
//! token is taken instead and the text goes on from there: a few steps of the decoder on sound that is encoded already.

use super::recogniser::{Alternative, AsrError};
use super::search::NextToken;
use super::vocabulary::Token;

/// A token of a text and how likely it was at its place.
pub type Heard = (Token, f32);

/// How many turns are taken instead.
const MOST_TURNS: usize = 3;
/// A token at least as likely as this was no wrong turn.
const SURE: f32 = 0.6;
/// What is less likely than the first text by more than this was not said.
const SPREAD: f32 = 6.0;
/// How many tokens more than the first text another may have.
const LONGER: usize = 4;
/// After so many of the first text's tokens, said again, the rest is taken for the same, too.
const REJOINS: usize = 2;
/// How many places earlier or later they may stand.
const SHIFT: usize = 2;

/// Other texts for the same sound, likeliest first; `path` is the likeliest text and `whole` its log-probability with the end of text.
pub fn others(
    model: &mut impl NextToken,
    path: &[Heard],
    whole: f32,
    end_of_text: Token,
    is_word: impl Fn(Token) -> bool,
    text: impl Fn(&[Token]) -> Option<String>,
) -> Result<Vec<Alternative>, AsrError> {
    let first = First::of(path, whole);
    let mut found: Vec<Alternative> = Vec::new();
    for turn in turns(path, is_word) {
        let Some((other, log_probability)) = onwards(model, &first, turn, end_of_text)? else { continue };
        if other != first.tokens
            && let Some(text) = text(&other)
            && !found.iter().any(|one| one.text == text)
        {
            found.push(Alternative { text, log_probability });
        }
    }
    found.sort_by(|a, b| b.log_probability.total_cmp(&a.log_probability));
    Ok(found)
}

/// The places of the least likely words, in order, so that what they share is worked out once. Other punctuation says nothing else.
fn turns(path: &[Heard], is_word: impl Fn(Token) -> bool) -> Vec<usize> {
    let all = path.iter().enumerate();
    let mut unsure: Vec<(usize, f32)> =
        all.filter(|(_, (token, probability))| *probability < SURE && is_word(*token)).map(|(at, one)| (at, one.1)).collect();
    unsure.sort_by(|a, b| a.1.total_cmp(&b.1));
    unsure.truncate(MOST_TURNS);
    let mut places: Vec<usize> = unsure.into_iter().map(|(at, _)| at).collect();
    places.sort_unstable();
    places
}

/// The likeliest text.
struct First {
    tokens: Vec<Token>,
    /// The log-probability of the beginning before each token, and of all of them.
    before: Vec<f32>,
    whole: f32,
}

impl First {
    fn of(path: &[Heard], whole: f32) -> First {
        let mut so_far = 0.0;
        let mut before = vec![so_far];
        for (_, probability) in path {
            so_far += probability.max(f32::MIN_POSITIVE).ln();
            before.push(so_far);
        }
        First { tokens: path.iter().map(|(token, _)| *token).collect(), before, whole }
    }

    fn log_probability_before(&self, at: usize) -> f32 {
        self.before.get(at).copied().unwrap_or_default()
    }

    /// Where the first text goes on in the same way as `tokens`, which left it at `turn`.
    fn rejoined(&self, tokens: &[Token], turn: usize) -> Option<usize> {
        let since = tokens.get(turn + 1..)?;
        let last = since.get(since.len().checked_sub(REJOINS)?..)?;
        let end = tokens.len();
        let places = (end.saturating_sub(SHIFT).max(turn + 1 + REJOINS)..=end + SHIFT).filter(|to| *to <= self.tokens.len());
        let same = places.filter(|to| self.tokens.get(to - REJOINS..*to) == Some(last));
        same.min_by_key(|to| to.abs_diff(end))
    }
}

/// The likeliest text that leaves the first one at `turn`; `None` when it is far less likely, or does not end.
fn onwards(model: &mut impl NextToken, first: &First, turn: usize, end_of_text: Token) -> Result<Option<(Vec<Token>, f32)>, AsrError> {
    let mut tokens = first.tokens.get(..turn).unwrap_or_default().to_vec();
    let mut log_probability = first.log_probability_before(turn);
    let (not, least) = (first.tokens.get(turn).copied(), first.whole - SPREAD);
    while tokens.len() <= first.tokens.len() + LONGER {
        let next = model.log_probabilities(&tokens)?;
        let ranked = next.iter().enumerate().filter_map(|(token, one)| Some((Token::try_from(token).ok()?, *one)));
        let at_turn = tokens.len() == turn;
        let best = ranked.filter(|(token, _)| !(at_turn && Some(*token) == not)).max_by(|a, b| a.1.total_cmp(&b.1));
        let Some((token, one)) = best else { return Ok(None) };
        log_probability += one;
        if log_probability < least {
            return Ok(None);
        }
        if token == end_of_text {
            return Ok(Some((tokens, log_probability)));
        }
        tokens.push(token);
        if let Some(at) = first.rejoined(&tokens, turn) {
            log_probability += first.whole - first.log_probability_before(at);
            tokens.extend_from_slice(first.tokens.get(at..).unwrap_or_default());
            return Ok((log_probability >= least).then_some((tokens, log_probability)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    const WORDS: [&str; 5] = ["查", "账", "障", "单", "吗"];
    const END: Token = 5;

    /// After each text the likely next tokens.
    struct Ear(HashMap<Vec<Token>, Vec<(Token, f32)>>);

    impl NextToken for Ear {
        fn log_probabilities(&mut self, tokens: &[Token]) -> Result<Vec<f32>, AsrError> {
            let mut next = vec![1e-6f32.ln(); 6];
            for (token, share) in self.0.get(tokens).into_iter().flatten() {
                next[*token as usize] = share.ln();
            }
            Ok(next)
        }
    }

    fn ear() -> Ear {
        let after = [
            (vec![], vec![(0, 0.9), (4, 0.1)]),
            (vec![0], vec![(2, 0.5), (1, 0.4)]),
            (vec![0, 2], vec![(3, 0.9)]),
            (vec![0, 1], vec![(3, 0.95)]),
            (vec![0, 2, 3], vec![(END, 0.9)]),
            (vec![0, 1, 3], vec![(END, 0.9)]),
        ];
        Ear(after.into())
    }

    #[track_caller]
    fn check(path: &[Heard], whole: f32, expected: &[&str]) {
        let text = |tokens: &[Token]| Some(tokens.iter().map(|token| WORDS[*token as usize]).collect());
        let found = others(&mut ear(), path, whole, END, |token| token != 4, text).unwrap();
        let found: Vec<&str> = found.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn where_it_was_unsure_another_turn_is_taken() {
        check(&[(0, 0.9), (2, 0.5), (3, 0.9)], -1.0, &["查账单"]);
    }

    #[test]
    fn what_was_sure_has_no_other() {
        check(&[(0, 0.9), (2, 0.7), (3, 0.9)], -1.0, &[]);
        check(&[], 0.0, &[]);
        check(&[(0, 0.9), (2, 0.7), (3, 0.9), (4, 0.2)], -1.0, &[]);
    }

    #[test]
    fn what_says_the_same_again_goes_on_as_before() {
        // 查账单吗 for 查障单吗: after 单吗 nothing is asked of the model any more, and the end counts as it did.
        let after = [(vec![0], vec![(2, 0.5), (1, 0.4)]), (vec![0, 1], vec![(3, 0.9)]), (vec![0, 1, 3], vec![(4, 0.9)])];
        let mut ear = Ear(after.into());
        let path = [(0, 0.9), (2, 0.5), (3, 0.9), (4, 0.7), (0, 0.8)];
        let whole = path.iter().map(|(_, share): &Heard| share.ln()).sum::<f32>() + 0.9f32.ln();
        let text = |tokens: &[Token]| Some(tokens.iter().map(|token| WORDS[*token as usize]).collect());
        let found = others(&mut ear, &path, whole, END, |_| true, text).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].text, "查账单吗查");
        let expected = [0.9f32, 0.4, 0.9, 0.9, 0.8, 0.9].iter().map(|share| share.ln()).sum::<f32>();
        assert!((found[0].log_probability - expected).abs() < 1e-3, "{}", found[0].log_probability);
    }

    #[test]
    fn what_is_far_less_likely_was_not_said() {
        check(&[(0, 0.9), (2, 0.5), (3, 0.9)], 6.0, &[]);
    }
}
