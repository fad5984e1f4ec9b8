//! Both directions of one call's sound, packets on one side and ticks on the other. Pure.

use super::counter::Unwrapped;
use super::digits::{DigitReceiver, DigitSender};
use super::jitter::{JitterBuffer, JitterCounts};
use super::relay::Shift;
use super::report::{self, Arrivals, Departures, Quality};
use super::{TELEPHONE_RATE_HZ, TICK_SAMPLES};
use crate::line::sdp::Agreed;
use rtp_types::{RtpPacket, RtpPacketBuilder};
use std::collections::VecDeque;

/// Ticks of silence between two keys that we press.
const TICKS_BETWEEN_KEYS: u32 = 4;
/// Keys that wait to be pressed.
const MOST_KEYS: usize = 64;
const KEY_MS: u32 = 100;

/// Where our own numbers begin; random, as RFC 3550 asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    pub source: u32,
    pub sequence: u16,
    pub timestamp: u32,
}

/// What a packet was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    Sound,
    /// A key, or nothing new about one.
    Key(Option<char>),
    /// Comfort noise, or a payload that was not agreed on.
    Unknown,
    /// No RTP.
    Malformed,
}

/// See the module's text.
#[derive(Clone, Debug)]
pub struct Stream {
    agreed: Agreed,
    heard: Option<Source>,
    jitter: JitterBuffer,
    quality: Quality,
    pub(super) own: Start,
    /// While packets of another call are handed on.
    pub(super) shift: Option<Shift>,
    /// The next packet begins a talk spurt.
    marker: bool,
    sent: Departures,
    keys: VecDeque<char>,
    pressing: Option<Pressing>,
}

/// The peer's numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    id: u32,
    sequence: Unwrapped,
    timestamp: Unwrapped,
    arrivals: Arrivals,
    digits: DigitReceiver,
}

#[derive(Clone, Debug)]
struct Pressing {
    sender: DigitSender,
    timestamp: u32,
    first: bool,
    pause: u32,
}

impl Stream {
    pub fn new(agreed: Agreed, start: Start) -> Stream {
        Stream {
            agreed,
            heard: None,
            jitter: JitterBuffer::default(),
            quality: Quality::default(),
            own: start,
            shift: None,
            marker: true,
            sent: Departures::default(),
            keys: VecDeque::new(),
            pressing: None,
        }
    }

    pub fn agreed(&self) -> &Agreed {
        &self.agreed
    }

    /// What was agreed on anew; our own numbers go on.
    pub fn agree(&mut self, agreed: Agreed) {
        if agreed.direction != self.agreed.direction || agreed.remote != self.agreed.remote {
            self.jitter.clear();
            self.marker = true;
        }
        self.agreed = agreed;
    }

    /// Takes a packet; `arrival` counts samples of our own clock.
    pub fn receive(&mut self, bytes: &[u8], arrival: i64) -> Received {
        let Ok(packet) = RtpPacket::parse(bytes) else { return Received::Malformed };
        let Some((source, timestamp, is_digits)) = self.count(&packet, arrival) else { return Received::Unknown };
        if is_digits {
            return Received::Key(source.digits.receive(timestamp, packet.payload()));
        }
        self.hear(timestamp, packet.payload());
        Received::Sound
    }

    pub(super) fn hear(&mut self, timestamp: i64, payload: &[u8]) {
        let codec = self.agreed.codec;
        self.jitter.push(timestamp, payload.iter().map(|byte| codec.decode(*byte)).collect());
    }

    /// Counts a packet of the peer; gives its source, its place in time and whether it is a key, or nothing for what was not agreed on.
    pub(super) fn count(&mut self, packet: &RtpPacket<'_>, arrival: i64) -> Option<(&mut Source, i64, bool)> {
        let payload_type = packet.payload_type();
        let is_digits = self.agreed.digits == Some(payload_type);
        if payload_type != self.agreed.payload_type && !is_digits {
            return None;
        }
        if self.heard.is_none_or(|source| source.id != packet.ssrc()) {
            self.jitter.clear();
            self.heard = Some(Source::new(packet.ssrc()));
        }
        let source = self.heard.as_mut()?;
        let sequence = source.sequence.place(u32::from(packet.sequence_number()));
        let timestamp = source.timestamp.place(packet.timestamp());
        source.arrivals.count(sequence, timestamp, arrival);
        Some((source, timestamp, is_digits))
    }

    /// The next tick of the peer's sound.
    pub fn pull(&mut self) -> [f32; TICK_SAMPLES] {
        self.jitter.pull()
    }

