//! English numbers, both ways.

/// A whole number as spoken or written, the entire string: `one hundred and five` → 105.
pub fn parse_cardinal(_text: &str) -> Option<i64> {
    None
}

/// Digit by digit, the entire string: `one three eight oh double two` → `138022`.
pub fn parse_digits(_text: &str) -> Option<String> {
    None
}

/// `105` → `one hundred and five`.
pub fn cardinal(_n: i64) -> String {
    String::new()
}

/// `10086` → `one zero zero eight six`.
pub fn digits(_digits: &str) -> String {
    String::new()
}
