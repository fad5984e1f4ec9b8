//! SRGS 1.0 grammars and the matcher on characters and on sound.
//!
//! [`Grammar::load`] reads a `.grxml` or `.gram` file; [`Grammar::parse`] matches a whole phrase; [`Grammar::interpret`] says what a parse
//! means; [`Library`] holds the files of `grammars/`. A bytes' way in: `source` → `srgs_xml` or `srgs_abnf` → [`model`] → `link` → `program`, which
//! `matcher` runs. Grammars are never fetched from a network.
//!
//! Limits: 1 MiB a file, 64 files, 5000 rules a file, 64 levels of nesting, repeats up to 1000, phrases of 256 units.
//!
//! Six `meta` names are ours: `terms` lists words that help a recogniser; `written`, when it is `figures`, binds one to write digits as figures;
//! `filler` names rules whose words carry no meaning (they are left out of
//! [`Parse::canonical`], and an answer is complete without them); `match.…` and `no-match.…` are phrases that the grammar
//! must and must not take; `within` names the rule that is looked for inside running text ([`Grammar::within`]), and `within.…` and
//! `not-within.…` are sentences that must hold it or not. The library checks these phrases when it loads.

mod check;
pub mod constraint;
mod derivation;
mod library;
mod link;
mod logical;
mod matcher;
pub mod model;
mod program;
mod reference;
mod script;
mod sound;
mod source;
mod srgs_abnf;
mod srgs_xml;
mod units;
mod within;

pub use constraint::Constraint;
pub use library::Library;
pub use matcher::TooMuchWork;
pub use program::Phrase;
pub use within::Stretch;

use logical::Logical;
use matcher::Matcher;
use program::{Program, RuleId};
use sound::Scan;
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
pub struct Grammar {
    program: Program,
    start: Vec<RuleId>,
    within: Option<(RuleId, check::Openings)>,
    document: model::Document,
}

/// One way in which a phrase matches.
#[derive(Clone, Debug, PartialEq)]
pub struct Parse {
    /// The grammar's own words, in order, joined without spaces between Chinese characters: the heard `是得` gives `是的`.
    /// The words of filler rules are left out.
    pub canonical: String,
    /// SRGS's logical parse: `$main[$digits["四"]]`.
    pub tree: String,
    /// Semantic tags in order, as written; what they mean together says [`Grammar::interpret`].
    pub tags: Vec<String>,
    /// 0.0..=1.0: 1.0 for the very characters, less for confusions of sound and for what GARBAGE swallowed; weights break ties.
    pub score: f32,
    logical: Logical,
}

/// How far a phrase goes towards a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// No match begins like this.
    No,
    /// A match begins like this and needs more words.
    Prefix,
    /// A match, and more words could follow.
    Complete,
    /// A match that no word but filler can follow: the listener need not wait.
    CompleteAndClosed,
}

/// How much of a score a phrase loses that is all garbage.
const GARBAGE_PRICE: f32 = 0.3;

impl Grammar {
    /// Loads `path`; external references stay inside `root` and the folders below it, symbolic links followed.
    pub fn load(path: &Path, root: &Path) -> Result<Grammar, GrammarError> {
        let mut linked = link::link(path, root)?;
        let document = linked.files.swap_remove(0).document;
        Ok(Grammar { program: linked.program, start: linked.start, within: linked.within, document })
    }

    /// The document as it was written: examples, meta data, language.
    pub fn document(&self) -> &model::Document {
        &self.document
    }

    /// All ways in which the whole of `phrase` matches character by character, best first, at most `most`. A phrase that
    /// would take too much work does not match.
    pub fn parse(&self, phrase: &str, most: usize) -> Vec<Parse> {
        self.logged(self.try_parse(&self.start, phrase, most))
    }

    /// The same on sound: characters that sound alike match, at a price. Best first.
    pub fn parse_by_sound(&self, phrase: &str, most: usize) -> Vec<Parse> {
        self.logged(self.run(&self.start, phrase, most, Scan::Sound))
    }

    fn logged(&self, result: Result<Vec<Parse>, TooMuchWork>) -> Vec<Parse> {
        result.unwrap_or_else(|error| {
            tracing::warn!(root = self.document.root.as_ref().map(|(name, _)| name.as_str()), "{error}");
            Vec::new()
        })
    }

