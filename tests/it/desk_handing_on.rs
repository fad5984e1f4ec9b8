//! An agent hands a caller on to a telephone of the rules, or passes him on to a colleague with a skill, on the real program.

use super::access::{add, user};
use super::desk::{Agent, hears_a_voice, kinds, record, rules, sing, wants_a_person};
use super::desk_phones::{hears_a_tone, over_trunk, sings};
use super::live::{Service, Socket, hears};
use super::program::Folder;
use super::sip::exchange::Exchange;
use serde_json::json;
use tingshuo::security::Role as Post;
use tingshuo::store::CallRecord;

/// A service whose second line is an exchange.
fn service(folder: &Folder, other: &Exchange) -> Service {
    let path = rules(folder);
    let text = std::fs::read_to_string(&path).unwrap();
    let line = "telephones: { second_line: { zh: 二线专家, en: Second line, call: \"sip:second@pbx.example\" } }";
    assert!(text.contains("telephones: {}"));
    std::fs::write(&path, text.replace("telephones: {}", line)).unwrap();
    over_trunk(&path, other)
}

/// A caller who talks to this agent.
async fn talking(service: &Service, an: &mut Agent) -> Socket {
    let caller = wants_a_person(service).await;
    an.does("ringing").await;
    an.say("accept");
    an.does("talking").await;
    caller
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_hands_a_caller_on_to_a_telephone() {
    let (folder, mut other) = (Folder::new(), Exchange::open().await);
    let service = service(&folder, &other);
    add(&service, "an", Post::Agent);
    let (mut an, _) = Agent::ready(&service, "an").await;
    let mut caller = wants_a_person(&service).await;
    let call = an.until("case", |_| true).await["call"].as_str().unwrap().to_owned();
    let hand_on = || json!({ "type": "hand_on", "to": "second_line" });
    an.send(hand_on());
    assert_eq!(an.until("refused", |_| true).await["why"], "no_call", "it only rings");
    an.say("accept");
    an.does("talking").await;
    an.send(json!({ "type": "hand_on", "to": "the moon" }));
    assert_eq!(an.until("refused", |_| true).await["why"], "no_telephone");
    // Busy: the caller is still there.
    an.send(hand_on());
    an.until("view", |view| view["hands_on"] == "second_line" && view["doing"] == "talking").await;
    let invite = other.asked("INVITE").await;
    assert!(invite.0.starts_with("INVITE sip:second@pbx.example SIP/2.0\r\n"), "{}", invite.0);
    other.reply(&invite, 486, "", "").await;
    assert_eq!(an.until("not_handed_on", |_| true).await["why"], "busy");
    an.until("view", |view| view["hands_on"].is_null() && view["doing"] == "talking").await;
    // Not after all: it rings no more.
    an.send(hand_on());
    let invite = other.asked("INVITE").await;
    other.reply(&invite, 180, "", "").await;
    an.send(json!({ "type": "keep" }));
    let cancel = other.asked("CANCEL").await;
    other.reply(&cancel, 200, "", "").await;
    other.reply(&invite, 487, "", "").await;
    tokio::join!(an.sing(), hears_a_voice(&mut caller));
    // Put on hold, the caller talks as soon as somebody is there.
    an.send(json!({ "type": "hold", "held": true }));
    an.send(hand_on());
    let invite = other.asked("INVITE").await;
    other.reply(&invite, 200, "", &other.answer("8 101")).await;
    other.asked("ACK").await;
    an.does("wrap_up").await;
    tokio::join!(sings(&other, invite.media_port()), hears_a_voice(&mut caller));
    tokio::join!(sing(&mut caller), hears_a_tone(&other.sound));
    other.ask(&invite, "BYE", 3, "", "").await;
    hears(&mut caller, "感谢来电").await;
    caller.close(None).await.unwrap();
    let record = record(&service, &call).await;
    let mut joined = record.events.iter().filter(|event| event.kind == "person_joined").map(|event| format!("{:?}", event.detail));
    assert!(joined.next_back().is_some_and(|last| last.contains("second_line")), "{:?}", kinds(&record));
    assert!(kinds(&record).contains(&"person_unreached"), "{:?}", kinds(&record));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hangs_up_is_waited_for_by_no_telephone() {
    let (folder, mut other) = (Folder::new(), Exchange::open().await);
    let service = service(&folder, &other);
    add(&service, "an", Post::Agent);
    let (mut an, _) = Agent::ready(&service, "an").await;
    let mut caller = talking(&service, &mut an).await;
    // While it rings.
    an.send(json!({ "type": "hand_on", "to": "second_line" }));
    let invite = other.asked("INVITE").await;
    other.reply(&invite, 180, "", "").await;
    an.say("hang_up");
    let cancel = other.asked("CANCEL").await;
    other.reply(&cancel, 200, "", "").await;
    other.reply(&invite, 487, "", "").await;
    hears(&mut caller, "感谢来电").await;
    drop(caller);
    // And once it was answered.
    an.send(json!({ "type": "wrap_up", "disposition": "solved", "note": "" }));
    let mut caller = talking(&service, &mut an).await;
    an.send(json!({ "type": "hand_on", "to": "second_line" }));
    let invite = other.asked("INVITE").await;
    other.reply(&invite, 200, "", &other.answer("8 101")).await;
    other.asked("ACK").await;
    an.does("wrap_up").await;
    caller.close(None).await.unwrap();
    other.asked("BYE").await;
}

/// What the events of a kind say, in their order.
fn details(record: &CallRecord, kind: &str) -> Vec<String> {
    record.events.iter().filter(|event| event.kind == kind).map(|event| format!("{:?}", event.detail)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_passes_a_caller_on_to_a_colleague_with_the_skill() {
    let service = super::desk::service(&[("an", Post::Agent), ("li", Post::Supervisor)]);
    let (added, told) = user(&service, &["add", "bo", "--role", "agent", "--skills", "billing"]);
    assert!(added, "{told}");
    let (mut an, _) = Agent::ready(&service, "an").await;
    let mut caller = wants_a_person(&service).await;
    let call = an.until("case", |_| true).await["call"].as_str().unwrap().to_owned();
    let pass_on = |skill: &str| json!({ "type": "pass_on", "skill": skill, "note": "要核对上月流水" });
    an.send(pass_on("billing"));
    assert_eq!(an.until("refused", |_| true).await["why"], "no_call", "it only rings");
    an.say("accept");
    an.does("talking").await;
    an.send(pass_on("the moon"));
    assert_eq!(an.until("refused", |_| true).await["why"], "no_skill");
    an.send(pass_on("billing"));
    assert_eq!(an.until("refused", |_| true).await["why"], "nobody_else");
    // Somebody who is in a call is waited for.
    let (mut bo, _) = Agent::ready(&service, "bo").await;
    let mut other = talking(&service, &mut bo).await;
    let (mut li, _) = Agent::sign_in(&service, "li").await;
    li.send(json!({ "type": "join", "call": call, "role": "barger" }));
    li.until("view", |view| view["beside"]["role"] == "barger").await;
    an.send(json!({ "type": "pause_recording", "paused": true }));
    an.until("view", |view| view["recording"] == "paused").await;
    an.send(json!({ "type": "hold", "held": true }));
    an.until("view", |view| view["held"] == true).await;
    an.send(pass_on("billing"));
    an.does("wrap_up").await;
    hears(&mut caller, "请同事接着帮您").await;
    hears(&mut caller, "您排在第").await;
    let waits =
        |view: &serde_json::Value| view["queue"][0]["call"] == call.as_str() && view["queue"][0]["skills"] == json!(["billing", "zh"]);
    li.until("view", |view| view["beside"].is_null() && waits(view)).await;
    bo.say("hang_up");
    hears(&mut other, "感谢来电").await;
    bo.send(json!({ "type": "wrap_up", "disposition": "solved", "note": "" }));
    let case = bo.until("case", |case| case["call"] == call.as_str()).await;
    assert_eq!(case["passed_on"], json!([{ "by": "an", "skill": "话费", "note": "要核对上月流水" }]));
    bo.does("ringing").await;
    bo.say("accept");
    bo.until("view", |view| view["doing"] == "talking" && view["recording"] == "running" && view["held"] == false).await;
    tokio::join!(bo.sing(), hears_a_voice(&mut caller));
    sing(&mut caller).await;
    bo.say("hang_up");
    hears(&mut caller, "感谢来电").await;
    caller.close(None).await.unwrap();
    bo.does("wrap_up").await;
    assert!(bo.heard > 4_000, "the caller was heard: {} samples", bo.heard);
    let record = record(&service, &call).await;
    let passed_on = details(&record, "passed_on");
    assert!(passed_on.len() == 1 && passed_on[0].contains("\"an\"") && passed_on[0].contains("\"billing\""), "{passed_on:?}");
    let resumed = details(&record, "recording_resumed");
    assert!(resumed.last().is_some_and(|by| by.contains("\"an\"")), "{resumed:?}");
    let wanted = ["passed_on", "person_joined", "person_left"];
    let order: Vec<&str> = kinds(&record).into_iter().filter(|kind| wanted.contains(kind)).collect();
    let expected = ["person_joined", "person_joined", "person_left", "person_left", "passed_on", "person_joined", "person_left"];
    assert_eq!(order, expected);
}
