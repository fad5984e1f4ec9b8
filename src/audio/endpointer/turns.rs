//! The decisions of the endpointer, on one voice value a frame: no samples, no clock.

use super::{Timing, frames};
use crate::audio::vad::Judged;

/// An utterance goes on at this share of the value that it takes to begin: soft ends of words are still speech.
const CONTINUE_SHARE: f32 = 0.6;
/// A frame this far above its neighbours' silence does not make the caller go on: it takes this much voice to end a pause.
const RESUME_MS: u32 = 60;

/// What happened; frames are counted from the beginning of the call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Turn {
    Start { frame: u64 },
    Pause { start: u64, speech_end: u64 },
    Resume { frame: u64 },
    End { start: u64, speech_end: u64, end: u64 },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// Waiting; the bits are the latest frames, the lowest is the newest, 1 for voiced.
    Waiting {
        voiced: u128,
    },
    Speaking(Speaking),
}

/// In an utterance.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Speaking {
    start: u64,
    /// The first frame after the last voiced one.
    speech_end: u64,
    /// Voiced frames in a row that have not yet ended the silence before them.
    run: u64,
    /// Hushed frames in a row.
    hushed: u64,
    /// A pause has been told and not taken back.
    paused: bool,
}

/// The state machine.
#[derive(Debug)]
pub struct Turns {
    timing: Timing,
    frame: u64,
    state: State,
}

impl Turns {
    pub fn new(timing: Timing) -> Turns {
        Turns { timing, frame: 0, state: State::Waiting { voiced: 0 } }
    }

    pub fn set_timing(&mut self, timing: Timing) {
        self.timing = timing;
    }

    /// How many frames came so far.
    pub fn frames(&self) -> u64 {
        self.frame
    }

    pub fn in_utterance(&self) -> bool {
        matches!(self.state, State::Speaking(_))
    }

    /// The first frame of the utterance in progress.
    pub fn in_progress_since(&self) -> Option<u64> {
        match self.state {
            State::Speaking(Speaking { start, .. }) => Some(start),
            State::Waiting { .. } => None,
        }
    }

    /// The earliest frame at which an utterance in progress, or one that the next frames could begin, may have started.
    pub fn needed_from(&self) -> u64 {
        match self.state {
            State::Speaking(Speaking { start, .. }) => start,
            State::Waiting { .. } => self.frame.saturating_sub(u64::from(u128::BITS)),
        }
    }

    pub fn push(&mut self, Judged { speech, hushed: is_hushed }: Judged) -> Option<Turn> {
        let frame = self.frame;
        self.frame += 1;
        match self.state {
            State::Waiting { voiced } => self.wait(frame, voiced << 1 | u128::from(speech >= self.timing.threshold)),
            State::Speaking(mut speaking) => {
                let goes_on = speech >= self.timing.threshold * CONTINUE_SHARE;
                speaking.run = if goes_on { speaking.run + 1 } else { 0 };
                speaking.hushed = if is_hushed && !goes_on { speaking.hushed + 1 } else { 0 };
                self.speak(frame, speaking)
            }
        }
    }

    fn wait(&mut self, frame: u64, voiced: u128) -> Option<Turn> {
        let window = frames(self.timing.start_window_ms).clamp(1, u64::from(u128::BITS)) as u32;
        let voiced = voiced & (u128::MAX >> (u128::BITS - window));
        let needed = frames(self.timing.start_speech_ms).min(u64::from(window)) as u32;
        if voiced.count_ones() < needed {
            self.state = State::Waiting { voiced };
            return None;
        }
        let start = frame - u64::from(voiced.ilog2());
        let speech_end = frame + 1 - u64::from(voiced.trailing_zeros());
        self.state = State::Speaking(Speaking { start, speech_end, run: 0, hushed: 0, paused: false });
        Some(Turn::Start { frame: start })
    }

    fn speak(&mut self, frame: u64, mut speaking: Speaking) -> Option<Turn> {
        let resumes = speaking.run >= if speaking.paused { frames(RESUME_MS) } else { 1 };
        let now = frame + 1;
        if resumes {
            speaking.speech_end = now;
        }
        let Speaking { start, speech_end, run, hushed, paused } = speaking;
        let silence = now - speech_end;
        if now - start >= frames(self.timing.max_utterance_ms) || (run == 0 && silence >= frames(self.timing.end_silence_ms)) {
            self.state = State::Waiting { voiced: 0 };
            return Some(Turn::End { start, speech_end, end: frame });
        }
        let pauses = silence >= frames(self.timing.pause_ms) || silence.min(hushed) >= frames(self.timing.hush_ms);
        let turn = match paused {
            true if resumes => Some(Turn::Resume { frame: now - run }),
            false if pauses => Some(Turn::Pause { start, speech_end }),
            _ => None,
        };
        self.state = State::Speaking(Speaking { paused: if turn.is_some() { !paused } else { paused }, ..speaking });
        turn
    }

