//! The voices by name: `voices/voices.toml`, where changing a voice is changing a line.

use super::TtsError;
use crate::models::data_dir;
use crate::text::Lang;
use serde::Deserialize;
use std::path::Path;

/// How a voice's text becomes its model's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// A Piper model that takes espeak-ng's phonemes.
    PiperEspeak,
    /// A model with Piper's interface that takes the symbols of the baker corpus, made by [`super::phonemes_zh`].
    PiperBaker,
    /// Kokoro, in Mandarin and English; see [`super::kokoro`].
    Kokoro,
}

/// Which English a voice speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accent {
    #[default]
    American,
    British,
}

/// One voice as the file defines it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoiceDefinition {
    pub name: String,
    pub lang: Lang,
    pub engine: Engine,
    /// Name of the ONNX file in `voices/models.toml`; its settings lie beside it, with `.json` added to the name.
    pub model: String,
    /// File beside `voices.toml` with the model's symbols and their numbers; only for [`Engine::PiperBaker`].
    pub symbols: Option<String>,
    /// File of the model `kokoro-styles` that makes the voice; only for [`Engine::Kokoro`].
    pub style: Option<String>,
    /// The voice of the same language that speaks what can be rendered ahead (`tingshuo voices prerender`); what it has not rendered this one
    /// says.
    pub ahead: Option<String>,
    /// Only for English voices of [`Engine::Kokoro`]; American without it.
    pub accent: Option<Accent>,
    /// The voice of its language; the first of a language that says so.
    #[serde(default)]
    pub default: bool,
    /// How much two sayings of the same sentence differ, 0.0 for not at all; without it what the model's settings say. Calls in tests
    /// and recordings that are made again need 0.0.
    pub variation: Option<f32>,
    /// Multiplies every speed asked for.
    #[serde(default = "one")]
    pub rate: f32,
    /// Multiplies the common loudness.
    #[serde(default = "one")]
    pub gain: f32,
}

fn one() -> f32 {
    1.0
}

/// All voices that are defined.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voices {
    #[serde(rename = "voice")]
    voices: Vec<VoiceDefinition>,
}

impl Voices {
    /// Reads `voices/voices.toml` of the data folder.
    pub fn open() -> Result<Voices, TtsError> {
        Voices::read(&data_dir().join("voices").join("voices.toml"))
    }

    /// Reads a file of the same form.
    pub fn read(path: &Path) -> Result<Voices, TtsError> {
        let text = std::fs::read_to_string(path).map_err(|error| TtsError::definition(path, error))?;
        Voices::parse(&text).map_err(|reason| TtsError::definition(path, reason))
    }

    fn parse(text: &str) -> Result<Voices, String> {
        let voices: Voices = toml::from_str(text).map_err(|error| error.to_string())?;
        for (index, voice) in voices.voices.iter().enumerate() {
            let name = &voice.name;
            if voices.voices.iter().take(index).any(|other| other.name == *name) {
                return Err(format!("voice {name:?} is defined twice"));
            }
            if voice.engine == Engine::PiperBaker && voice.symbols.is_none() {
                return Err(format!("voice {name:?} needs `symbols`"));
            }
            if voice.engine == Engine::Kokoro && voice.style.is_none() {
                return Err(format!("voice {name:?} needs `style`"));
            }
            let other = voice.ahead.as_ref().map(|ahead| voices.voices.iter().find(|other| other.name == *ahead));
            if other.is_some_and(|other| other.is_none_or(|other| other.lang != voice.lang || other.name == *name)) {
                return Err(format!("voice {name:?}: ahead must name another voice of its language"));
            }
            if voice.variation.is_some_and(|variation| !(0.0..=2.0).contains(&variation)) {
                return Err(format!("voice {name:?}: variation must be 0.0 to 2.0"));
            }
            if !(0.3..=3.0).contains(&voice.rate) || !(0.1..=4.0).contains(&voice.gain) {
                return Err(format!("voice {name:?}: rate must be 0.3 to 3.0 and gain 0.1 to 4.0"));
            }
        }
        Ok(voices)
    }

    pub fn all(&self) -> &[VoiceDefinition] {
        &self.voices
    }

    pub fn by_name(&self, name: &str) -> Result<&VoiceDefinition, TtsError> {
        self.voices.iter().find(|voice| voice.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.voices.iter().map(|voice| voice.name.as_str()).collect();
            TtsError::Setup(format!("no voice {name:?} in voices/voices.toml; it has {}", known.join(", ")))
        })
    }

    /// The voice that speaks `lang`: the one marked so, else the first.
    pub fn for_lang(&self, lang: Lang) -> Result<&VoiceDefinition, TtsError> {
        let mut of_lang = self.voices.iter().filter(|voice| voice.lang == lang);
        let first = of_lang.clone().next();
        of_lang.find(|voice| voice.default).or(first).ok_or_else(|| TtsError::Setup(format!("no voice for {lang} in voices/voices.toml")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "[[voice]]\nname = 'a'\nlang = 'zh'\nengine = 'piper-baker'\nmodel = 'm'\nsymbols = 's.json'\n";

    #[track_caller]
    fn refused(text: &str, reason: &str) {
        let error = Voices::parse(text).unwrap_err();
        assert!(error.contains(reason), "{error}");
    }

    #[test]
    fn the_project_speaks_both_languages() {
        let voices = Voices::open().unwrap();
        assert_eq!(voices.for_lang(Lang::Zh).unwrap().name, "baker");
        assert_eq!(voices.for_lang(Lang::En).unwrap().name, "joe");
        assert!(voices.by_name("nobody").unwrap_err().to_string().contains("baker, joe, "));
    }

    #[test]
    fn the_marked_voice_is_the_default() {
        let two = format!("{ONE}{}default = true\n", ONE.replace("'a'", "'b'"));
        assert_eq!(Voices::parse(&two).unwrap().for_lang(Lang::Zh).unwrap().name, "b");
        assert_eq!(Voices::parse(ONE).unwrap().for_lang(Lang::Zh).unwrap().name, "a");
        assert!(Voices::parse(ONE).unwrap().for_lang(Lang::En).is_err());
    }

    #[test]
    fn mistakes_are_named() {
        refused(&format!("{ONE}{ONE}"), "twice");
        refused(&format!("{ONE}pitch = 2\n"), "pitch");
        refused(&format!("{ONE}ahead = 'a'\n"), "another voice of its language");
        refused(&format!("{ONE}ahead = 'b'\n"), "another voice of its language");
        refused(&format!("{ONE}rate = 30\n"), "rate must be");
        refused(&format!("{ONE}variation = 9\n"), "variation must be");
        refused(&ONE.replace("symbols = 's.json'", ""), "needs `symbols`");
        refused(&ONE.replace("piper-baker", "kokoro"), "needs `style`");
        refused(&ONE.replace("piper-baker", "flute"), "flute");
    }
}
