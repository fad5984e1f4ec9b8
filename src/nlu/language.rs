//! Everything that understanding needs of one language, made from `flows/intents/<lang>/`.

use super::classifier::{Classifier, Trial};
use super::clauses::Clauses;
use super::lexicon::Lexicon;
use super::phrases::{self, Phrases};
use super::vague::Vague;
use super::{Intent, NluError, examples};
use crate::text::Lang;
use std::path::Path;

/// One language, ready.
#[derive(Debug)]
pub struct Language {
    pub lang: Lang,
    pub lexicon: Lexicon,
    pub global: Phrases<Intent>,
    pub yes_no: Phrases<bool>,
    pub classifier: Classifier,
    pub clauses: Clauses,
    pub vague: Vague,
}

impl Language {
    /// Reads the language's folder under `intents` and trains its classifier.
    pub fn load(intents: &Path, lang: Lang) -> Result<Language, NluError> {
        let folder = intents.join(lang.code());
        let lexicon = Lexicon::load(&folder)?;
        let examples = examples::load(&folder, &lexicon)?;
        Ok(Language {
            lang,
            global: phrases::global(&examples, &lexicon),
            yes_no: phrases::yes_no(&lexicon),
            classifier: Classifier::learn(&examples, &lexicon),
            clauses: Clauses::new(&lexicon),
            vague: Vague::new(&lexicon),
            lexicon,
        })
    }
}

/// How well one language's examples predict each other; see [`Classifier::cross_validate`].
pub fn cross_validate(intents: &Path, lang: Lang) -> Result<Vec<Trial>, NluError> {
    let folder = intents.join(lang.code());
    let lexicon = Lexicon::load(&folder)?;
    Ok(Classifier::cross_validate(&examples::load(&folder, &lexicon)?, &lexicon))
}
