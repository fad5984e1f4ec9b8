//! The matcher: a memoised top-down chart over a [`Program`], the few best derivations of every stretch kept.
//!
//! Left recursion was refused at loading, so every (node, start) is worked out once: polynomial in the phrase, and
//! bounded by [`MOST_WORK`] and [`MOST_DEPTH`] besides. Past them there is no answer rather than a late one.

use super::derivation::{Arena, DerivationId, SILENCE};
use super::program::{Heard, Node, NodeId, Program, RuleId};
use super::sound::Scan;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

/// Steps after which a match is given up (about 0.2 s).
const MOST_WORK: usize = 400_000;
/// Nested nodes; a level takes under 1 KiB of stack.
const MOST_DEPTH: usize = 700;
/// The longest phrase, in units.
pub const MOST_UNITS: usize = 256;

/// The grammar is too ambiguous for the phrase, or the phrase too long: there is no answer in the time a caller waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the phrase takes too much work to match: make the grammar less ambiguous or the phrase shorter")]
pub struct TooMuchWork;

/// Where a node can end, and how, in the order of ends.
type Ways = Vec<(usize, Vec<DerivationId>)>;

pub struct Matcher<'a> {
    program: &'a Program,
    phrase: &'a [Heard],
    scan: Scan,
    /// How many derivations of the same stretch are kept.
    most: usize,
    pub arena: Arena,
    memo: HashMap<(NodeId, usize), Rc<Ways>>,
    depth: usize,
    exhausted: bool,
    /// Within how many filler rules we are.
    fillers: usize,
    /// A token was wanted where the phrase ends: more words could follow.
    wants_more: bool,
}

impl<'a> Matcher<'a> {
    pub fn new(program: &'a Program, phrase: &'a [Heard], scan: Scan, most: usize) -> Matcher<'a> {
        Matcher {
            program,
            phrase,
            scan,
            most,
            arena: Arena::new(MOST_WORK),
            memo: HashMap::new(),
            depth: 0,
            exhausted: false,
            fillers: 0,
            wants_more: false,
        }
    }

    /// The ways in which `rule` matches the whole phrase, best first.
    pub fn whole(&mut self, rule: RuleId) -> Result<Vec<DerivationId>, TooMuchWork> {
        if self.phrase.len() > MOST_UNITS {
            return Err(TooMuchWork);
        }
        let body = self.program.rules[rule as usize].body;
        let ways = self.ways(body, 0);
        let mut complete = Vec::new();
        for (end, derivations) in ways.iter() {
            let Some(cost) = self.scan.extra(self.phrase, *end) else { continue };
            for derivation in derivations {
                let rest = if cost > 0.0 { self.arena.extra(cost) } else { SILENCE };
                if let Some(joined) = self.arena.pair(*derivation, rest) {
                    self.arena.rank(&mut complete, joined, self.most);
                }
            }
        }
        if self.exhausted { Err(TooMuchWork) } else { Ok(complete) }
    }

    /// Every stretch of the phrase that `rule` matches, with its best derivation; looked for where `may_begin` says so.
    pub fn stretches(
        &mut self,
        rule: RuleId,
        may_begin: impl Fn(&Heard) -> bool,
    ) -> Result<Vec<(Range<usize>, DerivationId)>, TooMuchWork> {
        if self.phrase.len() > MOST_UNITS {
            return Err(TooMuchWork);
        }
        let body = self.program.rules[rule as usize].body;
        let mut found = Vec::new();
        for (start, _) in self.phrase.iter().enumerate().filter(|(_, heard)| may_begin(heard)) {
            let ways = self.ways(body, start);
            let longer = ways.iter().filter(|(end, _)| *end > start);
            found.extend(longer.filter_map(|(end, derivations)| Some((start..*end, *derivations.first()?))));
        }
        if self.exhausted { Err(TooMuchWork) } else { Ok(found) }
    }

    pub fn wants_more(&self) -> bool {
        self.wants_more
    }

    fn ways(&mut self, id: NodeId, start: usize) -> Rc<Ways> {
        if self.exhausted || !self.program.productive[id as usize] {
            return Rc::default();
        }
        if self.depth >= MOST_DEPTH || self.arena.is_full() {
            self.exhausted = true;
            return Rc::default();
        }
        let program = self.program;
        let node = &program.nodes[id as usize];
        if let Node::Token(token) = node {
            return Rc::new(self.token(*token, start));
        }
        if let Some(known) = self.memo.get(&(id, start)) {
            return Rc::clone(known);
        }
        self.depth += 1;
        let ways = match node {
            Node::Token(_) | Node::Void => Ways::new(),
            Node::Tag(tag) => vec![(start, vec![self.arena.tag(*tag)])],
            Node::Garbage => self.garbage(start),
            Node::Call { rule, label } => self.call(*rule, *label, start),
            Node::Sequence(parts) => self.sequence(parts, start),
            Node::OneOf(alternatives) => self.one_of(alternatives, start),
            Node::Repeat { of, min, max, again, stop } => {
                Repeat { of: *of, min: *min as usize, max: max.map(|max| max as usize), again: *again, stop: *stop }.ways(self, start)
            }
        };
        self.depth -= 1;
        let ways = Rc::new(ways);
        self.memo.insert((id, start), Rc::clone(&ways));
        ways
    }

    fn token(&mut self, token: u32, start: usize) -> Ways {
        let found = self.scan.token(&self.program.tokens[token as usize].units, self.program, self.phrase, start);
        self.wants_more |= found.runs_out && self.fillers == 0;
        found.ends.into_iter().map(|(end, cost)| (end, vec![self.arena.token(token, cost)])).collect()
    }

    /// Any words, or none; the fewer the better.
    fn garbage(&mut self, start: usize) -> Ways {
        self.wants_more |= self.fillers == 0;
        (start..=self.phrase.len()).map(|end| (end, vec![self.arena.garbage((end - start) as u32)])).collect()
    }

    fn call(&mut self, rule: RuleId, label: u32, start: usize) -> Ways {
        let entry = &self.program.rules[rule as usize];
        self.fillers += usize::from(entry.filler);
        let inner = self.ways(entry.body, start);
        self.fillers -= usize::from(entry.filler);
        inner.iter().map(|(end, all)| (*end, all.iter().map(|inner| self.arena.call(label, rule, *inner)).collect())).collect()
    }

    fn sequence(&mut self, parts: &[NodeId], start: usize) -> Ways {
        let mut ways: Ways = vec![(start, vec![SILENCE])];
        for part in parts {
            ways = self.followed_by(&ways, *part, |_, _| true);
            if ways.is_empty() {
                break;
            }
        }
        ways
    }

    /// Every way of `ways` joined with every way of `node` after it, where `allowed(end before, end after)`.
    fn followed_by(&mut self, ways: &Ways, node: NodeId, allowed: impl Fn(usize, usize) -> bool) -> Ways {
        let mut joined = Ways::new();
        for (middle, firsts) in ways {
            let seconds = self.ways(node, *middle);
            for (end, seconds) in seconds.iter().filter(|(end, _)| allowed(*middle, *end)) {
                for first in firsts {
                    for second in seconds {
                        self.join(&mut joined, *end, *first, *second);
                    }
                }
            }
        }
        joined
    }

    fn join(&mut self, ways: &mut Ways, end: usize, first: DerivationId, second: DerivationId) {
        if self.arena.is_full() {
            self.exhausted = true;
        } else if let Some(both) = self.arena.pair(first, second) {
            self.arena.rank(at(ways, end), both, self.most);
        }
    }

    fn one_of(&mut self, alternatives: &[(f32, NodeId)], start: usize) -> Ways {
        let mut ways = Ways::new();
        for (weight, node) in alternatives {
            for (end, derivations) in self.ways(*node, start).iter() {
                for derivation in derivations {
                    let weighted = self.arena.weighted(*derivation, *weight);
                    self.arena.rank(at(&mut ways, *end), weighted, self.most);
                }
            }
        }
        ways
    }
}

