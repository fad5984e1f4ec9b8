//! The process is killed in the middle of a change: what was paid in is paid in once or not at all.

use super::program::{Folder, tingshuo};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

const TURNS: [&str; 3] = ["充五十块话费", "/246810", "确认"];
const BEFORE: &str = "一百二十八块五";
const AFTER: &str = "一百七十八块五";

/// A call that dies when it has taken `turns` turns; the last one is given a moment only when `answered`.
fn dies_after(database: &str, turns: usize, answered: bool) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tingshuo"))
        .args(["chat", "--json", "--caller", "13800000001", "--database", database])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut replies = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(replies.next().unwrap().unwrap().contains("greeting"), "the call began");
    for (n, turn) in TURNS.iter().take(turns).enumerate() {
        writeln!(input, "{turn}").unwrap();
        if n + 1 < turns || answered {
            replies.next().unwrap().unwrap();
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// What the next caller hears.
fn balance(database: &str) -> String {
    tingshuo(&["chat", "--caller", "13800000001", "--database", database], "查话费\n再见\n").succeeds().out
}

#[test]
fn a_killed_process_pays_once_or_not_at_all() {
    for (turns, answered) in [(2, true), (3, false), (3, true)] {
        let folder = Folder::new();
        let database = folder.join("house.db");
        let database = database.to_str().unwrap();
        dies_after(database, turns, answered);
        let told = balance(database);
        match (turns, answered) {
            (3, true) => assert!(told.contains(AFTER), "it was answered, so it was done: {told}"),
            (3, false) => assert!(told.contains(BEFORE) || told.contains(AFTER), "{told}"),
            _ => assert!(told.contains(BEFORE), "nothing without a yes: {told}"),
        }
    }
}
