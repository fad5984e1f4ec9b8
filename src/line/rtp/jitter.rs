//! The buffer between a network, which delivers when it likes, and a call, which takes 20 ms every 20 ms.
//!
//! One measure steers it: the slack of a packet, which is how long before its turn it arrived. When the least slack of the last seconds (but for
//! the latest few in a hundred) is below a margin the buffer plays a pitch period twice, when it is well above it leaves one out. That
//! covers jitter, a route that changed, and two clocks that drift apart, and needs no clock of its own: time is the calls of
//! [`JitterBuffer::pull`].

use super::TICK_SAMPLES;
use super::conceal::{Concealer, lengthened, shortened};
use std::collections::{BTreeMap, VecDeque};

/// The delay of a stream that is not known yet: 40 ms.
const FIRST_DELAY: i64 = 320;
/// Wanted between the arrival of (nearly) the latest packet and its turn: 5 ms.
const MARGIN: i64 = 40;
/// More slack than this beyond the margin is given back: 15 ms.
const TOLERATED: i64 = 120;
/// Packets whose slack is remembered, and the share of them that may come too late.
const REMEMBERED: usize = 150;
const LATE_PERCENT: usize = 3;
/// The buffer never holds back more than this: 400 ms. What is beyond is left out at once.
const MOST_HELD: i64 = 3_200;
/// Delay is not built up past this: 240 ms.
const MOST_DELAY: i64 = 1_920;
/// A timestamp this far off (2 s) belongs to another stream.
const ANOTHER_STREAM: i64 = 16_000;
/// No honest stream has so many packets waiting.
const MOST_PACKETS: usize = 200;
/// Samples in the longest packet that is taken: 200 ms.
const LONGEST_PACKET: usize = 1_600;
/// Ticks between two periods left out.
const SHORTEN_EVERY: u32 = 5;

/// What happened to the sound, in samples but for the first three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JitterCounts {
    pub late_packets: u64,
    pub duplicate_packets: u64,
    /// The stream began anew, or the buffer ran over.
    pub restarts: u64,
    pub played: u64,
    pub concealed: u64,
    pub left_out: u64,
    pub played_twice: u64,
}

/// See the module's text.
#[derive(Clone, Debug, Default)]
pub struct JitterBuffer {
    packets: BTreeMap<i64, Vec<f32>>,
    /// The timestamp that is played next.
    cursor: Option<i64>,
    slacks: VecDeque<i64>,
    concealer: Concealer,
    since_shortened: u32,
    counts: JitterCounts,
}

impl JitterBuffer {
    /// Takes the sound of a packet; `timestamp` is unwrapped.
    pub fn push(&mut self, timestamp: i64, sound: Vec<f32>) {
        if sound.is_empty() || sound.len() > LONGEST_PACKET {
            return;
        }
        let cursor = match self.cursor {
            Some(cursor) if (timestamp - cursor).abs() <= ANOTHER_STREAM => cursor,
            known => {
                self.counts.restarts += u64::from(known.is_some());
                self.restart(timestamp - FIRST_DELAY)
            }
        };
        let end = timestamp + sound.len() as i64;
        if self.slacks.len() == REMEMBERED {
            self.slacks.pop_front();
        }
        self.slacks.push_back(timestamp - cursor);
        if end <= cursor {
            self.counts.late_packets += 1;
            return;
        }
        if self.packets.len() >= MOST_PACKETS {
            self.packets.pop_first();
        }
        if self.packets.insert(timestamp, sound).is_some() {
            self.counts.duplicate_packets += 1;
            self.slacks.pop_back();
        }
        if end - cursor > MOST_HELD {
            self.counts.restarts += 1;
            let forward = end - FIRST_DELAY - cursor;
            self.move_cursor(cursor + forward, 0);
            self.slacks.clear();
        }
    }

    /// Forgets what waits; the next packet begins a stream.
    pub fn clear(&mut self) {
        self.packets.clear();
        self.slacks.clear();
        self.cursor = None;
    }

    pub fn counts(&self) -> JitterCounts {
        self.counts
    }

