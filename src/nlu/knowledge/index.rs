//! How well the entries answer to a question: BM25 over words, characters, pairs of characters, pairs of sounds, and concepts.
//!
//! Sounds are folded over the confusions of the telephone, so that a misheard word still finds its entry; concepts are the lexicon's
//! words of one meaning. What was tried beside it, and the figures, are in `benches/knowledge.md`.

use super::entry::Entry;
use crate::nlu::wording::Wording;
use crate::text::{Lang, words};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// What each kind of feature counts for beside the others.
const WORD: f32 = 1.0;
const CONCEPT: f32 = 1.0;
const SOUNDS: f32 = 0.7;
const CHARACTERS: f32 = 0.5;
const LETTERS: f32 = 0.5;
const CHARACTER: f32 = 0.3;
/// Length of a piece of a Latin word, so that `recharging` is near `recharge`.
const PIECE: usize = 4;

/// BM25's constants, as everywhere.
const K1: f32 = 1.2;
const B: f32 = 0.75;

type Feature = u64;

/// One language's entries, by feature.
#[derive(Debug)]
pub struct Index {
    lang: Lang,
    /// Words of one meaning; a list a concept.
    concepts: Vec<Vec<String>>,
    postings: HashMap<Feature, Posting>,
    /// Of each entry, the features of each of its wordings.
    wordings: Vec<Vec<HashMap<Feature, f32>>>,
}

/// Where a feature stands.
#[derive(Debug, Default)]
struct Posting {
    rarity: f32,
    /// Entries, and what one occurrence of the feature in a question is worth there, 0.0..=1.0.
    entries: Vec<(usize, f32)>,
}

/// What a question found.
#[derive(Debug)]
pub struct Found {
    /// How well each entry answers to it, 0.0..=1.0, in the order of the entries.
    pub scores: Vec<f32>,
    /// The share of the question's weight that any entry has, 0.0..=1.0.
    pub known: f32,
    /// The question's weight.
    pub weight: f32,
}

impl Index {
    /// `concepts` are the lexicon's words of one meaning.
    pub fn new(entries: &[Entry], lang: Lang, concepts: &[(String, Vec<String>)]) -> Index {
        let plain = |words: &Vec<String>| words.iter().map(|word| bounded(&Wording::new(word).text(), lang)).collect();
        let concepts = concepts.iter().map(|(_, words)| plain(words)).collect();
        let mut index = Index { lang, concepts, postings: HashMap::new(), wordings: Vec::new() };
        index.wordings = entries.iter().map(|entry| index.wordings_of(entry)).collect();
        let counted: Vec<HashMap<Feature, f32>> = index.wordings.iter().map(|wordings| count(wordings)).collect();
        let lengths: Vec<f32> = counted.iter().map(|counts| counts.values().sum()).collect();
        let mean = lengths.iter().sum::<f32>() / entries.len().max(1) as f32;
        for (at, (counts, length)) in counted.into_iter().zip(lengths).enumerate() {
            for (feature, count) in counts {
                let worth = count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length / mean)) / (K1 + 1.0);
                index.postings.entry(feature).or_default().entries.push((at, worth));
            }
        }
        for posting in index.postings.values_mut() {
            posting.rarity = rarity(posting.entries.len(), entries.len());
        }
        index
    }

    fn wordings_of(&self, entry: &Entry) -> Vec<HashMap<Feature, f32>> {
        let wordings = entry.wordings(self.lang);
        [&wordings.question].into_iter().chain(&wordings.variants).map(|text| self.features(&Wording::new(text))).collect()
    }

    fn weight(&self, feature: Feature, kind: f32) -> f32 {
        kind * self.postings.get(&feature).map_or_else(|| rarity(0, self.wordings.len()), |posting| posting.rarity)
    }

    /// How alike the question and the nearest wording of the entry in place `entry` are, 0.0..=1.0.
    pub fn nearest(&self, question: &Wording, entry: usize) -> f32 {
        let asked = self.features(question);
        let weight = |features: &HashMap<Feature, f32>| features.iter().map(|(feature, kind)| self.weight(*feature, *kind)).sum::<f32>();
        let whole = weight(&asked);
        let alike = |wording: &HashMap<Feature, f32>| {
            let common = asked.iter().filter(|(feature, _)| wording.contains_key(feature));
            let common: f32 = common.map(|(feature, kind)| self.weight(*feature, *kind)).sum();
            common / (whole * weight(wording)).sqrt().max(f32::EPSILON)
        };
        self.wordings.get(entry).into_iter().flatten().map(alike).fold(0.0, f32::max).min(1.0)
    }

    /// A perfect score would be an entry made of nothing but the question.
    pub fn find(&self, question: &Wording) -> Found {
        let mut scores = vec![0.0_f32; self.wordings.len()];
        let (mut all, mut known) = (0.0_f32, 0.0_f32);
        for (feature, kind) in self.features(question) {
            let Some(posting) = self.postings.get(&feature) else {
                all += kind * rarity(0, self.wordings.len());
                continue;
            };
            let weight = kind * posting.rarity;
            all += weight;
            known += weight;
            for (entry, worth) in &posting.entries {
                if let Some(score) = scores.get_mut(*entry) {
                    *score += weight * worth;
                }
            }
        }
        let whole = all.max(f32::EPSILON);
        scores.iter_mut().for_each(|score| *score /= whole);
        Found { scores, known: known / whole, weight: whole }
    }

    /// The features of a wording, each once, with what its kind counts for.
    fn features(&self, wording: &Wording) -> HashMap<Feature, f32> {
        let text = wording.text();
        let mut out = HashMap::new();
        for word in words::slices(&text).into_iter().filter(|word| !word.trim().is_empty()) {
            out.insert(feature("word", word), WORD);
            if word.is_ascii() {
                let letters: Vec<char> = word.chars().collect();
                out.extend(letters.windows(PIECE).map(|piece| (feature("letters", piece), LETTERS)));
            }
        }
        if self.lang == Lang::Zh {
            out.extend(wording.plain.iter().map(|one| (feature("character", one), CHARACTER)));
            out.extend(wording.plain.windows(2).map(|pair| (feature("characters", pair), CHARACTERS)));
            out.extend(wording.sounds.windows(2).map(|pair| (feature("sounds", pair), SOUNDS)));
        }
        let text = bounded(&text, self.lang);
        let meant = self.concepts.iter().enumerate().filter(|(_, words)| words.iter().any(|word| text.contains(word.as_str())));
        out.extend(meant.map(|(concept, _)| (feature("concept", concept), CONCEPT)));
        out
    }
}

/// In how many of an entry's wordings each feature stands.
fn count(wordings: &[HashMap<Feature, f32>]) -> HashMap<Feature, f32> {
    let mut counts = HashMap::new();
    for feature in wordings.iter().flat_map(HashMap::keys) {
        *counts.entry(*feature).or_insert(0.0) += 1.0;
    }
    counts
}

/// Latin words are looked for whole, Chinese ones wherever they stand.
fn bounded(text: &str, lang: Lang) -> String {
    if lang == Lang::En { format!(" {text} ") } else { text.to_owned() }
}

/// The fewer of `all` entries have it, the more it says (BM25's inverse document frequency).
fn rarity(having: usize, all: usize) -> f32 {
    let (having, all) = (having as f32, all as f32);
    (1.0 + (all - having + 0.5) / (having + 0.5)).ln()
}

fn feature(kind: &str, part: impl Hash) -> Feature {
    let mut hasher = DefaultHasher::new();
    kind.hash(&mut hasher);
    part.hash(&mut hasher);
    hasher.finish()
}
