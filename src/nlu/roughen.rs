//! Written examples as callers would say them: with fillers, false starts and trailing particles.

use super::template::scramble;

/// `text` made rough; `seed` decides how, always the same way.
pub fn roughened(text: &str, seed: u64, openers: &[String], closers: &[String]) -> String {
    let draw = |salt: u64, sides: usize| (scramble(seed.wrapping_mul(31).wrapping_add(salt)) % sides.max(1) as u64) as usize;
    let mut out = String::new();
    if draw(1, 10) < 5
        && let Some(opener) = openers.get(draw(2, openers.len()))
    {
        out.push_str(opener);
    }
    let words: Vec<char> = text.chars().collect();
    let false_start = match draw(3, 10) {
        0 | 1 => 1 + draw(4, 3),
        _ => 0,
    };
    if text.is_ascii() {
        out.push(' ');
    } else if words.len() > false_start + 1 {
        out.extend(words.iter().take(false_start));
    }
    out.push_str(text);
    if draw(5, 10) < 4
        && let Some(closer) = closers.get(draw(6, closers.len()))
    {
        if text.is_ascii() {
            out.push(' ');
        }
        out.push_str(closer);
    }
    out
}

/// The beginning of `text`, broken off where `seed` says; `None` when it is too short to be broken.
pub fn broken_off(text: &str, seed: u64) -> Option<String> {
    let ends: Vec<usize> = match text.is_ascii() {
        true => text.match_indices(' ').map(|(at, _)| at).collect(),
        false => text.char_indices().skip(2).map(|(at, _)| at).collect(),
    };
    let end = *ends.get((scramble(seed.wrapping_add(77)) % ends.len().max(1) as u64) as usize)?;
    text.get(..end).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_off_before_the_end() {
        for seed in 0..20 {
            let broken = broken_off("查一下话费", seed).expect("five characters");
            assert!("查一下话费".starts_with(&broken) && broken.chars().count() >= 2 && broken != "查一下话费", "{broken}");
        }
        assert_eq!(broken_off("查", 1), None);
        assert_eq!(broken_off("check my", 1).as_deref(), Some("check"));
    }

    #[test]
    fn keeps_what_was_said() {
        let openers = ["呃".to_owned()];
        let closers = ["啊".to_owned()];
        for seed in 0..50 {
            let rough = roughened("查话费余额", seed, &openers, &closers);
            assert!(rough.contains("查话费余额"), "{rough}");
            assert_eq!(rough, roughened("查话费余额", seed, &openers, &closers));
        }
        assert!((0..50).any(|seed| roughened("查话费余额", seed, &openers, &closers) != "查话费余额"));
    }
}
