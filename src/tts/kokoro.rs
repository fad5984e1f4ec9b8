//! Kokoro-82M voices in Mandarin and English, run by ONNX Runtime. Too slow for live sentences (0.6 to 0.8 s of work for a second of
//! speech): for prompts rendered ahead and for callers in recordings.
//!
//! A sentence is a string of symbols, each with a number in `voices/kokoro.symbols.json`, at most `LONGEST` at a time; the voice is a
//! table of styles, one for each length. [`english`] and [`crate::tts::phonemes_zh::ipa`] make the symbols.

pub mod english;

use super::engine::{self, Copies};
use super::phonemes_zh::{self, ipa};
use super::synthesiser::{Manner, Synthesiser, TtsError};
use super::voices::{Accent, VoiceDefinition};
use crate::audio::Audio;
use crate::models::{Models, data_dir};
use crate::text::Lang;
use ort::session::Session;
use ort::value::Tensor;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

const RATE_HZ: u32 = 24_000;
/// Symbols that the model takes at once; it also wants a pad before and after them.
const LONGEST: usize = 510;
/// Numbers of one style.
const STYLE: usize = 256;
const STYLES_MODEL: &str = "kokoro-styles";
/// Raised with every change that changes what is heard.
const VERSION: u32 = 1;

/// One voice, loaded.
pub struct KokoroVoice {
    lang: Lang,
    accent: Accent,
    speed: f32,
    numbers: BTreeMap<char, i64>,
    /// Style *n* is for *n* + 1 symbols.
    styles: Vec<[f32; STYLE]>,
    engines: Copies<Session>,
}

impl KokoroVoice {
    /// Loads the model `copies` times.
    pub fn load(definition: &VoiceDefinition, models: &Models, copies: usize) -> Result<KokoroVoice, TtsError> {
        let model = models.path(&definition.model)?;
        let style = style_path(definition, models)?;
        let bytes = std::fs::read(&style).map_err(|error| TtsError::definition(&style, error))?;
        let symbols = symbols_path();
        let text = std::fs::read_to_string(&symbols).map_err(|error| TtsError::definition(&symbols, error))?;
        Ok(KokoroVoice {
            lang: definition.lang,
            accent: definition.accent.unwrap_or_default(),
            speed: definition.rate,
            numbers: serde_json::from_str(&text).map_err(|error| TtsError::definition(&symbols, error))?,
            styles: read_styles(&bytes).ok_or_else(|| TtsError::definition(&style, "no table of styles"))?,
            engines: Copies::new(copies, || engine::session(&model, models))?,
        })
    }

    fn symbols(&self, sentence: &str) -> Result<String, TtsError> {
        match self.lang {
            Lang::Zh => Ok(ipa::symbols(&phonemes_zh::marked_phrases(sentence))),
            Lang::En => english::symbols(sentence, self.accent),
        }
    }

    fn run(&self, symbols: &[i64], speed: f32) -> Result<Vec<f32>, TtsError> {
        let failed = |error: ort::Error| TtsError::Engine(error.to_string());
        let style = self.styles.get(symbols.len() - 1).or(self.styles.last()).expect("a table has styles");
        let tokens: Vec<i64> = std::iter::once(0).chain(symbols.iter().copied()).chain([0]).collect();
        let tokens = Tensor::from_array(([1, tokens.len()], tokens)).map_err(failed)?;
        let style = Tensor::from_array(([1, STYLE], style.to_vec())).map_err(failed)?;
        let speed = Tensor::from_array(([1], vec![speed])).map_err(failed)?;
        let mut session = self.engines.take();
        let inputs = ort::inputs!["tokens" => tokens, "style" => style, "speed" => speed];
        let made = catch_unwind(AssertUnwindSafe(|| {
            let outputs = session.run(inputs)?;
            let (_, samples) = outputs["audio"].try_extract_tensor::<f32>()?;
            Ok::<_, ort::Error>(samples.to_vec())
        }));
        let samples = made.map_err(|_| TtsError::Engine("panic inside ONNX Runtime's binding".into()))?.map_err(failed)?;
        if samples.is_empty() || samples.iter().any(|sample| !sample.is_finite()) {
            return Err(TtsError::Engine(format!("{} samples, not all of them numbers", samples.len())));
        }
        Ok(samples)
    }
}

