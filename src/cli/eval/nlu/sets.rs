//! Several sets of utterances that are measured together: which they are, and how their labels are read.

use crate::cli::Failure;
use crate::text::Lang;
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};

/// The file as written.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    set: Vec<WrittenSet>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSet {
    /// The set's folder among the data; its `manifest.tsv` says which files belong to it.
    name: String,
    #[serde(default)]
    lang: Lang,
    /// What the labels are in our names: a file beside this one.
    mapping: Option<PathBuf>,
    #[serde(default = "text_column")]
    text_column: String,
    #[serde(default = "intent_column")]
    intent_column: String,
    #[serde(default = "slots_column")]
    slots_column: String,
    /// The grammar of the question that all of them answer.
    asked: Option<String>,
}

fn text_column() -> String {
    "text".to_owned()
}

fn intent_column() -> String {
    "intent".to_owned()
}

fn slots_column() -> String {
    "slots".to_owned()
}

/// A set and how it is read.
#[derive(Debug)]
pub struct Source {
    pub name: String,
    pub files: Vec<PathBuf>,
    pub lang: Lang,
    pub mapping: Option<PathBuf>,
    pub text_column: String,
    pub intent_column: String,
    pub slots_column: String,
    pub asked: Option<String>,
}

/// The sets that `file` names, in the folder `data`.
pub fn read(file: &Path, data: &Path) -> Result<Vec<Source>, Failure> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    parse(&text, file, data)
}

fn parse(text: &str, file: &Path, data: &Path) -> Result<Vec<Source>, Failure> {
    let written: Written = toml::from_str(text).with_context(|| format!("{} is no list of sets", file.display()))?;
    if written.set.is_empty() {
        bail!("{}: no set is named; a set begins with [[set]]", file.display());
    }
    let source = |set: WrittenSet| Source {
        files: vec![data.join(&set.name).join("manifest.tsv")],
        mapping: set.mapping.map(|mapping| file.with_file_name(mapping)),
        name: set.name,
        lang: set.lang,
        text_column: set.text_column,
        intent_column: set.intent_column,
        slots_column: set.slots_column,
        asked: set.asked,
    };
    Ok(written.set.into_iter().map(source).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Vec<Source>, Failure> {
        parse(text, Path::new("benches/sets.toml"), Path::new("data"))
    }

    #[test]
    fn a_set_is_a_folder_with_its_own_reading() {
        let sources = parsed("[[set]]\nname = \"calls\"\nlang = \"en\"\nmapping = \"calls.tsv\"\nasked = \"yes_no\"\n");
        let sources = sources.expect("a good list");
        let [source] = sources.as_slice() else { panic!("one set: {sources:?}") };
        assert_eq!((source.lang, source.asked.as_deref(), source.intent_column.as_str()), (Lang::En, Some("yes_no"), "intent"));
        assert_eq!(source.files, [Path::new("data/calls/manifest.tsv")]);
        assert_eq!(source.mapping.as_deref(), Some(Path::new("benches/calls.tsv")));
    }

    #[test]
    fn says_what_is_wrong() {
        for (written, reason) in [("", "no set is named"), ("[[set]]\nname = \"calls\"\ncolour = \"red\"\n", "unknown field `colour`")] {
            let error = parsed(written).expect_err("refused");
            assert!(format!("{error:?}").contains(reason), "{error:?}");
        }
    }
}
