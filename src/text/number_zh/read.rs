//! Mandarin quantities to numbers.

const WAN: i128 = 10_000;
const YI: i128 = 100_000_000;

/// A whole number as spoken or written, the entire string: `一百零五` → 105, `两千三` → 2300, `3万5` → 35000, `15` → 15.
///
/// Digit strings (`一二三`) are no quantity: see [`super::parse_digits`].
pub fn parse_cardinal(text: &str) -> Option<i64> {
    parse_scaled(text, 0)
}

/// A number that may have a fraction, the entire string, times ten to the power of `places`: `一点五` with 2 places → 150.
/// `None` also when it has more decimals than `places`. `半` is a half.
pub fn parse_scaled(text: &str, places: u32) -> Option<i64> {
    let characters: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).map(plain).collect();
    let (sign, unsigned) = match characters.split_first() {
        Some(('负' | '-', rest)) => (-1, rest),
        _ => (1, characters.as_slice()),
    };
    let value = scaled(unsigned, places)?;
    i64::try_from(sign * value).ok()
}

/// `第三`, `第三个`, `第2项` → the number.
pub fn parse_ordinal(text: &str) -> Option<i64> {
    let text = text.trim();
    let rest = text.strip_prefix('第').or_else(|| text.strip_prefix('头'))?;
    let number = rest.strip_suffix(['个', '次', '项', '条', '种', '位', '页', '步', '行']).unwrap_or(rest);
    parse_cardinal(number)
}

/// Whether `c` can be part of a spoken or written quantity.
pub(in crate::text) fn is_numeral(c: char) -> bool {
    let c = plain(c);
    c.is_ascii_digit() || digit(c).is_some() || unit(c).is_some() || matches!(c, '万' | '亿' | '点' | '.' | '半')
}

/// One way of writing for each character: half-width digits, simplified and everyday numerals.
fn plain(c: char) -> char {
    match c {
        '０'..='９' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '〇' | '○' => '零',
        '两' | '兩' | '贰' | '貳' => '二',
        '壹' => '一',
        '叁' | '參' => '三',
        '肆' => '四',
        '伍' => '五',
        '陆' => '六',
        '柒' => '七',
        '捌' => '八',
        '玖' => '九',
        '拾' => '十',
        '佰' => '百',
        '仟' => '千',
        '萬' => '万',
        '億' => '亿',
        '點' | '．' => '点',
        '負' | '－' => '负',
        '，' => ',',
        other => other,
    }
}

fn digit(c: char) -> Option<i128> {
    super::DIGITS.iter().position(|digit| *digit == c).and_then(|position| i128::try_from(position).ok())
}

fn unit(c: char) -> Option<i128> {
    match c {
        '十' => Some(10),
        '百' => Some(100),
        '千' => Some(1_000),
        _ => None,
    }
}

fn scaled(text: &[char], places: u32) -> Option<i128> {
    let one = 10_i128.checked_pow(places)?;
    if text == ['半'] {
        return (one % 2 == 0).then_some(one / 2);
    }
    let Some(point) = text.iter().position(|c| matches!(c, '点' | '.')) else {
        return whole(text)?.checked_mul(one);
    };
    let (head, tail) = text.split_at(point);
    let (fraction, factor) = match tail.split_last()? {
        ('亿', fraction) => (fraction, YI),
        ('万', fraction) => (fraction, WAN),
        ('千', fraction) => (fraction, 1_000),
        ('百', fraction) => (fraction, 100),
        _ => (tail, 1),
    };
    let (_, decimals) = fraction.split_first()?;
    let mut value = whole(head)?.checked_mul(one)?.checked_mul(factor)?;
    let mut place = one.checked_mul(factor)?;
    if decimals.is_empty() {
        return None;
    }
    for c in decimals {
        let digit = c.to_digit(10).map(i128::from).or_else(|| digit(*c))?;
        if place % 10 != 0 && digit != 0 {
            return None;
        }
        place /= 10;
        value = value.checked_add(digit.checked_mul(place)?)?;
    }
    Some(value)
}

/// A whole number of any size.
fn whole(text: &[char]) -> Option<i128> {
    for (character, value) in [('亿', YI), ('万', WAN)] {
        let Some(at) = text.iter().rposition(|c| *c == character) else { continue };
        let (head, tail) = text.split_at(at);
        let (_, rest) = tail.split_first()?;
        let head = whole(head).filter(|head| *head > 0 && (value == YI || *head < WAN))?;
        return head.checked_mul(value)?.checked_add(remainder(rest, value)?);
    }
    section(text)
}

/// What follows 万 or 亿: nothing, one digit that counts the next lower unit (一万五), or a smaller number with or without 零.
fn remainder(text: &[char], above: i128) -> Option<i128> {
    match text {
        [] => Some(0),
        [one] if *one != '零' => {
            let digit = one.to_digit(10).map(i128::from).or_else(|| digit(*one));
            match digit {
                Some(digit) => Some(digit * above / 10),
                None => whole(text).filter(|value| *value < above),
            }
        }
        ['零', rest @ ..] if rest.first() != Some(&'零') => whole(rest).filter(|value| *value > 0 && *value < above),
        _ => whole(text).filter(|value| *value > 0 && *value < above),
    }
}

/// A number below ten thousand, or one written in Arabic digits.
fn section(text: &[char]) -> Option<i128> {
    if text == ['零'] {
        return Some(0);
    }
    if text.first().is_some_and(char::is_ascii_digit) && text.iter().all(|c| c.is_ascii_digit() || *c == ',') {
        return arabic(text);
    }
    let mut value = 0;
    let mut lowest = WAN;
    let mut pending: Option<i128> = None;
    let mut after_zero = false;
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if let Some(unit) = unit(first) {
            let count = match pending.take() {
                Some(count) if (1..10).contains(&count) => count,
                None if unit == 10 && !after_zero => 1,
                _ => return None,
            };
            if unit >= lowest {
                return None;
            }
            value += count * unit;
            lowest = unit;
            after_zero = false;
        } else if first == '零' {
            if pending.is_some() || after_zero || value == 0 {
                return None;
            }
            after_zero = true;
        } else if let Some(digit) = digit(first) {
            if pending.replace(digit).is_some() {
                return None;
            }
        } else if first.is_ascii_digit() {
            let more = tail.iter().take_while(|c| c.is_ascii_digit()).count();
            let (run, after) = text.split_at(text.len() - tail.len() + more);
            let (_, run) = run.split_at(run.len() - more - 1);
            if pending.replace(arabic(run)?).is_some() {
                return None;
            }
            rest = after;
        } else {
            return None;
        }
    }
    match pending {
        Some(count) if value == 0 => Some(count),
        Some(count) if after_zero || lowest == 10 || count >= 10 => (count > 0 && count < lowest).then_some(value + count),
        Some(count) => (count > 0).then_some(value + count * lowest / 10),
        None => (!after_zero && value > 0).then_some(value),
    }
}

/// `1234`, `1,234,567`.
fn arabic(text: &[char]) -> Option<i128> {
    let written: String = text.iter().collect();
    let mut groups = written.split(',');
    let first = groups.next()?;
    let mut digits = first.to_owned();
    for group in groups {
        if group.len() != 3 || first.len() > 3 {
            return None;
        }
        digits.push_str(group);
    }
    (digits.len() <= 18).then(|| digits.parse().ok()).flatten()
}
