//! Sound that stands on one or two lines of the spectrum: ringback, busy, information tones, beeps, fax.

use crate::audio::frame::{CALL_RATE_HZ, FRAME_MS, FRAME_SAMPLES};
use std::f32::consts::TAU;
use std::sync::LazyLock;

/// The line of a frame, or its two; which of two is the stronger one changes from frame to frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tone {
    hz: f32,
    other_hz: Option<f32>,
}

impl Tone {
    /// Whether one line of it is one of the other's, as near as the look can tell.
    fn is_like(self, other: Tone) -> bool {
        let lines = |tone: Tone| std::iter::once(tone.hz).chain(tone.other_hz);
        lines(self).any(|hz| lines(other).any(|known| (hz - known).abs() <= 2.0 * STEP_HZ))
    }

    /// A key, pressed on a telephone (ITU-T Q.23).
    fn is_key(self) -> bool {
        let Some(other_hz) = self.other_hz else { return false };
        let (low, high) = (self.hz.min(other_hz), self.hz.max(other_hz));
        let is_near = |hz: f32, lines: [f32; 4]| lines.iter().any(|line| (hz - line).abs() <= 2.0 * STEP_HZ);
        is_near(low, [697.0, 770.0, 852.0, 941.0]) && is_near(high, [1_209.0, 1_336.0, 1_477.0, 1_633.0])
    }

    /// Dial tone, ringback, busy (350 to 500 Hz, ITU-T E.180), or a fax (1100 and 2100 Hz, ITU-T T.30): nobody speaks, nobody records.
    pub fn is_of_the_line(self) -> bool {
        let is_fax = [1_100.0, 2_100.0].iter().any(|hz| self.other_hz.is_none() && (self.hz - hz).abs() <= STEP_HZ);
        is_fax || (340.0..=510.0).contains(&self.hz)
    }

    /// What a mailbox may begin to record with.
    pub fn is_beep(self) -> bool {
        !self.is_key() && !self.is_of_the_line()
    }
}

/// The shortest tones of telephone lines last a third of a second; a drawn-out vowel stands on one line for up to a quarter.
const TONE_MS: u32 = 300;

/// A tone that goes on from frame to frame, always near where it began.
#[derive(Clone, Copy, Debug, Default)]
pub struct Followed(Option<(Tone, u32)>);

impl Followed {
    /// Takes the tone of the next frame; gives the one that ended with it.
    pub fn follow(&mut self, now: Option<Tone>) -> Option<Tone> {
        let before = self.lasts();
        self.0 = match (now, self.0) {
            (Some(now), Some((same, ms))) if now.is_like(same) => Some((same, ms + FRAME_MS)),
            (Some(now), _) => Some((now, FRAME_MS)),
            (None, _) => None,
        };
        before.filter(|_| self.lasts().is_none())
    }

    /// The present frame stands on a line.
    pub fn is_pure(self) -> bool {
        self.0.is_some()
    }

    /// How much of the tone became known with this frame: all of it when it has lasted long enough for one.
    pub fn known_ms(self) -> u32 {
        match self.0 {
            Some((_, TONE_MS)) => TONE_MS,
            Some((_, ms)) if ms > TONE_MS => FRAME_MS,
            _ => 0,
        }
    }

    /// What has lasted long enough for a tone.
    pub fn lasts(self) -> Option<Tone> {
        self.0.filter(|(_, ms)| *ms >= TONE_MS).map(|(tone, _)| tone)
    }
}

/// Tones of telephone lines stand between 300 and 2200 Hz.
const LOWEST_HZ: f32 = 300.0;
const HIGHEST_HZ: f32 = 2_200.0;
/// A frame of 20 ms tells lines 50 Hz apart; between steps a quarter so wide no line loses more than a twentieth of itself.
const STEP_HZ: f32 = 12.5;
/// Of all energy, how much stands on the strongest line, or the two strongest. Voiced speech spreads over its harmonics.
const PURITY: f32 = 0.85;
/// The stronger of two lines has at least so much of it.
const WEAKEST_OF_TWO: f32 = 0.4;
/// Below this mean square (−45 dBFS) nothing is heard.
const FAINTEST: f32 = 3.2e-5;
/// How far apart two lines are at least.
const APART_HZ: f32 = 75.0;
/// How often two lines are looked at again.
const ROUNDS: usize = 2;

