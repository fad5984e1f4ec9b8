//! What tags mean: literals, scripts, and scripts that must not be let run.

use super::*;
use serde_json::{Value, json};

fn scripted(rules: &str) -> String {
    format!("#ABNF 1.0 UTF-8;\nlanguage zh;\nroot $a;\ntag-format <semantics/1.0>;\n{rules}")
}

fn meaning(name: &str, text: &str, phrase: &str) -> Result<Value, GrammarError> {
    let grammar = grammar(name, text);
    let parse = grammar.parse(phrase, 1).into_iter().next().unwrap_or_else(|| panic!("{phrase} does not match"));
    grammar.interpret(&parse)
}

#[track_caller]
fn check(name: &str, text: &str, phrase: &str, expected: Value) {
    assert_eq!(meaning(name, text, phrase).unwrap(), expected, "{phrase}");
}

#[test]
fn literals_are_the_last_tag_or_rule_or_words() {
    check("l1", &abnf("$a = 要 {yes} | 不要 {maybe} {no};"), "要", json!("yes"));
    check("l2", &abnf("$a = 要 {yes} | 不要 {maybe} {no};"), "不要", json!("no"));
    check("l3", &abnf("$a = [请] $b; $b = 查 {query} 话费;"), "请查话费", json!("query"));
    check("l4", &abnf("$a = 查 话费;"), "查话费", json!("查话费"));
    check("l5", &abnf("$a = please $b; $b = check it;"), "please check it", json!("check it"));
}

#[test]
fn no_script_runs_unless_asked_for() {
    check("format", &abnf("$a = 要 {out = 1;};"), "要", json!("out = 1;"));
    check("format-2", &scripted("$a = 要 {out = 1;};"), "要", json!(1));
    check("format-3", &scripted("$a = 要 {out = 1;};").replace("semantics/1.0", "vendor/2.0"), "要", json!("out = 1;"));
}

#[test]
fn scripts_make_values_of_their_rules() {
    let order = scripted(
        "{!{var unit = '元'; function sum(a, b) { return a + b; }}!};
         $a = $count 张 {out.count = rules.count; var twice = out.count * 2;} $size {out.size = rules.latest(); out.twice = sum(twice, 0); out.unit = unit;};
         $count = 一 {out = 1} | 两 {out = 2};
         $size = 大 {out = 'large'} | 小;",
    );
    check("order", &order, "两张大", json!({"count": 2, "size": "large", "twice": 4, "unit": "元"}));
    check("order-2", &order, "一张小", json!({"count": 1, "size": "小", "twice": 2, "unit": "元"}));
    let digits = scripted("$a = {out = ''} ($digit {out += rules.digit}) <1-> ; $digit = 幺 {out = '1'} | 八 {out = '8'} | 六;");
    check("digits", &digits, "幺八六", json!("18六"));
    let meta = scripted(
        "$a = 查 {out.before = meta.current().text} $b {out.inner = meta.b.text; out.latest = meta.latest().text; out.sure = meta.b.score;} 谢谢; $b = 话费 余额;",
    );
    check("meta", &meta, "查话费余额谢谢", json!({"before": "查", "inner": "话费余额", "latest": "话费余额", "sure": 1}));
}

#[test]
fn a_rule_without_a_word_of_its_own_means_its_last_rule() {
    check("default", &scripted("$a = $b; $b = 好 {!{out = {yes: true}}!};"), "好", json!({"yes": true}));
    check("default-2", &scripted("$a = 好 {var unused = 1};"), "好", json!("好"));
    check("default-3", &scripted("$a = 好 {out = undefined};"), "好", Value::Null);
    check("default-4", &scripted("$a = 好 {out = 0};"), "好", json!(0));
}

#[test]
fn every_file_keeps_its_own_format_and_globals() {
    let folder = Folder::new("formats");
    std::fs::write(folder.0.join("b.gram"), abnf("public $a = 是 {yes};")).unwrap();
    std::fs::write(folder.0.join("c.gram"), scripted("{var word = 'their own';};\npublic $a = 否 {out = word};")).unwrap();
    let text = scripted("{var word = 'ours';};\n$a = ($<b.gram> | $<c.gram#a>) {out = [word, rules.a]};");
    let both = folder.load("a.gram", &text).unwrap();
    for (phrase, expected) in [("是", json!(["ours", "yes"])), ("否", json!(["ours", "their own"]))] {
        assert_eq!(both.interpret(&both.parse(phrase, 1)[0]).unwrap(), expected, "{phrase}");
    }
}

#[track_caller]
fn check_script_fault(name: &str, script: &str, reason: &str) {
    let fault = meaning(name, &scripted(&format!("$a = 好\n  {{!{{{script}}}!}};")), "好").unwrap_err();
    assert!(fault.reason.contains(reason), "{fault}");
    assert_eq!((fault.line, fault.column), (6, 3), "{fault}");
}

#[test]
fn runaway_scripts_are_stopped() {
    check_script_fault("s1", "while (true) {}", "runs too long");
    check_script_fault("s2", "for (;;) { try { while (true) {} } catch (e) {} }", "runs too long");
    check_script_fault("s3", "function f() { return f() + f(); } f()", "fails: ");
    check_script_fault("s4", "var s = 'x'; for (;;) s += s;", "memory");
    check_script_fault("s5", "var all = []; for (;;) all.push({});", "more than 10000");
    check_script_fault("s6", "/(a+)+b/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac')", "runs too long");
    check_script_fault("s7", "Array.prototype.indexOf.call({length: 9007199254740991}, 1)", "more than 10000");
    check_script_fault("s8", "new Array(4294967295).join('x')", "more than 10000");
}

#[test]
fn faults_of_scripts_are_placed_and_explained() {
    check_script_fault("e1", "out = ;", "SyntaxError");
    check_script_fault("e2", "out = nowhere.at", "ReferenceError: nowhere is not defined");
    check_script_fault("e3", "throw 'no'", "throws");
    check_script_fault("e4", "out.self = out", "circular");
    let header = meaning("e5", &scripted("{oops(};\n$a = 好;"), "好").unwrap_err();
    assert_eq!((header.line, header.column), (5, 1), "{header}");
}

#[test]
fn scripts_reach_nothing_outside() {
    for name in ["files", "root", "begin", "scopes", "evaluate", "require", "process", "console", "fetch", "WebAssembly", "setTimeout"] {
        check(&format!("reach-{name}"), &scripted(&format!("$a = 好 {{out = typeof {name}}};")), "好", json!("undefined"));
    }
    let imported = meaning("import", &scripted("$a = 好 {out = import('fs').toString()};"), "好");
    assert!(imported.is_err() || imported.as_ref().is_ok_and(|value| !value.to_string().contains("readFile")), "{imported:?}");
}
