//! A number that the caller gives in pieces, repairs, and says yes to: phone numbers and digits of fixed length.
//!
//! Nothing here asks or listens; `engine/dictate.rs` does. A number that was denied is never proposed again; what else was likely, over all the
//! times that it was said, is proposed in its place.

use crate::nlu::Candidates;
use crate::text::dictation::{Dictation, Place, Step};

/// Guesses for one unclear repair, the first proposed, the others kept for a no.
const MOST_PROPOSALS: usize = 3;

/// How long a number may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dialog) enum Length {
    /// Mobile numbers of 11 digits, lines with their area code, local lines, service numbers.
    Phone,
    Fixed(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fullness {
    Partial,
    Complete,
    TooLong,
}

impl Length {
    fn fullness(self, digits: &str) -> Fullness {
        let length = digits.len();
        let range = match (self, digits.as_bytes()) {
            (Length::Fixed(n), _) => n..=n,
            (Length::Phone, [b'1', ..]) => 11..=11,
            (Length::Phone, [b'0', ..]) => 10..=12,
            (Length::Phone, [b'4' | b'8', b'0', b'0', ..]) => 10..=10,
            (Length::Phone, _) => 7..=8,
        };
        match length {
            _ if length < *range.start() => Fullness::Partial,
            _ if length > *range.end() => Fullness::TooLong,
            _ => Fullness::Complete,
        }
    }

    pub fn is_complete(self, digits: &str) -> bool {
        self.fullness(digits) == Fullness::Complete
    }

    /// How many digits a partial number still needs.
    pub fn missing(self, digits: &str) -> usize {
        let whole = match (self, digits.as_bytes()) {
            (Length::Fixed(n), _) => n,
            (Length::Phone, _) => 11,
        };
        whole.saturating_sub(digits.len())
    }

    /// Where the groups in which it is read begin, and their lengths.
    fn groups(self, length: usize) -> Vec<(usize, usize)> {
        match (self, length) {
            (Length::Phone, 11) => vec![(0, 3), (3, 4), (7, 4)],
            _ => (0..length).step_by(4).map(|at| (at, 4.min(length - at))).collect(),
        }
    }

    /// What callers mean by the middle.
    fn middle(self, length: usize) -> (usize, usize) {
        match (self, length) {
            (Length::Phone, 11) => (3, 4),
            _ => (length / 3, length - 2 * (length / 3)),
        }
    }
}

/// What came of an utterance.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::dialog) enum Took {
    /// Digits were added; more are needed. The piece is what was said last.
    Piece(String),
    /// What is held was repaired and is still not whole.
    Repaired,
    /// Whole, and not denied before: to be read back.
    Whole(String),
    /// It fits nowhere, or was denied before.
    Unclear,
}

/// The number of one question, in one call.
#[derive(Clone, Default, PartialEq)]
pub(in crate::dialog) struct NumberField {
    held: String,
    /// Length of the piece said last.
    piece: usize,
    denied: Vec<String>,
    /// Other readings of a repair, to be proposed after a no.
    proposals: Vec<String>,
    /// What the whole number may be, by all the times that it was said.
    heard: Candidates,
    /// Read-backs that got no yes.
    pub tries: usize,
    /// How far asking for it has come: shorter, keys, a person.
    pub stage: usize,
}

impl NumberField {
    pub fn held(&self) -> &str {
        &self.held
    }

    pub fn clear(&mut self) {
        self.held.clear();
        self.piece = 0;
        self.proposals.clear();
    }

    /// The caller said no to `number`: the next reading of what was said, if there is one.
    pub fn deny(&mut self, number: &str) -> Option<String> {
        self.deny_quietly(number);
        self.held.clear();
        let repair = self.proposals.iter().position(|proposal| !self.denied.contains(proposal)).map(|at| self.proposals.remove(at));
        let next = repair.or_else(|| self.heard.likely().map(str::to_owned));
        next.inspect(|proposal| self.held.clone_from(proposal))
    }

    /// The whole number was said and may have been any of `candidates`.
    pub fn hear(&mut self, candidates: &Candidates) -> Took {
        self.remember(candidates);
        self.clear();
        let Some(digits) = self.heard.worth_a_read_back().map(str::to_owned) else { return Took::Unclear };
        self.piece = digits.len();
        self.held.clone_from(&digits);
        Took::Whole(digits)
    }

    /// What was said was not understood; it may have been one of `candidates`.
    pub fn remember(&mut self, candidates: &Candidates) {
        self.heard.join(candidates);
        for denied in &self.denied {
            self.heard.rule_out(denied);
        }
    }

    /// The piece said last was wrong: it is forgotten.
    pub fn drop_piece(&mut self) {
        self.held.truncate(self.held.len().saturating_sub(self.piece));
        self.piece = 0;
    }

