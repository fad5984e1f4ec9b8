//! Where an utterance begins and ends, counted in frames.
//!
//! The endpointer turns frames into [`Heard`] events. It keeps the pre-roll, so that no first syllable is lost, announces a
//! likely end early ([`Heard::Pause`], so that recognition can start inside the wait), and takes its waits from what is asked.
//! The decisions are made in [`turns`], on voice values alone; this file keeps the samples.

pub mod pauses;
pub mod turns;

use super::frame::{FRAME_MS, FRAME_SAMPLES};
use super::vad::{Judged, Vad};
pub use pauses::cut_at_long_pauses;
use turns::{Turn, Turns};

/// What goes in front of the first voiced frame of an utterance.
pub const PRE_ROLL_MS: u32 = 400;
/// Silence left behind the last voiced frame: enough for a final consonant, too little to invent words in.
pub const TRAIL_MS: u32 = 200;

/// How long to wait and what counts as speech, chosen by the question that is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// Silence that ends an utterance: 400–500 yes/no and menus, 600–700 open speech, 1200–1500 numbers.
    pub end_silence_ms: u32,
    /// Silence after which recognition may start on trial.
    pub pause_ms: u32,
    /// The same where the line is hushed: then no soft end of a word is on its way.
    pub hush_ms: u32,
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
    pub const CLOSED: Timing = Timing {
        end_silence_ms: 480,
        pause_ms: 200,
        hush_ms: 120,
        start_speech_ms: 100,
        start_window_ms: 200,
        threshold: 0.5,
        max_utterance_ms: 8_000,
    };
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
    /// A silence of `pause_ms`, or a hush: here is all that was said so far, pre-roll included. More may follow.
    Pause { speech_end_frame: u64, samples: Vec<f32> },
    /// The caller went on after a pause: what was begun on trial is void.
    Resume { frame: u64 },
    /// The utterance is over.
    End { speech_end_frame: u64, end_frame: u64, samples: Vec<f32> },
}

/// The state machine; one for a call.
///
/// Frames are numbered from 0 by their order. `speech_end_frame` is the first frame after the last voiced one, `end_frame` the frame at which
/// the end was decided.
pub struct Endpointer {
    vad: Vad,
    turns: Turns,
    /// The latest frames: all of the utterance in progress, or the pre-roll of one that may begin.
    kept: Vec<f32>,
    /// The number of the first frame in `kept`.
    kept_from: u64,
}

impl Endpointer {
    pub fn new(timing: Timing) -> Endpointer {
        Endpointer { vad: Vad::new(), turns: Turns::new(timing), kept: Vec::new(), kept_from: 0 }
    }

    /// Takes effect from the next frame.
    pub fn set_timing(&mut self, timing: Timing) {
        self.turns.set_timing(timing);
    }

    /// Takes the next frame; frames are numbered from 0 by their order.
    pub fn push(&mut self, frame: &[f32; FRAME_SAMPLES]) -> Option<Heard> {
        let judged = self.vad.judge(frame);
        self.push_judged(frame, judged)
    }

    /// Like [`Endpointer::push`] with a judgement from elsewhere.
    pub fn push_judged(&mut self, frame: &[f32; FRAME_SAMPLES], judged: Judged) -> Option<Heard> {
        self.kept.extend_from_slice(frame);
        let turn = self.turns.push(judged);
        let heard = turn.map(|turn| self.told(turn));
        self.forget_old();
        heard
    }

    /// Ends the utterance in progress now (the grammar says that the answer is complete, or the line closed).
    pub fn finish(&mut self) -> Option<Heard> {
        let turn = self.turns.finish()?;
        let heard = self.told(turn);
        self.forget_old();
        Some(heard)
    }

    /// Forgets what is in progress; the frame count goes on.
    pub fn reset(&mut self) {
        self.turns.reset();
        self.kept.clear();
        self.kept_from = self.turns.frames();
    }

    /// The latest of the utterance in progress, at most so many milliseconds, pre-roll included; `None` while there is none.
    pub fn latest(&self, most_ms: u32) -> Option<Vec<f32>> {
        let start = self.turns.in_progress_since()?;
        let now = self.turns.frames();
        Some(self.said(start.max(now.saturating_sub(frames(most_ms))), now))
    }

