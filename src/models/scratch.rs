//! A folder that goes away with its owner.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Created on construction, removed with all its content on drop.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// Names of scratch folders begin with this, so that what a killed process left behind can be swept.
    pub const PREFIX: &str = ".fetch-";

    pub fn within(folder: &Path) -> std::io::Result<Scratch> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let path = folder.join(format!("{}{}-{}", Self::PREFIX, std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir_all(&path)?;
        Ok(Scratch { path })
    }

    #[cfg(test)]
    pub fn new() -> Scratch {
        Scratch::within(&std::env::temp_dir()).unwrap()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes what earlier, killed owners left in `folder`. Call it only while holding the lock that owners hold.
    pub fn sweep(folder: &Path) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(Self::PREFIX)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}
