//! Exit codes and messages: what scripts depend on.

use crate::program::{Folder, fixture, tingshuo, tingshuo_unread};

#[test]
fn wrong_use_is_2() {
    for args in [&[][..], &["call"], &["call", "--wav"], &["nonsense"], &["understand", "--lang", "fr"]] {
        assert_eq!(tingshuo(args, "").code, 2, "{args:?}");
    }
}

#[test]
fn help_is_0_and_names_every_option_of_call() {
    let run = tingshuo(&["call", "--help"], "").succeeds();
    for option in ["--wav", "--as-is", "--interrupt", "--realtime", "--caller", "--lang", "--out"] {
        assert!(run.out.contains(option), "{option} is not in the help");
    }
}

#[test]
fn where_nobody_reads_on_a_command_ends_without_a_word() {
    for args in [&["models", "list"][..], &["check"]] {
        let run = tingshuo_unread(args);
        assert_ne!(run.code, 0);
        assert_eq!(run.err, "", "{args:?}");
    }
}

/// `call` on one file must fail with 1 and say `reason` and the file's name.
#[track_caller]
fn refused(file: &str, reason: &str) {
    let run = tingshuo(&["call", "--wav", file], "");
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.err.contains(file), "the file is not named in: {}", run.err);
    assert!(run.err.contains(reason), "no {reason:?} in: {}", run.err);
}

#[test]
fn files_without_sound_are_refused_with_a_reason() {
    let folder = Folder::new();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    refused(&path("missing.wav"), "cannot open");
    std::fs::write(path("empty.wav"), b"").unwrap();
    refused(&path("empty.wav"), "empty");
    std::fs::write(path("text.wav"), b"This is not sound, whatever its name says.").unwrap();
    refused(&path("text.wav"), "not a WAV file");
}

#[test]
fn transcribe_goes_on_after_a_bad_file_and_fails_at_the_end() {
    let folder = Folder::new();
    let bad = folder.join("bad.wav");
    std::fs::write(&bad, b"RIFF").unwrap();
    let good = fixture("odd/silence.wav");
    let run = tingshuo(&["transcribe", "--json", bad.to_str().unwrap(), &good], "");
    assert_eq!(run.code, 1);
    assert!(run.err.contains("bad.wav"), "{}", run.err);
    let lines = run.json_lines();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["text"], "", "silence has no words");
}
