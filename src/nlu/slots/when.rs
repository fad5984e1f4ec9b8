//! When a visit or a call suits: the time of day, the part of the day, or how long from now.

use crate::text::date::find_time;
use crate::text::{Lang, Record, Value, number_en, number_zh};

/// Adds `moment` (a day with a time), `time` (a time alone, `15:30`), `part_of_day` (morning, noon, afternoon, evening) and `minutes` (so long from now).
pub(super) fn add(found: &mut Record, text: &str, lang: Lang) {
    if let Some((time, _)) = find_time(text, lang) {
        match found.get("date") {
            Some(Value::Day(day)) => found.insert("moment".to_owned(), Value::Moment(day.to_datetime(time))),
            _ => found.insert("time".to_owned(), Value::Text(format!("{:02}:{:02}", time.hour(), time.minute()))),
        };
    }
    if let Some(part) = part_of_day(text, lang) {
        found.insert("part_of_day".to_owned(), Value::Text(part.to_owned()));
    }
    if let Some(minutes) = minutes(text, lang) {
        found.insert("minutes".to_owned(), Value::Number(minutes));
    }
}

fn minutes(text: &str, lang: Lang) -> Option<i64> {
    match lang {
        Lang::Zh => minutes_zh(text),
        Lang::En => minutes_en(&text.to_lowercase()),
    }
    .filter(|minutes| (1..=MOST_MINUTES).contains(minutes))
}

/// A day; who means more names it.
const MOST_MINUTES: i64 = 24 * 60;

/// `过半个小时`, `一个半小时以后`, `二十分钟后`; without such a word it is a length of time, not a moment.
fn minutes_zh(text: &str) -> Option<i64> {
    const UNITS: [(&str, i64, i64); 6] =
        [("个半小时", 60, 30), ("个多小时", 60, 30), ("个小时", 60, 0), ("个钟头", 60, 0), ("小时", 60, 0), ("分钟", 1, 0)];
    let (at, unit, each, more) =
        UNITS.iter().filter_map(|(unit, each, more)| text.find(unit).map(|at| (at, *unit, *each, *more))).min_by_key(|(at, ..)| *at)?;
    let (before, after) = (text.get(..at)?, text.get(at + unit.len()..)?);
    let starts = before.char_indices().rev().map(|(at, _)| at).take_while(|at| {
        before.get(*at..).is_some_and(|count| count.chars().all(|c| c.is_ascii_digit() || "半一二两三四五六七八九十".contains(c)))
    });
    let count = before.get(starts.last()?..)?;
    let lead = before.strip_suffix(count)?;
    let is_wait = lead.ends_with(['过', '等', '隔']) || ["以后", "之后", "后", "再"].iter().any(|word| after.starts_with(word));
    let number = if count == "半" { each / 2 } else { number_zh::parse_cardinal(count)? * each + more };
    is_wait.then_some(number)
}

/// `in half an hour`, `in two hours`, `twenty minutes from now`.
fn minutes_en(text: &str) -> Option<i64> {
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let unit = words.iter().position(|word| matches!(*word, "minute" | "minutes" | "hour" | "hours"))?;
    let each = if words.get(unit)?.starts_with("hour") { 60 } else { 1 };
    let start = words.get(..unit)?.iter().rposition(|word| *word == "in").map(|at| at + 1);
    let from_now = words.get(unit + 1..unit + 3) == Some(["from", "now"].as_slice());
    let count = match start {
        Some(start) => words.get(start..unit)?.join(" "),
        None if from_now => (*words.get(unit.checked_sub(1)?)?).to_owned(),
        None => return None,
    };
    Some(match count.as_str() {
        "a" | "an" => each,
        "half an" | "half a" => each / 2,
        "a couple of" => 2 * each,
        "a few" => 10.min(5 * each),
        count => number_en::parse_cardinal(count)? * each,
    })
}

fn part_of_day(text: &str, lang: Lang) -> Option<&'static str> {
    let words: &[(&str, &str)] = match lang {
        Lang::Zh => &[
            ("上午", "morning"),
            ("早上", "morning"),
            ("早晨", "morning"),
            ("中午", "noon"),
            ("下午", "afternoon"),
            ("午后", "afternoon"),
            ("晚上", "evening"),
            ("傍晚", "evening"),
            ("今晚", "evening"),
            ("明晚", "evening"),
        ],
        Lang::En => &[("morning", "morning"), ("noon", "noon"), ("afternoon", "afternoon"), ("evening", "evening"), ("tonight", "evening")],
    };
    let lower = text.to_lowercase();
    let said = |word: &str| {
        lower.match_indices(word).any(|(at, _)| {
            let (before, after) = (lower.get(..at).unwrap_or_default(), lower.get(at + word.len()..).unwrap_or_default());
            let inside_word = lang == Lang::En && before.ends_with(|c: char| c.is_ascii_alphabetic());
            let greeting = after.starts_with('好') || before.trim_end().ends_with("good");
            !inside_word && !greeting
        })
    };
    words.iter().find(|(word, _)| said(word)).map(|(_, part)| *part)
}
