//! How prompts have to sound: the rules that a machine can check.
//!
//! A question stands last; a sentence that asks is short enough to be answered; nobody is shouted at, flattered or
//! called 你.

use super::Checker;
use crate::dialog::raw::Text;
use crate::text::Lang;
use crate::text::ssml::{self, SsmlError};

/// Mandarin syllables, or English words, in a sentence that the caller answers.
const LONGEST_SENTENCE: usize = 20;
/// The same in one line of a menu ("for balance press one").
const LONGEST_MENU_LINE: usize = 12;
/// What a variable counts for: 一百二十八块五 is longer, 九月份 shorter.
const VARIABLE: usize = 4;

const FORBIDDEN: &[&str] = &["亲", "你", "！", "!"];
const ONCE: &[&[&str]] = &[&["谢"], &["抱歉", "对不起", "不好意思"], &["thank"], &["sorry", "apolog"]];
const MENU_WORDS: &[&str] = &["请按", "press"];

/// Rules for every wording.
pub(super) fn check(checker: &mut Checker<'_>, lang: Lang, wording: &Text) {
    if let Err(reason) = checker.prompts.variables_of(&wording.value) {
        checker.fault(wording.place, reason);
    }
    let plain = match without_markup(without_templates(&wording.value)) {
        Ok(plain) => plain,
        Err(reason) => return checker.fault(wording.place, format!("markup: {reason}")),
    };
    for reason in faults(lang, &plain) {
        checker.fault(wording.place, reason);
    }
}

/// What is wrong with a text that is said as it stands.
pub(super) fn faults(lang: Lang, plain: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if plain.trim().is_empty() {
        faults.push("nothing is said".to_owned());
    }
    faults.extend(FORBIDDEN.iter().filter(|word| plain.contains(**word)).map(|word| format!("`{word}` is never said")));
    let lower = plain.to_lowercase();
    for words in ONCE {
        if words.iter().map(|word| lower.matches(word).count()).sum::<usize>() > 1 {
            faults.push(format!("thanks and apologies are said once: {}", words.join(", ")));
        }
    }
    let body = plain.trim_end().trim_end_matches(['？', '?']);
    if body.contains(['？', '?']) {
        faults.push("a question stands before the end".to_owned());
    }
    if lang == Lang::En && plain.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) {
        faults.push("Chinese text among the English".to_owned());
    }
    faults
}

/// Why a wording cannot be asked, if so.
pub(super) fn too_long(lang: Lang, wording: &str) -> Option<String> {
    let plain = without_markup(without_templates(wording)).unwrap_or_default();
    let (unit, count): (&str, fn(&str) -> usize) = match lang {
        Lang::Zh => ("syllables", syllables),
        Lang::En => ("words", words),
    };
    for sentence in plain.split(['。', '？', '；', '.', '?', ';']) {
        if MENU_WORDS.iter().any(|word| sentence.to_lowercase().contains(word)) {
            let longest = sentence.split(['，', ',']).map(count).max().unwrap_or(0);
            if longest > LONGEST_MENU_LINE {
                return Some(format!("a menu line of {longest} {unit}; {LONGEST_MENU_LINE} at most"));
            }
        } else if count(sentence) > LONGEST_SENTENCE {
            return Some(format!("a sentence of {} {unit} before the caller may speak; {LONGEST_SENTENCE} at most", count(sentence)));
        }
    }
    None
}

/// The words of SSML; its faults are told with their place in the wording.
fn without_markup(wording: String) -> Result<String, SsmlError> {
    if ssml::is_markup(&wording) { ssml::parse(&wording).map(|document| document.plain()) } else { Ok(wording) }
}

pub(super) fn syllables(text: &str) -> usize {
    let characters = text.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).count();
    let latin = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).count();
    characters + latin + text.matches(MARK).count() * VARIABLE
}

pub(super) fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// Stands for a variable.
const MARK: char = '\u{fffc}';

/// The text without its template tags; each variable becomes one mark.
fn without_templates(wording: &str) -> String {
    let mut plain = String::new();
    let mut rest = wording;
    while let Some(before) = rest.find("{").and_then(|at| rest.get(..at)) {
        plain.push_str(before);
        let tag = rest.strip_prefix(before).unwrap_or_default();
        let (end, replacement) = if tag.starts_with("{{") {
            ("}}", Some(MARK))
        } else if tag.starts_with("{%") {
            ("%}", None)
        } else {
            plain.push('{');
            rest = tag.strip_prefix('{').unwrap_or_default();
            continue;
        };
        plain.extend(replacement);
        rest = tag.split_once(end).map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}
