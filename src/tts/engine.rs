//! From a voice's definition to the engine that speaks it.

use super::kokoro::KokoroVoice;
use super::piper::PiperVoice;
use super::synthesiser::{Synthesiser, TtsError};
use super::voices::{Engine, VoiceDefinition};
use super::{kokoro, piper, runtime};
use crate::models::Models;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use sha2::{Digest, Sha256};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

/// Loads a voice whose model may be run `copies` times at once; each copy takes its memory (90 to 340 MB) and does one sentence at a time.
pub fn load(definition: &VoiceDefinition, models: &Models, copies: usize) -> Result<Arc<dyn Synthesiser>, TtsError> {
    Ok(match definition.engine {
        Engine::PiperEspeak | Engine::PiperBaker => Arc::new(PiperVoice::load(definition, models, copies)?),
        Engine::Kokoro => Arc::new(KokoroVoice::load(definition, models, copies)?),
    })
}

/// Names what the voice sounds like: it changes when the model, its settings or the front end change.
pub fn identity(definition: &VoiceDefinition, models: &Models) -> Result<String, TtsError> {
    let (files, version) = match definition.engine {
        Engine::PiperEspeak | Engine::PiperBaker => piper::heard_from(definition, models)?,
        Engine::Kokoro => kokoro::heard_from(definition, models)?,
    };
    let mut sum = Sha256::new();
    for path in files {
        fingerprint(&path, &mut sum).map_err(|error| TtsError::definition(&path, error))?;
    }
    let sum: String = sum.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{} {sum} {} {:?} {version}", definition.name, definition.rate, definition.variation))
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

/// `model` in ONNX Runtime, on one thread: more are slower on a machine with work to do.
pub(super) fn session(model: &Path, models: &Models) -> Result<Session, TtsError> {
    runtime::start(&models.path("onnxruntime")?)?;
    let failed = |error: &dyn std::fmt::Display| TtsError::definition(model, error);
    Session::builder()
        .map_err(|error| failed(&error))?
        .with_intra_threads(1)
        .map_err(|error| failed(&error))?
        .with_inter_threads(1)
        .map_err(|error| failed(&error))?
        .with_optimization_level(GraphOptimizationLevel::Level3)
        .map_err(|error| failed(&error))?
        .commit_from_file(model)
        .map_err(|error| failed(&error))
}

/// The same model several times; whoever has a sentence takes a free one.
pub(super) struct Copies<T> {
    copies: Vec<Mutex<T>>,
    next: AtomicUsize,
}

impl<T> Copies<T> {
    /// At least one.
    pub fn new(count: usize, make: impl Fn() -> Result<T, TtsError>) -> Result<Copies<T>, TtsError> {
        let copies: Result<Vec<_>, TtsError> = (0..count.max(1)).map(|_| make().map(Mutex::new)).collect();
        Ok(Copies { copies: copies?, next: AtomicUsize::new(0) })
    }

    /// A free copy, or the next in turn when all are busy.
    pub fn take(&self) -> MutexGuard<'_, T> {
        for copy in &self.copies {
            match copy.try_lock() {
                Ok(free) => return free,
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.copies.len();
        self.copies.get(turn).expect("turn is below the number of copies").lock().unwrap_or_else(PoisonError::into_inner)
    }
}
