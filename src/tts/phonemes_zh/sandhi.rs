//! Tones as they are said in context: 一 and 不, particles that lose their tone, and chains of third tones.

use super::Spoken;

/// Changes the tones of one phrase, whose syllables come with the tones they have alone.
pub fn apply(phrase: &mut [Spoken]) {
    let prescribed: Vec<Option<u8>> = phrase.iter().map(|spoken| spoken.fixed.then_some(spoken.syllable.tone)).collect();
    particles(phrase);
    one(phrase);
    not(phrase);
    third_tones(phrase);
    for (spoken, tone) in phrase.iter_mut().zip(prescribed) {
        spoken.syllable.tone = tone.unwrap_or(spoken.syllable.tone);
    }
}

/// Particles are neutral when they are read as particles (`le`, not the `liao` of 了解).
fn particles(phrase: &mut [Spoken]) {
    let mut before = None;
    for spoken in phrase {
        let syllable = (spoken.syllable.initial, spoken.syllable.final_);
        let neutral = match spoken.character {
            '的' | '地' => syllable == ("d", "e"),
            '了' => syllable == ("l", "e"),
            '着' => syllable == ("zh", "e"),
            '么' => syllable == ("m", "e"),
            '吗' | '呢' | '吧' | '嘛' | '们' | '啦' | '啊' | '呀' => true,
            '子' => before.is_some_and(|before| !FULL_BEFORE_SON.contains(before)),
            _ => false,
        };
        if neutral && before.is_some() {
            spoken.syllable.tone = 5;
        }
        before = Some(spoken.character);
    }
}

/// After these 子 is a word of its own, as in 电子, and keeps its tone.
const FULL_BEFORE_SON: &str = "电原分女男王孔弟量质";

/// 一 is second tone before a fourth, fourth tone before the others, neutral in 看一看, and keeps its own in numbers, in ordinals and at the end.
fn one(phrase: &mut [Spoken]) {
    for index in 0..phrase.len() {
        if phrase.get(index).is_none_or(|spoken| spoken.character != '一') {
            continue;
        }
        let before = index.checked_sub(1).and_then(|before| phrase.get(before)).cloned();
        let Some(after) = phrase.get(index + 1).cloned() else { continue };
        let later = phrase.get(index + 2).cloned();
        let counted = before.as_ref().is_some_and(|before| is_digit(before.character) || "十第周期初点".contains(before.character));
        let first_of_digits =
            is_digit(after.character) || (after.character == '点' && later.is_some_and(|later| is_digit(later.character)));
        let calendar = matches!(after.character, '月' | '号' | '日' | '楼');
        let tens = after.character == '十' && before.as_ref().is_some_and(|before| matches!(before.character, '百' | '千' | '万' | '零'));
        let joined = before.as_ref().is_some_and(|before| matches!(before.character, '统' | '唯' | '之' | '万' | '逐'));
        if counted || tens || first_of_digits || calendar || joined {
            continue;
        }
        let tone = match &before {
            Some(before) if before.character == after.character => 5,
            _ if after.syllable.tone == 4 || after.character == '个' => 2,
            _ => 4,
        };
        if let Some(spoken) = phrase.get_mut(index) {
            spoken.syllable.tone = tone;
        }
    }
}

/// 不 is second tone before a fourth and neutral in 好不好 and 对不起.
fn not(phrase: &mut [Spoken]) {
    for index in 0..phrase.len() {
        if phrase.get(index).is_none_or(|spoken| spoken.character != '不') {
            continue;
        }
        let before = index.checked_sub(1).and_then(|before| phrase.get(before)).map(|before| before.character);
        let after = phrase.get(index + 1).map(|after| (after.character, after.syllable.tone));
        let tone = match after {
            Some((character, _)) if before == Some(character) => 5,
            Some(('起', _)) if matches!(before, Some('对' | '了')) => 5,
            Some((_, 4)) => 2,
            _ => continue,
        };
        if let Some(spoken) = phrase.get_mut(index) {
            spoken.syllable.tone = tone;
        }
    }
}

/// In a chain of third tones only the last of each pair, or of the last three, keeps its tone.
fn third_tones(phrase: &mut [Spoken]) {
    for chain in phrase.chunk_by_mut(|a, b| a.syllable.tone == 3 && b.syllable.tone == 3) {
        let mut rest = chain;
        while rest.len() > 1 {
            let group = if rest.len() == 3 { 3 } else { 2 };
            let (now, later) = rest.split_at_mut(group);
            now.iter_mut().take(group - 1).for_each(|spoken| spoken.syllable.tone = 2);
            rest = later;
        }
    }
}

fn is_digit(character: char) -> bool {
    "零〇幺一二三四五六七八九0123456789".contains(character)
}
