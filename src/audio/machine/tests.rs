//! Frames of tones, noise, silence and fixtures; words.

use super::*;
use crate::audio::{CALL_RATE_HZ, dtmf, noise, treatment};
use std::path::Path;

fn frames(samples: &[f32], least_ms: u32) -> Vec<[f32; FRAME_SAMPLES]> {
    let mut all = samples.to_vec();
    all.resize(all.len().max((least_ms * CALL_RATE_HZ / 1000) as usize), 0.0);
    all.as_chunks::<FRAME_SAMPLES>().0.to_vec()
}

fn verdict(samples: &[f32]) -> Verdict {
    let mut detector = Detector::default();
    frames(samples, 3_000).iter().find_map(|frame| detector.push(frame)).unwrap()
}

fn sine(hz: f32, ms: u32) -> Vec<f32> {
    (0..ms * CALL_RATE_HZ / 1000).map(|n| 0.2 * (std::f32::consts::TAU * hz * n as f32 / CALL_RATE_HZ as f32).sin()).collect()
}

fn silence(ms: u32) -> Vec<f32> {
    vec![0.0; (ms * CALL_RATE_HZ / 1000) as usize]
}

fn spoken(name: &str) -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("audio-fixtures").join(name);
    let audio = crate::audio::wav::read(&path).unwrap();
    crate::audio::resample::resample(&audio.samples, audio.rate_hz, CALL_RATE_HZ)
}

/// Requests one after the other, as fast as a mailbox talks.
fn talk() -> Vec<f32> {
    let mut voice = crate::audio::vad::Vad::new();
    let names = ["query_bill", "roaming", "complaint", "network_fault", "change_plan"];
    let all: Vec<f32> = names.iter().flat_map(|name| spoken(&format!("zh_requests/{name}.wav"))).collect();
    all.as_chunks::<FRAME_SAMPLES>().0.iter().filter(|frame| voice.speech(frame) >= THRESHOLD).flatten().copied().collect()
}

fn watched(samples: &[f32]) -> Vec<Noticed> {
    let mut watch = Watch::default();
    let mut noticed = Vec::new();
    for frame in frames(samples, 3_000) {
        noticed.extend(watch.push(&frame));
        if matches!(noticed.last(), Some(Noticed::Machine(_))) {
            break;
        }
    }
    noticed
}

#[test]
fn tones_of_telephone_lines_are_no_speech() {
    for hz in [450.0, 437.0, 620.0, 850.0, 1_000.0, 1_100.0, 2_100.0] {
        let found = verdict(&sine(hz, 350));
        assert!(found.who == Answerer::Tone && found.at_ms <= 320, "{hz}: {found:?}");
    }
    let information: Vec<f32> = [950.0, 1_400.0, 1_800.0].iter().flat_map(|hz| sine(*hz, 330)).collect();
    assert_eq!(verdict(&information).who, Answerer::Tone);
    let two: Vec<f32> = sine(400.0, 400).iter().zip(sine(450.0 + 80.0, 400)).map(|(a, b)| a + b).collect();
    assert_eq!(verdict(&two).who, Answerer::Tone);
    assert_eq!(verdict(&dtmf::tone('5', 400, 0.2, CALL_RATE_HZ)).who, Answerer::Tone);
}

#[test]
fn silence_and_noise_are_nobody() {
    assert_eq!(verdict(&[]), Verdict { who: Answerer::Silence, at_ms: DECIDES_WITHIN_MS });
    let mut click = vec![0.0; 8_000];
    click.extend([0.9, -0.9, 0.5]);
    assert_eq!(verdict(&click).who, Answerer::Silence);
    for noise in [noise::white, noise::pink] {
        let hiss: Vec<f32> = noise(48_000, 3).iter().map(|sample| sample * 0.1).collect();
        assert_ne!(verdict(&treatment::telephone(&hiss, CALL_RATE_HZ)).who, Answerer::Machine);
    }
}

#[test]
fn who_says_a_word_and_waits_is_a_person_in_noise_too() {
    for name in ["yes", "no", "confirm", "cancel"] {
        let mut said = spoken(&format!("zh_answers/{name}.wav"));
        said.extend(silence(2_000));
        assert_eq!(verdict(&said).who, Answerer::Human, "{name}");
        for snr_db in [15.0, 5.0] {
            let heard = treatment::add_noise(&said, &noise::pink(said.len(), 9), snr_db);
            assert_eq!(verdict(&treatment::telephone(&heard, CALL_RATE_HZ)).who, Answerer::Human, "{name} at {snr_db} dB");
        }
    }
}

#[test]
fn who_goes_on_is_a_machine_once_it_has_gone_on_over_the_greeting() {
    let talk = talk();
    assert_eq!(verdict(&talk), Verdict { who: Answerer::Machine, at_ms: DECIDES_WITHIN_MS });
    let long: Vec<f32> = talk.iter().cycle().take(5 * CALL_RATE_HZ as usize).copied().collect();
    assert_eq!(watched(&long).last(), Some(&Noticed::Machine(Met::GoesOn)));
    let mut short = talk[..talk.len().min(3 * CALL_RATE_HZ as usize)].to_vec();
    short.extend(silence(3_000));
    assert!(!watched(&short).iter().any(|noticed| matches!(noticed, Noticed::Machine(_))), "three seconds may be a person's");
}