    /// Keys are sure: a number keyed in is proposed even if it was denied before.
    pub fn key(&mut self, digits: &str, length: Length) -> Took {
        if length.fullness(digits) == Fullness::Complete {
            self.denied.retain(|denied| denied != digits);
        }
        self.take(&Dictation { steps: vec![Step::Say(digits.to_owned())], denies: false, only: true }, length, None)
    }

    /// Takes an utterance; `proposed` is the number that was just read back, when there was one.
    pub fn take(&mut self, said: &Dictation, length: Length, proposed: Option<&str>) -> Took {
        if let Some(proposed) = proposed {
            self.held = proposed.to_owned();
            self.piece = proposed.len();
        }
        self.proposals.clear();
        let before = self.held.clone();
        for step in &said.steps {
            if !self.apply(step, length, proposed.is_some()) {
                self.held = before;
                return Took::Unclear;
            }
        }
        if let Some(proposed) = proposed.filter(|proposed| *proposed != self.held) {
            self.deny_quietly(proposed);
        }
        match length.fullness(&self.held) {
            Fullness::Complete => self.propose(),
            Fullness::TooLong => {
                self.clear();
                Took::Unclear
            }
            Fullness::Partial if said.is_plain() => {
                let piece = self.held.get(self.held.len() - self.piece.min(self.held.len())..).unwrap_or_default().to_owned();
                Took::Piece(piece)
            }
            Fullness::Partial => Took::Repaired,
        }
    }

    fn deny_quietly(&mut self, number: &str) {
        if !self.denied.iter().any(|known| known == number) {
            self.denied.push(number.to_owned());
        }
        self.heard.rule_out(number);
        self.tries += 1;
    }

    fn propose(&mut self) -> Took {
        let denied = &self.denied;
        self.proposals.retain(|proposal| !denied.contains(proposal));
        if !self.denied.contains(&self.held) {
            return Took::Whole(self.held.clone());
        }
        if self.proposals.is_empty() {
            self.clear();
            return Took::Unclear;
        }
        self.held = self.proposals.remove(0);
        Took::Whole(self.held.clone())
    }

    fn apply(&mut self, step: &Step, length: Length, whole: bool) -> bool {
        match step {
            Step::Restart => {
                self.clear();
                true
            }
            Step::Say(digits) => self.say(digits, length, whole),
            Step::Fix(digits) => self.fix(digits, length, whole),
            Step::Put { place, digits } => self.put(*place, digits, length, whole),
            Step::Swap { wrong, right } => self.swap(wrong, right.as_deref(), length, whole),
        }
    }

    fn say(&mut self, digits: &str, length: Length, whole: bool) -> bool {
        let joined = format!("{}{digits}", self.held);
        if whole || length.is_complete(digits) && length.fullness(&joined) == Fullness::TooLong {
            return self.fix(digits, length, whole);
        }
        if length.fullness(&joined) == Fullness::TooLong {
            return self.overlap(digits, length);
        }
        self.held = joined;
        self.piece = digits.len();
        true
    }

    /// The caller repeated the end of what we hold before going on: 1380000, 0000 1234.
    fn overlap(&mut self, digits: &str, length: Length) -> bool {
        let shared = (1..=digits.len().min(self.held.len())).rev().find(|n| {
            let (end, beginning) = (self.held.get(self.held.len() - n..), digits.get(..*n));
            end == beginning && length.is_complete(&format!("{}{}", self.held, digits.get(*n..).unwrap_or_default()))
        });
        let Some(rest) = shared.and_then(|n| digits.get(n..)) else { return false };
        self.held.push_str(rest);
        self.piece = digits.len();
        true
    }

    /// Digits that stand for what was wrong: the whole number, the last piece, or the part that they resemble most.
    fn fix(&mut self, digits: &str, length: Length, whole: bool) -> bool {
        if length.is_complete(digits) || self.held.is_empty() || digits.len() > self.held.len() {
            self.held = digits.to_owned();
            self.piece = digits.len();
            return true;
        }
        if !whole && digits.len() == self.piece {
            self.drop_piece();
            self.held.push_str(digits);
            self.piece = digits.len();
            return true;
        }
        let readings = self.resembling(digits, length);
        self.offer(readings)
    }

    /// Every way to put `digits` over a part of what is held, likeliest first: the fewest digits changed, whole groups before others, the end first.
    fn resembling(&self, digits: &str, length: Length) -> Vec<String> {
        let (held, new) = (self.held.as_bytes(), digits.as_bytes());
        if new.len() < 2 {
            return Vec::new();
        }
        let groups = length.groups(held.len());
        let mut ways: Vec<(usize, bool, usize)> = Vec::new();
        for (at, old) in held.windows(new.len()).enumerate() {
            let changed = old.iter().zip(new).filter(|(a, b)| a != b).count();
            let off_group = !groups.contains(&(at, new.len()));
            if changed > 0 && (changed * 2 <= new.len() || !off_group) {
                ways.push((changed, off_group, held.len() - at));
            }
        }
        ways.sort_unstable();
        ways.iter().map(|(_, _, from_end)| replaced(&self.held, self.held.len() - from_end, digits)).collect()
    }

