//! Offers and answers of sound (SDP: RFC 8866, RFC 3264; DTMF: RFC 4733; keys: RFC 4568). Pure but for the keys it draws: text in, text and an
//! agreement out.
//!
//! A [`Negotiation`] belongs to one call and remembers what it said last, so that the version in `o=` rises only when something changed. Of
//! several streams the first that we can carry is taken and the others are refused with port 0. Addresses are the sender's claim: one outside
//! the allowed networks is refused, whatever else the offer says.

use crate::audio::codec;
use crate::line::networks::Networks;
use crate::line::rtp::srtp::{MasterKey, Secured};
use crypto::Offered;
use sdp_types::{AddrType, Attribute, Connection, Media, NetType, Origin, Session, Time};
use std::net::{IpAddr, SocketAddr};

pub mod crypto;
mod direction;
#[cfg(test)]
mod tests;

pub use crypto::Protection;
pub use direction::Direction;

/// Bodies past this size are not read.
const LONGEST_BODY: usize = 16 * 1024;
/// More streams than any telephone has.
const MOST_STREAMS: usize = 16;
/// What we send in one packet.
const PTIME_MS: u32 = 20;
/// Where telephone-event goes in our own offers.
const OUR_DIGITS: u8 = 101;

/// How sound is coded on the wire; both at 8 kHz.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    Pcma,
    Pcmu,
}

impl Codec {
    pub const ALL: [Codec; 2] = [Codec::Pcma, Codec::Pcmu];

    /// The name in `a=rtpmap`.
    pub fn name(self) -> &'static str {
        match self {
            Codec::Pcma => "PCMA",
            Codec::Pcmu => "PCMU",
        }
    }

    /// The payload type of RFC 3551.
    pub fn payload_type(self) -> u8 {
        match self {
            Codec::Pcma => 8,
            Codec::Pcmu => 0,
        }
    }

    pub fn decode(self, byte: u8) -> f32 {
        match self {
            Codec::Pcma => codec::alaw_decode(byte),
            Codec::Pcmu => codec::ulaw_decode(byte),
        }
    }

    pub fn encode(self, sample: f32) -> u8 {
        match self {
            Codec::Pcma => codec::alaw_encode(sample),
            Codec::Pcmu => codec::ulaw_encode(sample),
        }
    }
}

/// What both sides agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    pub codec: Codec,
    pub payload_type: u8,
    /// The payload type of telephone-event, if the peer has it.
    pub digits: Option<u8>,
    /// Where our packets go.
    pub remote: SocketAddr,
    pub remote_rtcp: SocketAddr,
    /// RTP and RTCP share a port.
    pub rtcp_mux: bool,
    /// As seen from us; [`Direction::sends`] is false while we are on hold.
    pub direction: Direction,
    /// The keys, when the sound is encrypted.
    pub secured: Option<Secured>,
}

/// Why no sound can flow.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// Answer 400.
    #[error("the session description cannot be read: {0}")]
    Malformed(String),
    /// Answer 488.
    #[error("no codec in common; PCMA and PCMU are spoken here")]
    NoCommonCodec,
    /// Answer 488.
    #[error("no stream of telephone sound (RTP/AVP or RTP/SAVP) is offered")]
    NoSound,
    /// Answer 488, and count it: somebody may be aiming our packets at a third party.
    #[error("sound may not go to {0}; the networks allowed are in the configuration")]
    ForeignAddress(String),
    /// Answer 488.
    #[error("encrypted sound is not taken on this way; sip.srtp says where it is")]
    Encrypted,
    /// Answer 488.
    #[error("only encrypted sound is taken here")]
    Unencrypted,
    /// Answer 488.
    #[error("no way to encrypt in common; AES_CM_128_HMAC_SHA1_80 and _32 are spoken here")]
    NoCommonCipher,
    /// Answer 488.
    #[error("packets of less than 20 ms are not sent")]
    ShortPackets,
}

/// Our end of a call's sound.
#[derive(Clone, Debug)]
pub struct Negotiation {
    local: SocketAddr,
    /// In the order of our liking.
    codecs: Vec<Codec>,
    protection: Protection,
    /// Our key, and the peer's that it was told to.
    key: Option<(MasterKey, Option<MasterKey>)>,
    /// Whether the sound is encrypted, once that is agreed on.
    encrypted: Option<bool>,
    id: u64,
    version: u64,
    last: Option<Session>,
}

impl Negotiation {
    /// `local` is what the peer is told: never an unspecified address. `id` makes the session unique.
    pub fn new(local: SocketAddr, codecs: &[Codec], id: u64) -> Negotiation {
        let codecs = codecs.to_vec();
        Negotiation { local, codecs, protection: Protection::Plain, key: None, encrypted: None, id, version: 1, last: None }
    }

