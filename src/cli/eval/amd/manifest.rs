//! Recordings of who answers, and how sets of others name them.

use crate::cli::Failure;
use crate::text::Lang;
use anyhow::Context;
use std::path::{Path, PathBuf};

pub struct Recording {
    pub file: PathBuf,
    /// In our words where we have one: human, machine, menu, tone, silence.
    pub label: String,
    pub lang: Lang,
}

#[derive(Default)]
pub struct Read {
    pub recordings: Vec<Recording>,
    /// What is left out, and why.
    pub skipped: Vec<String>,
}

/// Names of others for what we know; a label that begins with one, `human_anna`, is it too.
const NAMES: [(&str, &[&str]); 5] = [
    ("human", &["human", "person", "people", "live"]),
    ("machine", &["machine", "voicemail", "mailbox", "announcement", "greeting"]),
    ("menu", &["menu", "ivr"]),
    ("tone", &["tone", "beep", "dtmf", "fax", "busy", "ringback", "sit"]),
    ("silence", &["silence", "silent"]),
];

/// Reads a manifest: see [`super::Args`].
pub fn read(manifest: &Path) -> Result<Read, Failure> {
    let shown = manifest.display().to_string();
    let text = std::fs::read_to_string(manifest).with_context(|| format!("cannot read {shown}"))?;
    read_text(manifest, &text)
}

fn read_text(manifest: &Path, text: &str) -> Result<Read, Failure> {
    let shown = manifest.display().to_string();
    let mut lines = text.lines();
    let heading: Vec<&str> = lines.next().unwrap_or_default().split('\t').map(str::trim).collect();
    let column = |name: &str| heading.iter().position(|known| known.eq_ignore_ascii_case(name));
    let file = column("file").with_context(|| format!("{shown}: the first line must name the column `file`, with tabs between columns"))?;
    let label = column("label").or(column("category")).with_context(|| format!("{shown}: no column `label` or `category`"))?;
    let language = column("language").or(column("lang"));
    let mut read = Read::default();
    for (line, number) in lines.zip(2..).filter(|(line, _)| !line.trim().is_empty()) {
        let cells: Vec<&str> = line.split('\t').collect();
        let cell = |at: usize| cells.get(at).map_or("", |cell| cell.trim());
        let lang = if language.map(cell) == Some("en") { Lang::En } else { Lang::Zh };
        if cell(label).is_empty() {
            read.skipped.push(format!("{shown}:{number}: {} has no label", cell(file)));
            continue;
        }
        match find(manifest, cell(file)) {
            Some(file) => read.recordings.push(Recording { file, label: known(cell(label)), lang }),
            None => read.skipped.push(format!("{shown}:{number}: {} is not there", cell(file))),
        }
    }
    Ok(read)
}

/// Beside the manifest; its half of a set may name the folder that the manifest lies in itself.
fn find(manifest: &Path, name: &str) -> Option<PathBuf> {
    let below = name.split_once('/').map(|(_, rest)| manifest.with_file_name(rest));
    std::iter::once(manifest.with_file_name(name)).chain(below).find(|path| path.is_file())
}

fn known(label: &str) -> String {
    let lower = label.to_lowercase();
    let first = lower.split(['_', '-', ' ', '/']).next().unwrap_or_default();
    let found = NAMES.iter().find(|(_, names)| names.contains(&first));
    found.map_or_else(|| label.to_owned(), |(name, _)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_others_name_things_in_their_own_way() {
        for (label, expected) in [
            ("human", "human"),
            ("human_anna", "human"),
            ("Live", "human"),
            ("dtmf_sequence", "tone"),
            ("voicemail", "machine"),
            ("prompt", "prompt"),
        ] {
            assert_eq!(known(label), expected);
        }
    }

    #[test]
    fn what_is_left_out_is_said() {
        let path = crate::models::data_dir().join("audio-fixtures/manifest.tsv");
        let found = read_text(&path, "file\tcategory\nhalf/zh_answers/yes.wav\ttone\nb.wav\ttone\nzh_answers/yes.wav\t\n").unwrap();
        assert_eq!(found.recordings.iter().map(|one| one.label.as_str()).collect::<Vec<_>>(), ["tone"]);
        assert_eq!(found.skipped.len(), 2);
        assert!(found.skipped.iter().any(|line| line.ends_with("manifest.tsv:3: b.wav is not there")), "{:?}", found.skipped);
        assert!(read_text(&path, "path\tlabel\n").is_err());
    }
}
