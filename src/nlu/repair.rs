//! What a caller meant after taking something back: `不是查话费，是查流量` means `查流量`, `不要取消` asks for nothing.

use super::lexicon::{Lexicon, RepairMarks};
use super::negation::{Left, Negation};
use super::wording::Wording;

/// Fewer characters than this after a mark say nothing.
const LEAST_MEANT: usize = 2;

/// The marks of one language.
#[derive(Debug)]
pub struct Repair {
    not: Vec<Vec<char>>,
    but: Vec<Vec<char>>,
    restart: Vec<Vec<char>>,
    negation: Negation,
}

/// What is left of an utterance.
#[derive(Debug, PartialEq)]
pub enum Meant {
    /// Nothing was taken back.
    AsSaid,
    /// This instead.
    Instead(Wording),
    /// Everything that was asked for was said no to.
    Refused,
}

impl Repair {
    pub fn new(lexicon: &Lexicon) -> Repair {
        Repair::with(&lexicon.repair, Negation::new(lexicon))
    }

    fn with(marks: &RepairMarks, negation: Negation) -> Repair {
        let plain = |marks: &[String]| marks.iter().map(|mark| Wording::new(mark).plain).collect();
        Repair { not: plain(&marks.not), but: plain(&marks.but), restart: plain(&marks.restart), negation }
    }

    /// What the utterance asks for after all.
    pub fn meant(&self, wording: &Wording) -> Meant {
        let corrected = self.corrected(wording);
        match self.negation.left(&corrected.as_ref().unwrap_or(wording).plain) {
            Left::Nothing => Meant::Refused,
            Left::Request(rest) => Meant::Instead(again(&rest)),
            Left::Everything => corrected.map_or(Meant::AsSaid, Meant::Instead),
        }
    }

    /// The utterance without what was taken back for something else; `None` when nothing was.
    pub fn corrected(&self, wording: &Wording) -> Option<Wording> {
        let restarted = self.after_restart(&wording.plain);
        let plain = restarted.as_deref().unwrap_or(&wording.plain);
        match self.after_contrast(plain) {
            Some(meant) => Some(again(&meant)),
            None => restarted.map(|meant| again(&meant)),
        }
    }

    fn after_restart(&self, plain: &[char]) -> Option<Vec<char>> {
        let (start, end) = (1..plain.len()).rev().find_map(|at| Some((at, at + mark_at(&self.restart, plain, at)?)))?;
        let rest = plain.get(end..)?;
        (start > 0 && rest.len() >= LEAST_MEANT).then(|| rest.to_vec())
    }

    fn after_contrast(&self, plain: &[char]) -> Option<Vec<char>> {
        let (start, end) = (0..plain.len()).find_map(|at| Some((at, at + mark_at(&self.not, plain, at)?)))?;
        let meant = (end + 1..plain.len()).rev().find_map(|at| {
            let inside_not = (start + 1..at).any(|from| mark_at(&self.not, plain, from).is_some_and(|length| from + length > at));
            let after = at + mark_at(&self.but, plain, at).filter(|_| !inside_not)?;
            plain.get(after..)
        })?;
        if meant.len() < LEAST_MEANT {
            return None;
        }
        Some(plain.iter().take(start).chain(meant).copied().collect())
    }
}

fn again(plain: &[char]) -> Wording {
    Wording::new(&plain.iter().collect::<String>())
}

/// Length of the longest of `marks` that stands at `at`. A mark that repeats the character before it is part of a
/// question (`是不是`), not a repair.
fn mark_at(marks: &[Vec<char>], plain: &[char], at: usize) -> Option<usize> {
    let rest = plain.get(at..)?;
    let found = marks.iter().filter(|mark| rest.starts_with(mark)).map(Vec::len).max()?;
    let last = rest.get(found - 1)?;
    let asked = at > 0 && found > 1 && plain.get(at - 1) == Some(last);
    (!asked).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::data_dir;

    #[track_caller]
    fn check(text: &str, lang: &str, expected: Option<&str>) {
        let lexicon = Lexicon::load(&data_dir().join("flows").join("intents").join(lang)).expect("the project's own lexicon");
        let meant = match Repair::new(&lexicon).meant(&Wording::new(text)) {
            Meant::AsSaid => Some(text.to_owned()),
            Meant::Instead(wording) => Some(wording.text()),
            Meant::Refused => None,
        };
        assert_eq!(meant.as_deref(), expected, "{text}");
    }

    #[test]
    fn takes_back_what_was_taken_back() {
        check("不是查话费，是查流量", "zh", Some("查流量"));
        check("我不是要查话费我要查流量", "zh", Some("查流量"));
        check("查话费，说错了，查流量", "zh", Some("查流量"));
        for as_said in ["我的流量是不是用完了", "查话费", "为什么不是4G"] {
            check(as_said, "zh", Some(as_said));
        }
    }

    #[test]
    fn a_negated_request_asks_for_nothing() {
        for refused in
            ["不要取消", "我不要取消套餐", "别给我取消套餐", "先不办套餐", "我不想换套餐", "不用帮我查了", "我没说要销户", "别充了"]
        {
            check(refused, "zh", None);
        }
        for refused in ["dont cancel my plan", "please do not change anything", "i dont want to buy data", "no need to cancel it"] {
            check(refused, "en", None);
        }
        check("不取消了帮我换个套餐", "zh", Some("了帮我换个套餐"));
    }

    #[test]
    fn a_question_is_no_negation() {
        for as_said in [
            "能不能取消套餐",
            "要不要办漫游",
            "怎么不给我取消",
            "为什么不取消",
            "不查积分吗",
            "这个套餐我不要了",
            "不用的业务取消",
            "特别贵想换套餐",
            "有没有别的套餐",
        ] {
            check(as_said, "zh", Some(as_said));
        }
        for as_said in ["i cant cancel my plan", "why dont you cancel it", "i dont need this pack"] {
            check(as_said, "en", Some(as_said));
        }
    }
}
