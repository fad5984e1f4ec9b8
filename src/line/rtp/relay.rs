//! Packets of one call handed on to another: as they came where both calls code sound alike, else sample by sample. No buffer stands between:
//! the ends smooth what the networks do. What passes can be listened to ([`Stream::pull`]), smoothed. Pure.

use super::TICK_SAMPLES;
use super::stream::{Received, Stream};
use crate::line::sdp::Codec;
use rtp_types::RtpPacket;

/// A packet on its way from one call to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passing {
    source: u32,
    what: What,
    marker: bool,
    timestamp: u32,
    payload: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Sound(Codec),
    Key,
}

/// How the numbers of one source become ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shift {
    source: u32,
    by: u32,
}

impl Stream {
    /// Takes a packet that is to be handed on; it counts as received.
    ///
    /// # Errors
    /// What it was instead.
    pub fn take_passing(&mut self, bytes: &[u8], arrival: i64) -> Result<Passing, Received> {
        let packet = RtpPacket::parse(bytes).map_err(|_| Received::Malformed)?;
        let counted = self.count(&packet, arrival).map(|(_, timestamp, is_key)| (timestamp, is_key));
        let what = match counted {
            Some((_, true)) => What::Key,
            Some((timestamp, false)) => {
                self.hear(timestamp, packet.payload());
                What::Sound(self.agreed().codec)
            }
            None => return Err(Received::Unknown),
        };
        let (source, marker, timestamp) = (packet.ssrc(), packet.marker_bit(), packet.timestamp());
        Ok(Passing { source, what, marker, timestamp, payload: packet.payload().to_vec() })
    }

    /// A packet of another call as one of ours; nothing while the peer does not want to hear us, or knows no keys as packets.
    pub fn forward(&mut self, passing: &Passing) -> Option<Vec<u8>> {
        let agreed = self.agreed().clone();
        if !agreed.direction.sends() {
            return None;
        }
        let (payload_type, payload) = match passing.what {
            What::Key => (agreed.digits?, passing.payload.clone()),
            What::Sound(codec) if codec == agreed.codec => (agreed.payload_type, passing.payload.clone()),
            What::Sound(codec) => {
                (agreed.payload_type, passing.payload.iter().map(|byte| agreed.codec.encode(codec.decode(*byte))).collect())
            }
        };
        let begins = self.shift.is_none_or(|shift| shift.source != passing.source);
        if begins {
            self.shift = Some(Shift { source: passing.source, by: self.own.timestamp.wrapping_sub(passing.timestamp) });
        }
        let timestamp = passing.timestamp.wrapping_add(self.shift?.by);
        if passing.what != What::Key {
            self.own.timestamp = timestamp.wrapping_add(passing.payload.len() as u32);
        }
        self.write(payload_type, passing.marker || begins, timestamp, &payload)
    }

