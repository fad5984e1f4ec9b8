use super::*;
use proptest::prelude::*;

#[track_caller]
fn check(text: &str, expected: i64) {
    assert_eq!(parse_cardinal(text), Some(expected), "{text}");
}

#[track_caller]
fn check_spoken(n: i64, expected: &str) {
    assert_eq!(cardinal(n), expected);
    check(expected, n);
}

#[test]
fn speaks_and_reads_back() {
    check_spoken(0, "zero");
    check_spoken(12, "twelve");
    check_spoken(21, "twenty-one");
    check_spoken(100, "one hundred");
    check_spoken(105, "one hundred and five");
    check_spoken(1_005, "one thousand and five");
    check_spoken(1_234, "one thousand two hundred and thirty-four");
    check_spoken(50_000, "fifty thousand");
    check_spoken(1_000_001, "one million and one");
    check_spoken(-7, "minus seven");
}

#[test]
fn reads_what_people_say() {
    check("a hundred and twenty-eight", 128);
    check("a hundred twenty eight", 128);
    check("twelve hundred", 1_200);
    check("Two Thousand", 2_000);
    check("1,234", 1_234);
    check("15", 15);
    check("3 million", 3_000_000);
    check("ninety-nine", 99);
}

#[test]
fn rejects_what_is_no_quantity() {
    for text in [
        "",
        "one two",
        "hundred",
        "twenty twelve",
        "and five",
        "five and",
        "a",
        "twenty zero",
        "one hundred and",
        "yuan",
        "1,23",
        "half",
        "-",
        "1.",
    ] {
        assert_eq!(parse_cardinal(text), None, "{text}");
    }
}

#[test]
fn fractions_and_ordinals() {
    assert_eq!(parse_scaled("one point five", 2), Some(150));
    assert_eq!(parse_scaled("two and a half", 1), Some(25));
    assert_eq!(parse_scaled("half", 1), Some(5));
    assert_eq!(parse_scaled("0.25", 2), Some(25));
    assert_eq!(parse_scaled("0.25", 1), None);
    assert_eq!(decimal("12.50").as_deref(), Some("twelve point five zero"));
    assert_eq!(parse_ordinal("twenty-first"), Some(21));
    assert_eq!(parse_ordinal("3rd"), Some(3));
    assert_eq!(parse_ordinal("twelfth"), Some(12));
    assert_eq!(parse_ordinal("twentieth"), Some(20));
    assert_eq!(parse_ordinal("three"), None);
    assert_eq!(year(2026), "twenty twenty-six");
    assert_eq!(year(2005), "two thousand and five");
    assert_eq!(year(1900), "nineteen hundred");
    assert_eq!(year(1905), "nineteen oh five");
}

#[test]
fn digit_strings() {
    assert_eq!(parse_digits("one three eight oh double two").as_deref(), Some("138022"));
    assert_eq!(parse_digits("triple eight, zero").as_deref(), Some("8880"));
    assert_eq!(parse_digits("138 0000-1234").as_deref(), Some("13800001234"));
    for text in ["", "double", "eleven", "one please", "ten"] {
        assert_eq!(parse_digits(text), None, "{text}");
    }
    assert_eq!(digits("10086"), "one zero zero eight six");
    let text = "my PIN is one two three four five six, please";
    let (found, span) = find_digits(text, Some(6)).unwrap();
    assert_eq!((found.as_str(), text.get(span)), ("123456", Some("one two three four five six")));
    assert_eq!(find_digits("I want two plans", None), None);
}

proptest! {
    #[test]
    fn cardinal_reads_back(n in proptest::num::i64::ANY) {
        prop_assert_eq!(parse_cardinal(&cardinal(n)), Some(n));
    }

    #[test]
    fn small_cardinal_and_ordinal_read_back(n in 0_i64..2_000_000) {
        prop_assert_eq!(parse_cardinal(&cardinal(n)), Some(n));
        prop_assert_eq!(parse_ordinal(&ordinal(n)), Some(n));
    }

    #[test]
    fn digits_read_back(written in "[0-9]{1,20}") {
        prop_assert_eq!(parse_digits(&digits(&written)), Some(written));
    }

    #[test]
    fn nothing_panics(text in "((one|two|hundred|thousand|and|point|double|a|half|5|twenty)[ ,-]){0,8}|\\PC{0,16}") {
        let _ = (parse_cardinal(&text), parse_scaled(&text, 3), parse_digits(&text), parse_ordinal(&text));
        if let Some((_, span)) = find_digits(&text, None) {
            prop_assert!(text.get(span).is_some());
        }
    }
}
