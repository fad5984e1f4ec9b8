//! The ABNF form of SRGS 1.0 (appendix D) → [`Document`]. Header and declarations are here, expansions in `expansion`.

mod cursor;
mod expansion;

use super::model::*;
use cursor::Cursor;

type Result<T> = std::result::Result<T, Fault>;

pub fn read(text: &str) -> Result<Document> {
    let mut cursor = Cursor::new(text);
    read_identity(&mut cursor)?;
    let mut document = Document::empty(Form::Abnf);
    let mut mode = None;
    let mut rules_begun = false;
    loop {
        let comment = cursor.skip_space()?;
        let place = cursor.place();
        if cursor.at_end() {
            break;
        }
        if cursor.peek() == Some('{') {
            document.tags.push(cursor.tag()?);
            cursor.expect(';', "the tag")?;
            continue;
        }
        let keyword = if cursor.peek() == Some('$') { String::new() } else { cursor.name() };
        if matches!(keyword.as_str(), "" | "public" | "private") {
            rules_begun = true;
            document.rules.push(read_rule(&mut cursor, &keyword, document.lang.as_deref(), &comment, place)?);
            continue;
        }
        if rules_begun {
            return Err(Fault::new(place, format!("`{keyword}` stands after a rule: declarations come first, and a rule begins with $")));
        }
        read_declaration(&mut cursor, &keyword, place, &mut document, &mut mode)?;
        cursor.expect(';', &format!("the {keyword} declaration"))?;
    }
    document.mode = mode.unwrap_or_default();
    if document.mode == Mode::Voice && document.lang.is_none() {
        return Err(Fault::new(Place::START, "a voice grammar needs a language: add for example `language zh;`"));
    }
    Ok(document)
}

/// `#ABNF 1.0;` or `#ABNF 1.0 UTF-8;` and the end of the line (section 4.1).
fn read_identity(cursor: &mut Cursor) -> Result<()> {
    let wrong = |reason: &str| Fault::new(Place::START, format!("{reason}: the first line is `#ABNF 1.0 UTF-8;` and nothing else"));
    let line = cursor.rest_of_line();
    let Some(body) = line.strip_prefix("#ABNF") else { return Err(wrong("the file does not identify itself")) };
    if !body.starts_with(' ') {
        return Err(wrong("the header has no version"));
    }
    let Some((body, after)) = body.split_once(';') else { return Err(wrong("the header has no semicolon")) };
    if !after.trim().is_empty() {
        return Err(wrong("something follows the header on its line"));
    }
    let words: Vec<&str> = body.split_whitespace().collect();
    match words.as_slice() {
        ["1.0"] | ["1.0", _] => Ok(()),
        [] => Err(wrong("the header has no version")),
        [version, ..] => Err(wrong(&format!("ABNF version `{version}` is not known"))),
    }
}

fn read_declaration(cursor: &mut Cursor, keyword: &str, place: Place, document: &mut Document, mode: &mut Option<Mode>) -> Result<()> {
    cursor.skip_space()?;
    let value_place = cursor.place();
    let twice = || Fault::new(place, format!("a second `{keyword}` declaration: keep one"));
    match keyword {
        "language" => {
            let lang = cursor.until(|c| c.is_whitespace() || matches!(c, ';' | '/'));
            if !is_language(&lang) {
                return Err(Fault::new(value_place, format!("language `{lang}` is not a language tag: write for example zh or en-US")));
            }
            if document.lang.replace(lang).is_some() {
                return Err(twice());
            }
        }
        "mode" => {
            let name = cursor.name();
            let known =
                Mode::from_name(&name).ok_or_else(|| Fault::new(value_place, format!("mode `{name}` is neither voice nor dtmf")))?;
            if mode.replace(known).is_some() {
                return Err(twice());
            }
        }
        "root" => {
            cursor.expect('$', "`root`")?;
            let name = cursor.name();
            if document.root.replace((name, value_place)).is_some() {
                return Err(twice());
            }
        }
        "base" | "tag-format" => {
            let uri = cursor.uri()?;
            let field = if keyword == "base" { &mut document.base } else { &mut document.tag_format };
            if field.replace(uri).is_some() {
                return Err(twice());
            }
        }
        "lexicon" => {
            document.lexicons.push(cursor.uri()?);
            cursor.media_type()?;
        }
        "meta" | "http-equiv" => {
            let name = cursor.quoted()?;
            cursor.skip_space()?;
            let is_place = cursor.place();
            if cursor.name() != "is" {
                return Err(Fault::new(is_place, format!("{keyword} needs `is` between its name and its content")));
            }
            cursor.skip_space()?;
            let content = cursor.quoted()?;
            document.meta.push(Meta { name, content, http: keyword == "http-equiv", place });
        }
        "" => return Err(Fault::new(place, "neither a declaration nor a rule: a rule is written `$name = words;`")),
        other => {
            let known = "language, mode, root, base, tag-format, lexicon, meta and http-equiv";
            return Err(Fault::new(place, format!("`{other}` is no declaration: there are {known}, and a rule begins with $")));
        }
    }
    Ok(())
}

fn read_rule(cursor: &mut Cursor, scope: &str, lang: Option<&str>, comment: &str, place: Place) -> Result<Rule> {
    cursor.skip_space()?;
    let name_place = cursor.place();
    cursor.expect('$', "a rule's name")?;
    let name = cursor.name();
    check_rule_name(&name, name_place)?;
    cursor.expect('=', &format!("rule {name}"))?;
    let body = expansion::Reader { document_lang: lang }.alternatives(cursor, lang, 0)?;
    let Some(body) = body else {
        return Err(Fault::new(cursor.place(), format!("rule {name} is empty: give it words, or () or $NULL for silence")));
    };
    cursor.expect(';', &format!("rule {name}"))?;
    Ok(Rule { name, public: scope == "public", examples: examples(comment), body, place })
}

/// `@example` lines of a documentation comment (section 3.3).
fn examples(comment: &str) -> Vec<String> {
    let lines = comment.lines().map(|line| line.trim().trim_start_matches('*').trim_start());
    let examples = lines.filter_map(|line| line.strip_prefix("@example"));
    examples.map(single_spaced).filter(|example| !example.is_empty()).collect()
}
