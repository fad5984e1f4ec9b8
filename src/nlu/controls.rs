//! How a caller steers the way we talk: slower, louder, wait, in English. Whole utterances, understood at every question.
//! Read from `flows/intents/controls.yaml`.

use super::NluError;
use super::phrases::Phrases;
use super::template::{Template, Words};
use super::wording::Wording;
use crate::text::Lang;
use std::collections::BTreeMap;
use std::path::Path;

/// A template stands for at most so many utterances.
const MOST_FORMS: usize = 500;

/// What the caller wants of our manner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    Slower,
    Faster,
    Louder,
    Softer,
    /// Digits and letters one by one.
    Spell,
    /// Be silent until I speak again.
    Wait,
    SpeakChinese,
    SpeakEnglish,
    KeysOnly,
    /// No more calls of yours: means something where we called; who calls himself asks for something else with it.
    StopCalls,
}

/// The file as written.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// Words that may stand anywhere beside a control.
    around: InBoth,
    /// Templates of whole utterances.
    controls: BTreeMap<Control, InBoth>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct InBoth {
    zh: Vec<String>,
    en: Vec<String>,
}

impl InBoth {
    fn get(&self, lang: Lang) -> &[String] {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

/// Everything that callers say to steer us.
#[derive(Debug)]
pub struct Controls {
    zh: Phrases<Control>,
    en: Phrases<Control>,
}

impl Controls {
    /// Reads `controls.yaml` under `intents`; `fillers` may stand anywhere in an utterance.
    pub fn load(intents: &Path, zh_fillers: &[String], en_fillers: &[String]) -> Result<Controls, NluError> {
        let file = intents.join("controls.yaml");
        let text = std::fs::read_to_string(&file).map_err(|error| NluError::read(&file, error))?;
        let written: Written = serde_saphyr::from_str(&text).map_err(|error| NluError::bad(&file, error))?;
        let phrases = |lang: Lang, fillers: &[String]| {
            let mut all: Vec<(String, Control)> = Vec::new();
            for (control, sources) in &written.controls {
                for source in sources.get(lang) {
                    let parsed =
                        Template::parse(source, &Words::new()).map_err(|reason| NluError::bad(&file, format!("`{source}`: {reason}")))?;
                    all.extend(parsed.sentences(MOST_FORMS).into_iter().map(|sentence| (sentence, *control)));
                }
            }
            let around: Vec<String> = fillers.iter().chain(written.around.get(lang)).cloned().collect();
            Ok(Phrases::new(all.iter().map(|(sentence, control)| (sentence.as_str(), *control)), &around))
        };
        Ok(Controls { zh: phrases(Lang::Zh, zh_fillers)?, en: phrases(Lang::En, en_fillers)? })
    }

    /// The control that the utterance is, and nothing else.
    pub fn whole(&self, wording: &Wording, lang: Lang) -> Option<(Control, f32)> {
        match lang {
            Lang::Zh => self.zh.whole(wording, |_, _| None),
            Lang::En => self.en.whole(wording, |_, _| None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, lang: Lang, expected: Option<Control>) {
        static CONTROLS: std::sync::OnceLock<Controls> = std::sync::OnceLock::new();
        let intents = Path::new(env!("CARGO_MANIFEST_DIR")).join("flows/intents");
        let load = || Controls::load(&intents, &["嗯".to_owned(), "那个".to_owned()], &["um".to_owned()]).unwrap();
        let controls = CONTROLS.get_or_init(load);
        assert_eq!(controls.whole(&Wording::new(text), lang).map(|(control, _)| control), expected, "{text}");
    }

    #[test]
    fn callers_steer() {
        for (text, control) in [
            ("慢一点", Control::Slower),
            ("请你说慢一点", Control::Slower),
            ("嗯，能不能再说慢一点", Control::Slower),
            ("你说得太快了", Control::Slower),
            ("快点", Control::Faster),
            ("大声点", Control::Louder),
            ("声音太小了", Control::Louder),
            ("小声一点", Control::Softer),
            ("一个一个说", Control::Spell),
            ("等一下", Control::Wait),
            ("稍等，我找一下", Control::Wait),
            ("English please", Control::SpeakEnglish),
            ("说英语", Control::SpeakEnglish),
            ("说中文", Control::SpeakChinese),
            ("我要用按键操作", Control::KeysOnly),
            ("别再打了", Control::StopCalls),
            ("请你以后不要再给我打电话了", Control::StopCalls),
            ("把我从名单里删掉", Control::StopCalls),
        ] {
            check(text, Lang::Zh, Some(control));
        }
        for (text, control) in [
            ("Speak more slowly, please.", Control::Slower),
            ("slow down", Control::Slower),
            ("faster please", Control::Faster),
            ("speak up", Control::Louder),
            ("you're too loud", Control::Softer),
            ("spell it out", Control::Spell),
            ("Hold on a second.", Control::Wait),
            ("um, let me check", Control::Wait),
            ("Chinese please", Control::SpeakChinese),
            ("use the keypad", Control::KeysOnly),
        ] {
            check(text, Lang::En, Some(control));
        }
    }

    #[test]
    fn requests_are_no_controls() {
        for text in ["查话费", "网速太慢了", "快点帮我查话费", "等一下我要转人工", "手机声音太小怎么办", "对", "转人工"]
        {
            check(text, Lang::Zh, None);
        }
        check("my internet is too slow", Lang::En, None);
        check("check my balance", Lang::En, None);
    }
}
