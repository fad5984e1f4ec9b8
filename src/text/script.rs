//! Traditional to simplified Chinese.
//!
//! Longest phrase first, then character by character; simplified text stays as it is. The tables come from OpenCC and lie in `script/`.

use std::collections::HashMap;
use std::sync::LazyLock;

struct Tables {
    characters: HashMap<char, char>,
    phrases: HashMap<Vec<char>, Vec<char>>,
    longest: usize,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let lines = |file: &'static str| file.lines().filter(|line| !line.starts_with('#'));
    let characters = lines(include_str!("script/characters.txt"))
        .flat_map(str::split_whitespace)
        .filter_map(|pair| {
            let mut both = pair.chars();
            Some((both.next()?, both.next()?))
        })
        .collect();
    let phrases: HashMap<Vec<char>, Vec<char>> = lines(include_str!("script/phrases.tsv"))
        .filter_map(|line| line.split_once('\t'))
        .map(|(from, to)| (from.chars().collect(), to.chars().collect()))
        .collect();
    let longest = phrases.keys().map(Vec::len).max().unwrap_or(0);
    Tables { characters, phrases, longest }
});

/// Traditional characters by the simplified one that stands for them.
static TRADITIONAL: LazyLock<HashMap<char, Vec<char>>> = LazyLock::new(|| {
    let mut forms: HashMap<char, Vec<char>> = HashMap::new();
    for (traditional, simplified) in &TABLES.characters {
        forms.entry(*simplified).or_default().push(*traditional);
    }
    forms.values_mut().for_each(|forms| forms.sort_unstable());
    forms
});

/// The traditional characters that are written `character` in simplified text.
pub fn traditional_forms(character: char) -> impl Iterator<Item = char> {
    TRADITIONAL.get(&character).into_iter().flatten().copied()
}

/// `text` in simplified characters.
pub fn to_simplified(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut rest = characters.as_slice();
    while let Some((&first, tail)) = rest.split_first() {
        let phrase = (2..=TABLES.longest.min(rest.len())).rev().find_map(|length| {
            let (head, after) = rest.split_at(length);
            TABLES.phrases.get(head).map(|to| (to, after))
        });
        match phrase {
            Some((to, after)) => {
                out.extend(to);
                rest = after;
            }
            None => {
                out.push(TABLES.characters.get(&first).copied().unwrap_or(first));
                rest = tail;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(traditional: &str, simplified: &str) {
        assert_eq!(to_simplified(traditional), simplified);
        assert_eq!(to_simplified(simplified), simplified, "simplified text must stay as it is");
    }

    #[test]
    fn traditional_forms_lead_back() {
        assert!(traditional_forms('话').any(|form| form == '話'));
        assert!(traditional_forms('话').all(|form| to_simplified(&form.to_string()) == "话"));
        assert_eq!(traditional_forms('不').count(), 0);
    }

    #[test]
    fn telephone_words() {
        check("我想查一下話費餘額", "我想查一下话费余额");
        check("網絡壞了，寬頻連不上", "网络坏了，宽频连不上");
        check("這個月的帳單發給我", "这个月的帐单发给我");
        check("請幫我轉人工服務", "请帮我转人工服务");
        check("為什麼還沒有恢復？", "为什么还没有恢复？");
        check("國際漫遊怎麼開通", "国际漫游怎么开通");
        check("兩隻手機，一隻掉了", "两只手机，一只掉了");
        check("電話號碼變更", "电话号码变更");
    }

    #[test]
    fn characters_with_two_readings() {
        check("後天裡面", "后天里面");
        check("把頭髮弄乾淨", "把头发弄干净");
        check("乾隆皇帝，扭轉乾坤", "乾隆皇帝，扭转乾坤");
        check("等著，看著辦", "等着，看着办");
        check("顯著的名著，著名作家的著作", "显著的名著，著名作家的著作");
        check("我瞭解，一目瞭然", "我了解，一目了然");
        check("甚麼計畫", "什么计划");
        check("答覆和重覆", "答复和重复");
    }

    #[test]
    fn simplified_text_stays() {
        for text in ["幺三八零零零零", "我的手机号码是一三八", "只有一只，里面有发票", "覆盖范围", "沈阳", "Wi-Fi 连不上 abc", ""]
        {
            check(text, text);
        }
    }
}
