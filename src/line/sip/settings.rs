//! What the line is told when it starts.

use super::handover::Person;
use super::secure::{Identity, Trust};
use super::trunk::Trunk;
use crate::line::networks::Networks;
use crate::line::sdp::{Codec, Protection};
use crate::text::Lang;
use rsipstack::sip::Transport;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

/// How messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    Udp,
    Tcp,
    Tls,
}

impl Carrier {
    pub const ALL: [Carrier; 3] = [Carrier::Udp, Carrier::Tcp, Carrier::Tls];

    /// As the configuration writes it.
    pub fn name(self) -> &'static str {
        match self {
            Carrier::Udp => "udp",
            Carrier::Tcp => "tcp",
            Carrier::Tls => "tls",
        }
    }

    pub fn named(name: &str) -> Option<Carrier> {
        Carrier::ALL.into_iter().find(|carrier| carrier.name() == name)
    }

    pub(super) fn transport(self) -> Transport {
        match self {
            Carrier::Udp => Transport::Udp,
            Carrier::Tcp => Transport::Tcp,
            Carrier::Tls => Transport::Tls,
        }
    }
}

/// Where sound is encrypted (SRTP). Its keys travel in the messages, so by themselves they are a secret over TLS only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Srtp {
    Never,
    /// Offered and taken with messages over TLS; plain sound is taken as well.
    #[default]
    Tls,
    /// The same on all ways.
    Everywhere,
    /// On all ways, and nothing else is taken.
    Required,
}

impl Srtp {
    pub(super) fn protection(self, transport: Option<Transport>) -> Protection {
        match self {
            Srtp::Required => Protection::Encrypted,
            Srtp::Everywhere => Protection::Either,
            Srtp::Tls if transport == Some(Transport::Tls) => Protection::Either,
            Srtp::Tls | Srtp::Never => Protection::Plain,
        }
    }
}

/// How callers are handed to a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Handover {
    /// Not at all; their calls end.
    #[default]
    None,
    /// The peer is asked to call this address (REFER).
    Refer(String),
    /// We call this person and connect both.
    Bridge(Person),
}

/// What the line needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    pub listen: Vec<(Carrier, SocketAddr)>,
    /// The address that peers are told, for messages and for sound; the address listened on if it is a real one.
    pub address: Option<IpAddr>,
    /// Who may call, and where sound may go.
    pub allowed: Networks,
    /// For sound.
    pub ports: RangeInclusive<u16>,
    /// In the order of our liking.
    pub codecs: Vec<Codec>,
    pub srtp: Srtp,
    pub lang: Lang,
    /// How long a call rings before it is answered.
    pub ring: Duration,
    /// Where callers go who are to be handed to a person.
    pub transfer: Handover,
    /// Where calls go out.
    pub trunks: Vec<Trunk>,
    /// What we show to whoever connects by TLS; needed to listen for it.
    pub identity: Option<Identity>,
    /// Who vouches for addresses that are called by TLS without a trunk.
    pub trust: Option<Trust>,
}

/// Why the line does not start.
#[derive(Debug, thiserror::Error)]
pub enum SipError {
    #[error("cannot listen on {0} for SIP: {1}; choose another address or port, or stop what holds it")]
    Listen(SocketAddr, io::Error),
    #[error("the address that SIP peers are told is missing: the line listens on every address of the machine, so name one")]
    NoAddress,
    #[error("the ports for sound must be a range with at least one even port and the next, such as 20000-20999")]
    NoPorts,
    #[error("to listen for SIP over TLS there must be a certificate with its key")]
    NoCertificate,
    #[error("the SIP stack does not start: {0}")]
    Stack(#[from] rsipstack::Error),
}
