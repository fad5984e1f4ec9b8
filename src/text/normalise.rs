//! Written text to words as they are read aloud: money, dates, numbers, phone numbers, units, Latin words.
//!
//! `normalise/shape.rs` recognises what is written, whatever the language; `mandarin.rs` and `english.rs` say it; `latin.rs` spells Latin
//! words for the Mandarin voice, which cannot say letters. Mandarin that comes out holds no ASCII letter
//! and no ASCII digit. What comes out goes to a voice, never to a screen.

mod english;
mod latin;
mod mandarin;
mod shape;
mod units;

use super::Lang;
use super::sounds::{self, Stretch};

/// `您9月的话费是¥128.50` → `您九月的话费是一百二十八块五`. Words whose sounds are prescribed ([`sounds`]) stay as they are.
pub fn spoken(text: &str, lang: Lang) -> String {
    let plain = match lang {
        Lang::Zh => mandarin::spoken,
        Lang::En => english::spoken,
    };
    let said = sounds::stretches(text).into_iter().map(|stretch| match stretch {
        Stretch::Plain(text) => plain(text),
        Stretch::Sounded { written, alphabet, sounds } => sounds::sounded(written, alphabet, sounds),
    });
    said.collect::<Vec<_>>().join(if lang == Lang::Zh { "" } else { " " })
}

#[cfg(test)]
mod tests;
