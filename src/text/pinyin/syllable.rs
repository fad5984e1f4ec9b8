//! One Mandarin syllable: initial, final, tone; read from and written as pinyin.

/// One syllable of standard pinyin.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Syllable {
    /// `b`, `zh`, … or empty.
    pub initial: &'static str,
    /// The final as standard pinyin writes it after a consonant, with `v` for ü: `ang`, `iao`, `v`; `ui`, `iu`, `un` stay short.
    /// Without initial too: 也 is `ie`, 我 `uo`, 有 `iu`, 为 `ui`, 问 `un`, 用 `iong`, 翁 `ueng`, 鱼 `v`, 元 `van`, 云 `vn`; after
    /// j, q, x as well: 居 `v`, 全 `van`, 学 `ve`, 军 `vn`.
    pub final_: &'static str,
    /// 1 to 4, 5 for the neutral tone.
    pub tone: u8,
}

/// Longest first, so that the first that fits is right.
pub(super) const INITIALS: [&str; 21] =
    ["zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "r", "z", "c", "s"];

pub(super) const FINALS: [&str; 38] = [
    "a", "o", "e", "ai", "ei", "ao", "ou", "an", "en", "ang", "eng", "er", "i", "ia", "ie", "iao", "iu", "ian", "in", "iang", "ing",
    "iong", "u", "ua", "uo", "uai", "ui", "uan", "un", "uang", "ueng", "ong", "v", "van", "ve", "vn", "io", "eh",
];

/// Finals as written without an initial, and as kept here.
const WITHOUT_INITIAL: [(&str, &str); 24] = [
    ("yi", "i"),
    ("ya", "ia"),
    ("ye", "ie"),
    ("yao", "iao"),
    ("you", "iu"),
    ("yan", "ian"),
    ("yin", "in"),
    ("yang", "iang"),
    ("ying", "ing"),
    ("yong", "iong"),
    ("wu", "u"),
    ("wa", "ua"),
    ("wo", "uo"),
    ("wai", "uai"),
    ("wei", "ui"),
    ("wan", "uan"),
    ("wen", "un"),
    ("wang", "uang"),
    ("weng", "ueng"),
    ("yu", "v"),
    ("yuan", "van"),
    ("yue", "ve"),
    ("yun", "vn"),
    ("yo", "io"),
];

impl Syllable {
    /// Reads one syllable with its tone as a digit at the end (none means 5): `zhong4`, `lv4`, `lü4`, `ma`.
    pub fn from_pinyin(text: &str) -> Option<Syllable> {
        let tone = text.chars().next_back().and_then(|last| last.to_digit(10));
        let letters = match tone {
            Some(1..=5) => text.trim_end_matches(|c: char| c.is_ascii_digit()),
            Some(_) => return None,
            None => text,
        };
        let tone = tone.and_then(|tone| u8::try_from(tone).ok()).unwrap_or(5);
        let spelled: String = letters.to_lowercase().replace("u:", "v").replace('ü', "v");
        if let Some((_, final_)) = WITHOUT_INITIAL.iter().find(|(written, _)| *written == spelled) {
            return Some(Syllable { initial: "", final_, tone });
        }
        let initial = INITIALS.into_iter().find(|initial| spelled.starts_with(initial)).unwrap_or("");
        let rest = spelled.strip_prefix(initial)?;
        let written = match (initial, rest) {
            ("j" | "q" | "x", "u") => "v",
            ("j" | "q" | "x", "uan") => "van",
            ("j" | "q" | "x", "ue") => "ve",
            ("j" | "q" | "x", "un") => "vn",
            ("n" | "l", "ue") => "ve",
            (_, "uei") => "ui",
            (_, "iou") => "iu",
            (_, "uen") => "un",
            ("", "i" | "u" | "v" | "iu" | "ui" | "un" | "in" | "ing" | "ong") => return None,
            (_, other) => other,
        };
        let final_ = FINALS.into_iter().find(|known| *known == written)?;
        Some(Syllable { initial, final_, tone })
    }

    /// Standard spelling without the tone, `v` for ü: `zhong`, `you`, `lv`, `quan`.
    pub fn letters(&self) -> String {
        if self.initial.is_empty() {
            let written = WITHOUT_INITIAL.iter().find(|(_, final_)| *final_ == self.final_).map(|(written, _)| *written);
            return written.unwrap_or(self.final_).to_owned();
        }
        let written = match (self.initial, self.final_) {
            ("j" | "q" | "x", "v") => "u",
            ("j" | "q" | "x", "van") => "uan",
            ("j" | "q" | "x", "ve") => "ue",
            ("j" | "q" | "x", "vn") => "un",
            (_, other) => other,
        };
        format!("{}{written}", self.initial)
    }
}

impl std::fmt::Display for Syllable {
    /// With the tone: `zhong4`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.letters(), self.tone)
    }
}

/// Reads one syllable: see [`Syllable::from_pinyin`].
pub fn syllable_from_pinyin(text: &str) -> Option<Syllable> {
    Syllable::from_pinyin(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, initial: &str, final_: &str, tone: u8) {
        let syllable = syllable_from_pinyin(text).expect(text);
        assert_eq!((syllable.initial, syllable.final_, syllable.tone), (initial, final_, tone));
        assert_eq!(syllable_from_pinyin(&syllable.to_string()), Some(syllable));
    }

    #[test]
    fn reads_and_writes() {
        check("zhong4", "zh", "ong", 4);
        check("ma", "m", "a", 5);
        check("lü4", "l", "v", 4);
        check("lv4", "l", "v", 4);
        check("lve4", "l", "ve", 4);
        check("quan2", "q", "van", 2);
        check("jun1", "j", "vn", 1);
        check("xue2", "x", "ve", 2);
        check("you3", "", "iu", 3);
        check("wen4", "", "un", 4);
        check("wei4", "", "ui", 4);
        check("yuan2", "", "van", 2);
        check("yong4", "", "iong", 4);
        check("weng1", "", "ueng", 1);
        check("er4", "", "er", 4);
        check("shi2", "sh", "i", 2);
        check("dui4", "d", "ui", 4);
        check("liu2", "l", "iu", 2);
        check("an1", "", "an", 1);
    }

    #[test]
    fn rejects_what_is_no_syllable() {
        for text in ["", "5", "hello", "zh", "zhx1", "ma7", "wifi", "q", "ong1"] {
            assert_eq!(syllable_from_pinyin(text), None, "{text}");
        }
    }
}
