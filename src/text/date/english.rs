//! Months, days and times in English.

use super::{MONTHS, Month, WEEKDAYS, coming_weekday, day_of_month, days_ahead, latest_month, nearest_day, weekday_of_week};
use crate::text::number_en;
use jiff::civil::{Date, Time};

pub(super) fn month(text: &str, today: Date) -> Option<Month> {
    let lower = text.trim().to_lowercase();
    let this = Month::of(today);
    match lower.as_str() {
        "this month" | "the current month" | "current month" => return Some(this),
        "last month" | "the last month" | "the previous month" | "previous month" => return Some(this.earlier(1)),
        "the month before last" | "two months ago" => return Some(this.earlier(2)),
        _ => {}
    }
    let (name, rest) = lower.split_once([' ', ',']).unwrap_or((lower.as_str(), ""));
    if let ("last", name) = (name, rest) {
        let month = latest_month(month_number(name)?, today)?;
        return Some(if month == this { Month { year: this.year - 1, ..month } } else { month });
    }
    let month = latest_month(month_number(name)?, today)?;
    let year = match rest.trim().strip_prefix("of ").unwrap_or(rest.trim()) {
        "" => return Some(month),
        "this year" => today.year(),
        "last year" => today.year() - 1,
        written => year(written)?,
    };
    let month = Month { year, ..month };
    (month <= this).then_some(month)
}

/// `may` as a verb; a month that is the head of a day (`October third`).
pub(super) fn is_no_month(candidate: &str, before: &str, after: &str) -> bool {
    let lower = candidate.to_lowercase();
    let verb = matches!(lower.as_str(), "may" | "march")
        && !candidate.starts_with(char::is_uppercase)
        && !["in", "for", "of", "last", "from"].iter().any(|word| before.trim_end().to_lowercase().ends_with(word));
    let next = after.split_whitespace().next().unwrap_or_default().trim_matches(|c: char| !c.is_alphanumeric());
    let next_is_day = number_en::parse_ordinal(next).is_some() || (next.len() <= 2 && number_en::parse_cardinal(next).is_some());
    verb || (next_is_day && !lower.ends_with("month"))
}

fn month_number(name: &str) -> Option<i64> {
    let name = name.trim_end_matches('.');
    let matching = |known: &str| known == name || (name.len() >= 3 && known.starts_with(name) && (name.len() == 3 || name == "sept"));
    MONTHS.iter().position(|known| matching(known)).and_then(|index| i64::try_from(index + 1).ok())
}

/// `2026`, `twenty twenty-six`, `two thousand and five`.
fn year(text: &str) -> Option<i16> {
    if let Some(year) = number_en::parse_cardinal(text).and_then(|year| i16::try_from(year).ok()).filter(|year| (1900..2200).contains(year))
    {
        return Some(year);
    }
    let (century, rest) = text.split_once(' ')?;
    let century = number_en::parse_cardinal(century).filter(|century| (19..22).contains(century))?;
    let rest = number_en::parse_cardinal(rest).filter(|rest| (10..100).contains(rest))?;
    i16::try_from(century * 100 + rest).ok()
}

pub(super) fn day(text: &str, today: Date) -> Option<Date> {
    let lower = text.trim().to_lowercase();
    match lower.as_str() {
        "today" | "tonight" => return Some(today),
        "tomorrow" => return days_ahead(1, today),
        "the day after tomorrow" | "day after tomorrow" => return days_ahead(2, today),
        "yesterday" => return days_ahead(-1, today),
        "the day before yesterday" => return days_ahead(-2, today),
        "this weekend" | "the weekend" => return weekday_of_week(5, 0, today),
        "next weekend" => return weekday_of_week(5, 1, today),
        _ => {}
    }
    if let Ok(date) = lower.parse::<Date>() {
        return Some(date);
    }
    if let Some(count) = lower.strip_prefix("in ").and_then(|rest| rest.strip_suffix(" days")) {
        return days_ahead(number_en::parse_cardinal(count)?, today);
    }
    weekday(&lower, today).or_else(|| calendar_day(&lower, today))
}

