//! Keys as packets: telephone-event of RFC 4733, heard once each whatever the network repeats, and sent with the three ends that it asks for.

use super::TICK_SAMPLES;

/// The keys of a telephone by event number.
const KEYS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];
const END: u8 = 0x80;
/// −10 dBm0, a usual level of keys.
const VOLUME: u8 = 10;
/// How often the end of an event is said.
const ENDS: u8 = 3;
/// An event longer than this is said in segments, each with a timestamp of its own (section 2.5.1.3).
const LONGEST_SEGMENT: u32 = 0xffff;

/// Hears keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct DigitReceiver {
    last: Option<Event>,
}

#[derive(Clone, Copy, Debug)]
struct Event {
    number: u8,
    timestamp: i64,
    duration: u32,
    ended: bool,
}

impl DigitReceiver {
    /// The key that a packet brings, the first time it is heard of; `timestamp` is unwrapped. What is no event of a telephone is nothing.
    pub fn receive(&mut self, timestamp: i64, payload: &[u8]) -> Option<char> {
        let [number, flags, high, low, ..] = *payload else { return None };
        let key = *KEYS.get(usize::from(number))?;
        let event = Event { number, timestamp, duration: u32::from(u16::from_be_bytes([high, low])), ended: flags & END != 0 };
        match &mut self.last {
            Some(last) if event.timestamp < last.timestamp => None,
            Some(last) if event.timestamp == last.timestamp => {
                last.duration = last.duration.max(event.duration);
                last.ended |= event.ended;
                None
            }
            last => {
                let continues = last.is_some_and(|last| last.is_continued_by(&event));
                *last = Some(event);
                (!continues).then_some(key)
            }
        }
    }
}

impl Event {
    /// The next segment of an event too long for one timestamp.
    fn is_continued_by(&self, next: &Event) -> bool {
        let apart = next.timestamp - self.timestamp;
        !self.ended && self.number == next.number && (apart - i64::from(LONGEST_SEGMENT)).unsigned_abs() <= TICK_SAMPLES as u64
    }
}

/// Says one key; a payload a tick.
#[derive(Clone, Debug)]
pub struct DigitSender {
    event: u8,
    ticks_left: u32,
    duration: u32,
    ends_left: u8,
}

impl DigitSender {
    /// `None` if there is no such key.
    pub fn new(key: char, duration_ms: u32) -> Option<DigitSender> {
        let event = KEYS.iter().position(|known| *known == key.to_ascii_uppercase())?;
        // At least two ticks, at most a segment.
        let ticks_left = (duration_ms / crate::audio::FRAME_MS).clamp(2, LONGEST_SEGMENT / TICK_SAMPLES as u32);
        Some(DigitSender { event: event as u8, ticks_left, duration: 0, ends_left: ENDS })
    }

    /// The next payload; all have the timestamp of the event's beginning. `None` when the key has been said.
    pub fn payload(&mut self) -> Option<[u8; 4]> {
        let flags = if self.ticks_left > 0 {
            self.ticks_left -= 1;
            self.duration += TICK_SAMPLES as u32;
            VOLUME
        } else {
            self.ends_left = self.ends_left.checked_sub(1)?;
            VOLUME | END
        };
        let [high, low] = (self.duration as u16).to_be_bytes();
        Some([self.event, flags, high, low])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn heard(packets: &[(i64, [u8; 4])]) -> String {
        let mut receiver = DigitReceiver::default();
        packets.iter().filter_map(|(timestamp, payload)| receiver.receive(*timestamp, payload)).collect()
    }

    fn said(key: char, timestamp: i64) -> Vec<(i64, [u8; 4])> {
        let mut sender = DigitSender::new(key, 100).unwrap();
        std::iter::from_fn(|| sender.payload()).map(|payload| (timestamp, payload)).collect()
    }

    #[test]
    fn a_key_is_said_in_full() {
        let packets = said('5', 1000);
        assert_eq!(packets.first(), Some(&(1000, [5, 10, 0, 160])));
        assert_eq!(packets.len(), 5 + 3);
        assert!(packets.ends_with(&[(1000, [5, 0x8a, 3, 32]); 3]));
        assert_eq!(DigitSender::new('x', 100).map(|_| ()), None);
    }

    #[test]
    fn each_key_is_heard_once() {
        assert_eq!(heard(&said('5', 1000)), "5");
        let twice: Vec<_> = said('5', 1000).into_iter().chain(said('5', 3000)).collect();
        assert_eq!(heard(&twice), "55");
        let doubled: Vec<_> = said('#', 1000).into_iter().flat_map(|packet| [packet, packet]).collect();
        assert_eq!(heard(&doubled), "#");
    }

    #[test]
    fn a_key_of_which_only_the_end_arrives_is_heard() {
        assert_eq!(heard(&said('*', 1000)[7..]), "*");
        assert_eq!(heard(&said('D', 1000)[..1]), "D");
    }

    #[test]
    fn late_packets_of_an_earlier_key_are_not_the_key_again() {
        let (one, two) = (said('1', 1000), said('2', 3000));
        let mixed = [&one[..6], &two[..2], &one[6..], &two[2..]].concat();
        assert_eq!(heard(&mixed), "12");
    }

    #[test]
    fn a_key_held_for_long_is_one_key() {
        let long = [(1000, [7, 10, 0xff, 0xff]), (1000 + 0xffff, [7, 10, 0, 160]), (1000 + 0xffff, [7, 0x8a, 1, 64])];
        assert_eq!(heard(&long), "7");
    }

    #[test]
    fn what_is_no_key_is_nothing() {
        assert_eq!(heard(&[(1000, [16, 10, 0, 160]), (1001, [255, 0, 0, 0])]), "");
        assert_eq!(DigitReceiver::default().receive(0, &[1, 2]), None);
    }

    proptest! {
        #[test]
        fn whatever_is_lost_repeated_or_late_keys_stay_in_order(keys in "[0-9*#A-D]{1,12}", fates in proptest::collection::vec(0u8..4, 12 * 8)) {
            let mut fates = fates.into_iter();
            let mut packets = Vec::new();
            let mut expected = String::new();
            for (n, key) in keys.chars().enumerate() {
                let mut arrived: Vec<_> = said(key, 1000 + n as i64 * 4000)
                    .into_iter()
                    .flat_map(|packet| vec![packet; usize::from(fates.next().unwrap_or(1))])
                    .collect();
                if arrived.len() > 2 {
                    arrived.swap(0, 1);
                }
                if !arrived.is_empty() {
                    expected.push(key);
                }
                packets.extend(arrived);
            }
            prop_assert_eq!(heard(&packets), expected);
        }
    }
}
