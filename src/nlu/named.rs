//! Things that a caller calls by name in the middle of a sentence: a plan, a service, a country. Which names there are, the grammars say
//! whose meta name `within` says so; a name becomes a slot of its grammar's name.
//!
//! Of several names the one that is aimed at counts (`从五十九换成九十九`); when that is not clear, none does, and the caller is asked.

use super::lexicon::{Lexicon, NameMarks};
use super::wording::Wording;
use crate::grammar::{Library, Phrase, Stretch};
use crate::text::{Lang, Record, Value};
use std::sync::Arc;

/// The names of one language.
#[derive(Debug)]
pub struct Named {
    grammars: Arc<Library>,
    lang: Lang,
    marks: NameMarks,
}

impl Named {
    pub fn new(grammars: Arc<Library>, lang: Lang, lexicon: &Lexicon) -> Named {
        let plain = |marks: &[String]| marks.iter().map(|mark| Wording::new(mark).text()).collect();
        let marks = &lexicon.names;
        Named { grammars, lang, marks: NameMarks { to: plain(&marks.to), from: plain(&marks.from), not_before: plain(&marks.not_before) } }
    }

    /// What `text` names, by the name of the grammar.
    pub fn of(&self, text: &str) -> Record {
        let phrase = Phrase::new(text);
        let grammars = self.grammars.iter().filter(|(lang, _, _)| *lang == self.lang);
        grammars.filter_map(|(_, name, grammar)| Some((name.to_owned(), self.meant(&grammar.within(&phrase))?))).collect()
    }

    fn meant(&self, found: &[Stretch]) -> Option<Value> {
        let counted =
            found.iter().filter(|stretch| !begins(&stretch.after, &self.marks.not_before) && !ends(&stretch.before, &self.marks.from));
        let aimed: Vec<&Stretch> = counted.clone().filter(|stretch| ends(&stretch.before, &self.marks.to)).collect();
        let candidates: Vec<&Stretch> = if aimed.is_empty() { counted.collect() } else { aimed };
        let (first, others) = candidates.split_first()?;
        let value = |stretch: &Stretch| stretch.tags.join(" ");
        others.iter().all(|other| value(other) == value(first)).then(|| Value::Text(value(first)))
    }
}

fn ends(text: &str, marks: &[String]) -> bool {
    marks.iter().any(|mark| text.strip_suffix(mark.as_str()).is_some_and(|head| apart(head.chars().next_back(), mark.chars().next())))
}

fn begins(text: &str, marks: &[String]) -> bool {
    marks.iter().any(|mark| text.strip_prefix(mark.as_str()).is_some_and(|tail| apart(mark.chars().next_back(), tail.chars().next())))
}

/// Latin words count whole.
fn apart(before: Option<char>, after: Option<char>) -> bool {
    !before.zip(after).is_some_and(|(a, b)| a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::data_dir;
    use std::sync::LazyLock;

    static NAMED: LazyLock<[Named; 2]> = LazyLock::new(|| {
        let grammars = Arc::new(Library::load(&data_dir().join("grammars")).expect("the project's own grammars"));
        [Lang::Zh, Lang::En].map(|lang| {
            let lexicon = Lexicon::load(&data_dir().join("flows").join("intents").join(lang.code())).expect("the project's own lexicon");
            Named::new(grammars.clone(), lang, &lexicon)
        })
    });

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let expected: Record = expected.iter().map(|(name, code)| ((*name).to_owned(), Value::Text((*code).to_owned()))).collect();
        assert_eq!(NAMED[usize::from(text.is_ascii())].of(text), expected, "{text}");
    }

    #[test]
    fn finds_names_in_sentences() {
        check("换成畅享99套餐", &[("plan", "enjoy_99")]);
        check("帮我把套餐改成一百二十九块的那个", &[("plan", "enjoy_129")]);
        check("取消视频会员", &[("service", "video")]);
        check("我那个手机报能不能给我退了呀", &[("service", "mobile_news")]);
        check("我要开通国际漫游", &[("service", "roaming")]);
        check("下个月去日本出差，漫游怎么开", &[("service", "roaming"), ("region", "asia")]);
        check("switch my plan to enjoy 99 please", &[("plan", "enjoy_99")]);
        check("cancel the video membership", &[("service", "video")]);
    }

    #[test]
    fn the_right_sound_is_enough() {
        check("换成常想九十九套餐", &[("plan", "enjoy_99")]);
        check("取消那个财铃", &[("service", "ringtone")]);
    }

    #[test]
    fn of_several_names_the_aim_counts() {
        check("从畅享59换成畅享99", &[("plan", "enjoy_99")]);
        check("我现在用的畅享199太贵了想换成畅享99", &[("plan", "enjoy_99")]);
        check("畅享59和畅享99哪个好", &[]);
        check("change from enjoy 59 to enjoy 129", &[("plan", "enjoy_129")]);
    }

    #[test]
    fn numbers_are_names_only_when_nothing_else() {
        check("充299块", &[]);
        check("买99个G的流量", &[]);
        check("查三百九十九的账单", &[]);
        check("我的话费还有多少", &[]);
        check("i used 99 GB", &[]);
    }
}
