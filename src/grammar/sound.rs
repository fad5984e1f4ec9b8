//! How one token meets the phrase: by its very characters, or by its sound at a price.
//!
//! The prices are the share of a syllable that was misheard; a match is refused when they add up to more than
//! [`MOST_DISTANCE`] of its length, so that a wrong answer is never nearer than asking again.

use super::program::{Heard, Program, UnitId};

/// The most that may be misheard, as a share of the units.
pub const MOST_DISTANCE: f32 = 0.3;
/// A different character of the same sound is a little less sure than the very character.
const OTHER_CHARACTER: f32 = 0.03;
/// Syllables further apart than this are different syllables.
const MOST_SUBSTITUTION: f32 = 0.5;
/// In running text syllables further apart than this are different.
const MOST_ALIKE: f32 = 0.35;
/// A syllable too many or one swallowed.
const EXTRA_OR_MISSING: f32 = 0.75;

/// Never added and never dropped, for each turns an answer round: negations and everything that counts.
const NEVER_LOST: &str = "不没未别勿甭莫无非否零〇一二三四五六七八九十百千万亿两幺半点双";
const NEVER_LOST_WORDS: &[&str] = &["no", "not", "dont", "never", "nope", "cancel", "point", "double", "triple"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scan {
    Exact,
    Sound,
    /// On sound, syllable by syllable: none may be lost or added, none be far off. For running text, where every place is tried.
    Alike,
}

/// Where a token that begins at a place can end, and at what price.
#[derive(Debug, Default, PartialEq)]
pub struct Found {
    pub ends: Vec<(usize, f32)>,
    /// The phrase ended inside the token or before it.
    pub runs_out: bool,
}

impl Scan {
    pub fn token(self, units: &[UnitId], program: &Program, phrase: &[Heard], start: usize) -> Found {
        let rest = phrase.get(start..).unwrap_or_default();
        let same = units.iter().zip(rest).take_while(|(unit, heard)| **unit == heard.id).count();
        let runs_out = same == rest.len() && same < units.len();
        let ends = match self {
            Scan::Exact if same == units.len() => vec![(start + same, 0.0)],
            Scan::Exact => Vec::new(),
            Scan::Sound => by_sound(units, program, rest, start),
            Scan::Alike => alike(units, program, rest).map(|price| (start + units.len(), price)).into_iter().collect(),
        };
        Found { ends, runs_out }
    }

    /// The price of what follows the match at the end of the phrase; `None` when it may not follow.
    pub fn extra(self, phrase: &[Heard], end: usize) -> Option<f32> {
        let rest = phrase.get(end..).unwrap_or_default();
        match self {
            _ if rest.is_empty() => Some(0.0),
            Scan::Sound if rest.iter().all(may_be_lost) => Some(rest.len() as f32 * EXTRA_OR_MISSING),
            _ => None,
        }
    }
}

/// Whether a token that begins with `unit` may begin at `heard`.
pub fn may_begin(scan: Scan, unit: UnitId, heard: &Heard, program: &Program) -> bool {
    match scan {
        _ if unit == heard.id => true,
        Scan::Exact => false,
        Scan::Alike => substitution(program.spoken(unit), heard) <= MOST_ALIKE,
        Scan::Sound => true,
    }
}

fn alike(units: &[UnitId], program: &Program, rest: &[Heard]) -> Option<f32> {
    let heard = rest.get(..units.len())?;
    units.iter().zip(heard).try_fold(0.0, |sum, (unit, heard)| {
        let price = if *unit == heard.id { 0.0 } else { substitution(program.spoken(*unit), heard) };
        (price <= MOST_ALIKE).then_some(sum + price)
    })
}

/// Edit distance of the token to every beginning of `rest`, a column a unit of the token.
fn by_sound(units: &[UnitId], program: &Program, rest: &[Heard], start: usize) -> Vec<(usize, f32)> {
    let reach = rest.len().min(units.len() + 2);
    // A long phrase may pay more; the whole is checked at the end.
    let budget = MOST_DISTANCE * rest.len().max(start + units.len()) as f32 + 0.01;
    let mut prices = vec![f32::INFINITY; reach + 1];
    prices[0] = 0.0;
    for (at, heard) in rest.iter().take(reach).enumerate() {
        prices[at + 1] = prices[at] + lost(heard);
    }
    for unit in units {
        let wanted = program.spoken(*unit);
        let mut next = vec![f32::INFINITY; reach + 1];
        for (end, price) in prices.iter().enumerate() {
            let missing = price + lost(wanted);
            let (instead, extra) = match end.checked_sub(1) {
                Some(before) => (prices[before] + substitution(wanted, &rest[before]), next[before] + lost(&rest[before])),
                None => (f32::INFINITY, f32::INFINITY),
            };
            next[end] = missing.min(instead).min(extra);
        }
        prices = next;
    }
    // A token that was not heard at all is no match of it.
    prices.iter().enumerate().skip(1).filter(|(_, price)| **price <= budget).map(|(length, price)| (start + length, *price)).collect()
}

fn may_be_lost(heard: &Heard) -> bool {
    let fixed = heard.text.chars().any(|c| c.is_ascii_digit() || NEVER_LOST.contains(c));
    !fixed && !NEVER_LOST_WORDS.contains(&heard.text.as_str())
}

fn lost(heard: &Heard) -> f32 {
    if may_be_lost(heard) { EXTRA_OR_MISSING } else { f32::INFINITY }
}

/// A numeral, in figures or in Chinese.
pub fn counts(heard: &Heard) -> bool {
    const NUMERALS: &str = "零〇一二三四五六七八九十百千万亿两幺";
    heard.text.chars().all(|c| c.is_ascii_digit() || NUMERALS.contains(c))
}

/// The price of having heard `heard` for `wanted`; infinite when they are too far apart.
fn substitution(wanted: &Heard, heard: &Heard) -> f32 {
    if wanted.id == heard.id {
        return 0.0;
    }
    let price = match (wanted.syllable, heard.syllable) {
        // One numeral is never taken for another: the caller confirms numbers, the recogniser wrote what it heard.
        (Some(_), Some(_)) if counts(wanted) && counts(heard) => f32::INFINITY,
        (Some(a), Some(b)) => a.distance(b) + OTHER_CHARACTER,
        (None, None) => spelling(&wanted.text, &heard.text),
        _ => f32::INFINITY,
    };
    if price <= MOST_SUBSTITUTION { price } else { f32::INFINITY }
}

/// Share of letters that differ, for Latin words of four letters and more with the same first letter.
fn spelling(wanted: &str, heard: &str) -> f32 {
    let (a, b): (Vec<char>, Vec<char>) = (wanted.chars().collect(), heard.chars().collect());
    if a.len() < 4 || b.len() < 4 || a.len() + b.len() > 60 || a[0] != b[0] {
        return f32::INFINITY;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()] as f32 / a.len().max(b.len()) as f32
}
