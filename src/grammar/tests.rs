//! Whole grammars, in both forms, against phrases, faults and bombs.

mod script;

use super::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// A folder of its own for grammar files, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("tingshuo-grammar-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn load(&self, file: &str, text: &str) -> Result<Grammar, GrammarError> {
        let path = self.0.join(file);
        std::fs::write(&path, text).unwrap();
        Grammar::load(&path, &self.0)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn xml(rules: &str) -> String {
    format!("<grammar xmlns='http://www.w3.org/2001/06/grammar' version='1.0' xml:lang='zh' root='a'>{rules}</grammar>")
}

fn abnf(rules: &str) -> String {
    format!("#ABNF 1.0 UTF-8;\nlanguage zh;\nroot $a;\n{rules}")
}

fn grammar(name: &str, text: &str) -> Grammar {
    Folder::new(name).load("a.grxml", text).unwrap()
}

/// The best parse of `phrase` in both forms; empty for none.
#[track_caller]
fn check(name: &str, in_xml: &str, in_abnf: &str, phrases: &[(&str, &str)]) {
    let forms = [grammar(&format!("{name}-x"), &xml(in_xml)), grammar(&format!("{name}-a"), &abnf(in_abnf))];
    for (phrase, expected) in phrases {
        for form in &forms {
            let tree = form.parse(phrase, 1).into_iter().next().map(|parse| parse.tree).unwrap_or_default();
            assert_eq!(tree, *expected, "{phrase} ({:?})", form.document.form);
        }
    }
}

#[test]
fn tokens_sequences_and_references() {
    check(
        "sequence",
        "<rule id='a'>查 <ruleref uri='#b'/></rule><rule id='b'>\"话 费\" New York</rule>",
        "$a = 查 $b; $b = \"话 费\" New York;",
        &[
            ("查话费 NEW york", "$a[\"查\",$b[\"话 费\",\"New\",\"York\"]]"),
            ("查，话费。new York", "$a[\"查\",$b[\"话 费\",\"New\",\"York\"]]"),
            ("话费", ""),
        ],
    );
}

#[test]
fn repeats_tags_and_specials() {
    check(
        "repeat",
        "<rule id='a'><item repeat='2-3'><tag>t</tag>大</item><item repeat='0-1'>小</item><ruleref special='NULL'/></rule>",
        "$a = ({t} 大) <2-3> [小] $NULL;",
        &[
            ("大", ""),
            ("大大", "$a[{!{t}!},\"大\",{!{t}!},\"大\"]"),
            ("大大大小", "$a[{!{t}!},\"大\",{!{t}!},\"大\",{!{t}!},\"大\",\"小\"]"),
            ("大大大大", ""),
        ],
    );
    check(
        "special",
        "<rule id='a'><one-of><item><ruleref special='VOID'/> 好</item><item><ruleref special='GARBAGE'/> 走</item></one-of></rule>",
        "$a = $VOID 好 | $GARBAGE 走;",
        &[("好", ""), ("走", "$a[\"走\"]"), ("我们快走", "$a[\"走\"]")],
    );
    check(
        "empty",
        "<rule id='a'>好<ruleref uri='#b'/></rule><rule id='b'><item/></rule>",
        "$a = 好 $b; $b = ();",
        &[("好", "$a[\"好\",$b[]]")],
    );
}

#[test]
fn weights_rank_and_the_first_breaks_ties() {
    check(
        "weight",
        "<rule id='a'><one-of><item>是<tag>x</tag></item><item weight='3'>是<tag>y</tag></item><item>不<tag>p</tag></item><item>不<tag>q</tag></item></one-of></rule>",
        "$a = 是 {x} | /3/ 是 {y} | 不 {p} | 不 {q};",
        &[("是", "$a[\"是\",{!{y}!}]"), ("不", "$a[\"不\",{!{p}!}]")],
    );
}

