use super::*;
use proptest::prelude::*;

/// Every line of a golden file; all that differ are shown.
#[track_caller]
fn check_golden(golden: &str, lang: Lang, at_least: usize) {
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

#[track_caller]
fn check_sentences(text: &str, lang: Lang, pieces: &[&str]) {
    assert_eq!(sentences(text, lang), pieces);
}

#[test]
fn mandarin_golden() {
    check_golden(include_str!("../../../tests/golden/normalise.zh.tsv"), Lang::Zh, 120);
}

#[test]
fn english_golden() {
    check_golden(include_str!("../../../tests/golden/normalise.en.tsv"), Lang::En, 60);
}

#[test]
fn what_is_said_stays_said() {
    for line in include_str!("../../../tests/golden/normalise.zh.tsv").lines().filter(|line| !line.starts_with('#')) {
        let (_, said) = line.split_once('\t').expect(line);
        assert_eq!(spoken(said, Lang::Zh), said);
    }
}

#[test]
fn pieces_for_streaming() {
    check_sentences(
        "您好，这里是听说电信，通话会录音。请问有什么可以帮您？",
        Lang::Zh,
        &["您好，这里是听说电信，通话会录音。", "请问有什么可以帮您？"],
    );
    check_sentences("确认办理，请说‘确认’；不办理，请说‘取消’。", Lang::Zh, &["确认办理，请说‘确认’；", "不办理，请说‘取消’。"]);
    check_sentences("幺三八，零零零零，幺二三四，对吗？", Lang::Zh, &["幺三八，零零零零，幺二三四，对吗？"]);
    check_sentences(
        "您反映的问题已经登记，编号二六一一，二二零零，三五，四十八小时内给您答复。",
        Lang::Zh,
        &["您反映的问题已经登记，", "编号二六一一，二二零零，三五，四十八小时内给您答复。"],
    );
    check_sentences("Hello Mr. Wang. It is 3.5 GB, okay?", Lang::En, &["Hello Mr. Wang.", "It is 3.5 GB, okay?"]);
    check_sentences("", Lang::Zh, &[]);
    check_sentences("……？", Lang::Zh, &[]);
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

    #[test]
    fn pieces_lose_nothing(text in "[一二三天地，。？,.?! ab0-9]{0,60}") {
        for lang in [Lang::Zh, Lang::En] {
            let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            prop_assert_eq!(letters(&sentences(&text, lang).concat()), letters(&text));
        }
    }
}
