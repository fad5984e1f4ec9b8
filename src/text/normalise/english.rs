//! Reading aloud in English.

mod abbreviations;
mod units;

use super::shape::{Shape, digits as leading_digits, shape};
use crate::text::value::spoken_groups;
use crate::text::{Lang, Money, date, number_en};
use jiff::civil::{Date, Time};

pub(super) fn spoken(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let text = abbreviations::written_out(text);
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let tail = rest.get(first.len_utf8()..).unwrap_or("");
        let digit_follows = tail.starts_with(|c: char| c.is_ascii_digit());
        let before = out.chars().next_back();
        let inside_word = before.is_some_and(char::is_alphanumeric);
        rest = match first {
            '¥' | '￥' | '$' if digit_follows => money(first, tail, &mut out),
            '-' if tail.starts_with(['¥', '￥', '$']) => {
                out.push_str("minus ");
                tail
            }
            'R' | 'C' if !inside_word && currency(rest).is_some() => money('¥', currency(rest).unwrap_or_default(), &mut out),
            '+' if foreign(tail).is_some() => {
                out.push_str("plus eight six, ");
                foreign(tail).unwrap_or_default()
            }
            '0'..='9' if inside_word && version(rest).is_some() => {
                let (said, after) = version(rest).unwrap_or_default();
                out.push_str(&format!(" {said}"));
                after
            }
            '0'..='9' if inside_word => {
                let (digits, after) = leading_digits(rest);
                let said = if digits.len() > 4 { spoken_groups(digits, Lang::En) } else { number_en::digits(digits) };
                out.push_str(&format!(" {said}"));
                after
            }
            '0'..='9' => number(rest, &mut out),
            '-' if digit_follows && out.ends_with(" for") => {
                out.push(' ');
                tail
            }
            '-' if digit_follows && !inside_word => {
                out.push_str("minus ");
                number(tail, &mut out)
            }
            _ => {
                symbol(first, inside_word, tail, &mut out);
                tail
            }
        };
        if rest.starts_with(char::is_alphabetic) && first.is_ascii_digit() && out.ends_with(|c: char| c.is_ascii_lowercase()) {
            out.push(' ');
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The amount behind `RMB` or `CNY`.
fn currency(text: &str) -> Option<&str> {
    let amount = text.strip_prefix("RMB").or_else(|| text.strip_prefix("CNY"))?.trim_start();
    amount.starts_with(|c: char| c.is_ascii_digit()).then_some(amount)
}

/// What follows 86 when a mobile number does.
fn foreign(text: &str) -> Option<&str> {
    let number = text.strip_prefix("86")?.trim_start_matches([' ', '-']);
    matches!(shape(number), Some((Shape::Phone(_), _))).then_some(number)
}

/// `2.0.1` behind a letter.
fn version(text: &str) -> Option<(String, &str)> {
    let Some((Shape::Version(written), rest)) = shape(text) else { return None };
    Some((written.split('.').map(number_en::digits).collect::<Vec<_>>().join(" point "), rest))
}

fn symbol(c: char, inside_word: bool, after: &str, out: &mut String) {
    match c {
        '&' => out.push_str(" and "),
        '+' => out.push_str(" plus "),
        '@' => out.push_str(" at "),
        '%' => out.push_str(" percent "),
        '#' => out.push_str(" hash "),
        '*' => out.push_str(" star "),
        '=' => out.push_str(" equals "),
        '.' if inside_word && after.starts_with(char::is_alphanumeric) => out.push_str(" dot "),
        '/' if inside_word && after.starts_with(char::is_alphanumeric) => out.push_str(" or "),
        '_' if inside_word && after.starts_with(char::is_alphanumeric) => out.push_str(" underscore "),
        '>' if after.starts_with(|c: char| c.is_ascii_digit()) => out.push_str(" more than "),
        '<' if after.starts_with(|c: char| c.is_ascii_digit()) => out.push_str(" less than "),
        '≥' => out.push_str(" at least "),
        '≤' => out.push_str(" at most "),
        '±' => out.push_str(" plus or minus "),
        '~' if !inside_word && after.starts_with(|c: char| c.is_ascii_digit()) => out.push_str(" about "),
        '"' | '“' | '”' | '[' | ']' | '{' | '}' | '<' | '>' | '_' | '~' | '^' | '|' => out.push(' '),
        '‘' => {}
        '’' if after.starts_with(char::is_alphanumeric) => out.push('\''),
        '’' => {}
        '(' if !out.is_empty() => {
            let end = out.trim_end().len();
            out.truncate(end);
            out.push_str(", ");
        }
        ')' if after.starts_with(char::is_whitespace) => out.push(','),
        '(' | ')' => {}
        '—' | '–' => {
            let end = out.trim_end().len();
            out.truncate(end);
            out.push_str(", ");
        }
        other => out.push(other),
    }
}

fn money<'a>(sign: char, text: &'a str, out: &mut String) -> &'a str {
    let Some((Shape::Number(written), rest)) = shape(text) else { return number(text, out) };
    let large = ["million", "thousand", "billion"].into_iter().find(|size| rest.trim_start().starts_with(size));
    if let Some(size) = large {
        out.push_str(&format!("{} {size} {}", plain(&written), if sign == '$' { "dollars" } else { "yuan" }));
        return rest.trim_start().strip_prefix(size).unwrap_or(rest);
    }
    if rest.strip_prefix('-').is_some_and(|to| to.starts_with(|c: char| c.is_ascii_digit())) {
        out.push_str(&format!("{} to ", plain(&written)));
        return money(sign, rest.strip_prefix('-').unwrap_or(rest), out);
    }
    let said = amount(&written);
    out.push_str(&if sign == '$' { said.replacen("yuan", "dollars", 1) } else { said });
    per(rest, out)
}

