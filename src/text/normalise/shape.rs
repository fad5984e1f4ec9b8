//! What a written number is, by its shape alone.

/// A number as written at the head of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `2026-11-22`, `2026/11/22`.
    Date { year: i16, month: i8, day: i8 },
    /// `09:30`; seconds are read over.
    Time { hour: i8, minute: i8 },
    /// A telephone number in the groups in which it is said.
    Phone(Vec<String>),
    /// `138****0001`: what is left of a masked number.
    Masked(String, String),
    /// `1.2.3`, an address.
    Version(String),
    /// Digits, perhaps a point and more digits; thousands separators are gone.
    Number(String),
}

/// The shape at the head of `text`, which begins with an ASCII digit, and what follows it.
pub(super) fn shape(text: &str) -> Option<(Shape, &str)> {
    let readers = [date, time, phone, grouped, masked, version, number];
    readers.into_iter().find_map(|reader| reader(text))
}

/// The digits at the head of `text` and what follows.
pub(super) fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// Exactly so many digits at the head of `text`, no more.
fn exactly(text: &str, range: std::ops::RangeInclusive<usize>) -> Option<(&str, &str)> {
    let (digits, rest) = digits(text);
    range.contains(&digits.len()).then_some((digits, rest))
}

fn date(text: &str) -> Option<(Shape, &str)> {
    let (year, rest) = exactly(text, 4..=4)?;
    let separator = rest.chars().next().filter(|c| matches!(c, '-' | '/' | '.'))?;
    let (month, rest) = exactly(rest.strip_prefix(separator)?, 1..=2)?;
    let (day, rest) = exactly(rest.strip_prefix(separator)?, 1..=2)?;
    let date = jiff::civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    Some((Shape::Date { year: date.year(), month: date.month(), day: date.day() }, rest))
}

fn time(text: &str) -> Option<(Shape, &str)> {
    let (hour, rest) = exactly(text, 1..=2)?;
    let (minute, rest) = exactly(rest.strip_prefix([':', '：'])?, 2..=2)?;
    let rest = match rest.strip_prefix(':').and_then(|rest| exactly(rest, 2..=2)) {
        Some((_, after_seconds)) => after_seconds,
        None => rest,
    };
    let (hour, minute) = (hour.parse().ok().filter(|hour| *hour <= 24)?, minute.parse().ok().filter(|minute| *minute < 60)?);
    Some((Shape::Time { hour, minute }, rest))
}

fn phone(text: &str) -> Option<(Shape, &str)> {
    let groupings: [&[usize]; 5] = [&[3, 4, 4], &[3, 3, 4], &[3, 4, 4], &[4, 4, 4], &[4, 3, 4]];
    groupings.into_iter().enumerate().find_map(|(kind, sizes)| {
        let mut rest = text;
        let mut groups = Vec::new();
        for (at, size) in sizes.iter().enumerate() {
            if at > 0 {
                let parted = rest.strip_prefix([' ', '-']);
                rest = if kind >= 2 && at == 1 { parted? } else { parted.unwrap_or(rest) };
            }
            let group = rest.get(..*size).filter(|group| group.chars().all(|c| c.is_ascii_digit()))?;
            rest = rest.get(*size..)?;
            groups.push(group.to_owned());
        }
        let head = groups.first()?;
        let fits = match kind {
            0 => head.starts_with('1') && !head.starts_with("10") && !head.starts_with("11") && !head.starts_with("12"),
            1 => matches!(head.as_str(), "400" | "800"),
            _ => head.starts_with('0'),
        };
        (fits && !rest.starts_with(|c: char| c.is_ascii_digit())).then_some((Shape::Phone(groups), rest))
    })
}

/// A code written in groups: `2611 2200 35`.
fn grouped(text: &str) -> Option<(Shape, &str)> {
    let (first, mut rest) = exactly(text, 4..=4)?;
    let mut groups = vec![first.to_owned()];
    while let Some((group, after)) = rest.strip_prefix(' ').and_then(|rest| exactly(rest, 2..=4)) {
        groups.push(group.to_owned());
        rest = after;
    }
    let stands_alone = !rest.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    (groups.len() >= 3 && stands_alone).then_some((Shape::Phone(groups), rest))
}

fn masked(text: &str) -> Option<(Shape, &str)> {
    let (head, rest) = digits(text);
    let stars = rest.trim_start_matches('*');
    let (tail, after) = digits(stars);
    (rest.len() >= stars.len() + 3 && !tail.is_empty()).then(|| (Shape::Masked(head.to_owned(), tail.to_owned()), after))
}

fn version(text: &str) -> Option<(Shape, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let written = text.get(..end)?.trim_end_matches('.');
    let parts = written.split('.').count();
    (parts >= 3 && written.split('.').all(|part| !part.is_empty()))
        .then(|| (Shape::Version(written.to_owned()), text.get(written.len()..).unwrap_or("")))
}

fn number(text: &str) -> Option<(Shape, &str)> {
    let (first, mut rest) = digits(text);
    let mut written = first.to_owned();
    if (1..=3).contains(&first.len()) {
        while let Some((group, after)) = rest.strip_prefix(',').and_then(|rest| exactly(rest, 3..=3)) {
            written.push_str(group);
            rest = after;
        }
    }
    if let Some((fraction, after)) = rest.strip_prefix('.').map(digits).filter(|(fraction, _)| !fraction.is_empty()) {
        written.push('.');
        written.push_str(fraction);
        rest = after;
    }
    (!written.is_empty()).then_some((Shape::Number(written), rest))
}
