//! The grammars of `grammars/<lang>/`, loaded once, by their stable names, each checked against its own examples.

use super::constraint::{Constraint, Unconstrainable};
use super::{Grammar, GrammarError, Phrase};
use crate::text::Lang;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// See the module's text.
#[derive(Debug, Default)]
pub struct Library {
    grammars: BTreeMap<(Lang, String), Entry>,
}

#[derive(Debug)]
struct Entry {
    grammar: Arc<Grammar>,
    /// Made when first wanted.
    constraint: OnceLock<Result<Arc<Constraint>, Unconstrainable>>,
}

impl Library {
    /// Loads every `.grxml` and `.gram` file of `folder/zh` and `folder/en`, as far as these are there. References may lead anywhere inside `folder`.
    ///
    /// # Errors
    /// The first file that is wrong, or whose own examples it does not bear out, or whose scripts fail on them.
    pub fn load(folder: &Path) -> Result<Library, GrammarError> {
        let mut grammars = BTreeMap::new();
        for lang in [Lang::Zh, Lang::En] {
            let path = folder.join(lang.code());
            let unreadable = |fault: std::io::Error| GrammarError {
                file: path.clone(),
                line: 1,
                column: 1,
                reason: format!("cannot read the grammar folder: {fault}"),
            };
            if folder.is_dir() && !path.exists() {
                continue;
            }
            let mut files = Vec::new();
            for entry in std::fs::read_dir(&path).map_err(unreadable)? {
                files.push(entry.map_err(unreadable)?.path());
            }
            files.sort();
            for file in files {
                let is_grammar = file.extension().is_some_and(|extension| extension == "grxml" || extension == "gram");
                let Some(name) = file.file_stem().and_then(|stem| stem.to_str()).filter(|_| is_grammar) else { continue };
                let grammar = Grammar::load(&file, folder)?;
                check_examples(&file, &grammar)?;
                grammars.insert((lang, name.to_owned()), Entry { grammar: Arc::new(grammar), constraint: OnceLock::new() });
            }
        }
        Ok(Library { grammars })
    }

    /// The grammar called `name` (`yes_no`, `month`, …) in `lang`.
    pub fn get(&self, lang: Lang, name: &str) -> Option<&Grammar> {
        self.grammars.get(&(lang, name.to_owned())).map(|entry| &*entry.grammar)
    }

    /// What binds a recogniser to the phrases of the grammar called `name`; `None`: there is no such grammar.
    pub fn constraint(&self, lang: Lang, name: &str) -> Option<Result<Arc<Constraint>, Unconstrainable>> {
        let entry = self.grammars.get(&(lang, name.to_owned()))?;
        Some(entry.constraint.get_or_init(|| Constraint::of(&entry.grammar).map(Arc::new)).clone())
    }

    /// Every grammar with its language and name, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Lang, &str, &Grammar)> {
        self.grammars.iter().map(|((lang, name), entry)| (*lang, name.as_str(), &*entry.grammar))
    }
}

/// Meta names: `match.1` must match, `match.1.yes` must match with the tags `yes` (several joined by spaces),
/// `no-match.1` must not match; `within.1.yes` and `not-within.1` say the same of a stretch in running text. Examples of the root rule must match, too.
fn check_examples(file: &Path, grammar: &Grammar) -> Result<(), GrammarError> {
    let document = grammar.document();
    let fault =
        |place: super::model::Place, reason: String| GrammarError { file: file.to_owned(), line: place.line, column: place.column, reason };
    for meta in &document.meta {
        let parse = grammar.parse(&meta.content, 1).into_iter().next();
        if meta.name.starts_with("no-match.") && parse.is_some() {
            return Err(fault(meta.place, format!("`{}` must not match and does: tighten the rules or correct the example", meta.content)));
        }
        if let Some(rest) = meta.name.strip_prefix("within.") {
            let found: Vec<String> =
                grammar.within(&Phrase::new(&meta.content)).into_iter().map(|stretch| stretch.tags.join(" ")).collect();
            let wanted = rest.split_once('.').map_or("", |(_, tags)| tags);
            if found != [wanted] {
                return Err(fault(meta.place, format!("`{}` must hold `{wanted}` and holds `{}`", meta.content, found.join("`, `"))));
            }
        }
        if meta.name.starts_with("not-within.") && !grammar.within(&Phrase::new(&meta.content)).is_empty() {
            return Err(fault(meta.place, format!("`{}` must hold nothing of this grammar and does: tighten the rules", meta.content)));
        }
        let Some(rest) = meta.name.strip_prefix("match.") else { continue };
        let Some(parse) = parse else {
            return Err(fault(meta.place, format!("`{}` must match and does not: widen the rules or correct the example", meta.content)));
        };
        grammar.interpret(&parse)?;
        if let Some((_, tags)) = rest.split_once('.').filter(|(_, tags)| *tags != parse.tags.join(" ")) {
            return Err(fault(meta.place, format!("`{}` must give the tags `{tags}` and gives `{}`", meta.content, parse.tags.join(" "))));
        }
    }
    let root = document.root.as_ref().map(|(name, _)| name);
    for rule in document.rules.iter().filter(|rule| Some(&rule.name) == root) {
        if let Some(example) = rule.examples.iter().find(|example| grammar.parse(example, 1).is_empty()) {
            return Err(fault(rule.place, format!("the example `{example}` does not match: widen the rules or correct it")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::date::{Month, find_day, find_time};
    use crate::text::{number_en, number_zh};

    fn library() -> Library {
        Library::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars")).unwrap()
    }

    #[test]
    fn the_grammars_bear_out_their_examples() {
        assert!(library().iter().count() > 0);
    }

    /// What a grammar takes as a value must be one for the parser behind it.
    #[test]
    fn canonical_texts_are_read_by_the_parsers() {
        let library = library();
        let today = jiff::civil::date(2026, 11, 22);
        for (lang, name, grammar) in library.iter() {
            for meta in grammar.document().meta.iter().filter(|meta| meta.name.starts_with("match.")) {
                let parse = grammar.parse(&meta.content, 1).remove(0);
                let digits = match lang {
                    Lang::Zh => number_zh::parse_digits(&parse.canonical),
                    Lang::En => number_en::parse_digits(&parse.canonical),
                };
                let read = match name {
                    "ordinal" if lang == Lang::Zh => number_zh::parse_ordinal(&parse.canonical).is_some(),
                    "ordinal" => number_en::parse_ordinal(&parse.canonical).is_some(),
                    "appointment" => find_day(&parse.canonical, lang, today).is_some(),
                    "time_of_day" if parse.canonical.contains(['点', '9']) => find_time(&parse.canonical, lang).is_some(),
                    "month" => Month::parse(&parse.canonical, lang, today).is_some(),
                    "digits_4" => digits.is_some_and(|digits| digits.len() == 4),
                    "digits_6" => digits.is_some_and(|digits| digits.len() == 6),
                    "digits_8" => digits.is_some_and(|digits| digits.len() == 8),
                    "phone_number" => digits.is_some_and(|digits| (10..=12).contains(&digits.len())),
                    _ => true,
                };
                assert!(read, "{lang}/{name}: `{}` gives `{}`, which no parser reads", meta.content, parse.canonical);
            }
        }
    }
}
