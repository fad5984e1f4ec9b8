//! Spoken sentences on disk, by content: who speaks, what, how fast. What is damaged is thrown away and spoken anew.
//!
//! A file is a line of magic, the SHA-256 of the rest, then 16-bit samples. Files appear whole or not at all.

use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

const MAGIC: &[u8] = b"tingshuo speech 1\n";
const SUM_BYTES: usize = 32;
/// Half an hour of speech at 16 kHz takes 58 MB.
const DEFAULT_LIMIT_BYTES: u64 = 512 << 20;
const EXTENSION: &str = "speech";

/// A folder of spoken sentences; a cache without a folder remembers nothing.
pub struct Cache {
    folder: Option<PathBuf>,
    limit_bytes: u64,
    used_bytes: Mutex<u64>,
    writes: AtomicU64,
}

impl Cache {
    /// `$TINGSHUO_CACHE`, else `tingshuo/speech` under the user's cache folder; nothing is remembered when neither can be written.
    pub fn open() -> Cache {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = variable("TINGSHUO_CACHE").map(|cache| cache.join("speech")).or_else(|| {
            let cache = variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache")))?;
            Some(cache.join("tingshuo").join("speech"))
        });
        folder.map_or_else(Cache::none, |folder| Cache::at(&folder, DEFAULT_LIMIT_BYTES))
    }

    /// A cache in `folder` that holds at most `limit_bytes`.
    pub fn at(folder: &Path, limit_bytes: u64) -> Cache {
        if let Err(error) = fs::create_dir_all(folder) {
            tracing::warn!(folder = %folder.display(), %error, "no speech cache");
            return Cache::none();
        }
        let used = entries(folder).iter().map(|entry| entry.bytes).sum();
        Cache { folder: Some(folder.to_owned()), limit_bytes, used_bytes: Mutex::new(used), writes: AtomicU64::new(0) }
    }

    /// A cache that remembers nothing.
    pub fn none() -> Cache {
        Cache { folder: None, limit_bytes: 0, used_bytes: Mutex::new(0), writes: AtomicU64::new(0) }
    }

    /// The name of a sentence: equal names sound equal. `parts` are everything that is heard: voice, text, speed.
    pub fn key(parts: &[&str]) -> String {
        let mut sum = Sha256::new();
        for part in parts {
            sum.update((part.len() as u64).to_le_bytes());
            sum.update(part.as_bytes());
        }
        hex(&sum.finalize())
    }

    /// The samples remembered under `key`.
    pub fn get(&self, key: &str) -> Option<Vec<f32>> {
        let path = self.path(key)?;
        let bytes = fs::read(&path).ok()?;
        let Some(samples) = decode(&bytes) else {
            tracing::warn!(file = %path.display(), "damaged, will be spoken anew");
            if fs::remove_file(&path).is_ok() {
                let mut used = self.used_bytes.lock().unwrap_or_else(PoisonError::into_inner);
                *used = used.saturating_sub(bytes.len() as u64);
            }
            return None;
        };
        // What is used stays: the oldest go first. A read-only cache still serves.
        let _ = File::options().write(true).open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        Some(samples)
    }

    /// Remembers `samples`; a full disk is logged, not an error, because the sentence can be played all the same.
    pub fn put(&self, key: &str, samples: &[f32]) {
        let Some(path) = self.path(key) else { return };
        if let Err(error) = self.write(&path, &encode(samples)) {
            tracing::warn!(file = %path.display(), %error, "not kept in the speech cache");
        }
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let number = self.writes.fetch_add(1, Ordering::Relaxed);
        let part = path.with_extension(format!("{}-{number}.part", std::process::id()));
        let before = fs::metadata(path).map_or(0, |entry| entry.len());
        fs::write(&part, bytes).and_then(|()| fs::rename(&part, path)).inspect_err(|_| {
            let _ = fs::remove_file(&part);
        })?;
        let mut used = self.used_bytes.lock().unwrap_or_else(PoisonError::into_inner);
        *used = (*used + bytes.len() as u64).saturating_sub(before);
        if *used > self.limit_bytes {
            *used = self.shrink();
        }
        Ok(())
    }

    /// Drops the longest unused down to three quarters of the limit, so that not every write has to.
    fn shrink(&self) -> u64 {
        let Some(folder) = &self.folder else { return 0 };
        let mut entries = entries(folder);
        entries.sort_by_key(|entry| entry.used);
        let mut left: u64 = entries.iter().map(|entry| entry.bytes).sum();
        for entry in entries {
            if left <= self.limit_bytes / 4 * 3 {
                break;
            }
            if fs::remove_file(&entry.path).is_ok() {
                left -= entry.bytes;
            }
        }
        left
    }

