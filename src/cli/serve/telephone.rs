//! The `[sip]` section of the configuration.

use super::trunks;
use crate::call::dial::Callee;
use crate::cli::Failure;
use crate::line::networks::Networks;
use crate::line::sdp::Codec;
use crate::line::sip::handover::Person;
use crate::line::sip::secure::{self, Certificates, Identity, Key, Trust};
use crate::line::sip::settings::{Carrier, Handover, Settings, Srtp};
use crate::text::{Lang, PhoneNumber};
use anyhow::{Context, bail};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Sip {
    pub listen: Vec<Listen>,
    /// What peers are told when it is not the address listened on.
    pub address: Option<IpAddr>,
    /// Who may call, and where sound may go.
    #[serde(default = "Networks::loopback")]
    pub allow: Networks,
    /// What is shown to peers over TLS: our certificate with those between it and its authority, and its key.
    pub tls_certificate_file: Option<PathBuf>,
    pub tls_key_file: Option<PathBuf>,
    /// Who vouches for addresses that are called over TLS without a trunk.
    pub tls_ca_file: Option<PathBuf>,
    #[serde(default = "media_ports")]
    pub media_ports: [u16; 2],
    #[serde(default = "codecs")]
    pub codecs: Vec<CodecName>,
    /// Where sound is encrypted.
    #[serde(default)]
    pub srtp: SrtpName,
    /// How long a call rings before it is answered.
    #[serde(default)]
    pub ring_ms: u64,
    /// Where callers go who are to be handed to a person.
    pub transfer_to: Option<String>,
    #[serde(default)]
    pub transfer_by: TransferBy,
    /// The trunk that a person is called over; without it an address is called where it is.
    pub transfer_trunk: Option<String>,
    /// How long it may ring there.
    #[serde(default = "transfer_ring_seconds")]
    pub transfer_ring_seconds: u64,
    /// Where calls go out, by name.
    #[serde(default)]
    pub trunks: BTreeMap<String, trunks::Section>,
}

/// `udp:192.0.2.10:5060`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen(pub Carrier, pub SocketAddr);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodecName {
    Pcma,
    Pcmu,
}

/// Where sound is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SrtpName {
    Never,
    #[default]
    Tls,
    Everywhere,
    Required,
}

impl From<SrtpName> for Srtp {
    fn from(name: SrtpName) -> Srtp {
        match name {
            SrtpName::Never => Srtp::Never,
            SrtpName::Tls => Srtp::Tls,
            SrtpName::Everywhere => Srtp::Everywhere,
            SrtpName::Required => Srtp::Required,
        }
    }
}

/// How callers are handed to a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransferBy {
    /// The peer calls the person.
    #[default]
    Refer,
    /// We do, and stay between both.
    Bridge,
    /// People of our own, at the desk.
    Desk,
}

fn transfer_ring_seconds() -> u64 {
    30
}

fn media_ports() -> [u16; 2] {
    [20_000, 20_999]
}

fn codecs() -> Vec<CodecName> {
    vec![CodecName::Pcma, CodecName::Pcmu]
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Listen, D::Error> {
        let text = String::deserialize(deserializer)?;
        let fault = || serde::de::Error::custom(format!("{text:?} is no place to listen; write it as udp:192.0.2.10:5060, tcp:… or tls:…"));
        let (carrier, address) = text.split_once(':').ok_or_else(fault)?;
        let carrier = Carrier::named(carrier).ok_or_else(fault)?;
        Ok(Listen(carrier, address.parse().map_err(|_| fault())?))
    }
}

impl Sip {
    /// What the line is started with.
    pub fn settings(&self, lang: Lang) -> Result<Settings, Failure> {
        if self.listen.is_empty() {
            bail!("sip.listen is empty: name at least one place to listen, such as udp:192.0.2.10:5060");
        }
        if self.codecs.is_empty() {
            bail!("sip.codecs is empty: no call could ever be agreed on");
        }
        let codecs = self.codecs.iter().map(|name| match name {
            CodecName::Pcma => Codec::Pcma,
            CodecName::Pcmu => Codec::Pcmu,
        });
        let identity = self.identity()?;
        if identity.is_none() && self.listen.iter().any(|Listen(carrier, _)| *carrier == Carrier::Tls) {
            bail!("sip.listen: peers that connect by tls are shown a certificate; name its files in tls_certificate_file and tls_key_file");
        }
        let trust = match &self.tls_ca_file {
            Some(path) => Some(authorities("sip.tls_ca_file", path)?),
            None => None,
        };
        Ok(Settings {
            listen: self.listen.iter().map(|Listen(carrier, address)| (*carrier, *address)).collect(),
            address: self.address,
            allowed: self.allow.clone(),
            ports: self.media_ports[0]..=self.media_ports[1],
            codecs: codecs.collect(),
            srtp: self.srtp.into(),
            lang,
            ring: Duration::from_millis(self.ring_ms),
            transfer: self.handover()?,
            trunks: trunks::trunks(&self.trunks, &self.listen, &self.allow, identity.as_ref())?,
            identity,
            trust,
        })
    }

    /// Our certificate, as its files are now.
    pub fn identity(&self) -> Result<Option<Identity>, Failure> {
        let (certificate, key) = match (&self.tls_certificate_file, &self.tls_key_file) {
            (Some(certificate), Some(key)) => (certificate, key),
            (None, None) => return Ok(None),
            (Some(_), None) => bail!("sip: there is a tls_certificate_file and no tls_key_file"),
            (None, Some(_)) => bail!("sip: there is a tls_key_file and no tls_certificate_file"),
        };
        let chain = secured_file("sip.tls_certificate_file", certificate, Certificates::read)?;
        let secret = secured_file("sip.tls_key_file", key, Key::read)?;
        let identity = Identity::new(chain, secret);
        Ok(Some(identity.with_context(|| format!("sip.tls_key_file: {} with {}", key.display(), certificate.display()))?))
    }
}