/// `/GB` behind an amount.
fn per<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let Some(after) = rest.strip_prefix('/').filter(|after| after.starts_with(|c: char| c.is_ascii_alphabetic())) else { return rest };
    let (letters, behind) = after.split_at(after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len()));
    let name = match letters {
        "GB" | "G" => "gigabyte",
        "MB" | "M" => "megabyte",
        "min" => "minute",
        "h" | "hr" => "hour",
        other => other,
    };
    out.push_str(&format!(" per {name}"));
    behind
}

pub(super) fn amount(written: &str) -> String {
    match Money::parse(written, Lang::En) {
        Some(money) => money.spoken(Lang::En),
        None => format!("{} yuan", plain(written)),
    }
}

fn number<'a>(text: &'a str, out: &mut String) -> &'a str {
    let Some((written, rest)) = shape(text) else { return "" };
    match written {
        Shape::Date { year, month, day } => {
            let day = Date::new(year, month, day).map(|day| date::spoken_day(day, Lang::En)).unwrap_or_default();
            out.push_str(&format!("{day}, {}", number_en::year(year)));
            if rest.starts_with(' ') && matches!(shape(rest.trim_start()), Some((Shape::Time { .. }, _))) {
                out.push(',');
            }
            rest
        }
        Shape::Time { hour, minute } => {
            let (half, after) = half_of_day(rest);
            match half {
                Some(half) => {
                    let minutes = match minute {
                        0 => String::new(),
                        1..10 => format!(" oh {}", number_en::cardinal(minute.into())),
                        _ => format!(" {}", number_en::cardinal(minute.into())),
                    };
                    out.push_str(&format!("{}{minutes} {half}", number_en::cardinal(hour.into())));
                }
                None => {
                    let time = Time::new(hour % 24, minute, 0, 0).map(|time| date::spoken_time(time, Lang::En));
                    out.push_str(&time.unwrap_or_default());
                }
            }
            ranged(after, out)
        }
        Shape::Phone(groups) => {
            let groups: Vec<String> = groups.iter().map(|group| number_en::digits(group)).collect();
            out.push_str(&groups.join(", "));
            rest
        }
        Shape::Masked(head, tail) => {
            out.push_str(&format!("{}, {}", number_en::digits(&head), number_en::digits(&tail)));
            rest
        }
        Shape::Version(written) => {
            let parts: Vec<String> = written.split('.').map(number_en::digits).collect();
            out.push_str(&parts.join(" point "));
            rest
        }
        // Thousands separators say that it is an amount.
        Shape::Number(written) if text.len() - rest.len() > written.len() && written.len() > 6 => {
            out.push_str(&plain(&written));
            rest
        }
        Shape::Number(written) => quantity(&written, rest, out),
    }
}

