//! The service's mouth: text in, audio at the call's rate out, piece by piece, every voice equally loud.
//!
//! A request is a whole prompt. It waits in one bounded queue for a speaking thread; when the queue is full it is refused at once.
//! A thread never waits for the listener: a request's channel has room for all its pieces.

use super::cache::{self, Cache};
use super::script::{Line, script};
use super::synthesiser::{Manner, Synthesiser, TtsError};
use super::voices::{VoiceDefinition, Voices};
use super::{engine, loudness};
use crate::audio::{Audio, CALL_RATE_HZ, resample};
use crate::models::Models;
use crate::text::{Lang, normalise, sounds};
use std::sync::atomic::{AtomicUsize, Ordering};
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
    /// Speaks in its place what it has rendered before.
    ahead: Option<Arc<Seat>>,
    identity: OnceLock<String>,
    voice: Mutex<Option<Arc<dyn Synthesiser>>>,
}

impl Seat {
    fn new(source: Box<dyn Source>, ahead: Option<Arc<Seat>>) -> Arc<Seat> {
        Arc::new(Seat { source, ahead, identity: OnceLock::new(), voice: Mutex::new(None) })
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

    fn key(&self, spoken: &str, speed: f32) -> Result<String, TtsError> {
        Ok(Cache::key(&[self.identity()?, &format!("{speed:.3}"), spoken]))
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
    /// Places that markup named.
    pub marks: Vec<Mark>,
}

/// A named place in what is spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub name: String,
    /// Samples of its chunk before it.
    pub at: usize,
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
    lines: Vec<Line>,
    manner: Manner,
    reply: mpsc::Sender<Result<Chunk, TtsError>>,
}

/// See the module's text. Cheap to share: `Arc<Speech>`.
pub struct Speech {
    seats: Vec<Arc<Seat>>,
    cache: Arc<Cache>,
    queue: SyncSender<Request>,
    at_work: Arc<AtomicUsize>,
}

impl Speech {
    /// The default voice of each language, loaded when first needed (see [`Speech::warm`]), with the user's cache.
    pub fn new(models: &Models, voices: &Voices) -> Result<Speech, TtsError> {
        let seat = |lang: Lang| -> Result<Arc<Seat>, TtsError> {
            let definition = voices.for_lang(lang)?;
            let ahead = definition.ahead.as_deref().map(|ahead| voices.by_name(ahead)).transpose()?;
            Ok(Seat::new(source(definition, models), ahead.map(|ahead| Seat::new(source(ahead, models), None))))
        };
        Ok(Speech::with(vec![seat(Lang::Zh)?, seat(Lang::En)?], Cache::open()))
    }

    /// One voice by its definition, with a cache of the caller's choice.
    pub fn one_voice(models: &Models, definition: &VoiceDefinition, cache: Cache) -> Speech {
        Speech::with(vec![Seat::new(source(definition, models), None)], cache)
    }

    fn with(seats: Vec<Arc<Seat>>, cache: Cache) -> Speech {
        let cache = Arc::new(cache);
        let (queue, waiting) = sync_channel::<Request>(QUEUE);
        let (waiting, at_work) = (Arc::new(Mutex::new(waiting)), Arc::new(AtomicUsize::new(0)));
        for number in 0..THREADS {
            let (waiting, cache, at_work) = (Arc::clone(&waiting), Arc::clone(&cache), Arc::clone(&at_work));
            let work = move || {
                loop {
                    let request = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(request) = request else { return };
                    serve(&request, &cache);
                    at_work.fetch_sub(1, Ordering::AcqRel);
                }
            };
            std::thread::Builder::new().name(format!("speech-{number}")).spawn(work).expect("the system has threads at start");
        }
        Speech { seats, cache, queue, at_work }
    }

    fn seat(&self, lang: Lang) -> Result<&Arc<Seat>, TtsError> {
        self.seats.iter().find(|seat| seat.source.lang() == lang).ok_or_else(|| TtsError::Setup(format!("no voice for {lang}")))
    }

    /// Begins to speak `text`, written as in a prompt (`您9月的话费是¥128.50`) or in SSML. Returns at once.
    pub fn speak(&self, text: &str, lang: Lang, manner: Manner) -> Result<Speaking, TtsError> {
        let lines = speakable(text)?;
        let (reply, speaking) = mpsc::channel(lines.len());
        let request = Request { seat: Arc::clone(self.seat(lang)?), lines, manner: manner.bounded(), reply };
        self.at_work.fetch_add(1, Ordering::AcqRel);
        self.queue.try_send(request).map_err(|error| {
            self.at_work.fetch_sub(1, Ordering::AcqRel);
            match error {
                TrySendError::Full(_) => TtsError::Overloaded,
                TrySendError::Disconnected(_) => TtsError::Engine("the speaking threads ended".into()),
            }
        })?;
        Ok(Speaking(speaking))
    }

    /// Requests that wait or are being spoken: whoever measures without the voice's own time waits until there are none.
    pub fn at_work(&self) -> usize {
        self.at_work.load(Ordering::Acquire)
    }

