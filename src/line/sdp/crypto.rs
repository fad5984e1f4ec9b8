//! Keys of encrypted sound in offers and answers (`a=crypto`, RFC 4568).

use super::attr;
use crate::line::rtp::srtp::{MASTER_LENGTH, MasterKey, Secured, Suite};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sdp_types::{Attribute, Media};

/// What streams of encrypted sound are called.
pub(super) const SECURED: &str = "RTP/SAVP";
pub(super) const PLAIN: &str = "RTP/AVP";
/// A key that is to be changed after fewer packets would not last for a call.
const SHORTEST_LIFE: u64 = 1 << 20;

/// Whether a call's sound may be encrypted, or must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protection {
    #[default]
    Plain,
    /// Encrypted sound is offered, and taken before plain sound is.
    Either,
    Encrypted,
}

/// One `a=crypto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offered {
    pub number: u32,
    pub suite: Suite,
    pub key: MasterKey,
}

impl Offered {
    /// What is agreed on when our own key is `ours`.
    pub fn with(self, ours: MasterKey) -> Secured {
        Secured { number: self.number, suite: self.suite, ours, theirs: self.key }
    }
}

/// The first of a stream that can be used.
pub(super) fn first(media: &Media) -> Option<Offered> {
    let lines = media.attributes.iter().filter(|attribute| attribute.attribute == "crypto");
    lines.filter_map(|attribute| attribute.value.as_deref()).find_map(read)
}

/// Our line of an answer.
pub(super) fn answer(secured: &Secured) -> Attribute {
    write(Offered { number: secured.number, suite: secured.suite, key: secured.ours })
}

fn write(offered: Offered) -> Attribute {
    attr("crypto", &format!("{} {} inline:{}", offered.number, offered.suite.name(), STANDARD.encode(offered.key.0)))
}

/// Our lines of an offer, the number of each its place.
pub(super) fn offer(key: MasterKey) -> impl Iterator<Item = Attribute> {
    (1..).zip(Suite::ALL).map(move |(number, suite)| write(Offered { number, suite, key }))
}

/// Whether a stream of ours offered what is answered.
pub(super) fn was_offered(media: &Media, answered: &Offered) -> bool {
    let lines = media.attributes.iter().filter(|attribute| attribute.attribute == "crypto");
    let mut offered = lines.filter_map(|attribute| attribute.value.as_deref()).filter_map(read);
    offered.any(|offered| (offered.number, offered.suite) == (answered.number, answered.suite))
}

pub(super) fn fresh() -> MasterKey {
    MasterKey(rand::random())
}

fn read(line: &str) -> Option<Offered> {
    let mut words = line.split_ascii_whitespace();
    let number = words.next().filter(|number| number.len() <= 9)?.parse().ok()?;
    let name = words.next()?;
    let suite = Suite::ALL.into_iter().find(|suite| suite.name().eq_ignore_ascii_case(name))?;
    let key = key(words.next()?)?;
    // What changes the way of encrypting must be understood (section 6.3); a minus says that it need not be.
    words.all(|parameter| parameter.starts_with('-')).then_some(Offered { number, suite, key })
}

/// One key for the whole call; several with marks to tell them apart (MKI) are not taken.
fn key(written: &str) -> Option<MasterKey> {
    let (method, inline) = written.split_once(':')?;
    let mut parts = inline.split('|');
    let bytes = STANDARD.decode(parts.next()?).ok()?;
    let lasts = parts.all(|part| lifetime(part).is_some_and(|packets| packets >= SHORTEST_LIFE));
    let whole = <[u8; MASTER_LENGTH]>::try_from(bytes).ok()?;
    (method.eq_ignore_ascii_case("inline") && lasts).then_some(MasterKey(whole))
}

fn lifetime(written: &str) -> Option<u64> {
    match written.strip_prefix("2^") {
        Some(power) => 1u64.checked_shl(power.parse().ok()?),
        None => written.parse().ok(),
    }
}

/// Whether a stream says that it is encrypted.
pub(super) fn is_secured(media: &Media) -> bool {
    media.proto == SECURED
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

    #[test]
    fn lines_that_can_be_used() {
        let check = |line: &str, expected: Option<(u32, Suite)>| {
            assert_eq!(read(line).map(|offered| (offered.number, offered.suite)), expected, "{line}");
        };
        let long = Some((1, Suite::AesCm128Sha1_80));
        check(&format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"), long);
        check(&format!("2 AES_CM_128_HMAC_SHA1_32 inline:{KEY}|2^31"), Some((2, Suite::AesCm128Sha1_32)));
        check(&format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|1048576 -WSH=128"), long);
        check(&format!("1 aes_cm_128_hmac_sha1_80 INLINE:{KEY}"), long);
        // A key that is soon to be changed, one of several, no encryption, another suite, another length, no key.
        check(&format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^10"), None);
        check(&format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20|1:4"), None);
        check(&format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNENCRYPTED_SRTP"), None);
        check(&format!("1 AES_256_CM_HMAC_SHA1_80 inline:{KEY}"), None);
        check("1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkg", None);
        check("1 AES_CM_128_HMAC_SHA1_80 inline:", None);
        check("AES_CM_128_HMAC_SHA1_80", None);
        check("", None);
    }

    #[test]
    fn our_lines_are_read_as_they_were_meant() {
        let key = fresh();
        let numbers: Vec<u32> = offer(key)
            .map(|attribute| {
                let offered = read(attribute.value.as_deref().unwrap()).unwrap();
                assert_eq!(offered.key, key);
                offered.number
            })
            .collect();
        assert_eq!(numbers, [1, 2]);
        assert_ne!(fresh(), key);
    }
}
