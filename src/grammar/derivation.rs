//! How a stretch of a phrase was matched: derivations in one arena, joined and ranked, the few best of each kept.
//!
//! Two derivations that show the same words, tags and rules in the same order are one, however the grammar came to
//! them: that keeps ambiguous grammars from filling the list with copies.

use super::program::RuleId;

pub type DerivationId = u32;

/// The derivation of silence.
pub const SILENCE: DerivationId = 0;

#[derive(Clone, Copy, Debug)]
pub enum Part {
    Silence,
    Token(u32),
    Tag(u32),
    /// A rule reference: its label and what the rule matched.
    Call {
        label: u32,
        rule: RuleId,
        inner: DerivationId,
    },
    Pair(DerivationId, DerivationId),
}

#[derive(Clone, Copy, Debug)]
pub struct Derivation {
    pub part: Part,
    /// Of what it shows; a pair's follows from its halves whatever their grouping.
    hash: u64,
    power: u64,
    /// How many things it shows.
    shown: u32,
    /// Distance in sound; 0.0 for the very words.
    pub cost: f32,
    /// Units that GARBAGE swallowed.
    pub garbage: u32,
    /// Sum of the logarithms of weights.
    pub weight: f32,
}

/// More than any phrase needs; grammars of nested repeats of tags would show more things than memory holds.
const MOST_SHOWN: u32 = 4096;
/// A Mersenne prime: hashes are polynomials modulo it.
const PRIME: u64 = (1 << 61) - 1;
const BASE: u64 = 0x1d8a_3f5c_9e4b_7261 % PRIME;

fn times(a: u64, b: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(PRIME)) as u64
}

fn plus(a: u64, b: u64) -> u64 {
    ((u128::from(a) + u128::from(b)) % u128::from(PRIME)) as u64
}

fn mix(kind: u64, a: u64, b: u64) -> u64 {
    use std::hash::{DefaultHasher, Hasher};
    let mut hasher = DefaultHasher::new();
    hasher.write_u64(kind);
    hasher.write_u64(a);
    hasher.write_u64(b);
    hasher.finish() % PRIME
}

#[derive(Debug)]
pub struct Arena {
    all: Vec<Derivation>,
    most: usize,
}

impl Arena {
    /// `most` bounds the work of a match: every step of it makes a derivation.
    pub fn new(most: usize) -> Arena {
        let silence = Derivation { part: Part::Silence, hash: 0, power: 1, shown: 0, cost: 0.0, garbage: 0, weight: 0.0 };
        Arena { all: vec![silence], most }
    }

    pub fn is_full(&self) -> bool {
        self.all.len() >= self.most
    }

    pub fn get(&self, id: DerivationId) -> &Derivation {
        &self.all[id as usize]
    }

    fn add(&mut self, derivation: Derivation) -> DerivationId {
        self.all.push(derivation);
        self.all.len() as DerivationId - 1
    }

    pub fn token(&mut self, token: u32, cost: f32) -> DerivationId {
        let silence = self.all[0];
        self.add(Derivation { part: Part::Token(token), hash: mix(1, token.into(), 0), power: BASE, shown: 1, cost, ..silence })
    }

    pub fn tag(&mut self, tag: u32) -> DerivationId {
        let silence = self.all[0];
        self.add(Derivation { part: Part::Tag(tag), hash: mix(2, tag.into(), 0), power: BASE, shown: 1, ..silence })
    }

    pub fn garbage(&mut self, units: u32) -> DerivationId {
        let silence = self.all[0];
        self.add(Derivation { garbage: units, ..silence })
    }

    /// Words of the phrase that the grammar does not have, at a price.
    pub fn extra(&mut self, cost: f32) -> DerivationId {
        let silence = self.all[0];
        self.add(Derivation { cost, ..silence })
    }

    pub fn call(&mut self, label: u32, rule: RuleId, inner: DerivationId) -> DerivationId {
        let within = self.all[inner as usize];
        let hash = mix(3, rule.into(), within.hash);
        self.add(Derivation { part: Part::Call { label, rule, inner }, hash, power: BASE, shown: within.shown + 1, ..within })
    }

    pub fn weighted(&mut self, id: DerivationId, logarithm: f32) -> DerivationId {
        if logarithm == 0.0 {
            return id;
        }
        let derivation = self.all[id as usize];
        self.add(Derivation { weight: derivation.weight + logarithm, ..derivation })
    }

    /// `None` when the two show more than fits.
    pub fn pair(&mut self, left: DerivationId, right: DerivationId) -> Option<DerivationId> {
        if left == SILENCE {
            return Some(right);
        }
        if right == SILENCE {
            return Some(left);
        }
        let (a, b) = (self.all[left as usize], self.all[right as usize]);
        let shown = a.shown + b.shown;
        let part = match (a.shown, b.shown) {
            (0, _) => b.part,
            (_, 0) => a.part,
            _ => Part::Pair(left, right),
        };
        (shown <= MOST_SHOWN).then(|| {
            self.add(Derivation {
                part,
                hash: plus(times(a.hash, b.power), b.hash),
                power: times(a.power, b.power),
                shown,
                cost: a.cost + b.cost,
                garbage: a.garbage + b.garbage,
                weight: a.weight + b.weight,
            })
        })
    }

    /// Whether `a` goes before `b`: less distance, less garbage, more weight.
    fn is_better(&self, a: DerivationId, b: DerivationId) -> bool {
        let (a, b) = (self.get(a), self.get(b));
        a.cost.total_cmp(&b.cost).then(a.garbage.cmp(&b.garbage)).then(b.weight.total_cmp(&a.weight)).is_lt()
    }

    /// Puts `id` at its rank among the at most `most` of `list`; equals keep the order in which they came.
    pub fn rank(&self, list: &mut Vec<DerivationId>, id: DerivationId, most: usize) {
        if let Some(same) = list.iter().position(|other| self.get(*other).hash == self.get(id).hash) {
            if !self.is_better(id, list[same]) {
                return;
            }
            list.remove(same);
        }
        let at = list.iter().position(|other| self.is_better(id, *other)).unwrap_or(list.len());
        if at < most {
            list.insert(at, id);
            list.truncate(most);
        }
    }

    /// What `id` shows, in order, a call's inner things not among them.
    pub fn shown(&self, id: DerivationId) -> Vec<Part> {
        let mut out = Vec::new();
        let mut todo = vec![id];
        while let Some(id) = todo.pop() {
            match self.get(id).part {
                Part::Pair(left, right) => todo.extend([right, left]),
                Part::Silence => {}
                part => out.push(part),
            }
        }
        out
    }
}
