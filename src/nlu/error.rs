//! What can be wrong with the files that understanding is made from.

use std::fmt::Display;
use std::path::{Path, PathBuf};

/// Mend the file that is named and start again.
#[derive(Debug, thiserror::Error)]
pub enum NluError {
    /// The file is missing or may not be read.
    #[error("cannot read {}: {reason}", file.display())]
    Read { file: PathBuf, reason: String },
    /// The file says something that makes no sense.
    #[error("{}: {reason}", file.display())]
    Bad { file: PathBuf, reason: String },
    /// A grammar is wrong; the text names file, line and column.
    #[error("{0}")]
    Grammar(String),
    /// An entry of the knowledge base is wrong; the text names file, line and column.
    #[error("{0}")]
    Knowledge(String),
}

impl NluError {
    pub fn read(file: &Path, error: std::io::Error) -> NluError {
        NluError::Read { file: file.to_owned(), reason: error.to_string() }
    }

    pub fn bad(file: &Path, reason: impl Display) -> NluError {
        NluError::Bad { file: file.to_owned(), reason: reason.to_string() }
    }
}
