//! How many days something is to last: `三十天的流量包`, `for 28 days`.

use crate::text::{Lang, number_en, number_zh};
use std::ops::Range;

/// Nothing that is sold lasts longer.
const MOST: i64 = 3660;

/// The first length in days in running text and the bytes it stands in; points in time (`三天前`, `in two days`) do not count.
pub(super) fn find(text: &str, lang: Lang) -> Option<(i64, Range<usize>)> {
    let unit = match lang {
        Lang::Zh => "天",
        Lang::En => "days",
    };
    text.match_indices(unit).find_map(|(at, _)| {
        let (before, after) = (text.get(..at)?, text.get(at + unit.len()..)?);
        let (start, days) = match lang {
            Lang::Zh => mandarin(before, after)?,
            Lang::En => english(before, after)?,
        };
        (1..=MOST).contains(&days).then_some((days, start..at + unit.len()))
    })
}

fn mandarin(before: &str, after: &str) -> Option<(usize, i64)> {
    if after.starts_with(['前', '之', '以', '后', '没', '了', '都', '内', '左', '气']) {
        return None;
    }
    let numeral = |c: char| number_zh::parse_cardinal(&c.to_string()).is_some() || matches!(c, '百' | '两');
    let start = before.trim_end_matches(numeral).len();
    let number = before.get(start..)?;
    let point = before.get(..start)?.ends_with(['第', '这', '那', '前', '后', '几', '过']);
    (!point).then(|| number_zh::parse_cardinal(number)).flatten().map(|days| (start, days))
}

fn english(before: &str, after: &str) -> Option<(usize, i64)> {
    let ago = after.trim_start().starts_with("ago");
    let words: Vec<&str> = before.split_whitespace().collect();
    let count = (1..=3).rev().find_map(|count| {
        let number = words.get(words.len().checked_sub(count)?..)?;
        number_en::parse_cardinal(&number.join(" ")).map(|days| (count, days))
    });
    let (count, days) = count.filter(|_| !ago)?;
    let head = words.get(..words.len() - count)?;
    let first = words.get(words.len() - count)?;
    let start = before.rfind(first)?;
    (!matches!(head.last(), Some(&"in" | &"last" | &"past"))).then_some((start, days))
}
