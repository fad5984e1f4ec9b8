//! The sentences that the classifier learns from: `flows/intents/<lang>/<intent>.yaml`, written by hand.

use super::lexicon::Lexicon;
use super::template::Template;
use super::{Intent, NluError};
use std::path::Path;

/// A template is worth at most this many sentences, so that one with many alternatives does not drown the others.
const MOST_OF_A_TEMPLATE: usize = 14;

/// A template of whole phrases is known in all its forms, up to this many.
const MOST_PHRASES: usize = 4000;
/// This many of them are also learned from.
const LEARNED_PHRASES: usize = 40;

/// A single sentence is learned from as written and in this many rough forms; one of a template in one, for it has its like beside it.
const FORMS_OF_A_SENTENCE: u64 = 3;
const FORMS_OF_A_TEMPLATE: u64 = 1;

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
    /// What callers say, sentence by sentence.
    #[serde(default)]
    sentences: Vec<String>,
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
    /// The classifier learns from it.
    pub learned: bool,
    /// In how many rough forms beside the written one.
    pub forms: u64,
}

/// A template's signs: nobody says them.
fn has_alternatives(sentence: &str) -> bool {
    sentence.contains(['(', ')', '[', ']', '{', '}', '|'])
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
            let sentences = parsed.sentences(if phrase { MOST_PHRASES } else { MOST_OF_A_TEMPLATE });
            let every = if phrase { sentences.len().div_ceil(LEARNED_PHRASES).max(1) } else { 1 };
            let sentences = sentences.into_iter().enumerate();
            let example = |(at, text)| Example { intent, text, template, phrase, learned: at % every == 0, forms: FORMS_OF_A_TEMPLATE };
            examples.extend(sentences.map(example));
            template += 1;
        }
        for text in written.sentences {
            if has_alternatives(&text) {
                return Err(NluError::bad(&file, format!("`{text}`: a sentence has no alternatives; templates stand under `examples`")));
            }
            examples.push(Example { intent, text, template, phrase: false, learned: true, forms: FORMS_OF_A_SENTENCE });
            template += 1;
        }
    }
    no_strangers(folder)?;
    Ok(examples)
}

/// What callers ask for in a word or two, of so many characters at most: one language's shortest examples, the words of its concepts, and an action with an
/// object, each once.
pub fn short(folder: &Path, most_characters: usize) -> Result<Vec<String>, NluError> {
    let lexicon = Lexicon::load(folder)?;
    let asks = |intent: Intent| !matches!(intent, Intent::Affirm | Intent::Deny | Intent::OutOfScope);
    let examples = load(folder, &lexicon)?.into_iter().filter(|example| asks(example.intent)).map(|example| example.text);
    let words = lexicon.concepts.iter().flat_map(|(_, words)| words).cloned();
    let objects = lexicon.words_of(&lexicon.clauses.objects);
    let actions = lexicon.words_of(&lexicon.clauses.actions);
    let pairs = actions.iter().flat_map(|action| objects.iter().map(move |object| format!("{action}{object}")));
    let mut short: Vec<String> =
        examples.chain(words).chain(pairs).filter(|text| (2..=most_characters).contains(&text.chars().count())).collect();
    short.sort_unstable();
    short.dedup();
    Ok(short)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_no_sentence() {
        assert!(!has_alternatives("我想交话费，五十块"));
        for template in ["(充|交)话费", "[帮我]充话费", "{start}充话费"] {
            assert!(has_alternatives(template), "{template}");
        }
    }

    #[test]
    fn short_requests_are_examples_words_and_pairs() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("flows/intents/zh");
        let short = short(&folder, 4).unwrap();
        for wanted in ["发票", "账单", "漫游", "查流量", "改套餐"] {
            assert!(short.iter().any(|text| text == wanted), "{wanted}");
        }
        assert!(short.iter().all(|text| (2..=4).contains(&text.chars().count())));
        assert!(short.is_sorted());
    }
}
