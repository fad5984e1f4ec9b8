//! What Whisper is told before it listens: one sentence naming the domain, in the writing that we want back.

use crate::text::Lang;

/// Terms of the present question that join the sentence; more would cost time at every decode.
pub const MOST_TERMS: usize = 12;
const LONGEST_TERM: usize = 24;
/// English words with fewer letters say nothing by themselves.
const SHORTEST_TOLD: usize = 4;

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

/// The sentence with the question's terms at its end, where they weigh most: in their order, those first of which the sentence says no word yet.
pub fn prompt(lang: Lang, terms: &[String]) -> String {
    let (domain, comma, stop) = match lang {
        Lang::Zh => (TERMS_ZH, "、", "。"),
        Lang::En => (TERMS_EN, ", ", "."),
    };
    let fits = |term: &&String| (1..=LONGEST_TERM).contains(&term.chars().count()) && !term.contains(char::is_control);
    let terms = terms.iter().filter(fits).filter(|term| !domain.contains(term.as_str()));
    let (told, new): (Vec<&String>, Vec<&String>) = terms.partition(|term| shares_word(lang, domain, term));
    let mut prompt = format!("{}{domain}", frame(lang));
    for term in new.into_iter().chain(told).take(MOST_TERMS) {
        prompt.push_str(comma);
        prompt.push_str(term);
    }
    prompt.push_str(stop);
    prompt
}

/// Two characters in a row, or a word of some length.
fn shares_word(lang: Lang, domain: &str, term: &str) -> bool {
    match lang {
        Lang::Zh => term.chars().zip(term.chars().skip(1)).any(|(a, b)| domain.contains(&[a, b].iter().collect::<String>())),
        Lang::En => term.split_whitespace().any(|word| word.chars().count() >= SHORTEST_TOLD && domain.contains(word)),
    }
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

    #[test]
    fn what_the_sentence_does_not_say_yet_goes_first() {
        check(Lang::Zh, &["查话费", "开发票", "换套餐", "补卡"], "国际漫游、开发票、补卡、查话费、换套餐。");
        check(Lang::En, &["check your balance", "get an invoice"], "agent, get an invoice, check your balance.");
        let many: Vec<String> = ('a'..='z').map(|letter| format!("{letter}{letter}{letter}")).collect();
        assert!(prompt(Lang::En, &many).ends_with("kkk, lll."));
    }
}
