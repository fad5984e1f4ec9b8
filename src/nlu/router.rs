//! Decides what an utterance means: what was asked, then phrases understood everywhere, then the classifier, then the knowledge base,
//! else reject.
//!
//! The asked question's grammar is tried on characters; an answer that it does not take whole is looked for by the parsers of
//! values; what is neither that nor a clear request is tried on sound. An answer to the asked question wins when it is the whole utterance. When it stands among other words, a clear request in
//! those words comes through with it, so that a caller may change the subject, or correct, in the middle of a question.

use super::controls::{Control, Controls};
use super::language::Language;
use super::slots::{Kind, Utterance};
use super::thresholds;
use super::wording::Wording;
use super::{Candidates, Decision, Expectation, Intent, Knowledge, NluError, RejectReason, Source, Understood, phrases};
use crate::grammar::{Library, Parse};
use crate::text::{Lang, Record, Value};
use jiff::civil::Date;
use std::path::Path;
use std::sync::Arc;

/// Confidence in a value that its parser read from the asked question's answer.
const READ: f32 = 0.95;
/// The same when it stood among other words.
const READ_WITHIN: f32 = 0.85;
/// A match on sound below this is no match; below the next it is asked about.
const SOUNDS_ALIKE: f32 = 0.7;
const SOUNDS_THE_SAME: f32 = 0.82;
/// How many guesses are handed on.
const ALTERNATIVES: usize = 3;

/// What reached us of an utterance.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    pub text: &'a str,
    /// The recogniser's confidence, 0.0..=1.0; `None` for typed text.
    pub hearing_confidence: Option<f32>,
}

/// Understands utterances in both languages.
#[derive(Debug)]
pub struct Router {
    zh: Language,
    en: Language,
    controls: Controls,
    grammars: Arc<Library>,
    knowledge: Knowledge,
}

/// The answer to what was asked.
struct Answered {
    value: Value,
    confidence: f32,
    by_sound: bool,
    /// What else was said, when it may matter.
    rest: Option<Wording>,
}

impl Router {
    /// Reads `flows/intents/` and `grammars/` under `data_dir` and trains the classifiers; takes about a second.
    pub fn load(data_dir: &Path) -> Result<Router, NluError> {
        let folder = data_dir.join("grammars");
        let grammars = Library::load(&folder).map_err(|error| NluError::Grammar(error.to_string()))?;
        Router::with(data_dir, Arc::new(grammars))
    }

    /// The same with grammars that are loaded already.
    pub fn with(data_dir: &Path, grammars: Arc<Library>) -> Result<Router, NluError> {
        let intents = data_dir.join("flows").join("intents");
        let load = |lang| Language::load(&intents, lang, Arc::clone(&grammars));
        std::thread::scope(|scope| {
            let en = scope.spawn(|| load(Lang::En));
            let zh = load(Lang::Zh)?;
            let en = en.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            let knowledge = Knowledge::with(&data_dir.join("flows"), &zh.lexicon.concepts, &en.lexicon.concepts)?;
            let controls = Controls::load(&intents, &zh.lexicon.fillers, &en.lexicon.fillers)?;
            Ok(Router { zh, en, controls, grammars: Arc::clone(&grammars), knowledge })
        })
    }

    /// Understands typed text; see [`Router::understand_heard`].
    pub fn understand(&self, text: &str, lang: Lang, expectation: &Expectation, today: Date) -> Understood {
        self.understand_heard(Heard { text, hearing_confidence: None }, lang, expectation, today)
    }

    /// Understands what was heard. `today` is the operator's local day, to which months and days are relative.
    pub fn understand_heard(&self, heard: Heard<'_>, lang: Lang, expectation: &Expectation, today: Date) -> Understood {
        let language = self.language(lang);
        let wording = Wording::new(heard.text);
        if wording.is_empty() {
            return Understood { reason: Some(RejectReason::Empty), ..nothing(heard.text) };
        }
        let control = self.controls.whole(&wording, lang);
        if let Some((control, confidence)) = control.filter(|(control, _)| *control != Control::StopCalls) {
            let (decision, source) = (Decision::Accept, Source::Global);
            return Understood { control: Some(control), confidence, decision, source, ..nothing(heard.text) };
        }
        let slots = language.slots(heard.text, &wording, today);
        let understood = match self.answered(&heard, &wording, language, expectation, today) {
            Some(answered) => language.with_answer(&heard, answered, expectation, slots),
            None => self.or_knowledge(language.freely(&heard, &wording, slots, today), &heard, &wording, lang, today),
        };
        let control = control.map(|(control, _)| control);
        Understood { corrects: language.takes_back(heard.text, &wording), control, ..understood }
    }

