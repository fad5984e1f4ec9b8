//! Whether a file is what the manifest says, and a memory of having looked.
//!
//! Hashing 150 MB at every start would cost half a second; so a stamp beside the cache remembers which file (path, size, time
//! of change) had which sum. A file that changed in any way is hashed again. The stamp is a convenience, not a seal: `models
//! verify` never looks at it.

use super::manifest::ModelFile;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    Missing,
    /// One clause for people.
    Damaged(String),
}

/// SHA-256 in lower-case hexadecimal, read in pieces.
pub fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hexadecimal(&hasher.finalize())),
            n => hasher.update(piece.get(..n).expect("read returns at most the length it was given")),
        }
    }
}

pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares size and full sum.
pub fn verify(path: &Path, size: u64, sum: &str) -> Result<(), Fault> {
    check_size(path, size)?;
    let found = sha256(path).map_err(|error| Fault::Damaged(error.to_string()))?;
    if found == sum { Ok(()) } else { Err(Fault::Damaged(format!("its SHA-256 is {found}, not {sum}"))) }
}

fn check_size(path: &Path, size: u64) -> Result<(), Fault> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Fault::Missing),
        Err(error) => Err(Fault::Damaged(error.to_string())),
        Ok(found) if !found.is_file() => Err(Fault::Damaged("it is not a file".into())),
        Ok(found) if found.len() != size => Err(Fault::Damaged(format!("{} bytes in place of {size}", found.len()))),
        Ok(_) => Ok(()),
    }
}

/// The stamps, a folder of small files.
#[derive(Clone, Debug)]
pub struct Memory {
    folder: PathBuf,
}

impl Memory {
    pub fn in_cache(cache: &Path) -> Memory {
        Memory { folder: cache.join(".verified") }
    }

    /// Size always; the sum unless it was checked since the file last changed.
    pub fn check(&self, path: &Path, file: &ModelFile) -> Result<(), Fault> {
        check_size(path, file.size)?;
        let stamp = stamp(path, file).map_err(|error| Fault::Damaged(error.to_string()))?;
        let place = self.folder.join(&file.name);
        if fs::read_to_string(&place).is_ok_and(|remembered| remembered == stamp) {
            return Ok(());
        }
        verify(path, file.size, &file.sha256)?;
        // A cache that cannot be written (a read-only image) only costs the hashing at each start.
        let _ = fs::create_dir_all(&self.folder).and_then(|()| fs::write(&place, stamp));
        Ok(())
    }
}

fn stamp(path: &Path, file: &ModelFile) -> io::Result<String> {
    let changed = fs::metadata(path)?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{} {} {} {}\n", file.sha256, file.size, changed.as_nanos(), path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::scratch::Scratch;

    /// SHA-256 of `abc`, FIPS 180-2 appendix B.1.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn file(size: u64) -> ModelFile {
        toml::from_str(&format!("name='m'\nsize={size}\nsha256='{ABC}'")).unwrap()
    }

    #[test]
    fn missing_short_wrong_and_whole_files_are_told_apart() {
        let scratch = Scratch::new();
        let path = scratch.path().join("m");
        assert_eq!(verify(&path, 3, ABC), Err(Fault::Missing));
        fs::write(&path, "ab").unwrap();
        assert_eq!(verify(&path, 3, ABC), Err(Fault::Damaged("2 bytes in place of 3".into())));
        fs::write(&path, "abd").unwrap();
        assert!(matches!(verify(&path, 3, ABC), Err(Fault::Damaged(reason)) if reason.contains("SHA-256")));
        fs::write(&path, "abc").unwrap();
        assert_eq!(verify(&path, 3, ABC), Ok(()));
        assert_eq!(verify(scratch.path(), 3, ABC), Err(Fault::Damaged("it is not a file".into())));
    }

    #[test]
    fn a_remembered_file_is_hashed_again_when_it_changes() {
        let scratch = Scratch::new();
        let path = scratch.path().join("m");
        let memory = Memory::in_cache(scratch.path());
        fs::write(&path, "abc").unwrap();
        assert_eq!(memory.check(&path, &file(3)), Ok(()));
        assert!(scratch.path().join(".verified/m").exists());
        assert_eq!(memory.check(&path, &file(3)), Ok(()));
        let earlier = fs::metadata(&path).unwrap().modified().unwrap() - std::time::Duration::from_secs(60);
        fs::write(&path, "abd").unwrap();
        File::options().write(true).open(&path).unwrap().set_modified(earlier).unwrap();
        assert!(matches!(memory.check(&path, &file(3)), Err(Fault::Damaged(_))));
    }
}
