//! The XML form of SRGS 1.0 → [`Document`].
//!
//! Elements of other namespaces (section 5.4 leaves them to the processor): outside rules they are ignored; inside an
//! expansion their words may be there or not. Entities are limited by roxmltree; external ones are never fetched.

use super::model::*;
use roxmltree::{Node, ParsingOptions};

const NAMESPACE: &str = "http://www.w3.org/2001/06/grammar";
const XML: &str = "http://www.w3.org/XML/1998/namespace";
const MOST_NODES: u32 = 200_000;
/// What a document may become when its entities are put in.
const MOST_EXPANDED_BYTES: usize = 8 * MOST_BYTES;

type Result<T> = std::result::Result<T, Fault>;

pub fn read(text: &str) -> Result<Document> {
    refuse_deep_nesting(text)?;
    refuse_swelling_entities(text)?;
    let options = ParsingOptions { allow_dtd: true, nodes_limit: MOST_NODES, entity_resolver: None };
    let xml = roxmltree::Document::parse_with_options(text, options).map_err(|error| {
        let at = error.pos();
        Fault::new(Place { line: at.row, column: at.col }, format!("not well-formed XML: {error}"))
    })?;
    let root = xml.root_element();
    if root.tag_name().name() != "grammar" || root.tag_name().namespace() != Some(NAMESPACE) {
        return Err(fault(root, format!("the document element must be <grammar xmlns=\"{NAMESPACE}\">")));
    }
    let mut document = read_header(root)?;
    for child in root.children() {
        read_declaration(child, &mut document)?;
    }
    Ok(document)
}

/// roxmltree recurses into elements: this keeps it from the end of the stack. Counts every `<x` as one deeper.
fn refuse_deep_nesting(text: &str) -> Result<()> {
    let mut depth = 0_usize;
    for (at, _) in text.match_indices('<') {
        let mut rest = text.bytes().skip(at + 1);
        match rest.next() {
            Some(b'/') => depth = depth.saturating_sub(1),
            Some(b'!' | b'?') | None => {}
            Some(_) => {
                let closes_itself = rest.take_while(|b| *b != b'<').collect::<Vec<_>>();
                let end = closes_itself.iter().rposition(|b| *b == b'>');
                if !end.is_some_and(|end| end > 0 && closes_itself.get(end - 1) == Some(&b'/')) {
                    depth += 1;
                }
            }
        }
        if depth > MOST_NESTING * 4 {
            let line = text.bytes().take(at).filter(|b| *b == b'\n').count() as u32 + 1;
            return Err(Fault::new(Place { line, column: 1 }, format!("elements nest too deeply: at most {MOST_NESTING} levels")));
        }
    }
    Ok(())
}

/// roxmltree bounds how entities refer to entities (255 at a time), not how long they make the text.
fn refuse_swelling_entities(text: &str) -> Result<()> {
    let mut declared = text.split("<!ENTITY").skip(1).peekable();
    let (mut longest, mut nested) = (0, false);
    while let Some(entity) = declared.next() {
        let end = if declared.peek().is_none() { entity.find("]>") } else { None };
        let entity = end.and_then(|end| entity.get(..end)).unwrap_or(entity);
        longest = longest.max(entity.len());
        nested |= entity.contains('&');
    }
    let uses = text.bytes().filter(|b| *b == b'&').count();
    let swollen = uses.saturating_mul(longest).saturating_mul(if nested { 255 } else { 1 });
    if swollen > MOST_EXPANDED_BYTES {
        let reason = format!("the entities would swell the file too much: at most {MOST_EXPANDED_BYTES} bytes, so write the words out");
        let at = text.find("<!ENTITY").unwrap_or(0);
        let line = text.bytes().take(at).filter(|b| *b == b'\n').count() as u32 + 1;
        return Err(Fault::new(Place { line, column: 1 }, reason));
    }
    Ok(())
}

fn place(node: Node) -> Place {
    let at = node.document().text_pos_at(node.range().start);
    Place { line: at.row, column: at.col }
}

fn fault(node: Node, reason: impl Into<String>) -> Fault {
    Fault::new(place(node), reason)
}

fn attribute_place(node: Node, name: &str) -> Place {
    node.attribute_node(name).map_or(place(node), |attribute| {
        let at = node.document().text_pos_at(attribute.range().start);
        Place { line: at.row, column: at.col }
    })
}

fn language<'a>(node: Node<'a, '_>) -> Result<Option<&'a str>> {
    match node.attribute((XML, "lang")) {
        Some(lang) if !is_language(lang) => {
            Err(fault(node, format!("xml:lang `{lang}` is not a language tag: write for example zh or en-US")))
        }
        lang => Ok(lang),
    }
}

