//! Several requests in one sentence, taken apart: `查一下话费，顺便看看流量` is two.
//!
//! A sentence is cut at the words that join requests (`顺便`, `and also`), at punctuation, and between two objects of one action
//! (`查话费和流量`: the second piece gets the words before the first object). Whether the pieces are requests is for the router.

use super::lexicon::Lexicon;
use super::wording::Wording;

/// More requests than this are not taken from one sentence.
const MOST: usize = 4;
/// A piece of fewer characters says nothing.
const LEAST: usize = 2;

/// The marks of one language.
#[derive(Debug)]
pub struct Clauses {
    joints: Vec<Vec<char>>,
    between_objects: Vec<Vec<char>>,
    actions: Vec<Vec<char>>,
    objects: Vec<Vec<char>>,
    stories: Vec<Vec<char>>,
}

/// A piece of an utterance.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    pub text: String,
    /// A word that joins requests stands before it, or it shares its action with the one before: it need not say what to do.
    pub joined: bool,
}

impl Clauses {
    pub fn new(lexicon: &Lexicon) -> Clauses {
        let marks = &lexicon.clauses;
        let plain = |words: &[String]| -> Vec<Vec<char>> {
            let mut words: Vec<Vec<char>> = words.iter().map(|word| Wording::new(word).plain).filter(|word| !word.is_empty()).collect();
            words.sort_by_key(|word| std::cmp::Reverse(word.len()));
            words
        };
        Clauses {
            joints: plain(&marks.joints),
            between_objects: plain(&marks.between_objects),
            actions: plain(&lexicon.words_of(&marks.actions)),
            objects: plain(&lexicon.words_of(&marks.objects)),
            stories: plain(&marks.stories),
        }
    }

    /// The pieces of `text` that may be requests, at least two; none when it is of one piece.
    pub fn of(&self, text: &str) -> Vec<Clause> {
        let mut clauses: Vec<Clause> = Vec::new();
        for sentence in text.split(['，', '。', '；', '？', '！', '、', ',', ';', '?', '!', '\n']) {
            self.cut(&Wording::new(sentence).plain, &mut clauses);
        }
        clauses.retain(|clause| clause.text.chars().count() >= LEAST && !self.tells_a_story(&clause.text));
        clauses.truncate(MOST);
        if clauses.len() < 2 { Vec::new() } else { clauses }
    }

    /// Whether a piece says what to do.
    pub fn acts(&self, text: &str) -> bool {
        let plain: Vec<char> = text.chars().collect();
        self.has(&self.actions, &plain)
    }

    fn tells_a_story(&self, text: &str) -> bool {
        let plain: Vec<char> = text.chars().collect();
        self.has(&self.stories, &plain)
    }

    fn cut(&self, sentence: &[char], clauses: &mut Vec<Clause>) {
        let (mut start, mut joined, mut at) = (0, false, 0);
        while at < sentence.len() {
            let Some(length) = mark_at(&self.joints, sentence, at) else {
                at += 1;
                continue;
            };
            self.cut_objects(sentence.get(start..at).unwrap_or_default(), joined, clauses);
            (start, joined, at) = (at + length, true, at + length);
        }
        self.cut_objects(sentence.get(start..).unwrap_or_default(), joined, clauses);
    }

    /// `查话费和流量` → `查话费`, `查流量`.
    fn cut_objects(&self, piece: &[char], joined: bool, clauses: &mut Vec<Clause>) {
        let first_object = (0..piece.len()).find(|&at| mark_at(&self.objects, piece, at).is_some());
        let shared = first_object.and_then(|object| {
            let head = piece.get(..object).filter(|head| self.has(&self.actions, head))?;
            let joint = (object..piece.len()).find_map(|at| {
                let after = at + mark_at(&self.between_objects, piece, at)?;
                let rest = piece.get(after..)?;
                let object_after = (0..rest.len().min(4)).any(|at| mark_at(&self.objects, rest, at).is_some());
                (object_after && !self.has(&self.actions, rest)).then_some((at, after))
            })?;
            Some((head, joint))
        });
        match shared {
            Some((head, (end, after))) => {
                self.push(piece.get(..end).unwrap_or_default(), joined, clauses);
                let second: Vec<char> = head.iter().chain(piece.get(after..).unwrap_or_default()).copied().collect();
                self.push(&second, true, clauses);
            }
            None => self.push(piece, joined, clauses),
        }
    }

    fn push(&self, piece: &[char], joined: bool, clauses: &mut Vec<Clause>) {
        let text: String = piece.iter().collect();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        clauses.push(Clause { text, joined });
    }

    fn has(&self, marks: &[Vec<char>], plain: &[char]) -> bool {
        (0..plain.len()).any(|at| mark_at(marks, plain, at).is_some())
    }
}

/// Length of the longest of `marks` (longest first) at `at`; Latin words count whole.
pub(super) fn mark_at(marks: &[Vec<char>], plain: &[char], at: usize) -> Option<usize> {
    let rest = plain.get(at..)?;
    let inside_word =
        |a: Option<&char>, b: Option<&char>| a.zip(b).is_some_and(|(a, b)| a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric());
    if inside_word(at.checked_sub(1).and_then(|before| plain.get(before)), rest.first()) {
        return None;
    }
    marks.iter().find(|mark| rest.starts_with(mark) && !inside_word(mark.last(), rest.get(mark.len()))).map(Vec::len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::data_dir;

    #[track_caller]
    fn check(lang: &str, text: &str, expected: &[&str]) {
        let lexicon = Lexicon::load(&data_dir().join("flows").join("intents").join(lang)).expect("the project's own lexicon");
        let clauses = Clauses::new(&lexicon).of(text);
        assert_eq!(clauses.iter().map(|clause| clause.text.as_str()).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn requests_are_taken_apart() {
        check("zh", "查一下话费，顺便看看流量还剩多少", &["查一下话费", "看看流量还剩多少"]);
        check("zh", "帮我查话费和流量", &["帮我查话费", "帮我查流量"]);
        check("zh", "我要查账单另外帮我开一张发票", &["我要查账单", "帮我开一张发票"]);
        check("zh", "谁给我开的会员，给我退了", &[]);
        check("zh", "不知道什么时候开的彩铃，给我退了，顺便查一下话费", &["给我退了", "查一下话费"]);
        check("zh", "查话费", &[]);
        check("zh", "和", &[]);
        check("en", "check my balance and also my data usage", &["check my balance", "my data usage"]);
        check("en", "check my balance and data", &["check my balance", "check my data"]);
    }
}
