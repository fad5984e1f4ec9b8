//! The files of `tests/scenarios/`. Text mode and audio mode read the same files.

use std::path::Path;
pub use tingshuo::cli::eval::calls::scenario::{Scenario, Turn};

/// All scenarios by file name.
pub fn all() -> Vec<(String, Scenario)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    tingshuo::cli::eval::calls::scenario::read_all(&dir).unwrap()
}
