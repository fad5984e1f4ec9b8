//! Changing one entry of the knowledge base in its file: the text of all others, and what authors wrote around them, stays as it is.

use super::entry::Entry;
use super::parse;
use crate::text::located::Fault;
use std::fmt::Write;

/// A file with its new text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// As it was given.
    pub file: String,
    pub text: String,
}

/// Puts `entry` in the place of the one of the same id, or at the end of `topic` (the file's name without its extension) where there is none. All files are checked
/// with it: an entry that they cannot bear is not taken.
///
/// # Errors
/// Everything that would be wrong. A topic that has no file gives a new one in `folder`.
pub fn put(sources: &[(String, String)], folder: &str, topic: &str, entry: &Entry) -> Result<Edited, Vec<Fault>> {
    let place = sources.iter().position(|(_, text)| span(text, &entry.id).is_some());
    let named = format!("{topic}.yaml");
    let place = place.or_else(|| sources.iter().position(|(file, _)| file.rsplit('/').next() == Some(named.as_str())));
    let (file, before) = match place.and_then(|place| sources.get(place)) {
        Some((file, text)) => (file.clone(), text.clone()),
        None => (format!("{folder}/{named}"), "entries:\n".to_owned()),
    };
    let text = spliced(&before, &entry.id, &written(entry));
    checked(sources, Edited { file, text })
}

/// Takes the entry of this id away; `None` when there is none.
///
/// # Errors
/// Everything that would be wrong.
pub fn remove(sources: &[(String, String)], id: &str) -> Result<Option<Edited>, Vec<Fault>> {
    let Some((file, text)) = sources.iter().find(|(_, text)| span(text, id).is_some()) else { return Ok(None) };
    checked(sources, Edited { file: file.clone(), text: spliced(text, id, "") }).map(Some)
}

/// The topic of an entry: its file's name without the extension.
pub fn topic_of<'a>(sources: &'a [(String, String)], id: &str) -> Option<&'a str> {
    let (file, _) = sources.iter().find(|(_, text)| span(text, id).is_some())?;
    file.rsplit('/').next()?.strip_suffix(".yaml")
}

/// The lines of an entry, as they are written now; what an editor compares to know that nobody else changed them.
pub fn present<'a>(sources: &'a [(String, String)], id: &str) -> Option<&'a str> {
    sources.iter().find_map(|(_, text)| span(text, id).and_then(|(from, to)| text.get(from..to)))
}

fn checked(sources: &[(String, String)], edited: Edited) -> Result<Edited, Vec<Fault>> {
    let mut files: Vec<(String, String)> = sources.iter().filter(|(file, _)| *file != edited.file).cloned().collect();
    files.push((edited.file.clone(), edited.text.clone()));
    parse(&files).map(|_| edited)
}

/// From the line of an entry's id to the next entry or the end, in bytes.
fn span(text: &str, id: &str) -> Option<(usize, usize)> {
    let mut at = 0;
    let mut from = None;
    for line in text.split_inclusive('\n') {
        let is_entry = line.trim_start().starts_with("- id:");
        match from {
            None if is_entry && line.trim_start().trim_start_matches("- id:").trim() == id => from = Some(at),
            Some(from) if is_entry => return Some((from, at)),
            _ => {}
        }
        at += line.len();
    }
    from.map(|from| (from, at))
}

fn spliced(text: &str, id: &str, entry: &str) -> String {
    let (head, tail) = match span(text, id) {
        Some((from, to)) => (text.get(..from).unwrap_or_default(), text.get(to..).unwrap_or_default()),
        None => (text, ""),
    };
    let gap = if head.is_empty() || head.ends_with('\n') { "" } else { "\n" };
    format!("{head}{gap}{entry}{tail}")
}

/// An entry as authors write it.
fn written(entry: &Entry) -> String {
    let mut text = format!("  - id: {}\n    tags: [{}]\n", entry.id, joined(&entry.tags));
    if entry.advice {
        text.push_str("    advice: true\n");
    }
    for (name, day) in [("from", entry.from), ("to", entry.to)] {
        if let Some(day) = day {
            let _ = writeln!(text, "    {name}: {day}");
        }
    }
    for (name, wordings) in [("zh", &entry.zh), ("en", &entry.en)] {
        let (question, variants, answer) = (scalar(&wordings.question), joined(&wordings.variants), scalar(&wordings.answer));
        let _ = write!(text, "    {name}:\n      question: {question}\n      variants: [{variants}]\n      answer: {answer}\n");
    }
    text
}

fn joined(texts: &[String]) -> String {
    texts.iter().map(|text| scalar(text)).collect::<Vec<_>>().join(", ")
}

