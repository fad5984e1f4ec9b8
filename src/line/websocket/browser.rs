//! The softphone page: linear sound at the call's rate as binary messages, everything else as JSON.

use super::{Dialect, Fault, Read, Refusal, Start, key};
use crate::call::line::{Caption, Side};
use crate::call::record::outcome_name;
use crate::line::caller::number;
use crate::line::encoding::{Decoder, Encoder, Form};
use crate::line::live::{FromPeer, ToPeer};
use crate::text::Lang;
use axum::extract::ws::Message;
use serde::{Deserialize, Serialize};

/// See the module's text.
pub struct Browser {
    decoder: Decoder,
    encoder: Encoder,
    /// Whether the page may say who calls: only where nobody's real account is behind the service.
    names_caller: bool,
}

/// What the page says.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    Start { lang: Option<Lang>, caller: Option<String> },
    Key { key: String },
    HangUp,
}

/// What the page is told.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Told {
    Answered { by_keys: bool },
    Refused { reason: &'static str },
    Clear,
    Caption { who: &'static str, text: String, partial: bool },
    Ended { outcome: &'static str },
}

impl Told {
    fn message(&self) -> Vec<Message> {
        let text = serde_json::to_string(self).expect("names and texts are JSON");
        vec![Message::Text(text.into())]
    }
}

impl Browser {
    pub fn new(names_caller: bool) -> Browser {
        let form = Form::Linear { rate_hz: crate::audio::CALL_RATE_HZ };
        Browser { decoder: Decoder::new(form), encoder: Encoder::new(form), names_caller }
    }
}

impl Dialect for Browser {
    fn name(&self) -> &'static str {
        "browser"
    }

    fn read(&mut self, message: Message) -> Result<Vec<Read>, Fault> {
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(bytes) => return Ok(vec![Read::Heard(FromPeer::Sound(self.decoder.decode(&bytes)))]),
            Message::Close(_) => return Ok(vec![Read::Heard(FromPeer::HungUp)]),
            Message::Ping(_) | Message::Pong(_) => return Ok(Vec::new()),
        };
        let said: Said = serde_json::from_str(&text).map_err(|error| Fault(format!("not a message of the softphone: {error}")))?;
        Ok(match said {
            Said::Start { lang, caller } => {
                let caller = caller.filter(|_| self.names_caller).as_deref().and_then(number);
                vec![Read::Started(Start { caller, lang, token: None })]
            }
            Said::Key { key: pressed } => key(&pressed).map(|key| Read::Heard(FromPeer::Key(key))).into_iter().collect(),
            Said::HangUp => vec![Read::Heard(FromPeer::HungUp)],
        })
    }

    fn accept(&mut self, by_keys: bool) -> Vec<Message> {
        Told::Answered { by_keys }.message()
    }

    fn refuse(&mut self, refusal: Refusal) -> Vec<Message> {
        let reason = match refusal {
            Refusal::Full => "full",
            Refusal::Draining => "draining",
        };
        Told::Refused { reason }.message()
    }

    fn write(&mut self, message: ToPeer) -> Vec<Message> {
        match message {
            ToPeer::Sound(frame) => vec![Message::Binary(self.encoder.encode(&*frame).into())],
            ToPeer::Clear => Told::Clear.message(),
            ToPeer::Caption(Caption { who, text, partial }) => {
                let who = match who {
                    Side::Caller => "caller",
                    Side::Service => "service",
                };
                Told::Caption { who, text, partial }.message()
            }
            ToPeer::End(outcome) => Told::Ended { outcome: outcome.as_ref().map_or("abandoned", outcome_name) }.message(),
        }
    }
}
