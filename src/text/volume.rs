//! Data volumes in megabytes (1 GB = 1024 MB), spoken and read.

use super::spans;
use super::{Lang, number_en, number_zh, pinyin};
use std::ops::Range;

/// The entire string in megabytes: `十个G`, `10GB`, `五百兆`, `一点五G`, `ten gigabytes`. A part of a megabyte counts as the next lower one.
pub fn parse(text: &str, lang: Lang) -> Option<u64> {
    let lower = text.trim().to_lowercase();
    let units: &[(&str, i64)] = match lang {
        Lang::Zh => &[("gb", 1024), ("g", 1024), ("吉", 1024), ("mb", 1), ("兆", 1), ("m", 1), ("tb", 1024 * 1024)],
        Lang::En => &[
            ("gigabytes", 1024),
            ("gigabyte", 1024),
            ("gigs", 1024),
            ("gig", 1024),
            ("gb", 1024),
            ("g", 1024),
            ("megabytes", 1),
            ("megabyte", 1),
            ("megs", 1),
            ("meg", 1),
            ("mb", 1),
        ],
    };
    let lower = lower.strip_suffix("流量").map(|rest| rest.strip_suffix('的').unwrap_or(rest)).unwrap_or(&lower);
    let lower = lower.strip_suffix(" of data").unwrap_or(lower);
    let named = units.iter().find_map(|(name, unit)| lower.strip_suffix(name).map(|number| (number.trim(), *unit)));
    let (number, unit) = named.or_else(|| misheard_gigabytes(lower).filter(|_| lang == Lang::Zh).map(|number| (number, 1024)))?;
    let thousandths = match lang {
        Lang::Zh => mandarin(number)?,
        Lang::En => number_en::parse_scaled(number.strip_suffix(" a").unwrap_or(number), 3)
            .or_else(|| (number == "a" || number == "one").then_some(1_000))?,
    };
    u64::try_from(thousandths.checked_mul(unit)? / 1_000).ok()
}

/// The letter G sounds like 季, and is written so or alike by a recogniser: `五个籍` is 五个G. The number with its measure word.
fn misheard_gigabytes(text: &str) -> Option<&str> {
    let (at, last) = text.char_indices().next_back()?;
    let number = text.get(..at)?;
    let sounds_alike = pinyin::plain(last.encode_utf8(&mut [0; 4])) == "ji";
    (sounds_alike && number.ends_with('个')).then_some(number)
}

/// `两个半` and `十个` count a measure word in.
fn mandarin(number: &str) -> Option<i64> {
    let (whole, half) = match number.strip_suffix("个半") {
        Some(whole) => (whole, 500),
        None => (number.strip_suffix('个').unwrap_or(number), 0),
    };
    Some(number_zh::parse_scaled(whole, 3)? + half)
}

/// The first volume inside a longer sentence and the bytes it stands in. Network generations (`5G套餐`, `5G network`) do not count.
pub fn find(text: &str, lang: Lang) -> Option<(u64, Range<usize>)> {
    spans::find(text, lang, 14, |candidate, around| {
        let megabytes = parse(candidate, lang)?;
        let letters_go_on = around.after.starts_with(|c: char| c.is_ascii_alphanumeric());
        let compact: String = candidate.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
        let generation = matches!(compact.as_str(), "2g" | "3g" | "4g" | "5g" | "二g" | "三g" | "四g" | "五g")
            && !around.after.trim_start().starts_with(['流', '的', '，', '。'])
            && !around.after.trim_start().to_lowercase().starts_with("of data")
            && !around.after.trim().is_empty();
        let cut = lang == Lang::Zh && around.cuts_number(candidate);
        let ends_here = around.after.is_empty() || around.after.starts_with(|c: char| !c.is_alphanumeric() || "的流".contains(c));
        let misheard = lang == Lang::Zh && misheard_gigabytes(&compact).is_some() && !ends_here;
        (!letters_go_on && !generation && !cut && !misheard).then_some(megabytes)
    })
}

