//! What the classifier sees of an utterance: n-grams of characters (words in Latin script), n-grams of sounds, and the
//! concepts in it, alone and in pairs (an action and an object); and how much of it no example says, for what callers say that is none of our
//! business is not like anything. Learning is `learner`'s business.

use super::learner::Feature;
use super::lexicon::Lexicon;
use super::wording::Wording;
use std::collections::HashMap;

/// What an n-gram counts, and what a concept or a pair of concepts does: an action with an object says more than their letters.
const GRAM: f32 = 1.0;
const CONCEPT: f32 = 2.2;
/// What counts how much of an utterance nobody says.
const UNHEARD_OF: f32 = 2.2;

/// Longest word of a concept, in tokens.
const LONGEST_CONCEPT: usize = 6;
/// A concept is recognised by sound alone only from this many syllables on.
const SHORTEST_BY_SOUND: usize = 2;
/// Marks the two ends of an utterance.
const EDGE: u64 = 0xed9e;

/// One character of Chinese, or one word or number of Latin script.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Token {
    written: u64,
    sound: u64,
    /// A word of Latin script; its letters are features of their own.
    latin: bool,
}

/// Which templates say a pair of sounds.
#[derive(Clone, Copy, Debug, PartialEq)]
enum SaidBy {
    Only(usize),
    Several,
}

/// Turns utterances into features.
#[derive(Debug)]
pub struct Extractor {
    /// By pairs of sounds that follow each other.
    said: HashMap<u64, SaidBy>,
    /// Concepts by the hash of a word's tokens.
    by_characters: HashMap<u64, u16>,
    by_sound: HashMap<u64, u16>,
}

impl Extractor {
    pub fn new(lexicon: &Lexicon) -> Extractor {
        let mut by_characters = HashMap::new();
        let mut by_sound = HashMap::new();
        for (place, (_, words)) in lexicon.concepts.iter().enumerate() {
            let concept = u16::try_from(place).expect("a lexicon has a few dozen concepts");
            for word in words {
                let tokens = tokens(&Wording::new(word));
                by_characters.insert(hashed("", tokens.iter().map(|token| token.written)), concept);
                if tokens.len() >= SHORTEST_BY_SOUND {
                    by_sound.entry(hashed("", tokens.iter().map(|token| token.sound))).or_insert(concept);
                }
            }
        }
        Extractor { said: HashMap::new(), by_characters, by_sound }
    }

    /// Takes note of what a template's sentence says.
    pub fn hear(&mut self, sentence: &str, template: usize) {
        for pair in pairs(&tokens(&Wording::new(sentence))) {
            let by = self.said.entry(pair).or_insert(SaidBy::Only(template));
            if *by != SaidBy::Only(template) {
                *by = SaidBy::Several;
            }
        }
    }

    /// How much of an utterance no template says beside its own, in fifths.
    fn unheard_of(&self, tokens: &[Token], own: Option<usize>) -> u64 {
        let known = |pair: &u64| match self.said.get(pair) {
            None => false,
            Some(SaidBy::Only(template)) => own != Some(*template),
            Some(SaidBy::Several) => true,
        };
        let (all, unknown) = pairs(tokens).fold((0, 0), |(all, unknown), pair| (all + 1, unknown + u64::from(!known(&pair))));
        if all == 0 { 0 } else { (unknown * 5).div_ceil(all) }
    }

    /// The features of an utterance, each once. An example must not be known by itself: `own` is the template that it comes from.
    pub fn features(&self, wording: &Wording, own: Option<usize>) -> Vec<Feature> {
        let tokens = tokens(wording);
        let mut out = Vec::with_capacity(tokens.len() * 8 + 32);
        n_grams(&tokens, |token| token.written, 1, 3, "written", &mut out);
        n_grams(&tokens, |token| token.sound, 1, 3, "sound", &mut out);
        letters(wording, &mut out);
        let concepts = self.concepts(&tokens);
        for (place, &concept) in concepts.iter().enumerate() {
            out.extend(concepts.iter().skip(place + 1).map(|&later| hashed("order", [u64::from(concept), u64::from(later)])));
        }
        for three in concepts.windows(3) {
            out.push(hashed("three", three.iter().map(|&concept| u64::from(concept))));
        }
        out.push(hashed("length", [tokens.len().min(12) as u64 / 2]));
        out.push(hashed("concepts", [concepts.len().min(4) as u64]));
        let mut out: Vec<Feature> = out.into_iter().map(|gram| (gram, GRAM)).collect();
        let unheard_of = self.unheard_of(&tokens, own);
        out.push((hashed("unheard of", [unheard_of]), UNHEARD_OF));
        out.push((hashed("unheard of, concepts", [unheard_of, concepts.len().min(3) as u64]), UNHEARD_OF));
        for (place, &concept) in concepts.iter().enumerate() {
            out.push((hashed("concept", [u64::from(concept)]), CONCEPT));
            for &later in concepts.iter().skip(place + 1) {
                let (low, high) = (concept.min(later), concept.max(later));
                out.push((hashed("pair", [u64::from(low), u64::from(high)]), CONCEPT));
            }
        }
        out.sort_unstable_by_key(|&(name, _)| name);
        out.dedup_by_key(|(name, _)| *name);
        out
    }

