//! How far a transcript is from the truth: character, word and pinyin error, and running away.
//!
//! Both sides are written alike first (`fold`); where figures can be read in two ways, the reading that fits best counts.

mod fold;

use crate::text::{Lang, pinyin};
use fold::{Figures, units};

/// Errors and the length of what was said.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Errors {
    pub wrong: usize,
    pub of: usize,
}

impl Errors {
    pub fn add(&mut self, other: Errors) {
        self.wrong += other.wrong;
        self.of += other.of;
    }

    /// Errors for each unit said; `None` when nothing was.
    pub fn rate(self) -> Option<f64> {
        (self.of > 0).then(|| self.wrong as f64 / self.of as f64)
    }
}

/// How one transcript compares with what was said.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Characters in Mandarin, words in English.
    pub text: Errors,
    /// Toneless syllables; nothing in English.
    pub pinyin: Errors,
    /// More than twice as many characters as were said: the model ran away.
    pub ran_away: bool,
}

impl Score {
    pub fn of(lang: Lang, said: &str, heard: &str) -> Score {
        let readings = |text| Figures::BOTH.map(|figures| units(lang, text, figures));
        let (said, heard) = (readings(said), readings(heard));
        let pairs = said.iter().flat_map(|said| heard.iter().map(move |heard| (said, heard)));
        let scores = pairs.map(|(said, heard)| Score::of_units(lang, said, heard));
        scores.min_by_key(|score| (score.text.wrong, score.pinyin.wrong, score.ran_away)).unwrap_or_default()
    }

    fn of_units(lang: Lang, said: &[String], heard: &[String]) -> Score {
        let pinyin = match lang {
            Lang::Zh => compare(&sounds(said), &sounds(heard)),
            Lang::En => Errors::default(),
        };
        let characters = |units: &[String]| units.iter().map(|unit| unit.chars().count()).sum::<usize>();
        Score { text: compare(said, heard), pinyin, ran_away: characters(heard) > 2 * characters(said) }
    }
}

fn sounds(units: &[String]) -> Vec<String> {
    pinyin::plain(&units.concat()).split(' ').filter(|sound| !sound.is_empty()).map(str::to_owned).collect()
}

fn compare(said: &[String], heard: &[String]) -> Errors {
    Errors { wrong: edit_distance(said, heard), of: said.len() }
}

/// Levenshtein's distance.
fn edit_distance(from: &[String], to: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, left) in from.iter().enumerate() {
        let mut diagonal = index;
        let mut before = index + 1;
        if let Some(first) = row.first_mut() {
            *first = before;
        }
        for (right, cell) in to.iter().zip(row.iter_mut().skip(1)) {
            let replaced = diagonal + usize::from(left != right);
            diagonal = *cell;
            *cell = replaced.min(*cell + 1).min(before + 1);
            before = *cell;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lang: Lang, said: &str, heard: &str, wrong: usize, of: usize) {
        assert_eq!(Score::of(lang, said, heard).text, Errors { wrong, of }, "{said} / {heard}");
    }

    #[test]
    fn errors_of_the_text() {
        check(Lang::Zh, "查话费", "查話費。", 0, 3);
        check(Lang::Zh, "幺三八零零幺三八零零零", "13800138000", 0, 11);
        check(Lang::Zh, "一百二十八块五", "128块5", 0, 7);
        check(Lang::Zh, "一二八", "128", 0, 3);
        check(Lang::Zh, "按1", "按一", 0, 2);
        check(Lang::Zh, "查话费", "查花费", 1, 3);
        check(Lang::Zh, "查话费", "", 3, 3);
        check(Lang::Zh, "", "好", 1, 0);
        check(Lang::En, "Don't press 10.", "dont press ten", 0, 3);
        check(Lang::En, "two zero one", "201", 0, 3);
        check(Lang::En, "please hold", "please fold now", 2, 2);
    }

    #[test]
    fn sounds_forgive_wrong_characters() {
        assert_eq!(Score::of(Lang::Zh, "查话费", "茶花费").pinyin, Errors { wrong: 0, of: 3 });
        assert_eq!(Score::of(Lang::Zh, "查话费", "查流量").pinyin, Errors { wrong: 2, of: 3 });
        assert_eq!(Score::of(Lang::En, "two", "to").pinyin, Errors::default());
    }

    #[track_caller]
    fn check_run_away(lang: Lang, said: &str, heard: &str, expected: bool) {
        assert_eq!(Score::of(lang, said, heard).ran_away, expected, "{said} / {heard}");
    }

    #[test]
    fn run_aways() {
        check_run_away(Lang::Zh, "是的", "是的是的", false);
        check_run_away(Lang::Zh, "是的", "是的是的。是", true);
        check_run_away(Lang::Zh, "是", "是的", false);
        check_run_away(Lang::Zh, "是", "是的啊", true);
        check_run_away(Lang::Zh, "", "嗯", true);
        check_run_away(Lang::En, "eight", "8", false);
        check_run_away(Lang::En, "six", "six six six", true);
    }
}
