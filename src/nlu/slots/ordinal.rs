//! Which one of several: `第二个`, `套餐二`, `the second one`.

use crate::text::{Lang, number_en, number_zh};
use std::ops::Range;

/// Lists that are read out are no longer.
const MOST: i64 = 9;

/// The first ordinal in running text and the bytes it stands in.
pub(super) fn find(text: &str, lang: Lang) -> Option<(i64, Range<usize>)> {
    match lang {
        Lang::Zh => mandarin(text),
        Lang::En => english(text),
    }
}

fn mandarin(text: &str) -> Option<(i64, Range<usize>)> {
    let heads = ["第", "套餐", "业务", "方案", "选项"];
    text.char_indices().find_map(|(start, _)| {
        let rest = text.get(start..)?;
        let head = heads.into_iter().find(|head| rest.starts_with(head))?;
        let after_head = rest.get(head.len()..)?;
        let number = after_head.trim_start();
        let character = number.chars().next().filter(|c| *c != '零' && *c != '0')?;
        let place = number_zh::parse_cardinal(&character.to_string()).filter(|place| (1..=MOST).contains(place))?;
        let after = number.get(character.len_utf8()..)?;
        let counts = after.trim_start().starts_with(|c: char| {
            number_zh::parse_cardinal(&c.to_string()).is_some()
                || matches!(c, '百' | '千' | '万' | '点' | 'G' | 'g' | '兆' | '块' | '元' | '分' | '毛')
        });
        let measure = after.chars().next().filter(|c| "个项种条位样档".contains(*c));
        let rest = measure.map_or(after, |measure| after.get(measure.len_utf8()..).unwrap_or_default());
        // `第二个月`, `套餐一共`, `业务一个` say something else.
        let other = match head {
            "第" => rest.starts_with(['月', '天', '年', '次', '季', '星', '周', '遍']),
            _ => measure.is_some() || after.starts_with(['共', '直', '样', '下', '月', '般', '定', '天', '年', '起', '次', '些']),
        };
        let end = text.len() - if head == "第" { rest.len() } else { after.len() };
        (!counts && !other).then_some((place, start..end))
    })
}

fn english(text: &str) -> Option<(i64, Range<usize>)> {
    let mut start = 0;
    let words: Vec<(Range<usize>, String)> = text
        .split_inclusive(char::is_whitespace)
        .map(|piece| {
            let word = piece.trim_matches(|c: char| !c.is_ascii_alphanumeric());
            let at = start + piece.find(word).unwrap_or(0);
            start += piece.len();
            (at..at + word.len(), word.to_lowercase())
        })
        .collect();
    words.windows(2).find_map(|pair| {
        let [(first, head), (second, tail)] = pair else { return None };
        let place = match (head.as_str(), tail.as_str()) {
            (ordinal, "one" | "option" | "plan" | "choice") => number_en::parse_ordinal(ordinal),
            ("option" | "plan" | "number" | "choice", number) => number_en::parse_cardinal(number),
            _ => None,
        }?;
        (1..=MOST).contains(&place).then_some((place, first.start..second.end))
    })
}
