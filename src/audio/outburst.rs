//! Short sounds of people and rooms that are no words, made from a seed: what must not end a prompt.

use super::CALL_RATE_HZ;
use super::noise::white;

/// What kind of sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outburst {
    Cough,
    ClearedThroat,
    Breath,
    Clap,
    Door,
}

pub const ALL: [Outburst; 5] = [Outburst::Cough, Outburst::ClearedThroat, Outburst::Breath, Outburst::Clap, Outburst::Door];

impl Outburst {
    /// The stable name, as in tables.
    pub fn name(self) -> &'static str {
        match self {
            Outburst::Cough => "cough",
            Outburst::ClearedThroat => "cleared throat",
            Outburst::Breath => "breath",
            Outburst::Clap => "clap",
            Outburst::Door => "door",
        }
    }

    /// One such sound at [`CALL_RATE_HZ`], its peak at 1.0; another seed gives another.
    pub fn sound(self, seed: u64) -> Vec<f32> {
        let mut dice = Dice(seed.wrapping_mul(5).wrapping_add(self as u64));
        let mut sound = match self {
            Outburst::Cough => coughs(&mut dice),
            Outburst::ClearedThroat => voiced(&mut dice, 0.35, (95.0, 85.0), 0.5),
            Outburst::Breath => breath(&mut dice),
            Outburst::Clap => clap(&mut dice),
            Outburst::Door => door(&mut dice),
        };
        let peak = sound.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs())).max(1e-6);
        sound.iter_mut().for_each(|sample| *sample /= peak);
        sound
    }
}

/// Numbers from a seed.
struct Dice(u64);

impl Dice {
    /// Evenly between the two.
    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.noise(1).first().copied().unwrap_or(0.0) + 1.0) / 2.0
    }

    fn noise(&mut self, samples: usize) -> Vec<f32> {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        white(samples, self.0)
    }
}

fn samples(seconds: f32) -> usize {
    (seconds * CALL_RATE_HZ as f32) as usize
}

/// One to three coughs: the glottis opens (a burst), air rushes (noise that fades), the folds may close again (a short voiced tail).
fn coughs(dice: &mut Dice) -> Vec<f32> {
    let mut sound = Vec::new();
    for _ in 0..dice.between(1.0, 3.99) as usize {
        let (burst, rush) = (dice.between(0.03, 0.07), dice.between(0.12, 0.25));
        let air = dice.noise(samples(burst + rush));
        let mut part = throat(&air, dice.between(0.9, 1.15));
        for (n, sample) in part.iter_mut().enumerate() {
            let at = n as f32 / CALL_RATE_HZ as f32;
            *sample *= if at < burst { (at / 0.004).min(1.0) } else { 0.35 * (-(at - burst) / 0.09).exp() };
        }
        sound.extend(part);
        if dice.between(0.0, 1.0) > 0.5 {
            let length = dice.between(0.08, 0.15);
            sound.extend(voiced(dice, length, (220.0, 140.0), 0.3).into_iter().map(|sample| sample * 0.5));
        }
        sound.extend(vec![0.0; samples(dice.between(0.06, 0.25))]);
    }
    sound
}

/// Rough pulses between two pitches, with breath in them.
fn voiced(dice: &mut Dice, seconds: f32, (from_hz, to_hz): (f32, f32), breath: f32) -> Vec<f32> {
    let length = samples(seconds);
    let mut pulses: Vec<f32> = dice.noise(length).iter().map(|sample| sample * breath * 0.1).collect();
    let mut at = 0.0;
    while (at as usize) < length {
        let done = at / length as f32;
        if let Some(pulse) = pulses.get_mut(at as usize) {
            *pulse += dice.between(0.5, 1.0);
        }
        at += CALL_RATE_HZ as f32 / (from_hz + (to_hz - from_hz) * done) * dice.between(0.85, 1.15);
    }
    let mut sound = throat(&pulses, dice.between(0.9, 1.15));
    for (n, sample) in sound.iter_mut().enumerate() {
        *sample *= (std::f32::consts::PI * n as f32 / length as f32).sin().powf(0.5);
    }
    sound
}

