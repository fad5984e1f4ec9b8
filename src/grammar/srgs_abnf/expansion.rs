//! Rule expansions in ABNF: alternatives of sequences of words, references, tags and groups, each with its repeats.
//!
//! Precedence, tightest first (section 2.8): words, references, tags and groups; repeats and languages; sequences; alternatives.

use super::super::model::*;
use super::cursor::Cursor;

type Result<T> = std::result::Result<T, Fault>;

/// What a word cannot hold unless quoted.
const RESERVED: &str = ";=|*+<>()[]{}/$!\"";

/// How many repeats may follow one another.
const MOST_IN_A_ROW: usize = 4;

pub struct Reader<'a> {
    pub document_lang: Option<&'a str>,
}

impl Reader<'_> {
    /// Up to the `;`, `)` or `]` that ends it; `None` when nothing is there.
    pub fn alternatives(&self, cursor: &mut Cursor, lang: Option<&str>, depth: usize) -> Result<Option<Expansion>> {
        if depth > MOST_NESTING {
            return cursor.fault(format!("brackets nest too deeply: at most {MOST_NESTING} levels"));
        }
        let mut alternatives = Vec::new();
        let mut weighted = false;
        loop {
            cursor.skip_space()?;
            let weight = if cursor.peek() == Some('/') {
                weighted = true;
                weight(cursor)?
            } else {
                1.0
            };
            let begins = cursor.place();
            let parts = self.sequence(cursor, lang, depth)?;
            let goes_on = cursor.peek() == Some('|');
            if parts.is_empty() {
                if alternatives.is_empty() && !goes_on && !weighted {
                    return Ok(None);
                }
                return Err(Fault::new(begins, "an alternative is empty: write words, or () for silence"));
            }
            alternatives.push(Alternative { weight, expansion: one_or_sequence(parts) });
            if !goes_on {
                break;
            }
            cursor.advance();
        }
        if alternatives.len() == 1 && !weighted {
            return Ok(alternatives.pop().map(|alternative| alternative.expansion));
        }
        Ok(Some(Expansion::Alternatives(alternatives)))
    }

    fn sequence(&self, cursor: &mut Cursor, lang: Option<&str>, depth: usize) -> Result<Vec<Expansion>> {
        let mut parts = Vec::new();
        loop {
            cursor.skip_space()?;
            match cursor.peek() {
                None | Some(';' | '|' | ')' | ']') => return Ok(parts),
                Some(_) => {
                    let part = self.part(cursor, lang, depth)?;
                    parts.push(repeated(cursor, part)?);
                }
            }
        }
    }

    fn part(&self, cursor: &mut Cursor, lang: Option<&str>, depth: usize) -> Result<Expansion> {
        let place = cursor.place();
        match cursor.peek() {
            Some('$') => reference(cursor),
            Some('{') => cursor.tag().map(Expansion::Tag),
            Some('(') => {
                let group = self.group(cursor, ')', lang, depth)?;
                Ok(group.unwrap_or(Expansion::Sequence(Vec::new())))
            }
            Some('[') => {
                let Some(group) = self.group(cursor, ']', lang, depth)? else {
                    return Err(Fault::new(place, "[] offers nothing: write words between the brackets"));
                };
                Ok(Expansion::Repeat { of: Box::new(group), min: 0, max: Some(1), probability: None })
            }
            Some('"') => {
                let text = cursor.quoted()?;
                self.token(cursor, &text, lang, place)
            }
            Some('<') => Err(Fault::new(place, "a repeat has nothing before it")),
            Some(c) if RESERVED.contains(c) || c == '?' => {
                Err(Fault::new(place, format!("`{c}` is reserved: write \"{c}\" if it is a word")))
            }
            _ => {
                let text = cursor.until(|c| c.is_whitespace() || RESERVED.contains(c));
                self.token(cursor, &text, lang, place)
            }
        }
    }

    fn token(&self, cursor: &mut Cursor, text: &str, lang: Option<&str>, place: Place) -> Result<Expansion> {
        let text = single_spaced(text);
        if text.is_empty() {
            return Err(Fault::new(place, "an empty token: write a word or remove it"));
        }
        let attached = language(cursor)?;
        let lang = attached.as_deref().or(lang).filter(|lang| Some(*lang) != self.document_lang).map(str::to_owned);
        Ok(Expansion::Token { text, lang, place })
    }

    /// A bracketed expansion; a language attached behind it holds for its words.
    fn group(&self, cursor: &mut Cursor, close: char, lang: Option<&str>, depth: usize) -> Result<Option<Expansion>> {
        let open = cursor.place();
        cursor.advance();
        let group = self.alternatives(cursor, lang, depth + 1)?;
        if cursor.peek() != Some(close) {
            return match cursor.peek() {
                Some(found) => cursor.fault(format!("`{found}` where `{close}` should close the bracket of line {}", open.line)),
                None => Err(Fault::new(open, format!("the bracket is never closed: add {close}"))),
            };
        }
        cursor.advance();
        let attached = language(cursor)?.filter(|lang| Some(lang.as_str()) != self.document_lang);
        Ok(group.map(|mut group| {
            if let Some(lang) = attached {
                speak(&mut group, &lang);
            }
            group
        }))
    }
}

