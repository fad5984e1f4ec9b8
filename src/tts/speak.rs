//! The service's mouth: text in, audio at the call's rate out, piece by piece, every voice equally loud.
//!
//! A request is a whole prompt. It waits in one bounded queue for a speaking thread; when the queue is full it is refused at once.
//! A thread never waits for the listener: a request's channel has room for all its pieces.

use super::cache::{self, Cache};
use super::pieces::{Piece, pieces};
use super::synthesiser::{Manner, Synthesiser, TtsError};
use super::voices::{VoiceDefinition, Voices};
use super::{engine, loudness};
use crate::audio::{Audio, CALL_RATE_HZ, resample};
use crate::models::Models;
use crate::text::{Lang, normalise};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::mpsc;

/// Requests that may wait; each is one prompt of one call.
const QUEUE: usize = 64;
/// Sentences spoken at once; each engine of a voice takes its memory.
const THREADS: usize = 2;
const LEAD_MS: usize = 20;
const TAIL_MS: usize = 60;

/// A voice before it is loaded: the cache answers for it as long as it can.
trait Source: Send + Sync {
    fn lang(&self) -> Lang;
    fn gain(&self) -> f32;
    /// Changes whenever the sound changes.
    fn identity(&self) -> Result<String, TtsError>;
    fn load(&self) -> Result<Arc<dyn Synthesiser>, TtsError>;
}

struct Defined {
    definition: VoiceDefinition,
    models: Models,
}

impl Source for Defined {
    fn lang(&self) -> Lang {
        self.definition.lang
    }
    fn gain(&self) -> f32 {
        self.definition.gain
    }
    fn identity(&self) -> Result<String, TtsError> {
        engine::identity(&self.definition, &self.models)
    }
    fn load(&self) -> Result<Arc<dyn Synthesiser>, TtsError> {
        engine::load(&self.definition, &self.models, THREADS)
    }
}

/// A voice in use: loaded at its first sentence that the cache does not have.
struct Seat {
    source: Box<dyn Source>,
    identity: OnceLock<String>,
    voice: Mutex<Option<Arc<dyn Synthesiser>>>,
}

impl Seat {
    fn new(source: Box<dyn Source>) -> Arc<Seat> {
        Arc::new(Seat { source, identity: OnceLock::new(), voice: Mutex::new(None) })
    }

    fn identity(&self) -> Result<&str, TtsError> {
        if let Some(identity) = self.identity.get() {
            return Ok(identity);
        }
        let identity = self.source.identity()?;
        Ok(self.identity.get_or_init(|| identity))
    }

    fn voice(&self) -> Result<Arc<dyn Synthesiser>, TtsError> {
        let mut voice = self.voice.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(voice) = &*voice {
            return Ok(Arc::clone(voice));
        }
        let loaded = self.source.load()?;
        Ok(Arc::clone(voice.insert(loaded)))
    }

    /// One piece as the voice says it, at its own rate, at the common loudness.
    fn render(&self, spoken: &str, speed: f32) -> Result<Audio, TtsError> {
        let made = self.voice()?.synthesise(spoken, Manner { speed, volume: 1.0 })?;
        let mut samples = loudness::trim(&made.samples, made.rate_hz, LEAD_MS, TAIL_MS).to_vec();
        if samples.is_empty() {
            return Err(TtsError::Engine(format!("silence for {} characters", spoken.chars().count())));
        }
        loudness::level(&mut samples, made.rate_hz);
        Ok(Audio { rate_hz: made.rate_hz, samples })
    }
}

/// One piece of a prompt, ready to be played.
#[derive(Clone, Debug, PartialEq)]
pub struct Chunk {
    /// As it was written, for the record of what was said.
    pub text: String,
    /// At [`CALL_RATE_HZ`], the pause that follows included.
    pub samples: Vec<f32>,
    /// It was not synthesised now.
    pub from_cache: bool,
}

/// A prompt being spoken: its pieces in order, then `None`. Dropping it stops the synthesis after the piece in work.
///
/// An error stands for one piece that cannot be heard; after [`TtsError::Unspeakable`] the others still come.
pub struct Speaking(mpsc::Receiver<Result<Chunk, TtsError>>);

impl Speaking {
    pub async fn next(&mut self) -> Option<Result<Chunk, TtsError>> {
        self.0.recv().await
    }

    /// What has arrived by now: for whoever has a frame to fill and cannot wait.
    pub fn try_next(&mut self) -> Poll<Option<Result<Chunk, TtsError>>> {
        match self.0.try_recv() {
            Ok(chunk) => Poll::Ready(Some(chunk)),
            Err(mpsc::error::TryRecvError::Empty) => Poll::Pending,
            Err(mpsc::error::TryRecvError::Disconnected) => Poll::Ready(None),
        }
    }

    /// For code that has no async runtime.
    pub fn next_blocking(&mut self) -> Option<Result<Chunk, TtsError>> {
        self.0.blocking_recv()
    }
}

struct Request {
    seat: Arc<Seat>,
    pieces: Vec<Piece>,
    manner: Manner,
    reply: mpsc::Sender<Result<Chunk, TtsError>>,
}

/// See the module's text. Cheap to share: `Arc<Speech>`.
pub struct Speech {
    seats: Vec<Arc<Seat>>,
    cache: Arc<Cache>,
    queue: SyncSender<Request>,
}

impl Speech {
    /// The default voice of each language, loaded when first needed (see [`Speech::warm`]), with the user's cache.
    pub fn new(models: &Models, voices: &Voices) -> Result<Speech, TtsError> {
        let definitions = [voices.for_lang(Lang::Zh)?, voices.for_lang(Lang::En)?];
        Ok(Speech::with(definitions.map(|definition| source(definition, models)).into(), Cache::open()))
    }

