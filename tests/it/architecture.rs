//! Holds the code to the table of rooms in `ARCHITECTURE.md`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const LONGEST_FILE: usize = 450;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn files_below(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    rust_files(&root().join(folder), &mut found);
    assert!(!found.is_empty(), "no Rust files below {folder}");
    found
}

/// Rooms in the order of the table: rows that begin with `` | `name` | ``.
fn rooms(page: &str) -> Vec<String> {
    page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |").map(|(name, _)| name.to_owned())).collect()
}

/// The modules that a source text names after `crate::`, with line numbers; `use crate::{a, b::c}` names two.
fn named_modules(source: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, line) in source.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for after in code.split("crate::").skip(1) {
            let names: Vec<&str> = match after.strip_prefix('{') {
                Some(list) => list.split(',').collect(),
                None => vec![after],
            };
            for name in names {
                let word: String = name.trim().chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                if !word.is_empty() {
                    found.push((index + 1, word));
                }
            }
        }
    }
    found
}

fn room_of(file: &Path) -> String {
    let below = file.strip_prefix(root().join("src")).unwrap();
    below.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

#[test]
fn a_module_uses_only_modules_listed_before_it() {
    let rooms = rooms(&std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap());
    let place: BTreeMap<&str, usize> = rooms.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
    let mut faults = Vec::new();
    for file in files_below("src") {
        let room = room_of(&file);
        if room == "lib" || room == "main" {
            continue;
        }
        let Some(own) = place.get(room.as_str()) else {
            faults.push(format!("{}: the room `{room}` is not in the table of ARCHITECTURE.md", file.display()));
            continue;
        };
        for (line, used) in named_modules(&std::fs::read_to_string(&file).unwrap()) {
            if place.get(used.as_str()).is_some_and(|theirs| theirs > own) {
                faults.push(format!("{}:{line}: `{room}` uses `{used}`, which is listed after it", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_room_of_the_table_exists() {
    let rooms = rooms(&std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap());
    assert!(rooms.len() > 10, "the table of rooms was not found");
    for room in rooms {
        assert!(root().join("src").join(format!("{room}.rs")).exists(), "ARCHITECTURE.md lists `{room}`, which has no src/{room}.rs");
    }
}

#[test]
fn no_file_outgrows_its_limit() {
    let files = files_below("src").into_iter().chain(files_below("tests"));
    let long: Vec<String> = files
        .map(|file| (std::fs::read_to_string(&file).unwrap().lines().count(), file))
        .filter(|(lines, _)| *lines > LONGEST_FILE)
        .map(|(lines, file)| format!("{}: {lines} lines, at most {LONGEST_FILE}", file.display()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn the_reader_of_imports_sees_lists_and_paths() {
    let source = "use crate::{text::Lang, audio};\nlet x = crate::store::open(); // crate::cli\n";
    let names: Vec<String> = named_modules(source).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["text", "audio", "store"]);
}
