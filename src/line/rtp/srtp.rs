//! Encrypted packets (SRTP and SRTCP: RFC 3711), with the keys that SDP carries (RFC 4568). Pure.
//!
//! AES in counter mode hides what is said, HMAC-SHA1 says who said it. A packet is believed, counted and kept from being played again only
//! after its tag was found right. [`Sealer`] is our direction, [`Opener`] the peer's.

use aes::Aes128;
use aes::cipher::{KeyIvInit, StreamCipher};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use std::fmt;

/// Master key and master salt, as an `inline:` of SDP has them.
pub const MASTER_LENGTH: usize = KEY_LENGTH + SALT_LENGTH;

const KEY_LENGTH: usize = 16;
const SALT_LENGTH: usize = 14;
const BLOCK_LENGTH: usize = 16;
/// Of the key for tags (section 5.2).
const MAC_LENGTH: usize = 20;
/// Tags of reports are never cut shorter (RFC 4568, section 6.2).
const REPORT_TAG: usize = 10;
/// Of a report, what stays in the open: the first words, and behind the rest the index.
const REPORT_HEAD: usize = 8;
const REPORT_INDEX: usize = 4;
/// Marks an encrypted report beside its index.
const ENCRYPTED: u32 = 1 << 31;
/// Sources of one peer whose numbers are remembered; more than any telephone has.
const MOST_SOURCES: usize = 4;
/// Packets behind the newest that may still come (section 3.3.2).
const WINDOW: u64 = 64;

type Counter = ctr::Ctr128BE<Aes128>;
type Tag = Hmac<Sha1>;

/// How sound is encrypted; both with keys of 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    AesCm128Sha1_80,
    AesCm128Sha1_32,
}

impl Suite {
    /// In the order of our liking.
    pub const ALL: [Suite; 2] = [Suite::AesCm128Sha1_80, Suite::AesCm128Sha1_32];

    /// The name in `a=crypto`.
    pub fn name(self) -> &'static str {
        match self {
            Suite::AesCm128Sha1_80 => "AES_CM_128_HMAC_SHA1_80",
            Suite::AesCm128Sha1_32 => "AES_CM_128_HMAC_SHA1_32",
        }
    }

    /// Bytes of a packet's tag.
    fn tag(self) -> usize {
        match self {
            Suite::AesCm128Sha1_80 => 10,
            Suite::AesCm128Sha1_32 => 4,
        }
    }
}

/// The secret of one direction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MasterKey(pub [u8; MASTER_LENGTH]);

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey")
    }
}

/// What was agreed on for both directions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secured {
    /// Of the `a=crypto` that both sides mean.
    pub number: u32,
    pub suite: Suite,
    pub ours: MasterKey,
    pub theirs: MasterKey,
}

/// Why a packet is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unopened {
    Malformed,
    /// Its tag is wrong: damaged on the way, of another key, or somebody else's.
    Forged,
    /// It was there before, or is too old to tell.
    Repeated,
}

/// The keys of one session, for sound or for reports (section 4.3).
#[derive(Clone)]
struct Keys {
    cipher: [u8; KEY_LENGTH],
    salt: [u8; SALT_LENGTH],
    tag: Tag,
}

impl Keys {
    const SOUND: u8 = 0;
    const REPORTS: u8 = 3;

    fn derive(master: &MasterKey, kind: u8) -> Keys {
        let (key, salt) = master.0.split_at(KEY_LENGTH);
        let derived = |label: u8, bytes: &mut [u8]| {
            let mut block = [0; BLOCK_LENGTH];
            block[..SALT_LENGTH].copy_from_slice(salt);
            block[7] ^= label;
            Counter::new_from_slices(key, &block).expect("the lengths are right").apply_keystream(bytes);
        };
        let (mut cipher, mut session_salt, mut tag) = ([0; KEY_LENGTH], [0; SALT_LENGTH], [0; MAC_LENGTH]);
        derived(kind, &mut cipher);
        derived(kind + 1, &mut tag);
        derived(kind + 2, &mut session_salt);
        Keys { cipher, salt: session_salt, tag: Tag::new_from_slice(&tag).expect("HMAC takes keys of any length") }
    }

    /// Hides or shows `bytes` of the packet with this index (section 4.1.1).
    fn apply(&self, source: u32, index: u64, bytes: &mut [u8]) {
        let mut block = [0; BLOCK_LENGTH];
        block[..SALT_LENGTH].copy_from_slice(&self.salt);
        let index = index.to_be_bytes();
        for (to, from) in block.iter_mut().skip(4).zip(source.to_be_bytes()) {
            *to ^= from;
        }
        for (to, from) in block.iter_mut().skip(8).zip(index.into_iter().skip(2)) {
            *to ^= from;
        }
        Counter::new_from_slices(&self.cipher, &block).expect("the lengths are right").apply_keystream(bytes);
    }

