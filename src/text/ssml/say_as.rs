//! What `say-as` makes of a text (W3C note "SSML 1.0 say-as attribute values"). What cannot be read so is read as if nothing were said of it,
//! as the standard has it.

use crate::text::value::spoken_groups;
use crate::text::{Lang, date, normalise, number_en, number_zh};
use jiff::civil::Date;

/// `interpret-as` and `format`, in lower case.
pub struct SayAs {
    pub what: String,
    pub format: String,
}

/// The words to say for `written`.
pub fn words(how: &SayAs, written: &str, lang: Lang) -> String {
    let said = match how.what.as_str() {
        "cardinal" | "number" if how.format != "ordinal" => cardinal(written, lang),
        "ordinal" | "number" => ordinal(written, lang),
        "digits" => digits(written, lang),
        "characters" | "spell-out" | "verbatim" | "letters" => Some(letters(written, lang)),
        "telephone" | "id" | "code" => code(written, lang),
        "date" => day(written, &how.format, lang),
        "time" => Some(normalise::spoken(written, lang)),
        "currency" | "money" => money(written, lang),
        _ => None,
    };
    said.unwrap_or_else(|| written.to_owned())
}

fn figures(written: &str) -> Option<String> {
    let bare: String = written.chars().filter(|c| !matches!(c, ',' | ' ')).collect();
    let number = bare.strip_prefix(['-', '+']).unwrap_or(&bare);
    let fits = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '.') && number.matches('.').count() <= 1;
    fits.then_some(bare)
}

fn cardinal(written: &str, lang: Lang) -> Option<String> {
    let bare = figures(written)?;
    let (minus, number) = match bare.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, bare.strip_prefix('+').unwrap_or(&bare)),
    };
    let said = match lang {
        Lang::Zh => number_zh::decimal(number)?,
        Lang::En => number_en::decimal(number)?,
    };
    Some(match (minus, lang) {
        (false, _) => said,
        (true, Lang::Zh) => format!("负{said}"),
        (true, Lang::En) => format!("minus {said}"),
    })
}

fn ordinal(written: &str, lang: Lang) -> Option<String> {
    let number: i64 = written.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse().ok().filter(|number| *number >= 0)?;
    Some(match lang {
        Lang::Zh => number_zh::ordinal(number),
        Lang::En => number_en::ordinal(number),
    })
}

fn digits(written: &str, lang: Lang) -> Option<String> {
    let figures: String = written.chars().filter(char::is_ascii_digit).collect();
    (!figures.is_empty()).then(|| match lang {
        Lang::Zh => number_zh::digits(&figures),
        Lang::En => number_en::digits(&figures),
    })
}

/// One by one; a comma keeps English letters from becoming a word.
fn letters(written: &str, lang: Lang) -> String {
    let spelled = written.chars().filter(|c| !c.is_whitespace()).map(|c| match (lang, c) {
        (Lang::Zh, c) if c.is_ascii_digit() => number_zh::digits(&c.to_string()),
        (Lang::Zh, c) => normalise::spoken(&c.to_string(), lang),
        (Lang::En, c) if c.is_ascii_digit() => number_en::digits(&c.to_string()),
        (Lang::En, c) if c.is_ascii_alphabetic() => c.to_ascii_uppercase().to_string(),
        (Lang::En, c) => normalise::spoken(&c.to_string(), lang),
    });
    let spelled: Vec<String> = spelled.filter(|said| !said.is_empty()).collect();
    spelled.join(if lang == Lang::Zh { "" } else { ", " })
}

/// In the groups in which people say numbers.
fn code(written: &str, lang: Lang) -> Option<String> {
    if written.contains([' ', '-']) && written.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-')) {
        let groups = written.split([' ', '-']).filter(|group| !group.is_empty()).map(|group| digits(group, lang));
        return Some(groups.collect::<Option<Vec<_>>>()?.join(if lang == Lang::Zh { "，" } else { ", " }));
    }
    written.chars().all(|c| c.is_ascii_alphanumeric()).then(|| spoken_groups(written, lang))
}

fn money(written: &str, lang: Lang) -> Option<String> {
    let figures: String = written.chars().filter(|c| c.is_ascii_digit() || matches!(c, '.' | ',')).collect();
    let dollars = written.contains('$') || written.to_uppercase().contains("USD");
    let known = !figures.is_empty() && (!dollars || lang == Lang::En);
    known.then(|| normalise::spoken(&format!("{}{figures}", if dollars { '$' } else { '¥' }), lang))
}

/// Numbers in the order that `format` gives (`ymd`, `md`, `dmy`, `ym`, `y`, …); without it as written.
fn day(written: &str, format: &str, lang: Lang) -> Option<String> {
    let format = if format.is_empty() { "ymd" } else { format };
    let numbers: Vec<i16> = match written.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect::<Vec<_>>()[..] {
        // 20261122
        [whole] if whole.len() == 8 && format == "ymd" => {
            [whole.get(..4)?, whole.get(4..6)?, whole.get(6..)?].iter().map(|part| part.parse().ok()).collect::<Option<_>>()?
        }
        ref parts => parts.iter().map(|part| part.parse().ok()).collect::<Option<_>>()?,
    };
    if numbers.len() != format.chars().count() {
        return None;
    }
    let part = |letter: char| format.chars().position(|c| c == letter).and_then(|at| numbers.get(at)).copied();
    let (year, month, day) = (part('y'), part('m'), part('d'));
    let month_only = |month: i16| i8::try_from(month).ok().filter(|month| (1..=12).contains(month));
    match (lang, year, month, day) {
        (_, Some(year), Some(month), Some(day)) => {
            let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
            Some(normalise::spoken(&date.to_string(), lang))
        }
        // Any leap year has every day.
        (_, None, Some(month), Some(day)) => {
            let date = Date::new(2024, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
            Some(date::spoken_day(date, lang))
        }
        (Lang::Zh, Some(year), Some(month), None) => {
            let month = number_zh::cardinal(month_only(month)?.into());
            Some(format!("{}年{month}月", number_zh::digits_plain(&year.to_string())))
        }
        (Lang::En, Some(year), Some(month), None) => {
            let day = date::spoken_day(Date::new(2024, month_only(month)?, 1).ok()?, lang);
            Some(format!("{} {}", day.split(' ').next()?, number_en::year(year)))
        }
        (Lang::Zh, Some(year), None, None) => Some(format!("{}年", number_zh::digits_plain(&year.to_string()))),
        (Lang::En, Some(year), None, None) => Some(number_en::year(year)),
        (Lang::Zh, None, Some(month), None) => Some(format!("{}月", number_zh::cardinal(month_only(month)?.into()))),
        (Lang::Zh, None, None, Some(day)) => Some(format!("{}日", number_zh::cardinal(day.into()))),
        _ => None,
    }
}