    /// The packet of this tick: `sound`, or a key that is being pressed. Nothing while the peer does not want to hear us.
    pub fn packet(&mut self, sound: &[f32; TICK_SAMPLES]) -> Option<Vec<u8>> {
        let timestamp = self.own.timestamp;
        self.own.timestamp = timestamp.wrapping_add(TICK_SAMPLES as u32);
        // What is handed on after sound of our own follows on it.
        self.shift = None;
        if !self.agreed.direction.sends() {
            self.marker = true;
            return None;
        }
        if let Some(packet) = self.key_packet(timestamp) {
            return packet;
        }
        let payload: Vec<u8> = sound.iter().map(|sample| self.agreed.codec.encode(*sample)).collect();
        let marker = std::mem::take(&mut self.marker);
        self.write(self.agreed.payload_type, marker, timestamp, &payload)
    }

    /// Presses keys, one after the other; those that no telephone has are left out. Nothing happens if the peer knows no such packets.
    pub fn press(&mut self, keys: &str) {
        let room = MOST_KEYS.saturating_sub(self.keys.len());
        self.keys.extend(keys.chars().take(room));
    }

    /// The outer `None` means that no key is being pressed.
    #[expect(clippy::option_option, reason = "no key, and a key whose packet cannot be written, are two things")]
    pub(super) fn key_packet(&mut self, timestamp: u32) -> Option<Option<Vec<u8>>> {
        let payload_type = self.agreed.digits?;
        if self.pressing.is_none() {
            let key = self.keys.pop_front()?;
            let sender = DigitSender::new(key, KEY_MS)?;
            self.pressing = Some(Pressing { sender, timestamp, first: true, pause: TICKS_BETWEEN_KEYS });
        }
        let pressing = self.pressing.as_mut()?;
        match pressing.sender.payload() {
            Some(payload) => {
                let (first, began) = (std::mem::take(&mut pressing.first), pressing.timestamp);
                Some(self.write(payload_type, first, began, &payload))
            }
            None => {
                pressing.pause -= 1;
                if pressing.pause == 0 {
                    self.pressing = None;
                }
                None
            }
        }
    }

    pub(super) fn write(&mut self, payload_type: u8, marker: bool, timestamp: u32, payload: &[u8]) -> Option<Vec<u8>> {
        let packet: RtpPacketBuilder<&[u8], &[u8]> = RtpPacketBuilder::new();
        let bytes = packet
            .payload_type(payload_type)
            .marker_bit(marker)
            .sequence_number(self.own.sequence)
            .timestamp(timestamp)
            .ssrc(self.own.source)
            .payload(payload)
            .write_vec()
            .ok()?;
        self.own.sequence = self.own.sequence.wrapping_add(1);
        self.sent.packets = self.sent.packets.wrapping_add(1);
        self.sent.octets = self.sent.octets.wrapping_add(payload.len() as u32);
        Some(bytes)
    }

    /// Our report about both directions.
    pub fn report(&mut self, name: &str, now_ntp: u64) -> Option<Vec<u8>> {
        let heard = self.heard.as_mut().map(|source| (source.id, &mut source.arrivals));
        report::write(self.own.source, name, now_ntp, self.own.timestamp, self.sent, heard).ok()
    }

    /// Takes the peer's report; true for its goodbye.
    pub fn take_report(&mut self, bytes: &[u8], now_ntp: u64) -> bool {
        let mut nobody = Arrivals::default();
        let arrivals = self.heard.as_mut().map_or(&mut nobody, |source| &mut source.arrivals);
        report::read(bytes, self.own.source, now_ntp, arrivals, &mut self.quality)
    }

    pub fn quality(&self) -> Quality {
        let arrivals = self.heard.map(|source| source.arrivals).unwrap_or_default();
        Quality { received: arrivals.received(), lost: arrivals.lost(), jitter_ms: arrivals.jitter_ms(), ..self.quality }
    }

    /// Of the peer's sound, how much waits for its turn.
    pub fn held_ms(&self) -> u32 {
        self.jitter.held_ms()
    }

    pub fn jitter_counts(&self) -> JitterCounts {
        self.jitter.counts()
    }
}

impl Source {
    fn new(id: u32) -> Source {
        Source {
            id,
            sequence: Unwrapped::sequence(),
            timestamp: Unwrapped::timestamp(),
            arrivals: Arrivals::default(),
            digits: DigitReceiver::default(),
        }
    }
}

/// Whether bytes on a port that RTP and RTCP share are a report (RFC 5761, section 4).
pub fn is_report(bytes: &[u8]) -> bool {
    bytes.get(1).is_some_and(|byte| (192..=223).contains(byte))
}

