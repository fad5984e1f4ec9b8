//! A compiled grammar: nodes in one table, rules as entry points, tokens cut into units. Made by [`super::link`], run by [`super::matcher`].

use super::model::{Mode, Place, Tag, TagFormat};
use super::units::{Symbols, Unit, split, wanted_symbols};
use crate::text::pinyin::{Coded, Sound, sounds};
use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::OnceLock;

pub type NodeId = u32;
pub type RuleId = u32;

#[derive(Clone, Debug)]
pub enum Node {
    Token(u32),
    Tag(u32),
    /// `label` is how the reference shows in a logical parse: `$name`, `$<uri>`.
    Call {
        rule: RuleId,
        label: u32,
    },
    Void,
    Garbage,
    Sequence(Vec<NodeId>),
    /// Natural logarithms of the weights.
    OneOf(Vec<(f32, NodeId)>),
    Repeat {
        of: NodeId,
        min: u32,
        max: Option<u32>,
        /// Logarithms of the chances to go on and to stop; both 0.0 when none is written.
        again: f32,
        stop: f32,
    },
}

/// A word of the grammar.
#[derive(Clone, Debug)]
pub struct Token {
    pub text: String,
    pub units: Vec<UnitId>,
}

pub type UnitId = u32;
/// A unit of a phrase that no token of the grammar has.
pub const UNKNOWN: UnitId = u32::MAX;

/// One unit as it is compared: by identity, by spelling, by sound.
#[derive(Clone, Debug)]
pub struct Heard {
    pub id: UnitId,
    pub text: String,
    pub syllable: Option<Coded>,
}

/// What is matched, and its sounds once they were wanted: they need a dictionary, and are the same for every grammar.
#[derive(Debug)]
pub struct Phrase<'a> {
    text: &'a str,
    sounds: OnceCell<Vec<Sound>>,
}

impl Phrase<'_> {
    pub fn new(text: &str) -> Phrase<'_> {
        Phrase { text, sounds: OnceCell::new() }
    }

    /// `plain`: the text as it was cut.
    fn sounds(&self, plain: &str) -> &[Sound] {
        self.sounds.get_or_init(|| sounds(plain))
    }
}

#[derive(Clone, Debug)]
pub struct RuleEntry {
    pub name: String,
    pub public: bool,
    pub body: NodeId,
    /// The index of its file.
    pub file: usize,
    /// Its words carry no meaning: see `Grammar` on the meta name `filler`.
    pub filler: bool,
}

/// A tag and where it was written.
#[derive(Clone, Debug)]
pub struct TagEntry {
    pub content: String,
    pub place: Place,
    /// The index of its file.
    pub file: usize,
}

/// A document of the grammar, as far as its tags need it.
#[derive(Clone, Debug)]
pub struct File {
    pub path: PathBuf,
    pub tag_format: TagFormat,
    /// The tags of the header.
    pub header: Vec<u32>,
}

#[derive(Debug, Default)]
pub struct Program {
    pub nodes: Vec<Node>,
    pub rules: Vec<RuleEntry>,
    pub tokens: Vec<Token>,
    pub files: Vec<File>,
    pub tags: Vec<TagEntry>,
    pub labels: Vec<String>,
    /// Whether a node can match anything at all: VOID cannot.
    pub productive: Vec<bool>,
    /// Whether a node can match silence.
    pub silent: Vec<bool>,
    pub symbols: Symbols,
    pub mode: Mode,
    units: HashMap<String, UnitId>,
    /// By unit id, how it is said: worked out when first wanted, for sounds need a dictionary. The last token that holds
    /// a polyphone decides its sound.
    spoken: OnceLock<Vec<Heard>>,
    token_ids: HashMap<String, u32>,
}

impl Program {
    pub fn new(mode: Mode) -> Program {
        Program { mode, ..Program::default() }
    }

    pub fn add(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        self.nodes.len() as NodeId - 1
    }

