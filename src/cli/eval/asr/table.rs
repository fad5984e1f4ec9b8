//! The figures of a measurement as a table and as JSON.

use super::Measured;
use crate::asr::score::Errors;
use crate::text::Lang;
use serde_json::{Value, json};

/// A line of the table.
struct Row {
    set: String,
    category: String,
    lang: Lang,
    condition: &'static str,
    clips: usize,
    text: Errors,
    pinyin: Errors,
    run_aways: usize,
    empty: usize,
    compute_ms: u64,
    confidence: f64,
}

impl Row {
    fn of(set: &str, category: &str, condition: &'static str, measured: &[&Measured<'_>]) -> Row {
        let mut row = Row {
            set: set.to_owned(),
            category: category.to_owned(),
            lang: measured.first().map_or(Lang::Zh, |one| one.recording.lang),
            condition,
            clips: measured.len(),
            text: Errors::default(),
            pinyin: Errors::default(),
            run_aways: 0,
            empty: 0,
            compute_ms: 0,
            confidence: 0.0,
        };
        for one in measured {
            row.text.add(one.score.text);
            row.pinyin.add(one.score.pinyin);
            row.run_aways += usize::from(one.score.ran_away);
            row.empty += usize::from(one.transcript.text.is_empty());
            row.compute_ms += u64::from(one.transcript.compute_ms);
            row.confidence += f64::from(one.transcript.confidence);
        }
        let results = measured.len() - row.empty;
        row.confidence /= results.max(1) as f64;
        row.compute_ms /= measured.len().max(1) as u64;
        row
    }
}

/// A row for each set, language and condition, and one for each category where there are several; in the order measured.
fn rows(measured: &[Measured<'_>]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (set, lang) in distinct(measured.iter().map(|one| (one.recording.set.as_str(), one.recording.lang))) {
        let of_set: Vec<&Measured<'_>> = measured.iter().filter(|one| one.recording.set == set && one.recording.lang == lang).collect();
        let mut categories = distinct(of_set.iter().map(|one| one.recording.category.as_str()));
        if categories.len() < 2 {
            categories.clear();
        }
        for condition in distinct(of_set.iter().map(|one| one.condition())) {
            for category in &categories {
                let wanted = |one: &&Measured<'_>| one.condition() == condition && one.recording.category == *category;
                rows.push(Row::of(set, category, condition, &of_set.iter().copied().filter(wanted).collect::<Vec<_>>()));
            }
            let wanted = |one: &&Measured<'_>| one.condition() == condition;
            rows.push(Row::of(set, "all", condition, &of_set.iter().copied().filter(wanted).collect::<Vec<_>>()));
        }
    }
    rows
}

fn distinct<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for value in values {
        if !found.contains(&value) {
            found.push(value);
        }
    }
    found
}

/// A Markdown table, ready for a page.
pub fn print(measured: &[Measured<'_>]) {
    println!("| set | category | lang | condition | clips | CER, WER | pinyin | run-aways | empty | CPU ms | confidence |");
    println!("| --- | --- | --- | --- | --: | --: | --: | --: | --: | --: | --: |");
    for row in rows(measured) {
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {:.2} |",
            row.set,
            row.category,
            row.lang,
            row.condition,
            row.clips,
            rate(row.text),
            rate(row.pinyin),
            row.run_aways,
            row.empty,
            row.compute_ms,
            row.confidence
        );
    }
}

fn rate(errors: Errors) -> String {
    errors.rate().map_or_else(|| "–".to_owned(), |rate| format!("{rate:.3}"))
}

pub fn as_json(measured: &[Measured<'_>]) -> Value {
    let rows: Vec<Value> = rows(measured)
        .iter()
        .map(|row| {
            json!({
                "set": row.set, "category": row.category, "lang": row.lang, "condition": row.condition, "clips": row.clips,
                "error": row.text.rate(), "pinyin_error": row.pinyin.rate(), "run_aways": row.run_aways, "empty": row.empty,
                "compute_ms": row.compute_ms, "confidence": row.confidence,
            })
        })
        .collect();
    let clips: Vec<Value> = measured
        .iter()
        .map(|one| {
            json!({
                "file": one.recording.file.display().to_string(), "set": one.recording.set, "category": one.recording.category,
                "condition": one.condition(), "said": one.recording.said, "heard": one.transcript.text,
                "wrong": one.score.text.wrong, "of": one.score.text.of,
                "pinyin_wrong": one.score.pinyin.wrong, "pinyin_of": one.score.pinyin.of, "ran_away": one.score.ran_away,
                "confidence": one.transcript.confidence, "no_speech": one.transcript.no_speech,
                "compute_ms": one.transcript.compute_ms, "withheld": one.transcript.withheld.as_ref().map(|reason| reason.name()),
                "withheld_text": one.transcript.withheld.as_ref().map(|reason| reason.text()),
            })
        })
        .collect();
    json!({"rows": rows, "clips": clips})
}
