//! Questions that no job answers, and their answers: `flows/knowledge/*.yaml`, searched by words and by sound.
//!
//! Start at [`Knowledge::search`], which agents use as well; [`Knowledge::best`] is what a caller's question is answered by.
//! How the search and the marks were chosen is in `benches/knowledge.md`.

mod certainty;
pub mod edit;
mod entry;
mod index;
#[cfg(test)]
mod tests;

pub use certainty::{Certainty, Evidence};
pub use entry::{Entry, RawKnowledge, Wordings};

use super::lexicon::Lexicon;
use super::wording::Wording;
use super::{Decision, NluError};
use crate::text::Lang;
use crate::text::located::{Fault, read_yaml};
use index::Index;
use jiff::civil::Date;
use std::path::Path;

/// The lexicon's words of one meaning, each list under its name.
type Concepts = [(String, Vec<String>)];

/// All entries, ready to be searched in both languages.
#[derive(Debug)]
pub struct Knowledge {
    entries: Vec<Entry>,
    zh: Index,
    en: Index,
}

/// An entry found.
#[derive(Clone, Copy, Debug)]
pub struct Hit<'a> {
    pub entry: &'a Entry,
    /// How alike the question and the entry are, 0.0..=1.0.
    pub score: f32,
    /// Probability that this entry answers the question.
    pub confidence: f32,
    /// What the probability was made from.
    pub evidence: Evidence,
}

impl Knowledge {
    /// Reads the entries of `flows/knowledge/` and the words of one meaning of `flows/intents/`; a folder that is not there holds no entries.
    pub fn load(flows: &Path) -> Result<Knowledge, NluError> {
        let concepts = |lang: Lang| Ok(Lexicon::load(&flows.join("intents").join(lang.code()))?.concepts);
        Knowledge::with(flows, &concepts(Lang::Zh)?, &concepts(Lang::En)?)
    }

    /// The same with words of one meaning that are loaded already.
    pub fn with(flows: &Path, zh: &Concepts, en: &Concepts) -> Result<Knowledge, NluError> {
        let entries = parse(&read(&flows.join("knowledge"))?).map_err(|faults| {
            let first = faults.first().map(Fault::to_string).unwrap_or_default();
            NluError::Knowledge(format!("{first} ({} in all; run `tingshuo check`)", faults.len()))
        })?;
        Ok(Knowledge::of(entries, zh, en))
    }

    fn of(entries: Vec<Entry>, zh: &Concepts, en: &Concepts) -> Knowledge {
        Knowledge { zh: Index::new(&entries, Lang::Zh, zh), en: Index::new(&entries, Lang::En, en), entries }
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The `most` entries of `day` that are most like `question`, best first. `day` is the operator's day: entries out of their time are
    /// not found.
    pub fn search(&self, question: &str, lang: Lang, day: Date, most: usize) -> Vec<Hit<'_>> {
        self.search_wording(&Wording::new(question), lang, day, most)
    }

    /// The same with a question that was taken apart already.
    pub fn search_wording(&self, question: &Wording, lang: Lang, day: Date, most: usize) -> Vec<Hit<'_>> {
        let index = match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        };
        let found = index.find(question);
        let mut ranked: Vec<(usize, f32)> = found.scores.into_iter().enumerate().collect();
        ranked.retain(|(at, score)| *score > 0.0 && self.entries.get(*at).is_some_and(|entry| entry.is_valid(day)));
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let next = |place: usize| ranked.get(place).map_or(0.0, |(_, score)| *score);
        let certainty = Certainty::of(lang);
        let hit = |(place, (at, score)): (usize, &(usize, f32))| {
            let rival = if place == 0 { next(1) } else { next(0) };
            let nearest = index.nearest(question, *at);
            let evidence = Evidence { lead: *score - rival, rival, known: found.known, nearest, common: *score * found.weight };
            Some(Hit { entry: self.entries.get(*at)?, score: *score, confidence: certainty.confidence(evidence), evidence })
        };
        ranked.iter().enumerate().take(most).filter_map(hit).collect()
    }

    /// The entry that answers `question`, if any may, and what to do with it: say its answer, or ask whether that is what is meant.
    /// `other` is the probability that something else is wanted than an answer.
    pub fn best(&self, question: &Wording, lang: Lang, day: Date, other: f32) -> Option<(Hit<'_>, Decision)> {
        let mut hit = self.search_wording(question, lang, day, 1).pop()?;
        hit.confidence *= 1.0 - other.clamp(0.0, 1.0);
        match Certainty::of(lang).decide(hit.confidence) {
            Decision::Reject => None,
            decision => Some((hit, decision)),
        }
    }
}

/// The entries of these files, each its name and text, or everything that is wrong with them.
pub fn parse(sources: &[(String, String)]) -> Result<Vec<Entry>, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut files: Vec<(&str, RawKnowledge)> = Vec::new();
    for (name, text) in sources {
        match read_yaml(name, text) {
            Ok(raw) => files.push((name.as_str(), raw)),
            Err(fault) => faults.push(fault),
        }
    }
    let entries = entry::check(files, &mut faults);
    faults.sort();
    if faults.is_empty() { Ok(entries) } else { Err(faults) }
}

/// The files of `folder` in order of name, each its name and text.
pub fn read(folder: &Path) -> Result<Vec<(String, String)>, NluError> {
    let mut paths = match std::fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
    .map_err(|error| NluError::read(folder, error))?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let text = |path: &Path| std::fs::read_to_string(path).map_err(|error| NluError::read(path, error));
    paths.iter().map(|path| Ok((path.display().to_string(), text(path)?))).collect()
}
