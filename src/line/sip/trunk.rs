//! Where calls go out, and where we are registered: a PBX or a provider's trunk.

use super::digest::Account;
use super::secure::Peer;
use super::settings::{Carrier, Srtp};
use crate::call::dial::{Callee, Cause};
use rsipstack::sip::Uri;
use std::time::Duration;

/// A trunk of the configuration.
#[derive(Clone, Debug)]
pub struct Trunk {
    pub name: String,
    pub carrier: Carrier,
    /// Who has to be there, when the carrier is TLS.
    pub secured: Option<Peer>,
    /// Where it differs from other calls.
    pub srtp: Option<Srtp>,
    /// Host and port of the machine that our messages go to.
    pub server: String,
    /// What stands behind the at sign.
    pub domain: String,
    /// Who calls when nobody says.
    pub number: Option<String>,
    pub account: Option<Account>,
    /// We register for so long at a time; without it the other side knows where we are.
    pub register: Option<Duration>,
}

impl Trunk {
    /// The user part of our own address there.
    pub fn user(&self) -> &str {
        let account = self.account.as_ref().map(|account| account.user.as_str());
        self.number.as_deref().or(account).unwrap_or("anonymous")
    }

    /// Where we are known.
    pub fn own_address(&self) -> String {
        let user = self.account.as_ref().map_or(self.user(), |account| account.user.as_str());
        format!("sip:{}@{}", escaped(user), self.domain)
    }
}

/// The address of whom to call; a number is one of `domain`.
pub(super) fn callee(to: &Callee, domain: Option<&str>) -> Result<Uri, Cause> {
    let written = match to {
        Callee::Number(number) => format!("sip:{}@{}", escaped(number.reveal()), domain.ok_or(Cause::NoTrunk)?),
        Callee::Address(address) => address.clone(),
    };
    let plain = written.len() < 512 && written.chars().all(|letter| letter.is_ascii_graphic() && !matches!(letter, '<' | '>' | '"'));
    let uri = Uri::try_from(written.as_str()).ok().filter(|_| plain).ok_or(Cause::NotAnAddress)?;
    let scheme = written.split(':').next().unwrap_or_default();
    let known = ["sip", "sips", "tel"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    if known { Ok(uri) } else { Err(Cause::NotAnAddress) }
}

/// A user part may hold everything but what divides addresses.
fn escaped(user: &str) -> String {
    user.bytes()
        .map(|byte| {
            let plain = byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,".contains(&byte);
            if plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
        })
        .collect()
}

/// What an answer to our INVITE says of the callee (RFC 3261, section 21); a network's own word for it (RFC 3326, Q.850) goes before.
pub(super) fn cause(code: u16, reason: Option<&str>) -> Cause {
    match reason.and_then(q850) {
        Some(1 | 28) => return Cause::NoSuchNumber,
        Some(17) => return Cause::Busy,
        Some(18..=20) => return Cause::NoAnswer,
        Some(21) => return Cause::Declined,
        Some(34 | 38 | 41 | 42 | 44 | 47) => return Cause::Congested,
        _ => {}
    }
    match code {
        486 | 600 => Cause::Busy,
        408 | 480 | 487 => Cause::NoAnswer,
        603 | 607 | 608 => Cause::Declined,
        404 | 410 | 484 | 485 | 604 => Cause::NoSuchNumber,
        401 | 403 | 407 => Cause::Forbidden,
        300..=399 => Cause::Moved,
        415 | 488 | 606 => Cause::NoCommonSound,
        500 | 503 | 504 | 513 | 580 => Cause::Congested,
        _ => Cause::Unreachable,
    }
}

/// The number in `Q.850;cause=17;text="User busy"`.
fn q850(reason: &str) -> Option<u16> {
    let network = reason.split(',').find(|one| one.trim().get(..5).is_some_and(|start| start.eq_ignore_ascii_case("Q.850")))?;
    let value = network.split(';').find_map(|part| part.trim().strip_prefix("cause="))?;
    value.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::PhoneNumber;

    #[test]
    fn who_is_called() {
        let number = |text| Callee::Number(PhoneNumber::parse(text).unwrap());
        let address = |text: &str| Callee::Address(text.to_owned());
        let check = |to: Callee, domain, expected: Result<&str, Cause>| {
            assert_eq!(callee(&to, domain).map(|uri| uri.to_string()), expected.map(str::to_owned), "{to:?}");
        };
        check(number("13800000001"), Some("192.0.2.20"), Ok("sip:13800000001@192.0.2.20"));
        check(number("13800000001"), None, Err(Cause::NoTrunk));
        check(address("sip:agents@192.0.2.20:5070"), None, Ok("sip:agents@192.0.2.20:5070"));
        check(address("sips:agents@pbx.example"), None, Ok("sips:agents@pbx.example"));
        check(address("mailto:agents@example.com"), None, Err(Cause::NotAnAddress));
        check(address("sip:a b@192.0.2.20"), None, Err(Cause::NotAnAddress));
        check(address("the office"), None, Err(Cause::NotAnAddress));
        check(address("话务员"), None, Err(Cause::NotAnAddress));
        assert_eq!(escaped("a#b@c"), "a%23b%40c");
    }

    #[test]
    fn causes() {
        for (code, reason, expected) in [
            (486, None, Cause::Busy),
            (600, None, Cause::Busy),
            (480, None, Cause::NoAnswer),
            (480, Some("Q.850;cause=17;text=\"User busy\""), Cause::Busy),
            (503, Some("SIP;cause=503, q.850 ; cause=1"), Cause::NoSuchNumber),
            (503, Some("Q.850;cause=many"), Cause::Congested),
            (603, None, Cause::Declined),
            (404, None, Cause::NoSuchNumber),
            (403, None, Cause::Forbidden),
            (302, None, Cause::Moved),
            (488, None, Cause::NoCommonSound),
            (699, None, Cause::Unreachable),
        ] {
            assert_eq!(cause(code, reason), expected, "{code} {reason:?}");
        }
    }
}
