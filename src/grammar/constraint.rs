//! What a recogniser may write when only phrases of a grammar are wanted: an automaton over bytes.
//!
//! The tokens of a recogniser are pieces of UTF-8 that begin and end anywhere, so phrases are spelled in bytes. [`Constraint::of`] spells a
//! grammar once; an [`Acceptor`] walks it and works out its states when they are first wanted. A grammar with GARBAGE, with recursion that
//! nests, or of too many states has no constraint: [`Unconstrainable`] says why.
//!
//! Beside the grammar's own words it takes what recognisers write for the same: traditional characters, letters in either case, a space or
//! a comma between words, a mark at the end.

use super::Grammar;
use super::program::{Node, NodeId, Program};
use crate::grammar::model::Mode;
use crate::text::{number_en, number_zh, script};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Why a grammar cannot bind a recogniser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unconstrainable {
    #[error("it takes any words (GARBAGE): use its terms instead")]
    AnyWords,
    #[error("it is too large, or its rules nest without end: shorten it or use its terms instead")]
    TooLarge,
    #[error("it is a grammar of keys")]
    Keys,
    #[error("nothing matches it")]
    Nothing,
}

/// The largest automaton; our own grammars have up to some ten thousand states.
const MOST_STATES: usize = 200_000;
/// Nested nodes while the automaton is made; a level takes under 1 KiB of stack.
const MOST_DEPTH: usize = 700;
/// What may stand between two words, and at the end.
const BETWEEN: [&str; 6] = [" ", "，", "、", ",", "-", ", "];
const AT_THE_END: [&str; 8] = ["。", ".", "！", "!", "？", "?", "，", ","];

type StateId = u32;

#[derive(Debug, Default)]
struct State {
    bytes: Vec<(u8, StateId)>,
    silent: Vec<StateId>,
}

/// The phrases of a grammar as an automaton.
#[derive(Debug)]
pub struct Constraint {
    grammar: Arc<Grammar>,
    figures: bool,
    open: bool,
    states: Vec<State>,
    start: StateId,
    accepting: StateId,
    /// Characters that are wanted before a phrase can end; `u32::MAX` where none can.
    distance: Vec<u32>,
}

impl Constraint {
    /// # Errors
    /// See [`Unconstrainable`].
    pub fn of(grammar: &Arc<Grammar>) -> Result<Constraint, Unconstrainable> {
        let program = &grammar.program;
        if program.mode == Mode::Dtmf {
            return Err(Unconstrainable::Keys);
        }
        let figures = grammar.document.meta("written") == Some("figures");
        let open = grammar.document.meta("replies") == Some("open");
        let mut speller = Speller { program, figures, states: Vec::new(), known: HashMap::new(), spaced: HashMap::new(), depth: 0 };
        let accepting = speller.add()?;
        let end = speller.add()?;
        speller.states[end as usize].silent.push(accepting);
        for mark in AT_THE_END {
            speller.spell(end, mark, accepting)?;
        }
        let start = speller.add()?;
        for rule in &grammar.start {
            let entry = speller.node(program.rules[*rule as usize].body, end)?;
            speller.states[start as usize].silent.push(entry);
            speller.spell(start, " ", entry)?;
        }
        let distance = distances(&speller.states, accepting);
        if distance[start as usize] == u32::MAX {
            return Err(Unconstrainable::Nothing);
        }
        Ok(Constraint { grammar: Arc::clone(grammar), figures, open, states: speller.states, start, accepting, distance })
    }

    /// The grammar whose phrases these are.
    pub fn grammar(&self) -> &Grammar {
        &self.grammar
    }

    /// People reply in words of their own (`<meta name="replies" content="open"/>`): a short one is believed as a long one, for what else
    /// they say is mostly a reply, too, and a wrong branch is soon put right.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Digits are written as figures.
    pub fn in_figures(&self) -> bool {
        self.figures
    }

    /// What two phrases share that say the same: the tags; where there are none, the digits of a number, else the grammar's words with
    /// digits written as figures. `None`: `text` is no phrase of the grammar.
    pub fn meaning(&self, text: &str) -> Option<String> {
        let parse = self.grammar.parse(text, 1).pop()?;
        if !parse.tags.is_empty() {
            return Some(parse.tags.join(" "));
        }
        let digits = || number_zh::parse_digits(&parse.canonical).or_else(|| number_en::parse_digits(&parse.canonical));
        let written = || parse.canonical.chars().filter(|character| !character.is_whitespace());
        self.figures.then(digits).flatten().or_else(|| Some(written().map(|one| number_zh::digit(one).unwrap_or(one)).collect()))
    }
}

fn is_numeral(word: &str) -> bool {
    let mut characters = word.chars();
    matches!((characters.next(), characters.next()), (Some(one), None) if !one.is_ascii_digit() && number_zh::digit(one).is_some())
}

