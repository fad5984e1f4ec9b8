//! The figures of several sets, a line a set and a line a slot.

use super::report::Report;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// Two tables: intents by set, slots by set and type.
pub fn as_text(reports: &[(String, Report)]) -> String {
    let mut out = String::new();
    // Writing into a string cannot fail.
    let _ = write(&mut out, reports);
    out
}

fn write(out: &mut String, reports: &[(String, Report)]) -> std::fmt::Result {
    let heads = ["lines", "accuracy", "macro-F1", "oos recall", "rejected", "left out", "ms"];
    writeln!(out, "{:<28} {}", "set", heads.map(|head| format!("{head:>10}")).join(" "))?;
    for (name, report) in reports {
        let figures = &report.figures;
        let left_out: usize = report.left_out.values().sum();
        let ms = report.time.map_or(0.0, |time| time.as_secs_f64() * 1000.0);
        writeln!(
            out,
            "{name:<28} {:>10} {:>10.3} {:>10.3} {:>10.3} {:>10.3} {left_out:>10} {ms:>10.3}",
            figures.utterances, figures.accuracy, figures.macro_f1, figures.rejection_recall, figures.false_rejection
        )?;
    }
    writeln!(out, "\n{:<28} {:<16} {:>6} {:>10} {:>10} {:>10}", "set", "slot", "n", "precision", "recall", "F1")?;
    for (set, report) in reports {
        for (name, s) in &report.slots {
            writeln!(out, "{set:<28} {name:<16} {:>6} {:>10.3} {:>10.3} {:>10.3}", s.utterances, s.precision, s.recall, s.f1)?;
        }
    }
    writeln!(
        out,
        "\noos recall: of what is out of scope, how much is rejected; rejected: of the rest; left out: lines whose intent has no place among ours"
    )
}

/// Each set's figures under its name.
pub fn as_json(reports: &[(String, Report)]) -> Value {
    json!(reports.iter().map(|(name, report)| (name.clone(), report.as_json())).collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nlu::figures::{Figures, Judged, Scores};
    use crate::nlu::{Decision, Intent};
    use std::collections::BTreeMap;

    #[test]
    fn a_line_a_set_and_a_line_a_slot() {
        let judged = vec![Judged {
            text: "查话费".to_owned(),
            truth: Intent::QueryBalance,
            or: Vec::new(),
            guess: Some(Intent::QueryBalance),
            confidence: 0.9,
            decision: Decision::Accept,
        }];
        let slots = BTreeMap::from([("month".to_owned(), Scores { utterances: 4, precision: 1.0, recall: 0.5, f1: 0.667 })]);
        let report = Report {
            figures: Figures::of(&judged),
            judged,
            slots,
            left_out: BTreeMap::from([("chat".to_owned(), 3)]),
            time: None,
            thresholds: None,
        };
        let text = as_text(&[("calls".to_owned(), report)]);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["calls", "1", "1.000", "1.000", "0.000", "0.000", "3", "0.000"]);
        assert_eq!(lines[4], ["calls", "month", "4", "1.000", "0.500", "0.667"]);
    }
}
