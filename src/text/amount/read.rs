//! Reading amounts of money.

use super::Money;
use crate::text::spans::{self, Around};
use crate::text::{Lang, number_en, number_zh};
use std::ops::Range;

/// The entire string, and whether it names a currency.
pub(super) fn amount(text: &str, lang: Lang) -> Option<(Money, bool)> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix(['-', '负', '－']).or_else(|| text.strip_prefix("minus ")) {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let signed = text.strip_prefix(['¥', '￥']);
    let (money, named) = match (signed, lang) {
        (Some(rest), _) => (Money(number_en::parse_scaled(rest.trim_end_matches(['元', '块']).trim(), 2)?), true),
        (None, Lang::Zh) => mandarin(text)?,
        (None, Lang::En) => english(text)?,
    };
    (money.0 >= 0).then_some((if negative { Money(-money.0) } else { money }, named))
}

/// A bare number before a plan is its price from this many fen on.
const LEAST_PLAN: i64 = 500;

pub(super) fn find(text: &str, lang: Lang) -> Option<(Money, Range<usize>)> {
    let named = |candidate: &str, around: Around<'_>| {
        let (money, named) = amount(candidate, lang)?;
        let minutes = candidate.ends_with('分') && around.after.starts_with('钟');
        (named && !minutes && !(lang == Lang::Zh && around.cuts_number(candidate))).then_some(money)
    };
    let bare = |candidate: &str, around: Around<'_>| {
        let (money, _) = amount(candidate, lang)?;
        let paid = match lang {
            Lang::Zh => {
                let before = around.before.trim_end_matches(['了', '值', '费', '个', '我', '：', '入']);
                let counted = around.after.starts_with([
                    '个', '次', '天', '月', '号', '年', '日', '点', '分', 'G', 'g', 'M', '兆', '遍', '下', '张', '笔', '条', '种', '直',
                    '样',
                ]);
                let after = around.after.trim_start().trim_start_matches('的').trim_start().trim_start_matches("流量").trim_start();
                let of_plan = money.0 >= LEAST_PLAN
                    && !around.before.ends_with('第')
                    && ["套餐", "业务", "那个套餐"].iter().any(|plan| after.starts_with(plan));
                (of_plan || before.ends_with(['充', '交', '缴', '存', '付', '冲'])) && !counted && !around.cuts_number(candidate)
            }
            Lang::En => {
                let before = around.before.trim_end().to_lowercase();
                let counted = ["gig", "meg", "month", "day", "time", "minute", "gb", "mb"];
                let after = around.after.trim_start().to_lowercase();
                ["up", "up with", "recharge", "pay", "add", "phone with", "recharge with", "up by"]
                    .iter()
                    .any(|word| before.ends_with(word))
                    && !counted.iter().any(|word| after.starts_with(word))
                    && !candidate.trim().eq_ignore_ascii_case("a")
            }
        };
        paid.then_some(money)
    };
    spans::find(text, lang, 24, named).or_else(|| spans::find(text, lang, 16, bare))
}

/// `128块5`, `五毛五`, `一百块钱`, `十块零五分`, `两块半`, `五十`.
fn mandarin(text: &str) -> Option<(Money, bool)> {
    let text = text.trim_start_matches("人民币").trim_end_matches("人民币");
    let text = text.strip_suffix('整').unwrap_or(text);
    let text = text.strip_suffix('钱').unwrap_or(text);
    let Some((whole, rest)) = text.split_once(['块', '元', '圆']) else {
        return match part(text) {
            Some(fen) if fen.named => Some((Money(fen.value), true)),
            _ => number_zh::parse_scaled(text, 2).filter(|_| text != "半").map(|fen| (Money(fen), false)),
        };
    };
    let whole = number_zh::parse_scaled(whole, 2).filter(|fen| *fen >= 0)?;
    let part = part(rest.strip_prefix('钱').unwrap_or(rest))?;
    let fits = part.value == 0 || whole % 100 == 0;
    fits.then(|| whole.checked_add(part.value)).flatten().map(|fen| (Money(fen), true))
}

struct Part {
    value: i64,
    named: bool,
}

/// What follows the yuan, in fen: nothing, `五` (毛), `五毛`, `五毛五`, `零五分`, `半`.
fn part(text: &str) -> Option<Part> {
    let digit = |text: &str| number_zh::parse_cardinal(text).filter(|digit| (0..10).contains(digit));
    let after_zero = text.strip_prefix(['零', '〇']).filter(|rest| !rest.is_empty());
    if text.is_empty() {
        return Some(Part { value: 0, named: false });
    }
    if text == "半" {
        return Some(Part { value: 50, named: false });
    }
    if text == "零" {
        return None;
    }
    let rest = after_zero.unwrap_or(text);
    if let Some((jiao, fen)) = rest.split_once(['毛', '角']) {
        let jiao = digit(jiao)?;
        let fen = match fen.strip_suffix('分').unwrap_or(fen) {
            "" => 0,
            "半" => 5,
            fen => digit(fen.strip_prefix('零').unwrap_or(fen))?,
        };
        return Some(Part { value: jiao * 10 + fen, named: true });
    }
    if let Some(fen) = rest.strip_suffix('分') {
        let fen = number_zh::parse_cardinal(fen).filter(|fen| (0..100).contains(fen))?;
        return Some(Part { value: fen, named: true });
    }
    let tens = if after_zero.is_some() { 1 } else { 10 };
    match digit(rest) {
        Some(digit) => Some(Part { value: digit * tens, named: false }),
        None if after_zero.is_none() => {
            let digits = number_zh::parse_digits(rest).filter(|digits| digits.len() == 2)?;
            Some(Part { value: digits.parse().ok()?, named: false })
        }
        None => None,
    }
}

/// `fifty yuan`, `128 yuan fifty`, `thirty yuan and five fen`, `fifty fen`, `fifty`.
fn english(text: &str) -> Option<(Money, bool)> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let is_yuan = |word: &&str| matches!(*word, "yuan" | "yuans" | "kuai" | "rmb" | "renminbi" | "cny");
    let Some(at) = words.iter().position(is_yuan) else {
        if let [number @ .., "fen" | "cents"] = words.as_slice() {
            let fen = number_en::parse_cardinal(&number.join(" ")).filter(|fen| (0..100).contains(fen))?;
            return Some((Money(fen), true));
        }
        let glued = ["yuan", "rmb"].iter().find_map(|unit| lower.strip_suffix(unit));
        let fen = number_en::parse_scaled(glued.unwrap_or(&lower), 2).filter(|_| lower != "half" && lower != "a half")?;
        return Some((Money(fen), glued.is_some()));
    };
    let (whole, rest) = words.split_at(at);
    let yuan = if whole.is_empty() {
        let (_, number) = rest.split_first()?;
        return Some((Money(number_en::parse_scaled(&number.join(" "), 2)?), true));
    } else {
        number_en::parse_scaled(&whole.join(" "), 2)?
    };
    let fen = match rest.get(1..)? {
        [] => 0,
        ["and", number @ .., "fen" | "cents"] | [number @ .., "fen" | "cents"] => number_en::parse_cardinal(&number.join(" "))?,
        ["and", number @ ..] | number => number_en::parse_cardinal(&number.join(" ")).filter(|fen| *fen >= 10)?,
    };
    let fits = (0..100).contains(&fen) && (fen == 0 || yuan % 100 == 0);
    fits.then(|| yuan.checked_add(fen)).flatten().map(|fen| (Money(fen), true))
}
