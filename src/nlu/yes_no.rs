//! Yes and no in answer to a question. A yes changes things, so it is one only when the words around it take nothing back: fillers, a
//! repetition, a wish, an explanation. A question (`可以便宜点吗`), a hedge (`好的但是`), or a word that merely begins like an answer
//! (`要挂失`, `好像`) is no answer.

use super::clauses::mark_at;
use super::lexicon::Lexicon;
use super::phrases::{self, Phrases};
use super::wording::Wording;
use crate::text::words;

/// Punctuation, as recognisers write a pause.
const PAUSES: &[char] = &['，', '。', '！', '；', '、', ',', '.', '!', ';'];

/// The answers of one language.
#[derive(Debug)]
pub struct YesNo {
    answers: Phrases<bool>,
    /// Those that may stand before other words without a pause.
    openers: Phrases<bool>,
    /// A yes that only says "I hear you" when a no comes with it.
    soft: Phrases<bool>,
    questions: Vec<Vec<char>>,
    hedges: Vec<Vec<char>>,
}

/// An answer that an utterance begins with, and what was said after it.
#[derive(Debug, PartialEq)]
pub struct Beginning {
    pub yes: bool,
    pub rest: Wording,
}

impl YesNo {
    pub fn new(lexicon: &Lexicon) -> YesNo {
        let marks = &lexicon.answers;
        let plain = |marks: &[String]| -> Vec<Vec<char>> {
            let mut marks: Vec<Vec<char>> = marks.iter().map(|mark| Wording::new(mark).plain).collect();
            marks.sort_by_key(|mark| std::cmp::Reverse(mark.len()));
            marks
        };
        let openers = marks.yes_openers.iter().map(|phrase| (phrase.as_str(), true));
        let openers = openers.chain(marks.no_openers.iter().map(|phrase| (phrase.as_str(), false)));
        YesNo {
            answers: phrases::yes_no(lexicon),
            openers: Phrases::new(openers, &lexicon.fillers),
            soft: Phrases::new(marks.soft.iter().map(|phrase| (phrase.as_str(), true)), &lexicon.fillers),
            questions: plain(&marks.questions),
            hedges: plain(&marks.hedges),
        }
    }

    /// The answer that the utterance is as a whole, and how sure that is.
    pub fn whole(&self, wording: &Wording) -> Option<(bool, f32)> {
        self.answers.whole(wording, |_, _| None)
    }

    /// The answer that `text` begins with: before a pause any answer, else only one that stands for itself.
    pub fn beginning(&self, text: &str) -> Option<Beginning> {
        self.before_a_pause(text).or_else(|| self.without_a_pause(text))
    }

    fn before_a_pause(&self, text: &str) -> Option<Beginning> {
        let pauses: Vec<usize> = text.match_indices(PAUSES).map(|(at, _)| at).collect();
        pauses.into_iter().rev().find_map(|at| {
            let (head, tail) = text.split_at_checked(at)?;
            let (yes, _) = self.whole(&Wording::new(head))?;
            self.with_rest(yes, self.is_nod(&Wording::new(head)), tail)
        })
    }

    fn without_a_pause(&self, text: &str) -> Option<Beginning> {
        let wording = Wording::new(text);
        let (yes, length) = self.openers.beginning(&wording)?;
        let (head, tail) = wording.plain.split_at_checked(length)?;
        let whole_word = ends_a_word(&wording, length);
        let head: String = head.iter().collect();
        let tail: String = tail.iter().collect::<String>() + if text.trim_end().ends_with(['?', '？']) { "?" } else { "" };
        whole_word.then(|| self.with_rest(yes, self.is_nod(&Wording::new(&head)), &tail)).flatten()
    }

    /// A word that may say no more than "I hear you".
    pub fn is_nod(&self, wording: &Wording) -> bool {
        self.soft.whole(wording, |_, _| None).is_some()
    }

    fn with_rest(&self, yes: bool, soft: bool, rest: &str) -> Option<Beginning> {
        let wording = Wording::new(rest);
        let asks = rest.trim_end().ends_with(['?', '？']) || has(&self.questions, &wording.plain);
        if has(&self.hedges, &wording.plain) || (yes && asks) {
            return None;
        }
        let contrary =
            self.whole(&wording).map(|(answer, _)| answer).or_else(|| self.openers.beginning(&wording).map(|(answer, _)| answer));
        match contrary.filter(|answer| *answer != yes) {
            None => Some(Beginning { yes, rest: wording }),
            // 好的，不用了: the yes was a nod.
            Some(false) if soft => Some(Beginning { yes: false, rest: Wording::new("") }),
            Some(true) if self.is_nod(&wording) => Some(Beginning { yes: false, rest: Wording::new("") }),
            Some(_) => None,
        }
    }
}