    /// Ends the utterance in progress.
    pub fn finish(&mut self) -> Option<Turn> {
        let State::Speaking(Speaking { start, speech_end, .. }) = self.state else { return None };
        self.state = State::Waiting { voiced: 0 };
        Some(Turn::End { start, speech_end, end: self.frame.saturating_sub(1) })
    }

    /// Forgets what is in progress.
    pub fn reset(&mut self) {
        self.state = State::Waiting { voiced: 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Start within 3 of 6 frames, pause after 5 or a hush of 3, end after 10, at most 60; 20 ms each.
    const SHORT: Timing = Timing {
        end_silence_ms: 200,
        pause_ms: 100,
        hush_ms: 60,
        start_speech_ms: 60,
        start_window_ms: 120,
        threshold: 0.5,
        max_utterance_ms: 1_200,
    };

    fn judged(speech: f32) -> Judged {
        Judged { speech, hushed: false }
    }

    /// `#` voiced, `+` enough to go on but not to start, `.` silence, `_` hush, `!` finish before the next frame, `x` reset.
    #[track_caller]
    fn check(picture: &str, expected: &str) {
        let mut turns = Turns::new(SHORT);
        let mut told = Vec::new();
        for sign in picture.chars() {
            let turn = match sign {
                '#' => turns.push(judged(0.9)),
                '+' => turns.push(judged(0.4)),
                '.' => turns.push(judged(0.0)),
                '_' => turns.push(Judged { speech: 0.0, hushed: true }),
                '!' => turns.finish(),
                'x' => {
                    turns.reset();
                    None
                }
                other => panic!("no sign {other}"),
            };
            told.extend(turn.map(|turn| match turn {
                Turn::Start { frame } => format!("start {frame}"),
                Turn::Pause { start, speech_end } => format!("pause {start}-{speech_end}"),
                Turn::Resume { frame } => format!("resume {frame}"),
                Turn::End { start, speech_end, end } => format!("end {start}-{speech_end} at {end}"),
            }));
        }
        assert_eq!(told.join(", "), expected, "{picture}");
    }

    #[test]
    fn pictures() {
        check("", "");
        check("....................", "");
        check("....##....##........", "");
        check("....####............", "start 4, pause 4-8, end 4-8 at 17");
        check("....#.#.#...........", "start 4, pause 4-9, end 4-9 at 18");
        check("....+++++...........", "");
        check("....###+++..........", "start 4, pause 4-10, end 4-10 at 19");
        check("####.....####..........", "start 0, pause 0-4, resume 9, pause 0-13, end 0-13 at 22");
        check("####......+++.........", "start 0, pause 0-4, resume 10, pause 0-13");
        check("####......#...............", "start 0, pause 0-4, end 0-4 at 13");
        check("####.....#...#.....", "start 0, pause 0-4, end 0-4 at 14");
        check("####....####....####...........", "start 0, pause 0-20, end 0-20 at 29");
        check("####!....", "start 0, end 0-4 at 3");
        check("##!..####!", "start 0, end 0-8 at 7");
        check("####x............", "start 0");
        check("####.......x###.....", "start 0, pause 0-4, start 11, pause 11-14");
    }

    #[test]
    fn a_hush_is_a_pause_sooner() {
        check("####___....", "start 0, pause 0-4");
        check("####.._.....", "start 0, pause 0-4");
        check("####_.___.", "start 0, pause 0-4");
        check("####__##__##___", "start 0, pause 0-12");
        check("####___####", "start 0, pause 0-4, resume 7");
        check("____####_______", "start 4, pause 4-8");
    }

    #[test]
    fn nothing_is_longer_than_the_longest_utterance() {
        check(&"#".repeat(60), "start 0, end 0-60 at 59");
        check(&"#".repeat(61), "start 0, end 0-60 at 59");
        check(&"#".repeat(63), "start 0, end 0-60 at 59, start 60");
    }

    #[test]
    fn the_wait_can_change_inside_an_utterance() {
        let mut turns = Turns::new(SHORT);
        for _ in 0..4 {
            turns.push(judged(1.0));
        }
        assert_eq!((0..5).find_map(|_| turns.push(judged(0.0))), Some(Turn::Pause { start: 0, speech_end: 4 }));
        turns.set_timing(Timing { end_silence_ms: 400, ..SHORT });
        assert_eq!((0..14).find_map(|_| turns.push(judged(0.0))), None);
        assert_eq!(turns.push(judged(0.0)), Some(Turn::End { start: 0, speech_end: 4, end: 23 }));
    }

    #[test]
    fn no_number_is_never_speech() {
        let mut turns = Turns::new(SHORT);
        assert_eq!((0..50).find_map(|_| turns.push(judged(f32::NAN))), None);
    }
}
