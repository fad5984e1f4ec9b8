//! Months, days and times of day, spoken and read, relative to a given today.
//!
//! Reading Mandarin is in `date/mandarin.rs`, English in `date/english.rs`; speaking is here.

mod english;
mod mandarin;

use super::spans;
use super::{Lang, number_en, number_zh};
use jiff::civil::{Date, DateTime, Time};
use std::ops::Range;

pub(super) const MONTHS: [&str; 12] =
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
pub(super) const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// A month of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    pub year: i16,
    /// 1 to 12.
    pub month: i8,
}

impl Month {
    /// The month that `day` lies in.
    pub fn of(day: Date) -> Month {
        Month { year: day.year(), month: day.month() }
    }

    /// `count` months earlier.
    pub fn earlier(self, count: i32) -> Month {
        let months = i32::from(self.year) * 12 + i32::from(self.month) - 1 - count;
        let year = i16::try_from(months.div_euclid(12)).unwrap_or(self.year);
        let month = i8::try_from(months.rem_euclid(12) + 1).unwrap_or(self.month);
        Month { year, month }
    }

    /// The entire string as a month that is not after `today`: `九月份`, `上个月`, `去年十二月`, `this month`.
    pub fn parse(text: &str, lang: Lang, today: Date) -> Option<Month> {
        match lang {
            Lang::Zh => mandarin::month(text, today),
            Lang::En => english::month(text, today),
        }
    }

    /// The first month inside a longer sentence and the bytes it stands in. Days (`十月三号`) and English words that only may be months
    /// (`may`) do not count.
    pub fn find(text: &str, lang: Lang, today: Date) -> Option<(Month, Range<usize>)> {
        spans::find(text, lang, 10, |candidate, around| {
            let month = Month::parse(candidate, lang, today)?;
            let refused = match lang {
                Lang::Zh => around.cuts_number(candidate) || mandarin::goes_on_as_day(candidate, around.after),
                Lang::En => english::is_no_month(candidate, around.before, around.after),
            };
            (!refused).then_some(month)
        })
    }

    /// `九月份`, `September`; with the year when it is not that of `today`.
    pub fn spoken(self, lang: Lang, today: Date) -> String {
        let other_year = self.year != today.year();
        match (lang, other_year) {
            (Lang::Zh, false) => format!("{}月份", number_zh::cardinal(self.month.into())),
            (Lang::Zh, true) => {
                format!("{}年{}月份", number_zh::digits_plain(&self.year.to_string()), number_zh::cardinal(self.month.into()))
            }
            (Lang::En, false) => month_name(self.month),
            (Lang::En, true) => format!("{} {}", month_name(self.month), number_en::year(self.year)),
        }
    }
}

/// The entire string as a day: `明天`, `后天`, `十月三号`, `下周二`, `tomorrow`, `October third`. Without a year it is the nearest such day
/// that is not long past (a day of a month more than half a year ago is next year's).
pub fn parse_day(text: &str, lang: Lang, today: Date) -> Option<Date> {
    match lang {
        Lang::Zh => mandarin::day(text, today),
        Lang::En => english::day(text, today),
    }
}

/// The first day inside a longer sentence and the bytes it stands in.
pub fn find_day(text: &str, lang: Lang, today: Date) -> Option<(Date, Range<usize>)> {
    spans::find(text, lang, 12, |candidate, around| {
        let day = parse_day(candidate, lang, today)?;
        let refused = lang == Lang::Zh && (around.cuts_number(candidate) || mandarin::is_no_day(candidate, around.before, around.after));
        (!refused).then_some(day)
    })
}

/// The entire string as a time of day: `上午九点`, `下午三点半`, `今晚八点` (the day is another matter), `3 pm`, `half past nine`.
pub fn parse_time(text: &str, lang: Lang) -> Option<Time> {
    match lang {
        Lang::Zh => mandarin::time(text),
        Lang::En => english::time(text),
    }
}

/// The first time of day inside a longer sentence and the bytes it stands in.
pub fn find_time(text: &str, lang: Lang) -> Option<(Time, Range<usize>)> {
    spans::find(text, lang, 12, |candidate, around| {
        let time = parse_time(candidate, lang)?;
        let unsure = lang == Lang::Zh && (around.cuts_number(candidate) || mandarin::is_no_time(candidate, around.before, around.after));
        (!unsure).then_some(time)
    })
}

/// `十月三日`, `October third`.
pub fn spoken_day(day: Date, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{}月{}日", number_zh::cardinal(day.month().into()), number_zh::cardinal(day.day().into())),
        Lang::En => format!("{} {}", month_name(day.month()), number_en::ordinal(day.day().into())),
    }
}

