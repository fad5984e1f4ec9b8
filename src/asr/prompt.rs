//! What Whisper is told before it listens: the terms that answer the present question, in the writing that we want back.

use crate::text::Lang;

/// Terms of the present question; more would cost time at every decode.
pub const MOST_TERMS: usize = 12;
const LONGEST_TERM: usize = 24;

/// The terms one after another; nothing when there are none.
pub fn prompt(lang: Lang, terms: &[String]) -> String {
    let (comma, stop) = match lang {
        Lang::Zh => ("、", "。"),
        Lang::En => (", ", "."),
    };
    let fits = |term: &&String| (1..=LONGEST_TERM).contains(&term.chars().count()) && !term.contains(char::is_control);
    let terms: Vec<&str> = terms.iter().filter(fits).take(MOST_TERMS).map(String::as_str).collect();
    if terms.is_empty() { String::new() } else { terms.join(comma) + stop }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lang: Lang, terms: &[&str], expected: &str) {
        let terms: Vec<String> = terms.iter().map(|term| (*term).to_owned()).collect();
        assert_eq!(prompt(lang, &terms), expected);
    }

    #[test]
    fn only_terms_are_told() {
        check(Lang::Zh, &[], "");
        check(Lang::Zh, &["是的", "不是"], "是的、不是。");
        check(Lang::Zh, &["", "\0", "字字字字字字字字字字字字字字字字字字字字字字字字字"], "");
        check(Lang::En, &["yes", "no"], "yes, no.");
    }
}