/// `am` or `pm` behind a clock time.
fn half_of_day(rest: &str) -> (Option<&'static str>, &str) {
    let after = rest.trim_start();
    for (written, half) in [("a.m.", "am"), ("p.m.", "pm"), ("am", "am"), ("pm", "pm"), ("AM", "am"), ("PM", "pm")] {
        if let Some(after) = after.strip_prefix(written).filter(|after| !after.starts_with(char::is_alphanumeric)) {
            return (Some(half), after);
        }
    }
    (None, rest)
}

fn ranged<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let after = rest.trim_start().strip_prefix(['-', '~', '–', '—']).map(str::trim_start);
    match after.filter(|after| after.starts_with(|c: char| c.is_ascii_digit())) {
        Some(after) => {
            out.push_str(" to ");
            after
        }
        None => rest,
    }
}

fn quantity<'a>(written: &str, rest: &'a str, out: &mut String) -> &'a str {
    let after = rest.trim_start();
    if let Some(after) = after.strip_prefix('%') {
        out.push_str(&format!("{} percent", plain(written)));
        return ranged(after, out);
    }
    let glued = rest.len() == after.len();
    if let Some(to) = rest
        .strip_prefix('-')
        .filter(|to| to.split_once('%').is_some_and(|(number, _)| number.bytes().all(|b| b.is_ascii_digit()) && !number.is_empty()))
    {
        out.push_str(&format!("{} to ", plain(written)));
        return to;
    }
    if let Some(said) = day_of_month(written, after, out) {
        out.push_str(&said);
        return rest;
    }
    if let Some((said, behind)) = units::unit(written, after, glued) {
        out.push_str(&said);
        return per(behind, out);
    }
    if let Some(word) = rest.strip_prefix('-').filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()) && written.len() <= 3) {
        out.push_str(&format!("{} ", plain(written)));
        // 2-for-1 goes on with another number.
        return word;
    }
    if let Some(more) = rest.strip_prefix('+').filter(|more| more.starts_with(' ')) {
        out.push_str(&format!("more than {}", plain(written)));
        return more;
    }
    if let Some(ratio) = rest.strip_prefix(':').filter(|ratio| ratio.starts_with(|c: char| c.is_ascii_digit())) {
        out.push_str(&format!("{} to ", plain(written)));
        return ratio;
    }
    if let Some(second) = rest.strip_prefix('x').filter(|second| second.starts_with(|c: char| c.is_ascii_digit())) {
        out.push_str(&format!("{} by ", plain(written)));
        return second;
    }
    let end = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
    let (letters, behind) = after.split_at(end);
    if rest.len() == after.len() && matches!(letters, "st" | "nd" | "rd" | "th") {
        out.push_str(&written.parse().map(number_en::ordinal).unwrap_or_default());
        return behind;
    }
    let said_before = out.trim_end().to_lowercase();
    let is_called = ["call", "dial", "ring", "text", "phone"].iter().any(|verb| said_before.ends_with(verb));
    let short_service = written.len() == 5
        && ["100", "101", "123", "95", "96"].iter().any(|head| written.starts_with(head))
        && (letters.is_empty() || is_called);
    let emergency = ["110", "112", "114", "119", "120", "122"].contains(&written) && (letters.is_empty() || is_called);
    if !written.contains('.') && (short_service || emergency) {
        out.push_str(&number_en::digits(written));
        return rest;
    }
    let named = said_before.trim_end_matches(':');
    let coded = CODES.iter().any(|head| named.ends_with(head) && !named.trim_end_matches(head).ends_with(char::is_alphanumeric));
    if !written.contains('.') && (written.len() > 6 || (written.len() > 1 && written.starts_with('0')) || (coded && written.len() >= 3)) {
        out.push_str(&spoken_groups(written, Lang::En));
        return rest;
    }
    if let (true, Some((denominator, after))) = (written.len() <= 2, fraction(rest)) {
        out.push_str(&fraction_of(written, denominator));
        return after;
    }
    if is_year(written, out) {
        out.push_str(&written.parse().map(number_en::year).unwrap_or_default());
        return rest;
    }
    out.push_str(&plain(written));
    ranged(rest, out)
}

