//! Files that say what a caller does, what must come of it, and what must not. Text mode and audio mode read the same files.

use super::jobs::Job;
use crate::cli::Failure;
use crate::text::Lang;
use anyhow::Context;
use jiff::civil::DateTime;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What is shown, in a sentence.
    pub about: String,
    /// The calling number; none when it is withheld.
    pub caller: Option<String>,
    pub lang: Lang,
    /// Local time at the start.
    #[serde(deserialize_with = "moment")]
    pub now: DateTime,
    pub turns: Vec<Turn>,
    /// `completed`, `abandoned`, or `transferred` with its reason: `transferred CallerAsked`. None while the call goes on.
    pub outcome: Option<String>,
    /// Changes that were made to the caller's account, all of them, in order.
    #[serde(default)]
    pub done: Option<Vec<String>>,
    /// Classes of the work orders that were opened, all of them, in order.
    #[serde(default)]
    pub orders: Option<Vec<String>>,
    /// What goes wrong in the operator's systems: `unavailable recharge`, `answer_lost recharge`.
    #[serde(default)]
    pub faults: Vec<String>,
    /// The caller is asked for a score at the end.
    #[serde(default)]
    pub survey: bool,
    /// We call, and begin with this flow.
    pub reminder: Option<String>,
    /// What it is told about the customer.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    /// Minutes that pass in the operator's systems with each request to them.
    #[serde(default)]
    pub minutes_a_request: u32,
    #[serde(default)]
    pub must_not: MustNot,
    /// Why it is told in text only; without it the caller also speaks.
    pub text_only: Option<String>,
}

/// One thing that the caller does: exactly one of `say`, `keys`, `silence` and `hang_up`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    pub say: Option<String>,
    /// Other words for it, for a caller who has to say it again.
    #[serde(default)]
    pub say_again: Vec<String>,
    /// A recording of `say`, beside the scenario; without it a voice speaks.
    pub wav: Option<PathBuf>,
    pub keys: Option<String>,
    #[serde(default)]
    pub silence: bool,
    #[serde(default)]
    pub hang_up: bool,
    #[serde(default)]
    pub expect: Expect,
}

/// What must come of it; what is not named is not looked at.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    pub intent: Option<String>,
    /// accept, confirm or reject.
    pub decision: Option<String>,
    /// The prompts said, all of them, in order.
    pub prompts: Option<Vec<String>>,
    /// Operations asked of other systems, all of them, in order.
    pub requests: Option<Vec<String>>,
    /// What is said has these in it.
    pub contains: Vec<String>,
    /// The name of the question then asked.
    pub listening_for: Option<String>,
}

/// Never in the whole call.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MustNot {
    pub say: Vec<String>,
    pub request: Vec<String>,
}

fn moment<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<DateTime, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

impl Turn {
    fn acts(&self) -> usize {
        [self.say.is_some() || self.wav.is_some(), self.keys.is_some(), self.silence, self.hang_up].into_iter().filter(|act| *act).count()
    }
}

/// The scenario of one file.
///
/// # Errors
/// The file cannot be read, is no scenario, or a turn does not do exactly one thing.
pub fn read(path: &Path) -> Result<Scenario, Failure> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let mut scenario: Scenario = serde_saphyr::from_str(&text).with_context(|| path.display().to_string())?;
    let folder = path.parent().unwrap_or(Path::new(""));
    for (index, turn) in scenario.turns.iter_mut().enumerate() {
        anyhow::ensure!(turn.acts() == 1, "{}: turn {} must do one thing: say or wav, keys, silence, hang_up", path.display(), index + 1);
        turn.wav = turn.wav.take().map(|wav| folder.join(wav));
    }
    Ok(scenario)
}

/// The jobs of a folder's `.yaml` files.
///
/// # Errors
/// A file cannot be read or is no job.
pub fn read_jobs(folder: &Path) -> Result<Vec<Job>, Failure> {
    paths(folder)?.iter().map(|path| read_job(path)).collect()
}

fn read_job(path: &Path) -> Result<Job, Failure> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_saphyr::from_str(&text).with_context(|| path.display().to_string())
}

/// Scenarios with their names: those of a folder's `.yaml` files, of one such file, or of the files that a `.tsv` names in its column `file`. A file that
/// holds a job has a scenario for each of its calls; each takes the next wording of what its caller says.
///
/// # Errors
/// A file cannot be read, or there is none.
pub fn read_all(manifest: &Path) -> Result<Vec<(String, Scenario)>, Failure> {
    let mut all = Vec::new();
    for path in paths(manifest)? {
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        if text.lines().any(|line| line.starts_with("job:")) {
            let job = read_job(&path)?;
            for (index, call) in job.calls.iter().enumerate() {
                all.push((format!("{}-{}", job.job, index + 1), call.scenario(index % call.variants())?));
            }
        } else {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            all.push((name, read(&path)?));
        }
    }
    Ok(all)
}

fn paths(manifest: &Path) -> Result<Vec<PathBuf>, Failure> {
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "yaml");
    let mut paths: Vec<PathBuf> = if manifest.is_dir() {
        let entries = std::fs::read_dir(manifest).with_context(|| manifest.display().to_string())?;
        entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(is_yaml).collect()
    } else if is_yaml(&manifest.to_owned()) {
        vec![manifest.to_owned()]
    } else {
        listed(manifest)?
    };
    paths.sort();
    anyhow::ensure!(
        !paths.is_empty(),
        "{} names no calls: a folder of .yaml files, one such file, or a .tsv with a column file",
        manifest.display()
    );
    Ok(paths)
}

fn listed(manifest: &Path) -> Result<Vec<PathBuf>, Failure> {
    let text = std::fs::read_to_string(manifest).with_context(|| manifest.display().to_string())?;
    let mut lines = text.lines();
    let column = lines.next().and_then(|heading| heading.split('\t').position(|name| name == "file"));
    let column = column.with_context(|| format!("{}: the first line has no column called file", manifest.display()))?;
    let folder = manifest.parent().unwrap_or(Path::new(""));
    Ok(lines.filter_map(|line| line.split('\t').nth(column)).filter(|file| !file.is_empty()).map(|file| folder.join(file)).collect())
}
