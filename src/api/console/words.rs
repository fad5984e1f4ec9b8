//! The words of all pages, in both languages: `web/console/words.toml`.

use crate::text::Lang;
use std::collections::BTreeMap;
use std::sync::LazyLock;

type Table = BTreeMap<String, BTreeMap<String, [String; 2]>>;

/// Section, key, then Chinese and English.
static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("../../../web/console/words.toml")).expect("a test reads the table of words"));

/// What `section.key` is in a language; the key itself where the table has no such words, which a test excludes for pages.
pub(super) fn word(lang: Lang, key: &str) -> &str {
    let Some([zh, en]) = key.split_once('.').and_then(|(section, name)| TABLE.get(section)?.get(name)) else { return key };
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// All files of pages: templates, scripts, and the modules that render them.
    fn sources() -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut folders = vec![root.join("web/console"), root.join("src/api")];
        let mut text = String::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let is_source = path.extension().is_some_and(|kind| kind == "html" || kind == "rs" || kind == "js");
                if path.is_dir() {
                    folders.push(path);
                } else if is_source && !path.ends_with("words.rs") {
                    text.push_str(&std::fs::read_to_string(path).unwrap());
                }
            }
        }
        text
    }

    /// Strings of the shape `section.key` whose section the table has.
    fn used(source: &str) -> BTreeSet<String> {
        let literals = source.split('"').filter(|text| text.len() < 60);
        let shaped = literals.filter(|text| {
            text.split_once('.').is_some_and(|(section, key)| {
                let is_file = ["html", "js", "css", "rs"].contains(&key);
                !is_file
                    && TABLE.contains_key(section)
                    && !key.is_empty()
                    && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            })
        });
        shaped.map(str::to_owned).collect()
    }

    #[test]
    fn both_languages_are_complete() {
        for (section, words) in TABLE.iter() {
            for (key, [zh, en]) in words {
                assert!(!zh.trim().is_empty() && !en.trim().is_empty(), "{section}.{key}");
                let marks = |text: &str| text.matches("{}").count();
                assert_eq!(marks(zh), marks(en), "{section}.{key}: as many places to fill");
                assert!(!zh.contains(['!', '！']) && !en.contains('!'), "{section}.{key}: no exclamation marks");
            }
        }
    }

    #[test]
    fn what_the_data_may_hold_has_words() {
        use crate::call::dial::Cause;
        use crate::dialog::errand::VariableType;
        use crate::outbound::campaign::Move;
        use crate::outbound::events::BECAME;
        use crate::outbound::import::Kind;
        use crate::outbound::trigger::Kind as EventKind;
        use jiff::Timestamp;
        let moves = [Move::Schedule(Timestamp::UNIX_EPOCH), Move::Start, Move::Pause, Move::Cancel, Move::Finish];
        let steps = moves.map(|wanted| format!("campaign_step.{}", wanted.name()));
        let faults = Kind::ALL.map(|kind| format!("row_fault.{}", kind.name()));
        let [busy, unheard] = [Cause::Busy, Cause::NoCommonSound].map(|cause| format!("call_outcome.{}", cause.name()));
        let variables = VariableType::NAMES.map(|name| format!("variable.{name}"));
        let events = EventKind::ALL.iter().map(|kind| format!("event.{}", kind.name()));
        let fields = EventKind::ALL.iter().flat_map(|kind| kind.needs()).map(|field| format!("event_field.{field}"));
        let became = BECAME.iter().map(|name| format!("became.{name}"));
        let of_events: Vec<String> = events.chain(fields).chain(became).collect();
        for key in steps.iter().chain(&faults).chain(&variables).chain(&of_events).chain([&busy, &unheard]) {
            assert_ne!(word(Lang::Zh, key), key);
        }
    }

    #[test]
    fn pages_use_words_of_the_table_and_all_of_them() {
        let used = used(&sources());
        assert!(used.len() > 20, "the sources were read: {used:?}");
        let missing: Vec<_> = used.iter().filter(|key| word(Lang::Zh, key) == key.as_str()).collect();
        assert!(missing.is_empty(), "not in words.toml: {missing:?}");
        // Sections whose keys are values of the data, looked up by their names.
        let by_value = [
            "intent",
            "contact_state",
            "call_outcome",
            "answered_by",
            "campaign_step",
            "row_fault",
            "variable",
            "event",
            "event_field",
            "became",
        ];
        let keys = TABLE.iter().filter(|(section, _)| !by_value.contains(&section.as_str()));
        let unused: Vec<String> = keys
            .flat_map(|(section, words)| words.keys().map(move |key| format!("{section}.{key}")))
            .filter(|key| !used.contains(key))
            .collect();
        assert!(unused.is_empty(), "no page uses {unused:?}");
    }
}
