//! Chinese text into words: jieba's dictionary with the words of a telephone operator added.
//!
//! The dictionary is built at the first use (about a fifth of a second): a service asks for a word at start.

use jieba_rs::Jieba;
use std::sync::LazyLock;

static JIEBA: LazyLock<Jieba> = LazyLock::new(|| {
    let mut jieba = Jieba::new();
    let words = include_str!("words.txt").lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
    for word in words {
        jieba.add_word(word, Some(20_000), None);
    }
    jieba
});

/// The words of `text` in order, spaces and punctuation included, so that joining them gives `text` again.
pub fn segment(text: &str) -> Vec<String> {
    slices(text).into_iter().map(str::to_owned).collect()
}

/// The same without copying.
pub fn slices(text: &str) -> Vec<&str> {
    JIEBA.cut(text, false).into_iter().map(|token| token.word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, words: &str) {
        assert_eq!(segment(text).join("/"), words);
        assert_eq!(segment(text).concat(), text);
    }

    #[test]
    fn domain_words_stay_whole() {
        check("我想查一下话费余额", "我/想/查/一下/话费/余额");
        check("帮我转人工", "帮/我/转人工");
        check("宽带上不了网", "宽带/上不了网");
        check("办理国际漫游", "办理/国际漫游");
        check("流量包怎么退订", "流量包/怎么/退订");
    }

    #[test]
    fn anything_goes_in() {
        check("", "");
        check("5G 套餐，OK?", "5G/ /套餐/，/OK/?");
    }
}
