//! Joins a document with everything it refers to and compiles the whole into a [`Program`].
//!
//! External references are files inside the root folder; nothing is ever fetched from a network (section 2.2.2).

use super::check::Openings;
use super::model::*;
use super::program::{File, Node, NodeId, Program, RuleEntry, RuleId};
use super::reference::{Resolved, resolve};
use super::{GrammarError, check, source, srgs_abnf, srgs_xml};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// How many files one grammar may draw in.
const MOST_FILES: usize = 64;

/// How many rules one file may define.
const MOST_RULES: usize = 5000;

/// A document among those it was loaded with.
pub struct Loaded {
    /// As the user would write it.
    pub path: PathBuf,
    pub document: Document,
    rules: HashMap<String, RuleId>,
    /// Where its external references lead, by the URI as written.
    links: HashMap<String, Link>,
}

struct Link {
    file: usize,
    resolved: Resolved,
}

pub struct Linked {
    pub program: Program,
    /// The rules that listen by default: the root, or every public rule when none is declared.
    pub start: Vec<RuleId>,
    /// The rule that the meta name `within` names, and what it can begin with.
    pub within: Option<(RuleId, Openings)>,
    /// The main document comes first.
    pub files: Vec<Loaded>,
}

pub fn link(path: &Path, root: &Path) -> Result<Linked, GrammarError> {
    let mut files: Vec<Loaded> = Vec::new();
    let mut by_path: HashMap<PathBuf, usize> = HashMap::new();
    let fence = canonical(root, path)?;
    let main = canonical(path, path)?;
    if !main.starts_with(&fence) {
        return Err(error(path, Place::START, format!("the file lies outside of the grammar folder {}", root.display())));
    }
    files.push(open(path)?);
    by_path.insert(main, 0);
    let mut next = 0;
    while next < files.len() {
        for (uri, media_type, place) in external_references(&files[next].document) {
            let (path, document) = (files[next].path.clone(), &files[next].document);
            let resolved = resolve(document, &path, &uri).map_err(|reason| error(&path, place, reason))?;
            let target = std::fs::canonicalize(&resolved.path)
                .map_err(|fault| error(&path, place, format!("cannot open {}: {fault}", resolved.path.display())))?;
            if !target.starts_with(&fence) {
                let reason = format!("{uri} leads outside of the grammar folder {}: move the file into it", root.display());
                return Err(error(&path, place, reason));
            }
            let file = match by_path.get(&target) {
                Some(file) => *file,
                None if files.len() >= MOST_FILES => {
                    return Err(error(&path, place, format!("too many files: a grammar may draw in at most {MOST_FILES}")));
                }
                None => {
                    files.push(open(&resolved.path)?);
                    by_path.insert(target, files.len() - 1);
                    files.len() - 1
                }
            };
            check_reference(&files, next, file, &resolved, media_type.as_deref()).map_err(|reason| error(&path, place, reason))?;
            files[next].links.insert(uri, Link { file, resolved });
        }
        next += 1;
    }
    compile(files)
}

fn canonical(path: &Path, blamed: &Path) -> Result<PathBuf, GrammarError> {
    std::fs::canonicalize(path).map_err(|fault| error(blamed, Place::START, format!("cannot open {}: {fault}", path.display())))
}

fn error(file: &Path, place: Place, reason: String) -> GrammarError {
    GrammarError { file: file.to_owned(), line: place.line, column: place.column, reason }
}

fn open(path: &Path) -> Result<Loaded, GrammarError> {
    let located = |fault: Fault| error(path, fault.place, fault.reason);
    let too_large = std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > MOST_BYTES as u64);
    if too_large {
        return Err(error(path, Place::START, format!("the file is too large: at most {MOST_BYTES} bytes")));
    }
    let bytes = std::fs::read(path).map_err(|fault| error(path, Place::START, format!("cannot read it: {fault}")))?;
    let document = read(&bytes).map_err(located)?;
    if document.rules.len() > MOST_RULES {
        return Err(error(path, Place::START, format!("too many rules: at most {MOST_RULES} in a file")));
    }
    let mut rules = HashMap::new();
    for rule in &document.rules {
        if rules.insert(rule.name.clone(), 0).is_some() {
            return Err(error(path, rule.place, format!("rule {} is defined twice: rename or remove one", rule.name)));
        }
    }
    if document.rules.is_empty() {
        return Err(error(path, Place::START, "the grammar has no rules: add at least one".into()));
    }
    if let Some((name, place)) = document.root.as_ref().filter(|(name, _)| !rules.contains_key(name)) {
        return Err(error(path, *place, format!("root rule {name} is not defined: define it or correct the name")));
    }
    Ok(Loaded { path: path.to_owned(), document, rules, links: HashMap::new() })
}

/// A document from bytes in either form and any encoding.
pub fn read(bytes: &[u8]) -> Result<Document, Fault> {
    let (form, text) = source::decode(bytes)?;
    match form {
        Form::Xml => srgs_xml::read(&text),
        Form::Abnf => srgs_abnf::read(&text),
    }
}

fn external_references(document: &Document) -> Vec<(String, Option<String>, Place)> {
    let mut found = Vec::new();
    let mut todo: Vec<&Expansion> = document.rules.iter().map(|rule| &rule.body).collect();
    while let Some(expansion) = todo.pop() {
        match expansion {
            Expansion::Reference { target: Target::Uri(uri), media_type, place } => found.push((uri.clone(), media_type.clone(), *place)),
            Expansion::Sequence(parts) => todo.extend(parts),
            Expansion::Alternatives(alternatives) => todo.extend(alternatives.iter().map(|alternative| &alternative.expansion)),
            Expansion::Repeat { of, .. } => todo.push(of),
            _ => {}
        }
    }
    found
}

