//! The Mandarin front end of the baker voice: Chinese text to the symbols that it was trained on.
//!
//! [`symbols`] is the whole way: sounds from [`crate::text::pinyin`], what cannot be read spelled or left out ([`letters`]),
//! tones as they are said in context ([`sandhi`]), syllables in the corpus's notation ([`notation`]).
//! Numbers, dates and money are expected as words already ([`crate::text::normalise`]).

pub mod letters;
pub mod notation;
pub mod sandhi;

use crate::text::pinyin::{Sound, Syllable, sounds};
use notation::Notated;

/// Raised with every change that changes what is heard, so that the cache does not answer with the old sound.
pub const VERSION: u32 = 1;

/// One syllable to be said.
#[derive(Clone, Debug, PartialEq)]
pub struct Spoken {
    /// The character it comes from.
    pub character: char,
    pub syllable: Syllable,
}

/// What is said in one breath, between two marks of punctuation; never empty.
pub type Phrase = Vec<Spoken>;

/// The phrases of `text` with the tones as they are said. Characters that nobody can read are left out.
pub fn phrases(text: &str) -> Vec<Phrase> {
    let mut phrases = Vec::new();
    let mut phrase = Phrase::new();
    for sound in sounds(text) {
        match sound {
            Sound::Syllable { character, syllable } => phrase.push(Spoken { character, syllable }),
            Sound::Other(character) if is_pause(character) => phrases.push(std::mem::take(&mut phrase)),
            Sound::Other(character) => phrase.extend(letters::spell(character)),
        }
    }
    phrases.push(phrase);
    phrases.retain(|phrase| !phrase.is_empty());
    phrases.iter_mut().for_each(|phrase| sandhi::apply(phrase));
    phrases
}

/// The symbols of `text` in the notation of the baker corpus, from `sil` to `eos`; empty when there is nothing to say.
pub fn symbols(text: &str) -> Vec<Notated> {
    let phrases = phrases(text);
    if phrases.is_empty() {
        return Vec::new();
    }
    let mut out: Vec<Notated> = vec!["sil".into()];
    for (index, phrase) in phrases.iter().enumerate() {
        if index > 0 {
            out.push("#3".into());
        }
        let notated = phrase.iter().filter_map(|spoken| notation::notate(&spoken.syllable));
        for (said, (initial, final_)) in notated.enumerate() {
            if said > 0 {
                out.push("#0".into());
            }
            out.extend([initial.into(), final_]);
        }
    }
    out.extend(["sil".into(), "eos".into()]);
    out
}

/// Punctuation at which a speaker takes a breath; brackets and quotes are not heard.
fn is_pause(character: char) -> bool {
    matches!(character, '，' | '。' | '！' | '？' | '；' | '：' | '、' | '…' | '—' | ',' | '.' | '!' | '?' | ';' | ':' | '\n')
}

#[cfg(test)]
mod tests;
