//! Proving who we are to a PBX or a trunk: digest access authentication (RFC 3261, section 22; RFC 7616, RFC 8760). Pure.
//!
//! MD5 and SHA-256, with `qop=auth` or without any; of several challenges the strongest is taken. What a peer asks beyond that cannot be
//! answered, and its refusal stands.

use md5::Md5;
use rsipstack::sip::{Header, Headers, Response};
use sha2::{Digest, Sha256};
use std::fmt::{Debug, Formatter};
use std::sync::Arc;

/// A peer that calls every nonce stale is not believed for ever.
const MOST_ROUNDS: u8 = 3;
/// Longer challenges are nonsense.
const LONGEST: usize = 4_096;

/// Our name and password at a PBX or a trunk. The password is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    pub user: String,
    password: Arc<str>,
}

impl Account {
    pub fn new(user: impl Into<String>, password: &str) -> Account {
        Account { user: user.into(), password: password.into() }
    }
}

impl Debug for Account {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("user", &self.user).field("password", &"***").finish()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Md5,
    Sha256,
}

impl Algorithm {
    fn name(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
        }
    }

    fn sum(self, text: &str) -> String {
        let hexadecimal = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self {
            Algorithm::Md5 => hexadecimal(&Md5::digest(text)),
            Algorithm::Sha256 => hexadecimal(&Sha256::digest(text)),
        }
    }
}

/// What a peer wants to have proved.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Challenge {
    /// A proxy asked (407).
    proxy: bool,
    algorithm: Algorithm,
    realm: String,
    nonce: String,
    opaque: Option<String>,
    /// `qop=auth` was offered; none at all otherwise.
    qop: bool,
    stale: bool,
}

/// Answers the challenges of one peer, for one request after the other.
#[derive(Clone, Debug)]
pub struct Prover {
    account: Account,
    challenge: Option<Challenge>,
    /// Times that the nonce was used.
    uses: u32,
    rounds: u8,
}

impl Prover {
    pub fn new(account: Account) -> Prover {
        Prover { account, challenge: None, uses: 0, rounds: 0 }
    }

    /// Takes note of a 401 or 407; true if the request is worth sending again.
    pub fn challenged(&mut self, response: &Response) -> bool {
        let proxy = response.status_code.code() == 407;
        let Some(challenge) = strongest(&response.headers, proxy) else { return false };
        // A second refusal means that the password is wrong, unless only the nonce was too old.
        let again = self.rounds == 0 || (challenge.stale && self.rounds < MOST_ROUNDS);
        self.rounds += 1;
        self.uses = 0;
        self.challenge = Some(challenge);
        again
    }

    /// A request was accepted: the next challenge is a new one.
    pub fn accepted(&mut self) {
        self.rounds = 0;
    }

    /// The proof for one request; `None` while nobody has asked.
    pub fn proof(&mut self, method: &str, uri: &str, cnonce: &str) -> Option<Header> {
        let challenge = self.challenge.as_ref()?;
        self.uses += 1;
        let value = challenge.answer(&self.account, method, uri, cnonce, self.uses);
        let name = if challenge.proxy { "Proxy-Authorization" } else { "Authorization" };
        Some(Header::Other(name.to_owned(), value))
    }
}

impl Challenge {
    fn answer(&self, account: &Account, method: &str, uri: &str, cnonce: &str, uses: u32) -> String {
        let Challenge { algorithm, realm, nonce, .. } = self;
        let who = algorithm.sum(&format!("{}:{realm}:{}", account.user, account.password));
        let what = algorithm.sum(&format!("{method}:{uri}"));
        let response = if self.qop {
            algorithm.sum(&format!("{who}:{nonce}:{uses:08x}:{cnonce}:auth:{what}"))
        } else {
            algorithm.sum(&format!("{who}:{nonce}:{what}"))
        };
        let (user, realm, nonce) = (quoted(&account.user), quoted(realm), quoted(nonce));
        let mut value = format!("Digest username={user}, realm={realm}, nonce={nonce}, uri={}, response=\"{response}\"", quoted(uri));
        value.push_str(&format!(", algorithm={}", algorithm.name()));
        if let Some(opaque) = &self.opaque {
            value.push_str(&format!(", opaque={}", quoted(opaque)));
        }
        if self.qop {
            value.push_str(&format!(", qop=auth, nc={uses:08x}, cnonce=\"{cnonce}\""));
        }
        value
    }

    fn read(value: &str, proxy: bool) -> Option<Challenge> {
        if value.len() > LONGEST {
            return None;
        }
        let (scheme, rest) = value.trim().split_once([' ', '\t'])?;
        if !scheme.eq_ignore_ascii_case("digest") {
            return None;
        }
        let parameters = parameters(rest);
        let get = |name: &str| parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
        let algorithm = match get("algorithm").unwrap_or("MD5") {
            name if name.eq_ignore_ascii_case("MD5") => Algorithm::Md5,
            name if name.eq_ignore_ascii_case("SHA-256") => Algorithm::Sha256,
            _ => return None,
        };
        let qop = match get("qop") {
            None => false,
            Some(offered) => offered.split(',').any(|one| one.trim().eq_ignore_ascii_case("auth")).then_some(true)?,
        };
        Some(Challenge {
            proxy,
            algorithm,
            realm: get("realm")?.to_owned(),
            nonce: get("nonce")?.to_owned(),
            opaque: get("opaque").map(str::to_owned),
            qop,
            stale: get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
        })
    }
}

