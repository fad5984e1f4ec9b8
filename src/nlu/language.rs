//! Everything that understanding needs of one language, made from `flows/intents/<lang>/`.

use super::classifier::{Classifier, Trial};
use super::clauses::Clauses;
use super::lexicon::Lexicon;
use super::named::Named;
use super::phrases::{self, Phrases};
use super::slots::Utterance;
use super::vague::Vague;
use super::wording::Wording;
use super::yes_no::YesNo;
use super::{Intent, NluError, examples};
use crate::grammar::Library;
use crate::text::{Lang, Record};
use jiff::civil::Date;
use std::path::Path;
use std::sync::Arc;

/// One language, ready.
#[derive(Debug)]
pub struct Language {
    pub lang: Lang,
    pub lexicon: Lexicon,
    pub global: Phrases<Intent>,
    pub yes_no: YesNo,
    pub classifier: Classifier,
    pub clauses: Clauses,
    pub vague: Vague,
    pub named: Named,
}

impl Language {
    /// Reads the language's folder under `intents` and trains its classifier.
    pub fn load(intents: &Path, lang: Lang, grammars: Arc<Library>) -> Result<Language, NluError> {
        let folder = intents.join(lang.code());
        let lexicon = Lexicon::load(&folder)?;
        let examples = examples::load(&folder, &lexicon)?;
        Ok(Language {
            lang,
            global: phrases::global(&examples, &lexicon),
            yes_no: YesNo::new(&lexicon),
            classifier: Classifier::learn(&examples, &lexicon),
            clauses: Clauses::new(&lexicon),
            vague: Vague::new(&lexicon),
            named: Named::new(grammars, lang, &lexicon),
            lexicon,
        })
    }

    /// Every value and name in `text`, under its type's or its grammar's name; what was corrected counts as corrected.
    pub fn slots(&self, text: &str, wording: &Wording, today: Date) -> Record {
        let utterance = Utterance::new(text, self.lang, today);
        let corrected = self.classifier.corrected(wording).map(|meant| meant.text());
        let mut slots = if corrected.is_some() { utterance.last() } else { utterance.all() };
        slots.extend(self.named.of(corrected.as_deref().unwrap_or(text)));
        slots
    }

    /// Whether something said before is put right, by us or by the caller. Who says no to an action takes nothing back.
    pub fn takes_back(&self, text: &str, wording: &Wording) -> bool {
        let denied = || self.yes_no.beginning(text).is_some_and(|beginning| !beginning.yes && !beginning.rest.is_empty());
        !self.classifier.is_refused(wording) && (self.classifier.corrected(wording).is_some() || denied())
    }
}

/// How well one language's examples predict each other; see [`Classifier::cross_validate`].
pub fn cross_validate(intents: &Path, lang: Lang) -> Result<Vec<Trial>, NluError> {
    let folder = intents.join(lang.code());
    let lexicon = Lexicon::load(&folder)?;
    Ok(Classifier::cross_validate(&examples::load(&folder, &lexicon)?, &lexicon))
}
