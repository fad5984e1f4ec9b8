//! English text to phonemes by espeak-ng, whose data is found by the build's own folder, by `espeak-ng-data` beside the program or in the
//! working folder, or by `$PIPER_ESPEAKNG_DATA_DIRECTORY`, the folder that holds `espeak-ng-data`.

use super::synthesiser::TtsError;
use crate::text::sounds::{self, Alphabet, Stretch};
use std::sync::{Mutex, PoisonError};

/// The phonemes (IPA) of `sentence` in the voice of that name in espeak-ng (`en-us`). Sounds that are prescribed in IPA go through as they
/// are.
pub fn phonemes(sentence: &str, voice: &str) -> Result<String, TtsError> {
    // espeak-ng keeps one state for the whole process.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut out = Vec::new();
    for stretch in sounds::stretches(sentence) {
        match stretch {
            Stretch::Sounded { alphabet: Alphabet::Ipa, sounds, .. } => out.push(sounds.to_owned()),
            Stretch::Sounded { written: text, .. } | Stretch::Plain(text) => {
                let clean: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
                out.extend(espeak_rs::text_to_phonemes(&clean, voice, None).map_err(|error| TtsError::Engine(error.to_string()))?);
            }
        }
    }
    Ok(out.join(" "))
}
