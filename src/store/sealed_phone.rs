//! A whole telephone number as a column may hold it: sealed, so that a dump of one table tells nothing, and opened only to reach the customer.
//!
//! ChaCha20-Poly1305 (RFC 8439) under a key that comes from the database's secret; when the vault comes (`security`), the secret moves into it.

use super::StoreError;
use crate::text::PhoneNumber;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest, Sha256};

/// Keeps this key apart from every other use of the secret.
const PURPOSE: &[u8] = b"sealed telephone numbers";

/// Seals and opens numbers of one database.
#[derive(Clone)]
pub(super) struct Sealer([u8; 32]);

impl Sealer {
    pub fn new(secret: &[u8; 32]) -> Sealer {
        Sealer(Sha256::new().chain_update(PURPOSE).chain_update(secret).finalize().into())
    }

    /// The nonce, then the sealed number and its tag.
    pub fn seal(&self, number: &PhoneNumber) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = rand::random();
        let mut sealed = number.reveal().as_bytes().to_vec();
        let nonce_used = Nonce::assume_unique_for_key(nonce);
        self.key().seal_in_place_append_tag(nonce_used, Aad::empty(), &mut sealed).expect("a telephone number is not too long to seal");
        [&nonce[..], &sealed].concat()
    }

    pub fn open(&self, sealed: &[u8]) -> Result<PhoneNumber, StoreError> {
        let damaged = || StoreError::Damaged("a sealed telephone number does not open".into());
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN).ok_or_else(damaged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| damaged())?;
        let mut rest = rest.to_vec();
        let open = self.key().open_in_place(nonce, Aad::empty(), &mut rest).map_err(|_| damaged())?;
        std::str::from_utf8(open).ok().and_then(PhoneNumber::parse).ok_or_else(damaged)
    }

    fn key(&self) -> LessSafeKey {
        LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &self.0).expect("the key has the length that the cipher wants"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_comes_back_only_from_its_own_database_and_whole() {
        let number = PhoneNumber::parse("13800000001").unwrap();
        let sealer = Sealer::new(&[1; 32]);
        let sealed = sealer.seal(&number);
        assert_eq!(sealer.open(&sealed).unwrap(), number);
        assert_ne!(sealer.seal(&number), sealed, "two of the same customer do not look the same");
        assert!(!sealed.windows(4).any(|window| window == b"1380"));
        assert!(Sealer::new(&[2; 32]).open(&sealed).is_err());
        for cut in 0..sealed.len() {
            assert!(sealer.open(&sealed[..cut]).is_err());
        }
        let mut twisted = sealed;
        twisted[NONCE_LEN] ^= 1;
        assert!(sealer.open(&twisted).is_err());
    }
}
