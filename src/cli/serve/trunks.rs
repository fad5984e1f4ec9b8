//! The `[sip.trunks.NAME]` sections of the configuration.

use super::telephone::{self, Listen, SrtpName};
use crate::cli::Failure;
use crate::line::networks::Networks;
use crate::line::sip::digest::Account;
use crate::line::sip::secure::{Identity, Peer};
use crate::line::sip::settings::{Carrier, Srtp};
use crate::line::sip::trunk::Trunk;
use crate::outbound::dialer::Limits;
use crate::text::PhoneNumber;
use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A PBX or a provider that calls go out to.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// `udp:pbx.example:5060`.
    server: String,
    /// What stands behind the at sign; the server's host without it.
    domain: Option<String>,
    /// Who calls when nobody says.
    number: Option<String>,
    /// Others that campaigns may show instead.
    #[serde(default)]
    numbers: Vec<String>,
    user: Option<String>,
    password_file: Option<PathBuf>,
    /// The environment variable that holds the password.
    password_env: Option<String>,
    /// Who vouches for a server that is reached by TLS.
    ca_file: Option<PathBuf>,
    /// The name that its certificate must carry; the server's host without it.
    certificate_name: Option<String>,
    /// Where it differs from sip.srtp.
    srtp: Option<SrtpName>,
    /// For how long we register at a time.
    register_seconds: Option<u64>,
    /// Calls of campaigns that may be begun in a minute, and be under way at once.
    #[serde(default = "calls_per_minute")]
    calls_per_minute: u32,
    #[serde(default = "calls_at_once")]
    calls_at_once: u32,
}

fn calls_per_minute() -> u32 {
    60
}

fn calls_at_once() -> u32 {
    30
}

/// Shorter registrations only make work.
const SHORTEST_REGISTRATION_S: u64 = 60;

/// The trunks in the order of their names.
pub fn trunks(
    sections: &BTreeMap<String, Section>,
    listen: &[Listen],
    allow: &Networks,
    identity: Option<&Identity>,
) -> Result<Vec<Trunk>, Failure> {
    let trunk =
        |(name, section): (&String, &Section)| section.trunk(name, listen, allow, identity).with_context(|| format!("sip.trunks.{name}"));
    sections.iter().map(trunk).collect()
}

/// Numbers that campaigns may show, by trunk.
pub fn callers(sections: Option<&BTreeMap<String, Section>>) -> BTreeMap<String, Vec<String>> {
    sections.into_iter().flatten().map(|(name, section)| (name.clone(), section.callers())).collect()
}

impl Section {
    /// What it carries of campaigns.
    pub fn limits(&self) -> Limits {
        Limits { per_minute: self.calls_per_minute, concurrent: self.calls_at_once }
    }

    /// The numbers that campaigns may show: its own, where it has one, and others.
    pub fn callers(&self) -> Vec<String> {
        let own = self.number.iter().filter(|number| PhoneNumber::parse(number).is_some());
        let mut callers: Vec<String> = own.chain(&self.numbers).cloned().collect();
        callers.dedup();
        callers
    }

    /// Whether its server is reached without leaving this machine.
    pub fn is_on_this_machine(&self) -> bool {
        let place = self.server.split_once(':').and_then(|(_, place)| place.parse::<SocketAddr>().ok());
        place.is_some_and(|place| place.ip().is_loopback())
    }

    fn trunk(&self, name: &str, listen: &[Listen], allow: &Networks, identity: Option<&Identity>) -> Result<Trunk, Failure> {
        let fault = || format!("server: {:?} is no place; write it as udp:192.0.2.20:5060, tcp:pbx.example:5060 or tls:…", self.server);
        let (carrier, server) = self.server.split_once(':').with_context(fault)?;
        let carrier = Carrier::named(carrier).with_context(fault)?;
        let (host, port) = server.rsplit_once(':').with_context(fault)?;
        port.parse::<u16>().ok().filter(|port| *port > 0).with_context(fault)?;
        ensure!(!host.is_empty(), fault());
        // Over TLS a server may answer and call on the connection that we open.
        if carrier != Carrier::Tls && !listen.iter().any(|Listen(listening, _)| *listening == carrier) {
            bail!("server: {} is reached by {}, and sip.listen has no such place for its answers", self.server, carrier.name());
        }
        if let Ok(address) = server.parse::<SocketAddr>()
            && !allow.contains(address.ip())
        {
            bail!("server: {} is in no network of sip.allow; put it there, and the networks that its sound comes from", address.ip());
        }
        if self.calls_per_minute == 0 || self.calls_at_once == 0 {
            bail!("calls_per_minute and calls_at_once: above 0; a trunk that campaigns must not use is named by none of them");
        }
        let period = self.register_seconds.map(Duration::from_secs);
        if period.is_some_and(|period| period < Duration::from_secs(SHORTEST_REGISTRATION_S)) {
            bail!("register_seconds: at least {SHORTEST_REGISTRATION_S}");
        }
        for (field, value) in [("domain", &self.domain), ("number", &self.number), ("user", &self.user)] {
            let plain =
                |value: &String| !value.is_empty() && value.chars().all(|letter| letter.is_ascii_graphic() && !"<>\"@;,".contains(letter));
            ensure!(value.as_ref().is_none_or(plain), "{field}: {:?} cannot stand in an address", value.as_deref().unwrap_or_default());
        }
        if let Some(number) = self.numbers.iter().find(|number| PhoneNumber::parse(number).is_none()) {
            bail!("numbers: {number:?} is no telephone number; write its digits, as the network wants them");
        }
        Ok(Trunk {
            name: name.to_owned(),
            carrier,
            secured: self.secured(carrier, host, identity)?,
            srtp: self.srtp.map(Srtp::from),
            server: server.to_owned(),
            domain: self.domain.clone().unwrap_or_else(|| host.to_owned()),
            number: self.number.clone(),
            account: self.account()?,
            register: period,
        })
    }

