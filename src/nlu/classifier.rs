//! Which intent an utterance most likely has, with a probability that means what it says.
//!
//! Learned in memory from the examples. The temperature that makes the probabilities honest comes from templates that the
//! first of two models has not seen.

use super::Intent;
use super::examples::Example;
use super::features::Extractor;
use super::learner::{self, Linear, Sample, Settings};
use super::lexicon::Lexicon;
use super::roughen::roughened;
use super::wording::Wording;

/// One template in this many is held out to measure the temperature.
const FOLDS: usize = 4;

/// A trained classifier of one language.
#[derive(Debug)]
pub struct Classifier {
    extractor: Extractor,
    model: Linear,
    temperature: f32,
}

/// What was tried on templates that were not learned from: the true intent, and the guesses.
pub type Trial = (Example, Vec<(Intent, f32)>);

impl Classifier {
    pub fn learn(examples: &[Example], lexicon: &Lexicon) -> Classifier {
        let extractor = Extractor::new(lexicon);
        let samples = samples(examples, lexicon, &extractor);
        let temperature = {
            let (model, held_out) = fold(&samples, 0);
            let scores: Vec<(Vec<f32>, usize)> =
                held_out.iter().map(|(_, sample)| (model.scores(&sample.features), sample.class)).collect();
            learner::temperature(&scores)
        };
        let all: Vec<&Sample> = samples.iter().map(|(_, sample)| sample).collect();
        let model = Linear::learn(&all, Intent::ALL.len(), Settings::default());
        Classifier { extractor, model, temperature }
    }

    /// Every intent with its probability, likeliest first.
    pub fn classify(&self, wording: &Wording) -> Vec<(Intent, f32)> {
        ranked(&self.model, self.temperature, &self.extractor.features(wording))
    }

    /// Cross-validation over whole templates: how well sentences of a kind never seen are understood.
    pub fn cross_validate(examples: &[Example], lexicon: &Lexicon) -> Vec<Trial> {
        let extractor = Extractor::new(lexicon);
        let samples = samples(examples, lexicon, &extractor);
        let mut trials = Vec::new();
        for held_out in 0..FOLDS {
            let (model, tested) = fold(&samples, held_out);
            let scores: Vec<(Vec<f32>, usize)> = tested.iter().map(|(_, sample)| (model.scores(&sample.features), sample.class)).collect();
            let temperature = learner::temperature(&scores);
            trials.extend(tested.iter().map(|(example, sample)| ((*example).clone(), ranked(&model, temperature, &sample.features))));
        }
        trials
    }
}

type Labelled<'a> = (&'a Example, Sample);

/// Each example as written and once roughened; intents with fewer examples weigh more.
fn samples<'a>(examples: &'a [Example], lexicon: &Lexicon, extractor: &Extractor) -> Vec<Labelled<'a>> {
    let examples: Vec<&Example> = examples.iter().filter(|example| example.learned).collect();
    let mut counts = vec![0_usize; Intent::ALL.len()];
    for example in &examples {
        counts[example.intent as usize] += 1;
    }
    let mean = examples.len() as f32 / counts.len() as f32;
    let mut out = Vec::with_capacity(examples.len() * 2);
    for (seed, example) in examples.into_iter().enumerate() {
        let class = example.intent as usize;
        let weight = (mean / counts[class].max(1) as f32).sqrt().clamp(0.5, 2.0);
        let rough = roughened(&example.text, seed as u64, &lexicon.openers, &lexicon.closers);
        for text in [&example.text, &rough] {
            out.push((example, Sample { features: extractor.features(&Wording::new(text)), class, weight }));
        }
    }
    out
}

/// Learns from all folds but one, and gives back that one.
fn fold<'s, 'a>(samples: &'s [Labelled<'a>], held_out: usize) -> (Linear, Vec<&'s Labelled<'a>>) {
    let (tested, learned): (Vec<&Labelled<'a>>, Vec<&Labelled<'a>>) =
        samples.iter().partition(|(example, _)| example.template % FOLDS == held_out);
    let learned: Vec<&Sample> = learned.iter().map(|(_, sample)| sample).collect();
    (Linear::learn(&learned, Intent::ALL.len(), Settings::default()), tested)
}

fn ranked(model: &Linear, temperature: f32, features: &[u64]) -> Vec<(Intent, f32)> {
    let mut probabilities = model.scores(features);
    learner::softmax(&mut probabilities, temperature);
    let mut ranked: Vec<(Intent, f32)> = Intent::ALL.iter().copied().zip(probabilities).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked
}