    /// Whether the caller is in the middle of an utterance.
    pub fn in_utterance(&self) -> bool {
        self.turns.in_utterance()
    }

    fn told(&self, turn: Turn) -> Heard {
        match turn {
            Turn::Start { frame } => Heard::Start { frame },
            Turn::Pause { start, speech_end } => Heard::Pause { speech_end_frame: speech_end, samples: self.said(start, speech_end) },
            Turn::Resume { frame } => Heard::Resume { frame },
            Turn::End { start, speech_end, end } => {
                Heard::End { speech_end_frame: speech_end, end_frame: end, samples: self.said(start, speech_end) }
            }
        }
    }

    /// The samples of an utterance with its pre-roll and trail, as far as they are there.
    fn said(&self, start: u64, speech_end: u64) -> Vec<f32> {
        let from = start.saturating_sub(frames(PRE_ROLL_MS)).max(self.kept_from) - self.kept_from;
        let to = (speech_end + frames(TRAIL_MS)).max(self.kept_from) - self.kept_from;
        let from = (from as usize * FRAME_SAMPLES).min(self.kept.len());
        let to = (to as usize * FRAME_SAMPLES).clamp(from, self.kept.len());
        self.kept[from..to].to_vec()
    }

    fn forget_old(&mut self) {
        let needed_from = self.turns.needed_from().saturating_sub(frames(PRE_ROLL_MS));
        let surplus = needed_from.saturating_sub(self.kept_from);
        let samples = (surplus as usize * FRAME_SAMPLES).min(self.kept.len());
        // The buffer is moved once a second, not at every frame.
        if samples >= 50 * FRAME_SAMPLES {
            self.kept.drain(..samples);
            self.kept_from += surplus;
        }
    }
}

