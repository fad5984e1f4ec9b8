//! SRGS 1.0 grammars and the matcher on characters and on sound.
//!
//! [`Grammar::load`] reads a `.grxml` or `.gram` file; [`Grammar::parse`] matches a whole phrase.

use std::path::{Path, PathBuf};

/// What is wrong with a grammar file, where.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}:{line}:{column}: {reason}", file.display())]
pub struct GrammarError {
    pub file: PathBuf,
    /// From 1.
    pub line: u32,
    pub column: u32,
    pub reason: String,
}

/// A compiled grammar with everything it refers to.
#[derive(Debug)]
pub struct Grammar {}

/// One way in which a phrase matches.
#[derive(Clone, Debug, PartialEq)]
pub struct Parse {
    /// The grammar's own words, in order, joined without spaces between Chinese characters: the heard `是得` gives `是的`.
    pub canonical: String,
    /// SRGS's logical parse: `$main[$digits["四"]]`.
    pub tree: String,
    /// Semantic tags in order (`semantics/1.0-literals`).
    pub tags: Vec<String>,
    /// 0.0..=1.0: 1.0 for the very characters, less for confusions of sound; weights break ties.
    pub score: f32,
}

impl Grammar {
    /// Loads `path`; external references stay inside its folder and the folders above it up to `root`.
    pub fn load(path: &Path, _root: &Path) -> Result<Grammar, GrammarError> {
        Err(GrammarError { file: path.to_owned(), line: 1, column: 1, reason: "not built yet".into() })
    }

    /// All ways in which the whole of `phrase` matches character by character, best first, at most `most`.
    pub fn parse(&self, _phrase: &str, _most: usize) -> Vec<Parse> {
        Vec::new()
    }

    /// The same on sound: characters that sound alike match, at a price. Best first.
    pub fn parse_by_sound(&self, _phrase: &str, _most: usize) -> Vec<Parse> {
        Vec::new()
    }
}
