//! The frame, which is the clock of a call, and a piece of audio.

/// Sample rate inside a call, where recognition works.
pub const CALL_RATE_HZ: u32 = 16_000;
/// Length of one frame; all times inside a call are counted in frames.
pub const FRAME_MS: u32 = 20;
/// Samples of one frame at [`CALL_RATE_HZ`].
pub const FRAME_SAMPLES: usize = (CALL_RATE_HZ * FRAME_MS / 1000) as usize;

/// Mono audio.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Audio {
    pub rate_hz: u32,
    /// −1.0..=1.0.
    pub samples: Vec<f32>,
}

impl Audio {
    pub fn duration_ms(&self) -> u64 {
        if self.rate_hz == 0 { 0 } else { self.samples.len() as u64 * 1000 / u64::from(self.rate_hz) }
    }
}