/// `next Tuesday` is the one of next week, `this Friday` and `Friday` the coming one.
fn weekday(text: &str, today: Date) -> Option<Date> {
    let text = text.strip_prefix("on ").unwrap_or(text);
    let (weeks, name) = [("next ", Some(1)), ("this ", Some(0)), ("last ", Some(-1)), ("", None)]
        .into_iter()
        .find_map(|(head, weeks)| text.strip_prefix(head).map(|name| (weeks, name)))?;
    let weekday = WEEKDAYS.iter().position(|known| *known == name).and_then(|index| i64::try_from(index).ok())?;
    match weeks {
        Some(0) | None => coming_weekday(weekday, today),
        Some(weeks) => weekday_of_week(weekday, weeks, today),
    }
}

/// `October third`, `October 3rd 2026`, `the third of October`, `3 October`, `the third`.
fn calendar_day(text: &str, today: Date) -> Option<Date> {
    let text = text.strip_prefix("on ").unwrap_or(text).replace(',', " ");
    let article = text.starts_with("the ");
    let words: Vec<&str> = text.split_whitespace().filter(|word| !matches!(*word, "the" | "of")).collect();
    let ordinal = |words: &[&str]| number_en::parse_ordinal(&words.join(" "));
    let number = |words: &[&str]| ordinal(words).or_else(|| number_en::parse_cardinal(&words.join(" ")));
    let Some(at) = words.iter().position(|word| month_number(word).is_some()) else {
        return if article { day_of_month(ordinal(&words)?, today) } else { None };
    };
    let (before, from) = words.split_at(at);
    let (name, after) = from.split_first()?;
    let month = month_number(name)?;
    let (day, written_year) = match (before, after) {
        ([], [day @ .., last]) if !day.is_empty() && year(last).is_some() => (number(day)?, year(last)),
        ([], day) => (number(day)?, None),
        (day, []) => (number(day)?, None),
        (day, rest) => (number(day)?, Some(year(&rest.join(" "))?)),
    };
    match written_year {
        Some(year) => Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok(),
        None => nearest_day(month, day, today),
    }
}

pub(super) fn time(text: &str) -> Option<Time> {
    let lower = text.trim().to_lowercase().replace("a.m.", "am").replace("p.m.", "pm").replace("o'clock", "oclock");
    let lower = lower.strip_prefix("at ").unwrap_or(&lower);
    match lower {
        "noon" | "midday" => return Time::new(12, 0, 0, 0).ok(),
        "midnight" => return Time::new(0, 0, 0, 0).ok(),
        _ => {}
    }
    let halves = [
        (" in the morning", false),
        (" in the afternoon", true),
        (" in the evening", true),
        (" at night", true),
        (" tonight", true),
        ("am", false),
        ("pm", true),
    ];
    let half = halves.into_iter().find_map(|(tail, after_noon)| lower.strip_suffix(tail).map(|rest| (Some(after_noon), rest)));
    let (after_noon, clock) = half.unwrap_or((None, lower));
    let clock = clock.trim();
    let (hour, minute) = if let Some(hour) = clock.strip_prefix("half past ") {
        (number_en::parse_cardinal(hour)?, 30)
    } else if let Some(hour) = clock.strip_prefix("quarter past ").or_else(|| clock.strip_prefix("a quarter past ")) {
        (number_en::parse_cardinal(hour)?, 15)
    } else if let Some(hour) = clock.strip_suffix("oclock") {
        (number_en::parse_cardinal(hour)?, 0)
    } else if let Some((hour, minute)) = clock.split_once(':') {
        (hour.parse().ok()?, minute.parse().ok().filter(|_| minute.len() == 2)?)
    } else if let Some((hour, minute)) = clock.split_once(' ') {
        after_noon?;
        (number_en::parse_cardinal(hour)?, number_en::parse_cardinal(minute.strip_prefix("oh ").unwrap_or(minute))?)
    } else {
        after_noon?;
        (number_en::parse_cardinal(clock)?, 0)
    };
    let hour = match after_noon {
        Some(true) if (1..12).contains(&hour) => hour + 12,
        Some(false) if hour == 12 => 0,
        _ => hour,
    };
    Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok()
}