pub(super) fn plain(written: &str) -> String {
    number_en::decimal(written).unwrap_or_else(|| number_en::digits(written))
}

fn fraction(rest: &str) -> Option<(&str, &str)> {
    let (denominator, after) = leading_digits(rest.strip_prefix('/')?);
    (1..=2).contains(&denominator.len()).then_some((denominator, after))
}

/// What is called by a number rather than counted.
const CODES: [&str; 22] = [
    "code",
    "code is",
    "number",
    "number is",
    "pin",
    "pin is",
    "order",
    "ticket",
    "ending",
    "ending in",
    "digits are",
    "extension",
    "agent",
    "postcode",
    "port",
    "account",
    "case",
    "reference",
    "id",
    "puk",
    "serial",
    "room number",
];

/// `1/2` → `one half`, `24/7` → `twenty-four seven`.
fn fraction_of(numerator: &str, denominator: &str) -> String {
    let (Ok(upper), Ok(lower)) = (numerator.parse::<i64>(), denominator.parse::<i64>()) else { return plain(numerator) };
    if upper >= lower || lower < 2 {
        return format!("{} {}", plain(numerator), plain(denominator));
    }
    let part = match lower {
        2 => "half".to_owned(),
        4 => "quarter".to_owned(),
        _ => number_en::ordinal(lower),
    };
    let many = if upper == 1 { "" } else { "s" };
    format!("{} {part}{many}", plain(numerator))
}

const MONTHS: [&str; 12] =
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

/// `October 3` → `third`, `3 October` → `third of`.
fn day_of_month(written: &str, after: &str, out: &str) -> Option<String> {
    let day: i64 = written.parse().ok().filter(|day| (1..=31).contains(day))?;
    let last = out.trim_end().rsplit(' ').next()?.to_lowercase();
    let word: String = after.chars().take_while(char::is_ascii_alphabetic).collect();
    let capital = word.starts_with(|c: char| c.is_ascii_uppercase());
    let goes_on = ["to", "and", "or", "at", "is", "until", "from", "in", "the", "for", "on", "by"];
    if MONTHS.contains(&last.as_str()) && (word.is_empty() || goes_on.contains(&word.as_str())) {
        return Some(number_en::ordinal(day));
    }
    (capital && MONTHS.contains(&word.to_lowercase().as_str())).then(|| format!("{} of", number_en::ordinal(day)))
}

/// Four digits after a month or `in`, `of`, `since`, `year`.
fn is_year(written: &str, out: &str) -> bool {
    let before = out.trim_end().trim_end_matches(',').to_lowercase();
    let words: Vec<&str> = before.split_whitespace().rev().take(2).collect();
    let last = words.first().copied().unwrap_or_default();
    let heads = ["in", "of", "since", "year", "by", "until"];
    let dated = MONTHS.contains(&last) || words.get(1).is_some_and(|month| MONTHS.contains(month));
    written.len() == 4 && (written.starts_with("19") || written.starts_with("20")) && (heads.contains(&last) || dated)
}