fn check_reference(files: &[Loaded], from: usize, to: usize, resolved: &Resolved, media_type: Option<&str>) -> Result<(), String> {
    let (source, target) = (&files[from].document, &files[to].document);
    let shown = resolved.path.display();
    if let Some(expected) = media_type.filter(|expected| *expected != target.form.media_type()) {
        return Err(format!("{shown} is {} and not {expected}: correct the type", target.form.media_type()));
    }
    if source.mode != target.mode {
        return Err(format!("{shown} is a {} grammar and this is a {} one: they cannot be joined", target.mode.name(), source.mode.name()));
    }
    match &resolved.rule {
        None if target.root.is_none() => Err(format!("{shown} declares no root rule: write {shown}#rule")),
        None => Ok(()),
        Some(name) => match target.rules.iter().find(|rule| rule.name == *name) {
            None => Err(format!("{shown} has no rule {name}")),
            Some(rule) if !rule.public && from != to => Err(format!("rule {name} of {shown} is private: make it public there")),
            Some(_) => Ok(()),
        },
    }
}

fn compile(mut files: Vec<Loaded>) -> Result<Linked, GrammarError> {
    let mut program = Program::new(files[0].document.mode);
    for (index, file) in files.iter_mut().enumerate() {
        let header = file.document.tags.iter().map(|tag| program.tag(tag, index)).collect();
        program.files.push(File { path: file.path.clone(), tag_format: file.document.tag_format(), header });
        let fillers: Vec<String> = file.document.meta("filler").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        for rule in &file.document.rules {
            file.rules.insert(rule.name.clone(), program.rules.len() as RuleId);
            let filler = fillers.contains(&rule.name);
            program.rules.push(RuleEntry { name: rule.name.clone(), public: rule.public, body: 0, file: index, filler });
        }
        if let Some(unknown) = fillers.iter().find(|name| !file.rules.contains_key(*name)) {
            return Err(error(&file.path, Place::START, format!("meta filler names the rule {unknown}, which is not defined")));
        }
    }
    let mut places = Vec::new();
    for (index, file) in files.iter().enumerate() {
        for rule in &file.document.rules {
            let body = Compiler { program: &mut program, files: &files, file: index }.node(&rule.body)?;
            let id = file.rules[&rule.name];
            program.rules[id as usize].body = body;
            places.push((file.path.clone(), rule.place));
        }
    }
    check::check(&mut program).map_err(|(rule, reason)| {
        let (path, place) = &places[rule as usize];
        error(path, *place, reason)
    })?;
    let main = &files[0];
    let start = match &main.document.root {
        Some((name, _)) => vec![main.rules[name]],
        None => main.document.rules.iter().filter(|rule| rule.public).map(|rule| main.rules[&rule.name]).collect(),
    };
    let within = main.document.meta("within").map(|name| {
        let unknown = || error(&main.path, Place::START, format!("meta within names the rule {name}, which is not defined"));
        main.rules.get(name).map(|rule| (*rule, check::openings(&program, *rule))).ok_or_else(unknown)
    });
    Ok(Linked { within: within.transpose()?, program, start, files })
}

struct Compiler<'a> {
    program: &'a mut Program,
    files: &'a [Loaded],
    file: usize,
}

impl Compiler<'_> {
    fn node(&mut self, expansion: &Expansion) -> Result<NodeId, GrammarError> {
        let node = match expansion {
            Expansion::Token { text, .. } => self.program.token(text),
            Expansion::Tag(tag) => Node::Tag(self.program.tag(tag, self.file)),
            Expansion::Special(Special::Null) => Node::Sequence(Vec::new()),
            Expansion::Special(Special::Void) => Node::Void,
            Expansion::Special(Special::Garbage) => Node::Garbage,
            Expansion::Reference { target, place, .. } => self.call(target, *place)?,
            Expansion::Sequence(parts) => {
                let parts: Result<Vec<_>, _> = parts.iter().map(|part| self.node(part)).collect();
                Node::Sequence(parts?)
            }
            Expansion::Alternatives(alternatives) => {
                let mut compiled = Vec::with_capacity(alternatives.len());
                for alternative in alternatives {
                    compiled.push((logarithm(alternative.weight), self.node(&alternative.expansion)?));
                }
                Node::OneOf(compiled)
            }
            Expansion::Repeat { of, min, max, probability } => {
                let of = self.node(of)?;
                let (again, stop) = probability.map_or((0.0, 0.0), |p| (logarithm(p), logarithm(1.0 - p)));
                Node::Repeat { of, min: *min, max: *max, again, stop }
            }
        };
        Ok(self.program.add(node))
    }

    fn call(&mut self, target: &Target, place: Place) -> Result<Node, GrammarError> {
        let file = &self.files[self.file];
        match target {
            Target::Local(name) => {
                let Some(rule) = file.rules.get(name).copied() else {
                    return Err(error(&file.path, place, format!("rule {name} is not defined: define it or correct the name")));
                };
                Ok(Node::Call { rule, label: self.program.label(format!("${name}")) })
            }
            Target::Uri(uri) => {
                let link = &file.links[uri];
                let target = &self.files[link.file];
                let root = target.document.root.as_ref().map(|(name, _)| name);
                let name = link.resolved.rule.as_ref().or(root).expect("check_reference saw that the rule or a root is there");
                Ok(Node::Call { rule: target.rules[name], label: self.program.label(format!("$<{}>", link.resolved.shown)) })
            }
        }
    }
}

/// Weights only rank; zero becomes very unlikely, never impossible.
fn logarithm(weight: f32) -> f32 {
    weight.max(1e-9).ln()
}
