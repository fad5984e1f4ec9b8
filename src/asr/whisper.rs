//! Whisper, by whisper.cpp: one shared model, one decoder state for each thread.
//!
//! The settings were measured: the encoder's context follows the length of the speech, greedy search, no fall-back to higher
//! temperatures, no context between turns, a bound on tokens. `set_grammar` and `set_abort_callback_safe` of whisper-rs crash and
//! must not be used. Its string setters leak: the language is set once for each thread, the prompt goes in as tokens.

use super::hypotheses;
use super::inventions::{Evidence, believable};
use super::phrases::{Onwards, Phrases, likeliest};
use super::pool::{Alone, Demand, Pool, Worker};
use super::prompt::prompt;
use super::reading::{self, Reading};
use super::recogniser::{Alternative, AsrError, Job, Pending, Priority, Recogniser, SURE, Transcript, Withheld};
use super::search::{Allowed, Limits, search};
use super::steps::Steps;
use super::vocabulary::{Token, Vocabulary};
use super::{cpu, voice, weights, window};
use crate::audio::treatment;
use crate::grammar::Constraint;
use crate::grammar::constraint::Acceptor;
use crate::text::Lang;
use crate::text::script::to_simplified;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState};

const RATE_HZ: f32 = crate::audio::CALL_RATE_HZ as f32;
/// Encoder frames a second of audio.
const CONTEXT_PER_SECOND: f32 = 50.0;
/// Context beyond what the speech needs, for our own weights, which were trained with as little (`benches/telephone.md`).
const MARGIN: u32 = 64;
/// The same for a model as it was published: with less, decoding runs away.
pub const MARGIN_AS_PUBLISHED: u32 = 256;
const CONTEXT_MOST: u32 = 1500;
const TOKENS_PER_SECOND: f32 = 8.0;
const TOKENS_GRANTED: f32 = 6.0;
/// whisper.cpp takes nothing under 100 ms, and hears little under a second.
const SHORTEST_SAMPLES: usize = 16_000;
/// Silence before the first sound, so that it is not swallowed.
const LEAD_IN_SAMPLES: usize = 1_600;

/// How long the question's answers are searched for.
const OF_WORDS: Limits = Limits { steps: 32, spread: 4.0, least: -8.0, promise: 0.35, tokens: 48, width: None };
const OF_NUMBERS: Limits = Limits { steps: 96, least: -24.0, width: Some(9), ..OF_WORDS };
/// A text of at least this probability that answers the question in words needs no second look.
const PLAIN: f32 = 0.8;
/// Constraints whose walk is remembered, for each thread.
const MOST_ACCEPTORS: usize = 16;

/// Speech up to this length may be one of the phrases that callers say alone.
const SHORT_MS: u32 = 2_000;
/// More threads than these hardly hear sooner; they spin while they wait for one another, so on a busy machine one is all there is.
const MOST_THREADS_ALONE: usize = 4;
/// Phrases that are handed on.
const MOST_ALTERNATIVES: usize = 3;

/// How many decode at once, how many may wait.
#[derive(Clone, Debug)]
pub struct WhisperConfig {
    /// A ggml file.
    pub model: PathBuf,
    /// Decoder threads, each with a state of about 230 MB.
    pub threads: usize,
    /// Callers wait for the answers: a first pass spreads over idle cores while no other job is at work or waiting, and while others wait free speech is
    /// not looked at again. Without it the same sound always gets the same work.
    pub live: bool,
    /// Jobs that may wait before new ones are refused.
    pub queue: usize,
    /// What callers say in a word or two, by language: short speech that was not heard surely is compared with it.
    pub phrases: BTreeMap<Lang, Vec<String>>,
    /// Encoder frames beyond the speech; [`MARGIN_AS_PUBLISHED`] for models other than our own.
    pub margin: u32,
}

impl WhisperConfig {
    /// For our own model: one thread a core, one for each decode; four jobs may wait for each.
    pub fn new(model: PathBuf) -> WhisperConfig {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        WhisperConfig { model, threads, live: false, queue: 4 * threads, phrases: BTreeMap::new(), margin: MARGIN }
    }
}