    /// One voice by its definition, with a cache of the caller's choice.
    pub fn one_voice(models: &Models, definition: &VoiceDefinition, cache: Cache) -> Speech {
        Speech::with(vec![source(definition, models)], cache)
    }

    fn with(sources: Vec<Box<dyn Source>>, cache: Cache) -> Speech {
        let cache = Arc::new(cache);
        let (queue, waiting) = sync_channel::<Request>(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..THREADS {
            let (waiting, cache) = (Arc::clone(&waiting), Arc::clone(&cache));
            let work = move || {
                loop {
                    let request = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(request) = request else { return };
                    serve(&request, &cache);
                }
            };
            std::thread::Builder::new().name(format!("speech-{number}")).spawn(work).expect("the system has threads at start");
        }
        Speech { seats: sources.into_iter().map(Seat::new).collect(), cache, queue }
    }

    fn seat(&self, lang: Lang) -> Result<&Arc<Seat>, TtsError> {
        self.seats.iter().find(|seat| seat.source.lang() == lang).ok_or_else(|| TtsError::Setup(format!("no voice for {lang}")))
    }

    /// Begins to speak `text`, written as in a prompt (`您9月的话费是¥128.50`). Returns at once.
    pub fn speak(&self, text: &str, lang: Lang, manner: Manner) -> Result<Speaking, TtsError> {
        let pieces = pieces(text);
        if pieces.is_empty() {
            return Err(TtsError::Unspeakable(text.to_owned()));
        }
        let (reply, speaking) = mpsc::channel(pieces.len());
        let request = Request { seat: Arc::clone(self.seat(lang)?), pieces, manner: manner.bounded(), reply };
        self.queue.try_send(request).map_err(|error| match error {
            TrySendError::Full(_) => TtsError::Overloaded,
            TrySendError::Disconnected(_) => TtsError::Engine("the speaking threads ended".into()),
        })?;
        Ok(Speaking(speaking))
    }

    /// The whole of `text` at once, at [`CALL_RATE_HZ`], on the calling thread; the first piece that fails ends it. Never on the async runtime.
    pub fn say(&self, text: &str, lang: Lang, manner: Manner) -> Result<Audio, TtsError> {
        let seat = self.seat(lang)?;
        let pieces = pieces(text);
        if pieces.is_empty() {
            return Err(TtsError::Unspeakable(text.to_owned()));
        }
        let mut samples = Vec::new();
        for (index, piece) in pieces.iter().enumerate() {
            let last = index + 1 == pieces.len();
            samples.extend(chunk(seat, &self.cache, piece, last, manner.bounded())?.samples);
        }
        Ok(Audio { rate_hz: CALL_RATE_HZ, samples })
    }

    /// Loads the voice of `lang` now, so that the first caller does not wait for it.
    pub fn warm(&self, lang: Lang) -> Result<(), TtsError> {
        self.seat(lang)?.voice().map(|_| ())
    }

    /// Puts prompts that never change into the cache, on the calling thread. `progress` is told how many of how many are done.
    /// Every prompt is tried; the failures come back with their texts.
    pub fn prerender(&self, prompts: &[(Lang, String)], mut progress: impl FnMut(usize, usize)) -> Vec<(String, TtsError)> {
        let mut failures = Vec::new();
        for (done, (lang, text)) in prompts.iter().enumerate() {
            if let Err(error) = self.say(text, *lang, Manner::default()) {
                failures.push((text.clone(), error));
            }
            progress(done + 1, prompts.len());
        }
        failures
    }
}

fn source(definition: &VoiceDefinition, models: &Models) -> Box<dyn Source> {
    Box::new(Defined { definition: definition.clone(), models: models.clone() })
}

fn serve(request: &Request, cache: &Cache) {
    for (index, piece) in request.pieces.iter().enumerate() {
        let last = index + 1 == request.pieces.len();
        let result = chunk(&request.seat, cache, piece, last, request.manner);
        let broken = matches!(result, Err(TtsError::Engine(_) | TtsError::Setup(_)));
        if request.reply.try_send(result).is_err() || broken {
            return;
        }
    }
}

fn chunk(seat: &Seat, cache: &Cache, piece: &Piece, last: bool, manner: Manner) -> Result<Chunk, TtsError> {
    let spoken = normalise::spoken(&piece.text, seat.source.lang());
    let key = Cache::key(&[seat.identity()?, &format!("{:.3}", manner.speed), &spoken]);
    let remembered = cache.get(&key);
    let from_cache = remembered.is_some();
    let mut samples = match remembered {
        Some(samples) => samples,
        None => {
            let made = seat.render(&spoken, manner.speed)?;
            let resampled = resample::resample(&made.samples, made.rate_hz, CALL_RATE_HZ);
            cache.put(&key, &resampled);
            resampled.into_iter().map(|sample| cache::from_i16(cache::to_i16(sample))).collect()
        }
    };
    loudness::amplify(&mut samples, manner.volume * seat.source.gain());
    if !last {
        samples.resize(samples.len() + silence(piece.pause, manner.speed), 0.0);
    }
    Ok(Chunk { text: piece.text.clone(), samples, from_cache })
}

/// Samples of a pause; who speaks slower pauses longer.
fn silence(pause: Duration, speed: f32) -> usize {
    (pause.as_secs_f32() / speed * CALL_RATE_HZ as f32) as usize
}

#[cfg(test)]
mod tests;
