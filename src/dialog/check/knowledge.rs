//! How answers have to sound: they are heard once, so they are short, say the main fact first, and ask nothing.

use super::speech;
use crate::nlu::knowledge::{RawKnowledge, parse};
use crate::text::Lang;
use crate::text::located::{Fault, Located, read_yaml};

/// Sentences of an answer.
const MOST_SENTENCES: usize = 2;
/// Mandarin syllables or English words of an answer.
const LONGEST_ANSWER: (usize, usize) = (60, 40);
/// The same of a question as it stands inside "您是问…，对吗？"
const LONGEST_QUESTION: (usize, usize) = (16, 12);

/// Every fault of the entries in these files, each its name and text, in order of file and place.
pub fn check(sources: &[(String, String)]) -> Vec<Fault> {
    let mut faults = parse(sources).err().unwrap_or_default();
    for (file, text) in sources {
        let Ok(raw) = read_yaml::<RawKnowledge>(file, text) else { continue };
        for entry in &raw.entries {
            for (lang, wordings) in entry.value.wordings() {
                let mut fault = |at: &Located<String>, reason: String| faults.push(Fault { file: file.clone(), place: at.place, reason });
                answer(lang, &wordings.answer.value).into_iter().for_each(|reason| fault(&wordings.answer, reason));
                question(lang, &wordings.question.value).into_iter().for_each(|reason| fault(&wordings.question, reason));
                for wording in wordings.variants.iter().filter(|wording| lang == Lang::En && !wording.value.is_ascii()) {
                    fault(wording, "write English variants in plain ASCII".to_owned());
                }
            }
        }
    }
    faults.sort();
    faults
}

fn answer(lang: Lang, text: &str) -> Vec<String> {
    let mut faults = speech::faults(lang, text);
    let sentences = sentences(lang, text);
    if sentences > MOST_SENTENCES {
        faults.push(format!("an answer of {sentences} sentences; {MOST_SENTENCES} at most"));
    }
    faults.extend(too_long(lang, text, LONGEST_ANSWER).map(|long| format!("an answer of {long}")));
    if text.trim_end().ends_with(['？', '?']) {
        faults.push("an answer asks nothing".to_owned());
    } else if !text.trim_end().ends_with(['。', '.']) {
        faults.push("an answer ends with a full stop".to_owned());
    }
    faults
}

fn question(lang: Lang, text: &str) -> Vec<String> {
    let mut faults = speech::faults(lang, text);
    faults.extend(too_long(lang, text, LONGEST_QUESTION).map(|long| format!("a question of {long}")));
    if text.contains(['？', '?', '。', '，', ',']) || text.ends_with('.') {
        faults.push("a question stands inside a sentence: without punctuation".to_owned());
    }
    faults
}

/// A full stop between digits is a decimal point.
fn sentences(lang: Lang, text: &str) -> usize {
    let ends = match lang {
        Lang::Zh => text.split(['。', '？', '；']).filter(|part| !part.trim().is_empty()).count(),
        Lang::En => text.split(". ").filter(|part| !part.trim().is_empty()).count(),
    };
    ends.max(1)
}

fn too_long(lang: Lang, text: &str, (zh, en): (usize, usize)) -> Option<String> {
    let (unit, count, most) = match lang {
        Lang::Zh => ("syllables", speech::syllables(text), zh),
        Lang::En => ("words", speech::words(text), en),
    };
    (count > most).then(|| format!("{count} {unit}; {most} at most"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "entries:
  - id: bill_day
    tags: [billing]
    zh:
      question: 账单哪天出
      variants: [几号出账单, 账单什么时候出来]
      answer: 每个月三号出账单。
    en:
      question: when bills come out
      variants: [when is my bill, what day is my bill out]
      answer: The bill comes out on the third.
";

    #[track_caller]
    fn faults(text: &str) -> Vec<String> {
        check(&[("billing.yaml".to_owned(), text.to_owned())]).iter().map(Fault::to_string).collect()
    }

    /// One change makes one fault, at its line and column.
    #[track_caller]
    fn refused(from: &str, to: &str, expected: &str) {
        assert!(GOOD.contains(from), "{from}");
        assert_eq!(faults(&GOOD.replace(from, to)), [format!("billing.yaml:{expected}")]);
    }

    #[test]
    fn a_whole_entry_has_none() {
        assert_eq!(faults(GOOD), [""; 0]);
    }

    #[test]
    fn every_fault_has_its_place() {
        refused("每个月三号出账单。", "你每个月三号看。", "7:15: `你` is never said");
        refused("每个月三号出账单。", "三号出。很准。不变。", "7:15: an answer of 3 sentences; 2 at most");
        refused("每个月三号出账单。", "要查账单吗？", "7:15: an answer asks nothing");
        refused("每个月三号出账单。", "每个月三号出账单", "7:15: an answer ends with a full stop");
        refused("账单哪天出", "账单哪天出？", "5:17: a question stands inside a sentence: without punctuation");
        refused("[几号出账单, 账单什么时候出来]", "[几号出账单]", "5:17: `bill_day` has 1 variants in `zh`: write 2 or more");
        refused("账单什么时候出来", "账单哪天出", "6:25: the same is written twice");
        refused("tags: [billing]", "tags: [billing]\n    from: 2026-13-01", "4:11: `2026-13-01` is no day: write 2026-11-22");
        refused("tags: [billing]", "tags: []", "2:9: `bill_day` has no tags: what is it about?");
        refused("id: bill_day", "id: Bill-Day", "2:9: the id `Bill-Day` has other characters than small letters, digits and _");
        refused(
            "tags: [billing]",
            "tags: [billing]\n    from: 2026-12-01\n    to: 2026-11-01",
            "5:9: it ends on 2026-11-01, before it begins on 2026-12-01",
        );
        let long = "三".repeat(61) + "。";
        refused("每个月三号出账单。", &long, "7:15: an answer of 61 syllables; 60 at most");
    }

    #[test]
    fn entries_do_not_meet() {
        let twice = format!("{GOOD}{}", GOOD.replace("entries:\n", ""));
        let found = faults(&twice);
        assert!(found.contains(&"billing.yaml:12:9: the id `bill_day` stands already at billing.yaml:2".to_owned()), "{found:?}");
        let other = GOOD.replace("entries:\n", "").replace("id: bill_day", "id: other");
        let found = faults(&format!("{GOOD}{other}"));
        assert!(found.contains(&"billing.yaml:15:17: `bill_day` is asked with the same words".to_owned()), "{found:?}");
    }

    #[test]
    fn what_is_no_entry_is_named() {
        assert_eq!(faults("entries:\n  - id: x\n    colour: red\n").len(), 1);
    }
}
