//! The files of `tests/scenarios/`: what a caller does, what must come of it, and what must not. Text mode and audio mode
//! read the same files.

use jiff::civil::DateTime;
use serde::Deserialize;
use std::path::Path;
use tingshuo::text::Lang;

#[derive(Debug, Deserialize)]
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
    #[serde(default)]
    pub must_not: MustNot,
    /// Why it is told in text only; without it the caller also speaks.
    pub text_only: Option<String>,
}

/// One thing that the caller does: exactly one of the first four.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    pub say: Option<String>,
    pub keys: Option<String>,
    #[serde(default)]
    pub silence: bool,
    #[serde(default)]
    pub hang_up: bool,
    #[serde(default)]
    pub expect: Expect,
}

/// What must come of it; what is not named is not looked at.
#[derive(Debug, Default, Deserialize)]
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
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MustNot {
    pub say: Vec<String>,
    pub request: Vec<String>,
}

fn moment<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<DateTime, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

/// All scenarios by file name.
pub fn all() -> Vec<(String, Scenario)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut paths: Vec<_> = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let read = |path: &Path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap();
        let scenario = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, scenario)
    };
    paths.iter().map(|path| read(path)).collect()
}