/// The engine; dropping it ends its threads.
pub struct Whisper {
    pool: Pool,
    queue: usize,
}

impl Whisper {
    /// Loads the model, makes the states and decodes a moment of silence on each, so that the first caller does not wait.
    ///
    /// # Errors
    /// [`AsrError::Engine`]: the file is missing or no Whisper model, or memory is short.
    pub fn open(config: &WhisperConfig) -> Result<Whisper, AsrError> {
        whisper_rs::install_logging_hooks();
        let model = Arc::new(load(&config.model)?);
        let warm_up = Job {
            samples: Arc::from(vec![0.0; SHORTEST_SAMPLES]),
            lang: Lang::Zh,
            terms: Vec::new(),
            constraint: None,
            deadline: Duration::MAX,
            priority: Priority::Trial,
        };
        let tree = |phrases: &Vec<String>| Phrases::new(phrases.iter().map(String::as_str));
        let phrases = config.phrases.iter().map(|(lang, phrases)| (*lang, tree(phrases))).collect();
        let known = Arc::new(Known { vocabulary: vocabulary(&model), phrases, margin: config.margin });
        let mut decoders = Vec::new();
        for _ in 0..config.threads.max(1) {
            let mut decoder = Decoder::new(&model, &known, config.live)?;
            decoder.decode(&warm_up, &warm_up.samples, 1)?;
            decoders.push(decoder);
        }
        Ok(Whisper { pool: Pool::start(decoders)?, queue: config.queue })
    }
}

impl Recogniser for Whisper {
    fn submit(&self, job: Job) -> Result<Pending, AsrError> {
        self.pool.submit(job, self.queue)
    }
}

fn load(path: &Path) -> Result<WhisperContext, AsrError> {
    if !path.is_file() {
        return Err(AsrError::Engine(format!("{} is missing", path.display())));
    }
    let weights = weights::read(path).map_err(|error| AsrError::Engine(format!("{}: {error}", path.display())))?;
    WhisperContext::new_from_buffer_with_params(&weights, WhisperContextParameters::default())
        .map_err(|error| AsrError::Engine(format!("{} is no model for whisper.cpp: {error}", path.display())))
}

/// Every token of text; special ones follow the end of text.
fn vocabulary(model: &WhisperContext) -> Vocabulary {
    let tokens = (0..model.token_eot()).filter_map(|token| Some((model.token_to_bytes(token).ok()?.to_vec(), token)));
    Vocabulary::new(tokens)
}

/// What all decoders know.
struct Known {
    vocabulary: Vocabulary,
    phrases: BTreeMap<Lang, Phrases>,
    margin: u32,
}

struct Decoder {
    model: Arc<WhisperContext>,
    known: Arc<Known>,
    /// Those of the constraints that were last at work, the latest at the end.
    acceptors: Vec<(Acceptor, Allowed)>,
    state: WhisperState,
    /// Worked out about the phrases so far.
    onwards: BTreeMap<Lang, Onwards>,
    live: bool,
    mandarin: FullParams<'static, 'static>,
    english: FullParams<'static, 'static>,
}

/// What one pass over one window gave.
struct Decoded {
    text: String,
    log_probability: f32,
    tokens: usize,
    /// The same with the end of text.
    whole_log_probability: f32,
    no_speech: f32,
    /// Each token of the text with its probability.
    path: Vec<hypotheses::Heard>,
    /// All that the decoder was given before the text.
    prefix: Vec<Token>,
}

impl Decoder {
    fn new(model: &Arc<WhisperContext>, known: &Arc<Known>, live: bool) -> Result<Decoder, AsrError> {
        let state = model.create_state().map_err(engine_error)?;
        Ok(Decoder {
            model: Arc::clone(model),
            known: Arc::clone(known),
            acceptors: Vec::new(),
            state,
            onwards: BTreeMap::new(),
            live,
            mandarin: settings(Lang::Zh),
            english: settings(Lang::En),
        })
    }