fn breath(dice: &mut Dice) -> Vec<f32> {
    let length = samples(dice.between(0.5, 1.1));
    let air = dice.noise(length);
    let mut sound = resonated(&air, dice.between(900.0, 1_500.0), 900.0);
    for (n, sample) in sound.iter_mut().enumerate() {
        *sample *= (std::f32::consts::PI * n as f32 / length as f32).sin().powi(2);
    }
    sound
}

fn clap(dice: &mut Dice) -> Vec<f32> {
    let air = dice.noise(samples(0.25));
    let mut sound = resonated(&air, dice.between(1_000.0, 2_200.0), 1_400.0);
    let (hands, room) = (dice.between(0.006, 0.014), dice.between(0.05, 0.09));
    for (n, sample) in sound.iter_mut().enumerate() {
        let at = n as f32 / CALL_RATE_HZ as f32;
        *sample *= (-at / hands).exp() + 0.1 * (-at / room).exp();
    }
    sound
}

fn door(dice: &mut Dice) -> Vec<f32> {
    let air = dice.noise(samples(0.5));
    let low = resonated(&air, dice.between(90.0, 180.0), 90.0);
    let high = resonated(&air, dice.between(500.0, 900.0), 500.0);
    let fade = dice.between(0.05, 0.1);
    low.iter()
        .zip(&high)
        .enumerate()
        .map(|(n, (low, high))| (low + 0.5 * high) * (-(n as f32) / CALL_RATE_HZ as f32 / fade).exp())
        .collect()
}

/// The resonances of an open throat, `size` times those of a grown person.
fn throat(air: &[f32], size: f32) -> Vec<f32> {
    let formants = [(550.0, 120.0, 1.0), (1_450.0, 200.0, 0.6), (2_500.0, 300.0, 0.35), (3_400.0, 500.0, 0.2)];
    let mut sound = vec![0.0; air.len()];
    for (centre_hz, width_hz, gain) in formants {
        sound.iter_mut().zip(resonated(air, centre_hz * size, width_hz)).for_each(|(sum, sample)| *sum += sample * gain);
    }
    sound
}

/// Through one resonance (two poles), its gain at the centre about one.
fn resonated(air: &[f32], centre_hz: f32, width_hz: f32) -> Vec<f32> {
    let rate = CALL_RATE_HZ as f32;
    let radius = (-std::f32::consts::PI * width_hz / rate).exp();
    let turn = std::f32::consts::TAU * centre_hz / rate;
    let (first, second) = (2.0 * radius * turn.cos(), -radius * radius);
    let gain = (1.0 - radius) * (1.0 - 2.0 * radius * (2.0 * turn).cos() + radius * radius).sqrt();
    let mut before = [0.0f32; 2];
    air.iter()
        .map(|sample| {
            let out = gain * sample + first * before[0] + second * before[1];
            before = [out, before[0]];
            out
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_sound_and_another_another() {
        for kind in ALL {
            let sound = kind.sound(7);
            assert_eq!(sound, kind.sound(7), "{}", kind.name());
            assert_ne!(sound, kind.sound(8), "{}", kind.name());
            let seconds = sound.len() as f32 / CALL_RATE_HZ as f32;
            assert!((0.2..2.5).contains(&seconds), "{}: {seconds} s", kind.name());
            let peak = sound.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
            assert!((peak - 1.0).abs() < 1e-3 && sound.iter().all(|sample| sample.is_finite()), "{}: {peak}", kind.name());
        }
    }

    #[test]
    fn a_clap_is_over_at_once_and_a_breath_swells() {
        let energy = |sound: &[f32]| sound.iter().map(|sample| sample * sample).sum::<f32>();
        let clap = Outburst::Clap.sound(3);
        assert!(energy(&clap[..samples(0.03)]) > 0.8 * energy(&clap));
        let breath = Outburst::Breath.sound(3);
        assert!(energy(&breath[..breath.len() / 5]) < 0.1 * energy(&breath));
    }
}
