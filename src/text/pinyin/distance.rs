//! How alike two sounds are on the telephone, and how alike two sequences of them.
//!
//! The figures are judgement, ordered by what Mandarin speakers of the south and a 300–3,400 Hz line confuse.

use super::Syllable;
use super::syllable::{FINALS as ALL_FINALS, INITIALS as ALL_INITIALS};
use std::sync::LazyLock;

/// What a syllable too many or too few costs.
const GAP: f32 = 0.9;
const INITIAL_WEIGHT: f32 = 0.42;
const FINAL_WEIGHT: f32 = 0.48;
const TONE_WEIGHT: f32 = 0.10;

/// Pairs of initials that are not worlds apart; everything else is 1.0.
const INITIALS: [(&str, &str, f32); 37] = [
    ("n", "l", 0.2),
    ("f", "h", 0.25),
    ("z", "zh", 0.12),
    ("c", "ch", 0.12),
    ("s", "sh", 0.12),
    ("l", "r", 0.3),
    ("n", "r", 0.5),
    ("b", "p", 0.4),
    ("d", "t", 0.4),
    ("g", "k", 0.4),
    ("j", "q", 0.4),
    ("zh", "ch", 0.4),
    ("z", "c", 0.4),
    ("zh", "j", 0.4),
    ("ch", "q", 0.4),
    ("sh", "x", 0.4),
    ("z", "j", 0.5),
    ("c", "q", 0.5),
    ("s", "x", 0.4),
    ("sh", "r", 0.5),
    ("zh", "r", 0.6),
    ("c", "s", 0.5),
    ("ch", "sh", 0.45),
    ("q", "x", 0.45),
    ("g", "h", 0.6),
    ("k", "h", 0.5),
    ("h", "", 0.4),
    ("m", "n", 0.45),
    ("b", "m", 0.7),
    ("g", "", 0.7),
    ("l", "", 0.8),
    ("r", "", 0.6),
    ("b", "d", 0.6),
    ("p", "t", 0.6),
    ("d", "g", 0.6),
    ("t", "k", 0.6),
    ("s", "f", 0.6),
];

/// The same for finals; what is not here goes by the letters that differ.
const FINALS: [(&str, &str, f32); 27] = [
    ("in", "ing", 0.12),
    ("en", "eng", 0.12),
    ("an", "ang", 0.12),
    ("ian", "iang", 0.25),
    ("uan", "uang", 0.15),
    ("un", "ong", 0.45),
    ("vn", "iong", 0.45),
    ("eng", "ong", 0.3),
    ("ueng", "ong", 0.3),
    ("o", "uo", 0.05),
    ("e", "uo", 0.35),
    ("e", "o", 0.3),
    ("ie", "ve", 0.3),
    ("i", "v", 0.3),
    ("in", "vn", 0.3),
    ("ian", "van", 0.3),
    ("ou", "iu", 0.35),
    ("ou", "uo", 0.4),
    ("ao", "iao", 0.4),
    ("ei", "ui", 0.35),
    ("ai", "uai", 0.4),
    ("an", "uan", 0.4),
    ("ei", "ai", 0.45),
    ("an", "en", 0.45),
    ("ang", "eng", 0.5),
    ("e", "er", 0.4),
    ("i", "ei", 0.5),
];

/// 0.0 for the same sound, 1.0 for nothing in common; common telephone confusions (n/l, f/h, z/zh, c/ch, s/sh, in/ing, en/eng,
/// an/ang, r/l) are small. Tones count little, the neutral tone next to nothing.
pub fn distance(a: &Syllable, b: &Syllable) -> f32 {
    INITIAL_WEIGHT * initials(a.initial, b.initial) + FINAL_WEIGHT * finals(a.final_, b.final_) + TONE_WEIGHT * tones(a.tone, b.tone)
}

fn tones(a: u8, b: u8) -> f32 {
    match (a, b) {
        (one, other) if one == other => 0.0,
        (5, _) | (_, 5) => 0.3,
        (2, 3) | (3, 2) => 0.5,
        _ => 1.0,
    }
}

/// A syllable by the numbers of its parts: for many comparisons, which cost a few nanoseconds each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coded {
    initial: u8,
    final_: u8,
    tone: u8,
}

/// Costs between parts, by their numbers.
struct Costs {
    initials: Vec<f32>,
    finals: Vec<f32>,
}

static COSTS: LazyLock<Costs> = LazyLock::new(|| {
    let without_or = || std::iter::once("").chain(ALL_INITIALS);
    let initials = without_or().flat_map(|a| without_or().map(move |b| initials(a, b))).collect();
    let finals = ALL_FINALS.iter().flat_map(|a| ALL_FINALS.iter().map(move |b| finals(a, b))).collect();
    Costs { initials, finals }
});

impl Coded {
    pub fn of(syllable: &Syllable) -> Coded {
        let number = |place: Option<usize>| place.and_then(|place| u8::try_from(place).ok());
        let initial = number(ALL_INITIALS.iter().position(|known| *known == syllable.initial)).map_or(0, |place| place + 1);
        let final_ = number(ALL_FINALS.iter().position(|known| *known == syllable.final_)).unwrap_or_default();
        Coded { initial, final_, tone: syllable.tone }
    }

