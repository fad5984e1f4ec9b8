//! Written text to words as they are read aloud: money, dates, numbers, phone numbers, units, Latin words.
//!
//! `normalise/shape.rs` recognises what is written, whatever the language; `mandarin.rs` and `english.rs` say it; `latin.rs` spells Latin
//! words for the Mandarin voice, which cannot say letters; `sentences.rs` cuts for streaming. Mandarin that comes out holds no ASCII letter
//! and no ASCII digit. What comes out goes to a voice, never to a screen.

mod english;
mod latin;
mod mandarin;
mod sentences;
mod shape;

use super::Lang;

pub use sentences::sentences;

/// `您9月的话费是¥128.50` → `您九月的话费是一百二十八块五`.
pub fn spoken(text: &str, lang: Lang) -> String {
    match lang {
        Lang::Zh => mandarin::spoken(text),
        Lang::En => english::spoken(text),
    }
}

#[cfg(test)]
mod tests;