/// Gives `lang` to every word that has none of its own.
fn speak(expansion: &mut Expansion, lang: &str) {
    match expansion {
        Expansion::Token { lang: own, .. } => {
            own.get_or_insert_with(|| lang.to_owned());
        }
        Expansion::Sequence(parts) => parts.iter_mut().for_each(|part| speak(part, lang)),
        Expansion::Alternatives(all) => all.iter_mut().for_each(|alternative| speak(&mut alternative.expansion, lang)),
        Expansion::Repeat { of, .. } => speak(of, lang),
        Expansion::Reference { .. } | Expansion::Special(_) | Expansion::Tag(_) => {}
    }
}

fn one_or_sequence(mut parts: Vec<Expansion>) -> Expansion {
    if parts.len() == 1 { parts.remove(0) } else { Expansion::Sequence(parts) }
}

/// `/2.5/` before an alternative.
fn weight(cursor: &mut Cursor) -> Result<f32> {
    cursor.advance();
    let place = cursor.place();
    let written = cursor.until(|c| matches!(c, '/' | '\n' | ';'));
    if cursor.advance() != Some('/') {
        return Err(Fault::new(place, "the weight is never closed: write for example /2/ before the alternative"));
    }
    parse_weight(&written, place)
}

/// `<0-2>`, `<1- /0.5/>` behind an element; several bind from the left.
fn repeated(cursor: &mut Cursor, mut part: Expansion) -> Result<Expansion> {
    for turn in 0.. {
        cursor.skip_space()?;
        if cursor.peek() != Some('<') {
            break;
        }
        if turn >= MOST_IN_A_ROW {
            return cursor.fault(format!("too many repeats in a row: at most {MOST_IN_A_ROW}"));
        }
        cursor.advance();
        let place = cursor.place();
        let written = cursor.until(|c| matches!(c, '>' | '/' | '\n' | ';'));
        let (min, max) = parse_repeat(written.trim(), place)?;
        let mut probability = None;
        if cursor.peek() == Some('/') {
            cursor.advance();
            let place = cursor.place();
            let written = cursor.until(|c| matches!(c, '/' | '>' | '\n' | ';'));
            probability = Some(parse_probability(&written, place)?);
            cursor.expect('/', "the repeat probability")?;
        }
        cursor.expect('>', "the repeat")?;
        part = Expansion::Repeat { of: Box::new(part), min, max, probability };
    }
    Ok(part)
}

/// `!en-US`, if there; white space may stand before it, as between all tokens of the syntax (appendix D).
fn language(cursor: &mut Cursor) -> Result<Option<String>> {
    cursor.skip_space()?;
    if cursor.peek() != Some('!') {
        return Ok(None);
    }
    cursor.advance();
    let place = cursor.place();
    let lang = cursor.until(|c| !(c.is_ascii_alphanumeric() || c == '-'));
    match is_language(&lang) {
        true => Ok(Some(lang)),
        false => Err(Fault::new(place, format!("`{lang}` is not a language tag: write for example !zh or !en-US"))),
    }
}

fn reference(cursor: &mut Cursor) -> Result<Expansion> {
    let place = cursor.place();
    cursor.advance();
    if cursor.peek() == Some('<') {
        let uri = cursor.uri()?;
        let media_type = cursor.media_type()?;
        language(cursor)?;
        let target = match uri.strip_prefix('#') {
            Some(name) => Target::Local(name.to_owned()),
            None => Target::Uri(uri),
        };
        return Ok(Expansion::Reference { target, media_type, place });
    }
    let name = cursor.name();
    language(cursor)?;
    if let Some(special) = Special::from_name(&name) {
        return Ok(Expansion::Special(special));
    }
    check_rule_name(&name, place)?;
    Ok(Expansion::Reference { target: Target::Local(name), media_type: None, place })
}
