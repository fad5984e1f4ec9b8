//! When a visit or a call suits: the time of day, and the part of the day.

use crate::text::date::find_time;
use crate::text::{Lang, Record, Value};

/// Adds `moment` (a day with a time), `time` (a time alone, `15:30`) and `part_of_day` (morning, noon, afternoon, evening).
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
