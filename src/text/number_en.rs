//! English numbers, both ways.
//!
//! Quantities are read here; digit by digit in `number_en/digits.rs`; speaking is in `number_en/speak.rs`.

mod digits;
mod speak;

pub(super) use digits::leading as leading_digits;
pub use digits::{find_digits, parse_digits};
pub use speak::{cardinal, decimal, digits, ordinal, year};

pub(super) const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
pub(super) const TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
pub(super) const SCALES: [(i64, &str); 6] = [
    (1_000_000_000_000_000_000, "quintillion"),
    (1_000_000_000_000_000, "quadrillion"),
    (1_000_000_000_000, "trillion"),
    (1_000_000_000, "billion"),
    (1_000_000, "million"),
    (1_000, "thousand"),
];

/// A whole number as spoken or written, the entire string: `one hundred and five` → 105, `twelve hundred` → 1200, `1,234` → 1234.
pub fn parse_cardinal(text: &str) -> Option<i64> {
    parse_scaled(text, 0)
}

/// A number that may have a fraction, the entire string, times ten to the power of `places`: `one point five` with 2 places → 150.
/// `None` also when it has more decimals than `places`. `half` and `a half` are a half.
pub fn parse_scaled(text: &str, places: u32) -> Option<i64> {
    let lower = text.trim().to_lowercase();
    let (sign, unsigned) = match ["minus ", "negative ", "-"].iter().find_map(|sign| lower.strip_prefix(sign)) {
        Some(rest) => (-1, rest.to_owned()),
        None => (1, lower),
    };
    let one = 10_i128.checked_pow(places)?;
    let value = written(&unsigned, one).or_else(|| {
        let spaced = unsigned.replace('-', " ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        spoken(&words, one)
    })?;
    i64::try_from(sign * value).ok()
}

/// `third`, `twenty-first`, `3rd` → the number.
pub fn parse_ordinal(text: &str) -> Option<i64> {
    let lower = text.trim().to_lowercase();
    if let Some(digits) = ["st", "nd", "rd", "th"].iter().find_map(|suffix| lower.strip_suffix(suffix))
        && let Ok(n) = digits.parse()
    {
        return Some(n);
    }
    let (head, last) = lower.rsplit_once([' ', '-']).map_or(("", lower.as_str()), |(head, last)| (head, last));
    let plain = match last {
        "first" => "one".to_owned(),
        "second" => "two".to_owned(),
        "third" => "three".to_owned(),
        "fifth" => "five".to_owned(),
        "eighth" => "eight".to_owned(),
        "ninth" => "nine".to_owned(),
        "twelfth" => "twelve".to_owned(),
        _ => match last.strip_suffix("ieth") {
            Some(stem) => format!("{stem}y"),
            None => last.strip_suffix("th")?.to_owned(),
        },
    };
    parse_cardinal(&format!("{head} {plain}"))
}

fn small(word: &str) -> Option<i128> {
    ONES.iter().position(|known| *known == word).and_then(|n| i128::try_from(n).ok())
}

fn tens(word: &str) -> Option<i128> {
    let known = TENS.iter().position(|known| !known.is_empty() && *known == word);
    known.and_then(|n| i128::try_from(n * 10).ok())
}

fn scale(word: &str) -> Option<i128> {
    SCALES.iter().find(|(_, name)| *name == word).map(|(value, _)| i128::from(*value))
}

/// `1,234.50`, times `one`.
fn written(text: &str, one: i128) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let grouped = groups.clone().count() > 0;
    let well_grouped = groups.all(|group| group.len() == 3) && (!grouped || (1..=3).contains(&first.len()));
    let digits = whole.replace(',', "");
    let clean = !digits.is_empty() && digits.len() <= 18 && digits.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit());
    if !clean || !well_grouped || text.ends_with('.') {
        return None;
    }
    fractional(digits.parse().ok()?, fraction.chars().filter_map(|c| c.to_digit(10)), one)
}

fn spoken(words: &[&str], one: i128) -> Option<i128> {
    if let [] | ["a"] = words {
        return None;
    }
    if let ["half"] | ["a", "half"] = words {
        return (one % 2 == 0).then_some(one / 2);
    }
    if let [head @ .., "and", "a", "half"] = words {
        return (one % 2 == 0).then_some(whole(head)?.checked_mul(one)? + one / 2);
    }
    let Some(point) = words.iter().position(|word| *word == "point") else {
        return whole(words)?.checked_mul(one);
    };
    let (head, tail) = words.split_at(point);
    let decimals: Option<Vec<u32>> = tail.iter().skip(1).map(|word| digits::digit(word)?.to_digit(10)).collect();
    let decimals = decimals.filter(|decimals| !decimals.is_empty())?;
    let head = if head.is_empty() { 0 } else { whole(head)? };
    fractional(head, decimals.into_iter(), one)
}

fn fractional(whole: i128, decimals: impl Iterator<Item = u32>, one: i128) -> Option<i128> {
    let mut value = whole.checked_mul(one)?;
    let mut place = one;
    for digit in decimals {
        if place % 10 != 0 && digit != 0 {
            return None;
        }
        place /= 10;
        value += i128::from(digit) * place;
    }
    Some(value)
}

/// A whole number in words; `and` may stand after a hundred or a scale, before what is less than a hundred.
fn whole(words: &[&str]) -> Option<i128> {
    let mut total: i128 = 0;
    let mut lowest_scale = i128::MAX;
    let mut group: Option<i128> = None;
    let mut room: i128 = 1_000;
    let mut after_and = false;
    for (at, word) in words.iter().enumerate() {
        let value = match *word {
            "a" if group.is_none() && matches!(words.get(at + 1), Some(&("hundred" | "thousand" | "million" | "billion"))) => 1,
            "and" if !after_and && (total > 0 || group.is_some_and(|group| group >= 100)) && at + 1 < words.len() => {
                after_and = true;
                continue;
            }
            "hundred" => {
                let count = group.filter(|count| (1..100).contains(count) && room < 1_000)?;
                group = Some(count * 100);
                room = 100;
                continue;
            }
            word => match (scale(word), tens(word).or_else(|| small(word)).or_else(|| written(word, 1))) {
                (Some(scale), _) => {
                    let count = group.take().filter(|count| *count > 0 && scale < lowest_scale)?;
                    total = total.checked_add(count.checked_mul(scale)?)?;
                    lowest_scale = scale;
                    room = 1_000;
                    after_and = false;
                    continue;
                }
                (None, Some(value)) => value,
                (None, None) => return None,
            },
        };
        if value >= room || (value == 0 && words.len() > 1) {
            let alone = group.is_none() && at == 0 && value > 0;
            if !alone {
                return None;
            }
        }
        group = Some(group.unwrap_or(0) + value);
        room = if value >= 20 && value % 10 == 0 && value < 100 { 10 } else { 1 };
        after_and = false;
    }
    if after_and {
        return None;
    }
    total.checked_add(group.unwrap_or(0)).filter(|_| group.is_some() || total > 0)
}

#[cfg(test)]
mod tests;
