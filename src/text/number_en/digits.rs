//! English digit strings: telephone numbers, codes, PINs.

use std::ops::Range;

/// Digit by digit, the entire string: `one three eight oh double two` → `138022`.
pub fn parse_digits(text: &str) -> Option<String> {
    let words = words(text);
    let (digits, used) = run(&words);
    (used == words.len() && !digits.is_empty()).then_some(digits)
}

/// The digits inside a longer sentence and the bytes they stand in: the run of exactly `length` digits, or without `length` the longest
/// run of at least three. A leading +86 of an eleven-digit number does not count.
pub fn find_digits(text: &str, length: Option<usize>) -> Option<(String, Range<usize>)> {
    let words = words(text);
    let mut best: Option<(String, Range<usize>)> = None;
    let mut at = 0;
    while let Some(rest) = words.get(at..).filter(|rest| !rest.is_empty()) {
        let (digits, used) = run(rest);
        if digits.is_empty() {
            at += 1;
            continue;
        }
        let start = words.get(at).map_or(0, |(start, _)| *start);
        at += used;
        let end = at.checked_sub(1).and_then(|last| words.get(last)).map_or(text.len(), |(start, word)| start + word.len());
        let digits = match (length, digits.strip_prefix("86")) {
            (Some(11), Some(rest)) if rest.len() == 11 => rest.to_owned(),
            _ => digits,
        };
        let fits = length.map_or(digits.len() >= 3, |length| digits.len() == length);
        let longer = best.as_ref().is_none_or(|(known, _)| digits.len() > known.len());
        if fits && longer {
            best = Some((digits, start..end));
        }
    }
    best
}

pub(super) fn digit(word: &str) -> Option<char> {
    Some(match word {
        "zero" | "oh" | "o" | "nought" | "naught" | "nil" | "0" => '0',
        "one" | "1" => '1',
        "two" | "2" => '2',
        "three" | "3" => '3',
        "four" | "4" => '4',
        "five" | "5" => '5',
        "six" | "6" => '6',
        "seven" | "7" => '7',
        "eight" | "8" => '8',
        "nine" | "niner" | "9" => '9',
        _ => return None,
    })
}

/// Words with the byte where each begins; commas, full stops, dashes, plus signs and spaces part them.
fn words(text: &str) -> Vec<(usize, &str)> {
    let parts = |c: char| c.is_whitespace() || matches!(c, ',' | '.' | '-' | '+' | ';' | '?' | '!' | ':');
    let mut found = Vec::new();
    let mut at = 0;
    for word in text.split(parts) {
        if !word.is_empty() {
            found.push((at, word));
        }
        let separator = text.get(at + word.len()..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        at += word.len() + separator;
    }
    found
}

/// The same for bare words.
pub(in crate::text) fn leading(words: &[&str]) -> (String, usize) {
    let words: Vec<(usize, &str)> = words.iter().map(|word| (0, *word)).collect();
    run(&words)
}

/// The digits that the words begin with and how many words they take.
fn run(words: &[(usize, &str)]) -> (String, usize) {
    let mut digits = String::new();
    let mut at = 0;
    while let Some((_, word)) = words.get(at) {
        let lower = word.to_lowercase();
        let times = match lower.as_str() {
            "double" => 2,
            "triple" | "treble" => 3,
            _ => 1,
        };
        let said = if times == 1 { Some(lower) } else { words.get(at + 1).map(|(_, word)| word.to_lowercase()) };
        let Some(said) = said else { break };
        if times == 1 && said.len() > 1 && said.chars().all(|c| c.is_ascii_digit()) {
            digits.push_str(&said);
        } else if let Some(digit) = digit(&said) {
            digits.extend(std::iter::repeat_n(digit, times));
        } else {
            break;
        }
        at += if times == 1 { 1 } else { 2 };
    }
    (digits, at)
}