fn strongest(headers: &Headers, proxy: bool) -> Option<Challenge> {
    let challenges = headers.iter().filter_map(|header| match header {
        Header::WwwAuthenticate(value) if !proxy => Challenge::read(value.value(), proxy),
        Header::ProxyAuthenticate(value) if proxy => Challenge::read(value.value(), proxy),
        _ => None,
    });
    challenges.max_by_key(|challenge| challenge.algorithm)
}

/// `name=value` or `name="value"`, divided by commas.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut letters = text.chars().peekable();
    while letters.peek().is_some() {
        let name: String = std::iter::from_fn(|| letters.next_if(|letter| *letter != '=' && *letter != ',')).collect();
        let mut value = String::new();
        if letters.next_if_eq(&'=').is_some() {
            while letters.next_if(|letter| letter.is_whitespace()).is_some() {}
            if letters.next_if_eq(&'"').is_some() {
                while let Some(letter) = letters.next().filter(|letter| *letter != '"') {
                    value.extend(if letter == '\\' { letters.next() } else { Some(letter) });
                }
            }
            value.extend(std::iter::from_fn(|| letters.next_if(|letter| *letter != ',')));
        }
        letters.next_if_eq(&',');
        if !name.trim().is_empty() {
            found.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    found
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn response(code: u16, lines: &str) -> Response {
        Response::try_from(format!("SIP/2.0 {code} No\r\n{lines}\r\n").as_str()).unwrap()
    }

    fn value(header: Option<Header>) -> String {
        match header {
            Some(Header::Other(name, value)) => format!("{name}: {value}"),
            other => panic!("{other:?}"),
        }
    }

    /// The example of RFC 7616, section 3.9.1, for both sums.
    #[test]
    fn the_example_of_the_standard() {
        for (algorithm, expected) in
            [("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"), ("MD5", "8ca523f5e9506fed4657c9700eebdbec")]
        {
            let challenge = format!(
                "WWW-Authenticate: Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"\r\n"
            );
            let mut prover = Prover::new(Account::new("Mufasa", "Circle of Life"));
            assert!(prover.challenged(&response(401, &challenge)));
            let proof = value(prover.proof("GET", "/dir/index.html", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"));
            assert!(
                proof.starts_with("Authorization: Digest username=\"Mufasa\", realm=\"http-auth@example.org\", nonce=\"7ypf"),
                "{proof}"
            );
            assert!(proof.contains(&format!("response=\"{expected}\"")), "{proof}");
            assert!(proof.contains("qop=auth, nc=00000001, cnonce=\"f2/w") && proof.contains("opaque=\"FQhe"), "{proof}");
        }
    }

    /// The example of RFC 2069 as corrected: no `qop`.
    #[test]
    fn without_a_quality_of_protection() {
        let mut prover = Prover::new(Account::new("Mufasa", "CircleOfLife"));
        let challenge = "Proxy-Authenticate: Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"\r\n";
        assert!(prover.challenged(&response(407, challenge)));
        let proof = value(prover.proof("GET", "/dir/index.html", "x"));
        assert!(proof.starts_with("Proxy-Authorization: ") && proof.contains("response=\"1949323746fe6a43ef61f9606e7febea\""), "{proof}");
        assert!(!proof.contains("cnonce") && !proof.contains("CircleOfLife"), "{proof}");
    }

    #[test]
    fn the_strongest_challenge_is_taken_and_each_nonce_is_counted() {
        let both = "WWW-Authenticate: Digest realm=\"a\",nonce=\"1\",algorithm=MD5\r\nWWW-Authenticate: Digest realm=\"a\",nonce=\"2\",algorithm=SHA-256,qop=auth\r\n\
                    WWW-Authenticate: Digest realm=\"a\",nonce=\"3\",algorithm=SHA-512-256\r\n";
        let mut prover = Prover::new(Account::new("u", "p"));
        assert!(prover.proof("REGISTER", "sip:a", "c").is_none(), "nobody has asked");
        assert!(prover.challenged(&response(401, both)));
        assert!(value(prover.proof("REGISTER", "sip:a", "c")).contains("nonce=\"2\""));
        assert!(value(prover.proof("REGISTER", "sip:a", "c")).contains("nc=00000002"));
    }

    #[test]
    fn a_wrong_password_ends_it_and_an_old_nonce_does_not() {
        let plain = response(401, "WWW-Authenticate: Digest realm=\"a\",nonce=\"1\"\r\n");
        let stale = response(401, "WWW-Authenticate: Digest realm=\"a\",nonce=\"2\",stale=TRUE\r\n");
        let mut prover = Prover::new(Account::new("u", "p"));
        assert!(prover.challenged(&plain));
        assert!(!prover.challenged(&plain));
        prover.accepted();
        assert!([&plain, &stale, &stale].into_iter().all(|challenge| prover.challenged(challenge)));
        assert!(!prover.challenged(&stale), "not for ever");
    }

    #[test]
    fn what_cannot_be_proved_is_not_tried() {
        for line in [
            "WWW-Authenticate: Basic realm=\"a\"",
            "WWW-Authenticate: Digest realm=\"a\"",
            "WWW-Authenticate: Digest realm=\"a\",nonce=\"1\",qop=auth-int",
            "Date: x",
        ] {
            assert!(!Prover::new(Account::new("u", "p")).challenged(&response(401, &format!("{line}\r\n"))), "{line}");
        }
        assert!(!format!("{:?}", Prover::new(Account::new("u", "open sesame"))).contains("sesame"));
    }

    proptest! {
        #[test]
        fn no_challenge_panics(text in "\\PC{0,80}") {
            parameters(&text);
            Challenge::read(&format!("Digest {text}"), false);
        }
    }
}
