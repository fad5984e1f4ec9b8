//! An utterance as understanding sees it: plain characters, no punctuation, fillers known, each character with its sound
//! folded over the confusions of the telephone and of the recogniser.

use crate::text::pinyin::{self, Sound, Syllable};

/// Nothing past this many characters is looked at; nobody says more in one breath.
pub const MOST_CHARACTERS: usize = 160;

/// An utterance, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Wording {
    /// Lower case; Latin words and numbers apart from each other by one space, no other space; no punctuation.
    pub plain: Vec<char>,
    /// For each character of `plain`: its folded sound.
    pub sounds: Vec<u32>,
}

impl Wording {
    pub fn new(text: &str) -> Wording {
        let plain = plain(text);
        let joined: String = plain.iter().collect();
        let sounds = pinyin::sounds(&joined).iter().map(folded).collect();
        Wording { plain, sounds }
    }

    pub fn is_empty(&self) -> bool {
        self.plain.is_empty()
    }

    pub fn text(&self) -> String {
        self.plain.iter().collect()
    }
}

/// Letters and digits only, lower case; what stood apart in Latin script stays apart.
fn plain(text: &str) -> Vec<char> {
    let mut out: Vec<char> = Vec::new();
    let mut gap = false;
    for character in text.chars().flat_map(half_width).flat_map(char::to_lowercase) {
        if character == '\'' || character == '’' {
            continue;
        }
        if !character.is_alphanumeric() {
            gap = true;
            continue;
        }
        let joins_words = character.is_ascii_alphanumeric() && out.last().is_some_and(char::is_ascii_alphanumeric);
        if gap && joins_words {
            out.push(' ');
        }
        gap = false;
        out.push(character);
        if out.len() >= MOST_CHARACTERS {
            break;
        }
    }
    out
}

/// Full-width Latin letters and digits as their ASCII twins.
fn half_width(character: char) -> Option<char> {
    match u32::from(character) {
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0),
        _ => Some(character),
    }
}

/// Equal for sounds that callers and recognisers mix up: z/zh, c/ch, s/sh, n/l/r, f/h, in/ing, en/eng, an/ang; no tone.
fn folded(sound: &Sound) -> u32 {
    match sound {
        Sound::Other(character) => u32::from(*character),
        Sound::Syllable { syllable: Syllable { initial, final_, .. }, .. } => {
            let initial = match *initial {
                "zh" => "z",
                "ch" => "c",
                "sh" => "s",
                "n" | "r" => "l",
                "f" => "h",
                other => other,
            };
            let ending = match *final_ {
                "ing" => "in",
                "eng" => "en",
                "ang" => "an",
                other => other,
            };
            let hash = initial
                .bytes()
                .chain([b'-'])
                .chain(ending.bytes())
                .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
            hash | 0x8000_0000
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(Wording::new(text).text(), expected);
    }

    #[test]
    fn keeps_letters_and_digits() {
        check("查，话费。", "查话费");
        check("What's my  balance?", "whats my balance");
        check("ＯＫ，１３８", "ok 138");
        check("查 wifi 信号", "查wifi信号");
        check("……", "");
    }

    #[test]
    fn has_a_sound_for_every_character() {
        let wording = Wording::new("我要查话费 please");
        assert_eq!(wording.plain.len(), wording.sounds.len());
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(Wording::new(&"查".repeat(100_000)).plain.len(), MOST_CHARACTERS);
    }
}
