//! A text in the pieces in which it is spoken: sentence by sentence, long ones at their commas, so that the first is heard soon.

use std::time::Duration;

/// One piece and the silence around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// As written, its punctuation included.
    pub text: String,
    pub pause: Duration,
    /// Silence before it, which only markup asks for.
    pub lead: Duration,
}

/// From this many characters a sentence is cut at its next comma.
const ENOUGH: usize = 12;
/// A piece longer than this is cut wherever it is: it bounds time and memory of one synthesis.
const LONGEST: usize = 160;
/// More pieces than this are no prompt: the rest is not spoken.
const MOST: usize = 200;

/// The pieces of `text` in order; each has something that can be read.
pub fn pieces(text: &str) -> Vec<Piece> {
    let characters: Vec<char> = text.chars().collect();
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut length = 0;
    for (index, &character) in characters.iter().enumerate() {
        piece.push(character);
        length += 1;
        let before = index.checked_sub(1).and_then(|before| characters.get(before)).copied();
        let after = characters.get(index + 1).copied();
        let cut = match mark(before, character, after) {
            Mark::Sentence => !is_abbreviated(&piece),
            Mark::Clause => length >= ENOUGH,
            Mark::None => length >= LONGEST && (!character.is_ascii_alphanumeric() || length >= 2 * LONGEST),
        };
        // A run of marks (？！ or a closing quote) stays together.
        if cut && !after.is_some_and(|after| mark(Some(character), after, None) != Mark::None || "”’」』）)\"'".contains(after)) {
            pieces.push(std::mem::take(&mut piece));
            length = 0;
        }
    }
    pieces.push(piece);
    pieces.retain(|piece| piece.chars().any(char::is_alphanumeric));
    pieces.truncate(MOST);
    pieces.into_iter().map(|text| Piece { pause: pause_after(&text), text: text.trim().to_owned(), lead: Duration::ZERO }).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    None,
    Clause,
    Sentence,
}

/// What a character divides; the marks inside `128.50`, `12:30` and `1,000` divide nothing, nor does an initial's stop.
fn mark(before: Option<char>, character: char, after: Option<char>) -> Mark {
    let spaced = after.is_none_or(char::is_whitespace);
    match character {
        '。' | '！' | '？' | '!' | '?' | '\n' => Mark::Sentence,
        '；' | ';' => Mark::Sentence,
        '.' if spaced && before.is_none_or(|before| !before.is_uppercase()) => Mark::Sentence,
        '，' | '：' => Mark::Clause,
        ',' | ':' if spaced => Mark::Clause,
        _ => Mark::None,
    }
}

/// `Mr.` and its like end no sentence.
fn is_abbreviated(piece: &str) -> bool {
    ["Mr.", "Mrs.", "Ms.", "Dr.", "No.", "St."].iter().any(|short| piece.split_whitespace().next_back() == Some(short))
}

fn pause_after(text: &str) -> Duration {
    let last = text.chars().rev().find(|character| !character.is_whitespace() && !"”’」』）)\"'".contains(*character));
    Duration::from_millis(match last {
        Some('。' | '！' | '？' | '.' | '!' | '?') => 320,
        Some('；' | ';' | '：' | ':') => 240,
        Some('，' | ',') => 160,
        _ => 60,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let texts: Vec<String> = pieces(text).into_iter().map(|piece| piece.text).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn cuts_where_a_speaker_breathes() {
        check("您好。请问有什么可以帮您？", &["您好。", "请问有什么可以帮您？"]);
        check("好的，正在为您查询。", &["好的，正在为您查询。"]);
        check("您九月份的话费是一百二十八块五，其中套餐费九十八块。", &["您九月份的话费是一百二十八块五，", "其中套餐费九十八块。"]);
        check("Your balance is 128.50 yuan. Anything else?", &["Your balance is 128.50 yuan.", "Anything else?"]);
        check("At 12:30, Mr. Wang.", &["At 12:30, Mr. Wang."]);
        check("真的吗？！", &["真的吗？！"]);
        check("请说“确认”。好吗？", &["请说“确认”。", "好吗？"]);
    }

    #[test]
    fn what_cannot_be_read_is_no_piece() {
        check("", &[]);
        check("。。。", &[]);
        check(" … ！", &[]);
    }

    #[test]
    fn a_sentence_end_pauses_longer_than_a_comma() {
        let pieces = pieces("您九月份的话费是一百二十八块五，其中套餐费九十八块。");
        assert!(pieces[0].pause < pieces[1].pause);
    }

    proptest! {
        #[test]
        fn nothing_readable_is_lost_and_no_piece_is_endless(text in "[a-zA-Z0-9一-龥，。？！ ,.!?\\n“”]{0,600}") {
            let readable = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            let pieces = pieces(&text);
            prop_assert_eq!(pieces.iter().map(|piece| readable(&piece.text)).collect::<String>(), readable(&text));
            prop_assert!(pieces.iter().all(|piece| piece.text.chars().count() <= 2 * LONGEST + 8));
        }
    }
}