    fn put(&mut self, place: Place, digits: &str, length: Length, whole: bool) -> bool {
        let (held, n) = (self.held.len(), digits.len());
        let fits = |count: Option<usize>| count.is_none_or(|count| count == n);
        let goes_on = !whole && length.is_complete(&format!("{}{digits}", self.held));
        let at = match place {
            Place::First(count) if fits(count) && held == 0 => return self.say(digits, length, whole),
            Place::First(count) if fits(count) => Some(0),
            Place::Last(count) if fits(count) && goes_on => return self.say(digits, length, whole),
            Place::Last(None) if !whole && n > held => return self.say(digits, length, whole),
            // 后面是…: more of it, unless it is as long as the piece said last.
            Place::Last(None) if !whole && n != self.piece && length.fullness(&format!("{}{digits}", self.held)) != Fullness::TooLong => {
                return self.say(digits, length, whole);
            }
            Place::Last(count) if fits(count) => held.checked_sub(n),
            Place::Nth(nth) => nth.checked_sub(1),
            Place::NthLast(nth) => held.checked_sub(nth),
            Place::Middle => return self.put_middle(digits, length, whole),
            Place::First(_) | Place::Last(_) => None,
        };
        match at.filter(|at| at + n <= held) {
            Some(at) => {
                self.held = replaced(&self.held, at, digits);
                true
            }
            None => false,
        }
    }

    fn put_middle(&mut self, digits: &str, length: Length, whole: bool) -> bool {
        let (held, n) = (self.held.len(), digits.len());
        let (full_at, full_length) = length.middle(held.max(held + length.missing(&self.held)));
        if !whole && held == full_at {
            return self.say(digits, length, whole);
        }
        if n == full_length && full_at + n <= held {
            self.held = replaced(&self.held, full_at, digits);
            return true;
        }
        let inside = self.held.get(full_at..(full_at + full_length).min(held)).unwrap_or_default().to_owned();
        let part = NumberField { held: inside, ..NumberField::default() };
        let readings = part.resembling(digits, Length::Fixed(full_length));
        let readings = readings.iter().map(|middle| replaced(&self.held, full_at, middle)).collect();
        self.offer(readings)
    }

    fn swap(&mut self, wrong: &str, right: Option<&str>, length: Length, whole: bool) -> bool {
        let is_held = self.held.contains(wrong);
        match right {
            Some(right) if length.is_complete(right) => self.fix(right, length, whole),
            Some(right) if is_held => {
                let places = self.held.match_indices(wrong).map(|(at, _)| at);
                let swapped = places
                    .map(|at| replaced_with(&self.held, at, wrong.len(), right))
                    .filter(|new| length.fullness(new) != Fullness::TooLong);
                let readings = swapped.collect();
                self.offer(readings)
            }
            Some(right) => self.fix(right, length, whole),
            // 不是三八三九: said without a pause.
            None if !is_held && wrong.len().is_multiple_of(2) => match (wrong.get(..wrong.len() / 2), wrong.get(wrong.len() / 2..)) {
                (Some(first), Some(second)) if self.held.contains(first) => self.swap(first, Some(second), length, whole),
                _ => self.fix(wrong, length, whole),
            },
            None if !is_held => self.fix(wrong, length, whole),
            None => false,
        }
    }

    /// Takes the first reading that was not denied; keeps others for a no.
    fn offer(&mut self, readings: Vec<String>) -> bool {
        let mut left = readings.into_iter().filter(|reading| !self.denied.contains(reading) && *reading != self.held);
        let Some(first) = left.next() else { return false };
        let others: Vec<String> = left.take(MOST_PROPOSALS - 1).collect();
        self.held = first;
        self.proposals = others;
        true
    }
}

fn replaced(number: &str, at: usize, digits: &str) -> String {
    replaced_with(number, at, digits.len(), digits)
}

fn replaced_with(number: &str, at: usize, length: usize, digits: &str) -> String {
    let (head, tail) = (number.get(..at).unwrap_or_default(), number.get(at + length..).unwrap_or_default());
    format!("{head}{digits}{tail}")
}

/// Numbers are personal and may be secret.
impl std::fmt::Debug for NumberField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NumberField({} digits, {} tries)", self.held.len(), self.tries)
    }
}

impl std::fmt::Debug for Took {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Took::Piece(_) => "Piece",
            Took::Repaired => "Repaired",
            Took::Whole(_) => "Whole",
            Took::Unclear => "Unclear",
        })
    }
}

#[cfg(test)]
mod tests;
