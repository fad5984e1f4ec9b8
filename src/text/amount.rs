//! Money in fen, spoken and read.

mod read;

use super::{Lang, number_en, number_zh};
use std::ops::Range;

/// An amount of money in fen (1/100 yuan).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Money(pub i64);

impl Money {
    /// Reads a spoken or written amount, the entire string: `一百二十八块五`, `128.5元`, `fifty yuan`. A bare number is yuan.
    pub fn parse(text: &str, lang: Lang) -> Option<Money> {
        read::amount(text, lang).map(|(money, _)| money)
    }

    /// The first amount inside a longer sentence and the bytes it stands in. It must have its unit (`五十块`, `thirty yuan`) or follow a word
    /// of paying (`充五十`, `top up fifty`).
    pub fn find(text: &str, lang: Lang) -> Option<(Money, Range<usize>)> {
        read::find(text, lang)
    }

    /// As people say it: `一百二十八块五`, `one hundred and twenty-eight yuan fifty`.
    pub fn spoken(self, lang: Lang) -> String {
        let fen = self.0.unsigned_abs();
        let (yuan, rest) = (i64::try_from(fen / 100).unwrap_or(i64::MAX), i64::try_from(fen % 100).unwrap_or(0));
        match (lang, self.0 < 0) {
            (Lang::Zh, false) => spoken_zh(yuan, rest),
            (Lang::Zh, true) => format!("负{}", spoken_zh(yuan, rest)),
            (Lang::En, false) => spoken_en(yuan, rest),
            (Lang::En, true) => format!("minus {}", spoken_en(yuan, rest)),
        }
    }
}

impl std::fmt::Display for Money {
    /// `¥128.50`, `-¥0.05`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}¥{}.{:02}", fen / 100, fen % 100)
    }
}

fn spoken_zh(yuan: i64, fen: i64) -> String {
    if fen == 0 {
        return format!("{}元", number_zh::counted(yuan));
    }
    let (jiao, fen) = (fen / 10, fen % 10);
    let whole = if yuan == 0 { String::new() } else { format!("{}块", number_zh::counted(yuan)) };
    let round = yuan > 0 && yuan % 10 == 0;
    let part = match (jiao, fen) {
        (0, fen) if yuan > 0 => format!("零{}分", number_zh::cardinal(fen)),
        (0, fen) => format!("{}分", number_zh::counted(fen)),
        (jiao, 0) if round => format!("零{}毛", number_zh::cardinal(jiao)),
        (jiao, 0) if yuan > 0 => number_zh::cardinal(jiao),
        (jiao, 0) => format!("{}毛", number_zh::counted(jiao)),
        (jiao, fen) if yuan > 0 => format!("{}毛{}", number_zh::cardinal(jiao), number_zh::cardinal(fen)),
        (jiao, fen) => format!("{}毛{}", number_zh::counted(jiao), number_zh::cardinal(fen)),
    };
    format!("{whole}{part}")
}

fn spoken_en(yuan: i64, fen: i64) -> String {
    match (yuan, fen) {
        (yuan, 0) => format!("{} yuan", number_en::cardinal(yuan)),
        (0, fen) => format!("{} fen", number_en::cardinal(fen)),
        (yuan, 1..10) => format!("{} yuan and {} fen", number_en::cardinal(yuan), number_en::cardinal(fen)),
        (yuan, fen) => format!("{} yuan {}", number_en::cardinal(yuan), number_en::cardinal(fen)),
    }
}

#[cfg(test)]
mod tests;
