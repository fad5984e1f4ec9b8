use super::*;
use crate::grammar::{Library, link};
use crate::text::Lang;
use std::path::Path;

fn acceptor_of(name: &str, rules: &str) -> Result<Acceptor, Unconstrainable> {
    let folder = std::env::temp_dir().join(format!("tingshuo-constraint-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("a.gram");
    std::fs::write(&path, format!("#ABNF 1.0 UTF-8;\nlanguage zh;\nroot $a;\n{rules}")).unwrap();
    let grammar = Grammar::load(&path, &folder);
    std::fs::remove_dir_all(&folder).unwrap();
    Constraint::of(&Arc::new(grammar.unwrap())).map(|constraint| Acceptor::new(Arc::new(constraint)))
}

fn after(acceptor: &mut Acceptor, text: &[u8]) -> Option<Place> {
    text.iter().try_fold(acceptor.start(), |place, byte| acceptor.step(place, *byte))
}

#[track_caller]
fn check(acceptor: &mut Acceptor, text: &str, accepted: bool) {
    let place = after(acceptor, text.as_bytes());
    assert_eq!(place.is_some_and(|place| acceptor.accepts(place)), accepted, "{text}");
}

#[track_caller]
fn check_start(acceptor: &mut Acceptor, text: &[u8], viable: bool) {
    assert_eq!(after(acceptor, text).is_some(), viable, "{text:?}");
}

#[test]
fn words_repeats_and_what_recognisers_write_for_them() {
    let mut acceptor = acceptor_of("words", "public $a = [嗯] (确认 | yes) <1-2> [吧];").unwrap();
    for text in ["确认", "確認", "嗯，确认吧。", " Yes", "YES 确认", "嗯确认确认吧"] {
        check(&mut acceptor, text, true);
    }
    for text in ["", "嗯", "确", "确认吧吧", "确认确认确认", "取消"] {
        check(&mut acceptor, text, false);
    }
    check_start(&mut acceptor, &"确".as_bytes()[..2], true);
    check_start(&mut acceptor, &"取".as_bytes()[..2], false);
    let start = acceptor.start();
    assert_eq!(acceptor.remaining(start), 2);
}

#[test]
fn a_rule_that_calls_itself_at_its_end_is_a_loop() {
    let mut acceptor = acceptor_of("loop", "public $a = 八 [$a];").unwrap();
    check(&mut acceptor, "八八八八八", true);
    check(&mut acceptor, "", false);
}

#[test]
fn what_cannot_bind_says_so() {
    assert_eq!(acceptor_of("garbage", "public $a = 查 $GARBAGE;").unwrap_err(), Unconstrainable::AnyWords);
    assert_eq!(acceptor_of("nested", "public $a = 八 [$a] 九;").unwrap_err(), Unconstrainable::TooLarge);
    assert_eq!(acceptor_of("void", "public $a = 查 $VOID;").unwrap_err(), Unconstrainable::Nothing);
    let bomb = "public $a = $b<1000>; $b = $c<1000>; $c = 一<1000>;";
    assert_eq!(acceptor_of("bomb", bomb).unwrap_err(), Unconstrainable::TooLarge);
}

#[test]
fn a_part_that_cannot_match_leads_nowhere() {
    let mut acceptor = acceptor_of("part", "public $a = 查 (话费 | 流量 $VOID);").unwrap();
    check_start(&mut acceptor, "查话".as_bytes(), true);
    check_start(&mut acceptor, "查流".as_bytes(), false);
}

/// Every phrase that a grammar of ours names as its own can be written under its constraint, and none that it refuses.
#[test]
fn the_projects_grammars_can_bind() {
    let library = Library::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars")).unwrap();
    for (lang, name, grammar) in library.iter() {
        let constraint = library.constraint(lang, name).unwrap().unwrap_or_else(|why| panic!("{lang}/{name}: {why}"));
        let in_figures = constraint.in_figures();
        let spelled = |phrase: &str| {
            phrase
                .chars()
                .all(|c| (c.is_alphanumeric() || c == ' ') && (!in_figures || number_zh::digit(c).is_none_or(|figure| figure == c)))
        };
        let mut acceptor = Acceptor::new(constraint);
        for meta in &grammar.document().meta {
            if meta.name.starts_with("no-match.") {
                check(&mut acceptor, &meta.content, false);
            } else if meta.name.starts_with("match.") && spelled(&meta.content) {
                check(&mut acceptor, &meta.content, true);
            }
        }
    }
}

#[test]
fn numbers_know_their_length() {
    let library = Library::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars")).unwrap();
    let mut acceptor = Acceptor::new(library.constraint(Lang::Zh, "digits_4").unwrap().unwrap());
    check(&mut acceptor, "1 2-3 4", true);
    check(&mut acceptor, "幺二三", false);
    check(&mut acceptor, "12345", false);
    let place = after(&mut acceptor, b"123").unwrap();
    assert_eq!(acceptor.remaining(place), 1);
    let constraint = Arc::clone(acceptor.constraint());
    assert_eq!(constraint.meaning("幺二，三4").as_deref(), Some("1234"));
    assert_eq!(constraint.meaning("四个八").as_deref(), Some("8888"));
    assert_eq!(constraint.meaning("吆兩34").as_deref(), Some("1234"));
    assert_eq!(constraint.meaning("12"), None);
    assert!(library.constraint(Lang::Zh, "nothing").is_none());
}

#[test]
fn meanings_are_tags_where_there_are_some() {
    let library = Library::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars")).unwrap();
    let constraint = library.constraint(Lang::Zh, "yes_no").unwrap().unwrap();
    assert_eq!(constraint.meaning("對的"), constraint.meaning("好，可以"));
    assert_ne!(constraint.meaning("对"), constraint.meaning("不对"));
    assert!(link::read(b"").is_err());
}
