//! What a browser keeps while somebody is signed in.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};

/// A secret of one browser, 256 random bits; the database has its sum only.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKey([u8; 32]);

/// For how long somebody stays signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without doing anything.
    pub idle: SignedDuration,
    /// Whatever is done.
    pub whole: SignedDuration,
}

impl Default for SessionLimits {
    fn default() -> SessionLimits {
        SessionLimits { idle: SignedDuration::from_hours(2), whole: SignedDuration::from_hours(12) }
    }
}

impl SessionKey {
    pub(super) fn random() -> SessionKey {
        let mut bytes = [0; 32];
        SystemRandom::new().fill(&mut bytes).expect("the system gives random bytes");
        SessionKey(bytes)
    }

    /// What [`SessionKey::text`] gave.
    pub fn parse(text: &str) -> Option<SessionKey> {
        BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(SessionKey)
    }

    /// For a cookie.
    pub fn text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    pub(super) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// What a page of this session sends with everything that changes something: other sites cannot know it.
    pub fn form_token(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&self.hmac_key(), FORM))
    }

    /// Whether `given` is [`SessionKey::form_token`]; takes the same time wherever they differ.
    pub fn is_form_token(&self, given: &str) -> bool {
        BASE64_URL_SAFE_NO_PAD.decode(given).is_ok_and(|tag| hmac::verify(&self.hmac_key(), FORM, &tag).is_ok())
    }

    fn hmac_key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.0)
    }
}

const FORM: &[u8] = b"form";

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_from_a_cookie_and_vouch_for_their_own_pages_only() {
        let (key, other) = (SessionKey::random(), SessionKey::random());
        assert_eq!(SessionKey::parse(&key.text()), Some(key.clone()));
        assert!(key.is_form_token(&key.form_token()));
        for given in [other.form_token(), key.text(), String::new(), "!".into()] {
            assert!(!key.is_form_token(&given), "{given}");
        }
        for text in ["", "x", "****", &"A".repeat(44)] {
            assert_eq!(SessionKey::parse(text), None, "{text}");
        }
        assert!(!format!("{key:?}").contains(&key.text()));
    }
}
