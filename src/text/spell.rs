//! Saying numbers and codes one sign after the other, with a pause after each: what was said once already, for whoever writes it down.

use super::Lang;

/// Shorter runs are words, not codes.
const SHORTEST: usize = 3;
const ENGLISH: [&str; 11] = ["zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/// `编号二六幺幺，二二零零` → `编号二，六，幺，幺，二，二，零，零`; `None` when nothing in it can be spelt.
pub fn spell(text: &str, lang: Lang) -> Option<String> {
    match lang {
        Lang::Zh => mandarin(text),
        Lang::En => english(text),
    }
}

fn is_sign(c: char) -> bool {
    c.is_ascii_alphanumeric() || "零一二三四五六七八九幺".contains(c)
}

fn mandarin(text: &str) -> Option<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut found = false;
    let mut at = 0;
    while let Some(&c) = characters.get(at) {
        // A comma goes on with the run when a sign stands on its other side.
        let goes_on = |at: usize| {
            characters.get(at).is_some_and(|c| is_sign(*c))
                || (matches!(characters.get(at), Some('，' | ' ')) && characters.get(at + 1).is_some_and(|c| is_sign(*c)))
        };
        let length = (at..characters.len()).take_while(|at| goes_on(*at)).count();
        let run: Vec<String> = characters.iter().skip(at).take(length).filter(|c| is_sign(**c)).map(char::to_string).collect();
        if is_sign(c) && run.len() >= SHORTEST {
            out.push_str(&run.join("，"));
            found = true;
            at += length;
        } else {
            out.push(c);
            at += 1;
        }
    }
    found.then_some(out)
}

fn english(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let is_digit = |word: &&&str| ENGLISH.contains(&bare(word).as_str());
    let mut out: Vec<String> = Vec::new();
    let mut found = false;
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let length = words.iter().skip(at).take_while(is_digit).count();
        if length >= SHORTEST {
            let run: Vec<String> = words.iter().skip(at).take(length).map(|word| bare(word)).collect();
            let mark = words.get(at + length - 1).and_then(|word| word.chars().last()).filter(|c| !c.is_alphanumeric());
            out.push(run.join(", ") + &mark.map(String::from).unwrap_or_default());
            found = true;
            at += length;
        } else {
            out.push((*word).to_owned());
            at += 1;
        }
    }
    found.then(|| out.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_come_one_by_one() {
        assert_eq!(
            spell("编号二六幺幺，二二零零，三五，明天处理。", Lang::Zh).as_deref(),
            Some("编号二，六，幺，幺，二，二，零，零，三，五，明天处理。")
        );
        assert_eq!(
            spell("幺三八，零零零零，幺二三四，对吗？", Lang::Zh).as_deref(),
            Some("幺，三，八，零，零，零，零，幺，二，三，四，对吗？")
        );
        assert_eq!(spell("您的余额是八十五元。", Lang::Zh), None);
        assert_eq!(
            spell("Booked as two six one one, two two; done.", Lang::En).as_deref(),
            Some("Booked as two, six, one, one, two, two; done.")
        );
        assert_eq!(spell("Press one, or zero.", Lang::En), None);
    }
}
