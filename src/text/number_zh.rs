//! Mandarin numbers, both ways. A parser per slot type, never a blanket rewrite of running text.

/// A whole number as spoken or written, the entire string: `一百零五` → 105, `两千三` → 2300, `15` → 15.
pub fn parse_cardinal(_text: &str) -> Option<i64> {
    None
}

/// Digit by digit, the entire string: `幺三八零零` → `13800`, `双二` → `22`, `三个八` → `888`.
pub fn parse_digits(_text: &str) -> Option<String> {
    None
}

/// `105` → `一百零五`.
pub fn cardinal(_n: i64) -> String {
    String::new()
}

/// `10086` → `幺零零八六`: digits as read on the telephone.
pub fn digits(_digits: &str) -> String {
    String::new()
}
