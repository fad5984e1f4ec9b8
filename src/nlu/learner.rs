//! Multinomial logistic regression on sparse binary features, learned by stochastic gradient descent.
//!
//! It knows nothing of language. Twice the same samples give the same model: the order is drawn from a fixed sequence.

use super::template::scramble;
use std::collections::HashMap;

/// Gradients below this change nothing worth the time.
const LEAST_GRADIENT: f32 = 2e-3;

/// How to learn.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub epochs: u32,
    pub rate: f32,
    /// Share of each weight taken off per epoch.
    pub decay: f32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { epochs: 8, rate: 6.0, decay: 0.03 }
    }
}

/// One thing to learn from.
#[derive(Clone, Debug)]
pub struct Sample {
    pub features: Vec<u64>,
    pub class: usize,
    pub weight: f32,
}

/// A learned model.
#[derive(Clone, Debug)]
pub struct Linear {
    classes: usize,
    places: HashMap<u64, u32>,
    /// `classes` weights for each place.
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl Linear {
    pub fn learn(samples: &[&Sample], classes: usize, settings: Settings) -> Linear {
        let mut places = HashMap::new();
        let indexed: Vec<Vec<u32>> = samples
            .iter()
            .map(|sample| {
                let mut indices = Vec::with_capacity(sample.features.len());
                for &feature in &sample.features {
                    let next = u32::try_from(places.len()).expect("fewer features than u32 can count");
                    indices.push(*places.entry(feature).or_insert(next));
                }
                indices
            })
            .collect();
        let mut model = Linear { classes, weights: vec![0.0; places.len() * classes], bias: vec![0.0; classes], places };
        let mut scores = vec![0.0; classes];
        for epoch in 0..settings.epochs {
            let rate = settings.rate / (1.0 + epoch as f32);
            for at in shuffled(samples.len(), epoch) {
                let (Some(sample), Some(indices)) = (samples.get(at), indexed.get(at)) else { continue };
                model.step(sample, indices, rate, &mut scores);
            }
            if epoch + 1 < settings.epochs {
                model.weights.iter_mut().for_each(|weight| *weight *= 1.0 - settings.decay);
            }
        }
        model
    }

    fn step(&mut self, sample: &Sample, indices: &[u32], rate: f32, scores: &mut [f32]) {
        let value = value_of(sample.features.len());
        self.score(indices.iter().copied(), value, scores);
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
        for &index in indices {
            let start = index as usize * self.classes;
            let Some(row) = self.weights.get_mut(start..start + self.classes) else { continue };
            for &(class, gradient) in &gradients {
                if let Some(weight) = row.get_mut(class) {
                    *weight -= step * gradient * value;
                }
            }
        }
    }

    fn score(&self, indices: impl Iterator<Item = u32>, value: f32, scores: &mut [f32]) {
        scores.fill(0.0);
        for index in indices {
            let start = index as usize * self.classes;
            let Some(row) = self.weights.get(start..start + self.classes) else { continue };
            for (score, weight) in scores.iter_mut().zip(row) {
                *score += weight;
            }
        }
        for (score, bias) in scores.iter_mut().zip(&self.bias) {
            *score = *score * value + bias;
        }
    }

    /// Scores of each class before any normalising; unknown features weaken them all.
    pub fn scores(&self, features: &[u64]) -> Vec<f32> {
        let mut scores = vec![0.0; self.classes];
        let known = features.iter().filter_map(|feature| self.places.get(feature).copied());
        self.score(known, value_of(features.len()), &mut scores);
        scores
    }
}

/// Every utterance has length 1, however many features it has.
fn value_of(features: usize) -> f32 {
    1.0 / (features.max(1) as f32).sqrt()
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
        (0..60).map(|n| Sample { features: vec![n % 3, 10 + n % 7], class: (n % 3) as usize, weight: 1.0 }).collect()
    }

    #[test]
    fn learns_what_can_be_learned_and_always_the_same() {
        let samples = samples();
        let samples: Vec<&Sample> = samples.iter().collect();
        let model = Linear::learn(&samples, 3, Settings::default());
        for class in 0..3 {
            let scores = model.scores(&[class, 12]);
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
