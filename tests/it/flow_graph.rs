//! Every flow of the project can be drawn, and the drawing says what the flow does.

use super::program::{Folder, tingshuo};

fn texts(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap();
    document.descendants().filter(|node| node.has_tag_name("text")).filter_map(|node| node.text()).map(str::to_owned).collect()
}

fn draw(arguments: &[&str]) -> Vec<String> {
    let folder = Folder::new();
    let out = folder.join("flow.svg");
    tingshuo(&[&["flow", "graph", "--out", out.to_str().unwrap()][..], arguments].concat(), "").succeeds();
    texts(&std::fs::read_to_string(out).unwrap())
}

#[track_caller]
fn has(texts: &[String], wanted: &[&str]) {
    for text in wanted {
        assert!(texts.iter().any(|found| found.contains(text)), "{text} is not in {texts:?}");
    }
}

#[test]
fn a_change_shows_its_verification_its_consent_and_its_refusals() {
    has(&draw(&["report_loss"]), &["挂失", "办理", "report_loss", "核对身份（", "同意：", "拒绝: already_lost", "不同意"]);
    has(&draw(&["report_loss", "--lang", "en"]), &["block your lost SIM", "change", "verifies (", "consent: ", "refused: already_lost"]);
}

#[test]
fn all_flows_are_drawn_without_a_name() {
    let all = draw(&[]);
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/flows")).unwrap();
    let names = files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let names: Vec<String> =
        names.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).filter(|name| name != "service").collect();
    assert!(names.len() > 4);
    for name in names {
        assert!(all.contains(&name), "{name} is not drawn");
    }
}

#[test]
fn an_unknown_flow_names_those_there_are() {
    let run = tingshuo(&["flow", "graph", "nonsense", "--out", "/nowhere/flow.svg"], "");
    assert_eq!(run.code, 1);
    assert!(run.err.contains("query_balance"), "{}", run.err);
}
