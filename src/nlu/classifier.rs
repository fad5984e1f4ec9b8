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
/// The class of fragments, beside those of the intents; who asks never sees it (see `settled`).
const FRAGMENT: usize = Intent::ALL.len();
const CLASSES: usize = FRAGMENT + 1;
/// Between the seeds of one sentence's rough forms.
const APART: u64 = 1 << 32;
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
        let (repair, extractor) = (Repair::new(lexicon), extractor(examples, lexicon));
        let samples = samples(examples, lexicon, &repair, &extractor);
        let (temperature, thresholds) = {
            let (model, held_out) = fold(&samples, 0);
            calibrated(&model, &held_out)
        };
        let all: Vec<&Sample> = samples.iter().map(|(_, sample)| sample).collect();
        let model = Linear::learn(&all, CLASSES, Settings::default());
        Classifier { repair, extractor, model, temperature, thresholds }
    }

    /// Every intent with its probability, likeliest first; of what the caller meant after all. `heard` is how sure it is that these are
    /// the caller's words.
    pub fn classify(&self, wording: &Wording, heard: f32) -> Vec<(Intent, f32)> {
        let features = match self.repair.meant(wording) {
            Meant::AsSaid => self.extractor.features(wording, None),
            Meant::Instead(meant) => self.extractor.features(&meant, None),
            Meant::Refused => return vec![(Intent::Deny, REFUSED)],
        };
        ranked(&self.model, self.temperature, &features, heard)
    }

    /// Whether everything that the utterance asks for is said no to.
    pub fn is_refused(&self, wording: &Wording) -> bool {
        self.repair.meant(wording) == Meant::Refused
    }

    /// The utterance after what was corrected in it.
    pub fn corrected(&self, wording: &Wording) -> Option<Wording> {
        self.repair.corrected(wording)
    }

    /// Cross-validation over whole templates: how well sentences of a kind never seen are understood. The temperature and the
    /// thresholds of each fold come from another one.
    pub fn cross_validate(examples: &[Example], lexicon: &Lexicon) -> Vec<Trial> {
        let (repair, extractor) = (Repair::new(lexicon), extractor(examples, lexicon));
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
                    _ => ranked(model, temperature, &sample.features, 1.0),
                };
                Trial { example: (*example).clone(), ranked, thresholds }
            }));
        }
        trials
    }
}

/// What turns utterances into features, knowing what the examples say.
fn extractor(examples: &[Example], lexicon: &Lexicon) -> Extractor {
    let mut extractor = Extractor::new(lexicon);
    examples
        .iter()
        .filter(|example| example.learned && example.intent != Intent::OutOfScope)
        .for_each(|one| extractor.hear(&one.text, one.template));
    extractor
}

type Labelled<'a> = (&'a Example, Sample);

/// Each example as written and roughened; intents with fewer examples weigh more.
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
        let rough = |form: u64| roughened(&example.text, seed as u64 + form * APART, &lexicon.openers, &lexicon.closers);
        for text in std::iter::once(example.text.clone()).chain((0..example.forms).map(rough)) {
            let wording = Wording::new(&text);
            let features = match repair.meant(&wording) {
                Meant::Instead(meant) => extractor.features(&meant, Some(example.template)),
                Meant::AsSaid | Meant::Refused => extractor.features(&wording, Some(example.template)),
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
    let sample = || Sample { features: extractor.features(&wording, Some(example.template)), class: FRAGMENT, weight: 0.5 };
    (!asks && !wording.is_empty()).then(|| (example, sample()))
}

/// Learns from all folds but one, and gives back that one.
fn fold<'s, 'a>(samples: &'s [Labelled<'a>], held_out: usize) -> (Linear, Vec<&'s Labelled<'a>>) {
    let (tested, learned): (Vec<&Labelled<'a>>, Vec<&Labelled<'a>>) =
        samples.iter().partition(|(example, _)| example.template % FOLDS == held_out);
    let learned: Vec<&Sample> = learned.iter().map(|(_, sample)| sample).collect();
    (Linear::learn(&learned, CLASSES, Settings::default()), tested)
}

