//! Multinomial logistic regression on sparse features, learned by stochastic gradient descent. In each round some features of
//! each sample are left out (dropout), so that no single one decides: what callers say is never whole.
//!
//! It knows nothing of language. Twice the same samples give the same model: the order is drawn from a fixed sequence.

use super::template::scramble;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Gradients below this change nothing worth the time.
const LEAST_GRADIENT: f32 = 2e-3;

/// What was seen of an utterance: a feature's name, hashed, and how much it counts.
pub type Feature = (u64, f32);

/// How to learn.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub epochs: u32,
    pub rate: f32,
    /// Share of each weight taken off per epoch.
    pub decay: f32,
    /// Share of the features left out, in thousandths.
    pub dropout: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { epochs: 8, rate: 6.0, decay: 0.03, dropout: 300 }
    }
}

/// One thing to learn from.
#[derive(Clone, Debug)]
pub struct Sample {
    pub features: Vec<Feature>,
    pub class: usize,
    pub weight: f32,
}

/// A feature's place among those of a model, and how much it counts.
type Indexed = (u32, f32);

/// A feature's name is a hash already.
#[derive(Clone, Copy, Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, &byte| (hash << 8) ^ u64::from(byte));
    }

    fn write_u64(&mut self, name: u64) {
        self.0 = name;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A learned model.
#[derive(Clone, Debug)]
pub struct Linear {
    classes: usize,
    places: HashMap<u64, u32, BuildHasherDefault<Hashed>>,
    /// `classes` weights for each place.
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl Linear {
    pub fn learn(samples: &[&Sample], classes: usize, settings: Settings) -> Linear {
        let mut places: HashMap<u64, u32, BuildHasherDefault<Hashed>> = HashMap::default();
        let indexed: Vec<Vec<Indexed>> = samples
            .iter()
            .map(|sample| {
                let place = |&(feature, value): &Feature| {
                    let next = u32::try_from(places.len()).expect("fewer features than u32 can count");
                    (*places.entry(feature).or_insert(next), value)
                };
                sample.features.iter().map(place).collect()
            })
            .collect();
        let mut model = Linear { classes, weights: vec![0.0; places.len() * classes], bias: vec![0.0; classes], places };
        let mut scores = vec![0.0; classes];
        let mut kept: Vec<Indexed> = Vec::new();
        for epoch in 0..settings.epochs {
            let rate = settings.rate / (1.0 + epoch as f32);
            for at in shuffled(samples.len(), epoch) {
                let (Some(sample), Some(indices)) = (samples.get(at), indexed.get(at)) else { continue };
                let draw = |place: usize| scramble((u64::from(epoch) << 48) ^ ((at as u64) << 16) ^ place as u64) % 1000;
                kept.clear();
                kept.extend(indices.iter().enumerate().filter(|(place, _)| draw(*place) >= settings.dropout).map(|(_, feature)| *feature));
                model.step(sample, &kept, rate, &mut scores);
            }
            if epoch + 1 < settings.epochs {
                model.weights.iter_mut().for_each(|weight| *weight *= 1.0 - settings.decay);
            }
        }
        model
    }

    fn step(&mut self, sample: &Sample, features: &[Indexed], rate: f32, scores: &mut [f32]) {
        let scale = scale(features.iter().map(|&(_, value)| value));
        self.score(features.iter().copied(), scale, scores);
        softmax(scores, 1.0);
        let step = rate * sample.weight;
        let gradients: Vec<(usize, f32)> = scores
            .iter()
            .enumerate()
            .map(|(class, probability)| (class, probability - if class == sample.class { 1.0 } else { 0.0 }))
            .filter(|(_, gradient)| gradient.abs() > LEAST_GRADIENT)
            .collect();
        for &(class, gradient) in &gradients {
            if let Some(bias) = self.bias.get_mut(class) {
                *bias -= step * gradient * 0.02;
            }
        }
        for &(index, value) in features {
            let start = index as usize * self.classes;
            let Some(row) = self.weights.get_mut(start..start + self.classes) else { continue };
            for &(class, gradient) in &gradients {
                if let Some(weight) = row.get_mut(class) {
                    *weight -= step * gradient * value * scale;
                }
            }
        }
    }

    fn score(&self, features: impl Iterator<Item = Indexed>, scale: f32, scores: &mut [f32]) {
        scores.fill(0.0);
        for (index, value) in features {
            let start = index as usize * self.classes;
            let Some(row) = self.weights.get(start..start + self.classes) else { continue };
            for (score, weight) in scores.iter_mut().zip(row) {
                *score += weight * value;
            }
        }
        for (score, bias) in scores.iter_mut().zip(&self.bias) {
            *score = *score * scale + bias;
        }
    }

    /// Scores of each class before any normalising; unknown features weaken them all.
    pub fn scores(&self, features: &[Feature]) -> Vec<f32> {
        let mut scores = vec![0.0; self.classes];
        let known = features.iter().filter_map(|(feature, value)| Some((*self.places.get(feature)?, *value)));
        self.score(known, scale(features.iter().map(|&(_, value)| value)), &mut scores);
        scores
    }
}

/// Every utterance has length 1, however many features it has.
fn scale(values: impl Iterator<Item = f32>) -> f32 {
    1.0 / values.map(|value| value * value).sum::<f32>().max(1.0).sqrt()
}

/// Scores to probabilities; a higher temperature is less sure.
pub fn softmax(scores: &mut [f32], temperature: f32) {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = ((*score - most) / temperature).exp();
        sum += *score;
    }
    scores.iter_mut().for_each(|score| *score /= sum);
}

/// The temperature under which `held_out` (scores and the true class) is most likely.
pub fn temperature(held_out: &[(Vec<f32>, usize)]) -> f32 {
    let loss = |temperature: f32| -> f32 {
        held_out
            .iter()
            .map(|(scores, class)| {
                let mut probabilities = scores.clone();
                softmax(&mut probabilities, temperature);
                -probabilities.get(*class).copied().unwrap_or(0.0).max(1e-6).ln()
            })
            .sum()
    };
    (4..=40).map(|tenths| tenths as f32 / 10.0).min_by(|a, b| loss(*a).total_cmp(&loss(*b))).unwrap_or(1.0)
}

/// Fisher and Yates, from a fixed sequence.
fn shuffled(count: usize, round: u32) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for at in (1..count).rev() {
        let other = scramble((u64::from(round) << 40) | at as u64) % (at as u64 + 1);
        order.swap(at, other as usize);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Vec<Sample> {
        (0..60).map(|n| Sample { features: vec![(n % 3, 1.0), (10 + n % 7, 1.0)], class: (n % 3) as usize, weight: 1.0 }).collect()
    }

    #[test]
    fn learns_what_can_be_learned_and_always_the_same() {
        let samples = samples();
        let samples: Vec<&Sample> = samples.iter().collect();
        let model = Linear::learn(&samples, 3, Settings::default());
        for class in 0..3 {
            let scores = model.scores(&[(class, 1.0), (12, 1.0)]);
            let best = (0..3).max_by(|a, b| scores[*a].total_cmp(&scores[*b]));
            assert_eq!(best, Some(class as usize));
        }
        assert_eq!(model.weights, Linear::learn(&samples, 3, Settings::default()).weights);
    }

    #[test]
    fn unsure_models_get_a_high_temperature() {
        let right = vec![(vec![4.0, 0.0], 0); 10];
        let mixed: Vec<_> = right.iter().cloned().chain(vec![(vec![4.0, 0.0], 1); 8]).collect();
        assert!(temperature(&mixed) > temperature(&right));
    }
}
