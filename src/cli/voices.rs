//! `tingshuo voices`: which voices there are, and prompts rendered ahead.

use super::Failure;
use super::check::load_flows;
use crate::models::{Models, data_dir};
use crate::text::Lang;
use crate::tts::{Speech, Voices, engine};
use indicatif::{ProgressBar, ProgressStyle};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Shows every voice of voices/voices.toml and whether its files are there.
    List,
    /// Speaks every prompt that never changes into the cache, so that no caller waits for it.
    ///
    /// By the voice that the service's voice names as `ahead`, else by itself. What is in the cache already takes no time; with Kokoro
    /// the rest takes 0.6 to 0.8 seconds of work for a second of speech.
    Prerender {
        /// Only prompts of this language.
        #[arg(long)]
        lang: Option<Lang>,
    },
}

pub fn run(args: Args) -> Result<(), Failure> {
    match args.action {
        Action::List => list(),
        Action::Prerender { lang } => prerender(lang),
    }
}

fn list() -> Result<(), Failure> {
    let (models, voices) = (Models::open()?, Voices::open()?);
    for voice in voices.all() {
        let speaks = voices.for_lang(voice.lang).is_ok_and(|default| default.name == voice.name);
        let state = match engine::identity(voice, &models) {
            Ok(_) => "there".to_owned(),
            Err(error) => error.to_string(),
        };
        let ahead = voice.ahead.as_ref().map(|ahead| format!(", prompts ahead by {ahead}")).unwrap_or_default();
        println!("{:<12} {} {:<20} {state}{ahead}", voice.name, voice.lang, if speaks { "speaks in the service" } else { "" });
    }
    Ok(())
}

fn prerender(lang: Option<Lang>) -> Result<(), Failure> {
    let mut prompts = load_flows(&data_dir().join("flows"))?.fixed_sentences();
    prompts.retain(|(of, _)| lang.is_none_or(|lang| lang == *of));
    let speech = Speech::new(&Models::open()?, &Voices::open()?)?;
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} prompts, {eta} left").expect("the template is well formed");
    let progress = ProgressBar::new(prompts.len() as u64).with_style(style);
    let failures = speech.prerender(&prompts, |_, _| progress.inc(1));
    progress.finish_and_clear();
    for (text, error) in &failures {
        eprintln!("{text}: {error}");
    }
    anyhow::ensure!(failures.is_empty(), "{} of {} prompts could not be rendered", failures.len(), prompts.len());
    println!("{} prompts are ready", prompts.len());
    Ok(())
}
