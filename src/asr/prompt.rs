//! What Whisper is told before it listens: one sentence naming the domain, in the writing that we want back.

use crate::text::Lang;

/// Terms of the present question that join the sentence; more would cost time at every decode.
pub const MOST_TERMS: usize = 12;
const LONGEST_TERM: usize = 24;

const FRAME_ZH: &str = "以下是客户拨打电信客服热线的普通话";
const TERMS_ZH: &str = "，内容有话费、余额、流量、套餐、宽带、故障报修、投诉、转人工、挂失、国际漫游";
const FRAME_EN: &str = "A customer calls a telecom operator";
const TERMS_EN: &str = " about balance, bill, data usage, plan, broadband fault, complaint, lost SIM, roaming, agent";

/// The part of the sentence that no caller would say.
pub fn frame(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => FRAME_ZH,
        Lang::En => FRAME_EN,
    }
}

/// The sentence with the question's terms at its end, where they weigh most.
pub fn prompt(lang: Lang, terms: &[String]) -> String {
    let (domain, comma, stop) = match lang {
        Lang::Zh => (TERMS_ZH, "、", "。"),
        Lang::En => (TERMS_EN, ", ", "."),
    };
    let fits = |term: &&String| (1..=LONGEST_TERM).contains(&term.chars().count()) && !term.contains(char::is_control);
    let mut prompt = format!("{}{domain}", frame(lang));
    for term in terms.iter().filter(fits).take(MOST_TERMS).filter(|term| !domain.contains(term.as_str())) {
        prompt.push_str(comma);
        prompt.push_str(term);
    }
    prompt.push_str(stop);
    prompt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lang: Lang, terms: &[&str], end: &str) {
        let terms: Vec<String> = terms.iter().map(|term| (*term).to_owned()).collect();
        assert!(prompt(lang, &terms).ends_with(end), "{}", prompt(lang, &terms));
    }

    #[test]
    fn terms_join_the_sentence_once() {
        check(Lang::Zh, &[], "国际漫游。");
        check(Lang::Zh, &["是的", "不是"], "国际漫游、是的、不是。");
        check(Lang::Zh, &["话费", "九月"], "国际漫游、九月。");
        check(Lang::Zh, &["", "\0", "字字字字字字字字字字字字字字字字字字字字字字字字字"], "国际漫游。");
        check(Lang::En, &["yes", "no"], "agent, yes, no.");
    }
}
