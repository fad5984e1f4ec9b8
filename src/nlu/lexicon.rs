//! A language's words that carry meaning whatever the intent: shared wordings, concepts (actions and objects), fillers,
//! marks of a repair. Read from `flows/intents/<lang>/lexicon.yaml`.

use super::template::{Template, Words};
use super::{Intent, NluError};
use std::collections::BTreeMap;
use std::path::Path;

/// A template for yes or no stands for at most this many answers.
const MOST_ANSWERS: usize = 200;
/// One for a vague request, which must be whole, for all of its own up to so many.
const MOST_VAGUE: usize = 8000;

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
    answers: AnswerMarks,
    repair: RepairMarks,
    negation: NegationMarks,
    clauses: ClauseMarks,
    names: NameMarks,
    /// Concepts that ask for nothing by themselves: a request that breaks off after them is a fragment.
    not_enough: Vec<String>,
    #[serde(default)]
    vague: Vec<WrittenVague>,
}

/// A vague request as written: templates, and the names of the intents that it may be.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenVague {
    say: Vec<String>,
    may_be: Vec<String>,
}

/// A vague request: whole utterances, and what they may mean, likeliest first.
#[derive(Clone, Debug)]
pub struct VaguePhrases {
    pub phrases: Vec<String>,
    pub may_be: Vec<Intent>,
}

/// What makes an answer of a yes or a no among other words, and what makes none of it.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerMarks {
    /// What is an answer also before other words: `是的`. Not `要`, for `要挂失` is a wish.
    pub yes_openers: Vec<String>,
    pub no_openers: Vec<String>,
    /// A yes that is only a nod when a no comes with it: `好的，不用了`.
    pub soft: Vec<String>,
    /// What makes a question of the words after a yes: `多少`.
    pub questions: Vec<String>,
    /// What takes an answer half back: `但是`.
    pub hedges: Vec<String>,
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

/// How callers say no to a request.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NegationMarks {
    /// What stands before an action that is not wanted: `不要`.
    pub not: Vec<String>,
    /// What may stand between the two: `给我`.
    pub links: Vec<String>,
    /// What makes a question of it: `为什么`.
    pub questions: Vec<String>,
    /// What makes a question at the end: `吗`.
    pub particles: Vec<String>,
    /// Names of concepts, or words: what can be done.
    pub actions: Vec<String>,
}

/// How callers put several requests into one sentence.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClauseMarks {
    /// What stands between two requests: `顺便`.
    pub joints: Vec<String>,
    /// What stands between two objects of one action: `和`.
    pub between_objects: Vec<String>,
    /// Names of concepts, or words: what can be done, and to what.
    pub actions: Vec<String>,
    pub objects: Vec<String>,
    /// What makes a piece the story behind a request and none itself: `谁给我` in 谁给我开的会员，给我退了.
    pub stories: Vec<String>,
}

/// What stands beside the name of a thing.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameMarks {
    /// What stands before the one that is wanted: `换成`.
    pub to: Vec<String>,
    /// What stands before one that is had and not wanted: `从`, `现在用的`.
    pub from: Vec<String>,
    /// What makes a number before it no name: `个G`.
    pub not_before: Vec<String>,
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
    pub answers: AnswerMarks,
    pub repair: RepairMarks,
    pub negation: NegationMarks,
    pub clauses: ClauseMarks,
    pub names: NameMarks,
    /// Places of the concepts that ask for nothing by themselves.
    pub not_enough: Vec<u16>,
    pub vague: Vec<VaguePhrases>,
}

impl Lexicon {
    /// All words of the concepts of these names; a name that no concept has is a word itself.
    pub fn words_of(&self, names: &[String]) -> Vec<String> {
        let words = |name: &String| match self.concepts.iter().find(|(concept, _)| concept == name) {
            Some((_, words)) => words.clone(),
            None => vec![name.clone()],
        };
        names.iter().flat_map(words).collect()
    }

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
        let sentences = |sources: &[String], most: usize| -> Result<Vec<String>, NluError> {
            let mut out = Vec::new();
            for source in sources {
                let template = Template::parse(source, &words).map_err(|reason| NluError::bad(&file, format!("`{source}`: {reason}")))?;
                out.extend(template.sentences(most));
            }
            Ok(out)
        };
        let not_enough = |name: &String| {
            let place = written.concepts.keys().position(|concept| concept == name).and_then(|place| u16::try_from(place).ok());
            place.ok_or_else(|| NluError::bad(&file, format!("not_enough: no concept is called `{name}`")))
        };
        let not_enough = written.not_enough.iter().map(not_enough).collect::<Result<_, _>>()?;
        let vague = |written: &WrittenVague| -> Result<VaguePhrases, NluError> {
            let named =
                |name: &String| Intent::from_name(name).ok_or_else(|| NluError::bad(&file, format!("no intent is called `{name}`")));
            Ok(VaguePhrases {
                phrases: sentences(&written.say, MOST_VAGUE)?,
                may_be: written.may_be.iter().map(named).collect::<Result<_, _>>()?,
            })
        };
        let vague = written.vague.iter().map(vague).collect::<Result<_, _>>()?;
        Ok(Lexicon {
            yes: sentences(&written.yes, MOST_ANSWERS)?,
            no: sentences(&written.no, MOST_ANSWERS)?,
            words,
            concepts: written.concepts.into_iter().collect(),
            fillers,
            openers: written.openers,
            closers: written.closers,
            answers: written.answers,
            repair: written.repair,
            negation: written.negation,
            clauses: written.clauses,
            names: written.names,
            not_enough,
            vague,
        })
    }
}
