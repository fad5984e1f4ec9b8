//! Words whose sounds an author prescribes, carried inside a text to the voice that speaks it: what is written is recorded, the sounds
//! are said.
//!
//! Three private-use characters mark them. [`without_marks`] keeps them out of text that comes from elsewhere.

const OPEN: char = '\u{F8F0}';
const BETWEEN: char = '\u{F8F1}';
const CLOSE: char = '\u{F8F2}';

/// How sounds are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// Syllables of pinyin with their tones, `chong2 xin1`: for Mandarin voices.
    Pinyin,
    /// The International Phonetic Alphabet: for English voices.
    Ipa,
}

/// One stretch of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch<'a> {
    Plain(&'a str),
    Sounded { written: &'a str, alphabet: Alphabet, sounds: &'a str },
}

/// `written` with its sounds, to be put into a text.
pub fn sounded(written: &str, alphabet: Alphabet, sounds: &str) -> String {
    let kind = match alphabet {
        Alphabet::Pinyin => 'p',
        Alphabet::Ipa => 'i',
    };
    format!("{OPEN}{kind}{sounds}{BETWEEN}{written}{CLOSE}")
}

/// The stretches of `text` in order; marks that do not belong together are text like any other.
pub fn stretches(text: &str) -> Vec<Stretch<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, sounded, after)) = first_sounded(rest) {
        if !before.is_empty() {
            out.push(Stretch::Plain(before));
        }
        out.push(sounded);
        rest = after;
    }
    if !rest.is_empty() {
        out.push(Stretch::Plain(rest));
    }
    out
}

fn first_sounded(text: &str) -> Option<(&str, Stretch<'_>, &str)> {
    let (before, inside) = text.split_once(OPEN)?;
    let (inside, after) = inside.split_once(CLOSE)?;
    let (sounds, written) = inside.split_once(BETWEEN)?;
    let (alphabet, sounds) = match (sounds.strip_prefix('p'), sounds.strip_prefix('i')) {
        (Some(sounds), _) => (Alphabet::Pinyin, sounds),
        (_, Some(sounds)) => (Alphabet::Ipa, sounds),
        _ => return None,
    };
    Some((before, Stretch::Sounded { written, alphabet, sounds }, after))
}

/// What is written, for the record and for a voice that cannot say the sounds.
pub fn written(text: &str) -> String {
    let words = stretches(text).into_iter().map(|stretch| match stretch {
        Stretch::Plain(text) => text,
        Stretch::Sounded { written, .. } => written,
    });
    words.collect()
}

/// Text from elsewhere without the characters that mark sounds here.
pub fn without_marks(text: &str) -> String {
    text.chars().filter(|c| !matches!(*c, OPEN | BETWEEN | CLOSE)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_put_in_comes_out() {
        let text = format!("请{}再试{}", sounded("重新", Alphabet::Pinyin, "chong2 xin1"), sounded("a", Alphabet::Ipa, "ə"));
        let expected = [
            Stretch::Plain("请"),
            Stretch::Sounded { written: "重新", alphabet: Alphabet::Pinyin, sounds: "chong2 xin1" },
            Stretch::Plain("再试"),
            Stretch::Sounded { written: "a", alphabet: Alphabet::Ipa, sounds: "ə" },
        ];
        assert_eq!(stretches(&text), expected);
        assert_eq!(written(&text), "请重新再试a");
    }

    proptest! {
        #[test]
        fn marks_in_any_order_break_nothing(text in "[\u{F8F0}\u{F8F1}\u{F8F2}pi好]{0,20}") {
            let _ = stretches(&text);
            prop_assert_eq!(written(&without_marks(&text)), without_marks(&text));
        }
    }
}
