//! SSML 1.0 and 1.1, the part of it that our voices can do: `break`, `prosody` (rate, volume), `say-as`, `sub`, `phoneme`, `mark`, `p`, `s`.
//!
//! [`is_markup`] tells markup from plain text, [`parse`] reads it. Other elements of the standard are allowed and change nothing but that
//! their text is spoken (`emphasis`, `voice`, `lang`, `audio` with its alternative text); those that are not for speaking (`metadata`, `desc`,
//! `lexicon`) are left out. Everything is bounded and nothing is fetched; document types, and with them entities, are refused.

mod elements;
mod say_as;

use super::sounds;
use elements::{BREAK_MOST_MS, Element};
use roxmltree::{Node, ParsingOptions};

/// Longer than any prompt.
const MOST_BYTES: usize = 64 << 10;
const MOST_TAGS: usize = 1_000;
/// roxmltree recurses into elements, and so do we.
const DEEPEST: usize = 40;
const NAMESPACE: &str = "http://www.w3.org/2001/10/synthesis";
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// Silence after a sentence and a paragraph that are marked as such.
const SENTENCE_MS: u32 = 320;
const PARAGRAPH_MS: u32 = 600;

/// What is wrong with a document and where, both counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {reason}")]
pub struct SsmlError {
    pub line: u32,
    pub column: u32,
    pub reason: String,
}

/// How something is to be said, relative to how the rest is said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prosody {
    /// 2.0 is twice as fast.
    pub rate: f32,
    /// Linear gain.
    pub volume: f32,
}

impl Prosody {
    pub const PLAIN: Prosody = Prosody { rate: 1.0, volume: 1.0 };
}

/// One part of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text as it would stand in a prompt, perhaps with [`sounds`] in it.
    Text { text: String, prosody: Prosody },
    /// Silence in place of the pause that would be there; 0 for none.
    Break { ms: u32 },
    /// A place with a name, reported when it is reached.
    Mark(String),
}

/// A document ready to be spoken.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// `xml:lang` of the document element.
    pub lang: Option<String>,
    pub parts: Vec<Part>,
}

impl Document {
    /// The words as written, without markup.
    pub fn plain(&self) -> String {
        let texts = self.parts.iter().filter_map(|part| match part {
            Part::Text { text, .. } => Some(sounds::written(text)),
            _ => None,
        });
        texts.collect()
    }
}

/// A text that begins with `<` is meant as markup: no prompt begins with it.
pub fn is_markup(text: &str) -> bool {
    text.trim_start_matches('\u{FEFF}').trim_start().starts_with('<')
}

/// Reads a document.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn parse(text: &str) -> Result<Document, SsmlError> {
    let start = |reason: String| SsmlError { line: 1, column: 1, reason };
    if text.len() > MOST_BYTES {
        return Err(start(format!("the document is too long: at most {MOST_BYTES} bytes")));
    }
    if text.matches('<').count() > 2 * MOST_TAGS {
        return Err(start(format!("the document has too many tags: at most {MOST_TAGS} elements")));
    }
    if nesting(text) > DEEPEST {
        return Err(start(format!("elements nest too deeply: at most {DEEPEST} levels")));
    }
    // An XML declaration may stand at the very beginning only.
    let text = text.trim_start_matches('\u{FEFF}').trim_start();
    let options = ParsingOptions { allow_dtd: false, nodes_limit: 4 * MOST_TAGS as u32, entity_resolver: None };
    let xml = roxmltree::Document::parse_with_options(text, options).map_err(|error| {
        let at = error.pos();
        SsmlError { line: at.row, column: at.col, reason: format!("not well-formed: {}", without_place(&error.to_string())) }
    })?;
    let root = xml.root_element();
    if root.tag_name().name() != "speak" || !matches!(root.tag_name().namespace(), None | Some(NAMESPACE)) {
        return Err(fault(root, format!("the document element must be <speak>, not <{}>", root.tag_name().name())));
    }
    if let Some(version) = root.attribute("version").filter(|version| !matches!(*version, "1.0" | "1.1")) {
        return Err(fault(root, format!("version {version:?} is not known: 1.0 and 1.1 are")));
    }
    let lang = root.attribute((XML, "lang")).map(str::to_owned);
    let mut reader = Reader { parts: Vec::new(), mandarin: lang.as_deref().is_some_and(|lang| lang.to_lowercase().starts_with("zh")) };
    reader.children(root, Prosody::PLAIN)?;
    Ok(Document { lang, parts: reader.parts })
}