/// The authorities of a file; `field` is what names it.
pub(super) fn authorities(field: &str, path: &Path) -> Result<Trust, Failure> {
    secured_file(field, path, |pem| Trust::new(Certificates::read(pem)?))
}

fn secured_file<T>(field: &str, path: &Path, read: impl FnOnce(&[u8]) -> Result<T, secure::Fault>) -> Result<T, Failure> {
    let named = || format!("{field}: {}", path.display());
    read(&std::fs::read(path).with_context(named)?).with_context(named)
}

impl Sip {
    fn handover(&self) -> Result<Handover, Failure> {
        let Some(target) = self.transfer_to.as_ref().filter(|_| self.transfer_by != TransferBy::Desk) else { return Ok(Handover::None) };
        let named = ["sip:", "sips:", "tel:"].iter().any(|scheme| target.starts_with(scheme));
        let plain = target.chars().all(|letter| letter.is_ascii_graphic() && !matches!(letter, '<' | '>' | '"'));
        let number = PhoneNumber::parse(target).filter(|_| self.transfer_by == TransferBy::Bridge && !self.trunks.is_empty());
        if let Some(trunk) = self.transfer_trunk.as_ref().filter(|trunk| !self.trunks.contains_key(*trunk)) {
            bail!("sip.transfer_trunk: there is no section sip.trunks.{trunk}");
        }
        if self.transfer_by == TransferBy::Bridge
            && target.starts_with("sips:")
            && self.transfer_trunk.is_none()
            && self.tls_ca_file.is_none()
        {
            bail!("sip.transfer_to: {target:?} is called over TLS; name in tls_ca_file who vouches for it");
        }
        match (self.transfer_by, number) {
            (TransferBy::Bridge, Some(number)) => Ok(Handover::Bridge(self.person(Callee::Number(number)))),
            (TransferBy::Bridge, None) if named && plain => Ok(Handover::Bridge(self.person(Callee::Address(target.clone())))),
            (TransferBy::Refer, _) if named && plain => Ok(Handover::Refer(target.clone())),
            _ => bail!(
                "sip.transfer_to: {target:?} is no address such as sip:agents@192.0.2.20, and no number that transfer_by = \"bridge\" could call over a trunk"
            ),
        }
    }

    fn person(&self, to: Callee) -> Person {
        Person { to, trunk: self.transfer_trunk.clone(), ring: Duration::from_secs(self.transfer_ring_seconds) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let read = toml::from_str::<Sip>(text).map_err(anyhow::Error::from).and_then(|sip| sip.settings(Lang::Zh));
        match read {
            Ok(settings) => assert_eq!(format!("{:?} {:?}", settings.listen, settings.codecs), expected),
            Err(error) => assert!(format!("{error:#}").contains(expected), "{error:#}"),
        }
    }

    #[test]
    fn places_to_listen_and_codecs() {
        check("listen = [\"udp:127.0.0.1:5060\", \"tcp:[::1]:5070\"]", "[(Udp, 127.0.0.1:5060), (Tcp, [::1]:5070)] [Pcma, Pcmu]");
        check("listen = [\"udp:127.0.0.1:5060\"]\ncodecs = [\"pcmu\"]", "[(Udp, 127.0.0.1:5060)] [Pcmu]");
    }

    #[test]
    fn mistakes_are_named() {
        check("listen = [\"127.0.0.1:5060\"]", "is no place to listen");
        check("listen = [\"sctp:127.0.0.1:5060\"]", "is no place to listen");
        check("listen = [\"tls:127.0.0.1:5061\"]", "sip.listen: peers that connect by tls");
        check("listen = []\ntls_key_file = \"a\"", "sip.listen is empty");
        check("listen = [\"udp:127.0.0.1:5060\"]\ntls_key_file = \"a\"", "no tls_certificate_file");
        check("listen = [\"udp:127.0.0.1:5060\"]\ntls_ca_file = \"/nowhere/ca.pem\"", "sip.tls_ca_file: /nowhere/ca.pem: No such file");
        check("listen = [\"udp:127.0.0.1:5060\"]\ntransfer_to = \"sips:a@b\"\ntransfer_by = \"bridge\"", "tls_ca_file");
        check("listen = []", "sip.listen is empty");
        check("listen = [\"udp:127.0.0.1:5060\"]\ncodecs = []", "sip.codecs is empty");
        check("listen = [\"udp:127.0.0.1:5060\"]\ncodecs = [\"opus\"]", "unknown variant `opus`");
        check("listen = [\"udp:127.0.0.1:5060\"]\nsrtp = \"sometimes\"", "unknown variant `sometimes`");
        check("listen = [\"udp:127.0.0.1:5060\"]\ntransfer_to = \"the office\"", "sip.transfer_to");
        check("listen = [\"udp:127.0.0.1:5060\"]\ntransfer_to = \"13800000001\"\ntransfer_by = \"bridge\"", "sip.transfer_to");
        check("listen = [\"udp:127.0.0.1:5060\"]\ntransfer_to = \"sip:a@b\"\ntransfer_trunk = \"main\"", "no section sip.trunks.main");
    }
}
