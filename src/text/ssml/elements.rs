//! The elements of SSML and the values of their attributes (Speech Synthesis Markup Language 1.1, sections 3.1 to 3.3).

use super::say_as::SayAs;
use super::{Prosody, SsmlError, fault};
use crate::text::pinyin::syllable_from_pinyin;
use crate::text::sounds::Alphabet;
use roxmltree::Node;
use std::ops::RangeInclusive;

/// A caller who hears nothing for longer hangs up.
pub const BREAK_MOST_MS: u32 = 10_000;
const RATES: RangeInclusive<f32> = 0.25..=4.0;
const VOLUMES: RangeInclusive<f32> = 0.0..=4.0;

/// What an element asks for.
pub enum Element {
    Break {
        ms: u32,
    },
    Mark(String),
    Sounded {
        alphabet: Alphabet,
        sounds: String,
    },
    Instead(String),
    SayAs(SayAs),
    /// Its children, said so.
    Group(Prosody),
    Sentence,
    Paragraph,
    /// Nothing of it is said.
    Silent,
}

pub fn read(node: Node<'_, '_>, around: Prosody) -> Result<Element, SsmlError> {
    Ok(match node.tag_name().name() {
        "break" => Element::Break { ms: pause(node)? },
        "mark" => Element::Mark(needed(node, "name")?.to_owned()),
        "phoneme" => phoneme(node, around)?,
        "sub" => Element::Instead(crate::text::sounds::without_marks(needed(node, "alias")?)),
        "say-as" => Element::SayAs(SayAs {
            what: needed(node, "interpret-as")?.trim().to_lowercase(),
            format: node.attribute("format").unwrap_or_default().trim().to_lowercase(),
        }),
        "prosody" => Element::Group(prosody(node, around)?),
        "s" | "sentence" => Element::Sentence,
        "p" | "paragraph" => Element::Paragraph,
        "emphasis" | "voice" | "lang" | "audio" | "w" | "token" | "lookup" => Element::Group(around),
        "desc" | "meta" | "metadata" | "lexicon" => Element::Silent,
        "speak" => return Err(fault(node, "<speak> may stand at the top only")),
        other => return Err(fault(node, format!("<{other}> is not an element of SSML"))),
    })
}

fn needed<'a>(node: Node<'a, '_>, name: &str) -> Result<&'a str, SsmlError> {
    let missing = || fault(node, format!("<{}> needs {name}=\"…\"", node.tag_name().name()));
    node.attribute(name).filter(|value| !value.trim().is_empty()).ok_or_else(missing)
}

fn pause(node: Node<'_, '_>) -> Result<u32, SsmlError> {
    if let Some(time) = node.attribute("time") {
        let ms = duration_ms(time).ok_or_else(|| fault(node, format!("time {time:?} is neither like \"500ms\" nor like \"1.5s\"")))?;
        return if ms <= BREAK_MOST_MS { Ok(ms) } else { Err(fault(node, format!("a break is at most {} s", BREAK_MOST_MS / 1000))) };
    }
    Ok(match node.attribute("strength").unwrap_or("medium") {
        "none" => 0,
        "x-weak" => 80,
        "weak" => 160,
        "medium" => 320,
        "strong" => 600,
        "x-strong" => 1_000,
        other => return Err(fault(node, format!("strength {other:?} is none of none, x-weak, weak, medium, strong, x-strong"))),
    })
}

/// CSS2's time: a number and `ms` or `s`.
fn duration_ms(time: &str) -> Option<u32> {
    let time = time.trim();
    let (number, unit_ms) = match time.strip_suffix("ms") {
        Some(number) => (number, 1.0),
        None => (time.strip_suffix('s')?, 1_000.0),
    };
    let ms = plain_number(number)? * unit_ms;
    (ms <= 3_600_000.0).then_some(ms.round() as u32)
}