    fn decode(&mut self, job: &Job, samples: &[f32], threads: usize) -> Result<Decoded, AsrError> {
        let mut padded = vec![0.0; LEAD_IN_SAMPLES];
        padded.extend_from_slice(samples);
        padded.resize(padded.len().max(SHORTEST_SAMPLES), 0.0);
        let seconds = padded.len() as f32 / RATE_HZ;

        let prompt = prompt(job.lang, &job.terms);
        // No token is shorter than a byte: with room for as many, the tokeniser cannot run short.
        let prompt_tokens = self.model.tokenize(&prompt, prompt.len() + 1).map_err(engine_error)?;
        let mut settings: FullParams<'_, '_> = match job.lang {
            Lang::Zh => self.mandarin.clone(),
            Lang::En => self.english.clone(),
        };
        settings.set_n_threads(i32::try_from(threads).unwrap_or(1));
        settings.set_tokens(&prompt_tokens);
        settings.set_audio_ctx(context(seconds, self.known.margin));
        settings.set_max_tokens((seconds * TOKENS_PER_SECOND + TOKENS_GRANTED) as i32);
        self.state.full(settings, &padded).map_err(engine_error)?;

        let first_special = self.model.token_eot();
        let prefix = self.prefix(job.lang, &prompt_tokens)?;
        let mut decoded = Decoded {
            text: String::new(),
            log_probability: 0.0,
            tokens: 0,
            whole_log_probability: 0.0,
            no_speech: 0.0,
            path: Vec::new(),
            prefix,
        };
        for segment in self.state.as_iter() {
            decoded.no_speech = decoded.no_speech.max(segment.no_speech_probability());
            let text = segment.to_str_lossy().map_err(engine_error)?;
            // A character whose last bytes fell victim to the bound on tokens.
            decoded.text.push_str(text.trim_end_matches(char::REPLACEMENT_CHARACTER));
            let tokens = (0..segment.n_tokens()).filter_map(|index| segment.get_token(index));
            for token in tokens.filter(|token| token.token_id() <= first_special) {
                let log_probability = token.token_probability().max(f32::MIN_POSITIVE).ln();
                decoded.whole_log_probability += log_probability;
                if token.token_id() < first_special {
                    decoded.log_probability += log_probability;
                    decoded.tokens += 1;
                    decoded.path.push((token.token_id(), token.token_probability()));
                }
            }
        }
        Ok(decoded)
    }

    /// What whisper.cpp puts before the text (`whisper_full_with_state`): the prompt, then start, language and task.
    fn prefix(&self, lang: Lang, prompt: &[Token]) -> Result<Vec<Token>, AsrError> {
        let model = &self.model;
        let unknown = || AsrError::Engine(format!("the model does not know the language {lang}"));
        let lang = model.token_lang(whisper_rs::get_lang_id(lang.code()).ok_or_else(unknown)?);
        let kept = prompt.len().saturating_sub(usize::try_from(model.n_text_ctx()).unwrap_or(0) / 2 - 1);
        let mut prefix = Vec::new();
        if !prompt.is_empty() {
            prefix.push(model.token_prev());
            prefix.extend(prompt.iter().skip(kept));
        }
        prefix.extend([model.token_sot(), lang, model.token_transcribe(), model.token_not()]);
        Ok(prefix)
    }

    /// The phrases that the speech of the last pass may have been, likeliest first.
    fn alternatives(&mut self, lang: Lang, prefix: Vec<Token>, demand: &dyn Demand) -> Result<Vec<Alternative>, AsrError> {
        let (known, model) = (Arc::clone(&self.known), Arc::clone(&self.model));
        let Some(phrases) = known.phrases.get(&lang) else { return Ok(Vec::new()) };
        let mut steps = Steps::new(&model, &mut self.state, prefix, true, demand);
        let onwards = self.onwards.entry(lang).or_default();
        let mut found = likeliest(&mut steps, &known.vocabulary, phrases, onwards, model.token_eot(), |tokens| spelled(&model, tokens))?;
        found.truncate(MOST_ALTERNATIVES);
        Ok(found)
    }

