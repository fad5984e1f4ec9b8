//! Both sides of a comparison written alike: simplified, lower case, without punctuation, figures in words.

use crate::text::script::to_simplified;
use crate::text::{Lang, number_en, number_zh};
use std::iter::Peekable;
use std::str::Chars;

/// How written figures are read; which of the two was said, the writing does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figures {
    /// 128 is 一百二十八.
    Quantity,
    /// 128 is 一二八.
    Digits,
}

impl Figures {
    pub const BOTH: [Figures; 2] = [Figures::Quantity, Figures::Digits];
}

/// More digits than this, or a zero in front, are a code in any case.
const LONGEST_QUANTITY: usize = 9;

/// Characters in Mandarin, words in English. 幺 is written 一, 两 is written 二.
pub fn units(lang: Lang, text: &str, figures: Figures) -> Vec<String> {
    let folded = folded(lang, text, figures);
    match lang {
        Lang::Zh => folded.chars().filter(|character| *character != ' ').map(String::from).collect(),
        Lang::En => folded.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect(),
    }
}

fn folded(lang: Lang, text: &str, figures: Figures) -> String {
    let lower = match lang {
        Lang::Zh => to_simplified(text).to_lowercase(),
        Lang::En => text.to_lowercase(),
    };
    let narrow: String = lower.chars().map(narrowed).collect();
    let mut characters = narrow.chars().peekable();
    let mut folded = String::new();
    while let Some(&character) = characters.peek() {
        if character.is_ascii_digit() {
            folded.push_str(&figure(lang, &mut characters, figures));
            continue;
        }
        characters.next();
        match character {
            '幺' => folded.push('一'),
            '〇' => folded.push('零'),
            '两' => folded.push('二'),
            '\'' | '’' => {}
            _ if character.is_alphanumeric() => folded.push(character),
            _ => folded.push(' '),
        }
    }
    folded
}

/// `４` as `4`: full width is another way to write the same.
fn narrowed(character: char) -> char {
    match u32::from(character) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0).unwrap_or(character),
        _ => character,
    }
}

/// Takes one written number with its fraction and percent sign, and says it.
fn figure(lang: Lang, characters: &mut Peekable<Chars<'_>>, figures: Figures) -> String {
    let whole = digits(characters, &[',']);
    let mut said = match (lang, is_quantity(&whole, figures)) {
        (Lang::Zh, Some(quantity)) => number_zh::cardinal(quantity).replace('两', "二"),
        (Lang::Zh, None) => number_zh::digits_plain(&whole),
        (Lang::En, Some(quantity)) => number_en::cardinal(quantity),
        (Lang::En, None) => number_en::digits(&whole),
    };
    let mut ahead = characters.clone();
    if ahead.next() == Some('.') && ahead.peek().is_some_and(char::is_ascii_digit) {
        *characters = ahead;
        let fraction = digits(characters, &[]);
        said = match lang {
            Lang::Zh => format!("{said}点{}", number_zh::digits_plain(&fraction)),
            Lang::En => format!("{said} point {}", number_en::digits(&fraction)),
        };
    }
    let percent = characters.next_if_eq(&'%').is_some();
    match lang {
        Lang::Zh if percent => format!("百分之{said}"),
        Lang::Zh => said,
        Lang::En => {
            format!(" {}{} ", said.replace(|character: char| !character.is_alphanumeric(), " "), if percent { " percent" } else { "" })
        }
    }
}

/// The digits ahead; one of `inside` may stand between two of them.
fn digits(characters: &mut Peekable<Chars<'_>>, inside: &[char]) -> String {
    let mut found = String::new();
    loop {
        if let Some(digit) = characters.next_if(char::is_ascii_digit) {
            found.push(digit);
            continue;
        }
        let mut ahead = characters.clone();
        let separated = ahead.next().is_some_and(|character| inside.contains(&character)) && ahead.peek().is_some_and(char::is_ascii_digit);
        if !separated {
            return found;
        }
        *characters = ahead;
    }
}

fn is_quantity(digits: &str, figures: Figures) -> Option<i64> {
    let is_code = digits.len() > LONGEST_QUANTITY || (digits.len() > 1 && digits.starts_with('0'));
    if is_code || figures == Figures::Digits { None } else { digits.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lang: Lang, text: &str, figures: Figures, expected: &str) {
        let separator = if lang == Lang::En { " " } else { "" };
        assert_eq!(units(lang, text, figures).join(separator), expected);
    }

    #[test]
    fn mandarin() {
        check(Lang::Zh, "查話費。 OK？", Figures::Quantity, "查话费ok");
        check(Lang::Zh, "13800138000", Figures::Quantity, "一三八零零一三八零零零");
        check(Lang::Zh, "幺三八〇", Figures::Quantity, "一三八零");
        check(Lang::Zh, "128块5", Figures::Quantity, "一百二十八块五");
        check(Lang::Zh, "128", Figures::Digits, "一二八");
        check(Lang::Zh, "200兆，两百兆", Figures::Quantity, "二百兆二百兆");
        check(Lang::Zh, "1,000.5元", Figures::Quantity, "一千点五元");
        check(Lang::Zh, "涨了50%。", Figures::Quantity, "涨了百分之五十");
        check(Lang::Zh, "４５Ａ", Figures::Digits, "四五a");
        check(Lang::Zh, "1, 2.", Figures::Quantity, "一二");
    }

    #[test]
    fn english() {
        check(Lang::En, "Don't press 10.", Figures::Quantity, "dont press ten");
        check(Lang::En, "extension 201", Figures::Digits, "extension two zero one");
        check(Lang::En, "24% of 1.5", Figures::Quantity, "twenty four percent of one point five");
        check(Lang::En, "0", Figures::Quantity, "zero");
        check(Lang::En, "...to—exit", Figures::Quantity, "to exit");
    }
}
