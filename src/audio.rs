//! Samples: reading, writing, converting, judging. No async, no IO but files.
//!
//! Inside the project audio is mono `f32` in −1.0..=1.0; [`frame::FRAME_MS`] is the tick of a call's clock.

pub mod backlog;
pub mod codec;
pub mod dtmf;
pub mod endpointer;
pub mod filter;
pub mod frame;
pub mod machine;
pub mod noise;
pub mod outburst;
pub mod resample;
pub mod treatment;
pub mod vad;
pub mod wav;

pub use frame::{Audio, CALL_RATE_HZ, FRAME_MS, FRAME_SAMPLES};