    fn path(&self, key: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(key).with_extension(EXTENSION))
    }
}

struct Entry {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

fn entries(folder: &Path) -> Vec<Entry> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .filter(|file| file.path().extension().is_some_and(|extension| extension == EXTENSION))
        .filter_map(|file| {
            let about = file.metadata().ok()?;
            Some(Entry { path: file.path(), bytes: about.len(), used: about.modified().unwrap_or(SystemTime::UNIX_EPOCH) })
        })
        .collect()
}

/// A sample as the cache keeps it; what goes to the listener passes through it too, so that the first time sounds like the second.
pub fn to_i16(sample: f32) -> i16 {
    (sample.clamp(-1.0, 1.0) * 32_767.0).round() as i16
}

pub fn from_i16(sample: i16) -> f32 {
    f32::from(sample) / 32_767.0
}

fn encode(samples: &[f32]) -> Vec<u8> {
    let sound: Vec<u8> = samples.iter().flat_map(|sample| to_i16(*sample).to_le_bytes()).collect();
    [MAGIC, &Sha256::digest(&sound), &sound].concat()
}

fn decode(bytes: &[u8]) -> Option<Vec<f32>> {
    let (sum, sound) = bytes.strip_prefix(MAGIC)?.split_at_checked(SUM_BYTES)?;
    let (samples, rest) = sound.as_chunks::<2>();
    (rest.is_empty() && Sha256::digest(sound)[..] == *sum)
        .then(|| samples.iter().map(|sample| from_i16(i16::from_le_bytes(*sample))).collect())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A folder that is gone when the test ends.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("tingshuo-cache-{}-{name}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            Folder(path)
        }

        fn file(&self, key: &str) -> PathBuf {
            self.0.join(key).with_extension(EXTENSION)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn gives_back_what_it_was_given() {
        let folder = Folder::new("whole");
        let cache = Cache::at(&folder.0, 1 << 20);
        let samples: Vec<f32> = [0, 1, -1, 32_767, -32_767].map(from_i16).to_vec();
        assert_eq!(cache.get("a"), None);
        cache.put("a", &samples);
        assert_eq!(cache.get("a"), Some(samples));
        assert_eq!(Cache::none().get("a"), None);
    }

    #[test]
    fn damage_is_noticed_and_cleared_away() {
        let folder = Folder::new("damage");
        let cache = Cache::at(&folder.0, 1 << 20);
        let path = folder.file("a");
        let damages: [fn(&mut Vec<u8>); 4] = [
            |bytes| bytes.truncate(bytes.len() - 2),
            |bytes| bytes.clear(),
            |bytes| bytes.push(0),
            |bytes| *bytes.last_mut().unwrap() ^= 1,
        ];
        for damage in damages {
            cache.put("a", &[0.5; 100]);
            let mut bytes = fs::read(&path).unwrap();
            damage(&mut bytes);
            fs::write(&path, bytes).unwrap();
            assert_eq!(cache.get("a"), None);
            assert!(!path.exists());
        }
    }

    #[test]
    fn the_longest_unused_go_first() {
        let folder = Folder::new("limit");
        let cache = Cache::at(&folder.0, 10_000);
        for (number, key) in ["a", "b", "c", "d"].into_iter().enumerate() {
            cache.put(key, &[0.1; 1_000]);
            let used = SystemTime::UNIX_EPOCH + Duration::from_secs(number as u64);
            File::options().write(true).open(folder.file(key)).unwrap().set_modified(used).unwrap();
        }
        assert!(cache.get("a").is_some(), "reading is use");
        cache.put("e", &[0.1; 1_000]);
        let left: Vec<&str> = ["a", "b", "c", "d", "e"].into_iter().filter(|key| folder.file(key).exists()).collect();
        assert_eq!(left, ["a", "d", "e"]);
        let files = fs::read_dir(&folder.0).unwrap().count();
        assert_eq!(files, left.len(), "no unfinished file stays");
    }

    #[test]
    fn names_tell_parts_apart() {
        assert_ne!(Cache::key(&["ab", "c"]), Cache::key(&["a", "bc"]));
        assert_eq!(Cache::key(&["ab", "c"]), Cache::key(&["ab", "c"]));
    }

    #[test]
    fn a_folder_that_cannot_be_made_means_no_cache() {
        let cache = Cache::at(Path::new("/proc/none/speech"), 1 << 20);
        cache.put("a", &[0.5]);
        assert_eq!(cache.get("a"), None);
    }
}
