//! What is compared when words are matched: units. One Chinese character, one digit, one Latin word, one symbol.
//!
//! Phrases and tokens are cut the same way, so that spaces, punctuation, case, width and traditional characters never
//! decide whether a caller was understood (SRGS 1.0 section 2.1 leaves this normalisation to the processor).

use crate::text::script::to_simplified;
use std::collections::BTreeSet;

/// One unit and the place of its first character among the characters of the simplified text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    pub text: String,
    pub at: usize,
}

/// Symbols that some grammar wants to hear; all others are left out of phrases.
pub type Symbols = BTreeSet<char>;

/// The units of `text`, and the text whose characters `Unit::at` counts.
pub fn split(text: &str, symbols: &Symbols) -> (Vec<Unit>, String) {
    let plain: String = to_simplified(text).chars().map(half_width).collect();
    let characters: Vec<char> = plain.chars().collect();
    let mut units: Vec<Unit> = Vec::new();
    let mut word_open = false;
    for (at, &c) in characters.iter().enumerate() {
        let joins = is_apostrophe(c) && word_open && characters.get(at + 1).is_some_and(|next| next.is_alphabetic());
        if joins {
            continue;
        }
        if stands_alone(c) {
            units.push(Unit { text: c.to_string(), at });
            word_open = false;
        } else if c.is_alphanumeric() || is_mark(c) && word_open {
            if !word_open {
                units.push(Unit { text: String::new(), at });
                word_open = true;
            }
            if let Some(last) = units.last_mut() {
                last.text.extend(c.to_lowercase());
            }
        } else {
            word_open = false;
            let between_digits = |at: usize| characters.get(at).is_some_and(char::is_ascii_digit);
            let heard =
                if matches!(c, '.' | ',') { at > 0 && between_digits(at - 1) && between_digits(at + 1) } else { !c.is_whitespace() };
            if heard && symbols.contains(&c) {
                units.push(Unit { text: c.to_string(), at });
            }
        }
    }
    (units, plain)
}

/// The symbols that a token written as `text` wants to hear: those of a token that is nothing else.
pub fn wanted_symbols(text: &str) -> impl Iterator<Item = char> + '_ {
    let only_symbols = !text.chars().any(char::is_alphanumeric);
    text.chars().map(half_width).filter(move |c| only_symbols && !c.is_whitespace())
}

fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    }
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}')
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Scripts written without spaces between words, and digits, which callers say one by one.
fn stands_alone(c: char) -> bool {
    c.is_ascii_digit()
        || is_han(c)
        || matches!(c, '\u{3041}'..='\u{30ff}' | '\u{ac00}'..='\u{d7a3}' | '\u{e01}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
}

pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}' | '〇')
}

/// Words in order as people write them: spaces only where Latin words or numbers would run together.
pub fn join<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::new();
    for word in words {
        let clash = |c: char| c.is_alphanumeric() && !stands_alone(c) || c.is_ascii_digit();
        let before = out.chars().next_back();
        let after = word.chars().next();
        if let (Some(before), Some(after)) = (before, after) {
            let digits = before.is_ascii_digit() && after.is_ascii_digit();
            if clash(before) && clash(after) && !digits {
                out.push(' ');
            }
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let (units, _) = split(text, &Symbols::from(['*', '.']));
        assert_eq!(units.iter().map(|unit| unit.text.as_str()).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn units() {
        check("嗯，是的。", &["嗯", "是", "的"]);
        check("查 5Ｇ套餐", &["查", "5", "g", "套", "餐"]);
        check("Don't call Jean-Paul!", &["dont", "call", "jean", "paul"]);
        check("12 * 3.5.", &["1", "2", "*", "3", ".", "5"]);
        check("", &[]);
        check("…！？", &[]);
    }

    #[test]
    fn joined_as_people_write() {
        for (words, expected) in [
            (vec!["九", "月"], "九月"),
            (vec!["new", "york"], "new york"),
            (vec!["1", "3"], "13"),
            (vec!["5", "GB"], "5 GB"),
            (vec!["查", "wifi", "密码"], "查wifi密码"),
        ] {
            assert_eq!(join(words.into_iter()), expected);
        }
    }
}
