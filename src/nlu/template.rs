//! Example sentences written compactly: `[我想|帮我]查[一下](话费|余额)`.
//!
//! `(a|b)` is one of, `[a|b]` is one of or nothing, `{name}` is one of the lexicon's words of that name. A template
//! stands for all its sentences; [`Template::sentences`] draws from them, the same ones every time.

use std::collections::{BTreeMap, BTreeSet};

/// How deep brackets and words may nest.
const MOST_DEPTH: u32 = 12;

/// A parsed template.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    OneOf(Vec<Template>),
}

/// Words that templates share, by name.
pub type Words = BTreeMap<String, Template>;

impl Template {
    /// Reads `source`; the words it names must be in `words`. The error says what is wrong, for the file's author.
    pub fn parse(source: &str, words: &Words) -> Result<Template, String> {
        let mut reader = Reader { rest: source.chars().peekable(), words };
        let template = reader.sequence(0)?;
        match reader.rest.next() {
            None => Ok(template),
            Some(stray) => Err(format!("`{stray}` has no opening bracket in `{source}`")),
        }
    }

    /// A choice of whole templates.
    pub fn one_of(choices: Vec<Template>) -> Template {
        Template { parts: vec![Part::OneOf(choices)] }
    }

    /// How many sentences it stands for, repeats counted.
    pub fn count(&self) -> u64 {
        self.parts.iter().fold(1, |product, part| match part {
            Part::Text(_) => product,
            Part::OneOf(choices) => product.saturating_mul(choices.iter().fold(0, |sum: u64, choice| sum.saturating_add(choice.count()))),
        })
    }

    /// At most `most` different sentences in a fixed order: all of them, or a draw that depends on nothing but the template.
    pub fn sentences(&self, most: usize) -> Vec<String> {
        let count = self.count();
        let mut seen = BTreeSet::new();
        let mut out = Vec::new();
        let everything = count <= most as u64;
        let draws = if everything { count } else { most as u64 * 2 };
        for draw in 0..draws {
            let index = if everything { draw } else { scramble(draw) % count };
            let mut sentence = String::new();
            self.write(index, &mut sentence);
            if out.len() < most && seen.insert(sentence.clone()) {
                out.push(sentence);
            }
        }
        out
    }

    fn write(&self, mut index: u64, out: &mut String) {
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::OneOf(choices) => {
                    let total = choices.iter().fold(0, |sum: u64, choice| sum.saturating_add(choice.count())).max(1);
                    let mut chosen = index % total;
                    index /= total;
                    for choice in choices {
                        if chosen < choice.count() {
                            choice.write(chosen, out);
                            break;
                        }
                        chosen -= choice.count();
                    }
                }
            }
        }
    }
}

/// SplitMix64's mixing step (Steele, Lea, Flood 2014): spreads consecutive numbers over all of `u64`.
pub fn scramble(n: u64) -> u64 {
    let mut z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    words: &'a Words,
}

impl Reader<'_> {
    fn sequence(&mut self, depth: u32) -> Result<Template, String> {
        if depth > MOST_DEPTH {
            return Err("brackets nest too deep".into());
        }
        let mut parts = Vec::new();
        let mut text = String::new();
        while let Some(&next) = self.rest.peek() {
            if matches!(next, ')' | ']' | '|') {
                break;
            }
            self.rest.next();
            let part = match next {
                '(' => self.choices(')', depth)?,
                '[' => self.choices(']', depth)?,
                '{' => self.word()?,
                other => {
                    text.push(other);
                    continue;
                }
            };
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut text)));
            }
            parts.push(part);
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        Ok(Template { parts })
    }

    fn choices(&mut self, close: char, depth: u32) -> Result<Part, String> {
        let mut choices = Vec::new();
        if close == ']' {
            choices.push(Template { parts: Vec::new() });
        }
        loop {
            choices.push(self.sequence(depth + 1)?);
            match self.rest.next() {
                Some('|') => {}
                Some(end) if end == close => return Ok(Part::OneOf(choices)),
                Some(other) => return Err(format!("`{other}` where `{close}` is due")),
                None => return Err(format!("`{close}` is missing")),
            }
        }
    }

    fn word(&mut self) -> Result<Part, String> {
        let mut name = String::new();
        for next in self.rest.by_ref() {
            if next == '}' {
                let words = self.words.get(&name).ok_or_else(|| format!("no words are called `{name}`"))?;
                return Ok(Part::OneOf(vec![words.clone()]));
            }
            name.push(next);
        }
        Err("`}` is missing".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(source: &str, expected: &[&str]) {
        let words = Words::from([("thing".to_owned(), Template::parse("(话费|流量)", &Words::new()).expect("a good template"))]);
        let mut sentences = Template::parse(source, &words).expect("a good template").sentences(100);
        sentences.sort();
        let mut expected: Vec<&str> = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(sentences, expected);
    }

    #[test]
    fn stands_for_its_sentences() {
        check("查话费", &["查话费"]);
        check("查[一下]话费", &["查话费", "查一下话费"]);
        check("(查|看)(话费|余额)", &["查话费", "看话费", "查余额", "看余额"]);
        check("查{thing}", &["查话费", "查流量"]);
        check("[请[您]]查", &["查", "请查", "请您查"]);
    }

    #[test]
    fn says_what_is_wrong() {
        for bad in ["(a|b", "a)", "[a", "{thing", "{nothing}", "(a]"] {
            assert!(Template::parse(bad, &Words::new()).is_err(), "{bad}");
        }
        assert!(Template::parse(&"[".repeat(1000), &Words::new()).is_err());
    }

    proptest! {
        #[test]
        fn never_panics_and_repeats_itself(source in "[a-c(|)\\[\\]{}]{0,24}") {
            if let Ok(template) = Template::parse(&source, &Words::new()) {
                prop_assert_eq!(template.sentences(20), template.sentences(20));
            }
        }
    }
}
