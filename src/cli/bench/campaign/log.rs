//! What the telephone network saw: a line of JSON an entry. It is all that the campaign is judged by.

use serde::{Deserialize, Serialize};

/// Something that happened on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Microseconds since 1970, by the network's own clock.
    pub at_us: i64,
    /// The Call-ID.
    pub call: String,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// A call came.
    Invited {
        to: String,
        from: String,
    },
    /// The same INVITE once more.
    Repeated,
    /// The network said no.
    Refused {
        code: u16,
    },
    /// Nobody answered until the caller gave up, or for longer than that.
    RangOut,
    Answered {
        by: Callee,
    },
    /// The caller confirmed the answer.
    Confirmed,
    /// Sound came.
    Heard,
    /// Sound came after a machine's beep.
    HeardAfterBeep,
    Pressed {
        key: char,
    },
    /// The callee hung up.
    HungUp,
    /// The caller did.
    Left,
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Callee {
    Person,
    Machine,
}
