//! `tingshuo understand`: what utterances mean, a line each.

use super::Failure;
use crate::models::data_dir;
use crate::nlu::{Expectation, Heard, Router, Understood};
use crate::text::{Lang, Record, Value};
use anyhow::Context;
use serde_json::{Map, json};
use std::io::{BufRead, Write};

/// Reads an utterance a line from standard input and says what each means.
///
/// With --json each line gives {"text","intent","confidence","decision","slots","source","reason","also","alternatives"}: also holds
/// the further requests of the line, each with its slots; alternatives the next best guesses. Slots are plain JSON: a month is
/// "2026-09", a date "2026-09-03", an amount a number of yuan, a data volume a number of megabytes, a telephone number or
/// digits a string, yes or no a boolean.
#[derive(clap::Args)]
pub struct Args {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// The language of the utterances.
    #[arg(long, default_value = "zh")]
    lang: Lang,
    /// The grammar of the question that they answer: yes_no, month, digits_6, …; its value fills the slot of that name.
    #[arg(long, value_name = "GRAMMAR")]
    asked: Option<String>,
    /// As though they had been heard with this confidence, 0 to 1; typed text is sure.
    #[arg(long, value_name = "CONFIDENCE", value_parser = confidence)]
    heard: Option<f32>,
    /// The day to which months and days are relative.
    #[arg(long, value_name = "YYYY-MM-DD")]
    today: Option<jiff::civil::Date>,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let router = Router::load(&data_dir())?;
    let today = args.today.unwrap_or_else(|| jiff::Zoned::now().date());
    let expectation = Expectation { grammar: args.asked.clone(), slot: args.asked, terms: Vec::new() };
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.context("cannot read standard input as UTF-8")?;
        let heard = Heard { text: &line, hearing_confidence: args.heard };
        let understood = router.understand_heard(heard, args.lang, &expectation, today);
        if args.json { writeln!(out, "{}", as_json(&understood)) } else { writeln!(out, "{}", as_text(&understood)) }?;
    }
    Ok(())
}

fn confidence(written: &str) -> Result<f32, String> {
    let confidence = written.parse().ok().filter(|confidence| (0.0..=1.0).contains(confidence));
    confidence.ok_or_else(|| "a confidence is a number from 0 to 1".to_owned())
}

fn as_json(understood: &Understood) -> serde_json::Value {
    json!({
        "text": understood.text,
        "intent": understood.intent.map(|intent| intent.name()),
        "confidence": rounded(understood.confidence),
        "decision": understood.decision.name(),
        "slots": record(&understood.slots),
        "source": understood.source.name(),
        "reason": understood.reason.map(|reason| reason.name()),
        "also": understood.also.iter().map(|(intent, slots)| json!({"intent": intent.name(), "slots": record(slots)})).collect::<Vec<_>>(),
        "alternatives": understood.alternatives.iter().map(|(intent, confidence)| json!({"intent": intent.name(), "confidence": rounded(*confidence)})).collect::<Vec<_>>(),
    })
}

fn as_text(understood: &Understood) -> String {
    let intent = understood.intent.map_or("-", |intent| intent.name());
    let slots = record(&understood.slots);
    let (decision, source) = (understood.decision.name(), understood.source.name());
    format!("{decision:<8} {intent:<22} {:.2} {source:<10} {slots}  {}", understood.confidence, understood.text)
}

fn rounded(confidence: f32) -> f64 {
    (f64::from(confidence) * 1000.0).round() / 1000.0
}

fn record(slots: &Record) -> serde_json::Value {
    serde_json::Value::Object(slots.iter().map(|(name, value)| (name.clone(), plain(value))).collect::<Map<_, _>>())
}

/// A slot's value as plain JSON. Whoever typed the utterance sees its own numbers, so nothing is masked here.
fn plain(value: &Value) -> serde_json::Value {
    match value {
        Value::Flag(flag) => json!(flag),
        Value::Number(number) => json!(number),
        Value::Money(money) => json!(money.0 as f64 / 100.0),
        Value::Volume(megabytes) => json!(megabytes),
        Value::Minutes(minutes) => json!(minutes),
        Value::Month(month) => json!(format!("{:04}-{:02}", month.year, month.month)),
        Value::Day(day) => json!(day.to_string()),
        Value::Moment(moment) => json!(moment.to_string()),
        Value::Phone(number) => json!(number.reveal()),
        Value::Digits(digits) => json!(digits.reveal()),
        Value::Code(text) | Value::Text(text) => json!(text),
        Value::List(values) => serde_json::Value::Array(values.iter().map(plain).collect()),
        Value::Record(slots) => record(slots),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Money;
    use crate::text::date::Month;

    #[track_caller]
    fn check(value: Value, expected: serde_json::Value) {
        assert_eq!(plain(&value), expected);
    }

    #[test]
    fn slots_are_plain_json() {
        check(Value::Month(Month { year: 2026, month: 9 }), json!("2026-09"));
        check(Value::Money(Money(12850)), json!(128.5));
        check(Value::Volume(5120), json!(5120));
        check(Value::Flag(true), json!(true));
    }
}