    /// The same with encrypted sound.
    pub fn protected(self, protection: Protection) -> Negotiation {
        Negotiation { protection, ..self }
    }

    /// Our answer to an offer.
    pub fn answer(&mut self, offer: &[u8], allowed: &Networks) -> Result<(Agreed, Vec<u8>), SdpError> {
        let offer = read(offer)?;
        let mut taken = None;
        let mut failure = SdpError::NoSound;
        let mut streams: Vec<_> = offer.medias.iter().enumerate().collect();
        streams.sort_by_key(|(_, media)| !crypto::is_secured(media));
        for (index, media) in streams {
            match self.carry(&offer, media, allowed) {
                Ok((agreed, theirs)) => {
                    let secured = theirs.map(|theirs| theirs.with(self.our_key(theirs.key)));
                    self.encrypted = Some(secured.is_some());
                    taken = Some((index, Agreed { secured, ..agreed }));
                    break;
                }
                // The reason of a stream that could have been ours says more than that of a video.
                Err(SdpError::NoSound) => {}
                Err(error) => failure = error,
            }
        }
        let Some((index, agreed)) = taken else { return Err(failure) };
        let medias = offer.medias.iter().enumerate();
        let medias = medias.map(|(n, media)| if n == index { self.stream(&[agreed.codec], Some(&agreed)) } else { refused(media) });
        let body = self.write(medias.collect());
        Ok((agreed, body))
    }

    /// Our offer, in an INVITE of ours or in the answer to one that offered nothing.
    pub fn offer(&mut self) -> Vec<u8> {
        if self.offers_encrypted() {
            self.key.get_or_insert_with(|| (crypto::fresh(), None));
        }
        let stream = self.stream(&self.codecs, None);
        self.write(vec![stream])
    }

    /// What we said last, once more: a sign of life that changes nothing. An offer if nothing was said yet.
    pub fn again(&mut self) -> Vec<u8> {
        match self.last.clone() {
            Some(last) => self.write(last.medias),
            None => self.offer(),
        }
    }

    /// The peer's answer to our offer.
    pub fn accept(&mut self, answer: &[u8], allowed: &Networks) -> Result<Agreed, SdpError> {
        let answer = read(answer)?;
        let media = answer.medias.first().ok_or(SdpError::NoSound)?;
        let (agreed, theirs) = self.carry(&answer, media, allowed)?;
        let ours = self.last.as_ref().and_then(|last| last.medias.first());
        let secured = match (theirs, ours.filter(|ours| crypto::is_secured(ours)), self.key) {
            (None, None, _) => None,
            (Some(theirs), Some(ours), Some((key, _))) if crypto::was_offered(ours, &theirs) => {
                self.key = Some((key, Some(theirs.key)));
                Some(theirs.with(key))
            }
            (None, Some(_), _) => return Err(SdpError::Unencrypted),
            _ => return Err(SdpError::NoCommonCipher),
        };
        self.encrypted = Some(secured.is_some());
        Ok(Agreed { secured, ..agreed })
    }

    /// What was agreed on is offered again; before that, as much as may be.
    fn offers_encrypted(&self) -> bool {
        self.protection == Protection::Encrypted || self.encrypted.unwrap_or(self.protection == Protection::Either)
    }

    /// The key of our direction: another one as soon as the peer has another, for then it may be another telephone, which knows no numbers of before.
    fn our_key(&mut self, theirs: MasterKey) -> MasterKey {
        let ours = match self.key {
            Some((ours, known)) if known.is_none_or(|known| known == theirs) => ours,
            _ => crypto::fresh(),
        };
        self.key = Some((ours, Some(theirs)));
        ours
    }