#[test]
fn recursion_that_is_not_left_is_followed() {
    check(
        "nest",
        "<rule id='a'>大 <item repeat='0-1'><ruleref uri='#a'/></item> 小</rule>",
        "$a = 大 [$a] 小;",
        &[("大大小小", "$a[\"大\",$a[\"大\",\"小\"],\"小\"]"), ("大大小", "")],
    );
}

/// The place and a piece of the reason of a grammar that is refused.
#[track_caller]
fn check_fault(name: &str, text: &str, line: u32, reason: &str) {
    let began = Instant::now();
    let fault = Folder::new(name).load("a.grxml", text).unwrap_err();
    assert!(fault.reason.contains(reason), "{fault}");
    assert_eq!(fault.line, line, "{fault}");
    // Generous: a bomb that goes off takes minutes.
    assert!(began.elapsed() < Duration::from_secs(20), "too slow: {fault}");
}

#[test]
fn faults_are_placed_and_explained() {
    check_fault("f1", &xml("\n<rule id='a'><ruleref uri='#b'/></rule>"), 2, "rule b is not defined");
    check_fault("f2", &abnf("$a = 好;\n$a = 坏;"), 5, "defined twice");
    check_fault("f3", &xml("<rule id='b'>好</rule>"), 1, "root rule a is not defined");
    check_fault("f4", &abnf("$a = [好] $b;\n$b = $a 好;"), 4, "left recursion: a → b → a");
    check_fault("f5", &xml("<rule id='a'><item repeat='3-1'>好</item></rule>"), 1, "ends before it begins");
    check_fault("f6", &xml("<rule id='a'><item repeat='1-99999999'>好</item></rule>"), 1, "too large");
    check_fault("f7", &abnf("$a = 好 | ;"), 4, "alternative is empty");
    check_fault("f8", &xml("<rule id='a'><one-of/></rule>"), 1, "offers nothing");
    check_fault("f9", &abnf("$a = /-1/ 好;"), 4, "plain number");
    check_fault("f10", "#ABNF 1.0;\nroot $a;\n$a = 好;", 1, "needs a language");
    check_fault("f11", &xml("<rule id='VOID'>好</rule>"), 1, "reserved");
    check_fault("f12", &abnf("$a = (好;"), 4, "should close");
    check_fault("f13", &abnf("$a = 好 /* ;"), 4, "never closed");
    check_fault("f14", &xml("<rule id='a'><ruleref uri='http://example.com/a.grxml'/></rule>"), 1, "never fetched");
    check_fault("f15", &xml("<rule id='a'> </rule>"), 1, "is empty");
    check_fault("f16", "<grammar/>", 1, "document element");
    check_fault("f17", "", 1, "not well-formed");
}

#[test]
fn references_stay_inside_the_folder() {
    let folder = Folder::new("fence");
    let inner = folder.0.join("inner");
    std::fs::create_dir_all(&inner).unwrap();
    std::fs::write(folder.0.join("secret.grxml"), xml("<rule id='a' scope='public'>密</rule>")).unwrap();
    let main = inner.join("a.grxml");
    std::fs::write(&main, xml("<rule id='a'><ruleref uri='../secret.grxml'/></rule>")).unwrap();
    assert!(Grammar::load(&main, &inner).unwrap_err().reason.contains("outside"));
    assert_eq!(Grammar::load(&main, &folder.0).unwrap().parse("密", 1)[0].tree, "$a[$<../secret.grxml>[\"密\"]]");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.0.join("secret.grxml"), inner.join("link.grxml")).unwrap();
        std::fs::write(&main, xml("<rule id='a'><ruleref uri='link.grxml'/></rule>")).unwrap();
        assert!(Grammar::load(&main, &inner).unwrap_err().reason.contains("outside"));
    }
}

