//! The sound of a telephone call in packets (RTP and RTCP: RFC 3550, 3551; digits: RFC 4733).
//!
//! [`stream::Stream`] is pure: packets and ticks in, sound and packets out. It stands on the counters of [`counter`], on [`jitter::JitterBuffer`],
//! which evens out what the network does to time, on [`digits`] and on [`report`]. [`srtp`] encrypts packets where that was agreed on. [`media::Media`] puts all of it on the sockets of [`ports::Ports`] and is the only
//! part that touches the network.

pub mod conceal;
pub mod counter;
pub mod digits;
pub mod jitter;
pub mod media;
pub mod ports;
pub mod relay;
pub mod report;
pub mod srtp;
pub mod stream;

/// Samples a second of telephone sound.
pub const TELEPHONE_RATE_HZ: u32 = 8_000;
/// Telephone samples in one tick of 20 ms.
pub const TICK_SAMPLES: usize = 160;