    pub fn tag(&mut self, tag: &Tag, file: usize) -> u32 {
        self.tags.push(TagEntry { content: tag.content.clone(), place: tag.place, file });
        self.tags.len() as u32 - 1
    }

    pub fn label(&mut self, label: String) -> u32 {
        self.labels.push(label);
        self.labels.len() as u32 - 1
    }

    pub fn token(&mut self, text: &str) -> Node {
        if let Some(id) = self.token_ids.get(text) {
            return Node::Token(*id);
        }
        let symbols: Symbols = wanted_symbols(text).collect();
        let pieces = if symbols.is_empty() {
            split(text, &symbols).0.into_iter().map(|unit| unit.text).collect()
        } else {
            wanted_symbols(text).map(|symbol| symbol.to_string()).collect::<Vec<_>>()
        };
        self.symbols.extend(symbols);
        let units = pieces.into_iter().map(|piece| self.intern(piece)).collect();
        let id = self.tokens.len() as u32;
        self.tokens.push(Token { text: text.to_owned(), units });
        self.token_ids.insert(text.to_owned(), id);
        Node::Token(id)
    }

    fn intern(&mut self, piece: String) -> UnitId {
        let piece = self.by_key_name(piece);
        let next = self.units.len() as UnitId;
        *self.units.entry(piece).or_insert(next)
    }

    /// The unit with this id as it is said.
    pub fn spoken(&self, id: UnitId) -> &Heard {
        let spoken = self.spoken.get_or_init(|| {
            let mut spoken: Vec<Heard> = (0..).map(|id| Heard { id, text: String::new(), syllable: None }).take(self.units.len()).collect();
            for (text, id) in &self.units {
                spoken[*id as usize].text.clone_from(text);
            }
            for token in &self.tokens {
                for heard in self.hear(&Phrase::new(&token.text), true).into_iter().filter(|heard| heard.id != UNKNOWN) {
                    let id = heard.id as usize;
                    spoken[id] = heard;
                }
            }
            spoken
        });
        &spoken[id as usize]
    }

    /// DTMF keys have spoken names (appendix E).
    fn by_key_name(&self, piece: String) -> String {
        match (self.mode, piece.as_str()) {
            (Mode::Dtmf, "star") => "*".into(),
            (Mode::Dtmf, "pound" | "hash") => "#".into(),
            _ => piece,
        }
    }

    /// The tokens that rules other than fillers hold, in the order of the rules.
    pub fn meaningful_tokens(&self) -> Vec<&Token> {
        let mut found = BTreeSet::new();
        let mut todo: Vec<NodeId> = self.rules.iter().filter(|rule| !rule.filler).map(|rule| rule.body).collect();
        while let Some(id) = todo.pop() {
            match &self.nodes[id as usize] {
                Node::Token(token) => {
                    found.insert(*token);
                }
                Node::Sequence(parts) => todo.extend(parts),
                Node::OneOf(alternatives) => todo.extend(alternatives.iter().map(|(_, id)| *id)),
                Node::Repeat { of, .. } => todo.push(*of),
                Node::Call { .. } | Node::Tag(_) | Node::Void | Node::Garbage => {}
            }
        }
        found.into_iter().map(|token| &self.tokens[token as usize]).collect()
    }

    /// A phrase as units, with their syllables when they are wanted.
    pub fn hear(&self, phrase: &Phrase<'_>, with_sounds: bool) -> Vec<Heard> {
        let mut symbols = self.symbols.clone();
        if self.mode == Mode::Dtmf {
            symbols.extend(['*', '#']);
        }
        let (units, plain) = split(phrase.text, &symbols);
        let said = if with_sounds { phrase.sounds(&plain) } else { &[] };
        let heard = |unit: Unit| {
            let syllable = match said.get(unit.at) {
                Some(Sound::Syllable { syllable, .. }) => Some(Coded::of(syllable)),
                _ => None,
            };
            let text = self.by_key_name(unit.text);
            Heard { id: self.units.get(&text).copied().unwrap_or(UNKNOWN), text, syllable }
        };
        units.into_iter().map(heard).collect()
    }
}