/// The temperature and the thresholds that fit what was held out.
fn calibrated(model: &Linear, held_out: &[&Labelled<'_>]) -> (f32, Thresholds) {
    let scores: Vec<(Vec<f32>, usize)> = held_out.iter().map(|(_, sample)| (model.scores(&sample.features), sample.class)).collect();
    let temperature = learner::temperature(&scores);
    let scores: Vec<(Vec<f32>, usize)> = scores
        .into_iter()
        .map(|(mut probabilities, class)| {
            learner::softmax(&mut probabilities, temperature);
            settled(&mut probabilities, 1.0);
            (probabilities, class)
        })
        .collect();
    let none = Intent::OutOfScope as usize;
    let asked_for = scores.iter().filter(|(_, class)| *class != Intent::Affirm as usize);
    let strangers: Vec<(f32, bool)> =
        asked_for.filter_map(|(probabilities, class)| Some((*probabilities.get(none)?, *class == none || *class == FRAGMENT))).collect();
    let trials: Vec<(f32, bool)> = scores
        .into_iter()
        .filter_map(|(probabilities, class)| {
            let (best, &confidence) = probabilities.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
            (best != Intent::OutOfScope as usize).then_some((confidence, best == class))
        })
        .collect();
    (temperature, Thresholds::learn(&trials, &strangers))
}

/// The probabilities of the intents alone. What is like a yes and is none of the known ones asks for nothing: a yes is never guessed (see
/// `yes_no`). What breaks off, or is like nothing that we do, is nobody's business if these are the caller's words; if they are not, the line
/// twisted them, and what remains says what they may have been.
fn settled(probabilities: &mut Vec<f32>, heard: f32) {
    probabilities.resize(CLASSES, 0.0);
    let strangers = [FRAGMENT, Intent::Affirm as usize, Intent::OutOfScope as usize];
    let none: f32 = strangers.iter().filter_map(|class| probabilities.get_mut(*class).map(std::mem::take)).sum();
    probabilities.truncate(FRAGMENT);
    let (kept, rest) = (none * heard.clamp(0.0, 1.0), 1.0 - none);
    let share = if rest > 0.0 { (1.0 - kept) / rest } else { 0.0 };
    probabilities.iter_mut().for_each(|probability| *probability *= share);
    if let Some(out_of_scope) = probabilities.get_mut(Intent::OutOfScope as usize) {
        *out_of_scope = kept;
    }
}

fn ranked(model: &Linear, temperature: f32, features: &[Feature], heard: f32) -> Vec<(Intent, f32)> {
    let mut probabilities = model.scores(features);
    learner::softmax(&mut probabilities, temperature);
    settled(&mut probabilities, heard);
    let mut ranked: Vec<(Intent, f32)> = Intent::ALL.iter().copied().zip(probabilities).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_seems_nobodys_business_counts_by_how_surely_it_was_heard() {
        let mut probabilities = vec![0.0; CLASSES];
        probabilities[FRAGMENT] = 0.6;
        probabilities[Intent::QueryBill as usize] = 0.3;
        probabilities[Intent::OutOfScope as usize] = 0.1;
        let of = |heard: f32| {
            let mut probabilities = probabilities.clone();
            settled(&mut probabilities, heard);
            assert!((probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-4, "{probabilities:?}");
            (probabilities[Intent::QueryBill as usize], probabilities[Intent::OutOfScope as usize])
        };
        let close = |(a, b): (f32, f32), (c, d): (f32, f32)| assert!((a - c).abs() < 1e-4 && (b - d).abs() < 1e-4, "{a} {b}");
        close(of(1.0), (0.3, 0.7));
        close(of(0.0), (1.0, 0.0));
        close(of(0.5), (0.65, 0.35));
    }
}
