//! The two languages of the service.

use serde::{Deserialize, Serialize};

/// A language that callers speak and the service answers in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Mandarin Chinese, written in simplified characters.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The two-letter code, as in file names and on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Lang::Zh => "zh",
            Lang::En => "en",
        }
    }
}

impl std::fmt::Display for Lang {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}