    /// Whether `text` is a word with which people show that they listen: 嗯, uh huh.
    pub fn is_nod(&self, text: &str, lang: Lang) -> bool {
        self.language(lang).yes_no.is_nod(&Wording::new(text))
    }

    /// Whether nothing was said but that a person is wanted, heard well and in its very characters: whatever follows is for that person.
    pub fn wants_a_person(&self, heard: Heard<'_>, lang: Lang) -> bool {
        let said = self.language(lang).global.literally(&Wording::new(heard.text), phrases::weightier);
        said == Some(Intent::TransferAgent) && thresholds::hearing(heard.hearing_confidence) == Decision::Accept
    }

    /// The knowledge base, for whoever looks something up without a call.
    pub fn knowledge(&self) -> &Knowledge {
        &self.knowledge
    }

    /// What no job does may be a question that we hold an answer to. A job that was surely asked for goes before; so does one that may
    /// have been meant, unless the answer is sure.
    fn or_knowledge(&self, understood: Understood, heard: &Heard<'_>, wording: &Wording, lang: Lang, today: Date) -> Understood {
        let asks = understood.intent == Some(Intent::Faq);
        let heard_well = thresholds::hearing(heard.hearing_confidence);
        let is_vague = understood.reason == Some(RejectReason::Vague);
        if is_vague
            || understood.source == Source::Global
            || heard_well == Decision::Reject
            || (understood.decision == Decision::Accept && !asks)
        {
            return understood;
        }
        let other = jobs(&understood);
        let Some((hit, decision)) = self.knowledge.best(wording, lang, today, other) else { return understood };
        let sure = decision == Decision::Accept && heard_well == Decision::Accept;
        let may_be_other = understood.decision == Decision::Confirm || understood.reason == Some(RejectReason::OutOfScope);
        if !sure && may_be_other && !asks {
            return understood;
        }
        let wordings = hit.entry.wordings(lang);
        let mut slots = understood.slots;
        for (name, text) in [("entry", &hit.entry.id), ("question", &wordings.question), ("answer", &wordings.answer)] {
            slots.insert(name.to_owned(), Value::Text(text.clone()));
        }
        slots.insert("advice".to_owned(), Value::Flag(hit.entry.advice));
        Understood {
            intent: Some(Intent::Faq),
            confidence: hit.confidence,
            decision: if sure { Decision::Accept } else { Decision::Confirm },
            slots,
            source: Source::Knowledge,
            alternatives: Vec::new(),
            ..nothing(heard.text)
        }
    }

    fn language(&self, lang: Lang) -> &Language {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }

    fn answered(
        &self,
        heard: &Heard<'_>,
        wording: &Wording,
        language: &Language,
        expectation: &Expectation,
        today: Date,
    ) -> Option<Answered> {
        let name = expectation.grammar.as_deref()?;
        let kind = Kind::of_grammar(name);
        let whole = |parse: Parse, by_sound: bool| {
            let value = meaning(&parse, name, kind, language.lang, today)?;
            Some(Answered { value, confidence: parse.score * READ, by_sound, rest: None })
        };
        let grammar = self.grammars.get(language.lang, name);
        if let Some(answered) = grammar.and_then(|grammar| grammar.parse(heard.text, 1).pop()).and_then(|parse| whole(parse, false)) {
            return Some(answered);
        }
        if name == YES_NO
            && let Some(answered) = language.plain_yes_or_no(wording)
        {
            return Some(answered);
        }
        if language.global.whole(wording, phrases::weightier).is_some_and(|(intent, _)| universal(intent)) {
            return None;
        }
        let among = match kind {
            _ if name == YES_NO => language.beginning_yes_or_no(heard.text),
            Some(kind) => language.value_among_words(heard, wording, kind, today),
            None => None,
        };
        if among.is_some() || language.clear_request(wording, heard.hearing_confidence).is_some() {
            return among;
        }
        let by_sound = grammar.and_then(|grammar| grammar.parse_by_sound(heard.text, 1).pop());
        let least = if name == YES_NO { SOUNDS_THE_SAME } else { SOUNDS_ALIKE };
        by_sound.filter(|parse| parse.score >= least).and_then(|parse| whole(parse, true))
    }
}

