//! Cuts an English utterance into the tokens of a dictated number, word by word.

use super::{Part, Place, Token};
use crate::text::number_en;

/// As sequences of words, longest first where one begins another.
const WRONG: &[&[&str]] = &[
    &["that", "is", "wrong"],
    &["thats", "wrong"],
    &["that", "is", "not", "right"],
    &["thats", "not", "right"],
    &["not", "right"],
    &["not", "quite"],
    &["i", "made", "a", "mistake"],
    &["my", "mistake"],
    &["i", "mean"],
    &["i", "meant"],
    &["wrong"],
    &["incorrect"],
    &["sorry"],
    &["no"],
    &["nope"],
    &["wait"],
    &["correction"],
];
const NOT: &[&[&str]] = &[&["its", "not"], &["it", "is", "not"], &["isnt"], &["not"]];
const IS: &[&[&str]] = &[
    &["should", "be"],
    &["it", "should", "be"],
    &["it", "is"],
    &["its"],
    &["is"],
    &["are"],
    &["was"],
    &["but"],
    &["rather"],
    &["instead"],
    &["make", "it"],
];
const AGAIN: &[&[&str]] = &[
    &["start", "over"],
    &["start", "again"],
    &["from", "the", "beginning"],
    &["from", "the", "start"],
    &["let", "me", "start", "over"],
    &["once", "more"],
];
const FILLERS: &[&[&str]] = &[
    &["the"],
    &["it"],
    &["a"],
    &["um"],
    &["uh"],
    &["er"],
    &["well"],
    &["so"],
    &["ok"],
    &["okay"],
    &["yes"],
    &["yeah"],
    &["right"],
    &["my"],
    &["mobile"],
    &["phone"],
    &["telephone"],
    &["number"],
    &["pin"],
    &["code"],
    &["and"],
    &["then"],
    &["please"],
    &["thanks"],
    &["thank", "you"],
    &["that", "is"],
    &["thats"],
    &["area"],
    &["digit"],
    &["digits"],
    &["numbers"],
    &["followed", "by"],
    &["again"],
    &["in"],
    &["with"],
    &["oops"],
];
const LAST: &[&[&str]] = &[&["last"], &["final"], &["ending"], &["ends"], &["end"]];
const FIRST: &[&[&str]] = &[&["first"], &["starts"], &["starting"], &["begins"], &["beginning"]];
const MIDDLE: &[&[&str]] = &[&["middle"], &["centre"], &["center"]];
const ORDINALS: [&str; 12] =
    ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"];
const NOUNS: &[&str] = &["digit", "digits", "number", "numbers", "figure", "figures"];

pub(super) fn tokens(text: &str) -> Vec<Token> {
    let plain = text.to_lowercase().replace(['\'', '’'], "");
    let words: Vec<&str> = plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let mut tokens = Vec::new();
    let mut rest = words.as_slice();
    while !rest.is_empty() {
        let (token, used) = token(rest);
        tokens.push(token);
        rest = rest.get(used..).unwrap_or_default();
    }
    tokens
}

fn token(words: &[&str]) -> (Token, usize) {
    if let Some((place, used)) = place(words) {
        return (Token::Place(place), used);
    }
    let lists: [(&[&[&str]], Token); 5] =
        [(AGAIN, Token::Again), (WRONG, Token::Wrong), (NOT, Token::Not), (IS, Token::Is), (FILLERS, Token::Filler)];
    for (list, token) in lists {
        if let Some(used) = begins_with_any(words, list) {
            return (token, used);
        }
    }
    match run(words) {
        (digits, used) if used > 0 => (Token::Digits(digits), used),
        _ => (Token::Other, 1),
    }
}

/// The digits that the words begin with: one by one, doubled, or in pairs as in `thirty eight`.
fn run(words: &[&str]) -> (String, usize) {
    let mut digits = String::new();
    let mut at = 0;
    while let Some(rest) = words.get(at..) {
        let (said, used) = match number_en::leading_digits(rest) {
            (said, 0) => match pair(rest) {
                Some(pair) => pair,
                None => (said, 0),
            },
            found => found,
        };
        if used == 0 {
            break;
        }
        digits.push_str(&said);
        at += used;
    }
    (digits, at)
}

fn pair(words: &[&str]) -> Option<(String, usize)> {
    let (first, rest) = words.split_first()?;
    if let Some(teen) = number_en::ONES.iter().position(|word| word == first).filter(|n| *n >= 10) {
        return Some((teen.to_string(), 1));
    }
    let tens = number_en::TENS.iter().position(|word| word == first).filter(|n| *n >= 2)?;
    let unit = rest.first().and_then(|word| number_en::ONES.iter().position(|known| known == word)).filter(|n| (1..10).contains(n));
    Some((format!("{tens}{}", unit.unwrap_or(0)), if unit.is_some() { 2 } else { 1 }))
}

fn place(words: &[&str]) -> Option<(Place, usize)> {
    if let [ordinal, rest @ ..] = words
        && let Some(n) = ORDINALS.iter().position(|known| known == ordinal).map(|at| at + 1)
    {
        match rest {
            ["to", "last" | "the", ..] | ["from", "the", ..] => {
                let used =
                    rest.iter().position(|word| NOUNS.contains(word) || matches!(*word, "last" | "end")).map_or(rest.len(), |at| at + 1);
                let noun = usize::from(rest.get(used).is_some_and(|word| NOUNS.contains(word)));
                return Some((Place::NthLast(n), 1 + used + noun));
            }
            ["last", ..] => return Some((Place::NthLast(n), 2 + usize::from(rest.get(1).is_some_and(|word| NOUNS.contains(word))))),
            ["digit" | "number" | "figure", ..] => return Some((Place::Nth(n), 2)),
            ["one", next, ..] if n > 1 && matches!(*next, "is" | "should") => return Some((Place::Nth(n), 2)),
            _ if n > 1 => return None,
            _ => {}
        }
    }
    let parts: [(&[&[&str]], Part); 3] = [(LAST, Place::Last), (FIRST, Place::First), (MIDDLE, |_| Place::Middle)];
    for (list, place) in parts {
        let Some(mut used) = begins_with_any(words, list) else { continue };
        used += usize::from(words.get(used).is_some_and(|word| matches!(*word, "in" | "with")));
        let (count, counted) = count(words.get(used..)?);
        return Some((place(count), used + counted));
    }
    None
}

/// `four digits`, `digit`, `one is`, or `four` with four digits after it; else no count.
fn count(words: &[&str]) -> (Option<usize>, usize) {
    match words {
        [noun @ ("digit" | "number" | "figure"), ..] if !noun.is_empty() => (Some(1), 1),
        ["digits" | "numbers" | "figures" | "part", ..] => (None, 1),
        ["one", "is" | "should", ..] => (Some(1), 1),
        [first, rest @ ..] => {
            let Some(n) = number_en::ONES.iter().position(|word| word == first).filter(|n| (1..=12).contains(n)) else { return (None, 0) };
            if rest.first().is_some_and(|word| NOUNS.contains(word)) {
                return (Some(n), 2);
            }
            let copula = begins_with_any(rest, IS).unwrap_or(0);
            let (digits, _) = run(rest.get(copula..).unwrap_or_default());
            if copula > 0 || digits.len() == n { (Some(n), 1) } else { (None, 0) }
        }
        [] => (None, 0),
    }
}

fn begins_with_any(words: &[&str], list: &[&[&str]]) -> Option<usize> {
    list.iter().find(|phrase| words.starts_with(phrase)).map(|phrase| phrase.len())
}