#[test]
fn a_beep_shows_a_machine_and_a_key_does_not() {
    let mut mailbox = talk();
    mailbox.truncate(3 * CALL_RATE_HZ as usize);
    let with = |end: Vec<f32>| mailbox.iter().copied().chain(silence(200)).chain(end).chain(silence(1_000)).collect::<Vec<f32>>();
    assert_eq!(watched(&with(sine(1_000.0, 400))).last(), Some(&Noticed::Machine(Met::Beep)));
    assert_eq!(watched(&with(dtmf::tone('1', 400, 0.2, CALL_RATE_HZ))).last().map(|last| matches!(last, Noticed::Machine(_))), Some(false));
    let busy: Vec<f32> = (0..8).flat_map(|_| sine(450.0, 350).into_iter().chain(silence(350))).collect();
    assert_eq!(watched(&busy).last(), Some(&Noticed::Machine(Met::LineTone)));
}

#[test]
fn what_sounded_like_a_machine_answers_nothing_at_first() {
    let mut watch = Watch::default();
    frames(&talk(), 3_000).iter().take(110).for_each(|frame| _ = watch.push(frame));
    assert!(!watch.may_answer());
    assert!(watch.may_answer(), "the second time somebody is there");
    assert!(Watch::default().may_answer());
}

fn ends(samples: &[f32]) -> Option<(Machine, usize)> {
    let mut beep = Beep::default();
    let frames = frames(samples, 0);
    frames.iter().zip(1..).find_map(|(frame, at)| Some((beep.push(frame)?, at * FRAME_MS as usize)))
}

#[test]
fn a_message_begins_after_the_beep_or_a_long_silence() {
    let mut greeting = talk();
    greeting.truncate(2 * CALL_RATE_HZ as usize);
    let then = |end: Vec<f32>| greeting.iter().copied().chain(end).chain(silence(3_000)).collect::<Vec<f32>>();
    let (what, at_ms) = ends(&then(sine(850.0, 300))).unwrap();
    assert!(what == Machine::Listens && (2_600..=2_800).contains(&at_ms), "{at_ms}");
    let (what, at_ms) = ends(&then(Vec::new())).unwrap();
    assert!(what == Machine::Listens && (3_900..=4_100).contains(&at_ms), "{at_ms}");
    let information: Vec<f32> = [950.0, 1_400.0, 1_800.0].iter().flat_map(|hz| sine(*hz, 330)).collect();
    assert_eq!(ends(&then(information)).map(|(what, _)| what), Some(Machine::Deaf));
}

#[test]
fn words_decide_where_only_one_of_them_says_such() {
    for (text, who) in [
        ("您好，请在滴声后留言", Some(Answerer::Machine)),
        ("您拨打的电话已关机", Some(Answerer::Machine)),
        ("Please leave a message after the tone", Some(Answerer::Machine)),
        ("查询话费请按一", Some(Answerer::Menu)),
        ("喂，你好", None),
        ("你好，前台，请问转哪个分机", None),
        ("hello, who is this", None),
    ] {
        assert_eq!(who_says(text), who, "{text}");
    }
}

/// The verdict on sound of which, half a second before, words were recognised with these odds.
fn with_words(sound: &[f32], machine_odds: f32) -> Answerer {
    let mut detector = Detector::default();
    for (n, frame) in frames(sound, 2_000).iter().enumerate() {
        if n == 75 {
            detector.hear(Said { machine_odds, length: 6 });
        }
        detector.push(frame);
    }
    detector.verdict().unwrap().who
}

#[test]
fn sound_and_words_decide_together() {
    let late: Vec<f32> = silence(1_000).into_iter().chain(talk()).collect();
    assert_eq!(verdict(&late).who, Answerer::Human, "nothing was recognised");
    assert_eq!(with_words(&late, 7.0), Answerer::Machine);
    assert_eq!(verdict(&talk()).who, Answerer::Machine);
    assert_eq!(with_words(&talk(), -7.0), Answerer::Human, "who says what people say may go on");
    let waits: Vec<f32> = spoken("zh_answers/yes.wav").into_iter().chain(silence(2_000)).collect();
    assert_eq!(with_words(&waits, -1.0), Answerer::Human, "he waits");
    assert_eq!(with_words(&silence(2_000), 6.0), Answerer::Silence, "nobody was heard");
}

#[test]
fn words_are_looked_for_while_the_first_speech_goes_on() {
    let looks = |samples: &[f32]| {
        let mut watch = Watch::default();
        let at: Vec<usize> = frames(samples, 3_000)
            .iter()
            .enumerate()
            .filter_map(|(n, frame)| {
                watch.push(frame);
                watch.looks().then_some((n + 1) * FRAME_MS as usize)
            })
            .collect();
        at
    };
    assert_eq!(looks(&talk()), [LOOKS_AT_MS as usize]);
    assert_eq!(looks(&[]), [0_usize; 0]);
    let late: Vec<f32> = silence(1_300).into_iter().chain(talk()).collect();
    assert_eq!(looks(&late), [0_usize; 0], "there are no words yet");
}
