//! Latin letters and digits that the normaliser left over, one by one, as a Chinese speaker names them.

use super::Spoken;
use crate::text::pinyin::Syllable;

/// The syllables of one character's name; none for what has no name.
pub fn spell(character: char) -> Vec<Spoken> {
    name(character)
        .iter()
        .map(|&(initial, final_, tone)| Spoken { character, syllable: Syllable { initial, final_, tone }, ends_word: false, fixed: false })
        .collect()
}

type Name = &'static [(&'static str, &'static str, u8)];

fn name(character: char) -> Name {
    match character.to_ascii_lowercase() {
        'a' => &[("", "ei", 1)],
        'b' => &[("b", "i", 4)],
        'c' => &[("x", "i", 1)],
        'd' => &[("d", "i", 4)],
        'e' => &[("", "i", 4)],
        'f' => &[("", "ai", 2), ("f", "u", 5)],
        'g' => &[("j", "i", 4)],
        'h' => &[("", "ei", 2), ("q", "v", 5)],
        'i' => &[("", "ai", 4)],
        'j' => &[("zh", "ei", 4)],
        'k' => &[("k", "ei", 4)],
        'l' => &[("", "ai", 2), ("l", "ou", 5)],
        'm' => &[("", "ai", 2), ("m", "u", 5)],
        'n' => &[("", "en", 1)],
        'o' => &[("", "ou", 1)],
        'p' => &[("p", "i", 4)],
        'q' => &[("k", "iou", 1)],
        'r' => &[("", "a", 4)],
        's' => &[("", "ai", 2), ("s", "i", 5)],
        't' => &[("t", "i", 4)],
        'u' => &[("", "iou", 1)],
        'v' => &[("", "uei", 1)],
        'w' => &[("d", "a", 2), ("b", "u", 5), ("l", "iou", 5)],
        'x' => &[("", "ai", 2), ("k", "e", 4), ("s", "i", 5)],
        'y' => &[("", "uai", 4)],
        'z' => &[("z", "ei", 4)],
        '0' => &[("l", "ing", 2)],
        '1' => &[("", "i", 1)],
        '2' => &[("", "er", 4)],
        '3' => &[("s", "an", 1)],
        '4' => &[("s", "i", 4)],
        '5' => &[("", "u", 3)],
        '6' => &[("l", "iou", 4)],
        '7' => &[("q", "i", 1)],
        '8' => &[("b", "a", 1)],
        '9' => &[("j", "iou", 3)],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::super::notation::notate;
    use super::*;

    #[test]
    fn every_letter_and_digit_has_a_name_that_the_voice_can_say() {
        for character in ('a'..='z').chain('A'..='Z').chain('0'..='9') {
            let spelled = spell(character);
            assert!(!spelled.is_empty(), "{character}");
            assert!(spelled.iter().all(|spoken| notate(&spoken.syllable).is_some()), "{character}");
        }
    }

    #[test]
    fn what_has_no_name_is_left_out() {
        assert_eq!(spell('%'), []);
        assert_eq!(spell('é'), []);
    }
}