/// As people say it: `十二点五个G`, `五百兆`; `twelve point five gigabytes`. From one gigabyte on in gigabytes, to two decimals.
pub fn spoken(megabytes: u64, lang: Lang) -> String {
    let whole = i64::try_from(megabytes).unwrap_or(i64::MAX);
    if whole < 1024 {
        return match lang {
            Lang::Zh => format!("{}兆", number_zh::counted(whole)),
            Lang::En if whole == 1 => "one megabyte".to_owned(),
            Lang::En => format!("{} megabytes", number_en::cardinal(whole)),
        };
    }
    let hundredths = (i128::from(megabytes) * 100 + 512) / 1024;
    let (gigabytes, part) = (hundredths / 100, hundredths % 100);
    let written = format!("{gigabytes}.{part:02}");
    let written = written.trim_end_matches('0').trim_end_matches('.');
    let gigabytes = i64::try_from(gigabytes).unwrap_or(i64::MAX);
    match lang {
        Lang::Zh if part == 0 => format!("{}个G", number_zh::counted(gigabytes)),
        Lang::Zh => format!("{}个G", number_zh::decimal(written).unwrap_or_default()),
        Lang::En if part == 0 && gigabytes == 1 => "one gigabyte".to_owned(),
        Lang::En if part == 0 => format!("{} gigabytes", number_en::cardinal(gigabytes)),
        Lang::En => format!("{} gigabytes", number_en::decimal(written).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, lang: Lang, megabytes: u64) {
        assert_eq!(parse(text, lang), Some(megabytes), "{text}");
    }

    #[track_caller]
    fn check_found(text: &str, lang: Lang, expected: Option<(u64, &str)>) {
        let found = find(text, lang);
        assert_eq!(found.as_ref().map(|(volume, span)| (*volume, text.get(span.clone()).unwrap())), expected, "{text}");
    }

    #[test]
    fn reads() {
        check("十个G", Lang::Zh, 10_240);
        check("10GB", Lang::Zh, 10_240);
        check("五百兆", Lang::Zh, 500);
        check("一点五G", Lang::Zh, 1_536);
        check("两个半G", Lang::Zh, 2_560);
        check("500 MB", Lang::Zh, 500);
        check("十个G流量", Lang::Zh, 10_240);
        check("ten gigabytes", Lang::En, 10_240);
        check("a gig", Lang::En, 1_024);
        check("10 GB of data", Lang::En, 10_240);
        for text in ["", "G", "十个", "流量", "三点G"] {
            assert_eq!(parse(text, Lang::Zh), None, "{text}");
        }
    }

    #[test]
    fn finds_inside_a_sentence() {
        check_found("我要买十个G的流量", Lang::Zh, Some((10_240, "十个G的流量")));
        check_found("加一个500兆的包", Lang::Zh, Some((500, "500兆")));
        check_found("我要买五个籍的流量包", Lang::Zh, Some((5_120, "五个籍的流量")));
        check_found("要十个级", Lang::Zh, Some((10_240, "十个级")));
        check_found("还有三个机会", Lang::Zh, None);
        check_found("五个几点", Lang::Zh, None);
        check_found("办5G套餐", Lang::Zh, None);
        check_found("查流量", Lang::Zh, None);
        check_found("buy ten gigabytes, please", Lang::En, Some((10_240, "ten gigabytes")));
        check_found("a 5G plan", Lang::En, None);
    }

    #[test]
    fn speaks() {
        assert_eq!(spoken(12_800, Lang::Zh), "十二点五个G");
        assert_eq!(spoken(2_048, Lang::Zh), "两个G");
        assert_eq!(spoken(500, Lang::Zh), "五百兆");
        assert_eq!(spoken(12_800, Lang::En), "twelve point five gigabytes");
        assert_eq!(spoken(1_024, Lang::En), "one gigabyte");
    }

    proptest! {
        #[test]
        fn whole_gigabytes_read_back(gigabytes in 1_u64..2_000) {
            for lang in [Lang::Zh, Lang::En] {
                prop_assert_eq!(parse(&spoken(gigabytes * 1024, lang), lang), Some(gigabytes * 1024));
                prop_assert_eq!(parse(&spoken(gigabytes % 1024, lang), lang), Some(gigabytes % 1024));
            }
        }
    }
}
