//! The secret that one system shows another.

use sha2::{Digest, Sha256};

/// A bearer token (RFC 6750); never shown.
#[derive(Clone)]
pub struct Token(String);

/// Longest token that is taken.
const LONGEST: usize = 1_024;

impl Token {
    /// `None` unless `raw` has something beside white space around it and only characters that a header can carry.
    pub fn parse(raw: &str) -> Option<Token> {
        let token = raw.trim();
        let is_fit = !token.is_empty() && token.len() <= LONGEST && token.bytes().all(|byte| byte.is_ascii_graphic());
        is_fit.then(|| Token(token.to_owned()))
    }

    /// The value of the `Authorization` header.
    pub fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// Whether this `Authorization` header carries it; takes the same time wherever the two differ.
    pub fn is_in(&self, header: Option<&[u8]>) -> bool {
        same(header.unwrap_or_default(), self.header().as_bytes())
    }

    /// Whether `given` is it; takes the same time wherever the two differ.
    pub fn is(&self, given: &str) -> bool {
        same(given.as_bytes(), self.0.as_bytes())
    }
}

fn same(given: &[u8], own: &[u8]) -> bool {
    let (given, own) = (Sha256::digest(given), Sha256::digest(own));
    given.iter().zip(own.iter()).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_compared_whole_and_never_shown() {
        let token = Token::parse(" open-sesame\n").unwrap();
        assert!(token.is_in(Some(b"Bearer open-sesame")));
        for other in
            [None, Some(&b""[..]), Some(b"Bearer "), Some(b"Bearer open-sesam"), Some(b"open-sesame"), Some(b"Bearer open-sesame ")]
        {
            assert!(!token.is_in(other), "{other:?}");
        }
        assert!(!format!("{token:?}").contains("sesame"));
    }

    #[test]
    fn what_no_header_can_carry_is_no_token() {
        for raw in ["", " \n", "two words", "换行", "a\nb"] {
            assert!(Token::parse(raw).is_none(), "{raw:?}");
        }
    }
}
