//! Whether what was heard is what the service itself is saying: a loudspeaker near the caller's microphone, or a line without echo cancellation.

use crate::text::pinyin;

/// Shorter speech than this (syllables or words) may well be the caller's own, in the prompt's words: 查话费.
const SHORTEST: usize = 6;
/// Of the heard, how much may differ: it was recognised through a room.
const MOST_WRONG: f32 = 0.25;

/// Whether `heard` is a part of `spoken`, as a recogniser would hear it.
pub fn is_echo(heard: &str, spoken: &str) -> bool {
    let (heard, spoken) = (units(heard), units(spoken));
    heard.len() >= SHORTEST && differing(&heard, &spoken) as f32 <= heard.len() as f32 * MOST_WRONG
}

/// Syllables without their tones, and words of other scripts.
fn units(text: &str) -> Vec<String> {
    let mut units = Vec::new();
    let mut word = String::new();
    for sound in pinyin::sounds(text) {
        match sound {
            pinyin::Sound::Other(c) if c.is_alphanumeric() => word.extend(c.to_lowercase()),
            pinyin::Sound::Other(_) => units.extend((!word.is_empty()).then(|| std::mem::take(&mut word))),
            pinyin::Sound::Syllable { syllable, .. } => {
                units.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
                units.push(syllable.letters());
            }
        }
    }
    units.extend((!word.is_empty()).then_some(word));
    units
}

/// Edits that make `part` of the best place in `whole`.
fn differing(part: &[String], whole: &[String]) -> usize {
    // A row for each unit of `part`; beginning and ending anywhere in `whole` is free.
    let mut row = vec![0; whole.len() + 1];
    for (n, own) in part.iter().enumerate() {
        let mut before = row.first().copied().unwrap_or(0);
        let mut next = Vec::with_capacity(row.len());
        next.push(n + 1);
        for (above, theirs) in row.iter().skip(1).zip(whole) {
            let left = next.last().copied().unwrap_or(0);
            next.push((before + usize::from(own != theirs)).min(above + 1).min(left + 1));
            before = *above;
        }
        row = next;
    }
    row.into_iter().min().unwrap_or(part.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MENU: &str = "查话费请按一，查流量请按二，报修宽带请按三，查账单请按四。";
    const BILL: &str = "Your bill for September is 164 yuan and 85 cents. Is there anything else?";

    #[test]
    fn a_prompt_that_comes_back_is_known_though_misheard() {
        assert!(is_echo("查流量情按二报修宽带", MENU));
        assert!(is_echo("茶话费请按一查流量请按二", MENU));
        assert!(is_echo("bill for September is 164 yuan", BILL));
    }

    #[test]
    fn a_caller_who_uses_the_prompts_words_is_a_caller() {
        assert!(!is_echo("查话费", MENU));
        assert!(!is_echo("我要报修宽带", MENU));
        assert!(!is_echo("我想查一下上个月的账单多少钱", MENU));
        assert!(!is_echo("what about my bill for August please", BILL));
        assert!(!is_echo("", MENU));
        assert!(!is_echo("查话费请按一", ""));
    }
}
