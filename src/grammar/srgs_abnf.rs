//! The ABNF form of SRGS 1.0 → [`Document`].

use super::model::*;

pub fn read(_text: &str) -> Result<Document, Fault> {
    Err(Fault::new(Place::START, "not yet"))
}