fn read_header(root: Node) -> Result<Document> {
    let mut document = Document::empty(Form::Xml);
    match root.attribute("version") {
        Some("1.0") => {}
        Some(other) => {
            return Err(Fault::new(attribute_place(root, "version"), format!("version `{other}` is not known: write version=\"1.0\"")));
        }
        None => return Err(fault(root, "the grammar has no version: add version=\"1.0\"")),
    }
    if let Some(mode) = root.attribute("mode") {
        let unknown = || Fault::new(attribute_place(root, "mode"), format!("mode `{mode}` is neither voice nor dtmf"));
        document.mode = Mode::from_name(mode).ok_or_else(unknown)?;
    }
    document.lang = language(root)?.map(str::to_owned);
    if document.mode == Mode::Voice && document.lang.is_none() {
        return Err(fault(root, "a voice grammar needs a language: add xml:lang, for example xml:lang=\"zh\""));
    }
    document.root = root.attribute("root").map(|name| (name.trim().to_owned(), attribute_place(root, "root")));
    document.base = root.attribute((XML, "base")).map(str::to_owned);
    document.tag_format = root.attribute("tag-format").map(str::to_owned);
    Ok(document)
}

fn is_foreign(node: Node) -> bool {
    node.tag_name().namespace() != Some(NAMESPACE)
}

fn read_declaration(node: Node, document: &mut Document) -> Result<()> {
    if node.is_text() && !node.text().unwrap_or_default().trim().is_empty() {
        return Err(fault(node, "text stands between the rules: put it into a <rule>"));
    }
    if !node.is_element() || is_foreign(node) {
        return Ok(());
    }
    match node.tag_name().name() {
        "meta" => document.meta.push(read_meta(node)?),
        "metadata" => {}
        "lexicon" => {
            let uri = node.attribute("uri").ok_or_else(|| fault(node, "<lexicon> has no uri: add one or remove it"))?;
            document.lexicons.push(uri.to_owned());
        }
        "tag" => document.tags.push(read_tag(node)),
        "rule" => document.rules.push(read_rule(node, document.lang.as_deref())?),
        other => return Err(fault(node, format!("<{other}> cannot stand in <grammar>: it holds meta, metadata, lexicon, tag and rule"))),
    }
    Ok(())
}

fn read_meta(node: Node) -> Result<Meta> {
    let content = node.attribute("content").ok_or_else(|| fault(node, "<meta> has no content: add the attribute"))?;
    let (name, http) = match (node.attribute("name"), node.attribute("http-equiv")) {
        (Some(name), None) => (name, false),
        (None, Some(name)) => (name, true),
        _ => return Err(fault(node, "<meta> needs either name or http-equiv, one of them")),
    };
    Ok(Meta { name: name.to_owned(), content: content.to_owned(), http, place: place(node) })
}

fn read_tag(node: Node) -> Tag {
    Tag { content: text_of(node), place: place(node) }
}

fn text_of(node: Node) -> String {
    node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect()
}

fn read_rule(node: Node, lang: Option<&str>) -> Result<Rule> {
    let name = node.attribute("id").ok_or_else(|| fault(node, "<rule> has no id: add one"))?;
    check_rule_name(name, attribute_place(node, "id"))?;
    let public = match node.attribute("scope") {
        None | Some("private") => false,
        Some("public") => true,
        Some(other) => return Err(Fault::new(attribute_place(node, "scope"), format!("scope `{other}` is neither public nor private"))),
    };
    let is_example = |child: &Node| child.is_element() && child.tag_name().name() == "example";
    let examples = node.children().filter(is_example).map(|example| single_spaced(&text_of(example))).collect();
    let parts = Expansions { document_lang: lang }.children(node, lang, 0)?;
    if parts.is_empty() {
        return Err(fault(node, format!("rule {name} is empty: give it words, or <item/> or <ruleref special=\"NULL\"/> for silence")));
    }
    Ok(Rule { name: name.to_owned(), public, examples, body: one_or_sequence(parts), place: place(node) })
}

fn one_or_sequence(mut parts: Vec<Expansion>) -> Expansion {
    if parts.len() == 1 { parts.remove(0) } else { Expansion::Sequence(parts) }
}

struct Expansions<'a> {
    document_lang: Option<&'a str>,
}