/// `上午九点`, `下午三点半`, `晚上八点零五分`; `nine am`, `half past three pm` is said `three thirty pm`.
pub fn spoken_time(time: Time, lang: Lang) -> String {
    let (hour, minute) = (i64::from(time.hour()), i64::from(time.minute()));
    let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
    match lang {
        Lang::Zh => {
            let part = match hour {
                0..=5 => "凌晨",
                6..=8 => "早上",
                9..=11 => "上午",
                12 => "中午",
                13..=17 => "下午",
                _ => "晚上",
            };
            let hour = if hour == 0 { "零".to_owned() } else { number_zh::counted(twelve) };
            let minutes = match minute {
                0 => String::new(),
                30 => "半".to_owned(),
                1..10 => format!("零{}分", number_zh::cardinal(minute)),
                _ => format!("{}分", number_zh::cardinal(minute)),
            };
            format!("{part}{hour}点{minutes}")
        }
        Lang::En => {
            let half = if hour < 12 { "am" } else { "pm" };
            let minutes = match minute {
                0 => String::new(),
                1..10 => format!(" oh {}", number_en::cardinal(minute)),
                _ => format!(" {}", number_en::cardinal(minute)),
            };
            match (hour, minute) {
                (0, 0) => "midnight".to_owned(),
                (12, 0) => "noon".to_owned(),
                _ => format!("{}{minutes} {half}", number_en::cardinal(twelve)),
            }
        }
    }
}

/// Day and time; today, tomorrow and the day after are called so: `今天晚上八点`, `tomorrow at three thirty pm`.
pub fn spoken_moment(moment: DateTime, lang: Lang, today: Date) -> String {
    let day = moment.date();
    let near = |ahead: i64| today.checked_add(jiff::Span::new().days(ahead)).is_ok_and(|near| near == day);
    let named = match lang {
        Lang::Zh => [(0, "今天"), (1, "明天"), (2, "后天"), (-1, "昨天")],
        Lang::En => [(0, "today"), (1, "tomorrow"), (2, "the day after tomorrow"), (-1, "yesterday")],
    };
    let day = named.into_iter().find(|(ahead, _)| near(*ahead)).map_or_else(|| spoken_day(day, lang), |(_, name)| name.to_owned());
    let time = spoken_time(moment.time(), lang);
    match lang {
        Lang::Zh => format!("{day}{time}"),
        Lang::En => format!("{day} at {time}"),
    }
}

fn month_name(month: i8) -> String {
    let index = usize::try_from(month - 1).ok();
    let name = index.and_then(|index| MONTHS.get(index)).copied().unwrap_or_default();
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// The latest such month that is not after `today`.
fn latest_month(month: i64, today: Date) -> Option<Month> {
    let month = i8::try_from(month).ok().filter(|month| (1..=12).contains(month))?;
    let year = if month > today.month() { today.year() - 1 } else { today.year() };
    Some(Month { year, month })
}

/// A day without a year: this year's, or next year's when that is more than half a year past.
fn nearest_day(month: i64, day: i64, today: Date) -> Option<Date> {
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    let this_year = Date::new(today.year(), month, day);
    let half_a_year_ago = today.checked_sub(jiff::Span::new().months(6)).ok()?;
    match this_year {
        Ok(date) if date >= half_a_year_ago => Some(date),
        _ => Date::new(today.year() + 1, month, day).ok().or(this_year.ok()),
    }
}

/// A day of the month alone: this month's, or next month's when that is past.
fn day_of_month(day: i64, today: Date) -> Option<Date> {
    let day = i8::try_from(day).ok().filter(|day| (1..=31).contains(day))?;
    let mut month = Month::of(today);
    for _ in 0..3 {
        if let Ok(date) = Date::new(month.year, month.month, day)
            && date >= today
        {
            return Some(date);
        }
        month = month.earlier(-1);
    }
    None
}

/// Monday is 0. `weeks` 0 is the week of `today`.
fn weekday_of_week(weekday: i64, weeks: i64, today: Date) -> Option<Date> {
    let monday = i64::from(today.weekday().to_monday_zero_offset());
    today.checked_add(jiff::Span::new().days(weekday - monday + 7 * weeks)).ok()
}

/// The next such weekday from today on, today included.
fn coming_weekday(weekday: i64, today: Date) -> Option<Date> {
    let monday = i64::from(today.weekday().to_monday_zero_offset());
    today.checked_add(jiff::Span::new().days((weekday - monday).rem_euclid(7))).ok()
}

fn days_ahead(days: i64, today: Date) -> Option<Date> {
    today.checked_add(jiff::Span::new().days(days)).ok()
}

#[cfg(test)]
mod tests;
