use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(symbols(text).join(" "), expected, "{text}");
}

/// Tones only: `您好` → `23`.
#[track_caller]
fn tones(text: &str, expected: &str) {
    let said = phrases(text).into_iter().map(|phrase| phrase.iter().map(|spoken| spoken.syllable.tone.to_string()).collect::<String>());
    assert_eq!(said.collect::<Vec<_>>().join(" "), expected, "{text}");
}

#[test]
fn sentences_become_symbols() {
    check("您好", "sil n in2 #0 h ao3 sil eos");
    check("二零", "sil ^ er4 #1 l ing2 sil eos");
    check("好，再见。", "sil h ao3 #3 z ai4 #0 j ian4 sil eos");
    check("", "");
    check("。！", "");
}

#[test]
fn one_changes_with_what_follows() {
    tones("一百", "43");
    tones("一千", "41");
    tones("一万", "24");
    tones("一个", "25");
    tones("查一下", "224");
    tones("看一看", "454");
    tones("第一次", "414");
    tones("二一一", "411");
    tones("一三八", "111");
    tones("一月", "14");
    tones("十一块", "214");
    tones("按一，查", "41 2");
}

#[test]
fn not_changes_with_what_follows() {
    tones("不用", "24");
    tones("不是", "24");
    tones("不好", "43");
    tones("好不好", "353");
    tones("对不对", "454");
}

#[test]
fn third_tones_do_not_stand_together() {
    tones("你好", "23");
    tones("五点", "23");
    tones("可以", "23");
    tones("五百九", "223");
    tones("好，五", "3 3");
}

#[test]
fn particles_lose_their_tone() {
    tones("我的", "35");
    tones("好了", "35");
    tones("我们", "35");
    tones("是吗", "45");
    tones("了解", "23");
    tones("目的", "44");
}

#[test]
fn letters_are_spelled_and_the_unknown_is_left_out() {
    check("G", "sil j i4 sil eos");
    check("é%", "");
    check("5G", "sil ^ u3 #0 j i4 sil eos");
    check("查话费余额", "sil ch a2 #0 h ua4 #0 f ei4 #1 ^ v2 #0 ^ e2 sil eos");
}

#[test]
fn prescribed_sounds_are_said_as_they_are() {
    let text = format!("请{}再试", crate::text::sounds::sounded("重新", crate::text::sounds::Alphabet::Pinyin, "zhong4 xin3"));
    check(&text, "sil q ing3 #1 zh ong4 #0 x in3 #1 z ai4 #1 sh iii4 sil eos");
    let more = crate::text::sounds::sounded("5G", crate::text::sounds::Alphabet::Pinyin, "wu3 ji4 hao3");
    check(&more, "sil ^ u3 #0 j i4 #0 h ao3 sil eos");
}

/// `tests/golden/sounds.zh.tsv`; all lines that differ are shown.
#[test]
fn golden_sounds() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/sounds.zh.tsv");
    let golden = std::fs::read_to_string(path).unwrap();
    let lines: Vec<(&str, &str)> =
        golden.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_once('\t').expect(line)).collect();
    let said = |text: &str| {
        let phrases = phrases(&crate::text::normalise::spoken(text, crate::text::Lang::Zh));
        phrases.concat().iter().map(|spoken| spoken.syllable.to_string()).collect::<Vec<_>>().join(" ")
    };
    let wrong = lines.iter().map(|(text, expected)| (text, expected, said(text))).filter(|(_, expected, said)| *expected != said);
    let wrong: Vec<String> = wrong.map(|(text, expected, said)| format!("{text}: expected {expected}, said {said}")).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(lines.len() >= 200, "only {} lines", lines.len());
}

fn known() -> BTreeSet<String> {
    let numbers: std::collections::BTreeMap<String, i64> =
        serde_json::from_str(include_str!("../../../voices/zh_CN-baker.symbols.json")).unwrap();
    numbers.into_keys().collect()
}

proptest! {
    #[test]
    fn every_symbol_is_known_to_the_voice(text in "[一-龥A-Za-z0-9，。？ \u{0}-\u{ffff}]{0,40}") {
        let known = known();
        let symbols = symbols(&text);
        for symbol in &symbols {
            prop_assert!(known.contains(symbol.as_ref()), "{}", symbol);
        }
        prop_assert!(symbols.is_empty() || symbols.len() >= 5);
    }
}
