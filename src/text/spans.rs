//! Looks for something that a parser of whole strings can read inside a longer sentence: the leftmost, the longest there.

use super::Lang;
use std::ops::Range;

/// What stands around a candidate.
pub(super) struct Around<'a> {
    pub before: &'a str,
    pub after: &'a str,
}

impl Around<'_> {
    /// Whether a Mandarin numeral stands at either end, so that the candidate would cut a number in two.
    pub fn cuts_number(&self, candidate: &str) -> bool {
        let is_numeral = |c: Option<char>| c.is_some_and(|c| super::number_zh::is_numeral(c) && c != '半' && c != '点');
        let head = is_numeral(self.before.chars().next_back()) && is_numeral(candidate.chars().next());
        let tail = is_numeral(self.after.chars().next()) && is_numeral(candidate.chars().next_back());
        head || tail
    }
}

/// The first value that `read` finds in `text`, with the bytes it stands in. A candidate is up to `most` characters of Chinese or words of
/// English; English candidates come without the punctuation at their ends.
pub(super) fn find<T>(text: &str, lang: Lang, most: usize, read: impl Fn(&str, Around<'_>) -> Option<T>) -> Option<(T, Range<usize>)> {
    let units = units(text, lang);
    for (at, first) in units.iter().enumerate() {
        for last in units.iter().skip(at).take(most).rev() {
            let (Some(candidate), Some(before), Some(after)) =
                (text.get(first.start..last.end), text.get(..first.start), text.get(last.end..))
            else {
                continue;
            };
            if let Some(value) = read(candidate, Around { before, after }) {
                return Some((value, first.start..last.end));
            }
        }
    }
    None
}

/// Characters of Chinese (a run of ASCII letters or of digits counts as one), words of English.
fn units(text: &str, lang: Lang) -> Vec<Range<usize>> {
    let mut units: Vec<Range<usize>> = Vec::new();
    let mut kind_before = None;
    for (at, c) in text.char_indices() {
        let kind = match lang {
            Lang::Zh if c.is_ascii_digit() => Some('0'),
            Lang::Zh if c.is_ascii_alphabetic() => Some('a'),
            Lang::Zh => None,
            Lang::En if c.is_whitespace() => None,
            Lang::En => Some('a'),
        };
        let end = at + c.len_utf8();
        match units.last_mut() {
            Some(last) if kind.is_some() && kind == kind_before => last.end = end,
            _ if lang == Lang::En && c.is_whitespace() => {}
            _ => units.push(at..end),
        }
        kind_before = kind;
    }
    if lang == Lang::En {
        for unit in &mut units {
            let word = text.get(unit.clone()).unwrap_or_default();
            let is_edge = |c: char| matches!(c, ',' | '.' | '?' | '!' | ';' | ':' | '"' | '\'' | '(' | ')');
            let start = unit.start + (word.len() - word.trim_start_matches(is_edge).len());
            let end = start + word.trim_matches(is_edge).len();
            *unit = start..end;
        }
        units.retain(|unit| !unit.is_empty());
    }
    units
}
