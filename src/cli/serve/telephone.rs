//! The `[sip]` section of the configuration.

use super::trunks;
use crate::call::dial::Callee;
use crate::cli::Failure;
use crate::line::networks::Networks;
use crate::line::sdp::Codec;
use crate::line::sip::handover::Person;
use crate::line::sip::server::{Carrier, Handover, Settings};
use crate::text::{Lang, PhoneNumber};
use anyhow::bail;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
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
    #[serde(default = "media_ports")]
    pub media_ports: [u16; 2],
    #[serde(default = "codecs")]
    pub codecs: Vec<CodecName>,
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
        let fault = || serde::de::Error::custom(format!("{text:?} is no place to listen; write it as udp:192.0.2.10:5060 or tcp:…"));
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
        Ok(Settings {
            listen: self.listen.iter().map(|Listen(carrier, address)| (*carrier, *address)).collect(),
            address: self.address,
            allowed: self.allow.clone(),
            ports: self.media_ports[0]..=self.media_ports[1],
            codecs: codecs.collect(),
            lang,
            ring: Duration::from_millis(self.ring_ms),
            transfer: self.handover()?,
            trunks: trunks::trunks(&self.trunks, &self.listen, &self.allow)?,
        })
    }
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
            Err(error) => assert!(error.to_string().contains(expected), "{error}"),
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
        check("listen = [\"tls:127.0.0.1:5060\"]", "is no place to listen");
        check("listen = []", "sip.listen is empty");
        check("listen = [\"udp:127.0.0.1:5060\"]\ncodecs = []", "sip.codecs is empty");
        check("listen = [\"udp:127.0.0.1:5060\"]\ncodecs = [\"opus\"]", "unknown variant `opus`");
        check("listen = [\"udp:127.0.0.1:5060\"]\ntransfer_to = \"the office\"", "sip.transfer_to");
        check("listen = [\"udp:127.0.0.1:5060\"]\ntransfer_to = \"13800000001\"\ntransfer_by = \"bridge\"", "sip.transfer_to");
        check("listen = [\"udp:127.0.0.1:5060\"]\ntransfer_to = \"sip:a@b\"\ntransfer_trunk = \"main\"", "no section sip.trunks.main");
    }
}
