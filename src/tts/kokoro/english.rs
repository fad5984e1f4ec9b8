//! English in the symbols that Kokoro was trained on: espeak-ng's phonemes with misaki's single letters for diphthongs and affricates
//! (`EspeakFallback` in its `espeak.py`).

use crate::tts::voices::Accent;
use crate::tts::{TtsError, espeak};

/// Longer ones first: `aɪə` must not become `aɪ` and a leftover.
const COMMON: [(&str, &str); 13] = [
    ("ʔn", "tᵊn"),
    ("aɪ", "I"),
    ("aʊ", "W"),
    ("dʒ", "ʤ"),
    ("eɪ", "A"),
    ("tʃ", "ʧ"),
    ("ɔɪ", "Y"),
    ("ɚ", "əɹ"),
    ("r", "ɹ"),
    ("x", "k"),
    ("ç", "k"),
    ("ɐ", "ə"),
    ("ɬ", "l"),
];
const AMERICAN: [(&str, &str); 7] = [("oʊ", "O"), ("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ɪə", "iə"), ("ː", ""), ("ɾ", "T"), ("ʔ", "t")];
const BRITISH: [(&str, &str); 4] = [("eə", "ɛː"), ("iə", "ɪə"), ("əʊ", "Q"), ("ʔ", "t")];

/// The symbols of `sentence`.
pub fn symbols(sentence: &str, accent: Accent) -> Result<String, TtsError> {
    let voice = match accent {
        Accent::American => "en-us",
        // espeak-ng's own, which is British.
        Accent::British => "en",
    };
    Ok(from_espeak(&espeak::phonemes(sentence, voice)?, accent))
}

fn from_espeak(phonemes: &str, accent: Accent) -> String {
    let own: &[(&str, &str)] = match accent {
        Accent::American => &AMERICAN,
        Accent::British => &BRITISH,
    };
    COMMON.iter().chain(own).fold(phonemes.to_owned(), |symbols, (from, to)| symbols.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(phonemes: &str, accent: Accent, expected: &str) {
        assert_eq!(from_espeak(phonemes, accent), expected);
    }

    #[test]
    fn diphthongs_and_affricates_are_one_symbol() {
        check("həlˈoʊ", Accent::American, "həlˈO");
        check("həlˈəʊ", Accent::British, "həlˈQ");
        check("tʃˈeɪndʒ", Accent::American, "ʧˈAnʤ");
        check("bˈæləns, ɪz ðˈæt ɹˈaɪt?", Accent::American, "bˈæləns, ɪz ðˈæt ɹˈIt?");
        check("nˈʌmbɚ", Accent::American, "nˈʌmbəɹ");
        check("kɐn", Accent::American, "kən");
    }
}
