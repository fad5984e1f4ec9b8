//! English numbers aloud, the British way (`one hundred and five`).

use super::{ONES, SCALES, TENS};

/// `105` → `one hundred and five`.
pub fn cardinal(n: i64) -> String {
    let mut words: Vec<String> = Vec::new();
    if n < 0 {
        words.push("minus".to_owned());
    }
    let mut rest = n.unsigned_abs();
    if rest == 0 {
        return "zero".to_owned();
    }
    for (scale, name) in SCALES {
        let scale = scale.unsigned_abs();
        if rest >= scale {
            words.push(below_thousand(rest / scale));
            words.push(name.to_owned());
            rest %= scale;
        }
    }
    if rest > 0 {
        let smaller_than_a_hundred_after_more = rest < 100 && n.unsigned_abs() >= 1_000;
        if smaller_than_a_hundred_after_more {
            words.push("and".to_owned());
        }
        words.push(below_thousand(rest));
    }
    words.join(" ")
}

/// `3` → `third`, `21` → `twenty-first`.
pub fn ordinal(n: i64) -> String {
    let spoken = cardinal(n);
    let at = spoken.rfind([' ', '-']).map_or(0, |at| at + 1);
    let (head, last) = spoken.split_at(at);
    let last = match last {
        "one" => "first".to_owned(),
        "two" => "second".to_owned(),
        "three" => "third".to_owned(),
        "five" => "fifth".to_owned(),
        "eight" => "eighth".to_owned(),
        "nine" => "ninth".to_owned(),
        "twelve" => "twelfth".to_owned(),
        other => match other.strip_suffix('y') {
            Some(stem) => format!("{stem}ieth"),
            None => format!("{other}th"),
        },
    };
    format!("{head}{last}")
}

/// `10086` → `one zero zero eight six`; anything that is no digit is left out.
pub fn digits(digits: &str) -> String {
    let names = digits.chars().filter_map(|c| c.to_digit(10)).filter_map(|digit| ONES.get(digit as usize).copied());
    names.collect::<Vec<_>>().join(" ")
}

/// A decimal as written: `12.50` → `twelve point five zero`; `None` when it is no plain decimal.
pub fn decimal(written: &str) -> Option<String> {
    let (sign, unsigned) = match written.strip_prefix('-') {
        Some(rest) => ("minus ", rest),
        None => ("", written),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if !whole.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit()) {
        return None;
    }
    let whole = cardinal(whole.parse().ok()?);
    let point = if fraction.is_empty() { String::new() } else { format!(" point {}", digits(fraction)) };
    Some(format!("{sign}{whole}{point}"))
}

/// `2026` → `twenty twenty-six`, `2005` → `two thousand and five`, `1900` → `nineteen hundred`.
pub fn year(year: i16) -> String {
    let (century, rest) = (i64::from(year) / 100, i64::from(year) % 100);
    match rest {
        _ if !(1_100..=2_999).contains(&year) || (2_000..2_010).contains(&year) => cardinal(year.into()),
        0 => format!("{} hundred", cardinal(century)),
        1..10 => format!("{} oh {}", cardinal(century), cardinal(rest)),
        _ => format!("{} {}", cardinal(century), cardinal(rest)),
    }
}

fn below_thousand(n: u64) -> String {
    let at = |table: &'static [&'static str], index: u64| usize::try_from(index).ok().and_then(|index| table.get(index)).copied();
    let (hundreds, rest) = (n / 100, n % 100);
    let small = match (at(&ONES, rest), at(&TENS, rest / 10), rest % 10) {
        (Some(word), _, _) => word.to_owned(),
        (None, Some(tens), 0) => tens.to_owned(),
        (None, tens, ones) => format!("{}-{}", tens.unwrap_or_default(), at(&ONES, ones).unwrap_or_default()),
    };
    match (at(&ONES, hundreds).filter(|_| hundreds > 0), rest) {
        (None, _) => small,
        (Some(hundreds), 0) => format!("{hundreds} hundred"),
        (Some(hundreds), _) => format!("{hundreds} hundred and {small}"),
    }
}
