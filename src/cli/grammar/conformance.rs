//! Measures a folder of grammars that say themselves what they take: the W3C implementation report's grammars hold meta
//! lines `in.N` (a phrase) and `out.N` (its logical parse, or REJECT).

use crate::cli::Failure;
use crate::grammar::Grammar;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Default)]
struct Marks {
    verdicts: usize,
    right_verdicts: usize,
    trees: usize,
    right_trees: usize,
}

/// Prints every phrase that came out otherwise, and the marks of each form.
///
/// # Errors
/// A phrase came out otherwise, or none was found.
pub fn run(folder: &Path) -> Result<(), Failure> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.sort();
    let mut all_right = true;
    let mut found = 0;
    for form in ["grxml", "gram"] {
        let mut marks = Marks::default();
        for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == form)) {
            measure(file, folder, &mut marks)?;
        }
        let Marks { verdicts, right_verdicts, trees, right_trees } = marks;
        println!("{form}: verdict {right_verdicts} of {verdicts}, logical parse {right_trees} of {trees}");
        all_right &= right_verdicts == verdicts && right_trees == trees;
        found += verdicts;
    }
    anyhow::ensure!(found > 0, "{} has no grammar with meta lines in.N and out.N", folder.display());
    anyhow::ensure!(all_right, "some phrases came out otherwise");
    Ok(())
}

fn measure(file: &Path, folder: &Path, marks: &mut Marks) -> Result<(), Failure> {
    let bytes = std::fs::read(file)?;
    let loaded = Grammar::load(file, folder);
    for (phrase, expected) in expectations(&readable(&bytes)) {
        let (found, why) = match &loaded {
            Ok(grammar) => (grammar.parse_any_public(&phrase, 1)?.into_iter().next().map(|parse| parse.tree), String::new()),
            Err(error) => (None, format!(" ({error})")),
        };
        let found = found.unwrap_or_else(|| "REJECT".into());
        let accepted = expected != "REJECT";
        marks.verdicts += 1;
        marks.right_verdicts += usize::from(accepted == (found != "REJECT"));
        marks.trees += usize::from(accepted);
        marks.right_trees += usize::from(accepted && found == expected);
        if found != expected {
            println!("{}: `{phrase}` wants {expected}, gives {found}{why}", file.display());
        }
    }
    Ok(())
}

/// The text also of a file that no grammar reader takes.
fn readable(bytes: &[u8]) -> String {
    let encoding = encoding_rs::Encoding::for_bom(bytes).map_or(encoding_rs::UTF_8, |(encoding, _)| encoding);
    encoding.decode(bytes).0.into_owned()
}

/// Phrases with what they must give, found without understanding the grammar, for it may be meant to be wrong.
fn expectations(text: &str) -> Vec<(String, String)> {
    let mut phrases: BTreeMap<String, (Option<String>, Option<String>)> = BTreeMap::new();
    for (at, quote) in text.match_indices(['"', '\'']) {
        let rest = text.get(at + 1..).unwrap_or_default();
        let Some((name, rest)) = rest.split_once(quote) else { continue };
        let (is_phrase, number) = match (name.strip_prefix("in."), name.strip_prefix("out.")) {
            (Some(number), _) => (true, number),
            (_, Some(number)) => (false, number),
            _ => continue,
        };
        let between = rest.trim_start();
        let Some(value) =
            between.strip_prefix("is").or_else(|| between.strip_prefix("content").and_then(|rest| rest.trim_start().strip_prefix('=')))
        else {
            continue;
        };
        let value = value.trim_start();
        let Some(open) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
        let Some(content) = value.split(open).nth(1) else { continue };
        let content =
            content.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&");
        let entry = phrases.entry(number.to_owned()).or_default();
        let field = if is_phrase { &mut entry.0 } else { &mut entry.1 };
        *field = Some(content);
    }
    phrases.into_values().filter_map(|(phrase, expected)| phrase.zip(expected)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expectations_are_found_in_both_forms() {
        let expected = vec![("是".to_owned(), "$a[\"是\"]".to_owned()), ("不".to_owned(), "REJECT".to_owned())];
        let xml = "<meta name=\"in.1\" content='是'/><meta name='out.1' content='$a[\"是\"]'/><meta name='in.2' content=\"不\"/><meta name='out.2' content='REJECT'/>";
        let abnf = "meta 'in.1' is '是'; meta \"out.1\" is '$a[\"是\"]'; meta 'in.2' is '不'; meta 'out.2' is 'REJECT';";
        assert_eq!(expectations(xml), expected);
        assert_eq!(expectations(abnf), expected);
    }
}
