//! `tingshuo fixtures make`: the recordings of `audio-fixtures/` from their recipe, the same bytes every time.
//!
//! `recipe` is the file, [`caller`] makes the sound of one caller, `files` writes.

pub mod caller;
mod files;
pub mod recipe;

use super::Failure;
use crate::models::{Models, data_dir};
use crate::tts::Voices;
use anyhow::Context;
use caller::Callers;
use indicatif::ProgressBar;
use recipe::Recipe;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Makes every recording anew.
    Make {
        /// The folder with fixtures.toml; without it the project's audio-fixtures.
        #[arg(long, value_name = "DIR")]
        folder: Option<PathBuf>,
    },
}

pub fn run(args: Args) -> Result<(), Failure> {
    let Command::Make { folder } = args.command;
    make(&folder.unwrap_or_else(|| data_dir().join("audio-fixtures")))
}

fn make(folder: &Path) -> Result<(), Failure> {
    let recipe = Recipe::read(&folder.join("fixtures.toml"))?;
    let mut callers = Callers::new(Models::open()?, Voices::open()?);
    let progress = ProgressBar::new(recipe.caller.iter().map(|caller| caller.say.len() as u64).sum());
    for caller in &recipe.caller {
        let mut joined = Vec::new();
        for saying in &caller.say {
            let path = folder.join(&caller.folder).join(&saying.file);
            let samples = callers.say(caller, &saying.text).with_context(|| path.display().to_string())?;
            files::write(&path, caller.channel, &samples)?;
            joined.push(samples);
            progress.inc(1);
        }
        if let Some(file) = &caller.joined {
            files::write(&folder.join(file), caller.channel, &caller::join(&joined, caller.joined_pause_s))?;
        }
    }
    progress.finish_and_clear();
    for odd in &recipe.odd {
        files::write_odd(&folder.join(&odd.file), odd.kind, &mut callers)?;
    }
    std::fs::write(folder.join("manifest.tsv"), recipe.manifest()).context("manifest.tsv")
}
