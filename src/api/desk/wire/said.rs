//! What a page says, read into what somebody at a station can do.

use crate::call::conference::Role;
use crate::desk::FromAgent;
use crate::desk::queue::CallerId;
use serde::Deserialize;

/// The longest note, text of an order, and name that a page may send, in characters.
const LONGEST_TEXT: usize = 2_000;

/// What a page says.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(in crate::api::desk) enum Said {
    Alive,
    Ready,
    Away,
    Accept,
    Decline,
    HangUp,
    Hold { held: bool },
    HandOn { to: String },
    Keep,
    PassOn { skill: String, note: String },
    PauseRecording { paused: bool },
    WrapUp { disposition: String, note: String },
    OpenOrder { class: String, text: String },
    Join { call: String, role: Beside },
    Quit,
    TakeOver { call: String },
}

/// In a call beside its agent.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::api::desk) enum Beside {
    Listener,
    Whisperer,
    Barger,
}

impl Said {
    /// `None` for a sign of life.
    ///
    /// # Errors
    /// What is wrong with a message that no version of the page sends.
    pub fn read(text: &str) -> Result<Option<FromAgent>, String> {
        let said: Said = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Ok(Some(match said {
            Said::Alive => return Ok(None),
            Said::Ready => FromAgent::Ready,
            Said::Away => FromAgent::Away,
            Said::Accept => FromAgent::Accept,
            Said::Decline => FromAgent::Decline,
            Said::HangUp => FromAgent::HangUp,
            Said::Hold { held } => FromAgent::Hold(held),
            Said::HandOn { to } => FromAgent::HandOn { to: short(to)? },
            Said::Keep => FromAgent::Keep,
            Said::PassOn { skill, note } => FromAgent::PassOn { skill: short(skill)?, note: short(note)? },
            Said::PauseRecording { paused } => FromAgent::PauseRecording(paused),
            Said::WrapUp { disposition, note } => FromAgent::WrapUp { disposition: short(disposition)?, note: short(note)? },
            Said::OpenOrder { class, text } => FromAgent::OpenOrder { class: short(class)?, text: short(text)? },
            Said::Join { call, role } => {
                let role = match role {
                    Beside::Listener => Role::Listener,
                    Beside::Whisperer => Role::Whisperer,
                    Beside::Barger => Role::Barger,
                };
                FromAgent::Join { caller: CallerId(short(call)?), role }
            }
            Said::Quit => FromAgent::Quit,
            Said::TakeOver { call } => FromAgent::TakeOver { caller: CallerId(short(call)?) },
        }))
    }
}

fn short(text: String) -> Result<String, String> {
    if text.chars().count() <= LONGEST_TEXT { Ok(text) } else { Err(format!("more than {LONGEST_TEXT} characters")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<Option<FromAgent>, &str>) {
        match (Said::read(text), expected) {
            (Err(error), Err(part)) => assert!(error.contains(part), "{error}"),
            (read, expected) => assert_eq!(read, expected.map_err(str::to_owned)),
        }
    }

    #[test]
    fn what_a_page_says() {
        check(r#"{"type":"alive"}"#, Ok(None));
        check(r#"{"type":"accept"}"#, Ok(Some(FromAgent::Accept)));
        check(r#"{"type":"hold","held":true}"#, Ok(Some(FromAgent::Hold(true))));
        let passes = FromAgent::PassOn { skill: "billing".into(), note: "多扣了费".into() };
        check(r#"{"type":"pass_on","skill":"billing","note":"多扣了费"}"#, Ok(Some(passes)));
        check(r#"{"type":"pass_on","skill":"billing"}"#, Err("missing field `note`"));
        check(r#"{"type":"pause_recording","paused":true}"#, Ok(Some(FromAgent::PauseRecording(true))));
        let joins = FromAgent::Join { caller: CallerId("c1".into()), role: Role::Whisperer };
        check(r#"{"type":"join","call":"c1","role":"whisperer"}"#, Ok(Some(joins)));
        // Nobody becomes an agent of a call by joining it.
        check(r#"{"type":"join","call":"c1","role":"agent"}"#, Err("unknown variant `agent`"));
        check(r#"{"type":"shout"}"#, Err("unknown variant `shout`"));
        check("{", Err("EOF"));
        let long = format!(r#"{{"type":"wrap_up","disposition":"","note":"{}"}}"#, "长".repeat(2_001));
        check(&long, Err("more than 2000 characters"));
    }
}