    /// What else the speech of the last pass may have been.
    fn others(&mut self, lang: Lang, decoded: &Decoded, demand: &dyn Demand) -> Result<Vec<Alternative>, AsrError> {
        let model = Arc::clone(&self.model);
        let mut steps = Steps::new(&model, &mut self.state, decoded.prefix.clone(), true, demand);
        let whole_characters = |tokens: &[Token]| {
            let text = spelled(&model, tokens);
            let text = if lang == Lang::Zh { to_simplified(&text) } else { text };
            (!text.is_empty() && !text.contains(char::REPLACEMENT_CHARACTER)).then_some(text)
        };
        let is_word = |token| spelled(&model, &[token]).chars().any(|c| c.is_alphanumeric() || c == char::REPLACEMENT_CHARACTER);
        hypotheses::others(&mut steps, &decoded.path, decoded.whole_log_probability, model.token_eot(), is_word, whole_characters)
    }

    /// The speech of the last pass read as a phrase of `constraint`.
    fn read(&mut self, constraint: &Arc<Constraint>, lang: Lang, decoded: &Decoded, demand: &dyn Demand) -> Result<Reading, AsrError> {
        let begun = cpu::ThreadTime::now();
        let known = self.acceptors.iter().position(|(acceptor, _)| Arc::ptr_eq(acceptor.constraint(), constraint));
        let (mut acceptor, mut allowed) = match known {
            Some(index) => self.acceptors.remove(index),
            None => (Acceptor::new(Arc::clone(constraint)), Allowed::new()),
        };
        let end_of_text = self.model.token_eot();
        // Words before figures draw them towards words; closed questions are helped by the prompt.
        let (prefix, held) = if constraint.in_figures() { (self.prefix(lang, &[])?, false) } else { (decoded.prefix.clone(), true) };
        let limits = if constraint.in_figures() { OF_NUMBERS } else { OF_WORDS };
        let mut steps = Steps::new(&self.model, &mut self.state, prefix, held, demand);
        let found = search(&mut steps, &self.known.vocabulary, &mut acceptor, &mut allowed, end_of_text, limits)?;
        let asked = steps.asked;
        if self.acceptors.len() >= MOST_ACCEPTORS {
            self.acceptors.remove(0);
        }
        self.acceptors.push((acceptor, allowed));
        let best = found.first().map_or(f32::NEG_INFINITY, |found| found.log_probability);
        let texts = found.into_iter().map(|found| (spelled(&self.model, &found.tokens), found.log_probability));
        let candidates = reading::candidates(constraint, texts);
        let gap = best - decoded.whole_log_probability;
        Ok(Reading { candidates, gap, steps: asked, compute_ms: begun.elapsed_ms() })
    }
}

impl Worker for Decoder {
    fn recover(&mut self) -> Result<(), AsrError> {
        self.state = self.model.create_state().map_err(engine_error)?;
        Ok(())
    }