/// The grammar whose answers are yes or no.
const YES_NO: &str = "yes_no";

/// What a grammar's match means: its canonical words read by the parser of its kind; for grammars of no kind of value the
/// tags, or the words themselves.
fn meaning(parse: &Parse, grammar: &str, kind: Option<Kind>, lang: Lang, today: Date) -> Option<Value> {
    if grammar == YES_NO {
        return match parse.tags.last()?.as_str() {
            "yes" => Some(Value::Flag(true)),
            "no" => Some(Value::Flag(false)),
            _ => None,
        };
    }
    match kind {
        Some(kind) => Utterance::new(&parse.canonical, lang, today).asked(kind).map(|(value, _)| value),
        None if parse.tags.is_empty() => Some(Value::Text(parse.canonical.clone())),
        None => Some(Value::Text(parse.tags.join(" "))),
    }
}

impl Language {
    fn plain_yes_or_no(&self, wording: &Wording) -> Option<Answered> {
        let (yes, confidence) = self.yes_no.whole(wording)?;
        Some(Answered { value: Value::Flag(yes), confidence, by_sound: false, rest: None })
    }

    fn beginning_yes_or_no(&self, text: &str) -> Option<Answered> {
        let beginning = self.yes_no.beginning(text)?;
        Some(Answered { value: Value::Flag(beginning.yes), confidence: READ_WITHIN, by_sound: false, rest: Some(beginning.rest) })
    }

    fn value_among_words(&self, heard: &Heard<'_>, wording: &Wording, kind: Kind, today: Date) -> Option<Answered> {
        let read = |text| Utterance::new(text, self.lang, today).asked(kind);
        let meant = self.classifier.corrected(wording).map(|meant| meant.text());
        let corrected = meant.as_deref().and_then(read).map(|(value, _)| (value, false));
        let (value, alone) = corrected.or_else(|| read(heard.text))?;
        let (confidence, rest) = if alone { (READ, None) } else { (READ_WITHIN, Some(wording.clone())) };
        Some(Answered { value, confidence, by_sound: false, rest })
    }

    /// The asked question was answered; a clear request in the rest comes with the answer.
    fn with_answer(&self, heard: &Heard<'_>, answered: Answered, expectation: &Expectation, mut slots: Record) -> Understood {
        let answer = match answered.value {
            Value::Flag(true) => Some(Intent::Affirm),
            Value::Flag(false) => Some(Intent::Deny),
            _ => None,
        };
        let request = answered.rest.as_ref().and_then(|rest| self.clear_request(rest, heard.hearing_confidence));
        if let Some(slot) = &expectation.slot {
            slots.insert(slot.clone(), answered.value);
        }
        let intent = request.map(|(intent, _)| intent).or(answer);
        let alternatives = request.into_iter().collect();
        Understood {
            intent,
            confidence: answered.confidence,
            decision: if answered.confidence >= SOUNDS_THE_SAME * READ { Decision::Accept } else { Decision::Confirm },
            source: Source::Grammar,
            by_sound: answered.by_sound,
            slots,
            alternatives,
            ..nothing(heard.text)
        }
    }

    /// A request that the classifier or the phrases are sure of.
    fn clear_request(&self, wording: &Wording, hearing_confidence: Option<f32>) -> Option<(Intent, f32)> {
        if let Some((intent, confidence)) = self.global.whole(wording, phrases::weightier) {
            return universal(intent).then_some((intent, confidence));
        }
        let ranked = self.classifier.classify(wording, 1.0);
        let &(intent, confidence) = ranked.first()?;
        let sure = self.classifier.thresholds.decide(&ranked, hearing_confidence).0 == Decision::Accept;
        (sure && !intent.answers()).then_some((intent, confidence))
    }

    /// Two or more clear requests in one sentence: the first, and the others after it.
    fn several(&self, heard: &Heard<'_>, wording: &Wording, today: Date) -> Option<Understood> {
        let clauses = self.clauses.of(heard.text);
        if clauses.is_empty() || self.classifier.corrected(wording).is_some() {
            return None;
        }
        let mut requests: Vec<(Intent, f32, Record)> = Vec::new();
        for clause in clauses.iter().filter(|clause| clause.joined || self.clauses.acts(&clause.text)) {
            let wording = Wording::new(&clause.text);
            let Some((intent, confidence)) = self.clear_request(&wording, heard.hearing_confidence) else { continue };
            if intent.steers() || requests.iter().any(|(before, _, _)| *before == intent) {
                continue;
            }
            requests.push((intent, confidence, self.slots(&clause.text, &wording, today)));
        }
        let mut requests = requests.into_iter();
        let (intent, confidence, slots) = requests.next()?;
        let also: Vec<(Intent, Record)> = requests.map(|(intent, _, slots)| (intent, slots)).collect();
        let (decision, source) = (Decision::Accept, Source::Classifier);
        (!also.is_empty()).then(|| Understood { intent: Some(intent), confidence, decision, slots, source, also, ..nothing(heard.text) })
    }