/// How deep elements nest, or more: every opening tag that does not close itself counts, every closing one undoes one.
fn nesting(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for tag in text.split('<').skip(1) {
        match tag.chars().next() {
            Some('/') => depth = depth.saturating_sub(1),
            Some('!' | '?') | None => {}
            Some(_) if tag.split_once('>').is_some_and(|(tag, _)| tag.ends_with('/')) => {}
            Some(_) => depth += 1,
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// roxmltree ends its messages with the place, which stands at the front here.
fn without_place(message: &str) -> &str {
    message.rsplit_once(" at ").filter(|(_, place)| place.contains(':')).map_or(message, |(head, _)| head)
}

fn fault(node: Node<'_, '_>, reason: impl Into<String>) -> SsmlError {
    let at = node.document().text_pos_at(node.range().start);
    SsmlError { line: at.row, column: at.col, reason: reason.into() }
}

struct Reader {
    parts: Vec<Part>,
    /// Of the document; else a text with a Chinese character is.
    mandarin: bool,
}

impl Reader {
    fn children(&mut self, node: Node<'_, '_>, prosody: Prosody) -> Result<(), SsmlError> {
        for child in node.children() {
            if let Some(text) = child.text().filter(|_| child.is_text()) {
                self.text(text, prosody);
            } else if child.is_element() {
                self.element(child, prosody)?;
            }
        }
        Ok(())
    }

    fn element(&mut self, node: Node<'_, '_>, prosody: Prosody) -> Result<(), SsmlError> {
        if !matches!(node.tag_name().namespace(), None | Some(NAMESPACE)) {
            // Not ours to judge: what is written inside is still to be said.
            return self.children(node, prosody);
        }
        match elements::read(node, prosody)? {
            Element::Break { ms } => self.pause(ms),
            Element::Mark(name) => self.parts.push(Part::Mark(name)),
            Element::Sounded { alphabet, sounds } => {
                let written = inner(node)?;
                self.text(&sounds::sounded(&written, alphabet, &sounds), prosody);
            }
            Element::Instead(alias) => {
                inner(node)?;
                self.text(&alias, prosody);
            }
            Element::SayAs(how) => {
                let written = inner(node)?;
                let said = say_as::words(&how, &written, self.lang_of(node));
                self.text(&said, prosody);
            }
            Element::Group(prosody) => self.children(node, prosody)?,
            Element::Sentence => {
                self.children(node, prosody)?;
                self.pause(SENTENCE_MS);
            }
            Element::Paragraph => {
                self.children(node, prosody)?;
                self.pause(PARAGRAPH_MS);
            }
            Element::Silent => {}
        }
        Ok(())
    }

    fn lang_of(&self, node: Node<'_, '_>) -> super::Lang {
        let named = node.ancestors().find_map(|node| node.attribute((XML, "lang"))).map(|lang| lang.to_lowercase().starts_with("zh"));
        let root = node.document().root_element();
        let chinese = || root.descendants().filter_map(|node| node.text()).any(has_chinese);
        if named.unwrap_or_else(|| self.mandarin || chinese()) { super::Lang::Zh } else { super::Lang::En }
    }

    /// Spaces and line ends are one space each; what is said alike and stands together is one part.
    fn text(&mut self, text: &str, prosody: Prosody) {
        if let Some(Part::Text { text: last, prosody: same }) = self.parts.last_mut()
            && *same == prosody
        {
            join(last, text);
            return;
        }
        let mut joined = String::new();
        join(&mut joined, text.trim_start());
        if !joined.is_empty() {
            self.parts.push(Part::Text { text: joined, prosody });
        }
    }

    /// Of several pauses in a row the longest counts.
    fn pause(&mut self, ms: u32) {
        match self.parts.last_mut() {
            Some(Part::Break { ms: before }) => *before = (*before).max(ms),
            _ => self.parts.push(Part::Break { ms: ms.min(BREAK_MOST_MS) }),
        }
    }
}

fn join(into: &mut String, text: &str) {
    for character in text.chars() {
        if !character.is_whitespace() {
            into.push(character);
        } else if !into.ends_with(' ') {
            into.push(' ');
        }
    }
}

pub(super) fn has_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c))
}

/// The text of an element that may hold nothing else.
fn inner(node: Node<'_, '_>) -> Result<String, SsmlError> {
    if let Some(child) = node.children().find(Node::is_element) {
        return Err(fault(child, format!("<{}> holds text only", node.tag_name().name())));
    }
    let text: String = node.children().filter_map(|child| child.text().filter(|_| child.is_text())).collect();
    let text = sounds::without_marks(&text).split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(text)
}

#[cfg(test)]
mod tests;
