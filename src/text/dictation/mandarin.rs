//! Cuts a Mandarin utterance into the tokens of a dictated number, character by character.

use super::{Part, Place, Token};
use crate::text::number_zh;

/// Longest first where one begins another.
const WRONG: &[&str] = &["说错了", "搞错了", "报错了", "念错了", "不正确", "错了", "不对", "错"];
const NOT: &[&str] = &["不是"];
const IS: &[&str] = &["而是", "应该是", "应当是", "改成", "换成", "是", "为"];
const AGAIN: &[&str] =
    &["从头再来", "从头来", "从头说", "从头", "重新说一遍", "重新说", "重新来", "重新报", "重新", "重说", "重来", "再来一遍"];
/// Words that carry no meaning here; some hold a numeral, so they are looked for before digits.
const FILLERS: &[&str] = &[
    "手机号码",
    "电话号码",
    "身份证号",
    "您记一下",
    "你记一下",
    "记一下",
    "我报一下",
    "我说一下",
    "报一下",
    "手机号",
    "服务密码",
    "验证码",
    "电话",
    "手机",
    "号码",
    "密码",
    "身份证",
    "工单号",
    "编号",
    "我的",
    "那个",
    "这个",
    "这位",
    "然后",
    "接着",
    "后面",
    "还有",
    "再就是",
    "就是",
    "就这样",
    "完了",
    "没了",
    "好了",
    "谢谢",
    "好的",
    "是的",
    "对的",
    "对对",
    "请",
    "嗯",
    "呃",
    "额",
    "啊",
    "哦",
    "哎",
    "诶",
    "喂",
    "呢",
    "吧",
    "呀",
    "嘛",
    "了",
    "的",
    "对",
    "好",
    "我",
    "你",
    "您",
    "说",
    "打",
    "数字",
    "数",
    "号",
    "一个",
];
const LAST: &[&str] = &["最后面", "最后边", "最后", "末尾", "结尾", "尾号", "尾数", "后边", "后面", "后", "末"];
const FIRST: &[&str] = &["最前面", "开头", "前面", "前边", "头", "前"];
const MIDDLE: &[&str] = &["正中间", "中间", "中段", "当中"];

pub(super) fn tokens(text: &str) -> Vec<Token> {
    let characters: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let mut tokens = Vec::new();
    let mut rest = characters.as_slice();
    while !rest.is_empty() {
        let (token, used) = token(rest);
        tokens.push(token);
        rest = rest.get(used..).unwrap_or_default();
    }
    tokens
}

fn token(text: &[char]) -> (Token, usize) {
    if let Some((place, used)) = place(text) {
        return (Token::Place(place), used);
    }
    let words: [(&[&str], Token); 5] =
        [(AGAIN, Token::Again), (WRONG, Token::Wrong), (NOT, Token::Not), (IS, Token::Is), (FILLERS, Token::Filler)];
    for (list, token) in words {
        if let Some(used) = begins_with_any(text, list) {
            return (token, used);
        }
    }
    let (digits, used) = number_zh::leading_digits(text);
    match used {
        0 => (if text.first().is_some_and(|c| c.is_alphanumeric()) { Token::Other } else { Token::Filler }, 1),
        // 一下, 一遍: no digit stands before a measure word.
        1 if text.get(1).is_some_and(|c| "下遍次些起直定样般".contains(*c)) => (Token::Other, 2),
        _ => (Token::Digits(digits), used),
    }
}

fn place(text: &[char]) -> Option<(Place, usize)> {
    if let Some(after) = begins_with_any(text, &["倒数第"]) {
        let (n, used) = counted(text.get(after..)?)?;
        return Some((Place::NthLast(n), after + used));
    }
    if let Some(after) = begins_with_any(text, &["第"]) {
        let (n, used) = counted(text.get(after..)?)?;
        return Some((Place::Nth(n), after + used));
    }
    let parts: [(&[&str], Part); 3] = [(LAST, Place::Last), (FIRST, Place::First), (MIDDLE, |_| Place::Middle)];
    for (words, place) in parts {
        let Some(after) = begins_with_any(text, words) else { continue };
        let rest = text.get(after..)?;
        let skip = usize::from(rest.first() == Some(&'的') || rest.first() == Some(&'那'));
        if let Some((n, used)) = rest.get(skip..).and_then(counted) {
            return Some((place(Some(n)), after + skip + used));
        }
        // 后面 alone only goes on; 尾号 and 最后 name a place, and so does 后 before 是.
        let names_place = !matches!(text, ['后', ..] | ['前', ..] | ['头', ..] | ['末', ..]) || begins_with_any(rest, IS).is_some();
        return names_place.then(|| (place(None), after));
    }
    None
}

/// `四位`, `四位数`, `三个数字`, `一个`: a count and its measure; 四个零 is none, it is digits.
fn counted(text: &[char]) -> Option<(usize, usize)> {
    let (n, used) = count(text)?;
    let rest = text.get(used..)?;
    let measures: &[&str] = &["位数字", "位数", "位", "个数字", "个号码", "个数"];
    if let Some(measure) = begins_with_any(rest, measures) {
        return Some((n, used + measure));
    }
    let is_bare = rest.first() == Some(&'个') && begins_with_any(rest.get(1..)?, IS).is_some();
    is_bare.then_some((n, used + 1))
}

/// One to twelve.
fn count(text: &[char]) -> Option<(usize, usize)> {
    let unit = |c: char| "一二三四五六七八九".chars().position(|known| known == c).map(|at| at + 1).or((c == '两').then_some(2));
    match text {
        ['十', c, ..] if unit(*c).is_some() => Some((10 + unit(*c)?, 2)),
        ['十', ..] => Some((10, 1)),
        ['1', c, ..] if c.is_ascii_digit() => Some((10 + c.to_digit(10)? as usize, 2)),
        [c, ..] => {
            let n = unit(*c).or(c.to_digit(10).filter(|n| *n > 0).map(|n| n as usize))?;
            Some((n, 1))
        }
        [] => None,
    }
}

fn begins_with_any(text: &[char], words: &[&str]) -> Option<usize> {
    words.iter().find_map(|word| {
        let length = word.chars().count();
        (text.len() >= length && word.chars().zip(text).all(|(a, b)| a == *b)).then_some(length)
    })
}
