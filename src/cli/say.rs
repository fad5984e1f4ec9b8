//! `tingshuo say`: a text into a WAV file.

use super::Failure;
use crate::audio::{CALL_RATE_HZ, resample, wav};
use crate::models::Models;
use crate::text::{Lang, ssml};
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
    /// As it would stand in a prompt; what begins with < is SSML.
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
        (None, Some(lang)) => voices.for_lang(lang)?,
        (None, None) => voices.for_lang(guess(&args.text)?)?,
    };
    if args.lang.is_some_and(|lang| lang != definition.lang) {
        bail!("voice {:?} speaks {}", definition.name, definition.lang);
    }
    let speech = Speech::one_voice(&Models::open()?, definition, Cache::open());
    let audio = speech.say(&args.text, definition.lang, manner)?;
    let samples = resample::resample(&audio.samples, audio.rate_hz, args.rate);
    wav::write(&args.out, args.rate, &[&samples]).with_context(|| args.out.display().to_string())
}

/// What the markup says, else Chinese if there is a Chinese character.
fn guess(text: &str) -> Result<Lang, Failure> {
    let has_chinese = |text: &str| text.chars().any(|character| ('\u{4E00}'..='\u{9FFF}').contains(&character));
    let by_letters = |text: &str| if has_chinese(text) { Lang::Zh } else { Lang::En };
    if !ssml::is_markup(text) {
        return Ok(by_letters(text));
    }
    let document = ssml::parse(text)?;
    match document.lang.as_deref().map(str::to_lowercase) {
        None => Ok(by_letters(&document.plain())),
        Some(lang) if lang.starts_with("zh") => Ok(Lang::Zh),
        Some(lang) if lang.starts_with("en") => Ok(Lang::En),
        Some(lang) => bail!("the markup is in {lang:?}; voices speak zh and en (--lang says which to try)"),
    }
}
