use super::*;
use proptest::prelude::*;

fn golden(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every line of a golden file; all that differ are shown.
#[track_caller]
fn check_golden(name: &str, lang: Lang, at_least: usize) {
    let golden = golden(name);
    let lines: Vec<(&str, &str)> = golden.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t')).collect();
    let wrong: Vec<String> = lines
        .iter()
        .map(|(written, expected)| (written, expected, spoken(written, lang)))
        .filter(|(_, expected, said)| *expected != said)
        .map(|(written, expected, said)| format!("{written}\n  expected {expected}\n  said     {said}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(lines.len() >= at_least, "only {} lines", lines.len());
}

#[test]
fn mandarin_golden() {
    check_golden("normalise.zh.tsv", Lang::Zh, 300);
}

#[test]
fn english_golden() {
    check_golden("normalise.en.tsv", Lang::En, 300);
}

#[test]
fn what_is_said_stays_said() {
    for line in golden("normalise.zh.tsv").lines().filter(|line| !line.starts_with('#')) {
        let (_, said) = line.split_once('\t').expect(line);
        assert_eq!(spoken(said, Lang::Zh), said);
    }
}

proptest! {
    #[test]
    fn mandarin_that_comes_out_has_no_latin(text in "\\PC{0,24}|[0-9a-zA-Z年月日元块个%:./ ¥*#@-]{0,24}") {
        let said = spoken(&text, Lang::Zh);
        prop_assert!(!said.chars().any(|c| c.is_ascii_alphanumeric()), "{}", said);
    }

    #[test]
    fn english_that_comes_out_has_no_digits(text in "\\PC{0,24}|[0-9a-zA-Z%:./ ¥*#@-]{0,24}") {
        let said = spoken(&text, Lang::En);
        prop_assert!(!said.chars().any(|c| c.is_ascii_digit()), "{}", said);
    }
}
