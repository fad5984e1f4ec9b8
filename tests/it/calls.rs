//! Whole calls through the real program: what it writes, and what it does with recordings that nobody would wish for.

use crate::program::{Folder, fixture, tingshuo};
use serde_json::Value;
use std::path::Path;
use tingshuo::audio::wav;

const NOW: &str = "2026-11-22T09:30";

/// Holds a call; gives `call.json`.
#[track_caller]
fn call(out: &Path, options: &[&str], recordings: &[String]) -> Value {
    let out_text = out.to_str().unwrap();
    let mut args = vec!["call", "--caller", "13800000001", "--now", NOW, "--out", out_text];
    args.extend(options);
    args.push("--wav");
    args.extend(recordings.iter().map(String::as_str));
    tingshuo(&args, "").succeeds();
    serde_json::from_str(&std::fs::read_to_string(out.join("call.json")).unwrap()).unwrap()
}

fn pieces(folder: &str, count: usize) -> Vec<String> {
    (1..=count).map(|n| fixture(&format!("{folder}/{n}.wav"))).collect()
}

/// The fields `field` of all events of a kind.
fn events<'a>(call: &'a Value, kind: &str, field: &str) -> Vec<&'a Value> {
    call["events"].as_array().unwrap().iter().filter(|event| event["event"] == kind).map(|event| &event[field]).collect()
}

fn intents(call: &Value) -> Vec<&str> {
    call["turns"].as_array().unwrap().iter().map(|turn| turn["intent"].as_str().unwrap_or("-")).collect()
}

#[test]
fn a_call_is_understood_answered_and_written_down() {
    let folder = Folder::new();
    let out = folder.join("call");
    let call = call(&out, &[], &pieces("zh_balance_call", 3));
    assert_eq!(intents(&call).get(..2), Some(&["query_balance", "query_bill"][..]), "{call:#}");
    assert_eq!(call["outcome"], "completed");
    assert_eq!(call["caller"], "138****0001", "the number is masked");
    let first = &call["turns"][0];
    assert_eq!(first["slots"], serde_json::json!({}));
    assert!(first["said"].as_str().unwrap().contains("一百二十八块五"), "{first:#}");
    let ms = |name: &str| first["ms"][name].as_u64().unwrap();
    let order = ["speech_end", "endpoint", "text", "decided", "first_sample"].map(ms);
    assert!(order.is_sorted(), "{order:?}");
    let reply = wav::read(&out.join("reply.wav")).unwrap();
    let both = wav::read(&out.join("both.wav")).unwrap();
    assert_eq!(reply.samples.len(), both.samples.len());
    let end = events(&call, "ended", "ms")[0].as_u64().unwrap();
    assert!(reply.duration_ms().abs_diff(end) <= 40, "{} against {end}", reply.duration_ms());
}

#[test]
fn one_recording_is_cut_at_its_long_pauses() {
    let folder = Folder::new();
    let call = call(&folder.join("call"), &[], &[fixture("zh_balance_pauses.wav")]);
    assert_eq!(intents(&call).get(..2), Some(&["query_balance", "query_bill"][..]), "{call:#}");
    assert_eq!(call["outcome"], "completed");
}

#[test]
fn the_same_call_twice_is_the_same() {
    let folder = Folder::new();
    let [mut first, mut second] = ["a", "b"].map(|name| call(&folder.join(name), &["--lang", "en"], &pieces("en_balance_call", 3)));
    for call in [&mut first, &mut second] {
        call["id"] = Value::Null;
        // What a decode costs is the machine's affair.
        for event in call["events"].as_array_mut().unwrap() {
            event["compute_ms"] = Value::Null;
        }
    }
    assert_eq!(first, second);
}

#[test]
fn a_secret_is_neither_written_nor_recorded() {
    let folder = Folder::new();
    let out = folder.join("call");
    let call = call(&out, &[], &pieces("zh_loss_call", 4));
    // Who is calling, whether something is broken there, and whether something is under way; then customer, PIN, block.
    assert_eq!(events(&call, "answered", "how"), ["done", "not_found", "not_found", "done", "done", "done"], "{call:#}");
    let text = call.to_string();
    for pin in ["246810", "二四六八幺零", "二四六八一零"] {
        assert!(!text.contains(pin), "the password stands in call.json");
    }
    let at = |kind: &str| events(&call, kind, "ms")[0].as_u64().unwrap() as usize;
    let both = wav::read(&out.join("both.wav")).unwrap();
    let sample = |ms: usize| ms * both.rate_hz as usize / 1000;
    let secret = both.samples.get(sample(at("recording_paused") + 20)..sample(at("recording_resumed"))).unwrap();
    assert!(secret.len() > sample(1000));
    assert!(secret.iter().all(|sample| *sample == 0.0), "the password can be heard in both.wav");
}

#[test]
fn words_into_a_prompt_stop_it() {
    let folder = Folder::new();
    let call = call(&folder.join("call"), &["--interrupt", "900"], &pieces("zh_balance_call", 3));
    assert!(!events(&call, "interrupted", "prompt").is_empty(), "{call:#}");
    assert!(!events(&call, "said_began", "prompt").contains(&&Value::from("transfer_no_input")));
    assert_eq!(intents(&call)[0], "query_balance");
    let notices = ["greeting_morning"];
    assert!(events(&call, "interrupted", "prompt").iter().all(|prompt| !notices.contains(&prompt.as_str().unwrap())));
}

