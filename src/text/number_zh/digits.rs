//! Mandarin digit strings: telephone numbers, codes, PINs.

use std::ops::Range;

/// Digit by digit, the entire string: `幺三八零零` → `13800`, `双二` → `22`, `三个八` → `888`; spaces, commas and dashes between them do
/// not count.
pub fn parse_digits(text: &str) -> Option<String> {
    let characters: Vec<char> = text.chars().collect();
    let (digits, used) = run(&characters);
    (used == characters.len() && !digits.is_empty()).then_some(digits)
}

/// The digits inside a longer sentence and the bytes they stand in: the run of exactly `length` digits, or without `length` the longest
/// run of at least three. A leading +86 or 86 of an eleven-digit number does not count.
pub fn find_digits(text: &str, length: Option<usize>) -> Option<(String, Range<usize>)> {
    let (starts, characters): (Vec<usize>, Vec<char>) = text.char_indices().unzip();
    let mut best: Option<(String, Range<usize>)> = None;
    let mut at = 0;
    while let Some(rest) = characters.get(at..).filter(|rest| !rest.is_empty()) {
        let (digits, used) = run(rest);
        if digits.is_empty() {
            at += 1;
            continue;
        }
        let end = at + used;
        let span = starts.get(at).copied().unwrap_or(0)..starts.get(end).copied().unwrap_or(text.len());
        at = end;
        let digits = match (length, digits.strip_prefix("86")) {
            (Some(11), Some(rest)) if rest.len() == 11 => rest.to_owned(),
            _ => digits,
        };
        let fits = length.map_or(digits.len() >= 3, |length| digits.len() == length);
        let longer = best.as_ref().is_none_or(|(known, _)| digits.len() > known.len());
        if fits && longer {
            best = Some((digits, span));
        }
    }
    best
}

/// The figure of a numeral that stands for one digit, said or written.
pub fn digit(c: char) -> Option<char> {
    Some(match c {
        '0'..='9' => c,
        '０'..='９' => char::from_u32(u32::from(c) - 0xFEE0)?,
        '零' | '〇' | '○' | '洞' => '0',
        '一' | '幺' | '吆' => '1',
        '二' | '两' | '兩' => '2',
        '三' => '3',
        '四' => '4',
        '五' => '5',
        '六' => '6',
        '七' | '拐' => '7',
        '八' => '8',
        '九' | '勾' => '9',
        _ => return None,
    })
}

/// The digits that `text` begins with and how many characters they take; separators count only between digits.
pub(in crate::text) fn run(text: &[char]) -> (String, usize) {
    let mut digits = String::new();
    let mut used = 0;
    let mut at = 0;
    loop {
        let (said, length) = match text.get(at..).unwrap_or_default() {
            [count, '个' | '個', what, ..] if digit(*count) > Some('1') && digit(*what).is_some() => {
                let count = digit(*count).and_then(|count| count.to_digit(10)).unwrap_or(0);
                (std::iter::repeat_n(digit(*what), count as usize).flatten().collect(), 3)
            }
            ['双' | '雙', what, ..] if digit(*what).is_some() => (std::iter::repeat_n(digit(*what), 2).flatten().collect(), 2),
            [what, ..] if digit(*what).is_some() => (digit(*what).into_iter().collect::<String>(), 1),
            [' ' | ',' | '，' | '、' | '-' | '－' | '.' | '。', ..] if !digits.is_empty() => {
                at += 1;
                continue;
            }
            ['+', what, ..] if digits.is_empty() && digit(*what).is_some() => {
                at += 1;
                continue;
            }
            _ => return (digits, used),
        };
        digits.push_str(&said);
        at += length;
        used = at;
    }
}
