//! The logical parse of a phrase (SRGS 1.0 appendix H): which rules, words and tags made the match, in order.

use super::GARBAGE_PRICE;
use super::derivation::{Arena, DerivationId, Part};
use super::program::{Program, RuleId};
use super::units;

/// A rule that was matched, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Logical {
    pub rule: RuleId,
    /// How the reference to it was written; `None` for the rule that the match began with.
    label: Option<u32>,
    pub steps: Vec<Step>,
    /// 0.0..=1.0, as [`super::Parse::score`], for this stretch of the phrase.
    pub score: f32,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Token(u32),
    Tag(u32),
    Rule(Logical),
}

/// What was misheard and swallowed, as a share of the units.
pub fn score(cost: f32, garbage: u32, units: usize) -> f32 {
    let units = units.max(1) as f32;
    (1.0 - cost / units).max(0.0) * (1.0 - GARBAGE_PRICE * (garbage as f32 / units).min(1.0))
}

impl Logical {
    pub fn of(arena: &Arena, program: &Program, rule: RuleId, derivation: DerivationId) -> Logical {
        Logical::labelled(arena, program, rule, None, derivation).0
    }

    /// Also how many units its words have.
    fn labelled(arena: &Arena, program: &Program, rule: RuleId, label: Option<u32>, derivation: DerivationId) -> (Logical, usize) {
        let mut units = 0;
        let mut steps = Vec::new();
        for part in arena.shown(derivation) {
            match part {
                Part::Token(token) => {
                    units += program.tokens[token as usize].units.len();
                    steps.push(Step::Token(token));
                }
                Part::Tag(tag) => steps.push(Step::Tag(tag)),
                Part::Call { label, rule, inner } => {
                    let (inner, heard) = Logical::labelled(arena, program, rule, Some(label), inner);
                    units += heard;
                    steps.push(Step::Rule(inner));
                }
                Part::Silence | Part::Pair(..) => {}
            }
        }
        let found = arena.get(derivation);
        let score = score(found.cost, found.garbage, units + found.garbage as usize);
        (Logical { rule, label, steps, score }, units)
    }

    /// As the W3C implementation report writes it: `$main["a",$x[],{!{tag}!}]`.
    pub fn tree(&self, program: &Program) -> String {
        let mut out = match self.label {
            Some(label) => program.labels[label as usize].clone(),
            None => format!("${}", program.rules[self.rule as usize].name),
        };
        out.push('[');
        for (index, step) in self.steps.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            match step {
                Step::Token(token) => out.push_str(&format!("\"{}\"", program.tokens[*token as usize].text)),
                Step::Tag(tag) => out.push_str(&format!("{{!{{{}}}!}}", program.tags[*tag as usize].content)),
                Step::Rule(inner) => out.push_str(&inner.tree(program)),
            }
        }
        out.push(']');
        out
    }

    /// The words in order, without those of filler rules when these are not wanted.
    pub fn words<'a>(&self, program: &'a Program, with_fillers: bool, words: &mut Vec<&'a str>) {
        for step in &self.steps {
            match step {
                Step::Token(token) => words.push(&program.tokens[*token as usize].text),
                Step::Rule(inner) if with_fillers || !program.rules[inner.rule as usize].filler => {
                    inner.words(program, with_fillers, words);
                }
                Step::Tag(_) | Step::Rule(_) => {}
            }
        }
    }

    /// All words as people write them.
    pub fn text(&self, program: &Program) -> String {
        let mut words = Vec::new();
        self.words(program, true, &mut words);
        units::join(words.into_iter())
    }

    /// The tags in order, without those of filler rules.
    pub fn tags(&self, program: &Program, tags: &mut Vec<String>) {
        for step in &self.steps {
            match step {
                Step::Tag(tag) => tags.push(program.tags[*tag as usize].content.trim().to_owned()),
                Step::Rule(inner) if !program.rules[inner.rule as usize].filler => inner.tags(program, tags),
                Step::Token(_) | Step::Rule(_) => {}
            }
        }
    }
}