/// Plain where YAML reads the same words, else in double quotes.
fn scalar(text: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || " '’，。？、；：（）“”！.?".contains(c);
    let begins = text.starts_with(|c: char| c.is_alphabetic());
    let is_special = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"].contains(&text.to_lowercase().as_str());
    if begins && !is_special && !text.ends_with(' ') && text.chars().all(is_word) {
        return text.to_owned();
    }
    serde_json::to_string(text).expect("a text is a JSON string")
}

#[cfg(test)]
mod tests {
    use super::super::entry::Wordings;
    use super::*;
    use proptest::prelude::*;

    const FILE: &str = "# About data.\nentries:\n  - id: data_a\n    tags: [data]\n    zh:\n      question: 甲怎么办\n      variants: [甲一, 甲二, 甲三, 甲四]\n      answer: 甲。\n    en:\n      question: what about a\n      variants: [a one, a two, a three, a four]\n      answer: A.\n  # About b.\n  - id: data_b\n    tags: [data]\n    zh:\n      question: 乙怎么办\n      variants: [乙一, 乙二, 乙三, 乙四]\n      answer: 乙。\n    en:\n      question: what about b\n      variants: [b one, b two, b three, b four]\n      answer: B.\n";

    fn sources() -> Vec<(String, String)> {
        vec![("knowledge/data.yaml".into(), FILE.into())]
    }

    fn entry(id: &str, question: &str) -> Entry {
        let wordings = |question: &str| Wordings {
            question: question.into(),
            variants: (1..=4).map(|n| format!("{question} {n}")).collect(),
            answer: format!("{question}: yes, \"ten\" yuan; #1."),
        };
        Entry {
            id: id.into(),
            tags: vec!["data".into()],
            advice: false,
            from: None,
            to: "2026-12-01".parse().ok(),
            zh: wordings(question),
            en: wordings("what of it"),
        }
    }

    fn read(edited: &Edited) -> Vec<Entry> {
        parse(&[(edited.file.clone(), edited.text.clone())]).unwrap()
    }

    #[test]
    fn an_entry_is_replaced_and_everything_else_stays_to_the_letter() {
        let edited = put(&sources(), "knowledge", "data", &entry("data_b", "丙，怎么办")).unwrap();
        assert!(edited.text.starts_with(FILE.split_once("  - id: data_b").unwrap().0), "{}", edited.text);
        assert_eq!(read(&edited)[1], entry("data_b", "丙，怎么办"));
        assert_eq!(topic_of(&sources(), "data_b"), Some("data"));
        assert!(present(&sources(), "data_a").unwrap().contains("甲四") && present(&sources(), "data_c").is_none());
    }

    #[test]
    fn a_new_entry_stands_at_the_end_of_its_topic_or_begins_one() {
        let edited = put(&sources(), "knowledge", "data", &entry("data_c", "丙怎么办")).unwrap();
        assert!(edited.text.starts_with(FILE));
        assert_eq!(read(&edited).len(), 3);
        let new = put(&sources(), "knowledge", "fax", &entry("fax_a", "丙怎么办")).unwrap();
        assert_eq!((new.file.as_str(), read(&new).len()), ("knowledge/fax.yaml", 1));
    }

    #[test]
    fn what_the_others_cannot_bear_is_not_taken() {
        let faults = put(&sources(), "knowledge", "data", &entry("data_c", "甲怎么办")).unwrap_err();
        assert!(
            faults[0].reason.contains("data_c` is asked with the same words") || faults[0].reason.contains("data_a` is asked"),
            "{faults:?}"
        );
        let few = Entry { zh: Wordings { variants: Vec::new(), ..entry("data_c", "丙").zh }, ..entry("data_c", "丙") };
        assert!(put(&sources(), "knowledge", "data", &few).is_err());
    }

    #[test]
    fn an_entry_goes_without_a_trace() {
        let edited = remove(&sources(), "data_a").unwrap().unwrap();
        assert_eq!(read(&edited).into_iter().map(|entry| entry.id).collect::<Vec<_>>(), ["data_b"]);
        assert_eq!(remove(&sources(), "data_z").unwrap(), None);
    }

    proptest! {
        /// Whatever is typed into a form comes back as it was typed, and never breaks the file.
        #[test]
        fn any_words_come_back(words in "[^\\p{Cc}]{1,40}", more in "[a-z:#\\[\\]{},&*!|>'\"%@` -]{1,20}") {
            let mut typed = entry("data_c", "丙怎么办");
            typed.zh.answer = words;
            typed.en.answer = format!("{more}.");
            if let Ok(edited) = put(&sources(), "knowledge", "data", &typed) {
                let read = read(&edited);
                prop_assert_eq!(&read[2], &typed);
            } else {
                prop_assert!(false, "it was refused");
            }
        }
    }
}