impl Synthesiser for KokoroVoice {
    fn lang(&self) -> Lang {
        self.lang
    }

    fn rate_hz(&self) -> u32 {
        RATE_HZ
    }

    fn synthesise(&self, sentence: &str, manner: Manner) -> Result<Audio, TtsError> {
        let symbols = self.symbols(sentence)?;
        let known: Vec<(char, i64)> = symbols.chars().filter_map(|symbol| Some((symbol, *self.numbers.get(&symbol)?))).collect();
        if !known.iter().any(|(symbol, _)| symbol.is_alphabetic()) {
            return Err(TtsError::Unspeakable(sentence.to_owned()));
        }
        let speed = manner.bounded().speed * self.speed;
        let mut samples = Vec::new();
        for piece in cut(&known) {
            let numbers: Vec<i64> = piece.iter().map(|(_, number)| *number).collect();
            samples.extend(self.run(&numbers, speed)?);
        }
        Ok(Audio { rate_hz: RATE_HZ, samples })
    }
}

/// Pieces of at most [`LONGEST`] symbols, cut after a mark of punctuation if one is near enough, else between words.
fn cut(symbols: &[(char, i64)]) -> Vec<&[(char, i64)]> {
    let mut pieces = Vec::new();
    let mut rest = symbols;
    while rest.len() > LONGEST {
        let (head, _) = rest.split_at(LONGEST);
        let after = |wanted: fn(char) -> bool| head.iter().rposition(|(symbol, _)| wanted(*symbol)).map(|place| place + 1);
        let end = after(|symbol| ",.;:!?—…".contains(symbol)).filter(|end| *end > LONGEST / 4).or_else(|| after(char::is_whitespace));
        let (piece, left) = rest.split_at(end.unwrap_or(LONGEST));
        pieces.push(piece);
        rest = left;
    }
    pieces.push(rest);
    pieces.retain(|piece| piece.iter().any(|(symbol, _)| symbol.is_alphabetic()));
    pieces
}

fn read_styles(bytes: &[u8]) -> Option<Vec<[f32; STYLE]>> {
    let (numbers, rest) = bytes.as_chunks::<4>();
    let numbers: Vec<f32> = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
    let (styles, left) = numbers.as_chunks::<STYLE>();
    let sound = rest.is_empty() && left.is_empty() && !styles.is_empty() && numbers.iter().all(|number| number.is_finite());
    sound.then(|| styles.to_vec())
}

fn symbols_path() -> PathBuf {
    data_dir().join("voices").join("kokoro.symbols.json")
}

fn style_path(definition: &VoiceDefinition, models: &Models) -> Result<PathBuf, TtsError> {
    let style = definition.style.as_deref().unwrap_or_default();
    Ok(models.file(STYLES_MODEL, style)?)
}

/// The files that decide what the voice sounds like, and the version of what stands before them.
pub(super) fn heard_from(definition: &VoiceDefinition, models: &Models) -> Result<(Vec<PathBuf>, u32), TtsError> {
    let files = vec![models.path(&definition.model)?, style_path(definition, models)?, symbols_path()];
    Ok((files, 1_000 * VERSION + phonemes_zh::VERSION))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_table_of_styles_is_whole_or_refused() {
        assert_eq!(read_styles(&[0; 4 * STYLE * 3]).map(|styles| styles.len()), Some(3));
        assert_eq!(read_styles(&[0; 4 * STYLE + 4]), None);
        assert_eq!(read_styles(&[0; 3]), None);
        assert_eq!(read_styles(&[]), None);
        assert_eq!(read_styles(&[0xff; 4 * STYLE]), None);
    }

    proptest! {
        #[test]
        fn pieces_fit_and_lose_no_sound(text in "[a-z]{1,9}([ ,.]{1,2}[a-z]{1,700}){0,9}") {
            let symbols: Vec<(char, i64)> = text.chars().map(|symbol| (symbol, 1)).collect();
            let pieces = cut(&symbols);
            prop_assert!(pieces.iter().all(|piece| !piece.is_empty() && piece.len() <= LONGEST));
            let letters = |symbols: &[(char, i64)]| symbols.iter().filter(|(symbol, _)| symbol.is_alphabetic()).count();
            prop_assert_eq!(pieces.iter().map(|piece| letters(piece)).sum::<usize>(), letters(&symbols));
        }
    }
}
