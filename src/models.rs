//! The model files: which they are (`voices/models.toml`), where they lie, whether they are whole.
//!
//! [`Models::open`] reads the manifest; [`Models::path`] gives a verified file; [`fetch::fetch`] brings and converts what is missing.
//! A file of a wrong size or sum is never handed out. This module knows no engine and names no server.

mod adapt;
pub mod ct2;
pub mod fetch;
pub mod ggml;
pub mod layout;
pub mod manifest;
pub mod mel;
pub mod package;
mod scratch;
pub mod wholeness;

use manifest::{Manifest, Model, ModelFile, Recipe};
use std::path::{Path, PathBuf};
use wholeness::{Fault, Memory};

/// Why a model cannot be used; each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("{0} is not in voices/models.toml")]
    Unknown(String),
    #[error("{path} is missing: run `tingshuo models fetch {model}`")]
    Missing { model: String, path: PathBuf },
    #[error("{path} is damaged ({reason}): run `tingshuo models fetch {model}`")]
    Damaged { model: String, path: PathBuf, reason: String },
    #[error("{path} is part of the project and is {state}: restore it with `git checkout`")]
    InRepository { path: PathBuf, state: String },
    #[error("{model} has no build for {machine}: name your own file in the configuration")]
    Machine { model: String, machine: &'static str },
    #[error("cannot read the manifest {path}: {reason}")]
    Manifest { path: PathBuf, reason: String },
    #[error("fetching {package} failed: {reason}")]
    Fetch { package: String, reason: String },
    #[error("cannot write {path}: {reason}")]
    Write { path: PathBuf, reason: String },
}

/// The manifest and the cache folder (`$TINGSHUO_MODELS`, or `tingshuo/models` under the user's cache).
#[derive(Clone, Debug)]
pub struct Models {
    manifest: Manifest,
    /// Where in-repository files lie.
    voices: PathBuf,
    cache: PathBuf,
    machine: &'static str,
}

impl Models {
    /// Reads `voices/models.toml` under the project's data folder (see [`data_dir`]).
    pub fn open() -> Result<Models, ModelError> {
        Models::with(&data_dir().join("voices"), cache_dir())
    }

    /// Reads `models.toml` in `voices`; fetched files live in `cache`.
    pub fn with(voices: &Path, cache: PathBuf) -> Result<Models, ModelError> {
        let path = voices.join("models.toml");
        let text = std::fs::read_to_string(&path).map_err(|error| error.to_string());
        let manifest = text
            .and_then(|text| Manifest::parse(&text))
            .map_err(|reason| ModelError::Manifest { path, reason: reason.trim_end().into() })?;
        Ok(Models { manifest, voices: voices.to_owned(), cache, machine: std::env::consts::ARCH })
    }

    /// The file called `name` in the manifest (`whisper-telephone`, `onnxruntime`, `en_US-joe`, `zh_CN-baker`), checked to be present and whole
    /// (size and a remembered verification; the full SHA-256 is `models verify`). Files that belong to it (`<path>.json`) are checked too.
    pub fn path(&self, name: &str) -> Result<PathBuf, ModelError> {
        let model = self.get(name)?;
        self.check(model)?;
        self.files(model).next().map(|(_, path)| path).ok_or_else(|| self.no_build(model))
    }

    /// The file called `file` of the model called `name`, checked in the same way.
    pub fn file(&self, name: &str, file: &str) -> Result<PathBuf, ModelError> {
        let model = self.get(name)?;
        self.check(model)?;
        let found = self.files(model).find(|(known, _)| known.name == file);
        found.map(|(_, path)| path).ok_or_else(|| ModelError::Unknown(format!("the file {file} of {name}")))
    }

    pub fn all(&self) -> &[Model] {
        &self.manifest.models
    }

    pub fn get(&self, name: &str) -> Result<&Model, ModelError> {
        self.manifest.get(name).ok_or_else(|| ModelError::Unknown(name.to_owned()))
    }

    /// The files of `model` on this machine and where they lie or will lie.
    pub fn files<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = (&'a ModelFile, PathBuf)> {
        let folder = if model.recipe == Recipe::InRepository { &self.voices } else { &self.cache };
        model.files(self.machine).map(move |file| (file, folder.join(&file.name)))
    }

    /// Size and remembered sum of every file.
    pub fn check(&self, model: &Model) -> Result<(), ModelError> {
        let memory = Memory::in_cache(&self.cache);
        self.check_with(model, |path, file| memory.check(path, file))
    }

    /// Size and sum of every file, read whole.
    pub fn verify(&self, model: &Model) -> Result<(), ModelError> {
        self.check_with(model, |path, file| wholeness::verify(path, file.size, &file.sha256))
    }

    fn check_with(&self, model: &Model, check: impl Fn(&Path, &ModelFile) -> Result<(), Fault>) -> Result<(), ModelError> {
        let mut none = true;
        for (file, path) in self.files(model) {
            none = false;
            check(&path, file).map_err(|fault| match (model.recipe, fault) {
                (Recipe::InRepository, Fault::Missing) => ModelError::InRepository { path, state: "missing".into() },
                (Recipe::InRepository, Fault::Damaged(reason)) => ModelError::InRepository { path, state: format!("damaged ({reason})") },
                (_, Fault::Missing) => ModelError::Missing { model: model.name.clone(), path },
                (_, Fault::Damaged(reason)) => ModelError::Damaged { model: model.name.clone(), path, reason },
            })?;
        }
        if none { Err(self.no_build(model)) } else { Ok(()) }
    }

    pub fn cache(&self) -> &Path {
        &self.cache
    }

    /// Where what the repository itself holds lies.
    fn voices(&self) -> &Path {
        &self.voices
    }

    fn machine(&self) -> &'static str {
        self.machine
    }

    fn no_build(&self, model: &Model) -> ModelError {
        ModelError::Machine { model: model.name.clone(), machine: self.machine }
    }
}

/// `$TINGSHUO_MODELS`, else `tingshuo/models` under `$XDG_CACHE_HOME` or `~/.cache`.
fn cache_dir() -> PathBuf {
    if let Some(folder) = environment_path("TINGSHUO_MODELS") {
        return folder;
    }
    let user_cache = environment_path("XDG_CACHE_HOME").or_else(|| Some(std::env::home_dir()?.join(".cache")));
    user_cache.unwrap_or_else(std::env::temp_dir).join("tingshuo/models")
}

/// Where `voices/`, `flows/` and `grammars/` are: `$TINGSHUO_HOME`, else the working folder if it has them, else the folder of the
/// program or one above it, else the source tree that built it.
pub fn data_dir() -> PathBuf {
    if let Some(folder) = environment_path("TINGSHUO_HOME") {
        return folder;
    }
    let is_home = |folder: &&Path| folder.join("voices/models.toml").is_file();
    let working = std::env::current_dir().unwrap_or_default();
    let program = std::env::current_exe().unwrap_or_default();
    let mut candidates = std::iter::once(working.as_path()).chain(program.ancestors().skip(1));
    candidates.find(is_home).unwrap_or(Path::new(env!("CARGO_MANIFEST_DIR"))).to_owned()
}

fn environment_path(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}
