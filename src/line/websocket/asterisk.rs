//! Asterisk's `chan_websocket`: sound as binary messages in the channel's codec, commands and events as text.
//!
//! Events come as words (`MEDIA_START connection_id:… format:ulaw …`) or, where the dialplan asks for it, as JSON; commands go back alike.

use super::{Dialect, Fault, Read, Start, key};
use crate::line::encoding::{Decoder, Encoder, Form};
use crate::line::live::{FromPeer, ToPeer};
use axum::extract::ws::Message;
use std::collections::BTreeMap;

/// What Asterisk asks for when it connects.
pub const SUBPROTOCOL: &str = "media";

/// See the module's text.
pub struct Asterisk {
    /// `None` until the channel said its codec.
    codec: Option<(Decoder, Encoder)>,
    json: bool,
}

impl Asterisk {
    #[expect(clippy::new_without_default, reason = "a dialect is made for one connection")]
    pub fn new() -> Asterisk {
        Asterisk { codec: None, json: false }
    }

    fn event(&mut self, text: &str) -> Result<Vec<Read>, Fault> {
        let (name, fields) = fields(text).ok_or_else(|| Fault("a text message is neither words nor JSON".into()))?;
        let read = match name.as_str() {
            "MEDIA_START" => {
                let codec = fields.get("format").map(String::as_str).unwrap_or_default();
                let form = form(codec)
                    .ok_or_else(|| Fault(format!("the channel's codec is {codec:?}: dial it with c(ulaw), c(alaw) or c(slin)")))?;
                self.codec = Some((Decoder::new(form), Encoder::new(form)));
                self.json = text.trim_start().starts_with('{');
                Read::Started(Start::default())
            }
            "DTMF_END" => match fields.get("digit").and_then(|digit| key(digit)) {
                Some(key) => Read::Heard(FromPeer::Key(key)),
                None => return Ok(Vec::new()),
            },
            _ => return Ok(Vec::new()),
        };
        Ok(vec![read])
    }

    fn command(&self, name: &str) -> Vec<Message> {
        let text = if self.json { serde_json::json!({ "command": name }).to_string() } else { name.to_owned() };
        vec![Message::Text(text.into())]
    }
}

/// Name and fields of an event in either form.
fn fields(text: &str) -> Option<(String, BTreeMap<String, String>)> {
    if text.trim_start().starts_with('{') {
        let fields: BTreeMap<String, serde_json::Value> = serde_json::from_str(text).ok()?;
        let fields: BTreeMap<String, String> =
            fields.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect();
        return Some((fields.get("event")?.clone(), fields));
    }
    let mut words = text.split_whitespace();
    let name = words.next()?.to_owned();
    let fields = words.filter_map(|word| word.split_once(':')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Some((name, fields))
}

fn form(codec: &str) -> Option<Form> {
    match codec {
        "ulaw" => Some(Form::Ulaw),
        "alaw" => Some(Form::Alaw),
        "slin" => Form::linear(8_000),
        _ => Form::linear(codec.strip_prefix("slin")?.parse::<u32>().ok()?.checked_mul(1_000)?),
    }
}

impl Dialect for Asterisk {
    fn name(&self) -> &'static str {
        "asterisk"
    }

    fn read(&mut self, message: Message) -> Result<Vec<Read>, Fault> {
        match (message, &mut self.codec) {
            (Message::Text(text), _) => self.event(&text),
            (Message::Binary(bytes), Some((decoder, _))) => Ok(vec![Read::Heard(FromPeer::Sound(decoder.decode(&bytes)))]),
            (Message::Binary(_), None) => Err(Fault("sound came before MEDIA_START".into())),
            (Message::Close(_), _) => Ok(vec![Read::Heard(FromPeer::HungUp)]),
            (Message::Ping(_) | Message::Pong(_), _) => Ok(Vec::new()),
        }
    }

    fn accept(&mut self, _by_keys: bool) -> Vec<Message> {
        self.command("ANSWER")
    }

    fn refuse(&mut self, _refusal: super::Refusal) -> Vec<Message> {
        self.command("HANGUP")
    }

    fn write(&mut self, message: ToPeer) -> Vec<Message> {
        match message {
            ToPeer::Sound(frame) => {
                let bytes = self.codec.as_mut().map(|(_, encoder)| encoder.encode(&*frame)).unwrap_or_default();
                vec![Message::Binary(bytes.into())]
            }
            ToPeer::Clear => self.command("FLUSH_MEDIA"),
            ToPeer::End(_) => self.command("HANGUP"),
            ToPeer::Caption(_) => Vec::new(),
        }
    }
}