    /// How much sound waits, in milliseconds.
    pub fn held_ms(&self) -> u32 {
        let end = self.packets.last_key_value().map(|(timestamp, sound)| timestamp + sound.len() as i64);
        let held = end.zip(self.cursor).map_or(0, |(end, cursor)| (end - cursor).max(0));
        (held / 8) as u32
    }

    /// The next tick's sound.
    pub fn pull(&mut self) -> [f32; TICK_SAMPLES] {
        let mut tick = [0.0; TICK_SAMPLES];
        let Some(cursor) = self.cursor else { return tick };
        self.since_shortened += 1;
        let surplus = self.surplus();
        let played = match surplus {
            Some(surplus) if surplus < 0 => self.stretched(cursor),
            Some(surplus) if surplus > TOLERATED && self.since_shortened >= SHORTEN_EVERY => self.squeezed(cursor),
            _ => None,
        };
        let played = played.unwrap_or_else(|| self.as_it_is(cursor, surplus.map_or(0, |surplus| -surplus)));
        self.counts.played += TICK_SAMPLES as u64;
        for (to, from) in tick.iter_mut().zip(played) {
            *to = from;
        }
        tick
    }

    fn restart(&mut self, cursor: i64) -> i64 {
        self.clear();
        self.cursor = Some(cursor);
        cursor
    }

    /// How much more slack there is than wanted; `None` until enough packets were seen to say so.
    fn surplus(&self) -> Option<i64> {
        if self.slacks.len() < 10 {
            return None;
        }
        let mut sorted: Vec<i64> = self.slacks.iter().copied().collect();
        let late = sorted.len() * LATE_PERCENT / 100;
        let (_, least, _) = sorted.select_nth_unstable(late);
        let surplus = *least - MARGIN;
        let deepest = self.slacks.iter().copied().max().unwrap_or(0);
        Some(if surplus < 0 && deepest >= MOST_DELAY { 0 } else { surplus })
    }

    /// A tick in which a period is played twice.
    fn stretched(&mut self, cursor: i64) -> Option<Vec<f32>> {
        let (sound, added) = lengthened(&self.whole(cursor, TICK_SAMPLES * 2)?)?;
        let used = TICK_SAMPLES as i64 - added as i64;
        let mut played = Vec::with_capacity(TICK_SAMPLES);
        self.concealer.pass(&sound[..TICK_SAMPLES], &mut played);
        self.counts.played_twice += added as u64;
        self.move_cursor(cursor + used, added as i64);
        Some(played)
    }

    /// A tick in which a period is left out.
    fn squeezed(&mut self, cursor: i64) -> Option<Vec<f32>> {
        let (sound, gone) = shortened(&self.whole(cursor, TICK_SAMPLES * 2)?)?;
        let mut played = Vec::with_capacity(TICK_SAMPLES);
        self.concealer.pass(&sound[..TICK_SAMPLES], &mut played);
        self.counts.left_out += gone as u64;
        self.since_shortened = 0;
        self.move_cursor(cursor + (TICK_SAMPLES + gone) as i64, -(gone as i64));
        Some(played)
    }

    /// A tick at its own pace, with what is missing filled in. If more delay is `wanted` the turn of what is missing is put off.
    fn as_it_is(&mut self, cursor: i64, wanted: i64) -> Vec<f32> {
        let mut played = Vec::with_capacity(TICK_SAMPLES);
        let mut at = cursor;
        let end = cursor + TICK_SAMPLES as i64;
        let mut put_off = 0;
        while at < end {
            match self.piece(at, (end - at) as usize) {
                Piece::Sound(sound) => {
                    at += sound.len() as i64;
                    self.concealer.pass(&sound, &mut played);
                }
                Piece::Missing(count) => {
                    self.concealer.fill(count, &mut played);
                    self.counts.concealed += count as u64;
                    let last = at + count as i64 == end;
                    if last && wanted > 0 {
                        put_off = wanted.min(count as i64);
                    }
                    at += count as i64;
                }
            }
        }
        self.move_cursor(end - put_off, put_off);
        played
    }

