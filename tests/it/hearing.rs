//! The real recogniser on the project's recordings and on sound without words.

use crate::program::fixture;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tingshuo::asr::recogniser::{Priority, Withheld};
use tingshuo::asr::score::{Errors, Score};
use tingshuo::asr::{Job, Recogniser, Transcript, Whisper, WhisperConfig};
use tingshuo::audio::resample::resample;
use tingshuo::audio::{CALL_RATE_HZ, noise, treatment, wav};
use tingshuo::models::Models;
use tingshuo::text::Lang;

/// One for all tests: it takes half a gigabyte.
fn recogniser() -> &'static Whisper {
    static RECOGNISER: OnceLock<Whisper> = OnceLock::new();
    RECOGNISER.get_or_init(|| {
        let model = Models::open().unwrap().path("whisper-telephone").unwrap();
        Whisper::open(&WhisperConfig { queue: 100, ..WhisperConfig::new(model) }).unwrap()
    })
}

fn hear(samples: impl Into<Arc<[f32]>>, lang: Lang) -> Transcript {
    let job =
        Job { samples: samples.into(), lang, terms: Vec::new(), constraint: None, deadline: Duration::MAX, priority: Priority::Final };
    recogniser().submit(job).unwrap().wait_blocking().unwrap()
}

fn recording(name: &str) -> Vec<f32> {
    let audio = wav::read(Path::new(&fixture(name))).unwrap();
    resample(&audio.samples, audio.rate_hz, CALL_RATE_HZ)
}

/// At most this share of all that is said in them is heard wrongly.
#[track_caller]
fn check(recordings: &[(&str, &str)], lang: Lang, most_errors: f64, errors: fn(Score) -> Errors) {
    let mut all = Errors::default();
    for (name, said) in recordings {
        let heard = hear(recording(name), lang);
        let score = Score::of(lang, said, &heard.text);
        assert!(!score.ran_away, "{name}: {}", heard.text);
        assert!(heard.confidence > 0.0 && heard.withheld.is_none(), "{name}: {heard:?}");
        all.add(errors(score));
    }
    assert!(all.rate().unwrap() <= most_errors, "{all:?}");
}

#[test]
fn mandarin() {
    let recordings = [
        ("zh_balance_call/1.wav", "我想查一下话费还剩多少"),
        ("zh_balance_call/2.wav", "再查一下九月份的账单"),
        ("zh_balance_call/3.wav", "不用了，谢谢"),
        ("zh_balance_call/4.wav", "再见"),
    ];
    check(&recordings, Lang::Zh, 0.15, |score| score.pinyin);
}

#[test]
fn english() {
    let recordings = [
        ("en_balance_call/1.wav", "I would like to check my balance, please."),
        ("en_balance_call/2.wav", "And how much was my bill for September?"),
        ("en_balance_call/3.wav", "No, that is all. Thank you."),
    ];
    check(&recordings, Lang::En, 0.15, |score| score.text);
}

#[track_caller]
fn check_silent(samples: Vec<f32>) {
    let heard = hear(samples, Lang::Zh);
    assert_eq!((heard.text.as_str(), heard.confidence), ("", 0.0));
    assert!(heard.withheld.is_some());
}

#[test]
fn nothing_is_heard_where_nothing_is_said() {
    check_silent(Vec::new());
    check_silent(vec![0.0; 1_000]);
    check_silent(vec![0.0; 48_000]);
    for level in [0.01, 0.1] {
        check_silent(noise::pink(48_000, 11).iter().map(|sample| sample * level).collect());
        check_silent(noise::white(48_000, 12).iter().map(|sample| sample * level).collect());
    }
}

#[test]
fn a_request_is_understood_by_telephone() {
    let said = "我想查一下话费还剩多少";
    let by_telephone = treatment::telephone(&recording("zh_balance_call/1.wav"), CALL_RATE_HZ);
    let heard = hear(by_telephone, Lang::Zh);
    assert!(Score::of(Lang::Zh, said, &heard.text).pinyin.rate().unwrap() <= 0.3, "{}", heard.text);
    assert_eq!(heard.withheld.as_ref().map(Withheld::name), None);
}