    /// The whole of `text` at once, at [`CALL_RATE_HZ`], on the calling thread; the first piece that fails ends it. Never on the async runtime.
    pub fn say(&self, text: &str, lang: Lang, manner: Manner) -> Result<Audio, TtsError> {
        self.say_by(self.seat(lang)?, text, manner)
    }

    fn say_by(&self, seat: &Seat, text: &str, manner: Manner) -> Result<Audio, TtsError> {
        let lines = speakable(text)?;
        let mut samples = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let last = index + 1 == lines.len();
            samples.extend(chunk(seat, &self.cache, line, last, manner.bounded())?.samples);
        }
        Ok(Audio { rate_hz: CALL_RATE_HZ, samples })
    }

    /// Loads the voice of `lang` now, so that the first caller does not wait for it.
    pub fn warm(&self, lang: Lang) -> Result<(), TtsError> {
        self.seat(lang)?.voice().map(|_| ())
    }

    /// Puts prompts that never change into the cache, several at once, by the voice that speaks ahead where there is one. `progress` is told
    /// how many of how many are done. Every prompt is tried; the failures come back with their texts.
    pub fn prerender(&self, prompts: &[(Lang, String)], progress: impl FnMut(usize, usize) + Send) -> Vec<(String, TtsError)> {
        let next = AtomicUsize::new(0);
        let told = Mutex::new((0, progress));
        let failures = Mutex::new(Vec::new());
        let work = || {
            while let Some((index, (lang, text))) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, prompts.get(at)?))) {
                let said = self.seat(*lang).and_then(|seat| self.say_by(seat.ahead.as_deref().unwrap_or(seat), text, Manner::default()));
                if let Err(error) = said {
                    failures.lock().unwrap_or_else(PoisonError::into_inner).push((index, text.clone(), error));
                }
                let (done, progress) = &mut *told.lock().unwrap_or_else(PoisonError::into_inner);
                *done += 1;
                progress(*done, prompts.len());
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..THREADS.min(prompts.len()) {
                scope.spawn(work);
            }
        });
        let mut failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
        failures.sort_by_key(|(index, ..)| *index);
        failures.into_iter().map(|(_, text, error)| (text, error)).collect()
    }
}

fn source(definition: &VoiceDefinition, models: &Models) -> Box<dyn Source> {
    Box::new(Defined { definition: definition.clone(), models: models.clone() })
}

fn serve(request: &Request, cache: &Cache) {
    for (index, line) in request.lines.iter().enumerate() {
        let last = index + 1 == request.lines.len();
        let result = chunk(&request.seat, cache, line, last, request.manner);
        let broken = matches!(result, Err(TtsError::Engine(_) | TtsError::Setup(_)));
        if request.reply.try_send(result).is_err() || broken {
            return;
        }
    }
}

fn speakable(text: &str) -> Result<Vec<Line>, TtsError> {
    let lines = script(text)?;
    if lines.is_empty() { Err(TtsError::Unspeakable(text.to_owned())) } else { Ok(lines) }
}

fn chunk(seat: &Seat, cache: &Cache, line: &Line, last: bool, manner: Manner) -> Result<Chunk, TtsError> {
    let manner = Manner { speed: manner.speed * line.prosody.rate, volume: manner.volume * line.prosody.volume }.bounded();
    let spoken = normalise::spoken(&line.piece.text, seat.source.lang());
    let ahead = seat.ahead.as_deref().and_then(|ahead| Some((ahead, cache.get(&ahead.key(&spoken, manner.speed).ok()?)?)));
    let (speaker, mut said, from_cache) = match ahead {
        Some((ahead, samples)) => (ahead, samples, true),
        None => {
            let (samples, from_cache) = said(seat, cache, &spoken, manner.speed)?;
            (seat, samples, from_cache)
        }
    };
    loudness::amplify(&mut said, manner.volume * speaker.source.gain());
    let mut samples = vec![0.0; silence(line.piece.lead, manner.speed)];
    samples.append(&mut said);
    if !last || line.pause_at_end {
        samples.resize(samples.len() + silence(line.piece.pause, manner.speed), 0.0);
    }
    let at = |at: usize| move |name: &String| Mark { name: name.clone(), at };
    let marks = line.marks.iter().map(at(0)).chain(line.marks_after.iter().map(at(samples.len()))).collect();
    Ok(Chunk { text: sounds::written(&line.piece.text), samples, from_cache, marks })
}

/// From the cache, else spoken now and put there.
fn said(seat: &Seat, cache: &Cache, spoken: &str, speed: f32) -> Result<(Vec<f32>, bool), TtsError> {
    let key = seat.key(spoken, speed)?;
    if let Some(samples) = cache.get(&key) {
        return Ok((samples, true));
    }
    let made = seat.render(spoken, speed)?;
    let resampled = resample::resample(&made.samples, made.rate_hz, CALL_RATE_HZ);
    cache.put(&key, &resampled);
    Ok((resampled.into_iter().map(|sample| cache::from_i16(cache::to_i16(sample))).collect(), false))
}

/// Samples of a pause; who speaks slower pauses longer.
fn silence(pause: Duration, speed: f32) -> usize {
    (pause.as_secs_f32() / speed * CALL_RATE_HZ as f32) as usize
}

#[cfg(test)]
mod tests;