    /// A packet of a key that we press ourselves; time passes as long as there is one.
    pub fn pressed(&mut self) -> Option<Vec<u8>> {
        let packet = self.key_packet(self.own.timestamp)?;
        self.own.timestamp = self.own.timestamp.wrapping_add(TICK_SAMPLES as u32);
        // The sound's own numbers stay behind by this.
        self.shift = self.shift.map(|shift| Shift { by: shift.by.wrapping_add(TICK_SAMPLES as u32), ..shift });
        packet
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::codec::{alaw_encode, ulaw_encode};
    use crate::line::rtp::stream::Start;
    use crate::line::sdp::{Agreed, Direction};

    fn stream(codec: Codec, source: u32, digits: Option<u8>) -> Stream {
        let agreed = Agreed {
            codec,
            payload_type: codec.payload_type(),
            digits,
            remote: "192.0.2.5:4000".parse().unwrap(),
            remote_rtcp: "192.0.2.5:4001".parse().unwrap(),
            rtcp_mux: false,
            secured: None,
            direction: Direction::Both,
        };
        Stream::new(agreed, Start { source, sequence: 65_534, timestamp: u32::MAX - 200 })
    }

    fn packet(payload_type: u8, sequence: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
        let head = [&[0x80, payload_type][..], &sequence.to_be_bytes(), &timestamp.to_be_bytes(), &9u32.to_be_bytes()].concat();
        [head.as_slice(), payload].concat()
    }

    fn passed(from: &mut Stream, to: &mut Stream, bytes: &[u8]) -> Vec<u8> {
        let passing = from.take_passing(bytes, 0).unwrap();
        to.forward(&passing).unwrap()
    }

    #[test]
    fn the_same_code_passes_untouched_and_another_is_changed() {
        let payload: Vec<u8> = (0..160).map(|n| alaw_encode((n as f32 / 20.0).sin() * 0.5)).collect();
        let (mut a, mut b) = (stream(Codec::Pcma, 1, None), stream(Codec::Pcma, 2, None));
        let bytes = passed(&mut a, &mut b, &packet(8, 1, 1_000, &payload));
        assert_eq!(bytes[12..], payload);
        assert_eq!(RtpPacket::parse(&bytes).unwrap().ssrc(), 2);
        let mut c = stream(Codec::Pcmu, 3, None);
        let bytes = passed(&mut a, &mut c, &packet(8, 2, 1_160, &payload));
        let expected: Vec<u8> = payload.iter().map(|byte| ulaw_encode(Codec::Pcma.decode(*byte))).collect();
        assert_eq!((bytes[1] & 0x7f, &bytes[12..]), (0, expected.as_slice()));
    }

    #[test]
    fn our_numbers_go_on_and_gaps_stay_gaps() {
        let (mut a, mut b) = (stream(Codec::Pcma, 1, Some(101)), stream(Codec::Pcma, 2, Some(96)));
        let own = b.packet(&[0.0; TICK_SAMPLES]).unwrap();
        let own = RtpPacket::parse(&own).unwrap().timestamp();
        let mut seen = Vec::new();
        for (n, timestamp) in [50_000u32, 50_160, 50_480].into_iter().enumerate() {
            let bytes = passed(&mut a, &mut b, &packet(8, n as u16, timestamp, &[0xd5; 160]));
            let packet = RtpPacket::parse(&bytes).unwrap();
            seen.push((packet.sequence_number(), packet.timestamp().wrapping_sub(own), packet.marker_bit()));
        }
        assert_eq!(seen, [(65_535, 160, true), (0, 320, false), (1, 640, false)]);
        let key = passed(&mut a, &mut b, &packet(101, 3, 50_640, &[5, 10, 0, 160]));
        assert_eq!((key[1] & 0x7f, &key[12..]), (96, &[5, 10, 0, 160][..]));
        // A key of ours moves time on for what follows.
        b.press("1");
        let pressed = b.pressed().unwrap();
        assert_eq!(RtpPacket::parse(&pressed).unwrap().timestamp().wrapping_sub(own), 800);
        let bytes = passed(&mut a, &mut b, &packet(8, 4, 50_640, &[0xd5; 160]));
        assert_eq!(RtpPacket::parse(&bytes).unwrap().timestamp().wrapping_sub(own), 960);
    }

    #[test]
    fn what_is_handed_on_again_after_sound_of_ours_follows_on_it() {
        let (mut a, mut b) = (stream(Codec::Pcma, 1, None), stream(Codec::Pcma, 2, None));
        let first = passed(&mut a, &mut b, &packet(8, 1, 50_000, &[0xd5; 160]));
        let first = RtpPacket::parse(&first).unwrap().timestamp();
        for _ in 0..100 {
            b.packet(&[0.1; TICK_SAMPLES]).unwrap();
        }
        // The one whose packets are handed on let no time pass meanwhile.
        let bytes = passed(&mut a, &mut b, &packet(8, 2, 50_160, &[0xd5; 160]));
        let again = RtpPacket::parse(&bytes).unwrap();
        assert_eq!((again.timestamp().wrapping_sub(first), again.marker_bit()), (101 * 160, true));
    }

    #[test]
    fn what_the_other_side_does_not_take_is_left_out() {
        let (mut a, mut b) = (stream(Codec::Pcma, 1, Some(101)), stream(Codec::Pcma, 2, None));
        let key = a.take_passing(&packet(101, 1, 0, &[5, 10, 0, 160]), 0).unwrap();
        assert_eq!(b.forward(&key), None);
        b.agree(Agreed { direction: Direction::ReceiveOnly, ..b.agreed().clone() });
        let sound = a.take_passing(&packet(8, 1, 0, &[0xd5; 160]), 0).unwrap();
        assert_eq!(b.forward(&sound), None);
        assert_eq!(a.take_passing(&packet(18, 1, 0, &[0; 20]), 0), Err(Received::Unknown));
        assert_eq!(a.take_passing(b"no", 0), Err(Received::Malformed));
    }
}