    /// What would be agreed if `media` were the stream of the call.
    fn carry(&self, session: &Session, media: &Media, allowed: &Networks) -> Result<(Agreed, Option<Offered>), SdpError> {
        let secured = crypto::is_secured(media);
        if media.media != "audio" || media.port == 0 || !(secured || media.proto == crypto::PLAIN) {
            return Err(SdpError::NoSound);
        }
        match (secured, self.protection) {
            (true, Protection::Plain) => return Err(SdpError::Encrypted),
            (false, Protection::Encrypted) => return Err(SdpError::Unencrypted),
            _ => {}
        }
        let (codec, payload_type) = self.common(media).ok_or(SdpError::NoCommonCodec)?;
        if attribute(media, "maxptime").and_then(|text| text.trim().parse::<u32>().ok()).is_some_and(|ms| ms < PTIME_MS) {
            return Err(SdpError::ShortPackets);
        }
        let connection = media.connections.first().or(session.connection.as_ref()).ok_or_else(|| malformed("no c= line"))?;
        let claimed = address(connection)?;
        let mut direction = direction(media).or_else(|| session_direction(session)).unwrap_or(Direction::Both).mirrored();
        // The hold of RFC 2543: an address that nobody has.
        if claimed.is_unspecified() {
            direction = if direction == Direction::Inactive { direction } else { Direction::ReceiveOnly };
        } else if !allowed.contains(claimed) {
            return Err(SdpError::ForeignAddress(claimed.to_string()));
        }
        let remote = SocketAddr::new(claimed, media.port);
        let rtcp_mux = has(media, "rtcp-mux");
        let remote_rtcp = if rtcp_mux { remote } else { rtcp_address(media, remote, allowed)? };
        let theirs = if secured { Some(crypto::first(media).ok_or(SdpError::NoCommonCipher)?) } else { None };
        Ok((Agreed { codec, payload_type, digits: digits(media), remote, remote_rtcp, rtcp_mux, direction, secured: None }, theirs))
    }

    /// The codec that the other side likes best of those that we speak, and its payload type there.
    fn common(&self, media: &Media) -> Option<(Codec, u8)> {
        media.fmt.split_ascii_whitespace().find_map(|format| {
            let payload_type: u8 = format.parse().ok().filter(|number| *number < 128)?;
            let codec = match mapping(media, payload_type) {
                Some(map) => Codec::ALL.into_iter().find(|codec| is_mapping(map, codec.name()))?,
                None => Codec::ALL.into_iter().find(|codec| codec.payload_type() == payload_type)?,
            };
            self.codecs.contains(&codec).then_some((codec, payload_type))
        })
    }

    /// Our stream: an answer if something is agreed, else an offer of all `codecs`.
    fn stream(&self, codecs: &[Codec], agreed: Option<&Agreed>) -> Media {
        let mut formats = Vec::new();
        let mut attributes: Vec<Attribute> = match (agreed, self.key) {
            (Some(agreed), _) => agreed.secured.iter().map(crypto::answer).collect(),
            (None, Some((key, _))) if self.offers_encrypted() => crypto::offer(key).collect(),
            (None, _) => Vec::new(),
        };
        let protocol = if attributes.is_empty() { crypto::PLAIN } else { crypto::SECURED };
        for codec in codecs {
            let payload_type = agreed.map_or(codec.payload_type(), |agreed| agreed.payload_type);
            formats.push(payload_type.to_string());
            attributes.push(attr("rtpmap", &format!("{payload_type} {}/8000", codec.name())));
        }
        if let Some(digits) = agreed.map_or(Some(OUR_DIGITS), |agreed| agreed.digits) {
            formats.push(digits.to_string());
            attributes.push(attr("rtpmap", &format!("{digits} telephone-event/8000")));
            attributes.push(attr("fmtp", &format!("{digits} 0-15")));
        }
        attributes.push(attr("ptime", &PTIME_MS.to_string()));
        if agreed.is_none_or(|agreed| agreed.rtcp_mux) {
            attributes.push(flag("rtcp-mux"));
        }
        attributes.push(flag(agreed.map_or(Direction::Both, |agreed| agreed.direction).name()));
        Media {
            media: "audio".to_owned(),
            port: self.local.port(),
            num_ports: None,
            proto: protocol.to_owned(),
            fmt: formats.join(" "),
            media_title: None,
            connections: Vec::new(),
            bandwidths: Vec::new(),
            key: None,
            attributes,
        }
    }

    fn write(&mut self, medias: Vec<Media>) -> Vec<u8> {
        let mut session = self.session(medias);
        if let Some(last) = &self.last
            && *last != session
        {
            self.version += 1;
            session.origin.sess_version = self.version;
        }
        let mut body = Vec::new();
        session.write(&mut body).expect("writing to memory does not fail");
        self.last = Some(session);
        body
    }

    fn session(&self, medias: Vec<Media>) -> Session {
        let (addrtype, address) = (address_type(self.local.ip()), self.local.ip().to_string());
        Session {
            origin: Origin {
                username: Some("-".to_owned()),
                sess_id: self.id.to_string(),
                sess_version: self.version,
                nettype: NetType::In,
                addrtype: addrtype.clone(),
                unicast_address: address.clone(),
            },
            session_name: "-".to_owned(),
            session_description: None,
            uri: None,
            emails: Vec::new(),
            phones: Vec::new(),
            connection: Some(Connection { nettype: NetType::In, addrtype: addrtype.clone(), connection_address: address }),
            bandwidths: Vec::new(),
            times: vec![Time { start_time: 0, stop_time: 0, repeats: Vec::new() }],
            time_zones: Vec::new(),
            key: None,
            attributes: Vec::new(),
            medias,
        }
    }
}