#[test]
fn silence_is_asked_about_and_ends_the_call() {
    let folder = Folder::new();
    let call = call(&folder.join("call"), &[], &[fixture("odd/silence.wav")]);
    assert_eq!(call["turns"], serde_json::json!([]));
    assert!(events(&call, "no_input", "ms").len() >= 2, "{call:#}");
    assert_ne!(call["outcome"], "completed");
}

#[test]
fn noise_is_never_acted_on() {
    let folder = Folder::new();
    let call = call(&folder.join("call"), &["--as-is"], &[fixture("odd/noise_only.wav")]);
    // Only who is calling and what concerns him was looked up, before the first noise.
    assert_eq!(events(&call, "requested", "operation"), ["customer", "incident", "work_orders"], "{call:#}");
}

#[test]
fn clipped_and_truncated_recordings_are_heard_as_far_as_they_go() {
    let folder = Folder::new();
    for name in ["clipped", "truncated"] {
        let call = call(&folder.join(name), &[], &[fixture(&format!("odd/{name}.wav"))]);
        assert!(!events(&call, "recognised", "ms").is_empty(), "{name}: {call:#}");
    }
}

#[test]
fn endless_speech_is_cut_and_the_call_goes_on() {
    let folder = Folder::new();
    let sentence = wav::read(Path::new(&fixture("zh_balance_call/1.wav"))).unwrap();
    let speech: Vec<f32> = sentence.samples.iter().copied().skip_while(|sample| sample.abs() < 0.02).collect();
    let spoken: Vec<f32> = speech.iter().copied().cycle().take(sentence.rate_hz as usize * 45).collect();
    let file = folder.join("endless.wav");
    wav::write(&file, sentence.rate_hz, &[&spoken]).unwrap();
    let call = call(&folder.join("call"), &["--as-is"], &[file.to_str().unwrap().to_owned()]);
    assert!(!events(&call, "recognised", "ms").is_empty(), "{call:#}");
    assert!(call["outcome"].is_string());
}

const REMINDER: [&str; 7] = ["--as-is", "--reminder", "low_balance", "--with", "name=王先生", "--with", "balance=5.00"];

#[test]
fn a_mailbox_is_left_the_message_after_its_beep_and_answers_nothing() {
    let folder = Folder::new();
    let rate_hz = 16_000;
    // Requests without their silences: nobody breathes in a mailbox's greeting.
    let names = ["query_bill", "roaming", "complaint", "network_fault", "change_plan"];
    let said: Vec<f32> =
        names.iter().flat_map(|name| wav::read(Path::new(&fixture(&format!("zh_requests/{name}.wav")))).unwrap().samples).collect();
    let rate_of_fixtures = wav::read(Path::new(&fixture("zh_requests/query_bill.wav"))).unwrap().rate_hz;
    let said = tingshuo::audio::resample::resample(&said, rate_of_fixtures, rate_hz);
    let is_loud = |frame: &&[f32]| frame.iter().map(|sample| sample * sample).sum::<f32>() / frame.len() as f32 > 4e-5;
    let mut mailbox: Vec<f32> = said.chunks(320).filter(is_loud).flatten().copied().take(3 * rate_hz as usize).collect();
    assert_eq!(mailbox.len(), 3 * rate_hz as usize);
    mailbox.extend(vec![0.0; rate_hz as usize / 5]);
    let beep = (0..rate_hz * 2 / 5).map(|n| 0.3 * (std::f32::consts::TAU * 1_000.0 * n as f32 / rate_hz as f32).sin());
    mailbox.extend(beep);
    let beeped_ms = mailbox.len() as u64 * 1_000 / u64::from(rate_hz);
    mailbox.extend(vec![0.0; 20 * rate_hz as usize]);
    let file = folder.join("mailbox.wav");
    wav::write(&file, rate_hz, &[&mailbox]).unwrap();
    let call = call(&folder.join("call"), &REMINDER, &[file.to_str().unwrap().to_owned()]);
    assert_eq!(events(&call, "answered_by", "who"), ["machine"], "{call:#}");
    assert_eq!(events(&call, "met_machine", "by"), ["beep"], "{call:#}");
    let said = call["events"].as_array().unwrap().iter().filter(|event| event["event"] == "said_began");
    let last = said.max_by_key(|event| event["ms"].as_u64()).unwrap();
    assert_eq!(last["prompt"], "message_ours");
    let began_ms = last["ms"].as_u64().unwrap();
    assert!((beeped_ms..beeped_ms + 1_000).contains(&began_ms), "{began_ms} after {beeped_ms}");
    assert!(!last["text"].as_str().unwrap().contains("王"), "whoever hears it is unknown");
    assert_eq!((&call["turns"], &call["outcome"]), (&serde_json::json!([]), &serde_json::json!("completed")));
}

#[test]
fn a_person_who_picks_up_is_talked_to() {
    let folder = Folder::new();
    let call = call(&folder.join("call"), &REMINDER, &[fixture("zh_answers/yes.wav")]);
    assert_eq!(events(&call, "answered_by", "who"), ["human"], "{call:#}");
    assert!(events(&call, "met_machine", "by").is_empty(), "{call:#}");
}
