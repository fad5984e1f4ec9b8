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