fn read(body: &[u8]) -> Result<Session, SdpError> {
    if body.len() > LONGEST_BODY {
        return Err(malformed("it is too long"));
    }
    let session = Session::parse(body).map_err(|error| SdpError::Malformed(error.to_string()))?;
    if session.medias.len() > MOST_STREAMS {
        return Err(malformed("it has too many streams"));
    }
    Ok(session)
}

fn malformed(why: &str) -> SdpError {
    SdpError::Malformed(why.to_owned())
}

fn address_type(address: IpAddr) -> AddrType {
    if address.is_ipv4() { AddrType::Ip4 } else { AddrType::Ip6 }
}

/// A literal address; names are not looked up.
fn address(connection: &Connection) -> Result<IpAddr, SdpError> {
    let written = connection.connection_address.as_str();
    let address: IpAddr = written.parse().map_err(|_| SdpError::ForeignAddress(written.to_owned()))?;
    if connection.nettype != NetType::In || connection.addrtype != address_type(address) {
        return Err(malformed("its c= line names another kind of address than it gives"));
    }
    Ok(address)
}

/// `a=rtcp:` (RFC 3605), else the port above.
fn rtcp_address(media: &Media, remote: SocketAddr, allowed: &Networks) -> Result<SocketAddr, SdpError> {
    let Some(written) = attribute(media, "rtcp") else {
        return Ok(SocketAddr::new(remote.ip(), remote.port().saturating_add(1)));
    };
    let mut words = written.split_ascii_whitespace();
    let port = words.next().and_then(|word| word.parse().ok()).ok_or_else(|| malformed("its a=rtcp has no port"))?;
    let Some(elsewhere) = words.nth(2) else { return Ok(SocketAddr::new(remote.ip(), port)) };
    match elsewhere.parse::<IpAddr>() {
        Ok(ip) if ip == remote.ip() || allowed.contains(ip) => Ok(SocketAddr::new(ip, port)),
        _ => Err(SdpError::ForeignAddress(elsewhere.to_owned())),
    }
}

fn attribute<'a>(media: &'a Media, name: &str) -> Option<&'a str> {
    media.attributes.iter().find(|attribute| attribute.attribute == name)?.value.as_deref()
}

fn has(media: &Media, name: &str) -> bool {
    media.attributes.iter().any(|attribute| attribute.attribute == name)
}

/// What `a=rtpmap` says of a payload type.
fn mapping(media: &Media, payload_type: u8) -> Option<&str> {
    media.attributes.iter().filter(|attribute| attribute.attribute == "rtpmap").find_map(|attribute| {
        let (number, map) = attribute.value.as_deref()?.split_once(' ')?;
        (number.parse() == Ok(payload_type)).then_some(map.trim())
    })
}

/// Whether a mapping is `name` at 8 kHz and one channel.
fn is_mapping(map: &str, name: &str) -> bool {
    let mut parts = map.split('/');
    parts.next().is_some_and(|encoding| encoding.eq_ignore_ascii_case(name))
        && parts.next() == Some("8000")
        && parts.next().is_none_or(|channels| channels == "1")
}

fn digits(media: &Media) -> Option<u8> {
    let numbers = media.fmt.split_ascii_whitespace().filter_map(|format| format.parse::<u8>().ok());
    numbers.filter(|number| *number < 128).find(|number| mapping(media, *number).is_some_and(|map| is_mapping(map, "telephone-event")))
}

fn named_direction(attributes: &[Attribute]) -> Option<Direction> {
    attributes
        .iter()
        .find_map(|attribute| Direction::NAMES.iter().find(|(name, _)| *name == attribute.attribute).map(|(_, direction)| *direction))
}

fn direction(media: &Media) -> Option<Direction> {
    named_direction(&media.attributes)
}

fn session_direction(session: &Session) -> Option<Direction> {
    named_direction(&session.attributes)
}

/// A stream that we do not carry: the same line with port 0 (RFC 3264, section 6).
fn refused(media: &Media) -> Media {
    Media { port: 0, num_ports: None, attributes: Vec::new(), connections: Vec::new(), bandwidths: Vec::new(), key: None, ..media.clone() }
}

fn attr(name: &str, value: &str) -> Attribute {
    Attribute { attribute: name.to_owned(), value: Some(value.to_owned()) }
}

fn flag(name: &str) -> Attribute {
    Attribute { attribute: name.to_owned(), value: None }
}
