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

/// A person's name: `王先生` → `王**`.
pub fn mask_name(name: &str) -> String {
    name.trim().chars().next().map(|first| format!("{first}**")).unwrap_or_default()
}

/// An address by its beginning: `青石路18号` → `青石路****`.
pub fn mask_address(address: &str) -> String {
    let beginning: String = address.trim().chars().take(3).collect();
    if beginning.is_empty() { beginning } else { format!("{}****", beginning.trim_end()) }
}

/// Masks telephone numbers in the content of a field, and leaves dates, amounts and other figures as they are: mobile numbers of the mainland, and
/// fixed ones with their area code, with or without 86 before them and blanks or hyphens between.
pub fn mask_numbers(text: &str) -> String {
    let is_part = |letter: char| letter.is_ascii_digit() || matches!(letter, '+' | '-' | ' ');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (run, after) = rest.split_at(rest.find(|letter| !is_part(letter)).unwrap_or(rest.len()));
        let digits: String = run.chars().filter(char::is_ascii_digit).collect();
        match is_telephone(&digits) {
            true => {
                let begin = run.find(|letter: char| letter.is_ascii_digit()).unwrap_or(0);
                let end = run.rfind(|letter: char| letter.is_ascii_digit()).map_or(run.len(), |last| last + 1);
                let (before, behind) = (run.get(..begin).unwrap_or_default(), run.get(end..).unwrap_or_default());
                out.extend([before, &mask_middle(&digits), behind]);
            }
            false => {
                let masked = |part: &str| if is_telephone(part.trim_start_matches('+')) { mask_middle(part) } else { part.to_owned() };
                out.push_str(&run.split(' ').map(masked).collect::<Vec<_>>().join(" "));
            }
        }
        let next = after.find(is_part).unwrap_or(after.len());
        let (other, following) = after.split_at(next);
        out.push_str(other);
        rest = following;
    }
    out
}

fn is_telephone(digits: &str) -> bool {
    let national = digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86")).filter(|rest| rest.len() >= 10).unwrap_or(digits);
    let is_all = national.bytes().all(|digit| digit.is_ascii_digit());
    let is_mobile = national.len() == 11 && national.starts_with('1') && !national.starts_with("10");
    let is_fixed = (10..=12).contains(&national.len()) && national.starts_with('0') && !national.starts_with("00");
    is_all && (is_mobile || is_fixed)
}

/// Masks what looks like personal data in free text before it is stored: runs of digits (ASCII or spoken Chinese
/// digits) of seven or more keep their first three and last four; where a secret is named, digits of four or more leave only stars. Other short
/// secrets are masked by whoever knows them.
pub fn mask_text(text: &str) -> String {
    let lower = text.to_lowercase();
    let names_secret = SECRETS.iter().any(|word| lower.contains(word));
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let run = digit_run(rest);
        let (head, tail) = rest.split_at(run.bytes.max(first.len_utf8()));
        if names_secret && run.digits.len() >= SHORTEST_SECRET {
            out.push_str("****");
            out.push_str(head.get(run.digits.last().map_or(0, |digit| digit.end)..).unwrap_or_default());
        } else if run.digits.len() >= SHORTEST_MASKED {
            let (keep_head, keep_tail) = (run.digits.get(2), run.digits.get(run.digits.len() - 4));
            let (keep_head, keep_tail) = (keep_head.map_or(0, |digit| digit.end), keep_tail.map_or(0, |digit| digit.start));
            out.push_str(head.get(..keep_head).unwrap_or_default());
            out.push_str("****");
            out.push_str(head.get(keep_tail..).unwrap_or_default());
        } else {
            out.push_str(head);
        }
        rest = tail;
    }
    out
}

const SHORTEST_MASKED: usize = 7;
const SHORTEST_SECRET: usize = 4;
/// Words beside which digits are secret.
const SECRETS: &[&str] = &["密码", "口令", "验证码", "身份证", "pin", "password", "passcode", "code is"];

/// A run of digits at the head of a text: where each digit stands, and where the run ends.
struct DigitRun {
    digits: Vec<std::ops::Range<usize>>,
    bytes: usize,
}

/// Digits, with single spaces, dashes and commas between them; English digits are whole words.
fn digit_run(text: &str) -> DigitRun {
    let mut run = DigitRun { digits: Vec::new(), bytes: 0 };
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(first) = rest.chars().next() else { break };
        let length = if is_digit(first) { first.len_utf8() } else { english_digit(rest) };
        if length > 0 {
            run.digits.push(at..at + length);
            at += length;
            run.bytes = at;
        } else if !run.digits.is_empty() && matches!(first, ' ' | '-' | ',' | '，' | '、') && at < run.bytes + 4 {
            at += first.len_utf8();
        } else if first.is_ascii_alphabetic() {
            // The rest of a Latin word is no place for a run to begin.
            let word = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            run.bytes = if run.digits.is_empty() { word } else { run.bytes };
            break;
        } else {
            break;
        }
    }
    run
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || ('０'..='９').contains(&c) || "零〇一二三四五六七八九幺两".contains(c)
}

/// The bytes of the English digit word that `text` begins with, or 0.
fn english_digit(text: &str) -> usize {
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let word = text.get(..end).unwrap_or_default().to_lowercase();
    let known = ["zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "double", "triple"];
    if known.contains(&word.as_str()) { end } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, masked: &str) {
        assert_eq!(mask_text(text), masked);
    }

    #[test]
    fn long_runs_are_masked() {
        check("我的号码是13800000001。", "我的号码是138****0001。");
        check("幺三八零零零零零零零一", "幺三八****零零零一");
        check("138 0000 0001 是我的", "138****0001 是我的");
        check("幺三八，零零零零，幺二三四，对吗？", "幺三八****幺二三四，对吗？");
        check("my number is one three eight zero zero zero zero one two three four", "my number is one three eight****one two three four");
        check("身份证110000199001011234", "身份证****");
        check("我的密码是二四六八一零，谢谢", "我的密码是****，谢谢");
        check("my PIN is two four six eight one oh", "my PIN is ****");
        check("密码是六位的", "密码是六位的");
    }

    #[test]
    fn short_runs_and_words_stay() {
        check("充五十块。拨10086。2026年9月", "充五十块。拨10086。2026年9月");
        check("someone phoned at nine", "someone phoned at nine");
        check("", "");
    }

    #[test]
    fn newtypes_never_show_it_whole() {
        let phone = PhoneNumber::parse("138 0000 0001").unwrap();
        assert_eq!(format!("{phone} {phone:?}"), "138****0001 PhoneNumber(138****0001)");
        assert_eq!(PhoneNumber::parse("10086").unwrap().to_string(), "***86");
        assert_eq!(format!("{:?}", Digits::parse("123456").unwrap()), "Digits(******)");
    }

    proptest! {
        #[test]
        fn no_eleven_digits_survive(before in "[a-z你好 ]{0,6}", number in "1[0-9]{10}", after in "\\PC{0,6}") {
            let masked = mask_text(&format!("{before}{number}{after}"));
            prop_assert!(!masked.contains(&number));
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,24}|[一二幺0-9 ,，a-z]{0,24}") {
            let _ = mask_text(&text);
        }
    }
}