    /// Over `bytes` and what is known beside them.
    fn tag(&self, bytes: &[u8], beside: &[u8]) -> Tag {
        let mut tag = self.tag.clone();
        tag.update(bytes);
        tag.update(beside);
        tag
    }

    fn write_tag(&self, packet: &mut Vec<u8>, beside: &[u8], length: usize) {
        let tag = self.tag(packet, beside).finalize().into_bytes();
        packet.extend(tag.into_iter().take(length));
    }

    fn check(&self, bytes: &[u8], beside: &[u8], tag: &[u8]) -> Result<(), Unopened> {
        self.tag(bytes, beside).verify_truncated_left(tag).map_err(|_| Unopened::Forged)
    }
}

/// Our direction.
#[derive(Clone)]
pub struct Sealer {
    suite: Suite,
    sound: Keys,
    reports: Keys,
    /// How often the sequence numbers have begun anew.
    rolled: u32,
    last: Option<u16>,
    report_index: u32,
}

impl Sealer {
    pub fn new(suite: Suite, key: &MasterKey) -> Sealer {
        let (sound, reports) = (Keys::derive(key, Keys::SOUND), Keys::derive(key, Keys::REPORTS));
        Sealer { suite, sound, reports, rolled: 0, last: None, report_index: 0 }
    }

    /// A packet of RTP as it travels; packets come in their order. Nothing for bytes that are no packet.
    pub fn seal(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        let head = Head::read(packet)?;
        if self.last.replace(head.sequence).is_some_and(|last| head.sequence < last) {
            self.rolled = self.rolled.checked_add(1)?;
        }
        let index = (u64::from(self.rolled) << 16) | u64::from(head.sequence);
        let mut sealed = packet.to_vec();
        self.sound.apply(head.source, index, sealed.get_mut(head.length..)?);
        self.sound.write_tag(&mut sealed, &self.rolled.to_be_bytes(), self.suite.tag());
        Some(sealed)
    }

    /// A report as it travels.
    pub fn seal_report(&mut self, report: &[u8]) -> Option<Vec<u8>> {
        let source = word(report, 4)?;
        let index = self.report_index;
        self.report_index = (index + 1) & !ENCRYPTED;
        let mut sealed = report.to_vec();
        self.reports.apply(source, u64::from(index), sealed.get_mut(REPORT_HEAD..)?);
        sealed.extend((ENCRYPTED | index).to_be_bytes());
        self.reports.write_tag(&mut sealed, &[], REPORT_TAG);
        Some(sealed)
    }
}

/// The peer's direction.
#[derive(Clone)]
pub struct Opener {
    suite: Suite,
    sound: Keys,
    reports: Keys,
    heard: Vec<(u32, Window)>,
    reported: Vec<(u32, Window)>,
}

impl Opener {
    pub fn new(suite: Suite, key: &MasterKey) -> Opener {
        let (sound, reports) = (Keys::derive(key, Keys::SOUND), Keys::derive(key, Keys::REPORTS));
        Opener { suite, sound, reports, heard: Vec::new(), reported: Vec::new() }
    }

    /// Shows a packet of RTP where it lies; gives its length, which is less than it was.
    ///
    /// # Errors
    /// It is not the peer's, or not new; the bytes are as they were.
    pub fn open(&mut self, packet: &mut [u8]) -> Result<usize, Unopened> {
        let length = packet.len().checked_sub(self.suite.tag()).ok_or(Unopened::Malformed)?;
        let (body, tag) = packet.split_at_mut(length);
        let head = Head::read(body).ok_or(Unopened::Malformed)?;
        let window = known(&self.heard, head.source);
        let index = window.map_or(Some(u64::from(head.sequence)), |window| window.index_of(head.sequence)).ok_or(Unopened::Repeated)?;
        if window.is_some_and(|window| !window.is_new(index)) {
            return Err(Unopened::Repeated);
        }
        self.sound.check(body, &((index >> 16) as u32).to_be_bytes(), tag)?;
        remember(&mut self.heard, head.source, index);
        self.sound.apply(head.source, index, body.get_mut(head.length..).unwrap_or_default());
        Ok(length)
    }