    /// The concepts of an utterance, by their places in the lexicon.
    pub fn concepts_of(&self, wording: &Wording) -> Vec<u16> {
        self.concepts(&tokens(wording))
    }

    /// The concepts in order, the longest word at each place, without immediate repeats.
    fn concepts(&self, tokens: &[Token]) -> Vec<u16> {
        let mut out: Vec<u16> = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let (mut written, mut sound) = (hashed("", []), hashed("", []));
            let mut found = None;
            for (before, token) in tokens.iter().skip(at).take(LONGEST_CONCEPT).enumerate() {
                (written, sound) = (mixed(written, token.written), mixed(sound, token.sound));
                let concept = self.by_characters.get(&written).or_else(|| self.by_sound.get(&sound));
                found = concept.map(|concept| (*concept, before + 1)).or(found);
            }
            match found {
                Some((concept, length)) => {
                    if out.last() != Some(&concept) && out.len() < 12 {
                        out.push(concept);
                    }
                    at += length;
                }
                None => at += 1,
            }
        }
        out
    }
}

fn tokens(wording: &Wording) -> Vec<Token> {
    let mut out = Vec::new();
    let mut word = String::new();
    for (&character, &sound) in wording.plain.iter().zip(&wording.sounds) {
        if character.is_ascii_alphanumeric() {
            word.push(character);
            continue;
        }
        end_word(&mut word, &mut out);
        if character != ' ' {
            out.push(Token { written: u64::from(u32::from(character)), sound: u64::from(sound), latin: false });
        }
    }
    end_word(&mut word, &mut out);
    out
}

fn end_word(word: &mut String, out: &mut Vec<Token>) {
    if !word.is_empty() {
        let hash = hashed(word, []);
        out.push(Token { written: hash, sound: hash, latin: true });
        word.clear();
    }
}

/// How a sentence begins: n-grams of its first tokens, written and as sounds, from the edge before the first on. Where it ends says nothing, for it may have been
/// cut off there.
pub fn of_beginning(wording: &Wording, most_tokens: usize) -> Vec<Feature> {
    let mut tokens = tokens(wording);
    tokens.truncate(most_tokens);
    let mut out = Vec::with_capacity(tokens.len() * 6);
    let keys: [fn(&Token) -> u64; 2] = [|token| token.written, |token| token.sound];
    for (key, kind) in keys.into_iter().zip(["begins", "begins by sound"]) {
        let keys: Vec<u64> = std::iter::once(EDGE).chain(tokens.iter().map(key)).collect();
        for length in 1..=3 {
            out.extend(keys.windows(length).map(|gram| hashed(kind, gram.iter().copied())));
        }
    }
    out.sort_unstable();
    out.dedup();
    out.into_iter().map(|gram| (gram, GRAM)).collect()
}

/// How many characters of Chinese, and words and numbers of Latin script.
pub fn length(wording: &Wording) -> usize {
    tokens(wording).len()
}

/// The beginnings of a sentence of so many tokens each, as far as it has them, and what it is as a whole up to the longest.
pub fn beginnings(sentence: &str, lengths: &[usize]) -> Vec<Vec<Feature>> {
    let wording = Wording::new(sentence);
    let all = tokens(&wording).len();
    let longest = lengths.iter().copied().max().unwrap_or(0).min(all);
    let mut lengths: Vec<usize> = lengths.iter().copied().filter(|length| *length < longest).chain([longest]).collect();
    lengths.dedup();
    lengths.into_iter().map(|length| of_beginning(&wording, length)).collect()
}

/// Two sounds that follow each other.
fn pairs(tokens: &[Token]) -> impl Iterator<Item = u64> + '_ {
    tokens.windows(2).map(|two| hashed("pair of sounds", two.iter().map(|token| token.sound)))
}

fn n_grams(tokens: &[Token], key: impl Fn(&Token) -> u64, shortest: usize, longest: usize, kind: &str, out: &mut Vec<u64>) {
    let mut keys = Vec::with_capacity(tokens.len() + 2);
    keys.push(EDGE);
    keys.extend(tokens.iter().map(key));
    keys.push(EDGE);
    for length in shortest..=longest {
        out.extend(keys.windows(length).map(|gram| hashed(kind, gram.iter().copied())));
    }
}

/// Four-letter pieces of Latin words, so that `recharging` is near `recharge`.
fn letters(wording: &Wording, out: &mut Vec<u64>) {
    let latin: Vec<u64> = wording.plain.iter().map(|&c| if c.is_ascii_alphanumeric() { u64::from(u32::from(c)) } else { EDGE }).collect();
    out.extend(latin.windows(4).filter(|piece| !piece.contains(&EDGE)).map(|piece| hashed("letters", piece.iter().copied())));
}

/// FNV-1a over a kind and its parts.
fn hashed(kind: &str, parts: impl IntoIterator<Item = u64>) -> u64 {
    parts.into_iter().fold(kind.bytes().fold(0xcbf2_9ce4_8422_2325, fnv), mixed)
}

fn mixed(hash: u64, part: u64) -> u64 {
    part.to_le_bytes().into_iter().fold(hash, fnv)
}

fn fnv(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
}
