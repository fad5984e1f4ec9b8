//! What the recogniser really wrote when voices other than the service's own spoke wishes through the telephone and noise at 15 dB: each must
//! still lead to what was meant, at once or with a question about it, and never be taken for something else.

use std::path::Path;
use tingshuo::nlu::{Decision, Expectation, Router};
use tingshuo::text::Lang;

const TABLE: &str = include_str!("../mishearings.tsv");

#[test]
fn wishes_that_were_misheard_are_understood_all_the_same() {
    let router = Router::load(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let today = jiff::civil::date(2026, 11, 22);
    let rows: Vec<Vec<&str>> = TABLE.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    assert!(rows.len() >= 50, "{} rows", rows.len());
    let mut lost = Vec::new();
    for row in &rows {
        let [lang, said, heard, wanted] = row.as_slice() else { panic!("four columns: {row:?}") };
        assert_ne!(said, heard, "nothing was misheard");
        let lang = if *lang == "zh" { Lang::Zh } else { Lang::En };
        let understood = router.understand(heard, lang, &Expectation::default(), today);
        let guess = understood.intent.map(|intent| intent.name());
        let second = understood.alternatives.first().map(|(intent, _)| intent.name());
        let led_there = match understood.decision {
            Decision::Accept => guess == Some(wanted),
            Decision::Confirm => guess == Some(wanted) || second == Some(wanted),
            Decision::Reject => false,
        };
        if !led_there {
            lost.push(format!("{heard} → {guess:?} ({}), wanted {wanted}", understood.decision.name()));
        }
    }
    assert!(lost.is_empty(), "{} of {}:\n{}", lost.len(), rows.len(), lost.join("\n"));
}
