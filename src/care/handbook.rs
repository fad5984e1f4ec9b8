//! What operators write for `care`: classes, dispatch rules, notices; read and checked together.

use super::class::Classes;
use super::dispatch::Rules;
use super::wording::Wording;
use crate::text::located::{Fault, Place};
use std::path::Path;

/// See the module's text.
#[derive(Clone, Debug, PartialEq)]
pub struct Handbook {
    pub classes: Classes,
    pub rules: Rules,
    pub wording: Wording,
}

impl Handbook {
    /// The one that the program was built with.
    pub fn built_in() -> Handbook {
        let classes = Classes::built_in();
        Handbook { rules: Rules::built_in(&classes), wording: Wording::built_in(), classes }
    }

    /// Reads `classes.toml`, `dispatch.yaml` and `notices.yaml` of a folder; every fault that they have.
    pub fn read(folder: &Path) -> Result<Handbook, Vec<Fault>> {
        let open = |name: &str| {
            let path = folder.join(name);
            let file = path.display().to_string();
            match std::fs::read_to_string(&path) {
                Ok(text) => Ok((file, text)),
                Err(error) => Err(vec![Fault { file, place: Place { line: 1, column: 1 }, reason: error.to_string() }]),
            }
        };
        let (file, text) = open("classes.toml")?;
        let classes = Classes::parse(&file, &text).map_err(|fault| vec![fault])?;
        let rules = open("dispatch.yaml").and_then(|(file, text)| Rules::parse(&file, &text, &classes));
        let wording = open("notices.yaml").and_then(|(file, text)| Wording::parse(&file, &text));
        match (rules, wording) {
            (Ok(rules), Ok(wording)) => Ok(Handbook { classes, rules, wording }),
            (rules, wording) => Err(rules.err().into_iter().chain(wording.err()).flatten().collect()),
        }
    }
}
