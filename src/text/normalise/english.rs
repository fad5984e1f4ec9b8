//! Reading aloud in English.

use super::shape::{Shape, digits as leading_digits, shape};
use crate::text::value::spoken_groups;
use crate::text::{Lang, Money, date, number_en};
use jiff::civil::{Date, Time};

pub(super) fn spoken(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let tail = rest.get(first.len_utf8()..).unwrap_or("");
        let digit_follows = tail.starts_with(|c: char| c.is_ascii_digit());
        let before = out.chars().next_back();
        let inside_word = before.is_some_and(char::is_alphanumeric);
        rest = match first {
            '¥' | '￥' | '$' if digit_follows => money(first, tail, &mut out),
            '0'..='9' if inside_word => {
                let (digits, after) = leading_digits(rest);
                out.push_str(&format!(" {}", number_en::digits(digits)));
                after
            }
            '0'..='9' => number(rest, &mut out),
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
        '"' | '“' | '”' | '[' | ']' | '{' | '}' | '<' | '>' | '_' | '~' | '^' | '|' => out.push(' '),
        '‘' => {}
        '’' => out.push('\''),
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
    let said = amount(&written);
    out.push_str(&if sign == '$' { said.replacen("yuan", "dollars", 1) } else { said });
    rest
}

fn amount(written: &str) -> String {
    match Money::parse(written, Lang::En) {
        Some(money) => money.spoken(Lang::En),
        None => format!("{} yuan", plain(written)),
    }
}

fn number<'a>(text: &'a str, out: &mut String) -> &'a str {
    let Some((shape, rest)) = shape(text) else { return "" };
    match shape {
        Shape::Date { year, month, day } => {
            let day = Date::new(year, month, day).map(|day| date::spoken_day(day, Lang::En)).unwrap_or_default();
            out.push_str(&format!("{day}, {}", number_en::year(year)));
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
    let end = after.find(|c: char| !c.is_ascii_alphabetic() && c != '/').unwrap_or(after.len());
    let (letters, behind) = after.split_at(end);
    if let Some(said) = unit(written, letters, rest.len() == after.len()) {
        out.push_str(&said);
        return behind;
    }
    if rest.len() == after.len() && matches!(letters, "st" | "nd" | "rd" | "th") {
        out.push_str(&written.parse().map(number_en::ordinal).unwrap_or_default());
        return behind;
    }
    let said_before = out.trim_end().to_lowercase();
    let is_called = ["call", "dial", "ring", "text", "phone"].iter().any(|verb| said_before.ends_with(verb));
    let short_service = written.len() == 5
        && ["100", "101", "123", "95", "96"].iter().any(|head| written.starts_with(head))
        && (letters.is_empty() || is_called);
    let emergency = ["110", "112", "114", "119", "120", "122"].contains(&written) && letters.is_empty();
    if !written.contains('.') && (short_service || emergency) {
        out.push_str(&number_en::digits(written));
        return rest;
    }
    let coded = ["code", "code is", "number", "number is", "pin", "pin is", "order", "ticket"]
        .iter()
        .any(|head| out.trim_end().to_lowercase().ends_with(head));
    if !written.contains('.') && (written.len() > 6 || (written.len() > 1 && written.starts_with('0')) || (coded && written.len() >= 3)) {
        out.push_str(&spoken_groups(written, Lang::En));
        return rest;
    }
    if let (true, Some((denominator, after))) = (written.len() <= 2, fraction(rest)) {
        out.push_str(&format!("{} over {}", plain(written), plain(denominator)));
        return after;
    }
    if is_year(written, out) {
        out.push_str(&written.parse().map(number_en::year).unwrap_or_default());
        return rest;
    }
    out.push_str(&plain(written));
    ranged(rest, out)
}

fn plain(written: &str) -> String {
    number_en::decimal(written).unwrap_or_else(|| number_en::digits(written))
}

fn fraction(rest: &str) -> Option<(&str, &str)> {
    let (denominator, after) = leading_digits(rest.strip_prefix('/')?);
    (1..=2).contains(&denominator.len()).then_some((denominator, after))
}

/// Four digits after a month or `in`, `of`, `since`, `year`.
fn is_year(written: &str, out: &str) -> bool {
    let before = out.trim_end().trim_end_matches(',').to_lowercase();
    let last = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let heads = ["in", "of", "since", "year", "by", "until"];
    let months = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
    written.len() == 4 && (written.starts_with("19") || written.starts_with("20")) && (heads.contains(&last) || months.contains(&last))
}

/// A number and its unit; `glued` when nothing stands between them.
fn unit(written: &str, letters: &str, glued: bool) -> Option<String> {
    let one = written == "1";
    let many = |name: &str| format!("{} {name}{}", plain(written), if one { "" } else { "s" });
    Some(match letters {
        "yuan" | "RMB" | "CNY" | "kuai" => amount(written),
        "G" if glued && matches!(written, "2" | "3" | "4" | "5" | "6") => format!("{} G", plain(written)),
        "G" | "GB" | "gb" | "Gb" => many("gigabyte"),
        "M" | "MB" | "mb" => many("megabyte"),
        "KB" | "kb" => many("kilobyte"),
        "TB" => many("terabyte"),
        "Mbps" | "Mb/s" | "mbps" => many("megabit") + " per second",
        "Gbps" => many("gigabit") + " per second",
        "GHz" => plain(written) + " gigahertz",
        "MHz" => plain(written) + " megahertz",
        "ms" => many("millisecond"),
        "km" => many("kilometre"),
        "min" | "mins" => many("minute"),
        "am" | "AM" => format!("{} am", plain(written)),
        "pm" | "PM" => format!("{} pm", plain(written)),
        _ => return None,
    })
}
