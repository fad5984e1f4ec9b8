//! A language's words that carry meaning whatever the intent: shared wordings, concepts (actions and objects), fillers,
//! marks of a repair. Read from `flows/intents/<lang>/lexicon.yaml`.

use super::NluError;
use super::template::{Template, Words};
use std::collections::BTreeMap;
use std::path::Path;

/// A template for yes or no stands for at most this many answers.
const MOST_ANSWERS: usize = 200;

/// The file as written.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// Wordings that templates use as `{name}`; later ones may use earlier ones.
    words: Vec<BTreeMap<String, String>>,
    /// Words of one meaning, by its name.
    concepts: BTreeMap<String, Vec<String>>,
    /// What callers say before, after and between; it carries no meaning.
    fillers: Vec<String>,
    /// What callers put before and after a request; examples are also learned with these around them.
    openers: Vec<String>,
    closers: Vec<String>,
    /// Answers to a yes/no question, as templates; they mean this only when such a question was asked.
    yes: Vec<String>,
    no: Vec<String>,
    repair: RepairMarks,
}

/// How callers take back what they said.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepairMarks {
    /// What stands before the thing denied: `不是`.
    pub not: Vec<String>,
    /// What stands before the thing meant: `是`, `我要`.
    pub but: Vec<String>,
    /// What throws away everything before it: `说错了`.
    pub restart: Vec<String>,
}

/// A language's lexicon.
#[derive(Debug)]
pub struct Lexicon {
    pub words: Words,
    /// Concept names, in order; a concept is known by its place here.
    pub concepts: Vec<(String, Vec<String>)>,
    /// Longest first.
    pub fillers: Vec<String>,
    pub openers: Vec<String>,
    pub closers: Vec<String>,
    /// Whole answers to a yes/no question.
    pub yes: Vec<String>,
    pub no: Vec<String>,
    pub repair: RepairMarks,
}

impl Lexicon {
    /// Reads the lexicon of one language's folder.
    pub fn load(folder: &Path) -> Result<Lexicon, NluError> {
        let file = folder.join("lexicon.yaml");
        let text = std::fs::read_to_string(&file).map_err(|error| NluError::read(&file, error))?;
        let written: Written = serde_saphyr::from_str(&text).map_err(|error| NluError::bad(&file, error))?;
        let mut words = Words::new();
        for (name, source) in written.words.into_iter().flatten() {
            let template = Template::parse(&source, &words).map_err(|reason| NluError::bad(&file, format!("words `{name}`: {reason}")))?;
            words.insert(name, template);
        }
        let mut fillers = written.fillers;
        fillers.sort_by_key(|filler| std::cmp::Reverse(filler.chars().count()));
        let sentences = |sources: &[String]| -> Result<Vec<String>, NluError> {
            let mut out = Vec::new();
            for source in sources {
                let template = Template::parse(source, &words).map_err(|reason| NluError::bad(&file, format!("`{source}`: {reason}")))?;
                out.extend(template.sentences(MOST_ANSWERS));
            }
            Ok(out)
        };
        Ok(Lexicon {
            yes: sentences(&written.yes)?,
            no: sentences(&written.no)?,
            words,
            concepts: written.concepts.into_iter().collect(),
            fillers,
            openers: written.openers,
            closers: written.closers,
            repair: written.repair,
        })
    }
}
