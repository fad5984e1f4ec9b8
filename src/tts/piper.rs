//! Voices with Piper's interface, run by piper-rs.

use super::engine::{self, Copies};
use super::synthesiser::{Manner, Synthesiser, TtsError};
use super::voices::{Engine, VoiceDefinition};
use super::{espeak, phonemes_zh};
use crate::audio::Audio;
use crate::models::{Models, data_dir};
use crate::text::Lang;
use piper_rs::{ModelConfig, Piper};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// One voice, loaded.
pub struct PiperVoice {
    lang: Lang,
    rate_hz: u32,
    speed: f32,
    variation: Option<f32>,
    front: FrontEnd,
    engines: Copies<Piper>,
}

/// Text to what the model takes.
enum FrontEnd {
    /// By the voice of that name in espeak-ng.
    Espeak(String),
    /// By symbol: each has a character of its own, which piper-rs looks up.
    Baker(BTreeMap<String, char>),
}

impl PiperVoice {
    /// Loads the model `copies` times.
    pub fn load(definition: &VoiceDefinition, models: &Models, copies: usize) -> Result<PiperVoice, TtsError> {
        let model = models.path(&definition.model)?;
        let config = read_config(&model)?;
        let front = match definition.engine {
            Engine::PiperEspeak => FrontEnd::Espeak(config.espeak.voice.clone()),
            Engine::PiperBaker => FrontEnd::Baker(read_symbols(definition)?),
            Engine::Kokoro => return Err(TtsError::Setup(format!("voice {:?} is not a Piper voice", definition.name))),
        };
        let rate_hz = config.audio.sample_rate;
        let engines = Copies::new(copies, || Ok(Piper::from_session(engine::session(&model, models)?, read_config(&model)?)))?;
        Ok(PiperVoice { lang: definition.lang, rate_hz, speed: definition.rate, variation: definition.variation, front, engines })
    }

    fn phonemes(&self, sentence: &str) -> Result<String, TtsError> {
        let phonemes = match &self.front {
            FrontEnd::Espeak(voice) => espeak::phonemes(sentence, voice)?,
            FrontEnd::Baker(symbols) => {
                let notated = phonemes_zh::symbols(sentence);
                // piper-rs adds the first symbol and the last itself.
                let inner = notated.get(1..notated.len().saturating_sub(1)).unwrap_or_default();
                inner.iter().filter_map(|symbol| symbols.get(symbol.as_ref())).collect()
            }
        };
        if phonemes.chars().any(char::is_alphanumeric) || phonemes.chars().any(is_private_use) {
            Ok(phonemes)
        } else {
            Err(TtsError::Unspeakable(sentence.to_owned()))
        }
    }
}

impl Synthesiser for PiperVoice {
    fn lang(&self) -> Lang {
        self.lang
    }

    fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn synthesise(&self, sentence: &str, manner: Manner) -> Result<Audio, TtsError> {
        let phonemes = self.phonemes(sentence)?;
        let length = 1.0 / (manner.bounded().speed * self.speed);
        let mut engine = self.engines.take();
        let made = catch_unwind(AssertUnwindSafe(|| engine.create(&phonemes, true, None, Some(length), self.variation, self.variation)));
        let (samples, rate_hz) =
            made.map_err(|_| TtsError::Engine("panic inside piper-rs".into()))?.map_err(|error| TtsError::Engine(error.to_string()))?;
        if samples.is_empty() || samples.iter().any(|sample| !sample.is_finite()) {
            return Err(TtsError::Engine(format!("{} samples, not all of them numbers", samples.len())));
        }
        Ok(Audio { rate_hz, samples })
    }
}

/// The files that decide what the voice sounds like, and the version of what stands before them.
pub(super) fn heard_from(definition: &VoiceDefinition, models: &Models) -> Result<(Vec<PathBuf>, u32), TtsError> {
    let model = models.path(&definition.model)?;
    Ok((vec![config_path(&model), model], phonemes_zh::VERSION))
}

fn config_path(model: &Path) -> PathBuf {
    let mut path = model.as_os_str().to_owned();
    path.push(".json");
    PathBuf::from(path)
}

fn read_config(model: &Path) -> Result<ModelConfig, TtsError> {
    let path = config_path(model);
    let text = std::fs::read_to_string(&path).map_err(|error| TtsError::definition(&path, error))?;
    serde_json::from_str(&text).map_err(|error| TtsError::definition(&path, error))
}

/// The symbol with number *i* is the character U+E000 + *i* of the model's settings.
fn read_symbols(definition: &VoiceDefinition) -> Result<BTreeMap<String, char>, TtsError> {
    let path = data_dir().join("voices").join(definition.symbols.as_deref().unwrap_or_default());
    let text = std::fs::read_to_string(&path).map_err(|error| TtsError::definition(&path, error))?;
    let numbers: BTreeMap<String, u32> = serde_json::from_str(&text).map_err(|error| TtsError::definition(&path, error))?;
    numbers
        .into_iter()
        .map(|(symbol, number)| {
            let character = number.checked_add(0xE000).and_then(char::from_u32).filter(|character| is_private_use(*character));
            character
                .map(|character| (symbol, character))
                .ok_or_else(|| TtsError::definition(&path, format!("number {number} is too large")))
        })
        .collect()
}

fn is_private_use(character: char) -> bool {
    ('\u{E000}'..='\u{F8FF}').contains(&character)
}
