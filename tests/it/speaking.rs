//! The real voices: as loud as each other, and understood by the recogniser in what markup makes of a prompt.

use tingshuo::audio::treatment::active_level_dbfs;
use tingshuo::models::Models;
use tingshuo::text::Lang;
use tingshuo::tts::cache::Cache;
use tingshuo::tts::{Manner, Speech, Voices, engine};

const ZH: [&str; 3] =
    ["您好，请问有什么可以帮您？", "好的。", "<speak>您的话费余额是<prosody volume='default'>一百二十八块五</prosody>。</speak>"];
const EN: [&str; 3] =
    ["Hello, how can I help?", "All right.", "<speak>Your balance is <say-as interpret-as='currency'>CNY 128.50</say-as>.</speak>"];

/// Engines, speakers and sentences differ by less than a listener would reach for the volume.
#[test]
fn every_voice_and_every_prompt_is_equally_loud() {
    const APART_DB: f32 = 4.0;
    let (models, voices) = (Models::open().unwrap(), Voices::open().unwrap());
    let mut levels: Vec<(String, f32)> = Vec::new();
    // Kokoro is optional: one voice of each sex stands for it where it was fetched.
    for name in ["baker", "joe", "zf_xiaobei", "am_michael"] {
        let definition = voices.by_name(name).unwrap();
        if engine::identity(definition, &models).is_err() {
            assert!(!["baker", "joe"].contains(&name), "{name} is needed: run `tingshuo models fetch`");
            continue;
        }
        let speech = Speech::one_voice(&models, definition, Cache::none());
        for text in if definition.lang == Lang::Zh { ZH } else { EN } {
            let audio = speech.say(text, definition.lang, Manner::default()).unwrap();
            levels.push((format!("{name}: {text}"), active_level_dbfs(&audio.samples).unwrap()));
        }
    }
    let loudest = levels.iter().map(|(_, level)| *level).fold(f32::MIN, f32::max);
    let softest = levels.iter().map(|(_, level)| *level).fold(f32::MAX, f32::min);
    assert!(levels.len() >= 6 && loudest - softest < APART_DB, "{levels:#?}");
}
