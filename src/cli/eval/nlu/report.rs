//! The figures of `tingshuo eval nlu` as tables and as JSON.

use crate::nlu::figures::{Figures, Judged, Scores};
use crate::nlu::thresholds::Thresholds;
use serde_json::{Map, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// Everything that was measured.
#[derive(Debug)]
pub struct Report {
    pub figures: Figures,
    pub judged: Vec<Judged>,
    pub slots: BTreeMap<String, Scores>,
    /// Labels without a place among our names.
    pub left_out: BTreeMap<String, usize>,
    /// Time an utterance took.
    pub time: Option<Duration>,
    /// The thresholds that were learned with one of the folds.
    pub thresholds: Option<Thresholds>,
}

impl Report {
    pub fn as_text(&self, errors: bool) -> String {
        let mut out = String::new();
        // Writing into a string cannot fail.
        let _ = self.write(&mut out, errors);
        out
    }

    fn write(&self, out: &mut String, errors: bool) -> std::fmt::Result {
        let figures = &self.figures;
        writeln!(out, "utterances {}   accuracy {:.3}   macro-F1 {:.3}", figures.utterances, figures.accuracy, figures.macro_f1)?;
        writeln!(
            out,
            "accepted {:.3} ({:.3} right)   confirmed {:.3} ({:.3} right)   coverage {:.3}",
            figures.accepted, figures.accepted_right, figures.confirmed, figures.confirmed_right, figures.coverage
        )?;
        writeln!(
            out,
            "out of scope: precision {:.3}   recall {:.3}   in-scope utterances rejected {:.3}",
            figures.rejection_precision, figures.rejection_recall, figures.false_rejection
        )?;
        if let Some(time) = self.time {
            writeln!(out, "time per utterance {:.3} ms", time.as_secs_f64() * 1000.0)?;
        }
        if !self.left_out.is_empty() {
            let lines: usize = self.left_out.values().sum();
            writeln!(out, "left out: the intent of {lines} lines of {} labels that have no place among ours", self.left_out.len())?;
        }
        scores(out, "intent", figures.intents.iter().map(|(name, scores)| (*name, scores)))?;
        if !self.slots.is_empty() {
            scores(out, "slot", self.slots.iter().map(|(name, scores)| (name.as_str(), scores)))?;
        }
        writeln!(out, "\n{:<24} {:<24} {:>5}", "meant", "answered", "n")?;
        for (truth, answer, count) in figures.confusions.iter().take(20) {
            writeln!(out, "{:<24} {:<24} {count:>5}", truth.name(), answer.name())?;
        }
        writeln!(out, "\n{:>10} {:>5} {:>11}   calibration error {:.3}", "confidence", "n", "guess right", figures.calibration_error)?;
        for band in figures.bands.iter().filter(|band| band.utterances > 0) {
            writeln!(out, "{:>10.2} {:>5} {:>11.2}", band.mean_confidence, band.utterances, band.right)?;
        }
        if let Some(thresholds) = &self.thresholds {
            writeln!(
                out,
                "\nthresholds (one fold): accept {:.2}, ask {:.2}, reject {:.2}",
                thresholds.accept, thresholds.confirm, thresholds.reject
            )?;
        }
        if errors {
            writeln!(out)?;
            for one in self.judged.iter().filter(|one| !one.right()) {
                let guess = one.guess.map_or("-", |intent| intent.name());
                writeln!(out, "{:<20} {guess:<20} {:<8} {:.2}  {}", one.truth.name(), one.decision.name(), one.confidence, one.text)?;
            }
        }
        Ok(())
    }

    pub fn as_json(&self) -> serde_json::Value {
        let figures = &self.figures;
        let table = |scores: &mut dyn Iterator<Item = (&str, &Scores)>| {
            let rows = scores
                .map(|(name, s)| (name.to_owned(), json!({"n": s.utterances, "precision": s.precision, "recall": s.recall, "f1": s.f1})));
            rows.collect::<Map<_, _>>()
        };
        let intents = table(&mut figures.intents.iter().map(|(name, scores)| (*name, scores)));
        let slots = table(&mut self.slots.iter().map(|(name, scores)| (name.as_str(), scores)));
        let confusions: Vec<_> =
            figures.confusions.iter().map(|(truth, answer, n)| json!({"meant": truth.name(), "answered": answer.name(), "n": n})).collect();
        let bands: Vec<_> =
            figures.bands.iter().map(|b| json!({"n": b.utterances, "confidence": b.mean_confidence, "right": b.right})).collect();
        json!({
            "utterances": figures.utterances, "accuracy": figures.accuracy, "macro_f1": figures.macro_f1,
            "coverage": figures.coverage, "accepted": figures.accepted, "accepted_right": figures.accepted_right,
            "confirmed": figures.confirmed, "confirmed_right": figures.confirmed_right,
            "rejection": {"precision": figures.rejection_precision, "recall": figures.rejection_recall, "false_rejection": figures.false_rejection},
            "calibration_error": figures.calibration_error, "reliability": bands,
            "ms_per_utterance": self.time.map(|time| time.as_secs_f64() * 1000.0),
            "left_out": self.left_out, "intents": intents, "slots": slots, "confusions": confusions,
        })
    }
}

fn scores<'a>(out: &mut String, what: &str, scores: impl Iterator<Item = (&'a str, &'a Scores)>) -> std::fmt::Result {
    writeln!(out, "\n{what:<24} {:>5} {:>9} {:>7} {:>6}", "n", "precision", "recall", "F1")?;
    for (name, s) in scores {
        writeln!(out, "{name:<24} {:>5} {:>9.3} {:>7.3} {:>6.3}", s.utterances, s.precision, s.recall, s.f1)?;
    }
    Ok(())
}
