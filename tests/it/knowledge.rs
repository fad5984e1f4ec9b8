//! The knowledge base from outside: the command for editors, and what callers asked in vain.

use crate::program::{Folder, tingshuo};

#[test]
fn search_names_the_entry_and_what_a_caller_would_get() {
    let lines = tingshuo(&["knowledge", "search", "电子发漂怎么开", "--most", "2", "--json"], "").succeeds().json_lines();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["entry"], &lines[0]["decision"]), (&"invoice_how".into(), &"accept".into()), "{}", lines[0]);
    let lines = tingshuo(&["knowledge", "search", "does my data roll over", "--lang", "en", "--json"], "").succeeds().json_lines();
    assert_eq!(lines[0]["entry"], "data_rollover", "{}", lines[0]);
}

#[test]
fn a_question_asked_in_vain_is_kept_until_an_entry_answers_it() {
    let folder = Folder::new();
    let database = folder.join("calls.db");
    let database = database.to_str().unwrap();
    let chat = |words: &str| tingshuo(&["chat", "--caller", "13800000001", "--database", database], &format!("{words}\n再见\n")).succeeds();
    let question = "虚拟网是什么";
    let said = chat(question).out;
    assert!(said.contains("转人工") || said.contains("同事"), "a person is offered in: {said}");
    chat("虚拟网，是什么？");
    let lines = tingshuo(&["knowledge", "unanswered", "--database", database, "--json"], "").succeeds().json_lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["times"], 2);
    assert!(lines[0]["question"].as_str().unwrap().contains("虚拟网"), "{}", lines[0]);
}

#[test]
fn without_a_database_the_command_says_what_to_name() {
    let run = tingshuo(&["knowledge", "unanswered", "--database", "no/such/file.db"], "");
    assert_eq!(run.code, 1);
    assert!(run.err.contains("no/such/file.db") && run.err.contains("--database"), "{}", run.err);
}