/// A line that is looked for, as a cosine and a sine over a frame.
struct Wave {
    hz: f32,
    cosine: [f32; FRAME_SAMPLES],
    sine: [f32; FRAME_SAMPLES],
}

impl Wave {
    fn of(hz: f32) -> Wave {
        let angle = |n: usize| TAU * hz / CALL_RATE_HZ as f32 * n as f32;
        Wave { hz, cosine: std::array::from_fn(|n| angle(n).cos()), sine: std::array::from_fn(|n| angle(n).sin()) }
    }

    /// Sums of a frame with both, scaled so that a whole sine of this frequency gives its own amplitudes.
    fn parts(&self, frame: &[f32; FRAME_SAMPLES]) -> (f32, f32) {
        let mut parts = (0.0, 0.0);
        for ((sample, cosine), sine) in frame.iter().zip(&self.cosine).zip(&self.sine) {
            parts.0 += sample * cosine;
            parts.1 += sample * sine;
        }
        (parts.0 * 2.0 / FRAME_SAMPLES as f32, parts.1 * 2.0 / FRAME_SAMPLES as f32)
    }

    fn power(&self, frame: &[f32; FRAME_SAMPLES]) -> f32 {
        let (cosine, sine) = self.parts(frame);
        (cosine * cosine + sine * sine) * FRAME_SAMPLES as f32 / 2.0
    }

    /// The frame without this line.
    fn taken_from(&self, frame: &[f32; FRAME_SAMPLES]) -> [f32; FRAME_SAMPLES] {
        let (cosine, sine) = self.parts(frame);
        let mut rest = *frame;
        for ((sample, c), s) in rest.iter_mut().zip(&self.cosine).zip(&self.sine) {
            *sample -= cosine * c + sine * s;
        }
        rest
    }
}

/// All lines that are looked for, worked out once.
fn waves() -> &'static [Wave] {
    static WAVES: LazyLock<Vec<Wave>> = LazyLock::new(|| {
        let steps = ((HIGHEST_HZ - LOWEST_HZ) / STEP_HZ) as usize;
        (0..=steps).map(|step| Wave::of(LOWEST_HZ + step as f32 * STEP_HZ)).collect()
    });
    &WAVES
}

/// The tone of a frame, when one line or two make nearly all of it.
pub fn tone(frame: &[f32; FRAME_SAMPLES]) -> Option<Tone> {
    let energy: f32 = frame.iter().map(|sample| sample * sample).sum();
    if energy / (FRAME_SAMPLES as f32) < FAINTEST {
        return None;
    }
    let (mut first, power) = strongest(frame)?;
    if power >= PURITY * energy {
        return Some(Tone { hz: first.hz, other_hz: None });
    }
    if power < WEAKEST_OF_TWO * energy {
        return None;
    }
    let (mut second, _) = strongest(&first.taken_from(frame))?;
    if (second.hz - first.hz).abs() < APART_HZ {
        return None;
    }
    // Each takes something of the other with it: the first again without the second, and so on until both stand where they are.
    for _ in 0..ROUNDS {
        first = strongest(&second.taken_from(frame))?.0;
        second = strongest(&first.taken_from(frame))?.0;
    }
    let mut rest = *frame;
    for _ in 0..=ROUNDS {
        rest = second.taken_from(&first.taken_from(&rest));
    }
    let left: f32 = rest.iter().map(|sample| sample * sample).sum();
    (left <= (1.0 - PURITY) * energy).then_some(Tone { hz: first.hz, other_hz: Some(second.hz) })
}

/// The line that takes most out of a frame, and how much energy that is.
fn strongest(frame: &[f32; FRAME_SAMPLES]) -> Option<(&'static Wave, f32)> {
    waves().iter().map(|wave| (wave, wave.power(frame))).max_by(|a, b| a.1.total_cmp(&b.1))
}