/// Samples of the telephone's rate in so many microseconds.
pub fn samples_in(micros: u64) -> i64 {
    (micros * u64::from(TELEPHONE_RATE_HZ) / 1_000_000) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::sdp::{Codec, Direction};
    use proptest::prelude::*;

    fn agreed(direction: Direction) -> Agreed {
        Agreed {
            codec: Codec::Pcma,
            payload_type: 8,
            digits: Some(101),
            remote: "192.0.2.5:4000".parse().unwrap(),
            remote_rtcp: "192.0.2.5:4001".parse().unwrap(),
            rtcp_mux: false,
            secured: None,
            direction,
        }
    }

    fn stream(source: u32) -> Stream {
        Stream::new(agreed(Direction::Both), Start { source, sequence: 65_530, timestamp: u32::MAX - 1000 })
    }

    fn tone(tick: usize) -> [f32; TICK_SAMPLES] {
        std::array::from_fn(|n| 0.3 * (std::f32::consts::TAU * 400.0 * (tick * TICK_SAMPLES + n) as f32 / 8_000.0).sin())
    }

    #[test]
    fn what_one_end_says_the_other_hears() {
        let (mut one, mut two) = (stream(1), stream(2));
        let mut heard = Vec::new();
        for tick in 0..100 {
            let packet = one.packet(&tone(tick)).unwrap();
            assert_eq!(two.receive(&packet, tick as i64 * 160), Received::Sound);
            heard.extend(two.pull());
        }
        let level = (heard[8_000..].iter().map(|sample| sample * sample).sum::<f32>() / 8_000.0).sqrt();
        assert!((level - 0.3 / 2f32.sqrt()).abs() < 0.01, "{level}");
        assert_eq!((two.quality().received, two.quality().lost), (100, 0));
    }

    #[test]
    fn keys_pass_in_order_and_once() {
        let (mut one, mut two) = (stream(1), stream(2));
        one.press("12x#");
        let mut keys = String::new();
        for tick in 0..100 {
            let packet = one.packet(&tone(tick)).unwrap();
            if let Received::Key(Some(key)) = two.receive(&packet, tick as i64 * 160) {
                keys.push(key);
            }
        }
        assert_eq!(keys, "12#");
        assert_eq!(two.quality().lost, 0);
    }

    #[test]
    fn nothing_is_sent_into_a_hold_and_time_goes_on() {
        let mut one = stream(1);
        let first = one.packet(&tone(0)).unwrap();
        one.agree(agreed(Direction::ReceiveOnly));
        assert_eq!(one.packet(&tone(1)), None);
        one.agree(agreed(Direction::Both));
        let after = one.packet(&tone(2)).unwrap();
        let (first, after) = (RtpPacket::parse(&first).unwrap(), RtpPacket::parse(&after).unwrap());
        assert_eq!(after.sequence_number(), first.sequence_number().wrapping_add(1));
        assert_eq!(after.timestamp(), first.timestamp().wrapping_add(320));
        assert!(first.marker_bit() && after.marker_bit());
    }

    #[test]
    fn a_new_source_is_taken_up() {
        let (mut one, mut other, mut two) = (stream(1), stream(7), stream(2));
        for tick in 0..10 {
            two.receive(&one.packet(&tone(tick)).unwrap(), 0);
            two.pull();
        }
        for tick in 0..10 {
            two.receive(&other.packet(&tone(tick)).unwrap(), 0);
            two.pull();
        }
        assert!(two.pull().iter().any(|sample| *sample != 0.0));
        assert_eq!(two.quality().received, 10);
    }

    #[test]
    fn what_was_not_agreed_on_is_told_apart() {
        let mut two = stream(2);
        let mut other = Stream::new(Agreed { payload_type: 0, ..agreed(Direction::Both) }, Start { source: 1, sequence: 0, timestamp: 0 });
        assert_eq!(two.receive(&other.packet(&tone(0)).unwrap(), 0), Received::Unknown);
        assert_eq!(two.receive(b"INVITE sip:x SIP/2.0", 0), Received::Malformed);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(packets in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..40)) {
            let mut stream = stream(1);
            for mut bytes in packets {
                stream.take_report(&bytes, 5);
                stream.receive(&bytes, 0);
                // The same as RTP of the agreed kinds.
                for (place, value) in [(0, 0x80), (1, 8)] {
                    if let Some(byte) = bytes.get_mut(place) {
                        *byte = value;
                    }
                }
                stream.receive(&bytes, 0);
                if let Some(byte) = bytes.get_mut(1) {
                    *byte = 101;
                }
                stream.receive(&bytes, 0);
                stream.pull();
            }
        }
    }
}
