//! What a caller says while giving a number: digits, in pieces, and repairs of what was said before.
//!
//! `最后一位是九`, `不是三八，是三九`, `not three eight, three nine`: what is to be changed is read here; what it
//! changes is known to whoever holds the number. The languages cut an utterance into `Token`s; [`Dictation::read`] makes steps of them.

mod english;
mod mandarin;
#[cfg(test)]
mod tests;

use super::Lang;

/// One thing that is done to a number.
#[derive(Clone, PartialEq, Eq)]
pub enum Step {
    /// More digits.
    Say(String),
    /// What was said before is wrong; these digits stand for it or for a part of it.
    Fix(String),
    /// These digits stand at a place.
    Put { place: Place, digits: String },
    /// Not these, but those; without those it is only denied.
    Swap { wrong: String, right: Option<String> },
    /// From the beginning.
    Restart,
}

/// Where digits stand in a number. The count may be left out: then it is as many as were said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    First(Option<usize>),
    Last(Option<usize>),
    Middle,
    /// From 1.
    Nth(usize),
    /// From 1, counted from the end.
    NthLast(usize),
}

/// An utterance as far as it gives or repairs a number.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Dictation {
    pub steps: Vec<Step>,
    /// Something was called wrong.
    pub denies: bool,
    /// Nothing else was said but words that carry no meaning.
    pub only: bool,
}

/// A part of a number as callers name it, before its length is known.
type Part = fn(Option<usize>) -> Place;

/// A piece of an utterance.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Digits(String),
    /// 不是
    Not,
    /// 不对, 错了
    Wrong,
    /// 是, 而是, 改成
    Is,
    Place(Place),
    /// 重新说
    Again,
    Filler,
    Other,
}

impl Dictation {
    /// Reads an utterance; what holds no digits, no denial and no wish to begin anew has no steps.
    pub fn read(text: &str, lang: Lang) -> Dictation {
        let tokens = match lang {
            Lang::Zh => mandarin::tokens(text),
            Lang::En => english::tokens(text),
        };
        let only = !tokens.contains(&Token::Other);
        let tokens: Vec<Token> = tokens.into_iter().filter(|token| !matches!(token, Token::Filler | Token::Other)).collect();
        let denies = tokens.iter().any(|token| matches!(token, Token::Not | Token::Wrong));
        Dictation { steps: steps(&tokens), denies, only }
    }

    /// How many digits were said.
    pub fn count(&self) -> usize {
        let said = |step: &Step| match step {
            Step::Say(digits) | Step::Fix(digits) | Step::Put { digits, .. } => digits.len(),
            Step::Swap { wrong, right } => wrong.len() + right.as_ref().map_or(0, String::len),
            Step::Restart => 0,
        };
        self.steps.iter().map(said).sum()
    }

    /// Whether it only goes on with the number, or gives it whole.
    pub fn is_plain(&self) -> bool {
        self.steps.iter().all(|step| matches!(step, Step::Say(_)))
    }
}

fn steps(tokens: &[Token]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut place = None;
    let mut wrong = false;
    let mut rest = tokens;
    while let Some((token, after)) = rest.split_first() {
        rest = after;
        match token {
            Token::Place(found) => place = Some(*found),
            Token::Wrong => wrong = true,
            Token::Again => {
                steps.push(Step::Restart);
                (place, wrong) = (None, false);
            }
            Token::Not => {
                wrong = true;
                // 不是三八，是三九; a 不是 with 是 right after it only denies.
                if let [Token::Digits(not), others @ ..] = rest {
                    let (right, after) = corrected(others);
                    rest = after;
                    steps.push(match (place.take(), right) {
                        (Some(place), Some(digits)) => Step::Put { place, digits },
                        (_, right) => Step::Swap { wrong: not.clone(), right },
                    });
                }
            }
            Token::Digits(digits) => {
                let digits = digits.clone();
                steps.push(match place.take() {
                    Some(place) => Step::Put { place, digits },
                    None if wrong => Step::Fix(digits),
                    None => Step::Say(digits),
                });
                wrong = false;
            }
            Token::Is | Token::Filler | Token::Other => {}
        }
    }
    steps
}

/// The digits meant in place of those denied, and what comes after them.
fn corrected(tokens: &[Token]) -> (Option<String>, &[Token]) {
    match tokens {
        [Token::Is | Token::Wrong, rest @ ..] => corrected(rest),
        [Token::Digits(digits), rest @ ..] => (Some(digits.clone()), rest),
        rest => (None, rest),
    }
}

/// Digits may be secret.
impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stars = |digits: &str| "*".repeat(digits.len());
        match self {
            Step::Say(digits) => write!(f, "Say({})", stars(digits)),
            Step::Fix(digits) => write!(f, "Fix({})", stars(digits)),
            Step::Put { place, digits } => write!(f, "Put({place:?}, {})", stars(digits)),
            Step::Swap { wrong, right } => write!(f, "Swap({}, {:?})", stars(wrong), right.as_deref().map(stars)),
            Step::Restart => f.write_str("Restart"),
        }
    }
}

impl std::fmt::Debug for Dictation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dictation({:?}, denies {}, only {})", self.steps, self.denies, self.only)
    }
}
