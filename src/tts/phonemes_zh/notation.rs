//! Standard pinyin to the notation of the baker corpus: `ui` in full as `uei`, the vowel of `zi` as `ii` and of `zhi` as `iii`,
//! `^` where a syllable begins with its vowel.

use crate::text::pinyin::Syllable;
use std::borrow::Cow;

/// One symbol of the voice.
pub type Notated = Cow<'static, str>;

/// Initial and final with its tone; `None` for what is not a Mandarin syllable.
pub fn notate(syllable: &Syllable) -> Option<(&'static str, Notated)> {
    let (initial, final_) = split(syllable.initial, syllable.final_)?;
    (1..=5).contains(&syllable.tone).then(|| (initial, Cow::Owned(format!("{final_}{}", syllable.tone))))
}

fn split(initial: &str, final_: &str) -> Option<(&'static str, &'static str)> {
    if matches!(initial, "" | "y" | "w") {
        return Some(("^", bare(initial, final_)?));
    }
    let initial = INITIALS.iter().find(|known| **known == initial)?;
    let palatal = matches!(*initial, "j" | "q" | "x");
    let final_ = match final_ {
        "i" if matches!(*initial, "z" | "c" | "s") => "ii",
        "i" if matches!(*initial, "zh" | "ch" | "sh" | "r") => "iii",
        "ui" => "uei",
        "iu" => "iou",
        "u" if palatal => "v",
        "ue" => "ve",
        "uan" if palatal => "van",
        "un" if palatal => "vn",
        "un" => "uen",
        "uo" if matches!(*initial, "b" | "p" | "m" | "f") => "o",
        "o" if !matches!(*initial, "b" | "p" | "m" | "f") => "uo",
        other => FINALS.iter().find(|known| **known == other)?,
    };
    Some((initial, final_))
}

/// The final of a syllable without a consonant, as written with `y` or `w` or as its bare final.
fn bare(glide: &str, final_: &str) -> Option<&'static str> {
    let bare = match (glide, final_) {
        ("y", "i") => "i",
        ("y", "a") => "ia",
        ("y", "e") => "ie",
        ("y", "ao") => "iao",
        ("y", "ou" | "o") => "iou",
        ("y", "an") => "ian",
        ("y", "in") => "in",
        ("y", "ang") => "iang",
        ("y", "ing") => "ing",
        ("y", "ong") => "iong",
        ("y", "u" | "v") => "v",
        ("y", "ue" | "ve") => "ve",
        ("y", "uan" | "van") => "van",
        ("y", "un" | "vn") => "vn",
        ("w", "u") => "u",
        ("w", "a") => "ua",
        ("w", "o") => "uo",
        ("w", "ai") => "uai",
        ("w", "ei") => "uei",
        ("w", "an") => "uan",
        ("w", "en") => "uen",
        ("w", "ang") => "uang",
        ("w", "eng") => "ueng",
        ("", "ui") => "uei",
        ("", "iu" | "io") => "iou",
        ("", "un") => "uen",
        ("", "ue") => "ve",
        ("", "ê" | "eh") => "e",
        ("", "n" | "m" | "ng") => "en",
        ("", other) => FINALS.iter().find(|known| **known == other && !matches!(other, "ii" | "iii"))?,
        _ => return None,
    };
    Some(bare)
}

pub(super) const INITIALS: &[&str] =
    &["b", "c", "ch", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "q", "r", "s", "sh", "t", "x", "z", "zh"];

pub(super) const FINALS: &[&str] = &[
    "a", "ai", "an", "ang", "ao", "e", "ei", "en", "eng", "er", "i", "ia", "ian", "iang", "iao", "ie", "ii", "iii", "in", "ing", "iong",
    "iou", "o", "ong", "ou", "u", "ua", "uai", "uan", "uang", "uei", "uen", "ueng", "uo", "v", "van", "ve", "vn",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[track_caller]
    fn check(initial: &'static str, final_: &'static str, expected: Option<(&str, &str)>) {
        let notated = notate(&Syllable { initial, final_, tone: 2 });
        let notated = notated.as_ref().map(|(initial, final_)| (*initial, final_.as_ref()));
        assert_eq!(notated, expected, "{initial}{final_}");
    }

    #[test]
    fn follows_the_corpus() {
        check("n", "in", Some(("n", "in2")));
        check("z", "i", Some(("z", "ii2")));
        check("sh", "i", Some(("sh", "iii2")));
        check("x", "i", Some(("x", "i2")));
        check("g", "ui", Some(("g", "uei2")));
        check("l", "iu", Some(("l", "iou2")));
        check("ch", "un", Some(("ch", "uen2")));
        check("q", "un", Some(("q", "vn2")));
        check("x", "u", Some(("x", "v2")));
        check("j", "v", Some(("j", "v2")));
        check("l", "v", Some(("l", "v2")));
        check("l", "ue", Some(("l", "ve2")));
        check("b", "o", Some(("b", "o2")));
        check("", "er", Some(("^", "er2")));
        check("", "van", Some(("^", "van2")));
        check("y", "uan", Some(("^", "van2")));
        check("y", "ou", Some(("^", "iou2")));
        check("w", "en", Some(("^", "uen2")));
        check("", "uen", Some(("^", "uen2")));
        check("", "iou", Some(("^", "iou2")));
        check("", "ng", Some(("^", "en2")));
        check("th", "e", None);
        check("b", "ought", None);
        check("w", "ing", None);
    }

    #[test]
    fn a_tone_is_1_to_5() {
        for tone in [0, 6, 255] {
            assert_eq!(notate(&Syllable { initial: "b", final_: "a", tone }), None);
        }
    }

    #[test]
    fn every_symbol_is_known_to_the_voice() {
        let known: BTreeMap<String, i64> = serde_json::from_str(include_str!("../../../voices/zh_CN-baker.symbols.json")).unwrap();
        let spelled = FINALS.iter().copied().chain(["ui", "iu", "un", "ue", "n", "m", "ng", "io", "eh"]);
        let mut said = 0;
        for final_ in spelled {
            for initial in INITIALS.iter().copied().chain(["", "y", "w"]) {
                for tone in 1..=5 {
                    let initial_of_syllable = INITIALS.iter().copied().chain(["y", "w", ""]).find(|i| *i == initial).unwrap();
                    let Some((first, second)) = notate(&Syllable { initial: initial_of_syllable, final_, tone }) else { continue };
                    assert!(known.contains_key(first), "{first} of {initial}{final_}");
                    assert!(known.contains_key(second.as_ref()), "{second} of {initial}{final_}");
                    said += 1;
                }
            }
        }
        assert!(said > 2_000, "only {said} syllables were tried");
    }
}
