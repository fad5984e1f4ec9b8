//! Runs the real program, each test in a folder of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that is gone when the test ends.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("tingshuo-it-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// What a run of the program gave.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    fn of(output: Output) -> Run {
        Run {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    #[track_caller]
    pub fn succeeds(self) -> Run {
        assert_eq!(self.code, 0, "{}", self.err);
        self
    }

    /// A JSON value a line.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<serde_json::Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))).collect()
    }
}

/// Runs the program in the project's folder with `input` on its standard input.
pub fn tingshuo(args: &[&str], input: &str) -> Run {
    tingshuo_at(Path::new(env!("CARGO_MANIFEST_DIR")), args, input)
}

/// The same with the flows, grammars and voices of another folder.
pub fn tingshuo_at(home: &Path, args: &[&str], input: &str) -> Run {
    ended(started(home, args, Stdio::piped()), input)
}

/// The same as [`tingshuo`] without input, and nobody reads what it prints.
pub fn tingshuo_unread(args: &[&str]) -> Run {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    ended(started(Path::new(env!("CARGO_MANIFEST_DIR")), args, writer.into()), "")
}

fn started(home: &Path, args: &[&str], out: Stdio) -> Child {
    Command::new(env!("CARGO_BIN_EXE_tingshuo"))
        .args(args)
        .env("TINGSHUO_HOME", home)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(out)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn ended(mut child: Child, input: &str) -> Run {
    // A program that ends early closes its input; what it printed tells why.
    child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
    Run::of(child.wait_with_output().unwrap())
}

/// The path of a recording in `audio-fixtures/`.
pub fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("audio-fixtures").join(name);
    assert!(path.exists(), "{} is missing: run `make fixtures`", path.display());
    path.to_str().unwrap().to_owned()
}
