//! Abbreviations that are said as other words.

/// By what they are written as; each stands at the beginning of a word.
const ALWAYS: [(&str, &str); 4] = [("e.g.", "for example"), ("i.e.", "that is"), ("etc.", "et cetera"), ("ext.", "extension")];
/// Only before a number.
const BEFORE_NUMBER: [(&str, &str); 16] = [
    ("No.", "number"),
    ("no.", "number"),
    ("#", "number"),
    ("Jan", "January"),
    ("Feb", "February"),
    ("Mar", "March"),
    ("Apr", "April"),
    ("Jun", "June"),
    ("Jul", "July"),
    ("Aug", "August"),
    ("Sept", "September"),
    ("Sep", "September"),
    ("Oct", "October"),
    ("Nov", "November"),
    ("Dec", "December"),
    ("approx.", "about"),
];

pub(super) fn written_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let begins = !out.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '@' | '_' | '-'));
        let found = if begins { always(rest).or_else(|| before_number(rest)) } else { None };
        match found {
            Some((words, after)) => {
                out.push_str(words);
                if after.starts_with(|c: char| c.is_ascii_digit()) {
                    out.push(' ');
                }
                rest = after;
            }
            None => {
                out.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
    }
    out
}

fn always(text: &str) -> Option<(&'static str, &str)> {
    ALWAYS.iter().find_map(|(short, long)| Some((*long, text.strip_prefix(short)?)))
}

fn before_number(text: &str) -> Option<(&'static str, &str)> {
    BEFORE_NUMBER.iter().find_map(|(short, long)| {
        let after = text.strip_prefix(short)?;
        let number = after.strip_prefix('.').filter(|_| !short.ends_with('.')).unwrap_or(after);
        let glued = *short == "#" || short.ends_with('.');
        let digit = number.trim_start().starts_with(|c: char| c.is_ascii_digit()) && (glued || number.starts_with(' '));
        digit.then_some((*long, number))
    })
}