    /// What is there at `at`, at most `most` samples.
    fn piece(&self, at: i64, most: usize) -> Piece {
        if let Some((timestamp, sound)) = self.packets.range(..=at).next_back() {
            let skip = (at - timestamp) as usize;
            if skip < sound.len() {
                return Piece::Sound(sound[skip..].iter().copied().take(most).collect());
            }
        }
        let next = self.packets.range(at..).next().map_or(most, |(timestamp, _)| (timestamp - at) as usize);
        Piece::Missing(next.min(most))
    }

    /// `count` samples from `at` on if all are there.
    fn whole(&self, at: i64, count: usize) -> Option<Vec<f32>> {
        let mut sound = Vec::with_capacity(count);
        while sound.len() < count {
            match self.piece(at + sound.len() as i64, count - sound.len()) {
                Piece::Sound(piece) => sound.extend(piece),
                Piece::Missing(_) => return None,
            }
        }
        Some(sound)
    }

    /// `slack` is what the packets to come gain by the move.
    fn move_cursor(&mut self, cursor: i64, slack: i64) {
        self.cursor = Some(cursor);
        if slack != 0 {
            self.slacks.iter_mut().for_each(|known| *known += slack);
        }
        while self.packets.first_key_value().is_some_and(|(timestamp, sound)| timestamp + sound.len() as i64 <= cursor) {
            self.packets.pop_first();
        }
    }
}

enum Piece {
    Sound(Vec<f32>),
    Missing(usize),
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tone(at: i64) -> f32 {
        (0.4 * (std::f64::consts::TAU * 200.0 * at as f64 / 8_000.0).sin()) as f32
    }

    fn packet(timestamp: i64) -> Vec<f32> {
        (timestamp..timestamp + 160).map(tone).collect()
    }

