//! Who calls, as lines write it.

use crate::text::PhoneNumber;

/// How mainland numbers begin when they come from abroad or from a trunk.
const COUNTRY: [&str; 3] = ["+86", "0086", "86"];

/// The number as customers know it: a mainland mobile without its country code, a fixed line with its area code, others as they came.
/// `None` when it is withheld or no number.
pub fn number(raw: &str) -> Option<PhoneNumber> {
    let plain: String = raw.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
    let home = COUNTRY.iter().find_map(|code| plain.strip_prefix(code)).and_then(home);
    PhoneNumber::parse(&home.unwrap_or(plain))
}

/// A number without its country code; `None` when it has another length than ours, so that the code was none.
fn home(rest: &str) -> Option<String> {
    match (rest.len(), rest.as_bytes().first()?) {
        (11, b'1') => Some(rest.to_owned()),
        (9..=11, b'2'..=b'9') | (10, b'1') => Some(format!("0{rest}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, expected: Option<&str>) {
        assert_eq!(number(raw).as_ref().map(PhoneNumber::reveal), expected, "{raw}");
    }

    #[test]
    fn mainland_numbers_lose_their_country_code() {
        check("+8613800000001", Some("13800000001"));
        check("008613800000001", Some("13800000001"));
        check("8613800000001", Some("13800000001"));
        check("138-0000-0001", Some("13800000001"));
        check("+86 (10) 5550 0001", Some("01055500001"));
        check("+86 755 5550 0001", Some("075555500001"));
    }

    #[test]
    fn other_numbers_stay_and_names_are_none() {
        check("10086", Some("10086"));
        check("+15550100200", Some("15550100200"));
        check("8655", Some("8655"));
        check("anonymous", None);
        check("", None);
        check("+86", None);
    }
}
