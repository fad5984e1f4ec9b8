//! How a telephone number is kept: a reference that finds its rows again, and a form that may be shown.
//!
//! The whole number is never in the database but sealed, where a customer has to be reached later (`sealed_phone`). The reference is SHA-256
//! over the database's own secret and the number: who has only a dump of one table learns nothing. Who has the secret too can try all
//! numbers, so when the vault comes (`security`), the secret moves into it. Nothing but this file and [`super::Database::stored_phone`] knows how the reference is made.

use crate::text::PhoneNumber;
use sha2::{Digest, Sha256};

/// See the module's text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StoredPhone {
    /// 32 hexadecimal digits; the same number gives the same reference within one database.
    pub reference: String,
    /// `138****0001`.
    pub shown: String,
}

impl StoredPhone {
    pub(super) fn new(secret: &[u8; 32], number: &PhoneNumber) -> StoredPhone {
        let digest = Sha256::new().chain_update(secret).chain_update(number.reveal()).finalize();
        let reference = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        StoredPhone { reference, shown: number.to_string() }
    }

    /// As read from a row.
    pub(super) fn from_row(reference: String, shown: String) -> StoredPhone {
        StoredPhone { reference, shown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_depends_on_number_and_secret_and_shows_neither() {
        let number = |text: &str| PhoneNumber::parse(text).unwrap();
        let one = StoredPhone::new(&[1; 32], &number("13800000001"));
        assert_eq!(one, StoredPhone::new(&[1; 32], &number("138 0000 0001")));
        assert_ne!(one.reference, StoredPhone::new(&[2; 32], &number("13800000001")).reference);
        assert_ne!(one.reference, StoredPhone::new(&[1; 32], &number("13800000002")).reference);
        assert_eq!(one.reference.len(), 32);
        assert_eq!(one.shown, "138****0001");
        assert!(!format!("{one:?}").contains("13800000001"));
    }
}
