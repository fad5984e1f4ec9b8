//! Twilio Media Streams: JSON messages with mu-law in base64.
//!
//! The caller's number, the language and the token come as `<Parameter>` elements `caller`, `lang` and `token` of `<Stream>`.

use super::{Dialect, Fault, Read, Start, key, lang};
use crate::line::caller::number;
use crate::line::encoding::{Decoder, Encoder, Form};
use crate::line::live::{FromPeer, ToPeer};
use axum::extract::ws::Message;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::json;

/// See the module's text.
pub struct Twilio {
    stream: String,
    decoder: Decoder,
    encoder: Encoder,
}

/// The name of the mark that follows the last words.
const LAST: &str = "last";

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    Start {
        start: Begun,
    },
    Media {
        media: Media,
    },
    Dtmf {
        dtmf: Dtmf,
    },
    Mark {
        mark: Mark,
    },
    Stop,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Begun {
    stream_sid: String,
    #[serde(default)]
    custom_parameters: Parameters,
    media_format: Option<MediaFormat>,
}

#[derive(Deserialize, Default)]
struct Parameters {
    caller: Option<String>,
    lang: Option<String>,
    token: Option<String>,
}

#[derive(Deserialize)]
struct MediaFormat {
    encoding: String,
}

#[derive(Deserialize)]
struct Media {
    payload: String,
    track: Option<String>,
}

#[derive(Deserialize)]
struct Dtmf {
    digit: String,
}

#[derive(Deserialize)]
struct Mark {
    name: String,
}

impl Twilio {
    #[expect(clippy::new_without_default, reason = "a dialect is made for one connection")]
    pub fn new() -> Twilio {
        Twilio { stream: String::new(), decoder: Decoder::new(Form::Ulaw), encoder: Encoder::new(Form::Ulaw) }
    }

    fn begin(&mut self, begun: Begun) -> Result<Read, Fault> {
        if let Some(format) = begun.media_format.filter(|format| format.encoding != "audio/x-mulaw") {
            return Err(Fault(format!("the stream's sound is {}, not audio/x-mulaw", format.encoding)));
        }
        self.stream = begun.stream_sid;
        let Parameters { caller, lang: language, token } = begun.custom_parameters;
        let caller = caller.as_deref().and_then(number);
        Ok(Read::Started(Start { caller, lang: language.as_deref().and_then(lang), token }))
    }
}

impl Dialect for Twilio {
    fn name(&self) -> &'static str {
        "twilio"
    }

    fn read(&mut self, message: Message) -> Result<Vec<Read>, Fault> {
        let text = match message {
            Message::Text(text) => text,
            Message::Close(_) => return Ok(vec![Read::Heard(FromPeer::HungUp)]),
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) => return Ok(Vec::new()),
        };
        let event: Event = serde_json::from_str(&text).map_err(|error| Fault(format!("not a message of Media Streams: {error}")))?;
        let read = match event {
            Event::Start { start } => self.begin(start)?,
            Event::Media { media } if media.track.as_deref().is_none_or(|track| track == "inbound") => {
                let bytes = BASE64_STANDARD.decode(&media.payload).map_err(|error| Fault(format!("sound is not base64: {error}")))?;
                Read::Heard(FromPeer::Sound(self.decoder.decode(&bytes)))
            }
            Event::Dtmf { dtmf } => match key(&dtmf.digit) {
                Some(key) => Read::Heard(FromPeer::Key(key)),
                None => return Ok(Vec::new()),
            },
            Event::Mark { mark } if mark.name == LAST => Read::Played,
            Event::Stop => Read::Heard(FromPeer::HungUp),
            Event::Media { .. } | Event::Mark { .. } | Event::Other => return Ok(Vec::new()),
        };
        Ok(vec![read])
    }

    fn write(&mut self, message: ToPeer) -> Vec<Message> {
        let body = match message {
            ToPeer::Sound(frame) => {
                let payload = BASE64_STANDARD.encode(self.encoder.encode(&*frame));
                json!({ "event": "media", "streamSid": self.stream, "media": { "payload": payload } })
            }
            ToPeer::Clear => json!({ "event": "clear", "streamSid": self.stream }),
            ToPeer::End(_) => json!({ "event": "mark", "streamSid": self.stream, "mark": { "name": LAST } }),
            ToPeer::Caption(_) => return Vec::new(),
        };
        vec![Message::Text(body.to_string().into())]
    }

    fn tells_when_played(&self) -> bool {
        true
    }
}
