//! Money in fen, spoken and read.

use super::Lang;

/// An amount of money in fen (1/100 yuan).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Money(pub i64);

impl Money {
    /// Reads a spoken or written amount: `一百二十八块五`, `128.5元`, `fifty yuan`.
    pub fn parse(_text: &str, _lang: Lang) -> Option<Money> {
        None
    }

    /// As people say it: `一百二十八块五`, `one hundred and twenty-eight yuan fifty`.
    pub fn spoken(self, _lang: Lang) -> String {
        String::new()
    }
}
