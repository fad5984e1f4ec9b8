//! Voices with Piper's interface, run by piper-rs: one inference thread a sentence, as many sentences at once as there are engines.
//!
//! espeak-ng's data is found by the build's own folder, by `espeak-ng-data` beside the program or in the working folder, or by
//! `$PIPER_ESPEAKNG_DATA_DIRECTORY`, the folder that holds `espeak-ng-data`.

use super::synthesiser::{Manner, Synthesiser, TtsError};
use super::voices::{Engine, VoiceDefinition};
use super::{phonemes_zh, runtime};
use crate::audio::Audio;
use crate::models::{Models, data_dir};
use crate::text::Lang;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use piper_rs::{ModelConfig, Piper};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// One voice, loaded.
pub struct PiperVoice {
    lang: Lang,
    rate_hz: u32,
    speed: f32,
    variation: Option<f32>,
    front: FrontEnd,
    engines: Vec<Mutex<Piper>>,
    next: AtomicUsize,
}

/// Text to what the model takes.
enum FrontEnd {
    /// By the voice of that name in espeak-ng.
    Espeak(String),
    /// By symbol: each has a character of its own, which piper-rs looks up.
    Baker(BTreeMap<String, char>),
}

impl PiperVoice {
    /// Loads the model `engines` times; each takes its memory (90 to 240 MB) and does one sentence at a time.
    pub fn load(definition: &VoiceDefinition, models: &Models, engines: usize) -> Result<PiperVoice, TtsError> {
        let model = models.path(&definition.model)?;
        runtime::start(&models.path("onnxruntime")?)?;
        let config = read_config(&model)?;
        let front = match definition.engine {
            Engine::PiperEspeak => FrontEnd::Espeak(config.espeak.voice.clone()),
            Engine::PiperBaker => FrontEnd::Baker(read_symbols(definition)?),
        };
        let rate_hz = config.audio.sample_rate;
        let engines: Result<Vec<_>, TtsError> = (0..engines.max(1)).map(|_| engine(&model).map(Mutex::new)).collect();
        Ok(PiperVoice {
            lang: definition.lang,
            rate_hz,
            speed: definition.rate,
            variation: definition.variation,
            front,
            engines: engines?,
            next: AtomicUsize::new(0),
        })
    }

    fn phonemes(&self, sentence: &str) -> Result<String, TtsError> {
        let phonemes = match &self.front {
            FrontEnd::Espeak(voice) => espeak(sentence, voice)?,
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

    /// A free engine, or the next in turn when all are busy.
    fn engine(&self) -> MutexGuard<'_, Piper> {
        for engine in &self.engines {
            match engine.try_lock() {
                Ok(free) => return free,
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.engines.len();
        self.engines.get(turn).expect("turn is below the number of engines").lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut engine = self.engine();
        let made = catch_unwind(AssertUnwindSafe(|| engine.create(&phonemes, true, None, Some(length), self.variation, self.variation)));
        let (samples, rate_hz) =
            made.map_err(|_| TtsError::Engine("panic inside piper-rs".into()))?.map_err(|error| TtsError::Engine(error.to_string()))?;
        if samples.is_empty() || samples.iter().any(|sample| !sample.is_finite()) {
            return Err(TtsError::Engine(format!("{} samples, not all of them numbers", samples.len())));
        }
        Ok(Audio { rate_hz, samples })
    }
}

/// Names what the voice sounds like: it changes when the model, its settings or the front end change.
pub fn identity(definition: &VoiceDefinition, models: &Models) -> Result<String, TtsError> {
    let model = models.path(&definition.model)?;
    let mut sum = Sha256::new();
    for path in [config_path(&model), model] {
        fingerprint(&path, &mut sum).map_err(|error| TtsError::definition(&path, error))?;
    }
    let model: String = sum.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{} {model} {} {:?} {}", definition.name, definition.rate, definition.variation, phonemes_zh::VERSION))
}

/// Size, beginning and end of a file: enough to tell models apart without reading 60 MB at every start.
fn fingerprint(path: &Path, sum: &mut Sha256) -> std::io::Result<()> {
    const PART: u64 = 64 << 10;
    let mut file = std::fs::File::open(path)?;
    let bytes = file.metadata()?.len();
    sum.update(bytes.to_le_bytes());
    let mut part = Vec::new();
    file.by_ref().take(PART).read_to_end(&mut part)?;
    file.seek(SeekFrom::Start(bytes.saturating_sub(PART)))?;
    file.take(PART).read_to_end(&mut part)?;
    sum.update(&part);
    Ok(())
}

fn engine(model: &Path) -> Result<Piper, TtsError> {
    let failed = |error: &dyn std::fmt::Display| TtsError::definition(model, error);
    let session = Session::builder()
        .map_err(|error| failed(&error))?
        .with_intra_threads(1)
        .map_err(|error| failed(&error))?
        .with_inter_threads(1)
        .map_err(|error| failed(&error))?
        .with_optimization_level(GraphOptimizationLevel::Level3)
        .map_err(|error| failed(&error))?
        .commit_from_file(model)
        .map_err(|error| failed(&error))?;
    Ok(Piper::from_session(session, read_config(model)?))
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

/// espeak-ng keeps one state for the whole process.
fn espeak(sentence: &str, voice: &str) -> Result<String, TtsError> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let clean: String = sentence.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let phonemes = espeak_rs::text_to_phonemes(&clean, voice, None).map_err(|error| TtsError::Engine(error.to_string()))?;
    Ok(phonemes.join(" "))
}
