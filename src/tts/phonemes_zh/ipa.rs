//! Mandarin in the symbols that Kokoro was trained on: misaki's scheme (its `zh.py`), IPA with an arrow for the tone after the vowel,
//! a space between words, Western punctuation.

use super::notation::notate;
use super::{Phrase, Spoken};

/// The symbols of `phrases`, each with the mark that ends it.
pub fn symbols(phrases: &[(Phrase, char)]) -> String {
    let mut out = String::new();
    for (phrase, mark) in phrases {
        if !out.is_empty() {
            out.push(' ');
        }
        let mut boundary = false;
        for spoken in phrase {
            let Some(said) = syllable(spoken) else { continue };
            if boundary {
                out.push(' ');
            }
            out.push_str(&said);
            boundary = spoken.ends_word;
        }
        out.push(western(*mark));
    }
    out
}

/// The mark that a model trained on Western punctuation knows.
fn western(mark: char) -> char {
    match mark {
        '，' | '、' => ',',
        '！' => '!',
        '？' => '?',
        '；' => ';',
        '：' => ':',
        ',' | '!' | '?' | ';' | ':' | '—' | '…' => mark,
        _ => '.',
    }
}

fn syllable(spoken: &Spoken) -> Option<String> {
    let (initial, toned) = notate(&spoken.syllable)?;
    let final_ = toned.trim_end_matches(|c: char| c.is_ascii_digit());
    let tone = match spoken.syllable.tone {
        1 => "→",
        2 => "↗",
        3 => "↓",
        4 => "↘",
        _ => "",
    };
    let (vowel, coda) = vowel_and_coda(initial, final_)?;
    Some(format!("{}{vowel}{tone}{coda}", consonant(initial)?))
}

fn consonant(initial: &str) -> Option<&'static str> {
    Some(match initial {
        "^" => "",
        "b" => "p",
        "c" => "ʦʰ",
        "ch" => "ꭧʰ",
        "d" => "t",
        "f" => "f",
        "g" => "k",
        "h" => "x",
        "j" => "ʨ",
        "k" => "kʰ",
        "l" => "l",
        "m" => "m",
        "n" => "n",
        "p" => "pʰ",
        "q" => "ʨʰ",
        "r" => "ɻ",
        "s" => "s",
        "sh" => "ʂ",
        "t" => "tʰ",
        "x" => "ɕ",
        "z" => "ʦ",
        "zh" => "ꭧ",
        _ => return None,
    })
}

/// What stands before the tone and what after it.
fn vowel_and_coda(initial: &str, final_: &str) -> Option<(&'static str, &'static str)> {
    Some(match final_ {
        "a" => ("a", ""),
        "ai" => ("ai", ""),
        "an" => ("a", "n"),
        "ang" => ("a", "ŋ"),
        "ao" => ("au", ""),
        "e" => ("ɤ", ""),
        "ei" => ("ei", ""),
        "en" => ("ə", "n"),
        "eng" => ("ə", "ŋ"),
        "er" => ("ɚ", ""),
        "i" => ("i", ""),
        "ia" => ("ja", ""),
        "ian" => ("jɛ", "n"),
        "iang" => ("ja", "ŋ"),
        "iao" => ("jau", ""),
        "ie" => ("je", ""),
        "ii" | "iii" => ("ɨ", ""),
        "in" => ("i", "n"),
        "ing" => ("i", "ŋ"),
        "iong" => ("jʊ", "ŋ"),
        "iou" => ("jou", ""),
        "o" if initial == "^" => ("ɔ", ""),
        "o" | "uo" => ("wo", ""),
        "ong" => ("ʊ", "ŋ"),
        "ou" => ("ou", ""),
        "u" => ("u", ""),
        "ua" => ("wa", ""),
        "uai" => ("wai", ""),
        "uan" => ("wa", "n"),
        "uang" => ("wa", "ŋ"),
        "uei" => ("wei", ""),
        "uen" => ("wə", "n"),
        "ueng" => ("wə", "ŋ"),
        "v" => ("y", ""),
        "van" => ("ɥɛ", "n"),
        "ve" => ("ɥe", ""),
        "vn" => ("y", "n"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::pinyin::Syllable;
    use crate::tts::phonemes_zh::{marked_phrases, notation::FINALS, notation::INITIALS};
    use std::collections::BTreeMap;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(symbols(&marked_phrases(text)), expected, "{text}");
    }

    #[test]
    fn follows_misaki() {
        check("您好。", "ni↗nxau↓.");
        check("中国", "ꭧʊ→ŋkwo↗.");
        check("再见，王先生！", "ʦai↘ʨjɛ↘n, wa↗ŋɕjɛ→nʂəŋ!");
        check("四十二", "sɨ↘ʂɨ↗ɚ↘.");
        check("远程，学院？", "ɥɛ↓nꭧʰə↗ŋ, ɕɥe↗ɥɛ↘n?");
        check("", "");
    }

    #[test]
    fn every_syllable_has_symbols_that_the_model_knows() {
        let known: BTreeMap<char, i64> = serde_json::from_str(include_str!("../../../voices/kokoro.symbols.json")).unwrap();
        let mut said = 0;
        for initial in INITIALS.iter().copied().chain([""]) {
            for final_ in FINALS.iter().copied() {
                for tone in 1..=5 {
                    let spoken = Spoken { character: '字', syllable: Syllable { initial, final_, tone }, ends_word: false, fixed: false };
                    if notate(&spoken.syllable).is_none() {
                        continue;
                    }
                    let symbols = syllable(&spoken).unwrap_or_else(|| panic!("{initial}{final_}"));
                    assert!(symbols.chars().all(|symbol| known.contains_key(&symbol)), "{symbols}");
                    said += 1;
                }
            }
        }
        assert!(said > 2_000, "only {said} syllables were tried");
    }
}