#[test]
fn files_may_refer_to_each_other_but_not_begin_with_each_other() {
    let folder = Folder::new("cycle");
    std::fs::write(folder.0.join("b.gram"), abnf("public $a = $<a.grxml>;")).unwrap();
    assert!(
        folder
            .load("a.grxml", &xml("<rule id='a' scope='public'><ruleref uri='b.gram'/></rule>"))
            .unwrap_err()
            .reason
            .contains("left recursion")
    );
    std::fs::write(folder.0.join("b.gram"), abnf("public $a = 二 | 二 $<a.grxml>; $p = 私;")).unwrap();
    let both =
        folder.load("a.grxml", &xml("<rule id='a' scope='public'>一 <ruleref uri='b.gram' type='application/srgs'/></rule>")).unwrap();
    assert_eq!(both.parse("一二一二", 1).len(), 1);
    for (uri, reason) in [("b.gram#p", "private"), ("b.gram#q", "no rule q"), ("c.gram", "cannot open")] {
        let text = xml(&format!("<rule id='a' scope='public'><ruleref uri='{uri}'/></rule>"));
        assert!(folder.load("a.grxml", &text).unwrap_err().reason.contains(reason), "{uri}");
    }
    let typed = xml("<rule id='a' scope='public'>一<ruleref uri='b.gram' type='application/srgs+xml'/></rule>");
    assert!(folder.load("a.grxml", &typed).unwrap_err().reason.contains("correct the type"));
}

#[test]
fn bombs_fail_fast() {
    let mut laughs = String::from("<!DOCTYPE grammar [<!ENTITY l0 'ha'>");
    for n in 1..30 {
        laughs.push_str(&format!("<!ENTITY l{n} '&l{0};&l{0};&l{0};&l{0};&l{0};&l{0};&l{0};&l{0};&l{0};&l{0};'>", n - 1));
    }
    laughs.push_str("]>");
    check_fault("laughs", &(laughs + &xml("<rule id='a'>&l29;</rule>")), 1, "entity reference loop");
    check_fault("deep-x", &xml(&format!("<rule id='a'>{}好{}</rule>", "<item>".repeat(50_000), "</item>".repeat(50_000))), 1, "too deeply");
    check_fault("deep-a", &abnf(&format!("$a = {}好{};", "(".repeat(50_000), ")".repeat(50_000))), 4, "too deeply");
    let chain: String = (0..4000).map(|n| format!("$r{n} = $r{};\n", n + 1)).collect();
    check_fault("chain", &abnf(&format!("$a = $r0;\n{chain}$r4000 = 好;")), 3905, "too deeply");
}

