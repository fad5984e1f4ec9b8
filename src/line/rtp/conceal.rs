//! Sound that is missing, or comes at another pace than it is played: gaps are filled with the last pitch period (after ITU-T G.711, appendix
//! I), and whole pitch periods are left out or played twice, which a listener does not notice.

/// Pitch periods that are looked for: 50 to 250 Hz.
const SHORTEST_PERIOD: usize = 32;
const LONGEST_PERIOD: usize = 160;
/// How much sound is compared when a period is looked for.
const COMPARED: usize = 160;
const HISTORY: usize = LONGEST_PERIOD + COMPARED;
/// A gap keeps its level for so long, then fades to silence until [`FADED`].
const FULL_LEVEL: usize = 80;
const FADED: usize = 480;
/// Samples over which one sound becomes another.
const CROSSING: usize = 32;
/// A period may be left out where the sound repeats itself at least so well, or is so quiet.
const ALIKE: f32 = 0.7;
const QUIET: f32 = 0.003;

/// Remembers what was played and fills gaps from it.
#[derive(Clone, Debug)]
pub struct Concealer {
    history: Vec<f32>,
    gap: Option<Gap>,
}

#[derive(Clone, Debug)]
struct Gap {
    period: Vec<f32>,
    position: usize,
}

impl Gap {
    fn next(&mut self) -> f32 {
        let level = match self.position {
            position if position < FULL_LEVEL => 1.0,
            position if position < FADED => (FADED - position) as f32 / (FADED - FULL_LEVEL) as f32,
            _ => 0.0,
        };
        let sample = self.period[self.position % self.period.len()] * level;
        self.position += 1;
        sample
    }
}

impl Default for Concealer {
    fn default() -> Concealer {
        Concealer { history: vec![0.0; HISTORY], gap: None }
    }
}

impl Concealer {
    /// Appends `count` samples that were never heard to `played`.
    pub fn fill(&mut self, count: usize, played: &mut Vec<f32>) {
        let history = &self.history;
        let gap = self.gap.get_or_insert_with(|| {
            let (_, period) = best_period(|lag| alike(&history[HISTORY - COMPARED..], &history[HISTORY - COMPARED - lag..HISTORY - lag]));
            Gap { period: history[HISTORY - period..].to_vec(), position: 0 }
        });
        let start = played.len();
        played.extend(std::iter::repeat_with(|| gap.next()).take(count));
        self.remember_from(start, played);
    }

    /// Appends `sound` to `played`, without a click where a gap ends.
    pub fn pass(&mut self, sound: &[f32], played: &mut Vec<f32>) {
        let start = played.len();
        played.extend_from_slice(sound);
        if let Some(mut gap) = self.gap.take() {
            for (n, sample) in played[start..].iter_mut().take(CROSSING).enumerate() {
                *sample = crossed(gap.next(), *sample, n);
            }
        }
        self.remember_from(start, played);
    }

    fn remember_from(&mut self, start: usize, played: &[f32]) {
        self.history.extend_from_slice(&played[start..]);
        let surplus = self.history.len() - HISTORY;
        self.history.drain(..surplus);
    }
}

/// `sound` with one pitch period left out, and how many samples are gone; `None` where that would be heard.
pub fn shortened(sound: &[f32]) -> Option<(Vec<f32>, usize)> {
    let (likeness, period) = periodicity(sound)?;
    if likeness < ALIKE && level(sound) > QUIET {
        return None;
    }
    let mut result: Vec<f32> = sound[period..].to_vec();
    for (n, sample) in result.iter_mut().take(CROSSING).enumerate() {
        *sample = crossed(sound[n], *sample, n);
    }
    Some((result, period))
}

/// `sound` with one pitch period played twice, and how many samples were added; `None` where that would be heard.
pub fn lengthened(sound: &[f32]) -> Option<(Vec<f32>, usize)> {
    let (likeness, period) = periodicity(sound)?;
    if likeness < ALIKE && level(sound) > QUIET {
        return None;
    }
    let mut result: Vec<f32> = sound[..period].to_vec();
    result.extend_from_slice(sound);
    for n in 0..CROSSING.min(sound.len() - period) {
        result[period + n] = crossed(sound[period + n], sound[n], n);
    }
    Some((result, period))
}

/// The period at which the beginning of `sound` repeats itself best, and how well it does.
fn periodicity(sound: &[f32]) -> Option<(f32, usize)> {
    let compared = sound.len().checked_sub(LONGEST_PERIOD).filter(|length| *length >= CROSSING)?;
    Some(best_period(|lag| alike(&sound[..compared], &sound[lag..lag + compared])))
}

fn best_period(likeness: impl Fn(usize) -> f32) -> (f32, usize) {
    (SHORTEST_PERIOD..=LONGEST_PERIOD)
        .map(|lag| (likeness(lag), lag))
        .fold((f32::MIN, LONGEST_PERIOD), |best, next| if next.0 > best.0 { next } else { best })
}

/// Correlation, 1.0 for the same shape.
fn alike(one: &[f32], other: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(one, other) / (dot(one, one) * dot(other, other)).sqrt().max(1e-9)
}

fn level(sound: &[f32]) -> f32 {
    (sound.iter().map(|sample| sample * sample).sum::<f32>() / sound.len().max(1) as f32).sqrt()
}

/// The `n`th sample on the way from one sound to another.
fn crossed(from: f32, to: f32, n: usize) -> f32 {
    let share = (n + 1) as f32 / (CROSSING + 1) as f32;
    from * (1.0 - share) + to * share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(frequency_hz: f32, from: usize, count: usize) -> Vec<f32> {
        (from..from + count).map(|n| 0.5 * (std::f32::consts::TAU * frequency_hz * n as f32 / 8_000.0).sin()).collect()
    }

    /// The greatest step between neighbours: a click shows in it.
    fn steepest(sound: &[f32]) -> f32 {
        sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn a_gap_in_a_voice_goes_on_at_its_pitch_and_fades() {
        let mut concealer = Concealer::default();
        let mut played = Vec::new();
        concealer.pass(&tone(160.0, 0, 800), &mut played);
        concealer.fill(160, &mut played);
        let wanted = tone(160.0, 800, 80);
        let error: f32 = played[800..880].iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(error < 0.02, "{error}");
        concealer.fill(480, &mut played);
        assert!(played[played.len() - 100..].iter().all(|sample| *sample == 0.0));
        concealer.pass(&tone(160.0, 1440, 160), &mut played);
        assert!(steepest(&played) < steepest(&tone(160.0, 0, 800)) * 1.5);
    }

    #[test]
    fn a_period_more_or_less_leaves_no_click() {
        let sound = tone(125.0, 0, 320);
        let (short, gone) = shortened(&sound).unwrap();
        let (long, added) = lengthened(&sound).unwrap();
        assert_eq!((short.len(), long.len()), (320 - gone, 320 + added));
        assert_eq!((gone % 64, added % 64), (0, 0), "whole periods of 125 Hz");
        for changed in [short, long] {
            assert!(steepest(&changed) < steepest(&sound) * 1.1);
        }
    }

    #[test]
    fn what_does_not_repeat_itself_is_left_alone() {
        let mut seed = 1u32;
        let noise: Vec<f32> = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / 16_777_216.0 - 0.5
        })
        .take(320)
        .collect();
        assert_eq!(shortened(&noise), None);
        assert_eq!(lengthened(&noise), None);
        assert!(shortened(&[0.0; 320]).is_some());
        assert_eq!(shortened(&noise[..100]), None);
    }
}