    /// Like [`Grammar::parse`], the root first and then every other public rule (section 5.4: a host may activate any of
    /// them), and tells when the work was too much.
    pub fn parse_any_public(&self, phrase: &str, most: usize) -> Result<Vec<Parse>, TooMuchWork> {
        let by_root = self.try_parse(&self.start, phrase, most)?;
        if !by_root.is_empty() {
            return Ok(by_root);
        }
        let own = self.document.rules.len();
        let others = self.program.rules.iter().take(own).enumerate().filter(|(_, rule)| rule.public);
        let others: Vec<RuleId> = others.map(|(id, _)| id as RuleId).filter(|id| !self.start.contains(id)).collect();
        self.try_parse(&others, phrase, most)
    }

    fn try_parse(&self, rules: &[RuleId], phrase: &str, most: usize) -> Result<Vec<Parse>, TooMuchWork> {
        self.run(rules, phrase, most, Scan::Exact)
    }

    fn run(&self, rules: &[RuleId], phrase: &str, most: usize, scan: Scan) -> Result<Vec<Parse>, TooMuchWork> {
        let heard = self.program.hear(&Phrase::new(phrase), scan == Scan::Sound);
        let mut parses: Vec<Parse> = Vec::new();
        for rule in rules {
            let mut matcher = Matcher::new(&self.program, &heard, scan, most.clamp(1, 16));
            for derivation in matcher.whole(*rule)? {
                let found = matcher.arena.get(derivation);
                let units = heard.len().max(1) as f32;
                if found.cost > sound::MOST_DISTANCE * units {
                    continue;
                }
                let score = logical::score(found.cost, found.garbage, heard.len());
                let logical = Logical::of(&matcher.arena, &self.program, *rule, derivation);
                let (mut words, mut tags) = (Vec::new(), Vec::new());
                logical.words(&self.program, false, &mut words);
                logical.tags(&self.program, &mut tags);
                let tree = logical.tree(&self.program);
                parses.push(Parse { canonical: units::join(words.into_iter()), tree, tags, score, logical });
            }
        }
        // Stable: equal scores keep the matcher's order, which knows the weights.
        parses.sort_by(|a, b| b.score.total_cmp(&a.score));
        parses.truncate(most);
        Ok(parses)
    }

    /// What `parse`, one of this grammar's, means (SISR 1.0): the last literal, or what the grammar's scripts made of it.
    ///
    /// # Errors
    /// A script does not compile, throws, or takes too much: its place and the reason.
    pub fn interpret(&self, parse: &Parse) -> Result<serde_json::Value, GrammarError> {
        script::interpret(&self.program, &parse.logical)
    }

    /// How far `phrase` goes towards a match, character by character.
    pub fn complete(&self, phrase: &str) -> Completeness {
        let heard = self.program.hear(&Phrase::new(phrase), false);
        let (mut complete, mut open) = (false, false);
        for rule in &self.start {
            let mut matcher = Matcher::new(&self.program, &heard, Scan::Exact, 1);
            // Too much work counts as open: the listener then waits for silence.
            complete |= matcher.whole(*rule).is_ok_and(|ways| !ways.is_empty());
            open |= matcher.wants_more();
        }
        match (complete, open) {
            (true, true) => Completeness::Complete,
            (true, false) => Completeness::CompleteAndClosed,
            (false, true) => Completeness::Prefix,
            (false, false) => Completeness::No,
        }
    }

    /// Words that help a recogniser, at most `most`: those of the meta name `terms`, else the grammar's words without its fillers, longer
    /// ones first.
    pub fn terms(&self, most: usize) -> Vec<String> {
        if let Some(declared) = self.document().meta("terms") {
            let terms = declared.split(['、', ',']).map(str::trim).filter(|term| !term.is_empty());
            return terms.take(most).map(str::to_owned).collect();
        }
        let mut terms: Vec<&str> = self.program.meaningful_tokens().into_iter().map(|token| token.text.as_str()).collect();
        terms.sort_by_key(|term| std::cmp::Reverse(term.chars().count().min(4)));
        terms.into_iter().take(most).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests;