struct Speller<'a> {
    program: &'a Program,
    /// Digits are wanted as figures only, without anything between them.
    figures: bool,
    states: Vec<State>,
    /// Where a node is entered that goes on to a state. A rule that calls itself at its end finds its own entry: a loop.
    known: HashMap<(NodeId, StateId), StateId>,
    /// The state before another in which words may be set apart.
    spaced: HashMap<StateId, StateId>,
    depth: usize,
}

impl Speller<'_> {
    fn add(&mut self) -> Result<StateId, Unconstrainable> {
        if self.states.len() >= MOST_STATES {
            return Err(Unconstrainable::TooLarge);
        }
        self.states.push(State::default());
        Ok(self.states.len() as StateId - 1)
    }

    /// The state in which `id` begins that leads to `next`.
    fn node(&mut self, id: NodeId, next: StateId) -> Result<StateId, Unconstrainable> {
        if let Some(entry) = self.known.get(&(id, next)) {
            return Ok(*entry);
        }
        if self.depth >= MOST_DEPTH {
            return Err(Unconstrainable::TooLarge);
        }
        let entry = self.add()?;
        self.known.insert((id, next), entry);
        if !self.program.productive[id as usize] {
            return Ok(entry);
        }
        self.depth += 1;
        let program = self.program;
        match &program.nodes[id as usize] {
            Node::Void => {}
            Node::Garbage => return Err(Unconstrainable::AnyWords),
            Node::Tag(_) => self.states[entry as usize].silent.push(next),
            Node::Token(token) if self.figures && is_numeral(&program.tokens[*token as usize].text) => {}
            Node::Token(token) => {
                let after = self.set_apart(next)?;
                self.spell(entry, &program.tokens[*token as usize].text, after)?;
            }
            Node::Call { rule, .. } => {
                let body = self.node(program.rules[*rule as usize].body, next)?;
                self.states[entry as usize].silent.push(body);
            }
            Node::Sequence(parts) => {
                let mut first = next;
                for part in parts.iter().rev() {
                    first = self.node(*part, first)?;
                }
                self.states[entry as usize].silent.push(first);
            }
            Node::OneOf(alternatives) => {
                for (_, alternative) in alternatives {
                    let first = self.node(*alternative, next)?;
                    self.states[entry as usize].silent.push(first);
                }
            }
            Node::Repeat { of, min, max, .. } => {
                let first = self.repeat(*of, *min, *max, next)?;
                self.states[entry as usize].silent.push(first);
            }
        }
        self.depth -= 1;
        Ok(entry)
    }

    fn repeat(&mut self, of: NodeId, min: u32, max: Option<u32>, next: StateId) -> Result<StateId, Unconstrainable> {
        let mut first = next;
        match max {
            None => {
                first = self.add()?;
                self.states[first as usize].silent.push(next);
                let again = self.node(of, first)?;
                self.states[first as usize].silent.push(again);
            }
            Some(max) => {
                for _ in min..max {
                    let more = self.node(of, first)?;
                    let optional = self.add()?;
                    self.states[optional as usize].silent.extend([next, more]);
                    first = optional;
                }
            }
        }
        for _ in 0..min {
            first = self.node(of, first)?;
        }
        Ok(first)
    }

    fn set_apart(&mut self, next: StateId) -> Result<StateId, Unconstrainable> {
        if let Some(before) = self.spaced.get(&next) {
            return Ok(*before);
        }
        let before = self.add()?;
        self.spaced.insert(next, before);
        self.states[before as usize].silent.push(next);
        for separator in BETWEEN {
            self.spell(before, separator, next)?;
        }
        Ok(before)
    }

    /// Paths from `from` to `to` for every way to write `text`.
    fn spell(&mut self, from: StateId, text: &str, to: StateId) -> Result<(), Unconstrainable> {
        let last = text.chars().count().saturating_sub(1);
        let mut here = from;
        for (index, character) in text.chars().enumerate() {
            let there = if index == last { to } else { self.add()? };
            for form in forms(character) {
                let mut buffer = [0; 4];
                let bytes = form.encode_utf8(&mut buffer).as_bytes();
                let mut state = here;
                for (index, byte) in bytes.iter().enumerate() {
                    let following = if index + 1 == bytes.len() { there } else { self.add()? };
                    self.states[state as usize].bytes.push((*byte, following));
                    state = following;
                }
            }
            here = there;
        }
        if text.is_empty() {
            self.states[from as usize].silent.push(to);
        }
        Ok(())
    }
}

/// How a recogniser may write a character.
fn forms(character: char) -> Vec<char> {
    let mut forms = vec![character];
    if matches!(character, ' ' | '-') {
        forms = vec![' ', '-'];
    } else if character.is_ascii_alphabetic() {
        forms = vec![character.to_ascii_lowercase(), character.to_ascii_uppercase()];
    }
    forms.extend(script::traditional_forms(character));
    forms
}