    /// Numbers that look random and are the same each time.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, limit: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % limit
        }
    }

    struct Network {
        loss_percent: u64,
        jitter_ms: u64,
        duplicates: bool,
        /// Parts in a million by which the sender's clock is fast.
        drift_ppm: i64,
    }

    const QUIET_NETWORK: Network = Network { loss_percent: 0, jitter_ms: 0, duplicates: false, drift_ppm: 0 };

    struct Played {
        counts: JitterCounts,
        sound: Vec<f32>,
        /// Of the last ten seconds.
        most_held_ms: u32,
    }

    /// A tone of `seconds` through `network`.
    fn played(network: &Network, seconds: i64) -> Played {
        let mut dice = Dice(7);
        let mut arrivals: Vec<(i64, i64)> = Vec::new();
        for n in 0..seconds * 50 {
            let sent_us = n * 20_000 * 1_000_000 / (1_000_000 + network.drift_ppm);
            if dice.below(100) < network.loss_percent {
                continue;
            }
            for _ in 0..if network.duplicates { 2 } else { 1 } {
                arrivals.push((sent_us + 5_000 + dice.below(network.jitter_ms * 1000 + 1) as i64, n * 160));
            }
        }
        arrivals.sort_unstable();
        let mut arrivals = arrivals.into_iter().peekable();
        let mut buffer = JitterBuffer::default();
        let (mut sound, mut most_held_ms) = (Vec::new(), 0);
        for tick in 0..seconds * 50 {
            while let Some((_, timestamp)) = arrivals.next_if(|(arrived_us, _)| *arrived_us <= tick * 20_000) {
                buffer.push(1_000_000 + timestamp, packet(timestamp));
            }
            if tick > (seconds - 10) * 50 {
                most_held_ms = most_held_ms.max(buffer.held_ms());
            }
            sound.extend(buffer.pull());
        }
        Played { counts: buffer.counts(), sound, most_held_ms }
    }

    #[track_caller]
    fn check(network: Network, seconds: i64, most_concealed_percent: f64, most_held_ms: u32) {
        let played = played(&network, seconds);
        let concealed = 100.0 * played.counts.concealed as f64 / played.counts.played as f64;
        assert!(concealed <= most_concealed_percent, "{concealed:.2} % concealed, {:?}", played.counts);
        assert!(played.most_held_ms <= most_held_ms, "{} ms held, {:?}", played.most_held_ms, played.counts);
        let steepest = played.sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        assert!(steepest < 0.15, "a click of {steepest}");
    }

    #[test]
    fn a_good_network_changes_nothing() {
        let played = played(&QUIET_NETWORK, 10);
        assert_eq!(played.counts.concealed, FIRST_DELAY as u64);
        assert!(played.counts.left_out <= FIRST_DELAY as u64 && played.counts.played_twice == 0, "{:?}", played.counts);
        let end = played.sound.len();
        let last = &played.sound[end - 64_000..];
        let delayed = |held: i64| (end as i64 - 64_000 - held..).map(tone);
        assert!((0..800).any(|held| last.iter().copied().eq(delayed(held).take(last.len()))));
    }

    #[test]
    fn what_the_network_does_is_covered() {
        let mut report = String::new();
        for (loss_percent, jitter_ms, duplicates, drift_ppm, seconds) in [
            (5, 0, false, 0, 30),
            (0, 60, false, 0, 30),
            (5, 60, true, 0, 30),
            (0, 0, false, 300, 300),
            (0, 0, false, -300, 300),
            (5, 60, true, 200, 60),
        ] {
            let network = Network { loss_percent, jitter_ms, duplicates, drift_ppm };
            let played = played(&network, seconds);
            report += &format!("{loss_percent} % {jitter_ms} ms {drift_ppm} ppm: held {} {:?}\n", played.most_held_ms, played.counts);
        }
        println!("{report}");
        check(Network { loss_percent: 5, ..QUIET_NETWORK }, 30, 6.0, 60);
        check(Network { jitter_ms: 60, ..QUIET_NETWORK }, 30, 4.0, 120);
        check(Network { loss_percent: 5, jitter_ms: 60, duplicates: true, drift_ppm: 0 }, 30, 9.0, 120);
    }

    #[test]
    fn clocks_that_drift_apart_are_followed() {
        check(Network { drift_ppm: 300, ..QUIET_NETWORK }, 300, 0.5, 60);
        check(Network { drift_ppm: -300, ..QUIET_NETWORK }, 300, 0.5, 60);
    }

    #[test]
    fn a_route_that_became_longer_is_waited_for() {
        let mut buffer = JitterBuffer::default();
        let mut late = 0;
        for tick in 0..500i64 {
            let delayed = if tick < 250 { tick } else { tick - 6 };
            if !(250..256).contains(&tick) {
                buffer.push(delayed * 160, packet(delayed * 160));
            }
            buffer.pull();
            if tick == 300 {
                late = buffer.counts().late_packets;
            }
        }
        assert_eq!(buffer.counts().late_packets, late, "still late after a second");
        assert!(late <= 10, "{late} packets, 200 ms, were late");
    }

    #[test]
    fn another_stream_is_taken_up_at_once() {
        let mut buffer = JitterBuffer::default();
        buffer.push(1000, packet(0));
        buffer.push(9_000_000, packet(0));
        for _ in 0..2 {
            buffer.pull();
        }
        assert!(buffer.pull().iter().any(|sample| *sample != 0.0));
        assert_eq!(buffer.counts().restarts, 1);
    }

    proptest! {
        #[test]
        fn whatever_arrives_memory_stays_small(packets in proptest::collection::vec((any::<i32>(), 0usize..2_000, any::<bool>()), 0..200)) {
            let mut buffer = JitterBuffer::default();
            for (timestamp, length, pull) in packets {
                buffer.push(i64::from(timestamp), vec![0.1; length]);
                if pull {
                    prop_assert!(buffer.pull().iter().all(|sample| sample.is_finite()));
                }
                prop_assert!(buffer.held_ms() <= MOST_HELD as u32 / 8);
                prop_assert!(buffer.packets.values().map(Vec::len).sum::<usize>() <= MOST_PACKETS * LONGEST_PACKET);
            }
        }
    }
}
