//! Each platform's messages as its documentation shows them.

use super::asterisk::Asterisk;
use super::browser::Browser;
use super::jambonz::Jambonz;
use super::twilio::Twilio;
use super::*;
use crate::call::line::{Caption, Side};
use crate::dialog::Outcome;
use base64::prelude::{BASE64_STANDARD as BASE64, Engine as _};
use proptest::prelude::*;

const SILENCE: [f32; 320] = [0.0; 320];

fn text(text: &str) -> Message {
    Message::Text(text.into())
}

fn bytes(count: usize) -> Message {
    Message::Binary(vec![0; count].into())
}

/// Reads messages that must make sense; sound is told by its length.
fn told(dialect: &mut impl Dialect, messages: impl IntoIterator<Item = Message>) -> Vec<String> {
    let reads = messages.into_iter().flat_map(|message| dialect.read(message).unwrap());
    reads
        .map(|read| match read {
            Read::Started(start) => format!(
                "start caller={} lang={} token={}",
                start.caller.map_or("-".into(), |caller| caller.reveal().to_owned()),
                start.lang.map_or("-", Lang::code),
                start.token.unwrap_or("-".into())
            ),
            Read::Heard(FromPeer::Sound(samples)) => format!("sound {}", samples.len()),
            Read::Heard(FromPeer::Key(key)) => format!("key {key}"),
            Read::Heard(FromPeer::HungUp) => "hung up".into(),
            Read::Played => "played".into(),
        })
        .collect()
}

/// What goes out; binary messages by their length.
fn sent(messages: Vec<Message>) -> Vec<String> {
    let shown = |message| match message {
        Message::Text(text) => text.to_string(),
        Message::Binary(bytes) => format!("{} bytes", bytes.len()),
        other => format!("{other:?}"),
    };
    messages.into_iter().map(shown).collect()
}

fn sound() -> ToPeer {
    ToPeer::Sound(Box::new(SILENCE))
}