/// For every state, how many characters are wanted before the end.
fn distances(states: &[State], accepting: StateId) -> Vec<u32> {
    let mut before: Vec<Vec<(StateId, u32)>> = vec![Vec::new(); states.len()];
    for (id, state) in states.iter().enumerate() {
        let begins_character = |byte: u8| u32::from(byte & 0xC0 != 0x80);
        before_each(&mut before, id, state.silent.iter().map(|to| (*to, 0)));
        before_each(&mut before, id, state.bytes.iter().map(|(byte, to)| (*to, begins_character(*byte))));
    }
    let mut distance = vec![u32::MAX; states.len()];
    distance[accepting as usize] = 0;
    let mut todo = VecDeque::from([accepting]);
    while let Some(id) = todo.pop_front() {
        let here = distance[id as usize];
        for (from, characters) in &before[id as usize] {
            let farther = here.saturating_add(*characters);
            if farther < distance[*from as usize] {
                distance[*from as usize] = farther;
                // Steps without a character first: the queue stays in order of distance.
                if *characters == 0 { todo.push_front(*from) } else { todo.push_back(*from) }
            }
        }
    }
    distance
}

fn before_each(before: &mut [Vec<(StateId, u32)>], id: usize, edges: impl Iterator<Item = (StateId, u32)>) {
    for (to, characters) in edges {
        before[to as usize].push((id as StateId, characters));
    }
}

/// A state of an [`Acceptor`].
pub type Place = u32;

/// Walks a constraint; what it worked out it keeps.
#[derive(Debug)]
pub struct Acceptor {
    constraint: Arc<Constraint>,
    places: Vec<PlaceEntry>,
    by_states: HashMap<Vec<StateId>, Place>,
}

#[derive(Debug)]
struct PlaceEntry {
    states: Vec<StateId>,
    /// The bytes that lead on, in order, and where to once that was asked.
    onwards: Vec<(u8, Option<Place>)>,
    accepting: bool,
    remaining: u32,
}

impl Acceptor {
    pub fn new(constraint: Arc<Constraint>) -> Acceptor {
        let start = constraint.start;
        let mut acceptor = Acceptor { constraint, places: Vec::new(), by_states: HashMap::new() };
        acceptor.enter(vec![start]);
        acceptor
    }

    pub fn constraint(&self) -> &Arc<Constraint> {
        &self.constraint
    }

    /// Before the first byte.
    pub fn start(&self) -> Place {
        0
    }

    /// The bytes with which a phrase can go on, in order.
    pub fn bytes(&self, place: Place) -> impl Iterator<Item = u8> + '_ {
        self.places[place as usize].onwards.iter().map(|(byte, _)| *byte)
    }

    /// Whether a phrase may end here.
    pub fn accepts(&self, place: Place) -> bool {
        self.places[place as usize].accepting
    }

    /// How many characters are wanted at least before a phrase may end.
    pub fn remaining(&self, place: Place) -> u32 {
        self.places[place as usize].remaining
    }

    /// Where `byte` leads; `None`: no phrase goes on with it.
    pub fn step(&mut self, place: Place, byte: u8) -> Option<Place> {
        let entry = &self.places[place as usize];
        let index = entry.onwards.binary_search_by_key(&byte, |(byte, _)| *byte).ok()?;
        if let Some(known) = entry.onwards[index].1 {
            return Some(known);
        }
        let states = &self.constraint.states;
        let leads = |state: &StateId| states[*state as usize].bytes.iter().filter(|(with, _)| *with == byte).map(|(_, to)| *to);
        let reached: Vec<StateId> = entry.states.iter().flat_map(leads).collect();
        let there = self.enter(reached);
        self.places[place as usize].onwards[index].1 = Some(there);
        Some(there)
    }

    /// The place for a set of states and what is reached from them in silence.
    fn enter(&mut self, mut todo: Vec<StateId>) -> Place {
        let constraint = &self.constraint;
        let mut states = Vec::new();
        let mut seen = std::collections::HashSet::new();
        while let Some(id) = todo.pop() {
            if constraint.distance[id as usize] == u32::MAX || !seen.insert(id) {
                continue;
            }
            let state = &constraint.states[id as usize];
            todo.extend(&state.silent);
            if !state.bytes.is_empty() || id == constraint.accepting {
                states.push(id);
            }
        }
        states.sort_unstable();
        if let Some(known) = self.by_states.get(&states) {
            return *known;
        }
        let alive = |(byte, to): &(u8, StateId)| (constraint.distance[*to as usize] != u32::MAX).then_some(*byte);
        let mut bytes: Vec<u8> = states.iter().flat_map(|id| constraint.states[*id as usize].bytes.iter().filter_map(alive)).collect();
        bytes.sort_unstable();
        bytes.dedup();
        let entry = PlaceEntry {
            accepting: states.contains(&constraint.accepting),
            remaining: states.iter().map(|id| constraint.distance[*id as usize]).min().unwrap_or(u32::MAX),
            onwards: bytes.into_iter().map(|byte| (byte, None)).collect(),
            states: states.clone(),
        };
        self.places.push(entry);
        let place = self.places.len() as Place - 1;
        self.by_states.insert(states, place);
        place
    }
}

#[cfg(test)]
mod tests;
