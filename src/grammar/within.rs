//! What a grammar names inside running text: the plan in `帮我换成畅享99的套餐`.
//!
//! The rule for it is named by the meta name `within`. A number is taken whole or not at all: `299` holds no `99`.

use super::derivation::DerivationId;
use super::logical::{self, Logical};
use super::matcher::Matcher;
use super::program::{Heard, Phrase};
use super::sound::{Scan, counts, may_begin};
use super::{Grammar, units};
use crate::text::number_en;
use std::ops::Range;

/// A stretch of a phrase, named by a grammar.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// Semantic tags in order.
    pub tags: Vec<String>,
    /// As [`super::Parse::score`], for this stretch.
    pub score: f32,
    /// What stands before it and after it, as the grammar hears it.
    pub before: String,
    pub after: String,
}

/// One syllable is too easily something else.
const SHORTEST_BY_SOUND: usize = 2;
/// Running text holds many sounds: only a stretch that sounds the same counts.
const LEAST_BY_SOUND: f32 = 0.88;
/// English words that stand inside a number without counting themselves.
const INSIDE_NUMBERS: &[&str] = &["and", "hundred", "thousand", "point", "点"];

impl Grammar {
    /// What the grammar names inside `phrase`, in order, the longest words first where they overlap; by their characters, or else by
    /// their sound. Nothing for a grammar without the meta name `within`, and for a phrase that would take too much work.
    pub fn within(&self, phrase: &Phrase<'_>) -> Vec<Stretch> {
        let exact = self.stretches(phrase, Scan::Exact);
        if exact.is_empty() { self.stretches(phrase, Scan::Alike) } else { exact }
    }

    fn stretches(&self, phrase: &Phrase<'_>, scan: Scan) -> Vec<Stretch> {
        let Some((rule, openings)) = &self.within else { return Vec::new() };
        let heard = self.program.hear(phrase, scan != Scan::Exact);
        let begins =
            |unit: &Heard| openings.anything || openings.units.iter().any(|opening| may_begin(scan, *opening, unit, &self.program));
        let mut matcher = Matcher::new(&self.program, &heard, scan, 1);
        let Ok(found) = matcher.stretches(*rule, begins) else { return Vec::new() };
        let mut found: Vec<(Range<usize>, f32, DerivationId)> = found
            .into_iter()
            .map(|(place, derivation)| {
                let (cost, garbage) = (matcher.arena.get(derivation).cost, matcher.arena.get(derivation).garbage);
                let score = logical::score(cost, garbage, place.len());
                (place, score, derivation)
            })
            .filter(|(place, score, _)| scan == Scan::Exact || (place.len() >= SHORTEST_BY_SOUND && *score >= LEAST_BY_SOUND))
            .filter(|(place, _, _)| !cuts_a_number(&heard, place))
            .collect();
        found.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then(b.1.total_cmp(&a.1)).then(a.0.start.cmp(&b.0.start)));
        let mut taken: Vec<(Range<usize>, Stretch)> = Vec::new();
        for (place, score, derivation) in found {
            if taken.iter().any(|(other, _)| place.start < other.end && other.start < place.end) {
                continue;
            }
            let mut tags = Vec::new();
            Logical::of(&matcher.arena, &self.program, *rule, derivation).tags(&self.program, &mut tags);
            let text = |units: Option<&[Heard]>| units::join(units.unwrap_or_default().iter().map(|unit| unit.text.as_str()));
            let (before, after) = (text(heard.get(..place.start)), text(heard.get(place.end..)));
            taken.push((place, Stretch { tags, score, before, after }));
        }
        taken.sort_by_key(|(place, _)| place.start);
        taken.into_iter().map(|(_, stretch)| stretch).collect()
    }
}

/// Whether a numeral at an edge of `place` has another one beside it.
fn cuts_a_number(heard: &[Heard], place: &Range<usize>) -> bool {
    let numeral = |at: usize| heard.get(at).is_some_and(|unit| counts(unit) || number_en::parse_cardinal(&unit.text).is_some());
    let goes_on = |at: usize| numeral(at) || heard.get(at).is_some_and(|unit| INSIDE_NUMBERS.contains(&unit.text.as_str()));
    let cut_before = numeral(place.start) && place.start.checked_sub(1).is_some_and(goes_on);
    let cut_after = place.end.checked_sub(1).is_some_and(numeral) && goes_on(place.end);
    cut_before || cut_after
}