    fn recognise(&mut self, job: &Job, alone: Option<Alone<'_>>, demand: &dyn Demand) -> Result<Transcript, AsrError> {
        let threads = if alone.is_some() && self.live { 1 + cpu::idle_cores().min(MOST_THREADS_ALONE - 1) } else { 1 };
        let mut alone = alone.filter(|_| threads > 1);
        let mut beside_ms = 0;
        let begun = cpu::ThreadTime::now();
        let mut transcript = Transcript { audio_ms: milliseconds(job.samples.len()), ..Transcript::default() };
        let mut samples = job.samples.to_vec();
        treatment::level(&mut samples);
        let (mut log_probability, mut tokens) = (0.0, 0);
        let pieces = window::windows(&samples);
        // What fills more than a window is no answer to a closed question.
        let constraint = job.constraint.as_ref().filter(|_| pieces.len() == 1);
        for piece in &pieces {
            let Some(speech_ms) = voice::speech_ms(piece) else {
                transcript.no_speech = 1.0;
                transcript.withheld = Some(Withheld::NoSpeech);
                continue;
            };
            let threads = if alone.is_some() { threads } else { 1 };
            let first_pass = cpu::ThreadTime::now();
            let decoded = self.decode(job, piece, threads)?;
            // The other threads are as busy as this one.
            beside_ms += first_pass.elapsed_ms().saturating_mul(u32::try_from(threads - 1).unwrap_or(0));
            alone = None;
            transcript.no_speech = transcript.no_speech.max(decoded.no_speech);
            let is_plain = |constraint: &Constraint| {
                !constraint.in_figures() && decoded.whole_log_probability >= PLAIN.ln() && constraint.meaning(decoded.text.trim()).is_some()
            };
            let prompt = prompt(job.lang, &job.terms);
            let confidence = geometric_mean(decoded.log_probability, decoded.tokens);
            let evidence = Evidence { lang: job.lang, audio_ms: milliseconds(piece.len()), speech_ms, confidence, prompt: &prompt };
            let heard = believable(decoded.text.trim(), &evidence);
            let reads = constraint.filter(|constraint| !is_plain(constraint));
            let free = job.constraint.is_none() && !matches!(job.priority, Priority::Glance | Priority::Caption) && pieces.len() == 1;
            let doubts = free && confidence < SURE;
            if (reads.is_some() || doubts)
                && let Ok(text) = &heard
            {
                let text = if job.lang == Lang::Zh { to_simplified(text) } else { text.clone() };
                let compute_ms = begun.elapsed_ms().saturating_add(beside_ms);
                demand.tell_words(Transcript { text, confidence, compute_ms, ..transcript.clone() });
            }
            if let Some(constraint) = reads {
                transcript.reading = Some(self.read(constraint, job.lang, &decoded, demand)?);
            }
            if free && speech_ms <= SHORT_MS && (heard.is_err() || doubts) {
                transcript.alternatives = self.alternatives(job.lang, decoded.prefix.clone(), demand)?;
            }
            if doubts && !(self.live && demand.others_wait()) {
                let others = self.others(job.lang, &decoded, demand)?;
                transcript.alternatives.extend(others);
            }
            match heard {
                Ok(text) => {
                    transcript.log_probability = (pieces.len() == 1).then_some(decoded.whole_log_probability);
                    if job.lang == Lang::En && !transcript.text.is_empty() {
                        transcript.text.push(' ');
                    }
                    transcript.text.push_str(&text);
                    log_probability += decoded.log_probability;
                    tokens += decoded.tokens;
                }
                Err(withheld) => transcript.withheld = Some(withheld),
            }
        }
        if job.lang == Lang::Zh {
            transcript.text = to_simplified(&transcript.text);
        }
        if transcript.text.is_empty() {
            transcript.withheld.get_or_insert(Withheld::Nothing);
        } else {
            transcript.confidence = geometric_mean(log_probability, tokens);
        }
        transcript.compute_ms = begun.elapsed_ms().saturating_add(beside_ms);
        Ok(transcript)
    }
}

/// Encoder frames for speech of this length, in the groups that matrix products are fast with.
fn context(seconds: f32, margin: u32) -> i32 {
    let frames = ((seconds * CONTEXT_PER_SECOND).ceil() as u32).saturating_add(margin);
    frames.min(CONTEXT_MOST).next_multiple_of(weights::ROWS as u32).min(CONTEXT_MOST) as i32
}

fn spelled(model: &WhisperContext, tokens: &[Token]) -> String {
    let bytes: Vec<u8> = tokens.iter().flat_map(|token| model.token_to_bytes(*token).unwrap_or_default()).copied().collect();
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

fn settings(lang: Lang) -> FullParams<'static, 'static> {
    let mut settings = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    settings.set_language(Some(lang.code()));
    settings.set_temperature_inc(0.0);
    settings.set_no_context(true);
    settings.set_single_segment(true);
    settings.set_no_timestamps(true);
    settings.set_suppress_nst(true);
    settings.set_suppress_blank(true);
    settings.set_print_special(false);
    settings.set_print_progress(false);
    settings.set_print_realtime(false);
    settings.set_print_timestamps(false);
    settings
}

fn engine_error(error: whisper_rs::WhisperError) -> AsrError {
    AsrError::Engine(error.to_string())
}

fn geometric_mean(log_probability: f32, tokens: usize) -> f32 {
    if tokens == 0 { 0.0 } else { (log_probability / tokens as f32).exp() }
}

fn milliseconds(samples: usize) -> u32 {
    u32::try_from(samples as u64 * 1000 / u64::from(crate::audio::CALL_RATE_HZ)).unwrap_or(u32::MAX)
}
