//! The project's own entries, searched with questions that do not stand among their wordings: `tests/knowledge/`.

use super::*;
use crate::models::data_dir;
use jiff::civil::date;
use std::sync::LazyLock;

static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| Knowledge::load(&data_dir().join("flows")).expect("the project's own entries"));

/// A day on which every entry holds.
const DAY: Date = date(2026, 12, 25);

fn held_out(name: &str) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(data_dir().join("tests/knowledge").join(name)).expect("held-out questions");
    text.lines().skip(1).filter_map(|line| line.split_once('\t')).map(|(question, id)| (question.to_owned(), id.to_owned())).collect()
}

/// The share of the answerable questions whose entry comes first, and of the others for which nothing is said at once.
fn figures(name: &str, lang: Lang) -> (f32, f32) {
    let (answerable, foreign): (Vec<_>, Vec<_>) = held_out(name).into_iter().partition(|(_, id)| !id.is_empty());
    assert!(answerable.len() > 40, "{name} has {} questions", answerable.len());
    let first = |question: &str| KNOWLEDGE.search(question, lang, DAY, 1).first().map(|hit| hit.entry.id.clone());
    let found = answerable.iter().filter(|(question, id)| first(question).as_ref() == Some(id)).count();
    let said = |question: &str| matches!(KNOWLEDGE.best(&Wording::new(question), lang, DAY, 0.0), Some((_, Decision::Accept)));
    let silent = foreign.iter().filter(|(question, _)| !said(question)).count();
    (found as f32 / answerable.len() as f32, silent as f32 / foreign.len().max(1) as f32)
}

#[test]
fn there_are_entries_for_everything_that_callers_ask() {
    assert!(KNOWLEDGE.entries().len() >= 90, "{} entries", KNOWLEDGE.entries().len());
    let topics =
        ["plans", "billing", "data", "broadband", "roaming", "sim", "accounts", "invoices", "numbers", "complaints", "halls", "safety"];
    for topic in topics {
        assert!(KNOWLEDGE.entries().iter().any(|entry| entry.tags.iter().any(|tag| tag == topic)), "nothing about {topic}");
    }
}

#[test]
fn held_out_questions_find_their_entries() {
    let (found, silent) = figures("zh.tsv", Lang::Zh);
    assert!(found >= 0.78 && silent >= 0.9, "found {found}, silent {silent}");
    let (found, silent) = figures("en.tsv", Lang::En);
    assert!(found >= 0.7 && silent >= 0.9, "found {found}, silent {silent}");
}

#[test]
fn misheard_questions_find_their_entries() {
    let (found, _) = figures("zh_misheard.tsv", Lang::Zh);
    assert!(found >= 0.95, "found {found}");
}

#[test]
fn no_held_out_question_stands_among_the_wordings() {
    for (name, lang) in [("zh.tsv", Lang::Zh), ("zh_misheard.tsv", Lang::Zh), ("en.tsv", Lang::En)] {
        for (question, id) in held_out(name) {
            let asked = Wording::new(&question).plain;
            let same = KNOWLEDGE.entries().iter().find(|entry| {
                let wordings = entry.wordings(lang);
                [&wordings.question].into_iter().chain(&wordings.variants).any(|wording| Wording::new(wording).plain == asked)
            });
            assert!(same.is_none(), "{name}: {question} ({id})");
        }
    }
}

#[test]
fn an_entry_s_own_words_find_it_surely() {
    for lang in [Lang::Zh, Lang::En] {
        let wordings = |entry: &Entry| entry.wordings(lang).variants.clone();
        let all: Vec<(String, String)> =
            KNOWLEDGE.entries().iter().flat_map(|entry| wordings(entry).into_iter().map(|wording| (wording, entry.id.clone()))).collect();
        let first = |question: &str| KNOWLEDGE.search(question, lang, DAY, 1).first().map(|hit| hit.entry.id.clone());
        let found = all.iter().filter(|(question, id)| first(question).as_ref() == Some(id)).count();
        assert!(found * 100 >= all.len() * 97, "{lang}: {found} of {}", all.len());
    }
}

#[test]
fn an_entry_is_found_in_its_time_only() {
    let found = |day: Date| {
        let hits = KNOWLEDGE.search("春节充话费有没有送", Lang::Zh, day, 3);
        hits.iter().any(|hit| hit.entry.id == "offers_new_year")
    };
    assert!(!found(date(2026, 12, 19)));
    assert!(found(date(2026, 12, 20)));
    assert!(found(date(2027, 3, 5)));
    assert!(!found(date(2027, 3, 6)));
}

#[test]
fn anything_may_be_asked() {
    for question in ["", "？！", "a", "卐", &"流量".repeat(10_000)] {
        for hit in KNOWLEDGE.search(question, Lang::Zh, DAY, 5) {
            assert!((0.0..=1.0).contains(&hit.score) && (0.0..=1.0).contains(&hit.confidence), "{question}: {hit:?}");
        }
    }
    assert!(KNOWLEDGE.search("流量", Lang::Zh, DAY, 0).is_empty());
}

#[test]
fn certainty_learns_what_is_right() {
    let trial = |score: f32, right: bool| {
        (Evidence { lead: score / 2.0, rival: score / 2.0, known: 0.5, nearest: score, common: 10.0 * score }, right)
    };
    let trials: Vec<_> = (0..40).map(|n| trial(n as f32 / 40.0, n >= 20)).collect();
    let certainty = Certainty::learn(&trials);
    let decide = |score: f32| certainty.decide(certainty.confidence(trial(score, true).0));
    assert_eq!(decide(0.95), Decision::Accept);
    assert_eq!(decide(0.05), Decision::Reject);
    assert!(certainty.confirm <= certainty.accept);
}
