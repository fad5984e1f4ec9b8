//! Written text to words as they are read aloud: money, dates, numbers, phone numbers, units, Latin words.

use super::Lang;

/// `您9月的话费是¥128.50` → `您九月的话费是一百二十八块五`.
pub fn spoken(text: &str, _lang: Lang) -> String {
    text.to_owned()
}
