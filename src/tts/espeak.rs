//! English text to phonemes by espeak-ng, whose data is found by the build's own folder, by `espeak-ng-data` beside the program or in the
//! working folder, or by `$PIPER_ESPEAKNG_DATA_DIRECTORY`, the folder that holds `espeak-ng-data`.

use super::synthesiser::TtsError;
use std::sync::{Mutex, PoisonError};

/// The phonemes (IPA) of `sentence` in the voice of that name in espeak-ng (`en-us`).
pub fn phonemes(sentence: &str, voice: &str) -> Result<String, TtsError> {
    // espeak-ng keeps one state for the whole process.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let clean: String = sentence.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let phonemes = espeak_rs::text_to_phonemes(&clean, voice, None).map_err(|error| TtsError::Engine(error.to_string()))?;
    Ok(phonemes.join(" "))
}