    /// As [`distance`].
    pub fn distance(self, other: Coded) -> f32 {
        let cost = |costs: &[f32], side: usize, a: u8, b: u8| costs.get(usize::from(a) * side + usize::from(b)).copied().unwrap_or(1.0);
        INITIAL_WEIGHT * cost(&COSTS.initials, ALL_INITIALS.len() + 1, self.initial, other.initial)
            + FINAL_WEIGHT * cost(&COSTS.finals, ALL_FINALS.len(), self.final_, other.final_)
            + TONE_WEIGHT * tones(self.tone, other.tone)
    }
}

/// How far apart two sequences of syllables are: the cheapest alignment over the longer length, 0.0 for the same and at most 1.0.
pub fn sequence_distance(a: &[Syllable], b: &[Syllable]) -> f32 {
    let longer = a.len().max(b.len());
    if longer == 0 {
        return 0.0;
    }
    let mut row: Vec<f32> = std::iter::successors(Some(0.0), |cost| Some(cost + GAP)).take(b.len() + 1).collect();
    for from in a {
        let mut diagonal = row.first().copied().unwrap_or(0.0);
        let mut left = diagonal + GAP;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, to) in row.iter_mut().skip(1).zip(b) {
            let best = (diagonal + distance(from, to)).min(*cell + GAP).min(left + GAP);
            diagonal = *cell;
            *cell = best;
            left = best;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "utterances have few syllables")]
    let longer = longer as f32;
    row.last().copied().unwrap_or(0.0) / longer
}

fn initials(a: &str, b: &str) -> f32 {
    if a == b { 0.0 } else { listed(&INITIALS, a, b).unwrap_or(1.0) }
}

fn finals(a: &str, b: &str) -> f32 {
    if a == b {
        return 0.0;
    }
    listed(&FINALS, a, b).unwrap_or_else(|| by_letters(a, b))
}

fn listed(pairs: &[(&str, &str, f32)], a: &str, b: &str) -> Option<f32> {
    pairs.iter().find(|(one, other, _)| (*one == a && *other == b) || (*one == b && *other == a)).map(|(_, _, cost)| *cost)
}

/// 0.6 to 1.0 by the share of letters that two finals have in common at their start and end.
fn by_letters(a: &str, b: &str) -> f32 {
    let shared_head = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    let shared_tail = a.bytes().rev().zip(b.bytes().rev()).take_while(|(x, y)| x == y).count();
    let longer = a.len().max(b.len());
    let shared = (shared_head + shared_tail).min(longer);
    #[expect(clippy::cast_precision_loss, reason = "finals have at most four letters")]
    let share = shared as f32 / longer as f32;
    1.0 - 0.4 * share
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::pinyin::{syllable_from_pinyin, syllables};

    fn between(a: &str, b: &str) -> f32 {
        distance(&syllable_from_pinyin(a).expect(a), &syllable_from_pinyin(b).expect(b))
    }

    /// The first pair must be nearer than the second.
    #[track_caller]
    fn check_nearer(near: (&str, &str), far: (&str, &str)) {
        let (first, second) = (between(near.0, near.1), between(far.0, far.1));
        assert!(first < second, "{near:?} {first} must be nearer than {far:?} {second}");
    }

    #[test]
    fn same_sound_is_nothing_apart() {
        assert_eq!(between("hua4", "hua4"), 0.0);
        assert!(between("hua4", "hua2") <= 0.1 + f32::EPSILON);
        assert!(between("ba1", "ting3") > 0.9);
    }

    #[test]
    fn telephone_confusions_are_near() {
        for (a, b) in [
            ("nan2", "lan2"),
            ("fei4", "hei4"),
            ("zi1", "zhi1"),
            ("ci2", "chi2"),
            ("si4", "shi4"),
            ("xin1", "xing1"),
            ("fen1", "feng1"),
            ("lan2", "lang2"),
            ("re4", "le4"),
        ] {
            let apart = between(a, b);
            assert!(apart > 0.0 && apart < 0.15, "{a} {b}: {apart}");
            assert!((apart - between(b, a)).abs() < f32::EPSILON);
        }
        check_nearer(("shi4", "si4"), ("shi4", "xi4"));
        check_nearer(("dui4", "tui4"), ("dui4", "bu4"));
        check_nearer(("liu2", "niu2"), ("liu2", "miao3"));
    }

    #[test]
    fn codes_are_as_far_apart_as_their_syllables() {
        let all = "a1 ba2 zha5 er4 yong3 lv4 xue2 weng1 yo1 jun1 quan2 shi4 si4 nuo2 liao3 miu4".split(' ');
        let all: Vec<Syllable> = all.map(|pinyin| syllable_from_pinyin(pinyin).expect(pinyin)).collect();
        for (a, b) in all.iter().flat_map(|a| all.iter().map(move |b| (a, b))) {
            assert_eq!(Coded::of(a).distance(Coded::of(b)), distance(a, b), "{a} {b}");
        }
    }

    #[test]
    fn sequences() {
        let apart = |a: &str, b: &str| sequence_distance(&syllables(a), &syllables(b));
        assert_eq!(apart("查话费", "查话费"), 0.0);
        assert_eq!(apart("", ""), 0.0);
        assert!(apart("查话费", "查花费") < 0.05);
        assert!(apart("流量", "牛量") < 0.1);
        assert!(apart("是的", "是的啊") < 0.35);
        assert!(apart("转人工", "查流量") > 0.6);
        assert!(apart("是", "") > 0.8);
    }
}
