//! Mandarin numbers, both ways. A parser per slot type, never a blanket rewrite of running text.
//!
//! Reading lives in `number_zh/read.rs` (quantities) and `number_zh/digits.rs` (digit by digit); speaking is here.

mod digits;
mod read;

pub(super) use digits::run as leading_digits;
pub use digits::{digit, find_digits, parse_digits};
pub(super) use read::is_numeral;
pub use read::{parse_cardinal, parse_ordinal, parse_scaled};

const DIGITS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];

/// `105` → `一百零五`, `2000` → `两千`, `-3` → `负三`.
pub fn cardinal(n: i64) -> String {
    let spoken = positive(n.unsigned_abs(), true);
    if n < 0 { format!("负{spoken}") } else { spoken }
}

/// Before a measure word: as [`cardinal`], but two is 两: `两个`, `十二个`.
pub fn counted(n: i64) -> String {
    match n {
        2 => "两".to_owned(),
        -2 => "负两".to_owned(),
        _ => cardinal(n),
    }
}

/// `3` → `第三`.
pub fn ordinal(n: i64) -> String {
    format!("第{}", cardinal(n))
}

/// `10086` → `幺零零八六`: digits as read on the telephone; anything that is no digit is left out.
pub fn digits(digits: &str) -> String {
    digits.chars().filter_map(|c| c.to_digit(10)).map(|digit| if digit == 1 { '幺' } else { name(digit.into()) }).collect()
}

/// `2026` → `二零二六`: digits as years, versions and decimals are read.
pub fn digits_plain(digits: &str) -> String {
    digits.chars().filter_map(|c| c.to_digit(10)).map(|digit| name(digit.into())).collect()
}

/// A decimal as written: `12.50` → `十二点五零`, `-0.5` → `负零点五`; `None` when it is no plain decimal.
pub fn decimal(written: &str) -> Option<String> {
    let (sign, unsigned) = match written.strip_prefix('-') {
        Some(rest) => ("负", rest),
        None => ("", written),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if fraction.chars().any(|c| !c.is_ascii_digit()) || !whole.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let whole = cardinal(whole.parse().ok()?);
    let point = if fraction.is_empty() { String::new() } else { format!("点{}", digits_plain(fraction)) };
    Some(format!("{sign}{whole}{point}"))
}

fn name(digit: u64) -> char {
    usize::try_from(digit).ok().and_then(|digit| DIGITS.get(digit)).copied().unwrap_or('零')
}

/// `leading`: nothing is said before it, so that ten is 十, not 一十, and two hundred 两百.
fn positive(n: u64, leading: bool) -> String {
    const UNITS: [(u64, char); 5] = [(100_000_000, '亿'), (10_000, '万'), (1_000, '千'), (100, '百'), (10, '十')];
    if n < 10 {
        return name(n).to_string();
    }
    let (unit, character) = UNITS.into_iter().find(|(unit, _)| n >= *unit).unwrap_or((10, '十'));
    let (count, rest) = (n / unit, n % unit);
    let mut out = match (count, unit) {
        (1, 10) if leading => String::new(),
        (2, 100) if leading => "两".to_owned(),
        (2, 1_000..) => "两".to_owned(),
        _ => positive(count, leading && unit >= 10_000),
    };
    out.push(character);
    if rest > 0 {
        if rest < unit / 10 {
            out.push('零');
        }
        out.push_str(&positive(rest, false));
    }
    out
}

#[cfg(test)]
mod tests;
