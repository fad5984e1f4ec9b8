//! Passwords and their hashes: argon2id, PHC strings (RFC 9106, the second recommended choice with less memory).

use argon2::password_hash::{Error as HashError, PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use ring::rand::{SecureRandom, SystemRandom};
use std::sync::LazyLock;

/// What somebody typed; never shown.
#[derive(Clone)]
pub struct Password(String);

/// Why something is no password to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error("a password has at least {SHORTEST} characters")]
    Short,
    #[error("a password has at most {LONGEST} bytes")]
    Long,
    #[error("a password of so few different characters is easily guessed")]
    Simple,
    #[error("a password must not be the name")]
    Name,
}

const SHORTEST: usize = 10;
const LONGEST: usize = 256;
const DIFFERENT: usize = 5;

/// OWASP's least for argon2id: 19 MiB, two passes, one lane; about 20 ms of one core.
static HASHER: LazyLock<Argon2<'static>> = LazyLock::new(|| {
    let params = Params::new(19 * 1024, 2, 1, None).expect("the parameters are within their limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
});

/// What is compared with where there is nobody of the name, so that it takes the same time.
static NOBODY: LazyLock<String> = LazyLock::new(|| Password("nobody has this".into()).hash());

impl Password {
    /// What somebody typed to sign in; looked at whole or not at all.
    pub fn typed(raw: &str) -> Option<Password> {
        (!raw.is_empty() && raw.len() <= LONGEST).then(|| Password(raw.to_owned()))
    }

    /// A password to be taken for `name`.
    pub fn chosen(raw: &str, name: &str) -> Result<Password, PasswordError> {
        let different = raw.chars().collect::<std::collections::BTreeSet<_>>().len();
        match raw {
            _ if raw.len() > LONGEST => Err(PasswordError::Long),
            _ if raw.chars().count() < SHORTEST => Err(PasswordError::Short),
            _ if raw.eq_ignore_ascii_case(name) => Err(PasswordError::Name),
            _ if different < DIFFERENT => Err(PasswordError::Simple),
            _ => Ok(Password(raw.to_owned())),
        }
    }

    /// Takes a moment of one core: never on the runtime's threads.
    pub(super) fn hash(&self) -> String {
        let mut salt = [0; 16];
        SystemRandom::new().fill(&mut salt).expect("the system gives random bytes");
        let salt = SaltString::encode_b64(&salt).expect("sixteen bytes are a salt");
        HASHER.hash_password(self.0.as_bytes(), &salt).expect("a bounded password has a hash").to_string()
    }

    /// Whether it is the password of this hash; `None` is nobody's and takes as long.
    pub(super) fn is(&self, hash: Option<&str>) -> bool {
        let parsed = PasswordHash::new(hash.unwrap_or(&NOBODY));
        let verified = parsed.and_then(|parsed| HASHER.verify_password(self.0.as_bytes(), &parsed));
        if let Err(error) = verified
            && error != HashError::Password
        {
            tracing::error!(%error, "a password's hash in the database is damaged; set a new one with `tingshuo user password`");
        }
        verified.is_ok() && hash.is_some()
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, expected: Result<(), PasswordError>) {
        assert_eq!(Password::chosen(raw, "li.min.east").map(|_| ()), expected, "{raw}");
    }

    #[test]
    fn short_simple_and_endless_ones_are_not_taken() {
        check("听说电信的坐席很好用", Ok(()));
        check("correct horse", Ok(()));
        check("too short", Err(PasswordError::Short));
        check("abababababab", Err(PasswordError::Simple));
        check("Li.Min.East", Err(PasswordError::Name));
        check(&"长".repeat(100), Err(PasswordError::Long));
    }

    #[test]
    fn a_hash_is_argon2id_with_a_salt_of_its_own_and_fits_its_password_alone() {
        let (right, wrong) = (Password::typed("correct horse").unwrap(), Password::typed("Correct horse").unwrap());
        let (hash, again) = (right.hash(), right.hash());
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, again);
        assert!(right.is(Some(&hash)) && right.is(Some(&again)));
        assert!(!wrong.is(Some(&hash)) && !right.is(None) && !right.is(Some("damaged")));
        assert!(!Password::typed("nobody has this").unwrap().is(None), "what nobody has lets nobody in");
        assert!(!format!("{right:?}").contains("horse"));
    }
}
