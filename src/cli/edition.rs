//! Reads what authors write as one edition, and again when it has changed: a broken edit is reported and changes nothing.

use super::Failure;
use super::check::{REMINDERS, check_flows};
use crate::call::editions::{Edition, Editions};
use crate::dialog::{Engine, Fault, PARTS};
use crate::grammar::Library;
use crate::nlu::Router;
use anyhow::Context;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Faults that are shown of a broken edit.
const MOST_FAULTS: usize = 10;

/// The sums of what an edition is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sums {
    flows: [u8; 32],
    /// Grammars, example sentences and knowledge, which take seconds to load.
    words: [u8; 32],
}

impl Sums {
    fn of(home: &Path) -> Result<Sums, Failure> {
        let mut flows = Sha256::new().chain_update(sum(&home.join("flows"), &["yaml"], Depth::Folder)?);
        let below = [PARTS, REMINDERS].map(|name| home.join("flows").join(name));
        for folder in below.iter().filter(|folder| folder.is_dir()) {
            flows.update(sum(folder, &["yaml"], Depth::Folder)?);
        }
        let mut words = Sha256::new();
        let knowledge = home.join("flows").join("knowledge");
        // A service may have no knowledge base.
        let folders =
            [home.join("flows").join("intents"), home.join("grammars")].into_iter().chain(knowledge.is_dir().then_some(knowledge));
        for folder in folders {
            words.update(sum(&folder, &["yaml", "grxml", "gram"], Depth::All)?);
        }
        Ok(Sums { flows: flows.finalize().into(), words: words.finalize().into() })
    }

    fn id(&self) -> String {
        let whole = Sha256::new().chain_update(self.flows).chain_update(self.words).finalize();
        whole.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Depth {
    Folder,
    All,
}

/// Of the names and contents of a folder's files.
fn sum(folder: &Path, extensions: &[&str], depth: Depth) -> Result<[u8; 32], Failure> {
    let mut files = Vec::new();
    collect(folder, extensions, depth, &mut files)?;
    files.sort();
    let mut sum = Sha256::new();
    for file in files {
        let content = std::fs::read(&file).with_context(|| file.display().to_string())?;
        let name = file.strip_prefix(folder).unwrap_or(&file).to_string_lossy().into_owned();
        for part in [name.as_bytes(), &content] {
            sum.update((part.len() as u64).to_le_bytes());
            sum.update(part);
        }
    }
    Ok(sum.finalize().into())
}

fn collect(folder: &Path, extensions: &[&str], depth: Depth, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            if depth == Depth::All {
                collect(&path, extensions, depth, files)?;
            }
        } else if path.extension().and_then(|extension| extension.to_str()).is_some_and(|extension| extensions.contains(&extension)) {
            files.push(path);
        }
    }
    Ok(())
}

/// What became of looking for changes.
#[derive(Debug)]
pub enum Looked {
    Unchanged,
    /// New calls get this edition.
    Renewed(String),
    /// The files have faults; new calls get what they got before. Said once for each edit.
    Broken(String),
}

/// The folder that authors write in.
pub struct Desk {
    home: PathBuf,
    sums: Sums,
    /// The edit that was refused last.
    refused: Option<Sums>,
}

impl Desk {
    /// Loads the folder; the edition is what calls begin with.
    pub fn open(home: &Path) -> Result<(Desk, Edition), Failure> {
        let sums = Sums::of(home)?;
        let engine = engine(home)?;
        let (grammars, router) = words(home)?;
        let edition = Edition { id: sums.id(), engine, router, grammars };
        Ok((Desk { home: home.to_owned(), sums, refused: None }, edition))
    }

    /// Looks whether something was edited, and lets new calls have it if it is without faults. To be called before a call begins, or now and
    /// then beside the calls: loading takes seconds when sentences or grammars were edited, else milliseconds.
    pub fn look(&mut self, editions: &Editions) -> Looked {
        match self.try_look(editions) {
            Ok(looked) => looked,
            // Also when the folder cannot be read, for an editor may be moving a file this very moment.
            Err(error) => Looked::Broken(format!("{error:#}")),
        }
    }

    fn try_look(&mut self, editions: &Editions) -> Result<Looked, Failure> {
        let sums = Sums::of(&self.home)?;
        if sums == self.sums || self.refused.as_ref() == Some(&sums) {
            return Ok(Looked::Unchanged);
        }
        let loaded = self.load(&sums, editions);
        if Sums::of(&self.home)? != sums {
            // Edited while it was read: the next look sees the whole.
            return Ok(Looked::Unchanged);
        }
        match loaded {
            Ok(edition) => {
                let id = edition.id.clone();
                editions.replace(edition);
                (self.sums, self.refused) = (sums, None);
                Ok(Looked::Renewed(id))
            }
            Err(error) => {
                self.refused = Some(sums);
                Err(error)
            }
        }
    }

    fn load(&self, sums: &Sums, editions: &Editions) -> Result<Edition, Failure> {
        let engine = engine(&self.home)?;
        let (grammars, router) = if sums.words == self.sums.words {
            let current = editions.current();
            (current.grammars.clone(), current.router.clone())
        } else {
            words(&self.home)?
        };
        Ok(Edition { id: sums.id(), engine, router, grammars })
    }
}

/// The edition of a folder, as calls keep it.
pub fn id(home: &Path) -> Result<String, Failure> {
    Sums::of(home).map(|sums| sums.id())
}

fn engine(home: &Path) -> Result<Engine, Failure> {
    let flows = check_flows(&home.join("flows"), &home.join("grammars"))?;
    flows.map(|flows| Engine::new(Arc::new(flows))).map_err(|faults| anyhow::anyhow!("{}", shown(&faults)))
}

fn words(home: &Path) -> Result<(Arc<Library>, Arc<Router>), Failure> {
    let grammars = Arc::new(Library::load(&home.join("grammars"))?);
    let router = Arc::new(Router::with(home, grammars.clone())?);
    Ok((grammars, router))
}

/// A fault a line: file, line, column, what to do.
fn shown(faults: &[Fault]) -> String {
    let mut lines: Vec<String> = faults.iter().take(MOST_FAULTS).map(Fault::to_string).collect();
    if faults.len() > MOST_FAULTS {
        lines.push(format!("and {} more: run `tingshuo check`", faults.len() - MOST_FAULTS));
    }
    lines.join("\n")
}
