//! The sentences that the classifier learns from: `flows/intents/<lang>/<intent>.yaml`, written by hand.

use super::lexicon::Lexicon;
use super::template::Template;
use super::{Intent, NluError};
use std::path::Path;

/// A template is worth at most this many sentences, so that one with many alternatives does not drown the others.
const MOST_OF_A_TEMPLATE: usize = 14;

/// One intent's file as written.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// Whole utterances that mean this intent everywhere, whatever is asked.
    #[serde(default)]
    phrases: Vec<String>,
    /// What callers say, as templates.
    #[serde(default)]
    examples: Vec<String>,
}

/// A sentence and what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    pub intent: Intent,
    pub text: String,
    /// Which template it came from: sentences of one template belong in one fold.
    pub template: usize,
    /// It stands for its intent as it is, everywhere.
    pub phrase: bool,
}

/// All examples of one language's folder, in the order of [`Intent::ALL`]. Every intent must have its file.
pub fn load(folder: &Path, lexicon: &Lexicon) -> Result<Vec<Example>, NluError> {
    let mut examples = Vec::new();
    let mut template = 0;
    for &intent in Intent::ALL {
        let file = folder.join(format!("{intent}.yaml"));
        let text = std::fs::read_to_string(&file).map_err(|error| NluError::read(&file, error))?;
        let written: Written = serde_saphyr::from_str(&text).map_err(|error| NluError::bad(&file, error))?;
        let sources = written.phrases.iter().map(|source| (source, true)).chain(written.examples.iter().map(|source| (source, false)));
        for (source, phrase) in sources {
            let parsed = Template::parse(source, &lexicon.words).map_err(|reason| NluError::bad(&file, format!("`{source}`: {reason}")))?;
            let most = if phrase { 4 * MOST_OF_A_TEMPLATE } else { MOST_OF_A_TEMPLATE };
            examples.extend(parsed.sentences(most).into_iter().map(|text| Example { intent, text, template, phrase }));
            template += 1;
        }
    }
    no_strangers(folder)?;
    Ok(examples)
}

/// A file that no intent is named after is a slip of the pen.
fn no_strangers(folder: &Path) -> Result<(), NluError> {
    let entries = std::fs::read_dir(folder).map_err(|error| NluError::read(folder, error))?;
    for entry in entries {
        let path = entry.map_err(|error| NluError::read(folder, error))?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if path.extension().is_some_and(|extension| extension == "yaml") && stem != "lexicon" && Intent::from_name(stem).is_none() {
            return Err(NluError::bad(&path, format!("no intent is called `{stem}`")));
        }
    }
    Ok(())
}