fn has(marks: &[Vec<char>], plain: &[char]) -> bool {
    (0..plain.len()).any(|at| mark_at(marks, plain, at).is_some())
}

/// Whether no word goes on past the first `length` characters: 好 in 好像 is no answer.
fn ends_a_word(wording: &Wording, length: usize) -> bool {
    let text = wording.text();
    let mut end = 0;
    for word in words::slices(&text) {
        end += word.chars().count();
        if end >= length {
            break;
        }
    }
    end == length
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::data_dir;
    use std::sync::LazyLock;

    static LANGUAGES: LazyLock<[YesNo; 2]> = LazyLock::new(|| {
        ["zh", "en"].map(|lang| {
            YesNo::new(&Lexicon::load(&data_dir().join("flows").join("intents").join(lang)).expect("the project's own lexicon"))
        })
    });

    #[track_caller]
    fn check(expected: Option<bool>, texts: &[&str]) {
        for text in texts {
            let yes_no = &LANGUAGES[usize::from(text.is_ascii())];
            let answer = yes_no.whole(&Wording::new(text)).map(|(yes, _)| yes);
            let answer = answer.or_else(|| yes_no.beginning(text).map(|beginning| beginning.yes));
            assert_eq!(answer, expected, "{text}");
        }
    }

    #[test]
    fn yes_in_real_life() {
        check(
            Some(true),
            &[
                "对",
                "嗯",
                "嗯嗯好的",
                "对对对是的",
                "是我本人",
                "好的好的谢谢",
                "可以啊",
                "要的",
                "行，就这么办",
                "没问题",
                "对，帮我办理一下",
                "好的你帮我弄吧",
                "是的我的号码就是这个",
                "嗯对就是这个",
                "呃，可以",
                "好好好",
                "要，帮我开吧",
                "对的没错是九月份",
                "确认办理",
                "好了可以上网了",
                "yes",
                "yeah go ahead",
                "yes please do that",
                "sure thing",
                "ok that is fine",
                "yes, that one",
                "yeah, I want it",
                "correct",
                "okay, do it",
                "yes the september one",
            ],
        );
    }

    #[test]
    fn no_in_real_life() {
        check(
            Some(false),
            &[
                "不",
                "不是",
                "不用了谢谢",
                "不要了",
                "没有没有",
                "不对，是九月份",
                "不是这个号码",
                "还是不行",
                "算了吧",
                "好的不用了",
                "嗯不是",
                "嗯，不要",
                "不用查了",
                "没有解决",
                "不要取消",
                "不是的我说的是流量",
                "先不办了",
                "不，我想查话费",
                "不用了好的",
                "no",
                "no thanks",
                "no, the other one",
                "nope not that",
                "ok no thanks",
                "no it still does not work",
                "not really",
                "no, I want the smaller one",
            ],
        );
    }

    #[test]
    fn what_only_looks_like_an_answer() {
        check(
            None,
            &[
                "我要挂失",
                "要重置密码",
                "要关掉彩铃",
                "要多少钱",
                "能听见吗",
                "能不能便宜点",
                "可以便宜一点吗",
                "好像是吧",
                "好像不是",
                "对方没有接",
                "好几天了",
                "想问一下",
                "有没有别的",
                "有什么区别",
                "是什么意思",
                "是不是要收费",
                "行不行啊",
                "在吗",
                "在家里",
                "得多少钱",
                "不知道",
                "不清楚",
                "不好意思",
                "没听清楚",
                "中国移动",
                "成功了吗",
                "好的但是要多少钱",
                "嗯我想想",
                "可以啊不过能不能下个月",
                "等一下我看看",
                "要不你给我查话费",
                "好吗",
                "what does that mean",
                "can I pay by card",
                "yes but how much is it",
                "I want to block my sim",
                "maybe",
                "let me think",
                "is it free",
                "i do not know",
                "no idea",
                "right now it is broken",
                "okay, how much is it?",
            ],
        );
    }

    #[test]
    fn what_comes_after_an_answer_is_kept() {
        let rest = |text: &str| LANGUAGES[usize::from(text.is_ascii())].beginning(text).map(|beginning| beginning.rest.text());
        assert_eq!(rest("不对，是九月份").as_deref(), Some("是九月份"));
        assert_eq!(rest("对，我要挂失").as_deref(), Some("我要挂失"));
        assert_eq!(rest("no, the september one").as_deref(), Some("the september one"));
        assert_eq!(rest("好的，不用了").as_deref(), Some(""));
    }
}
