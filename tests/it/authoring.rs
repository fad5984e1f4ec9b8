//! What authors do: edit flows while calls run, and follow the README's guide.

use super::program::Folder;
use jiff::civil::{DateTime, date};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tingshuo::business::{DemoOperator, clock};
use tingshuo::call::conversation::Conversation;
use tingshuo::call::editions::Editions;
use tingshuo::call::services::Services;
use tingshuo::call::text_call::{Input, Reply, TextCall};
use tingshuo::care::{FileOutbox, Handbook, WorkOrders};
use tingshuo::cli::edition::{Desk, Looked};
use tingshuo::dialog::Opening;
use tingshuo::store::Database;
use tingshuo::text::{Lang, PhoneNumber};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// A folder of one's own to write in, with the project's flows and grammars.
fn home(folder: &Folder) -> PathBuf {
    let home = folder.join("home");
    for name in ["flows", "grammars", "care"] {
        copy(&root().join(name), &home.join(name));
    }
    home
}

fn now() -> DateTime {
    date(2026, 11, 22).at(9, 30, 0, 0)
}

fn opening(call_id: &str) -> Opening {
    Opening {
        caller: PhoneNumber::parse("13800000001"),
        lang: Lang::Zh,
        now: now(),
        survey: false,
        by_keys: false,
        errand: None,
        call_id: call_id.into(),
    }
}

async fn call(editions: &Editions, call_id: &str) -> TextCall {
    TextCall::begin(Conversation::new(editions.current(), opening(call_id))).await.0
}

fn said(reply: &Reply) -> String {
    reply.said.iter().map(|utterance| utterance.text.as_str()).collect()
}

const OLD: &str = "您的话费余额是";
const NEW: &str = "您卡里现在还有";

#[tokio::test]
async fn new_calls_have_the_edit_and_running_calls_what_they_began_with() {
    let folder = Folder::new();
    let home = home(&folder);
    let flow = home.join("flows/query_balance.yaml");
    let (mut desk, edition) = Desk::open(&home).unwrap();
    let database = Database::temporary().await.unwrap();
    let first = edition.id.clone();
    let editions = Editions::new(Arc::new(Services {
        edition: edition.id,
        engine: edition.engine,
        router: edition.router,
        grammars: edition.grammars,
        operator: Arc::new(DemoOperator::new(database.clone(), clock::fixed(now()))),
        work_orders: WorkOrders::new(database.clone(), Arc::new(Handbook::built_in())),
        outbox: Arc::new(FileOutbox::beside(&database)),
        records: database.clone(),
        database: database.clone(),
    }));
    assert!(matches!(desk.look(&editions), Looked::Unchanged));
    let mut running = call(&editions, "running").await;

    let text = std::fs::read_to_string(&flow).unwrap();
    assert!(text.contains(OLD));
    std::fs::write(&flow, text.replace(OLD, NEW)).unwrap();
    let Looked::Renewed(second) = desk.look(&editions) else { panic!("the edit was not seen") };
    assert_ne!(first, second);
    assert!(said(&running.take(Input::Words("查话费")).await).contains(OLD), "a running call keeps its version");
    let mut edited = call(&editions, "edited").await;
    assert!(said(&edited.take(Input::Words("查话费")).await).contains(NEW));

    std::fs::write(&flow, text.replace("look_up: balance", "look_up: ballance")).unwrap();
    let Looked::Broken(faults) = desk.look(&editions) else { panic!("the fault was not seen") };
    let line = text.lines().position(|line| line.contains("look_up: balance")).unwrap() + 1;
    assert!(faults.contains(&format!("query_balance.yaml:{line}:")), "{faults}");
    assert!(matches!(desk.look(&editions), Looked::Unchanged), "said once");
    let mut after = call(&editions, "after a broken edit").await;
    assert!(said(&after.take(Input::Words("查话费")).await).contains(NEW), "the last whole version stays");

    std::fs::write(&flow, &text).unwrap();
    let Looked::Renewed(third) = desk.look(&editions) else { panic!("the repair was not seen") };
    assert_eq!(third, first, "the same content is the same edition");
    for (call, id, expected) in [(running, "running", &first), (edited, "edited", &second), (after, "after a broken edit", &second)] {
        assert_eq!(&call.finish().await.edition, expected, "{id}");
        assert_eq!(&database.calls().find(id).await.unwrap().unwrap().edition, expected, "{id}");
    }
}

/// The fenced blocks of a section: their language, the line before them, their text.
fn blocks(section: &str) -> Vec<(&str, &str, String)> {
    let mut found = Vec::new();
    let mut before = "";
    let mut lines = section.lines();
    while let Some(line) = lines.next() {
        match line.strip_prefix("```") {
            Some(language) => {
                let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
                found.push((language, before, block.join("\n") + "\n"));
            }
            None if !line.trim().is_empty() => before = line,
            None => {}
        }
    }
    found
}

/// Does what the guide says, word for word, and sees what it shows.
#[test]
fn the_guide_leads_to_a_flow_that_works() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let (_, guide) = readme.split_once("\n### Add a flow\n").unwrap();
    let guide = guide.split("\n## ").next().unwrap().split("\n### ").next().unwrap();
    let folder = Folder::new();
    let place = folder.join("checkout");
    std::fs::create_dir_all(&place).unwrap();
    for name in ["flows", "grammars", "care"] {
        std::os::unix::fs::symlink(root().join(name), place.join(name)).unwrap();
    }
    let (mut ran, mut written, mut compared, mut output) = (0, 0, 0, String::new());
    for (language, before, text) in blocks(guide) {
        match language {
            "sh" => {
                let script = text.replace("target/debug/tingshuo", env!("CARGO_BIN_EXE_tingshuo"));
                let run = Command::new("bash").args(["-euo", "pipefail", "-c", &script]).current_dir(&place).output().unwrap();
                output = String::from_utf8(run.stdout).unwrap();
                assert!(run.status.success(), "{text}\n{output}{}", String::from_utf8_lossy(&run.stderr));
                ran += 1;
            }
            "yaml" => {
                let file = before.split('`').nth(1).unwrap_or_else(|| panic!("no file is named before the block: {before}"));
                std::fs::write(place.join(file), text).unwrap();
                written += 1;
            }
            "text" => {
                assert_eq!(output, text, "the guide shows something else");
                compared += 1;
            }
            other => panic!("a block of {other}"),
        }
    }
    assert!(ran >= 3 && written >= 1 && compared >= 1, "{ran} commands, {written} files, {compared} outputs");
}
