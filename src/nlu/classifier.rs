//! Which intent an utterance most likely has, with a probability that means what it says.
//!
//! Learned in memory from the examples. The temperature that makes the probabilities honest, and the thresholds, come from
//! templates that a first model has not seen.

use super::Intent;
use super::examples::Example;
use super::features::Extractor;
use super::learner::{self, Feature, Linear, Sample, Settings};
use super::lexicon::Lexicon;
use super::repair::{Meant, Repair};
use super::roughen::{broken_off, roughened};
use super::thresholds::Thresholds;
use super::wording::Wording;

/// One template in this many is held out.
const FOLDS: usize = 4;
/// Of one request in this many a fragment is tried.
const FRAGMENTS: u64 = 3;
/// How sure it is that a caller who negates every request says no.
const REFUSED: f32 = 0.9;

/// A trained classifier of one language.
#[derive(Debug)]
pub struct Classifier {
    repair: Repair,
    extractor: Extractor,
    model: Linear,
    temperature: f32,
    pub thresholds: Thresholds,
}

/// What was tried on an example of a template that was not learned from: the guesses, and the thresholds of the fold.
pub struct Trial {
    pub example: Example,
    pub ranked: Vec<(Intent, f32)>,
    pub thresholds: Thresholds,
}

impl Classifier {
    pub fn learn(examples: &[Example], lexicon: &Lexicon) -> Classifier {
        let (repair, extractor) = (Repair::new(lexicon), Extractor::new(lexicon));
        let samples = samples(examples, lexicon, &repair, &extractor);
        let (temperature, thresholds) = {
            let (model, held_out) = fold(&samples, 0);
            calibrated(&model, &held_out)
        };
        let all: Vec<&Sample> = samples.iter().map(|(_, sample)| sample).collect();
        let model = Linear::learn(&all, Intent::ALL.len(), Settings::default());
        Classifier { repair, extractor, model, temperature, thresholds }
    }

    /// Every intent with its probability, likeliest first; of what the caller meant after all.
    pub fn classify(&self, wording: &Wording) -> Vec<(Intent, f32)> {
        let features = match self.repair.meant(wording) {
            Meant::AsSaid => self.extractor.features(wording),
            Meant::Instead(meant) => self.extractor.features(&meant),
            Meant::Refused => return vec![(Intent::Deny, REFUSED)],
        };
        ranked(&self.model, self.temperature, &features)
    }

    /// The utterance after what was corrected in it.
    pub fn corrected(&self, wording: &Wording) -> Option<Wording> {
        self.repair.corrected(wording)
    }

    /// Cross-validation over whole templates: how well sentences of a kind never seen are understood. The temperature and the
    /// thresholds of each fold come from another one.
    pub fn cross_validate(examples: &[Example], lexicon: &Lexicon) -> Vec<Trial> {
        let (repair, extractor) = (Repair::new(lexicon), Extractor::new(lexicon));
        let samples = samples(examples, lexicon, &repair, &extractor);
        let folds: Vec<_> = (0..FOLDS).map(|held_out| fold(&samples, held_out)).collect();
        let marks: Vec<(f32, Thresholds)> = folds.iter().map(|(model, tested)| calibrated(model, tested)).collect();
        let mut trials = Vec::new();
        let is_whole = |(example, sample): &Labelled<'_>| example.intent != Intent::Affirm && sample.class == example.intent as usize;
        for (at, (model, tested)) in folds.iter().enumerate() {
            let Some(&(temperature, thresholds)) = marks.get((at + 1) % FOLDS) else { continue };
            trials.extend(tested.iter().filter(|one| is_whole(one)).map(|(example, sample)| {
                let ranked = match repair.meant(&Wording::new(&example.text)) {
                    Meant::Refused => vec![(Intent::Deny, REFUSED)],
                    _ => ranked(model, temperature, &sample.features),
                };
                Trial { example: (*example).clone(), ranked, thresholds }
            }));
        }
        trials
    }
}

type Labelled<'a> = (&'a Example, Sample);

/// Each example as written and once roughened; intents with fewer examples weigh more.
fn samples<'a>(examples: &'a [Example], lexicon: &Lexicon, repair: &Repair, extractor: &Extractor) -> Vec<Labelled<'a>> {
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
            let wording = Wording::new(text);
            let features = match repair.meant(&wording) {
                Meant::Instead(meant) => extractor.features(&meant),
                Meant::AsSaid | Meant::Refused => extractor.features(&wording),
            };
            out.push((example, Sample { features, class, weight }));
        }
        out.extend(fragment(example, seed as u64, lexicon, extractor));
    }
    out
}

/// Of some requests the beginning, where it asks for nothing yet: callers break off, and lines do. It is nobody's business.
fn fragment<'a>(example: &'a Example, seed: u64, lexicon: &Lexicon, extractor: &Extractor) -> Option<Labelled<'a>> {
    if lexicon.not_enough.is_empty()
        || !seed.is_multiple_of(FRAGMENTS)
        || example.intent.answers()
        || example.intent.steers()
        || example.phrase
    {
        return None;
    }
    let wording = Wording::new(&broken_off(&example.text, seed)?);
    let asks = extractor.concepts_of(&wording).iter().any(|concept| !lexicon.not_enough.contains(concept));
    let sample = || Sample { features: extractor.features(&wording), class: Intent::OutOfScope as usize, weight: 0.5 };
    (!asks && !wording.is_empty()).then(|| (example, sample()))
}

/// Learns from all folds but one, and gives back that one.
fn fold<'s, 'a>(samples: &'s [Labelled<'a>], held_out: usize) -> (Linear, Vec<&'s Labelled<'a>>) {
    let (tested, learned): (Vec<&Labelled<'a>>, Vec<&Labelled<'a>>) =
        samples.iter().partition(|(example, _)| example.template % FOLDS == held_out);
    let learned: Vec<&Sample> = learned.iter().map(|(_, sample)| sample).collect();
    (Linear::learn(&learned, Intent::ALL.len(), Settings::default()), tested)
}

/// The temperature and the thresholds that fit what was held out.
fn calibrated(model: &Linear, held_out: &[&Labelled<'_>]) -> (f32, Thresholds) {
    let scores: Vec<(Vec<f32>, usize)> = held_out.iter().map(|(_, sample)| (model.scores(&sample.features), sample.class)).collect();
    let temperature = learner::temperature(&scores);
    let trials: Vec<(f32, bool)> = scores
        .into_iter()
        .filter_map(|(mut probabilities, class)| {
            learner::softmax(&mut probabilities, temperature);
            no_guessed_yes(&mut probabilities);
            let (best, &confidence) = probabilities.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
            (best != Intent::OutOfScope as usize).then_some((confidence, best == class))
        })
        .collect();
    (temperature, Thresholds::learn(&trials))
}

/// What is like a yes and is none of the known ones asks for nothing: a yes is never guessed (see `yes_no`).
fn no_guessed_yes(probabilities: &mut [f32]) {
    let yes = probabilities.get_mut(Intent::Affirm as usize).map_or(0.0, std::mem::take);
    if let Some(none) = probabilities.get_mut(Intent::OutOfScope as usize) {
        *none += yes;
    }
}

fn ranked(model: &Linear, temperature: f32, features: &[Feature]) -> Vec<(Intent, f32)> {
    let mut probabilities = model.scores(features);
    learner::softmax(&mut probabilities, temperature);
    no_guessed_yes(&mut probabilities);
    let mut ranked: Vec<(Intent, f32)> = Intent::ALL.iter().copied().zip(probabilities).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked
}
