//! `tingshuo grammar` on the grammars of `tests/grammars/`, which say themselves what they take (`in.N`, `out.N`), and on bombs.

use crate::program::{Folder, tingshuo};

/// Fewer grammars than this means that they were not found.
const FEWEST: usize = 50;

#[test]
fn every_feature_of_srgs_in_both_forms() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/grammars");
    let grammars = std::fs::read_dir(folder).unwrap().count();
    assert!(grammars >= FEWEST, "{grammars} grammars");
    let run = tingshuo(&["grammar", "--conformance", folder], "");
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    for form in ["grxml: verdict ", "gram: verdict "] {
        let line = run.out.lines().find(|line| line.starts_with(form)).unwrap_or_else(|| panic!("no {form}in {}", run.out));
        assert!(!line.contains(" of 0"), "{line}");
    }
}

#[test]
fn json_has_the_tree_the_tags_what_they_mean_and_the_score() {
    let folder = Folder::new();
    let file = folder.join("order.gram");
    std::fs::write(
        &file,
        "#ABNF 1.0;\nlanguage zh;\nroot $a;\ntag-format <semantics/1.0>;\n\
         $a = 充 $n 元 {!{out = {amount: rules.n}}!}; $n = 五十 {out = 50} | 五十 {out = '五十'} | 一百 {out = 100};\n",
    )
    .unwrap();
    let run = tingshuo(&["grammar", file.to_str().unwrap(), "--json"], "充一百元\n查话费\n").succeeds();
    let lines = run.json_lines();
    assert_eq!(lines[0]["out"], serde_json::json!({"amount": 100}));
    assert_eq!(lines[0]["tree"], "$a[\"充\",$n[\"一百\",{!{out = 100}!}],\"元\",{!{out = {amount: rules.n}}!}]");
    assert_eq!((&lines[0]["match"], &lines[0]["score"]), (&true.into(), &1.0.into()));
    assert_eq!((&lines[1]["match"], &lines[1]["out"]), (&false.into(), &serde_json::Value::Null));
    let best = tingshuo(&["grammar", file.to_str().unwrap(), "--json", "--best", "3"], "充五十元\n").succeeds();
    let parses = best.json_lines()[0]["parses"].clone();
    assert_eq!(parses.as_array().map(Vec::len), Some(2), "{parses}");
    assert_eq!(parses[1]["out"], serde_json::json!({"amount": "五十"}));
}

#[test]
fn a_runaway_script_fails_with_its_place() {
    let folder = Folder::new();
    let file = folder.join("loop.gram");
    std::fs::write(&file, "#ABNF 1.0;\nlanguage zh;\nroot $a;\ntag-format <semantics/1.0>;\n$a = 好 {while (1);};\n").unwrap();
    let run = tingshuo(&["grammar", file.to_str().unwrap(), "--json"], "好\n");
    assert_eq!(run.code, 1);
    let line = &run.json_lines()[0];
    assert_eq!((&line["match"], &line["out"]), (&true.into(), &serde_json::Value::Null));
    for text in [&run.err, line["error"].as_str().unwrap()] {
        assert!(text.contains("loop.gram:5:8: the script runs too long"), "{text}");
    }
}

/// Loading `text` must fail with its place and `reason`.
#[track_caller]
fn refused(name: &str, text: &str, reason: &str) {
    let folder = Folder::new();
    let file = folder.join(name);
    std::fs::write(&file, text).unwrap();
    let run = tingshuo(&["grammar", file.to_str().unwrap()], "好\n");
    assert_eq!(run.code, 1, "{}", run.out);
    assert!(run.err.contains(&format!("{name}:")) && run.err.contains(reason), "{}", run.err);
}

const OPEN: &str = "<grammar xmlns='http://www.w3.org/2001/06/grammar' version='1.0' xml:lang='zh' root='a'>";

#[test]
fn bombs_are_refused_with_their_place() {
    let entity = "<!DOCTYPE grammar [<!ENTITY a 'SYSTEM'><!ENTITY file SYSTEM 'file:///etc/passwd'>]>";
    refused("entity.grxml", &format!("{entity}\n{OPEN}<rule id='a'>&file;</rule></grammar>"), "entity");
    let long = "好".repeat(60_000);
    let quadratic = format!("<!DOCTYPE grammar [<!ENTITY x '{long}'>]>\n{OPEN}<rule id='a'>{}</rule></grammar>", "&x; ".repeat(2_000));
    refused("quadratic.grxml", &quadratic, "swell");
    refused("huge.grxml", &format!("{OPEN}<!--{}--></grammar>", "x".repeat(2 << 20)), "too large");
    refused("deep.grxml", &format!("{OPEN}<rule id='a'>{}", "<item>".repeat(100_000)), "too deeply");
    refused("deep.gram", &format!("#ABNF 1.0;\nlanguage zh;\nroot $a;\n$a = {};", "[".repeat(100_000)), "too deeply");
    refused("repeat.gram", "#ABNF 1.0;\nlanguage zh;\nroot $a;\n$a = 好<1-4000000000>;", "too large");
    refused("repeats.gram", &format!("#ABNF 1.0;\nlanguage zh;\nroot $a;\n$a = 好{};", "<1000>".repeat(50)), "too many repeats");
    refused("tag.gram", "#ABNF 1.0;\nlanguage zh;\nroot $a;\n$a = 好 {!{ never closed;", "never closed");
}

#[test]
fn files_that_refer_in_a_circle_are_named() {
    let folder = Folder::new();
    let file = |name: &str| folder.join(name);
    for (name, next) in [("a", "b"), ("b", "c"), ("c", "a")] {
        std::fs::write(file(&format!("{name}.gram")), format!("#ABNF 1.0;\nlanguage zh;\nroot $r;\npublic $r = [好] $<{next}.gram>;\n"))
            .unwrap();
    }
    let run = tingshuo(&["grammar", file("a.gram").to_str().unwrap()], "好\n");
    assert_eq!(run.code, 1);
    assert!(run.err.contains(":4:") && run.err.contains("left recursion"), "{}", run.err);
}

#[test]
fn a_phrase_that_takes_too_much_work_is_said_to() {
    let folder = Folder::new();
    let file = folder.join("ambiguous.gram");
    let text = "#ABNF 1.0;\nlanguage zh;\nroot $a;\n$a = $b<0-> $b<0-> $b<0-> $b<0-> 完; $b = (大 | 大 大 | 大 大 大 {t} | $b2) <0->; $b2 = 大 [$b2];\n";
    std::fs::write(&file, text).unwrap();
    let run = tingshuo(&["grammar", file.to_str().unwrap(), "--best", "16"], &format!("{}\n", "大".repeat(250)));
    assert_eq!(run.code, 1, "{}", run.out);
    assert!(run.err.contains("too much work"), "{}", run.err);
}
