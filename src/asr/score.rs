//! How far a transcript is from the truth: character, word and pinyin error, both sides written alike first.

use crate::text::script::to_simplified;
use crate::text::{Lang, number_zh, pinyin};

/// Errors and the length of what was said.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Errors {
    pub wrong: usize,
    pub of: usize,
}

impl Errors {
    pub fn add(&mut self, other: Errors) {
        self.wrong += other.wrong;
        self.of += other.of;
    }

    /// Errors for each unit said; `None` when nothing was.
    pub fn rate(self) -> Option<f64> {
        (self.of > 0).then(|| self.wrong as f64 / self.of as f64)
    }
}

/// Characters in Mandarin, words in English.
pub fn text_errors(lang: Lang, said: &str, heard: &str) -> Errors {
    compare(&units(lang, said), &units(lang, heard))
}

/// Toneless syllables.
pub fn pinyin_errors(said: &str, heard: &str) -> Errors {
    let sounds = |text: &str| pinyin::plain(&folded_zh(text)).split(' ').filter(|s| !s.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    compare(&sounds(said), &sounds(heard))
}

/// More than twice what was said: the model ran away.
pub fn ran_away(lang: Lang, said: &str, heard: &str) -> bool {
    let (said, heard) = (units(lang, said).len(), units(lang, heard).len());
    heard > 2 * said.max(2)
}

fn compare(said: &[String], heard: &[String]) -> Errors {
    Errors { wrong: edit_distance(said, heard), of: said.len() }
}

fn units(lang: Lang, text: &str) -> Vec<String> {
    match lang {
        Lang::Zh => folded_zh(text).chars().map(String::from).collect(),
        Lang::En => folded_en(text).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect(),
    }
}

/// Simplified, lower case, without punctuation; `128` as 一百二十八 and longer or zero-led rows of digits one by one; 幺 as 一.
fn folded_zh(text: &str) -> String {
    let mut folded = String::new();
    let mut digits = String::new();
    for character in to_simplified(text).chars().flat_map(char::to_lowercase).chain(['。']) {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        folded.push_str(&spoken_digits(&digits));
        digits.clear();
        match character {
            '幺' => folded.push('一'),
            '〇' => folded.push('零'),
            '两' => folded.push('二'),
            '%' => folded.push_str("百分之"),
            _ if character.is_alphanumeric() => folded.push(character),
            _ => {}
        }
    }
    folded
}

/// A row of five digits or more, or one that begins with zero, is a code; anything else a quantity.
fn spoken_digits(digits: &str) -> String {
    let is_code = digits.len() >= 5 || (digits.len() > 1 && digits.starts_with('0'));
    match digits.parse() {
        Ok(quantity) if !is_code => number_zh::cardinal(quantity).replace('两', "二"),
        _ => number_zh::digits_plain(digits),
    }
}

const DIGITS_EN: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/// Lower case, apostrophes dropped, other punctuation a space, digits one by one in words.
fn folded_en(text: &str) -> String {
    let mut folded = String::new();
    for character in text.chars().flat_map(char::to_lowercase) {
        match character.to_digit(10).and_then(|digit| DIGITS_EN.get(digit as usize)) {
            Some(word) => folded.extend([" ", word, " "]),
            None if character.is_alphanumeric() => folded.push(character),
            None if matches!(character, '\'' | '’') => {}
            None => folded.push(' '),
        }
    }
    folded
}

/// Levenshtein's distance.
fn edit_distance(from: &[String], to: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, left) in from.iter().enumerate() {
        let mut diagonal = index;
        let mut before = index + 1;
        if let Some(first) = row.first_mut() {
            *first = before;
        }
        for (right, cell) in to.iter().zip(row.iter_mut().skip(1)) {
            let replaced = diagonal + usize::from(left != right);
            diagonal = *cell;
            *cell = replaced.min(*cell + 1).min(before + 1);
            before = *cell;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lang: Lang, said: &str, heard: &str, wrong: usize, of: usize) {
        assert_eq!(text_errors(lang, said, heard), Errors { wrong, of }, "{said} / {heard}");
    }

    #[test]
    fn both_sides_are_written_alike() {
        check(Lang::Zh, "查话费", "查話費。", 0, 3);
        check(Lang::Zh, "幺三八零零幺三八零零零", "13800138000", 0, 11);
        check(Lang::Zh, "一百二十八块五", "128块5", 0, 7);
        check(Lang::Zh, "两百兆", "200兆", 0, 3);
        check(Lang::Zh, "查话费", "查花费", 1, 3);
        check(Lang::Zh, "查话费", "", 3, 3);
        check(Lang::Zh, "", "好", 1, 0);
        check(Lang::En, "Don't press 10.", "dont press one zero", 0, 4);
        check(Lang::En, "please hold", "please fold now", 2, 2);
    }

    #[test]
    fn sounds_forgive_wrong_characters() {
        assert_eq!(pinyin_errors("查话费", "茶花费"), Errors { wrong: 0, of: 3 });
        assert_eq!(pinyin_errors("查话费", "查流量"), Errors { wrong: 2, of: 3 });
    }

    #[test]
    fn run_aways() {
        assert!(ran_away(Lang::Zh, "是的", "是的是的是的"));
        assert!(!ran_away(Lang::Zh, "是", "是的啊"));
    }
}