    /// The same for a report.
    ///
    /// # Errors
    /// As [`Opener::open`].
    pub fn open_report(&mut self, report: &mut [u8]) -> Result<usize, Unopened> {
        let whole = report.len().checked_sub(REPORT_TAG).ok_or(Unopened::Malformed)?;
        let length = whole.checked_sub(REPORT_INDEX).filter(|length| *length >= REPORT_HEAD).ok_or(Unopened::Malformed)?;
        let (source, mark) = word(report, 4).zip(word(report, length)).ok_or(Unopened::Malformed)?;
        let index = u64::from(mark & !ENCRYPTED);
        if known(&self.reported, source).is_some_and(|window| !window.is_new(index)) {
            return Err(Unopened::Repeated);
        }
        let (body, tag) = report.split_at_mut(whole);
        self.reports.check(body, &[], tag)?;
        remember(&mut self.reported, source, index);
        if mark & ENCRYPTED != 0 {
            self.reports.apply(source, index, body.get_mut(REPORT_HEAD..length).unwrap_or_default());
        }
        Ok(length)
    }
}

/// Both directions of a call.
#[derive(Clone)]
pub struct Channel {
    agreed: Secured,
    pub sealer: Sealer,
    pub opener: Opener,
}

impl Channel {
    pub fn new(agreed: &Secured) -> Channel {
        let (sealer, opener) = (Sealer::new(agreed.suite, &agreed.ours), Opener::new(agreed.suite, &agreed.theirs));
        Channel { agreed: agreed.clone(), sealer, opener }
    }

    /// A direction whose key stays goes on counting; one with another begins anew.
    pub fn agree(&mut self, agreed: &Secured) {
        let before = std::mem::replace(&mut self.agreed, agreed.clone());
        if (before.suite, before.ours) != (agreed.suite, agreed.ours) {
            self.sealer = Sealer::new(agreed.suite, &agreed.ours);
        }
        if (before.suite, before.theirs) != (agreed.suite, agreed.theirs) {
            self.opener = Opener::new(agreed.suite, &agreed.theirs);
        }
    }
}

/// What of a packet stays in the open.
struct Head {
    sequence: u16,
    source: u32,
    length: usize,
}

impl Head {
    fn read(packet: &[u8]) -> Option<Head> {
        let first = *packet.first().filter(|first| **first >> 6 == 2)?;
        let sequence = u16::from_be_bytes([*packet.get(2)?, *packet.get(3)?]);
        let source = word(packet, 8)?;
        let mut length = 12 + 4 * usize::from(first & 0x0f);
        if first & 0x10 != 0 {
            let words = u16::from_be_bytes([*packet.get(length + 2)?, *packet.get(length + 3)?]);
            length += 4 + 4 * usize::from(words);
        }
        (packet.len() >= length).then_some(Head { sequence, source, length })
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// Which packets of a source were there.
#[derive(Clone, Copy, Debug)]
struct Window {
    highest: u64,
    /// Bit n stands for the one n before the highest.
    seen: u64,
}

impl Window {
    /// The index of a sequence number: the one nearest to the highest (section 3.3.1).
    fn index_of(&self, sequence: u16) -> Option<u64> {
        let (rolled, last) = (self.highest >> 16, self.highest as u16);
        let rolled = match (last, sequence) {
            (..0x8000, _) if sequence.saturating_sub(last) > 0x8000 => rolled.checked_sub(1)?,
            (0x8000.., _) if last - 0x8000 > sequence => rolled + 1,
            _ => rolled,
        };
        Some((rolled << 16) | u64::from(sequence)).filter(|index| *index < 1 << 48)
    }

    fn is_new(&self, index: u64) -> bool {
        match self.highest.checked_sub(index) {
            Some(behind) => behind < WINDOW && self.seen & (1 << behind) == 0,
            None => true,
        }
    }

    fn mark(&mut self, index: u64) {
        match self.highest.checked_sub(index) {
            Some(behind) => self.seen |= 1u64.checked_shl(behind as u32).unwrap_or(0),
            None => {
                let ahead = u32::try_from(index - self.highest).unwrap_or(u32::MAX);
                self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
                self.highest = index;
            }
        }
    }
}

fn known(sources: &[(u32, Window)], source: u32) -> Option<Window> {
    sources.iter().find(|(known, _)| *known == source).map(|(_, window)| *window)
}

/// Of a new source beyond the most, the oldest is forgotten.
fn remember(sources: &mut Vec<(u32, Window)>, source: u32, index: u64) {
    match sources.iter_mut().find(|(known, _)| *known == source) {
        Some((_, window)) => window.mark(index),
        None => {
            if sources.len() == MOST_SOURCES {
                sources.remove(0);
            }
            sources.push((source, Window { highest: index, seen: 1 }));
        }
    }
}

#[cfg(test)]
mod tests;