/// Whole frames that fill the time, at least one.
pub(super) fn frames(ms: u32) -> u64 {
    u64::from(ms.div_ceil(FRAME_MS).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{CALL_RATE_HZ, resample, wav};
    use proptest::prelude::*;

    /// A frame whose samples carry its number, and the voice value of a picture: `#` voiced, `.` not.
    fn play(endpointer: &mut Endpointer, picture: &str) -> Vec<Heard> {
        let mut heard = Vec::new();
        for (number, sign) in picture.chars().enumerate() {
            let speech = if sign == '#' { 1.0 } else { 0.0 };
            heard.extend(endpointer.push_judged(&[number as f32; FRAME_SAMPLES], Judged { speech, hushed: false }));
        }
        heard
    }

    fn said(heard: &Heard) -> Option<(f32, f32, usize)> {
        match heard {
            Heard::Pause { samples, .. } | Heard::End { samples, .. } => {
                Some((*samples.first()?, *samples.last()?, samples.len() / FRAME_SAMPLES))
            }
            Heard::Start { .. } | Heard::Resume { .. } => None,
        }
    }

    #[test]
    fn the_pre_roll_and_a_little_silence_come_along() {
        let mut endpointer = Endpointer::new(Timing::CLOSED);
        let heard = play(&mut endpointer, &format!("{}{}{}", ".".repeat(100), "#".repeat(20), ".".repeat(40)));
        assert_eq!(heard[0], Heard::Start { frame: 100 });
        assert_eq!(said(&heard[1]), Some((80.0, 129.0, 50)));
        assert!(matches!(heard[2], Heard::End { speech_end_frame: 120, end_frame: 143, .. }), "{:?}", said(&heard[2]));
        assert_eq!(said(&heard[2]), Some((80.0, 129.0, 50)));
        assert_eq!(heard.len(), 3);
    }

    /// The recording between quiet, `lead` samples of it before: the utterances found, by their length in seconds.
    fn utterances(recording: &str, lead: usize) -> Vec<f32> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("audio-fixtures").join(recording);
        let audio = wav::read(&path).unwrap();
        let said = resample::resample(&audio.samples, audio.rate_hz, CALL_RATE_HZ);
        let heard = [&vec![0.0; lead], &said, &vec![0.0; 24_000]].map(Vec::as_slice).concat();
        let mut endpointer = Endpointer::new(Timing::CLOSED);
        let events = heard.as_chunks::<FRAME_SAMPLES>().0.iter().filter_map(|frame| endpointer.push(frame));
        let ends = events.filter_map(|event| match event {
            Heard::End { samples, .. } => Some(samples.len() as f32 / CALL_RATE_HZ as f32),
            Heard::Start { .. } | Heard::Pause { .. } | Heard::Resume { .. } => None,
        });
        ends.collect()
    }

    #[test]
    fn short_answers_are_heard_and_noise_is_not() {
        for answer in ["yes", "no", "confirm", "cancel", "september"] {
            let found = utterances(&format!("zh_answers/{answer}.wav"), 8_000);
            assert!(found.len() == 1 && found[0] > 0.3, "{answer}: {found:?}");
        }
        assert_eq!(utterances("odd/noise_only.wav", 0), Vec::<f32>::new());
        assert_eq!(utterances("odd/silence.wav", 0), Vec::<f32>::new());
    }

    #[test]
    fn the_first_frames_of_a_call_have_no_pre_roll() {
        let mut endpointer = Endpointer::new(Timing::CLOSED);
        let heard = play(&mut endpointer, &format!("{}{}", "#".repeat(20), ".".repeat(40)));
        assert_eq!(said(&heard[2]), Some((0.0, 29.0, 30)));
    }

    #[test]
    fn a_reset_keeps_the_count_and_drops_the_samples() {
        let mut endpointer = Endpointer::new(Timing::CLOSED);
        play(&mut endpointer, &"#".repeat(30));
        endpointer.reset();
        assert_eq!(endpointer.finish(), None);
        let heard = play(&mut endpointer, &format!("{}{}", "#".repeat(20), ".".repeat(40)));
        assert_eq!(heard[0], Heard::Start { frame: 30 });
        assert_eq!(said(&heard[2]), Some((0.0, 29.0, 30)));
    }

    #[test]
    fn memory_stays_small_in_a_long_silence() {
        let mut endpointer = Endpointer::new(Timing::OPEN);
        play(&mut endpointer, &".".repeat(20_000));
        assert!(endpointer.kept.len() < 250 * FRAME_SAMPLES);
    }

    #[test]
    fn a_listener_may_move_between_threads() {
        fn movable<T: Send>(_: &T) {}
        movable(&Endpointer::new(Timing::OPEN));
    }

    proptest! {
        #[test]
        fn any_sequence_of_calls_keeps_its_promises(steps in proptest::collection::vec((0u8..40, any::<f32>(), 0u32..3_000, 0u32..3_000), 0..1_500)) {
            let mut endpointer = Endpointer::new(Timing::OPEN);
            let mut frame = 0u64;
            for (step, voiced, some_ms, other_ms) in steps {
                let heard = match step {
                    0 => endpointer.finish(),
                    1 => {
                        endpointer.reset();
                        None
                    }
                    2 => {
                        endpointer.set_timing(Timing { end_silence_ms: some_ms, pause_ms: other_ms, hush_ms: other_ms / 3, start_speech_ms: other_ms / 9,
                            start_window_ms: some_ms / 9, threshold: voiced, max_utterance_ms: some_ms * 3 });
                        None
                    }
                    _ => {
                        frame += 1;
                        endpointer.push_judged(&[0.1; FRAME_SAMPLES], Judged { speech: if step % 3 == 0 { 0.0 } else { voiced }, hushed: step % 5 == 0 })
                    }
                };
                match heard {
                    Some(Heard::End { speech_end_frame, end_frame, samples }) => {
                        prop_assert!(speech_end_frame <= end_frame + 1 && end_frame <= frame);
                        prop_assert!(!samples.is_empty() && samples.len() % FRAME_SAMPLES == 0);
                        prop_assert!(samples.len() as u64 / FRAME_SAMPLES as u64 <= frame);
                    }
                    Some(Heard::Pause { speech_end_frame, samples }) => {
                        prop_assert!(speech_end_frame <= frame && !samples.is_empty());
                    }
                    Some(Heard::Start { frame: first } | Heard::Resume { frame: first }) => prop_assert!(first < frame),
                    None => {}
                }
            }
        }
    }
}