/// Digits with a point at most: no sign, no exponent, no `inf`.
fn plain_number(text: &str) -> Option<f32> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.') && text.chars().any(|c| c.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn prosody(node: Node<'_, '_>, around: Prosody) -> Result<Prosody, SsmlError> {
    let rate = match node.attribute("rate").map(str::trim) {
        None => around.rate,
        Some("default") => 1.0,
        Some(value) => {
            around.rate
                * rate(value).ok_or_else(|| {
                    fault(node, format!("rate {value:?} is none of x-slow, slow, medium, fast, x-fast, default, a number or a percentage"))
                })?
        }
    };
    let volume = match node.attribute("volume").map(str::trim) {
        None => around.volume,
        Some("default") => 1.0,
        Some(value) => volume(value, around.volume).ok_or_else(|| fault(node, format!("volume {value:?} is none of silent, x-soft, soft, medium, loud, x-loud, default, 0 to 100, or decibels such as \"+6dB\"")))?,
    };
    Ok(Prosody { rate: rate.clamp(*RATES.start(), *RATES.end()), volume: volume.clamp(*VOLUMES.start(), *VOLUMES.end()) })
}

/// A factor: by name, as a number (1.0), a percentage of the present rate (1.1: `80%`) or a change of it (1.0: `-20%`).
fn rate(value: &str) -> Option<f32> {
    let named = match value {
        "x-slow" => 0.6,
        "slow" => 0.8,
        "medium" => 1.0,
        "fast" => 1.25,
        "x-fast" => 1.6,
        _ => 0.0,
    };
    if named > 0.0 {
        return Some(named);
    }
    let factor = match value.strip_suffix('%') {
        Some(percent) => match (percent.strip_prefix('+'), percent.strip_prefix('-')) {
            (Some(more), _) => 1.0 + plain_number(more)? / 100.0,
            (_, Some(less)) => 1.0 - plain_number(less)? / 100.0,
            _ => plain_number(percent)? / 100.0,
        },
        None => plain_number(value)?,
    };
    (factor > 0.0).then_some(factor)
}

/// A gain: by name and from 0 to 100 (1.0) from nothing on, in decibels relative to what is around.
fn volume(value: &str, around: f32) -> Option<f32> {
    let named = match value {
        "silent" => 0.0,
        "x-soft" => 0.35,
        "soft" => 0.6,
        "medium" => 1.0,
        "loud" => 1.5,
        "x-loud" => 2.2,
        _ => -1.0,
    };
    if named >= 0.0 {
        return Some(named);
    }
    if let Some(decibels) = value.strip_suffix("dB").or_else(|| value.strip_suffix("db")).map(str::trim_end) {
        let (sign, size) = match decibels.strip_prefix('-') {
            Some(size) => (-1.0, size),
            None => (1.0, decibels),
        };
        return Some(around * 10f32.powf(sign * plain_number(size)? / 20.0));
    }
    // 100 is the common loudness: louder has names and decibels.
    plain_number(value).filter(|of_100| *of_100 <= 100.0).map(|of_100| of_100 / 100.0)
}

fn phoneme(node: Node<'_, '_>, around: Prosody) -> Result<Element, SsmlError> {
    let sounds = needed(node, "ph")?.trim();
    let alphabet = node.attribute("alphabet").unwrap_or("ipa");
    match alphabet.to_lowercase().as_str() {
        "ipa" => Ok(Element::Sounded { alphabet: Alphabet::Ipa, sounds: crate::text::sounds::without_marks(sounds) }),
        "pinyin" | "x-pinyin" | "x-amazon-pinyin" => {
            if let Some(wrong) = sounds.split_whitespace().find(|syllable| syllable_from_pinyin(syllable).is_none()) {
                return Err(fault(node, format!("{wrong:?} is no syllable of pinyin; write syllables with tones, as in \"chong2 xin1\"")));
            }
            Ok(Element::Sounded { alphabet: Alphabet::Pinyin, sounds: sounds.to_owned() })
        }
        // The standard: where the alphabet is not known, the text is spoken.
        _ => Ok(Element::Group(around)),
    }
}
