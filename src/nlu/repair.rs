//! What a caller meant after taking something back: `不是查话费，是查流量` means `查流量`.

use super::lexicon::RepairMarks;
use super::wording::Wording;

/// Fewer characters than this after a mark say nothing.
const LEAST_MEANT: usize = 2;

/// The marks of one language.
#[derive(Debug)]
pub struct Repair {
    not: Vec<Vec<char>>,
    but: Vec<Vec<char>>,
    restart: Vec<Vec<char>>,
}

impl Repair {
    pub fn new(marks: &RepairMarks) -> Repair {
        let plain = |marks: &[String]| marks.iter().map(|mark| Wording::new(mark).plain).collect();
        Repair { not: plain(&marks.not), but: plain(&marks.but), restart: plain(&marks.restart) }
    }

    /// The utterance without what was taken back; `None` when nothing was.
    pub fn meant(&self, wording: &Wording) -> Option<Wording> {
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

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let list = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        let marks = RepairMarks { not: list(&["不是"]), but: list(&["是", "我要"]), restart: list(&["说错了"]) };
        let meant = Repair::new(&marks).meant(&Wording::new(text)).map(|wording| wording.text());
        assert_eq!(meant.as_deref(), expected, "{text}");
    }

    #[test]
    fn takes_back_what_was_taken_back() {
        check("不是查话费，是查流量", Some("查流量"));
        check("不是，我要充值", None);
        check("我不是要查话费我要查流量", Some("我查流量"));
        check("查话费，说错了，查流量", Some("查流量"));
        check("我的流量是不是用完了", None);
        check("查话费", None);
        check("为什么不是4G", None);
    }
}
