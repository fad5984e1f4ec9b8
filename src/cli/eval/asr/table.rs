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
    condition: String,
    clips: usize,
    passes: Vec<Figures>,
    empty: usize,
    confidence: f64,
}

/// What one pass came to.
struct Figures {
    pass: &'static str,
    text: Errors,
    pinyin: Errors,
    run_aways: usize,
    compute_ms: u64,
}

impl Figures {
    /// Of the passes at place `index`.
    fn of(index: usize, measured: &[&Measured<'_>]) -> Option<Figures> {
        let (pass, _) = measured.first()?.passes().nth(index)?;
        let mut figures = Figures { pass, text: Errors::default(), pinyin: Errors::default(), run_aways: 0, compute_ms: 0 };
        for one in measured {
            let (_, pass) = one.passes().nth(index)?;
            figures.text.add(pass.score.text);
            figures.pinyin.add(pass.score.pinyin);
            figures.run_aways += usize::from(pass.score.ran_away);
            figures.compute_ms += u64::from(pass.compute_ms);
        }
        figures.compute_ms /= measured.len() as u64;
        Some(figures)
    }
}

impl Row {
    fn of(set: &str, category: &str, condition: &str, measured: &[&Measured<'_>]) -> Row {
        let empty = measured.iter().filter(|one| one.transcript.text.is_empty()).count();
        let confidence: f64 = measured.iter().map(|one| f64::from(one.transcript.confidence)).sum();
        Row {
            set: set.to_owned(),
            category: category.to_owned(),
            lang: measured.first().map_or(Lang::Zh, |one| one.recording.lang),
            condition: condition.to_owned(),
            clips: measured.len(),
            passes: (0..).map_while(|index| Figures::of(index, measured)).collect(),
            empty,
            confidence: confidence / (measured.len() - empty).max(1) as f64,
        }
    }

    /// A figure of each pass, or the one that all have.
    fn each(&self, figure: impl Fn(&Figures) -> String) -> String {
        let mut figures: Vec<String> = self.passes.iter().map(figure).collect();
        if figures.iter().all(|figure| Some(figure) == figures.first()) {
            figures.truncate(1);
        }
        figures.join(" → ")
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
        for condition in distinct(of_set.iter().map(|one| one.condition.as_str())) {
            for category in &categories {
                let wanted = |one: &&Measured<'_>| one.condition == condition && one.recording.category == *category;
                rows.push(Row::of(set, category, condition, &of_set.iter().copied().filter(wanted).collect::<Vec<_>>()));
            }
            let wanted = |one: &&Measured<'_>| one.condition == condition;
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

/// A Markdown table, ready for a page. Where passes differ, each has its figure.
pub fn print(measured: &[Measured<'_>]) {
    let passes: Vec<&str> = measured.first().map(|one| one.passes().map(|(name, _)| name).collect()).unwrap_or_default();
    if passes.len() > 1 {
        println!("{}\n", passes.join(" → "));
    }
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
            row.each(|pass| rate(pass.text)),
            row.each(|pass| rate(pass.pinyin)),
            row.each(|pass| pass.run_aways.to_string()),
            row.empty,
            row.each(|pass| pass.compute_ms.to_string()),
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
            let passes = row.passes.iter().map(|pass| {
                json!({
                    "pass": pass.pass, "error": pass.text.rate(), "pinyin_error": pass.pinyin.rate(), "run_aways": pass.run_aways,
                    "compute_ms": pass.compute_ms,
                })
            });
            json!({
                "set": row.set, "category": row.category, "lang": row.lang, "condition": row.condition, "clips": row.clips,
                "passes": passes.collect::<Vec<_>>(), "empty": row.empty, "confidence": row.confidence,
            })
        })
        .collect();
    let clips: Vec<Value> = measured
        .iter()
        .map(|one| {
            json!({
                "file": one.recording.file.display().to_string(), "set": one.recording.set, "category": one.recording.category,
                "condition": one.condition, "said": one.recording.said, "heard": one.transcript.text,
                "without_prompt_wrong": one.plain.as_ref().map(|plain| plain.score.text.wrong),
                "wrong": one.heard.score.text.wrong, "of": one.heard.score.text.of,
                "pinyin_wrong": one.heard.score.pinyin.wrong, "pinyin_of": one.heard.score.pinyin.of, "ran_away": one.heard.score.ran_away,
                "confidence": one.transcript.confidence, "no_speech": one.transcript.no_speech,
                "compute_ms": one.transcript.compute_ms, "withheld": one.transcript.withheld.as_ref().map(|reason| reason.name()),
                "withheld_text": one.transcript.withheld.as_ref().map(|reason| reason.text()),
            })
        })
        .collect();
    json!({"rows": rows, "clips": clips})
}