#[test]
fn twilio() {
    let mut dialect = Twilio::new();
    let payload = BASE64.encode([0xff; 160]);
    let media = |track: &str| text(&format!(r#"{{"event":"media","media":{{"track":"{track}","chunk":"1","payload":"{payload}"}}}}"#));
    let start = r#"{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"streamSid":"MZ1","accountSid":"AC1","callSid":"CA1","tracks":["inbound"],
        "customParameters":{"caller":"+8613800000001","lang":"zh-CN","token":"sesame"},"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}"#;
    let messages = [
        text(r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#),
        text(start),
        media("inbound"),
        media("outbound"),
        text(r#"{"event":"dtmf","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"5"}}"#),
        text(r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"last"}}"#),
        text(r#"{"event":"something_new","x":1}"#),
        text(r#"{"event":"stop","streamSid":"MZ1","stop":{"accountSid":"AC1","callSid":"CA1"}}"#),
    ];
    let expected = ["start caller=13800000001 lang=zh token=sesame", "sound 320", "key 5", "played", "hung up"];
    assert_eq!(told(&mut dialect, messages), expected);
    let media: serde_json::Value = serde_json::from_str(&sent(dialect.write(sound()))[0]).unwrap();
    assert_eq!((media["event"].as_str(), media["streamSid"].as_str()), (Some("media"), Some("MZ1")));
    assert_eq!(BASE64.decode(media["media"]["payload"].as_str().unwrap()).unwrap().len(), 160);
    assert_eq!(sent(dialect.write(ToPeer::Clear)), [r#"{"event":"clear","streamSid":"MZ1"}"#]);
    assert_eq!(sent(dialect.write(ToPeer::End(None))), [r#"{"event":"mark","mark":{"name":"last"},"streamSid":"MZ1"}"#]);
    let other = r#"{"event":"start","start":{"streamSid":"MZ1","mediaFormat":{"encoding":"audio/x-opus"}}}"#;
    assert!(Twilio::new().read(text(other)).is_err_and(|fault| fault.0.contains("audio/x-opus")));
}

#[test]
fn jambonz() {
    let mut dialect = Jambonz::new();
    let start = r#"{"callSid":"1","accountSid":"2","direction":"inbound","from":"13800000001","to":"10086","sampleRate":8000,"mixType":"mono",
        "metadata":{"lang":"en","token":"sesame"}}"#;
    let messages = [text(start), bytes(320), text(r##"{"event":"dtmf","dtmf":"#","duration":"1600"}"##), text(r#"{"event":"other"}"#)];
    let expected = ["start caller=13800000001 lang=en token=sesame", "sound 320", "key #"];
    assert_eq!(told(&mut dialect, messages), expected);
    assert_eq!(sent(dialect.write(sound())), ["320 bytes"]);
    assert_eq!(sent(dialect.write(ToPeer::Clear)), [r#"{"type":"killAudio"}"#]);
    assert_eq!(sent(dialect.write(ToPeer::End(None))), [r#"{"type":"disconnect"}"#]);
    assert!(Jambonz::new().read(bytes(320)).is_err());
    assert!(Jambonz::new().read(text(r#"{"sampleRate":1}"#)).is_err());
}

#[test]
fn asterisk() {
    let begin =
        "MEDIA_START connection_id:media_connection1 channel:WebSocket/media_connection1/0x1 format:ulaw optimal_frame_size:160 ptime:20";
    let json = r#"{"event":"MEDIA_START","connection_id":"x","channel":"WebSocket/x","format":"slin16","optimal_frame_size":640}"#;
    let mut dialect = Asterisk::new();
    let messages = [text(begin), bytes(160), text("DTMF_END digit:4 duration_ms:100"), text("MEDIA_XOFF"), text("STATUS queue_length:0")];
    assert_eq!(told(&mut dialect, messages), ["start caller=- lang=- token=-", "sound 320", "key 4"]);
    assert_eq!(sent(dialect.accept(false)), ["ANSWER"]);
    assert_eq!(sent(dialect.write(sound())), ["160 bytes"]);
    assert_eq!(sent(dialect.write(ToPeer::Clear)), ["FLUSH_MEDIA"]);
    assert_eq!(sent(dialect.write(ToPeer::End(None))), ["HANGUP"]);
    let mut dialect = Asterisk::new();
    assert_eq!(told(&mut dialect, [text(json), bytes(640)]), ["start caller=- lang=- token=-", "sound 320"]);
    assert_eq!(sent(dialect.write(sound())), ["640 bytes"]);
    assert_eq!(sent(dialect.write(ToPeer::End(None))), [r#"{"command":"HANGUP"}"#]);
    assert!(Asterisk::new().read(text("MEDIA_START format:opus")).is_err_and(|fault| fault.0.contains("c(ulaw)")));
}

#[test]
fn the_softphone_names_its_caller_only_where_it_may() {
    let start = || text(r#"{"type":"start","lang":"en","caller":"13800000001"}"#);
    assert_eq!(told(&mut Browser::new(true), [start()]), ["start caller=13800000001 lang=en token=-"]);
    assert_eq!(told(&mut Browser::new(false), [start()]), ["start caller=- lang=en token=-"]);
    let mut dialect = Browser::new(false);
    let messages = [bytes(640), text(r#"{"type":"key","key":"*"}"#), text(r#"{"type":"key","key":"12"}"#), text(r#"{"type":"hang_up"}"#)];
    assert_eq!(told(&mut dialect, messages), ["sound 320", "key *", "hung up"]);
    let caption = Caption { who: Side::Caller, text: "查话费".into(), partial: false };
    assert_eq!(sent(dialect.write(ToPeer::Caption(caption))), [r#"{"type":"caption","who":"caller","text":"查话费","partial":false}"#]);
    assert_eq!(sent(dialect.write(ToPeer::End(Some(Outcome::Completed)))), [r#"{"type":"ended","outcome":"completed"}"#]);
    assert_eq!(sent(dialect.accept(true)), [r#"{"type":"answered","by_keys":true}"#]);
    assert_eq!(sent(dialect.refuse(Refusal::Full)), [r#"{"type":"refused","reason":"full"}"#]);
}

proptest! {
    #[test]
    fn nothing_from_outside_panics(messages in prop::collection::vec((any::<bool>(), ".{0,60}"), 0..8)) {
        let read = |dialect: &mut dyn FnMut(Message) -> bool| {
            for (binary, content) in &messages {
                let message = if *binary { Message::Binary(content.clone().into_bytes().into()) } else { text(content) };
                if !dialect(message) {
                    break;
                }
            }
        };
        let (mut twilio, mut jambonz, mut asterisk, mut browser) = (Twilio::new(), Jambonz::new(), Asterisk::new(), Browser::new(true));
        read(&mut |message| twilio.read(message).is_ok());
        read(&mut |message| jambonz.read(message).is_ok());
        read(&mut |message| asterisk.read(message).is_ok());
        read(&mut |message| browser.read(message).is_ok());
    }
}