    fn secured(&self, carrier: Carrier, host: &str, identity: Option<&Identity>) -> Result<Option<Peer>, Failure> {
        let path = match (carrier, &self.ca_file) {
            (Carrier::Tls, Some(path)) => path,
            (Carrier::Tls, None) => bail!(
                "ca_file: name the file with the authority that vouches for {host}; on Debian those of the world are in /etc/ssl/certs/ca-certificates.crt"
            ),
            (_, None) if self.certificate_name.is_none() => return Ok(None),
            _ => bail!("ca_file and certificate_name are for servers that are reached by tls:"),
        };
        let trust = telephone::authorities("ca_file", path)?;
        let name = self.certificate_name.as_deref().unwrap_or(host);
        Ok(Some(Peer::new(name, &trust, identity).context("certificate_name")?))
    }

    fn account(&self) -> Result<Option<Account>, Failure> {
        let password = match (&self.password_file, &self.password_env) {
            (Some(_), Some(_)) => bail!("password_file and password_env are both given; keep one"),
            (Some(path), None) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("password_file: {}", path.display()))?;
                Some(text.trim_end_matches(['\r', '\n']).to_owned())
            }
            (None, Some(name)) => Some(std::env::var(name).with_context(|| format!("password_env: {name}"))?),
            (None, None) => None,
        };
        match (&self.user, password) {
            (_, Some(password)) if password.is_empty() => bail!("the password is empty"),
            (Some(user), Some(password)) => Ok(Some(Account::new(user.clone(), &password))),
            (None, Some(_)) => bail!("there is a password and no user"),
            (Some(_), None) => bail!("there is a user and no password; name its file in password_file"),
            (None, None) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Trunk>, Failure> {
        let sections: BTreeMap<String, Section> = toml::from_str(text)?;
        let listen = [Listen(Carrier::Udp, SocketAddr::from(([127, 0, 0, 1], 5060)))];
        trunks(&sections, &listen, &Networks::loopback(), None)
    }

    #[test]
    fn a_trunk_with_an_account_and_one_without() {
        let path = std::env::temp_dir().join(format!("tingshuo-trunk-{}", std::process::id()));
        std::fs::write(&path, "open sesame\n").unwrap();
        let text = format!(
            "[b]\nserver = \"udp:127.0.0.1:5080\"\n[a]\nserver = \"udp:pbx.example:5060\"\ndomain = \"example.com\"\nuser = \"u\"\npassword_file = {path:?}\nregister_seconds = 600\n"
        );
        let trunks = read(&text).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(trunks.iter().map(|trunk| trunk.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(trunks[0].account, Some(Account::new("u", "open sesame")));
        assert_eq!((trunks[0].own_address().as_str(), trunks[0].register), ("sip:u@example.com", Some(Duration::from_secs(600))));
        assert_eq!((trunks[1].domain.as_str(), &trunks[1].account), ("127.0.0.1", &None));
        assert!(!format!("{trunks:?}").contains("sesame"));
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("server = \"127.0.0.1\"", "is no place"),
            ("server = \"udp:127.0.0.1\"", "is no place"),
            ("server = \"udp:127.0.0.1:0\"", "is no place"),
            ("server = \"tcp:127.0.0.1:5080\"", "sip.listen has no such place"),
            ("server = \"udp:192.0.2.1:5080\"", "no network of sip.allow"),
            ("server = \"udp:127.0.0.1:5080\"\nuser = \"u\"", "a user and no password"),
            ("server = \"udp:127.0.0.1:5080\"\npassword_env = \"NOBODY_SETS_THIS\"", "NOBODY_SETS_THIS"),
            ("server = \"udp:127.0.0.1:5080\"\npassword_env = \"A\"\npassword_file = \"b\"", "keep one"),
            ("server = \"udp:127.0.0.1:5080\"\nregister_seconds = 5", "at least 60"),
            ("server = \"tls:127.0.0.1:5081\"", "ca_file: name the file"),
            ("server = \"tls:127.0.0.1:5081\"\nca_file = \"Cargo.toml\"", "ca_file: Cargo.toml: there is no certificate in it"),
            ("server = \"tls:127.0.0.1:5081\"\nca_file = \"/nowhere.pem\"", "ca_file: /nowhere.pem: No such file"),
            ("server = \"udp:127.0.0.1:5080\"\nca_file = \"a.pem\"", "reached by tls:"),
            ("server = \"udp:127.0.0.1:5080\"\nnumbers = [\"the office\"]", "is no telephone number"),
            ("server = \"udp:127.0.0.1:5080\"\nnumber = \"a@b\"", "cannot stand in an address"),
        ] {
            let message = format!("{:#}", read(&format!("[main]\n{text}\n")).unwrap_err());
            assert!(message.contains(expected) && message.contains("sip.trunks.main"), "{message}");
        }
    }
}
