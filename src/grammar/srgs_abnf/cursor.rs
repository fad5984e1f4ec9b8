//! A place in an ABNF text and the small things read from there: space, comments, names, quoted strings, URIs, tags.

use super::super::model::{Fault, Place, Tag};

pub struct Cursor {
    characters: Vec<char>,
    at: usize,
    place: Place,
}

type Result<T> = std::result::Result<T, Fault>;

impl Cursor {
    pub fn new(text: &str) -> Cursor {
        Cursor { characters: text.chars().collect(), at: 0, place: Place::START }
    }

    pub fn place(&self) -> Place {
        self.place
    }

    pub fn at_end(&self) -> bool {
        self.at >= self.characters.len()
    }

    pub fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    pub fn looks_at(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(ahead, c)| self.characters.get(self.at + ahead) == Some(&c))
    }

    pub fn advance(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        if c == '\n' {
            self.place = Place { line: self.place.line + 1, column: 1 };
        } else {
            self.place.column += 1;
        }
        Some(c)
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.advance();
        }
    }

    pub fn fault<T>(&self, reason: impl Into<String>) -> Result<T> {
        Err(Fault::new(self.place, reason))
    }

    pub fn until(&mut self, stop: impl Fn(char) -> bool) -> String {
        let mut out = String::new();
        while let Some(c) = self.peek().filter(|c| !stop(*c)) {
            out.push(c);
            self.advance();
        }
        out
    }

    pub fn rest_of_line(&mut self) -> String {
        let line = self.until(|c| c == '\n');
        self.advance();
        line
    }

    /// Skips white space and comments; gives the last documentation comment.
    pub fn skip_space(&mut self) -> Result<String> {
        let mut documentation = String::new();
        loop {
            if self.peek().is_some_and(|c| c.is_whitespace() || c == '\u{feff}') {
                self.advance();
            } else if self.looks_at("//") {
                self.rest_of_line();
            } else if self.looks_at("/*") {
                let start = self.place;
                let is_documentation = self.looks_at("/**") && !self.looks_at("/**/");
                self.skip(2);
                let mut comment = String::new();
                while !self.looks_at("*/") {
                    let Some(c) = self.advance() else { return Err(Fault::new(start, "a comment is never closed: add */")) };
                    comment.push(c);
                }
                self.skip(2);
                if is_documentation {
                    documentation = comment;
                }
            } else {
                return Ok(documentation);
            }
        }
    }

    /// Letters, digits, `_`, `-` and marks: a keyword or a rule's name.
    pub fn name(&mut self) -> String {
        self.until(|c| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '\u{300}'..='\u{36f}' | '\u{b7}')))
    }

    pub fn expect(&mut self, wanted: char, what: &str) -> Result<()> {
        self.skip_space()?;
        if self.peek() == Some(wanted) {
            self.advance();
            return Ok(());
        }
        match self.peek() {
            Some(found) => self.fault(format!("{what} wants `{wanted}` here, not `{found}`")),
            None => self.fault(format!("the file ends inside of {what}: `{wanted}` is missing")),
        }
    }

    /// `"…"` or `'…'`.
    pub fn quoted(&mut self) -> Result<String> {
        let start = self.place;
        let Some(quote) = self.peek().filter(|c| matches!(c, '"' | '\'')) else {
            return self.fault("a text in quotation marks is wanted here");
        };
        self.advance();
        let text = self.until(|c| c == quote);
        match self.advance() {
            Some(_) => Ok(text),
            None => Err(Fault::new(start, "a quotation mark opens a text and none closes it")),
        }
    }

    /// `<…>`.
    pub fn uri(&mut self) -> Result<String> {
        let start = self.place;
        if self.peek() != Some('<') {
            return self.fault("a URI in angle brackets is wanted here: <file.gram>");
        }
        self.advance();
        let uri = self.until(|c| matches!(c, '>' | '\n'));
        match self.advance() {
            Some('>') if !uri.trim().is_empty() => Ok(uri.trim().to_owned()),
            Some('>') => Err(Fault::new(start, "the URI is empty")),
            _ => Err(Fault::new(start, "the URI is never closed: add >")),
        }
    }

    /// `~<application/srgs>` after a URI, if there.
    pub fn media_type(&mut self) -> Result<Option<String>> {
        if self.peek() != Some('~') {
            return Ok(None);
        }
        self.advance();
        self.uri().map(Some)
    }

    /// `{…}` or `{!{…}!}` (section 2.6).
    pub fn tag(&mut self) -> Result<Tag> {
        let start = self.place;
        let (open, close) = if self.looks_at("{!{") { (3, "}!}") } else { (1, "}") };
        self.skip(open);
        let mut content = String::new();
        while !self.looks_at(close) {
            let Some(c) = self.advance() else { return Err(Fault::new(start, format!("a tag is never closed: add {close}"))) };
            content.push(c);
        }
        self.skip(close.len());
        Ok(Tag { content, place: start })
    }
}