    /// What is plain in an utterance that is not understood otherwise: a hello at its beginning, thanks or a farewell at its end.
    fn courtesy(&self, wording: &Wording) -> Option<Intent> {
        let end = self.global.end(wording, phrases::weightier).filter(|intent| matches!(intent, Intent::Thanks | Intent::Goodbye));
        end.or_else(|| self.global.beginning(wording).map(|(intent, _)| intent).filter(|intent| *intent == Intent::Greeting))
    }

    /// Nothing was asked, or it was not answered.
    fn freely(&self, heard: &Heard<'_>, wording: &Wording, slots: Record, today: Date) -> Understood {
        if let Some((intent, confidence)) = self.global.whole(wording, phrases::weightier) {
            let (decision, reason) = match intent {
                Intent::OutOfScope => (Decision::Reject, Some(RejectReason::OutOfScope)),
                _ => (Decision::Accept, None),
            };
            return Understood { intent: Some(intent), confidence, decision, reason, slots, source: Source::Global, ..nothing(heard.text) };
        }
        if let Some(candidates) = self.vague.candidates(wording) {
            let share = 1.0 / candidates.len().max(1) as f32;
            let alternatives = candidates.iter().map(|&intent| (intent, share)).collect();
            return Understood { reason: Some(RejectReason::Vague), alternatives, slots, ..nothing(heard.text) };
        }
        if let Some(several) = self.several(heard, wording, today) {
            return several;
        }
        let thresholds = &self.classifier.thresholds;
        let mut ranked = self.classifier.classify(wording, 1.0);
        let (mut decision, mut reason) = thresholds.decide(&ranked, heard.hearing_confidence);
        if decision == Decision::Reject
            && let Some(confidence) = heard.hearing_confidence
        {
            let mut misheard = self.classifier.classify(wording, confidence);
            if thresholds.worth_asking(&misheard, heard.hearing_confidence) {
                misheard.retain(|(intent, _)| *intent != Intent::OutOfScope);
                (ranked, decision, reason) = (misheard, Decision::Confirm, None);
            }
        }
        if decision == Decision::Reject
            && let Some(intent) = self.courtesy(wording)
        {
            let (decision, source) = (Decision::Confirm, Source::Global);
            return Understood { intent: Some(intent), confidence: READ_WITHIN, decision, slots, source, ..nothing(heard.text) };
        }
        let source = if decision == Decision::Reject { Source::Nothing } else { Source::Classifier };
        let mut guesses = ranked.into_iter();
        let (intent, confidence) = guesses.next().unzip();
        Understood {
            intent,
            confidence: confidence.unwrap_or(0.0),
            decision,
            reason,
            slots,
            source,
            alternatives: guesses.take(ALTERNATIVES).collect(),
            ..nothing(heard.text)
        }
    }
}

/// What a caller may say in the middle of any question, whatever the question.
fn universal(intent: Intent) -> bool {
    !intent.answers()
}

/// The probability of the likeliest job of ours among the guesses.
fn jobs(understood: &Understood) -> f32 {
    let best = understood.intent.map(|intent| (intent, understood.confidence));
    let guesses = best.into_iter().chain(understood.alternatives.iter().copied());
    let jobs = guesses.filter(|(intent, _)| !intent.answers() && !intent.steers() && *intent != Intent::Faq);
    jobs.map(|(_, probability)| probability).fold(0.0, f32::max)
}

fn nothing(text: &str) -> Understood {
    Understood {
        text: text.to_owned(),
        intent: None,
        confidence: 0.0,
        decision: Decision::Reject,
        slots: Record::new(),
        source: Source::Nothing,
        alternatives: Vec::new(),
        reason: None,
        also: Vec::new(),
        control: None,
        corrects: false,
        by_sound: false,
        candidates: Candidates::default(),
    }
}

#[cfg(test)]
mod tests;
