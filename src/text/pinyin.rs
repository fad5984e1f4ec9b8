//! Mandarin sounds: characters to syllables with polyphones in context, and how alike two syllables sound.
//!
//! [`sounds`] decides polyphones in this order: our own phrases (`pinyin/readings.tsv`: what callers say, and single characters whose
//! commonest reading the dictionary does not put first), longest first and across words; then the words that jieba finds, from
//! `pinyin/phrases.tsv`; then each character's commonest reading. Tones are the dictionary's: sandhi is the voice's business.

mod distance;
mod syllable;

pub use distance::{Coded, distance, sequence_distance};
pub use syllable::{Syllable, syllable_from_pinyin};

use super::words;
use pinyin::ToPinyin;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What stands at one place of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sound {
    /// A Chinese character and how it is said here.
    Syllable { character: char, syllable: Syllable },
    /// Anything else, as written.
    Other(char),
}

/// Readings of phrases; every phrase has one syllable a character.
struct Phrases {
    readings: HashMap<Vec<char>, Vec<Syllable>>,
    longest: usize,
}

impl Phrases {
    fn read(file: &str) -> Phrases {
        let readings: HashMap<Vec<char>, Vec<Syllable>> = file
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once('\t'))
            .filter_map(|(phrase, sounds)| {
                let phrase: Vec<char> = phrase.chars().collect();
                let syllables: Option<Vec<Syllable>> = sounds.split_whitespace().map(syllable_from_pinyin).collect();
                syllables.filter(|syllables| syllables.len() == phrase.len()).map(|syllables| (phrase, syllables))
            })
            .collect();
        let longest = readings.keys().map(Vec::len).max().unwrap_or(0);
        Phrases { readings, longest }
    }

    /// The longest phrase, of at least `shortest` characters, that `text` begins with.
    fn longest_at<'a>(&'a self, text: &[char], shortest: usize) -> Option<&'a [Syllable]> {
        (shortest..=self.longest.min(text.len())).rev().find_map(|length| {
            let (head, _) = text.split_at(length);
            self.readings.get(head).map(Vec::as_slice)
        })
    }
}

static OURS: LazyLock<Phrases> = LazyLock::new(|| Phrases::read(include_str!("pinyin/readings.tsv")));
static DICTIONARY: LazyLock<Phrases> = LazyLock::new(|| Phrases::read(include_str!("pinyin/phrases.tsv")));

/// The sounds of `text`, one for each character, polyphones decided by the words around them.
pub fn sounds(text: &str) -> Vec<Sound> {
    let characters: Vec<char> = text.chars().collect();
    let mut said: Vec<Option<Syllable>> = vec![None; characters.len()];
    read_phrases(&OURS, &characters, &mut said, 2);
    let mut start = 0;
    for word in words::slices(text) {
        let end = start + word.chars().count();
        if let (Some(word), Some(said)) = (characters.get(start..end), said.get_mut(start..end))
            && said.iter().all(Option::is_none)
        {
            read_phrases(&DICTIONARY, word, said, 2);
        }
        start = end;
    }
    let singles = characters.into_iter().zip(said);
    singles
        .map(|(character, syllable)| match syllable.or_else(|| alone(character)) {
            Some(syllable) => Sound::Syllable { character, syllable },
            None => Sound::Other(character),
        })
        .collect()
}

/// Fills in what `phrases` know, from left to right, longest first.
fn read_phrases(phrases: &Phrases, characters: &[char], said: &mut [Option<Syllable>], shortest: usize) {
    let mut at = 0;
    while let Some(rest) = characters.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(reading) = phrases.longest_at(rest, shortest) else {
            at += 1;
            continue;
        };
        for (place, syllable) in said.iter_mut().skip(at).zip(reading) {
            *place = Some(syllable.clone());
        }
        at += reading.len();
    }
}

/// The commonest reading of a character.
fn alone(character: char) -> Option<Syllable> {
    if character.is_ascii() {
        return None;
    }
    if let Some([syllable]) = OURS.readings.get(&[character][..]).map(Vec::as_slice) {
        return Some(syllable.clone());
    }
    syllable_from_pinyin(character.to_pinyin()?.with_tone_num_end())
}

/// The syllables of `text` alone, everything else left out.
pub fn syllables(text: &str) -> Vec<Syllable> {
    sounds(text)
        .into_iter()
        .filter_map(|sound| match sound {
            Sound::Syllable { syllable, .. } => Some(syllable),
            Sound::Other(_) => None,
        })
        .collect()
}

/// Toneless pinyin, syllables joined by single spaces, Latin words kept in lower case: `查 huafei` → `cha huafei`.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut inside_word = false;
    for sound in sounds(text) {
        let letters = match &sound {
            Sound::Syllable { syllable, .. } => syllable.letters(),
            Sound::Other(other) if other.is_alphanumeric() => other.to_lowercase().collect(),
            Sound::Other(_) => {
                inside_word = false;
                continue;
            }
        };
        let continues = inside_word && matches!(sound, Sound::Other(_));
        if !continues && !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&letters);
        inside_word = matches!(sound, Sound::Other(_));
    }
    out
}

#[cfg(test)]
mod tests;