/// The derivations that end at `end`, the list made where there is none.
fn at(ways: &mut Ways, end: usize) -> &mut Vec<DerivationId> {
    let index = match ways.binary_search_by_key(&end, |(end, _)| *end) {
        Ok(index) => index,
        Err(index) => {
            ways.insert(index, (end, Vec::new()));
            index
        }
    };
    &mut ways[index].1
}

/// One repeat node at work. Past the least number (and past the first), a turn must hear something: silence again and
/// again is silence once.
struct Repeat {
    of: NodeId,
    min: usize,
    max: Option<usize>,
    again: f32,
    stop: f32,
}

impl Repeat {
    fn ways(&self, matcher: &mut Matcher, start: usize) -> Ways {
        let mut levels: Vec<Ways> = Vec::new();
        let mut turn: Ways = vec![(start, vec![SILENCE])];
        for count in 0..=self.min.max(1) {
            if count >= self.min {
                levels.push(turn.clone());
            }
            if self.max == Some(count) || turn.is_empty() || count == self.min.max(1) {
                break;
            }
            turn = self.once_more(matcher, &turn, |_, _| true);
        }
        // From here every turn hears at least one unit.
        let mut left = self.max.map(|max| max - self.min.max(1).min(max));
        let bounded = left.is_some_and(|left| left < matcher.phrase.len().saturating_sub(start));
        if !bounded {
            left = None;
        }
        if self.max != Some(0) && self.max != Some(self.min.max(1)) && !turn.is_empty() {
            match left {
                Some(left) => {
                    for _ in 0..left {
                        turn = self.once_more(matcher, &turn, |before, after| after > before);
                        if turn.is_empty() {
                            break;
                        }
                        levels.push(turn.clone());
                    }
                }
                None => levels.push(self.onwards(matcher, turn)),
            }
        }
        let mut ways = Ways::new();
        for (end, derivations) in levels.iter().rev().flatten() {
            for derivation in derivations {
                let stopped = matcher.arena.weighted(*derivation, self.stop);
                matcher.arena.rank(at(&mut ways, *end), stopped, matcher.most);
            }
        }
        ways
    }

    fn once_more(&self, matcher: &mut Matcher, turn: &Ways, allowed: impl Fn(usize, usize) -> bool) -> Ways {
        let mut next = matcher.followed_by(turn, self.of, allowed);
        for derivation in next.iter_mut().flat_map(|(_, derivations)| derivations) {
            *derivation = matcher.arena.weighted(*derivation, self.again);
        }
        next
    }

    /// Any number of turns more: ends are settled from left to right, for a turn only ever leads to the right.
    fn onwards(&self, matcher: &mut Matcher, mut ways: Ways) -> Ways {
        let mut index = 0;
        while index < ways.len() && !matcher.exhausted {
            let here: Ways = vec![ways[index].clone()];
            for (end, derivations) in self.once_more(matcher, &here, |before, after| after > before) {
                for derivation in derivations {
                    matcher.arena.rank(at(&mut ways, end), derivation, matcher.most);
                }
            }
            index += 1;
        }
        ways
    }
}
