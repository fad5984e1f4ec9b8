//! The recordings that manifests name.

use crate::cli::Failure;
use crate::text::Lang;
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};

/// A recording with what is said in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    pub file: PathBuf,
    /// The name of the manifest's folder.
    pub set: String,
    pub category: String,
    pub lang: Lang,
    /// Empty: there is no speech in it.
    pub said: String,
    /// What the speaker wants, by our name, where the manifest tells it.
    pub intent: String,
}

/// The audio files of a manifest: tab-separated columns by the names in the first line, of which `file` and `transcript` are needed,
/// `category`, `language` and `intent` taken where they are. Files lie in the manifest's folder; where they do not, a leading `dev/` stands for it.
/// A transcript in brackets describes sound without words.
pub fn read(manifest: &Path, unnamed: Lang) -> Result<Vec<Recording>, Failure> {
    let text = std::fs::read_to_string(manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
    let manifest = manifest.canonicalize()?;
    let set = manifest.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let rows = rows(&text).with_context(|| format!("{}", manifest.display()))?;
    let mut recordings = Vec::new();
    for row in rows.into_iter().filter(|row| row.file.ends_with(".wav")) {
        let named = manifest.with_file_name(&row.file);
        let shortened = row.file.strip_prefix("dev/").map(|file| manifest.with_file_name(file));
        let Some(file) = [Some(named), shortened].into_iter().flatten().find(|file| file.is_file()) else {
            bail!("{}: {} is missing", manifest.display(), row.file);
        };
        let lang = row.lang.unwrap_or(unnamed);
        recordings.push(Recording { file, set: set.clone(), category: row.category, lang, said: row.said, intent: row.intent });
    }
    Ok(recordings)
}

#[derive(Debug, PartialEq)]
struct Row {
    file: String,
    said: String,
    category: String,
    lang: Option<Lang>,
    intent: String,
}

fn rows(text: &str) -> Result<Vec<Row>, Failure> {
    let mut lines = text.lines();
    let heading: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |name: &str| heading.iter().position(|&heading| heading == name);
    let (Some(file), Some(transcript)) = (column("file"), column("transcript")) else {
        bail!("the first line must name the columns file and transcript");
    };
    let (category, language, intent) = (column("category"), column("language"), column("intent"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let cell = |column: Option<usize>| column.and_then(|column| cells.get(column)).map_or("", |cell| cell.trim());
        let lang = match cell(language) {
            "zh" => Some(Lang::Zh),
            "en" => Some(Lang::En),
            _ => None,
        };
        let said = words(cell(Some(transcript))).to_owned();
        Row { file: cell(Some(file)).into(), said, category: cell(category).into(), lang, intent: cell(intent).into() }
    };
    Ok(lines.filter(|line| !line.trim().is_empty()).map(row).collect())
}

fn words(transcript: &str) -> &str {
    let described = [('(', ')'), ('<', '>')].iter().any(|&(open, close)| transcript.starts_with(open) && transcript.ends_with(close));
    if described { "" } else { transcript }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name() {
        let text = "language\tfile\ttranscript\nzh\ta.wav\t查话费\n\n-\tb.wav\t(rain)\nen\tc.wav\n";
        let row = |file: &str, said: &str, lang| Row {
            file: file.into(),
            said: said.into(),
            category: String::new(),
            lang,
            intent: String::new(),
        };
        assert_eq!(rows(text).unwrap(), [row("a.wav", "查话费", Some(Lang::Zh)), row("b.wav", "", None), row("c.wav", "", Some(Lang::En))]);
        assert!(rows("text\tintent\n").is_err());
    }

    #[test]
    fn the_projects_own_recordings() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("audio-fixtures/manifest.tsv");
        let recordings = read(&manifest, Lang::Zh).unwrap();
        assert!(recordings.iter().any(|recording| recording.lang == Lang::Zh && !recording.said.is_empty()));
        assert!(recordings.iter().all(|recording| recording.set == "audio-fixtures"));
    }
}
