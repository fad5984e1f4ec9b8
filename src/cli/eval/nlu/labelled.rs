//! Labelled utterances as other people's files hold them, and a mapping from their names to ours.

use crate::cli::Failure;
use crate::nlu::Intent;
use anyhow::{Context, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// An utterance with its labels in our names.
#[derive(Debug, PartialEq)]
pub struct Labelled {
    pub text: String,
    /// Any of these is right; the first is what the tables call it. None: only the slots count.
    pub intents: Vec<Intent>,
    /// Our slot name and the words that fill it.
    pub slots: Vec<(String, String)>,
}

/// What their names are in ours.
///
/// Lines of three tab-separated columns: `intent`, their name, ours (several with commas: any is right; `-`: leave such lines out);
/// `slot`, their name or `name=words`, our name or `name=words` (`-`: leave it out). A slot without a line is left out.
#[derive(Debug, Default)]
pub struct Mapping {
    intents: BTreeMap<String, Vec<Intent>>,
    slots: BTreeMap<String, String>,
}

impl Mapping {
    pub fn read(file: &Path) -> Result<Mapping, Failure> {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        Mapping::parse(&text, file)
    }

    fn parse(text: &str, file: &Path) -> Result<Mapping, Failure> {
        let mut mapping = Mapping::default();
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#')) {
            let place = || format!("{}:{}", file.display(), at + 1);
            let columns: Vec<&str> = line.split('\t').map(str::trim).collect();
            match columns.as_slice() {
                ["intent", theirs, ours] => {
                    let ours = ours
                        .split(',')
                        .filter(|name| *name != "-")
                        .map(|name| Intent::from_name(name).with_context(|| format!("{}: no intent is called `{name}`", place())));
                    mapping.intents.insert((*theirs).to_owned(), ours.collect::<Result<_, _>>()?);
                }
                ["slot", theirs, ours] => {
                    mapping.slots.insert((*theirs).to_owned(), (*ours).to_owned());
                }
                _ => bail!("{}: a line is `intent` or `slot`, their name, our name, with tabs between", place()),
            }
        }
        Ok(mapping)
    }

    fn slot(&self, name: &str, words: &str) -> Option<(String, String)> {
        let exact = self.slots.get(&format!("{name}={words}"));
        let ours = exact.or_else(|| self.slots.get(name)).filter(|ours| *ours != "-")?;
        let (ours, words) = ours.split_once('=').unwrap_or((ours, words));
        Some((ours.to_owned(), words.to_owned()))
    }
}

/// The columns of a file.
#[derive(Debug)]
pub struct Columns<'a> {
    pub text: &'a str,
    pub intent: &'a str,
    pub slots: &'a str,
}

/// What a file holds: the utterances, and labels without a place among ours with how often they occur.
#[derive(Debug, Default)]
pub struct Set {
    pub utterances: Vec<Labelled>,
    pub left_out: BTreeMap<String, usize>,
}

/// Reads a file of utterances, or all that a manifest names.
pub fn read(file: &Path, columns: &Columns<'_>, mapping: Option<&Mapping>) -> Result<Set, Failure> {
    let mut set = Set::default();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let heading: Vec<&str> = text.lines().next().unwrap_or_default().split('\t').collect();
    let column = |name: &str| heading.iter().position(|&heading| heading == name);
    match (column(columns.text), column(columns.intent), column("file")) {
        (Some(text_at), Some(intent_at), _) => {
            let slots_at = column(columns.slots);
            let lines = text.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty());
            for (at, line) in lines {
                let cells: Vec<&str> = line.split('\t').collect();
                let cell = |column: usize| cells.get(column).copied().unwrap_or_default();
                let slots = slots_at.map_or("", cell);
                add(&mut set, cell(text_at), cell(intent_at), slots, mapping).with_context(|| format!("{}:{}", file.display(), at + 1))?;
            }
        }
        (_, _, Some(file_at)) => {
            for named in named_files(file, &text, file_at) {
                let more = read(&named, columns, mapping)?;
                set.utterances.extend(more.utterances);
                more.left_out.into_iter().for_each(|(label, count)| *set.left_out.entry(label).or_default() += count);
            }
        }
        _ => bail!(
            "{}: the first line must name the columns {} and {}, or file (see --text-column and --intent-column)",
            file.display(),
            columns.text,
            columns.intent
        ),
    }
    Ok(set)
}

/// The tables that a manifest names; they lie beside it, also when it gives them another folder.
fn named_files(manifest: &Path, text: &str, column: usize) -> Vec<PathBuf> {
    let names = text.lines().skip(1).filter_map(|line| line.split('\t').nth(column)).filter(|name| name.ends_with(".tsv"));
    let beside = |name: &str| manifest.with_file_name(Path::new(name).file_name().unwrap_or_default());
    names.map(|name| Some(manifest.with_file_name(name)).filter(|file| file.is_file()).unwrap_or_else(|| beside(name))).collect()
}

fn add(set: &mut Set, text: &str, label: &str, slots: &str, mapping: Option<&Mapping>) -> Result<(), Failure> {
    let intents = match mapping {
        Some(mapping) => mapping.intents.get(label).cloned().unwrap_or_default(),
        None => vec![Intent::from_name(label).with_context(|| format!("no intent is called `{label}`: --mapping says what it is"))?],
    };
    let pairs = slots.split(';').filter_map(|pair| pair.split_once('='));
    let slots: Vec<_> = pairs.filter_map(|(name, words)| mapping?.slot(name.trim(), words.trim())).collect();
    if intents.is_empty() {
        *set.left_out.entry(label.to_owned()).or_default() += 1;
        if slots.is_empty() {
            return Ok(());
        }
    }
    set.utterances.push(Labelled { text: text.to_owned(), intents, slots });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(text: &str) -> Result<Mapping, Failure> {
        Mapping::parse(text, Path::new("mapping.tsv"))
    }

    #[test]
    fn their_names_become_ours() {
        let mapping = mapping(
            "intent\task|money\tquery_balance,query_bill\nintent\tchat\t-\nslot\ttime\tmonth\nslot\tprice=cheap\t-\nslot\tprice\tamount\n",
        );
        let mapping = mapping.expect("a good mapping");
        let mut set = Set::default();
        add(&mut set, "查话费", "ask|money", "time=九月;price=cheap;price=三十;colour=red", Some(&mapping)).expect("mapped");
        add(&mut set, "讲笑话", "chat", "", Some(&mapping)).expect("left out");
        add(&mut set, "哈哈", "laugh", "", Some(&mapping)).expect("left out");
        add(&mut set, "三月的", "chat", "time=三月", Some(&mapping)).expect("only the slot");
        let [one, bare] = set.utterances.as_slice() else { panic!("two utterances: {set:?}") };
        assert_eq!((bare.intents.len(), bare.slots.len()), (0, 1));
        assert_eq!(one.intents, [Intent::QueryBalance, Intent::QueryBill]);
        assert_eq!(one.slots, [("month".to_owned(), "九月".to_owned()), ("amount".to_owned(), "三十".to_owned())]);
        assert_eq!(set.left_out.len(), 2);
    }

    #[test]
    fn says_what_is_wrong() {
        for bad in ["intent\tx\tno_such_intent", "intent\tx", "colour\tx\ty"] {
            assert!(mapping(bad).is_err(), "{bad}");
        }
        assert!(add(&mut Set::default(), "查话费", "查询", "", None).is_err());
    }
}
