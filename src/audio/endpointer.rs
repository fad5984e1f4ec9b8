//! Where an utterance begins and ends, counted in frames.
//!
//! The endpointer turns frames into [`Heard`] events. It keeps the pre-roll, so that no first syllable is lost, announces a
//! likely end early ([`Heard::Pause`], so that recognition can start inside the wait), and takes its waits from what is asked.

use super::frame::FRAME_SAMPLES;

/// How long to wait and what counts as speech, chosen by the question that is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// Silence that ends an utterance: 400–500 yes/no and menus, 600–700 open speech, 1200–1500 numbers.
    pub end_silence_ms: u32,
    /// Silence after which recognition may start on trial.
    pub pause_ms: u32,
    /// Voiced time within [`Timing::start_window_ms`] that makes a start.
    pub start_speech_ms: u32,
    /// The window in which `start_speech_ms` is counted.
    pub start_window_ms: u32,
    /// VAD value from which a frame counts as voiced: higher while a prompt plays.
    pub threshold: f32,
    /// An utterance is cut here, whatever the caller does.
    pub max_utterance_ms: u32,
}

impl Timing {
    /// Yes/no and menus.
    pub const CLOSED: Timing =
        Timing { end_silence_ms: 480, pause_ms: 200, start_speech_ms: 80, start_window_ms: 160, threshold: 0.5, max_utterance_ms: 8_000 };
    /// Open requests.
    pub const OPEN: Timing = Timing { end_silence_ms: 660, ..Timing::CLOSED_LONG };
    /// Numbers said in pieces.
    pub const NUMBER: Timing = Timing { end_silence_ms: 1_300, ..Timing::CLOSED_LONG };
    const CLOSED_LONG: Timing = Timing { max_utterance_ms: 20_000, ..Timing::CLOSED };
}

/// What the endpointer noticed.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// Speech began; the frame number is that of its first voiced frame.
    Start { frame: u64 },
    /// A silence of `pause_ms`: here is all that was said so far, pre-roll included. More may follow.
    Pause { speech_end_frame: u64, samples: Vec<f32> },
    /// The caller went on after a pause: what was begun on trial is void.
    Resume { frame: u64 },
    /// The utterance is over.
    End { speech_end_frame: u64, end_frame: u64, samples: Vec<f32> },
}

/// The state machine; one for a call.
pub struct Endpointer {}

impl Endpointer {
    pub fn new(_timing: Timing) -> Endpointer {
        Endpointer {}
    }

    /// Takes effect from the next frame.
    pub fn set_timing(&mut self, _timing: Timing) {}

    /// Takes the next frame; frames are numbered from 0 by their order.
    pub fn push(&mut self, _frame: &[f32; FRAME_SAMPLES]) -> Option<Heard> {
        None
    }

    /// Ends the utterance in progress now (the grammar says that the answer is complete, or the line closed).
    pub fn finish(&mut self) -> Option<Heard> {
        None
    }

    /// Forgets what is in progress; the frame count goes on.
    pub fn reset(&mut self) {}
}