impl Expansions<'_> {
    fn children(&self, parent: Node, lang: Option<&str>, depth: usize) -> Result<Vec<Expansion>> {
        if depth > MOST_NESTING {
            return Err(fault(parent, format!("elements nest too deeply: at most {MOST_NESTING} levels")));
        }
        let mut parts = Vec::new();
        for child in parent.children() {
            if child.is_text() {
                self.words(child, lang, &mut parts)?;
            } else if child.is_element() {
                parts.extend(self.element(child, lang, depth)?);
            }
        }
        Ok(parts)
    }

    fn element(&self, node: Node, lang: Option<&str>, depth: usize) -> Result<Option<Expansion>> {
        if is_foreign(node) {
            let content = one_or_sequence(self.children(node, lang, depth + 1)?);
            return Ok(Some(Expansion::Repeat { of: Box::new(content), min: 0, max: Some(1), probability: None }));
        }
        let lang = language(node)?.or(lang);
        let expansion = match node.tag_name().name() {
            "token" => {
                if node.children().any(|child| child.is_element()) {
                    return Err(fault(node, "<token> holds only text: move its elements out"));
                }
                let text = text_of(node);
                self.token(&text, lang, place(node))?
            }
            "tag" => Expansion::Tag(read_tag(node)),
            "ruleref" => reference(node)?,
            "item" => {
                let content = one_or_sequence(self.children(node, lang, depth + 1)?);
                repeated(node, content)?
            }
            "one-of" => self.alternatives(node, lang, depth)?,
            "example" if depth == 0 => return Ok(None),
            other => {
                return Err(fault(node, format!("<{other}> cannot stand here: an expansion holds token, ruleref, item, one-of and tag")));
            }
        };
        Ok(Some(expansion))
    }

    fn token(&self, text: &str, lang: Option<&str>, place: Place) -> Result<Expansion> {
        let text = single_spaced(text.trim().trim_matches('"'));
        if text.is_empty() {
            return Err(Fault::new(place, "an empty token: write a word or remove it"));
        }
        let lang = lang.filter(|lang| Some(*lang) != self.document_lang).map(str::to_owned);
        Ok(Expansion::Token { text, lang, place })
    }

    /// Words between white space, and quoted tokens with white space inside (section 2.1).
    fn words(&self, node: Node, lang: Option<&str>, parts: &mut Vec<Expansion>) -> Result<()> {
        let text = node.text().unwrap_or_default();
        let mut at = place(node);
        let mut word = String::new();
        let mut word_at = at;
        let mut quoted = false;
        for c in text.chars() {
            let ends = if quoted { c == '"' } else { c == '"' || c.is_whitespace() };
            if !ends {
                if word.is_empty() && !quoted {
                    word_at = at;
                }
                word.push(c);
            } else {
                if quoted || !word.is_empty() {
                    parts.push(self.token(&std::mem::take(&mut word), lang, word_at)?);
                }
                if c == '"' {
                    quoted = !quoted;
                    word_at = at;
                }
            }
            at = if c == '\n' { Place { line: at.line + 1, column: 1 } } else { Place { line: at.line, column: at.column + 1 } };
        }
        if quoted {
            return Err(Fault::new(word_at, "a quotation mark opens a token and none closes it"));
        }
        if !word.is_empty() {
            parts.push(self.token(&word, lang, word_at)?);
        }
        Ok(())
    }

    fn alternatives(&self, node: Node, lang: Option<&str>, depth: usize) -> Result<Expansion> {
        let mut alternatives = Vec::new();
        for child in node.children() {
            if child.is_text() && !child.text().unwrap_or_default().trim().is_empty() {
                return Err(fault(child, "<one-of> holds only <item>: put the words into one"));
            }
            if !child.is_element() || is_foreign(child) {
                continue;
            }
            if child.tag_name().name() != "item" {
                return Err(fault(child, format!("<one-of> holds only <item>, not <{}>", child.tag_name().name())));
            }
            let weight = match child.attribute("weight") {
                Some(written) => parse_weight(written, attribute_place(child, "weight"))?,
                None => 1.0,
            };
            let expansion = self.element(child, lang, depth + 1)?.unwrap_or(Expansion::Sequence(Vec::new()));
            alternatives.push(Alternative { weight, expansion });
        }
        if alternatives.is_empty() {
            return Err(fault(node, "<one-of> offers nothing: give it at least one <item>"));
        }
        Ok(Expansion::Alternatives(alternatives))
    }
}

fn repeated(node: Node, content: Expansion) -> Result<Expansion> {
    let probability = match node.attribute("repeat-prob") {
        Some(written) => Some(parse_probability(written, attribute_place(node, "repeat-prob"))?),
        None => None,
    };
    let Some(written) = node.attribute("repeat") else { return Ok(content) };
    let (min, max) = parse_repeat(written.trim(), attribute_place(node, "repeat"))?;
    Ok(Expansion::Repeat { of: Box::new(content), min, max, probability })
}

fn reference(node: Node) -> Result<Expansion> {
    let here = place(node);
    match (node.attribute("uri").map(str::trim), node.attribute("special")) {
        (None, Some(name)) => Special::from_name(name)
            .map(Expansion::Special)
            .ok_or_else(|| Fault::new(attribute_place(node, "special"), format!("special rule `{name}` is not NULL, VOID or GARBAGE"))),
        (Some(""), None) => Err(Fault::new(here, "<ruleref> has an empty uri: write #rule or a file")),
        (Some(uri), None) => {
            let target = match uri.strip_prefix('#') {
                Some(name) => Target::Local(name.to_owned()),
                None => Target::Uri(uri.to_owned()),
            };
            Ok(Expansion::Reference { target, media_type: node.attribute("type").map(str::to_owned), place: here })
        }
        (Some(_), Some(_)) => Err(Fault::new(here, "<ruleref> has both uri and special: keep one of them")),
        (None, None) => Err(Fault::new(here, "<ruleref> points nowhere: add uri=\"#rule\" or special=\"NULL\"")),
    }
}
