//! Latin words for the Mandarin voice: known words by the lexicon, others letter by letter.

use crate::text::value::spoken_groups;
use crate::text::{Lang, number_zh};
use std::collections::HashMap;
use std::sync::LazyLock;

#[derive(serde::Deserialize)]
struct Lexicon {
    /// Lower-case words without dashes and spaces.
    words: HashMap<String, String>,
    letters: HashMap<char, String>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../voices/lexicon.zh.toml")).expect("the lexicon is part of the program and tested")
});

/// The Latin word, address or code at the head of `text` in Mandarin, and what follows it.
pub(super) fn word(text: &str) -> (String, &str) {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '@' | '_' | '\'');
    let end = text.find(|c: char| !inside(c)).unwrap_or(text.len());
    let (token, _) = text.split_at(end);
    let token = token.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    let rest = text.get(token.len()..).unwrap_or("");
    let key: String = token.chars().filter(|c| !matches!(c, '-' | '_' | '\'')).collect::<String>().to_lowercase();
    if let Some(reading) = LEXICON.words.get(&key) {
        return (reading.clone(), rest);
    }
    if let Some(said) = versioned(token) {
        return (said, rest);
    }
    let is_address = token.contains('@') || (token.contains('.') && !token.contains('-'));
    if !is_address && token.contains(['-', '.']) {
        let head = token.split(['-', '.']).next().unwrap_or(token);
        if head.len() < token.len() {
            return (one(head), text.get(head.len()..).unwrap_or(""));
        }
    }
    (token.split(['-', '_', '\'']).map(parts).collect(), rest)
}

/// An address by its parts: known words as words, the rest letter by letter.
fn parts(token: &str) -> String {
    let mut out = String::new();
    let mut rest = token;
    while let Some(mark) = rest.find(['@', '.']) {
        let (head, tail) = rest.split_at(mark);
        out.push_str(&one(head));
        out.push_str(if tail.starts_with('@') { "艾特" } else { "点" });
        rest = tail.get(1..).unwrap_or("");
    }
    out + &one(rest)
}

/// `V2.0.1`, `iOS17.2`, `iPhone15`: a word or a letter and the number of its version.
fn versioned(token: &str) -> Option<String> {
    let at = token.find(|c: char| c.is_ascii_digit())?;
    let (stem, number) = token.split_at(at);
    let parts: Vec<&str> = number.split('.').collect();
    if parts.iter().any(|part| part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    if let Some(reading) = LEXICON.words.get(&stem.to_lowercase()) {
        let short = parts.len() <= 2 && parts.first().is_some_and(|first| first.len() <= 2);
        return short.then(|| number_zh::decimal(number).map(|number| format!("{reading}{number}"))).flatten();
    }
    let said = parts.iter().map(|part| number_zh::digits_plain(part)).collect::<Vec<_>>().join("点");
    (stem.eq_ignore_ascii_case("v") && parts.len() > 1).then(|| one(stem) + &said)
}

/// One word without marks; digits inside are said one by one, many of them in groups.
fn one(word: &str) -> String {
    if let Some(reading) = LEXICON.words.get(&word.to_lowercase()) {
        return reading.clone();
    }
    let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
    match LEXICON.words.get(&stem.to_lowercase()) {
        Some(reading) => format!("{reading}{}", number_zh::digits(word)),
        None if word.len() - stem.len() > 5 => {
            stem.chars().map(letter).collect::<String>() + &spoken_groups(word.trim_start_matches(stem), Lang::Zh)
        }
        None => word.chars().map(letter).collect(),
    }
}

fn letter(c: char) -> String {
    if c.is_ascii_digit() {
        return number_zh::digits(&c.to_string());
    }
    LEXICON.letters.get(&c.to_ascii_uppercase()).cloned().unwrap_or_default()
}