#[test]
fn ambiguity_costs_bounded_work() {
    let began = Instant::now();
    let nested = grammar("ambiguous", &abnf("$a = $b $b $b; $b = (((大 <0->) <0->) <0-> | 大 <1-9> 大 <1-9>) <0->;"));
    let parses = nested.parse(&"大".repeat(60), 5);
    assert!(parses.len() <= 5);
    let silent = grammar("silent", &abnf("$a = ((({t} <1000>) <1000>) <1000>) <1000> 好;"));
    assert_eq!(silent.parse("好", 1), []);
    assert!(nested.parse(&"大".repeat(5000), 1).is_empty());
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn completeness() {
    let grammar = grammar("complete", &abnf("meta 'filler' is 'tail';\n$a = 是 [的] [$tail] | 一 二 三 [$tail] | 五 $VOID; $tail = 谢谢;"));
    for (phrase, expected) in [
        ("", Completeness::Prefix),
        ("是", Completeness::Complete),
        ("是的", Completeness::CompleteAndClosed),
        ("是的谢谢", Completeness::CompleteAndClosed),
        ("一二", Completeness::Prefix),
        ("一二三", Completeness::CompleteAndClosed),
        ("五", Completeness::No),
        ("二", Completeness::No),
    ] {
        assert_eq!(grammar.complete(phrase), expected, "{phrase}");
    }
}

#[test]
fn sounds_match_at_a_price() {
    let grammar = grammar("sound", &abnf("$a = 是的 {yes} | 不是 {no} | 查询话费 {bill} | balance please {balance} | 四 {four};"));
    #[track_caller]
    fn check(grammar: &Grammar, phrase: &str, expected: Option<&str>) {
        let parse = grammar.parse_by_sound(phrase, 1).into_iter().next();
        assert_eq!(parse.as_ref().map(|parse| parse.tags.join(" ")).as_deref(), expected, "{phrase}: {parse:?}");
    }
    check(&grammar, "是的", Some("yes"));
    check(&grammar, "是得", Some("yes"));
    check(&grammar, "四的", Some("yes"));
    check(&grammar, "查询花费", Some("bill"));
    check(&grammar, "茶询话费", Some("bill"));
    check(&grammar, "balence please", Some("balance"));
    check(&grammar, "转人工", None);
    check(&grammar, "不", None);
    check(&grammar, "十", None);
    check(&grammar, "", None);
    assert_eq!(grammar.parse_by_sound("是的", 1)[0].score, 1.0);
    let misheard = &grammar.parse_by_sound("是得", 1)[0];
    assert!(misheard.score < 1.0 && misheard.score > 0.9 && misheard.canonical == "是的", "{misheard:?}");
}

#[test]
fn a_negation_is_never_swallowed() {
    let grammar = grammar("negation", &abnf("$a = 我要办理业务 {yes} | 我不要办理业务 {no};"));
    assert_eq!(grammar.parse_by_sound("我不要办里业务", 1)[0].tags, ["no"]);
    assert_eq!(grammar.parse_by_sound("我要办里业务", 1)[0].tags, ["yes"]);
}

/// A random expansion in ABNF and one phrase that it must match.
fn expansion() -> impl Strategy<Value = (String, String)> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["是", "九月", "yes", "\"new york\"", "5"]).prop_map(|word| (word.to_owned(), word.replace('"', ""))),
        Just(("{t}".to_owned(), String::new())),
        Just(("()".to_owned(), String::new())),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| {
                let (rules, words): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
                (rules.join(" "), words.join(" "))
            }),
            (prop::collection::vec(inner.clone(), 1..4), any::<prop::sample::Index>()).prop_map(|(parts, chosen)| {
                let words = chosen.get(&parts).1.clone();
                let rules: Vec<String> = parts.into_iter().map(|(rule, _)| rule).collect();
                (format!("({})", rules.join(" | ")), words)
            }),
            (inner.clone(), 0_usize..4).prop_map(|((rule, words), times)| (format!("({rule}) <{times}->"), vec![words; times].join(" "))),
            (inner, any::<bool>()).prop_map(|((rule, words), there)| (format!("[{rule}]"), if there { words } else { String::new() })),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_random_grammar_matches_its_phrase((rules, phrase) in expansion()) {
        let grammar = grammar("random", &abnf(&format!("$a = {rules};")));
        prop_assert!(!grammar.parse(&phrase, 1).is_empty(), "{} on {}", rules, phrase);
        prop_assert!(matches!(grammar.complete(&phrase), Completeness::Complete | Completeness::CompleteAndClosed));
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = link::read(&bytes);
    }

    #[test]
    fn random_grammar_like_text_never_panics(pieces in prop::collection::vec(prop::sample::select(vec![
        "$", "a", "=", ";", "(", ")", "[", "]", "<", ">", "|", "/", "{", "}", "{!{", "}!}", "!", "1-2", "\"", "public ", "meta ", "'", " is ", "是", "~", "/*", "*/", "//", "\n", "root ",
    ]), 0..60)) {
        let _ = link::read(format!("#ABNF 1.0;\nlanguage zh;\n{}", pieces.concat()).as_bytes());
    }

    #[test]
    fn random_phrases_never_panic(phrase in ".{0,60}") {
        let grammar = grammar("phrases", &abnf("$a = (是 | 好的 | $GARBAGE yes) <0->;"));
        let _ = (grammar.parse(&phrase, 3), grammar.parse_by_sound(&phrase, 3), grammar.complete(&phrase));
    }
}
