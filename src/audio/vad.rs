//! Is there a voice in this frame?

use super::frame::FRAME_SAMPLES;

/// Judges one frame of a call after another.
pub struct Vad {}

impl Vad {
    pub fn new() -> Vad {
        Vad {}
    }

    /// How sure it is that the frame (16 kHz) holds speech, 0.0..=1.0.
    pub fn speech(&mut self, _frame: &[f32; FRAME_SAMPLES]) -> f32 {
        0.0
    }
}

impl Default for Vad {
    fn default() -> Self {
        Vad::new()
    }
}
