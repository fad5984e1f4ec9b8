//! `tingshuo check`: everything that an author writes in `flows/`, `grammars/`, `care/`, `desk/` and `outbound/`, checked; every fault with file, line and column.

use super::{Failure, edition};
use crate::business::{OPERATIONS, Operation};
use crate::care::{Handbook, enquiry};
use crate::desk::Rules;
use crate::dialog::{self, Fault, Flows, PARTS, Source, World, raw};
use crate::grammar::Library;
use crate::nlu::{Router, knowledge};
use crate::outbound::{Calendar, trigger};
use crate::text::Lang;
use anyhow::{Context, bail};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(clap::Args)]
pub struct Args {
    /// The folder of flow files.
    #[arg(default_value = "flows")]
    dir: PathBuf,
    /// The folder of grammars; by default the one beside DIR.
    #[arg(long)]
    grammars: Option<PathBuf>,
    /// Prints the JSON Schema of flow files instead.
    #[arg(long)]
    schema: bool,
}

/// When customers may be called, below the data folder.
const CALENDAR: &str = "outbound/calendar.yaml";

/// Which events lead to calls, below the data folder.
const TRIGGERS: &str = "outbound/triggers.yaml";

/// The calendar of the data folder; the built-in one where there is none.
pub fn load_calendar(data: &Path) -> Result<Calendar, Failure> {
    let path = data.join(CALENDAR);
    if !path.is_file() {
        return Ok(Calendar::built_in());
    }
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Calendar::parse(&path.display().to_string(), &text).map_err(|faults| {
        let first = faults.first().map(Fault::to_string).unwrap_or_default();
        anyhow::anyhow!("{first} ({} in all; run `tingshuo check`)", count(&faults))
    })
}

/// The rules of events; those of the program where the file is not there.
pub fn load_triggers(data: &Path) -> Result<Vec<trigger::Rule>, Failure> {
    let path = data.join(TRIGGERS);
    if !path.is_file() {
        return Ok(trigger::built_in());
    }
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    trigger::parse(&path.display().to_string(), &text).map_err(|faults| {
        let first = faults.first().map(Fault::to_string).unwrap_or_default();
        anyhow::anyhow!("{first} ({} in all; run `tingshuo check`)", count(&faults))
    })
}

pub fn run(args: Args) -> Result<(), Failure> {
    if args.schema {
        println!("{}", serde_json::to_string_pretty(&raw::schema())?);
        return Ok(());
    }
    let grammars = args.grammars.unwrap_or_else(|| beside(&args.dir));
    let sources = sources(&args.dir)?;
    let entries = knowledge::read(&args.dir.join("knowledge"))?;
    let mut faults = Flows::check(&sources, &world(&grammars)?).err().unwrap_or_default();
    faults.extend(dialog::check::knowledge::check(&entries));
    let care = home(&args.dir).join("care");
    if care.is_dir() {
        faults.extend(Handbook::read(&care).err().unwrap_or_default());
    }
    let desk = home(&args.dir).join("desk/desk.yaml");
    if desk.is_file() {
        let text = std::fs::read_to_string(&desk).with_context(|| desk.display().to_string())?;
        faults.extend(Rules::parse(&desk.display().to_string(), &text).err().unwrap_or_default());
    }
    let calendar = home(&args.dir).join(CALENDAR);
    if calendar.is_file() {
        let text = std::fs::read_to_string(&calendar).with_context(|| calendar.display().to_string())?;
        faults.extend(Calendar::parse(&calendar.display().to_string(), &text).err().unwrap_or_default());
    }
    let triggers = home(&args.dir).join(TRIGGERS);
    if triggers.is_file() {
        let text = std::fs::read_to_string(&triggers).with_context(|| triggers.display().to_string())?;
        faults.extend(trigger::parse(&triggers.display().to_string(), &text).err().unwrap_or_default());
    }
    if !faults.is_empty() {
        for fault in &faults {
            println!("{fault}");
        }
        bail!("{}", count(&faults));
    }
    let also = understanding(&args.dir, &grammars)?;
    let edition = edition::id(home(&args.dir)).map(|id| format!(", edition {id}")).unwrap_or_default();
    println!("{} flow files, {} of knowledge{also}, no faults{edition}", sources.len(), entries.len());
    Ok(())
}

/// Loads what callers' sentences are understood by, with all its own checks, when it lies where a call would look for it.
fn understanding(dir: &Path, grammars: &Path) -> Result<&'static str, Failure> {
    if !dir.join("intents").is_dir() {
        return Ok("");
    }
    let library = Library::load(grammars)?;
    Router::with(home(dir), Arc::new(library))?;
    Ok(", grammars and intents")
}

fn home(flows: &Path) -> &Path {
    flows.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The flows of a folder with everything that `tingshuo check` checks.
pub fn check_flows(dir: &Path, grammars: &Path) -> Result<Result<Flows, Vec<Fault>>, Failure> {
    Ok(Flows::check(&sources(dir)?, &world(grammars)?))
}

/// The flows of a folder, checked against what the operator's systems can do.
pub fn load_flows(dir: &Path) -> Result<Flows, Failure> {
    let world = World { grammars: None, operations: operations() };
    Flows::check(&sources(dir)?, &world).map_err(|faults| {
        let first = faults.first().map(Fault::to_string).unwrap_or_default();
        anyhow::anyhow!("{first} ({} in all; run `tingshuo check`)", count(&faults))
    })
}

/// What flows may ask for: of the operator's systems, and of the house.
fn operations() -> Vec<Operation> {
    OPERATIONS.iter().chain(enquiry::OPERATIONS).copied().collect()
}

fn count(faults: &[Fault]) -> String {
    match faults.len() {
        1 => "1 fault".to_owned(),
        n => format!("{n} faults"),
    }
}

fn beside(flows: &Path) -> PathBuf {
    flows.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or_else(|| "grammars".into(), |parent| parent.join("grammars"))
}

/// Flows that begin calls of ours, below the folder of flows.
pub(super) const REMINDERS: &str = "reminders";

fn sources(dir: &Path) -> Result<Vec<Source>, Failure> {
    let mut sources = Vec::new();
    let mut paths = files(dir, "yaml")?;
    for folder in [PARTS, REMINDERS].map(|name| dir.join(name)).into_iter().filter(|folder| folder.is_dir()) {
        paths.extend(files(&folder, "yaml")?);
    }
    for path in paths {
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        sources.push(Source { name: path.display().to_string(), text });
    }
    if sources.is_empty() {
        bail!("{}: no flow files (*.yaml) here; name the folder that holds them", dir.display());
    }
    Ok(sources)
}

fn world(grammars: &Path) -> Result<World, Failure> {
    let mut found = BTreeSet::new();
    for lang in [Lang::Zh, Lang::En] {
        let dir = grammars.join(lang.code());
        if dir.is_dir() {
            let names = files(&dir, "grxml")?.into_iter().filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
            found.extend(names.map(|name| (lang, name)));
        }
    }
    Ok(World { grammars: Some(found), operations: operations() })
}

/// Files of `dir` itself with this extension, in order of name.
fn files(dir: &Path, extension: &str) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(dir).with_context(|| format!("{}: cannot read the folder", dir.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_file() && path.extension().is_some_and(|found| found == extension) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
