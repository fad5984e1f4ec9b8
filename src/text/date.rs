//! Months and days, spoken and read, relative to a given today.

use super::Lang;
use jiff::civil::Date;

/// A month of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    pub year: i16,
    /// 1 to 12.
    pub month: i8,
}

impl Month {
    /// The entire string as a month that is not after `today`: `九月份`, `上个月`, `去年十二月`, `this month`.
    pub fn parse(_text: &str, _lang: Lang, _today: Date) -> Option<Month> {
        None
    }

    /// `九月份`, `September`; with the year when it is not that of `today`.
    pub fn spoken(self, _lang: Lang, _today: Date) -> String {
        String::new()
    }
}

/// The entire string as a day: `明天`, `后天`, `十月三号`, `下周二`, `tomorrow`, `October third`.
pub fn parse_day(_text: &str, _lang: Lang, _today: Date) -> Option<Date> {
    None
}

/// `十月三日`, `October third`.
pub fn spoken_day(_day: Date, _lang: Lang) -> String {
    String::new()
}
