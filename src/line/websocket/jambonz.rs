//! The `listen` verb of jambonz with `bidirectionalAudio` in streaming mode: linear sound as binary messages, everything else as JSON.
//!
//! The verb's `metadata` may hold `lang` and `token`.

use super::{Dialect, Fault, Read, Start, key, lang};
use crate::line::caller::number;
use crate::line::encoding::{Decoder, Encoder, Form};
use crate::line::live::{FromPeer, ToPeer};
use axum::extract::ws::Message;
use serde::Deserialize;
use serde_json::json;

/// What jambonz asks for when it connects.
pub const SUBPROTOCOL: &str = "audio.jambonz.org";

/// See the module's text.
pub struct Jambonz {
    /// `None` until the first message.
    codec: Option<(Decoder, Encoder)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    sample_rate: u32,
    from: Option<String>,
    #[serde(default)]
    metadata: Own,
    /// Newer versions put what the application gave beside their own fields.
    lang: Option<String>,
    token: Option<String>,
}

#[derive(Deserialize, Default)]
struct Own {
    lang: Option<String>,
    token: Option<String>,
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    Dtmf {
        dtmf: String,
    },
    #[serde(other)]
    Other,
}

impl Jambonz {
    #[expect(clippy::new_without_default, reason = "a dialect is made for one connection")]
    pub fn new() -> Jambonz {
        Jambonz { codec: None }
    }

    fn begin(&mut self, text: &str) -> Result<Read, Fault> {
        let metadata: Metadata =
            serde_json::from_str(text).map_err(|error| Fault(format!("not the metadata of a listen verb: {error}")))?;
        let form = Form::linear(metadata.sample_rate).ok_or_else(|| Fault(format!("{} Hz is no usable rate", metadata.sample_rate)))?;
        self.codec = Some((Decoder::new(form), Encoder::new(form)));
        let language = metadata.lang.or(metadata.metadata.lang);
        Ok(Read::Started(Start {
            caller: metadata.from.as_deref().and_then(number),
            lang: language.as_deref().and_then(lang),
            token: metadata.token.or(metadata.metadata.token),
        }))
    }
}

impl Dialect for Jambonz {
    fn name(&self) -> &'static str {
        "jambonz"
    }

    fn read(&mut self, message: Message) -> Result<Vec<Read>, Fault> {
        let read = match (message, &mut self.codec) {
            (Message::Close(_), _) => Read::Heard(FromPeer::HungUp),
            (Message::Text(text), None) => self.begin(&text)?,
            (Message::Text(text), Some(_)) => match serde_json::from_str(&text) {
                Ok(Event::Dtmf { dtmf }) => match key(&dtmf) {
                    Some(key) => Read::Heard(FromPeer::Key(key)),
                    None => return Ok(Vec::new()),
                },
                Ok(Event::Other) | Err(_) => return Ok(Vec::new()),
            },
            (Message::Binary(bytes), Some((decoder, _))) => Read::Heard(FromPeer::Sound(decoder.decode(&bytes))),
            (Message::Binary(_), None) => return Err(Fault("sound came before the metadata".into())),
            (Message::Ping(_) | Message::Pong(_), _) => return Ok(Vec::new()),
        };
        Ok(vec![read])
    }

    fn write(&mut self, message: ToPeer) -> Vec<Message> {
        match message {
            ToPeer::Sound(frame) => {
                let bytes = self.codec.as_mut().map(|(_, encoder)| encoder.encode(&*frame)).unwrap_or_default();
                vec![Message::Binary(bytes.into())]
            }
            ToPeer::Clear => vec![Message::Text(json!({ "type": "killAudio" }).to_string().into())],
            ToPeer::End(_) => vec![Message::Text(json!({ "type": "disconnect" }).to_string().into())],
            ToPeer::Caption(_) => Vec::new(),
        }
    }
}
