//! `tingshuo say`: a text into a WAV file.

use super::Failure;
use crate::audio::{CALL_RATE_HZ, resample, wav};
use crate::models::Models;
use crate::text::Lang;
use crate::tts::cache::Cache;
use crate::tts::{Manner, Speech, Voices};
use anyhow::{Context, bail};
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    /// A voice of voices/voices.toml; without it the voice of the language.
    #[arg(long)]
    voice: Option<String>,
    /// The language; without it Chinese if the text has a Chinese character, else English.
    #[arg(long)]
    lang: Option<Lang>,
    /// Sample rate of the file.
    #[arg(long, value_name = "HZ", default_value_t = CALL_RATE_HZ, value_parser = clap::value_parser!(u32).range(8_000..=48_000))]
    rate: u32,
    /// 2.0 is twice as fast.
    #[arg(long, default_value_t = 1.0)]
    speed: f32,
    /// 2.0 is twice as loud.
    #[arg(long, default_value_t = 1.0)]
    volume: f32,
    /// The WAV file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// As it would stand in a prompt.
    text: String,
}

pub fn run(args: Args) -> Result<(), Failure> {
    let manner = Manner { speed: args.speed, volume: args.volume };
    if manner.bounded() != manner {
        bail!("--speed must be {:?} and --volume {:?}", Manner::SPEEDS, Manner::VOLUMES);
    }
    let voices = Voices::open()?;
    let definition = match (&args.voice, args.lang) {
        (Some(name), _) => voices.by_name(name)?,
        (None, lang) => voices.for_lang(lang.unwrap_or_else(|| guess(&args.text)))?,
    };
    if args.lang.is_some_and(|lang| lang != definition.lang) {
        bail!("voice {:?} speaks {}", definition.name, definition.lang);
    }
    let speech = Speech::one_voice(&Models::open()?, definition, Cache::open());
    let audio = speech.say(&args.text, definition.lang, manner)?;
    let samples = resample::resample(&audio.samples, audio.rate_hz, args.rate);
    wav::write(&args.out, args.rate, &[&samples]).with_context(|| args.out.display().to_string())
}

fn guess(text: &str) -> Lang {
    let chinese = text.chars().any(|character| ('\u{4E00}'..='\u{9FFF}').contains(&character));
    if chinese { Lang::Zh } else { Lang::En }
}
