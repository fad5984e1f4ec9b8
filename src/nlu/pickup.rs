//! Who says such a thing as a call is answered, a person or a machine: 喂，哪位 or 您拨打的….
//!
//! Two seconds hold the beginning of a sentence only, so the beginnings of sentences are learned, of what people say and of what machines say
//! (`pickup/sentences.yaml`), once, when they are first asked for. What was heard wrongly, or is like neither, says little. Start at [`read`].

use super::features::{beginnings, length, of_beginning};
use super::learner::{Linear, Sample, Settings};
use super::template::{Template, Words};
use super::wording::Wording;
use crate::text::located::read_yaml;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::LazyLock;

const FILE: &str = "pickup/sentences.yaml";
/// Beginnings of so many characters (words in Latin script) are learned; the last is as much as two seconds hold.
const LENGTHS: [usize; 7] = [2, 3, 4, 5, 6, 8, 10];
const MOST: usize = 10;
/// So many sentences of a template.
const SENTENCES: usize = 10;
const CLASSES: usize = 2;

/// Both kinds, as templates.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sentences {
    people: Vec<String>,
    machines: Vec<String>,
}

/// How somebody began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Beginning {
    /// Log-odds that a machine began with these words, where as many machines answer as people; 0 where nothing was said.
    pub machine_odds: f32,
    /// How many characters of Chinese, and words of others.
    pub length: usize,
}

/// Reads what was recognised of the first speech.
pub fn read(text: &str) -> Beginning {
    let wording = Wording::new(text);
    Beginning { machine_odds: odds(&LEARNED, &wording), length: length(&wording) }
}

/// Learns now, which takes a moment, and not in a call.
pub fn learn() {
    LazyLock::force(&LEARNED);
}

static LEARNED: LazyLock<Linear> = LazyLock::new(|| learned(&samples(&templates())));

fn odds(model: &Linear, wording: &Wording) -> f32 {
    match model.scores(&of_beginning(wording, MOST)).as_slice() {
        [person, machine] if !wording.is_empty() => machine - person,
        _ => 0.0,
    }
}

/// All templates with their class: 0 for people, 1 for machines.
fn templates() -> Vec<(Template, usize)> {
    let sentences: Sentences = read_yaml(FILE, include_str!("pickup/sentences.yaml")).expect("a test reads this file");
    let parsed = |sources: Vec<String>, class: usize| {
        sources.into_iter().map(move |source| (Template::parse(&source, &Words::new()).expect("a test reads every template"), class))
    };
    parsed(sentences.people, 0).chain(parsed(sentences.machines, 1)).collect()
}

/// Each beginning of a template's sentences once, however many of them begin so; both classes weigh the same.
fn samples(templates: &[(Template, usize)]) -> Vec<Sample> {
    let mut samples = Vec::new();
    for (template, class) in templates {
        let sentences = template.sentences(SENTENCES);
        let distinct: BTreeSet<Vec<u64>> = sentences
            .iter()
            .flat_map(|sentence| beginnings(sentence, &LENGTHS))
            .map(|features| features.into_iter().map(|(name, _)| name).collect())
            .collect();
        samples.extend(distinct.into_iter().map(|names| {
            let features = names.into_iter().map(|name| (name, 1.0)).collect();
            Sample { features, class: *class, weight: 1.0 }
        }));
    }
    let of_class = |class: usize| samples.iter().filter(|sample| sample.class == class).count().max(1) as f32;
    let weights = [0, 1].map(|class| samples.len() as f32 / (CLASSES as f32 * of_class(class)));
    for sample in &mut samples {
        sample.weight = weights.get(sample.class).copied().unwrap_or(1.0);
    }
    samples
}

fn learned(samples: &[Sample]) -> Linear {
    let samples: Vec<&Sample> = samples.iter().collect();
    Linear::learn(&samples, CLASSES, Settings::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine_odds(text: &str) -> f32 {
        read(text).machine_odds
    }

    #[test]
    fn beginnings_of_sentences_tell_people_from_machines() {
        for text in [
            "喂",
            "喂，哪",
            "你好，你哪",
            "我在外地，你",
            "您好，仓库老",
            "文具店，你好",
            "hello",
            "hi, who's",
            "Nancy speaking",
            "hello, this is Nancy, how",
        ] {
            assert!(machine_odds(text) < 0.0, "{text}: {}", machine_odds(text));
        }
        for text in [
            "您拨打的",
            "您所呼叫",
            "对不起，您拨",
            "欢迎致电西",
            "请在滴声",
            "the number you",
            "welcome to the",
            "you have reached",
            "please leave",
        ] {
            assert!(machine_odds(text) > 0.0, "{text}: {}", machine_odds(text));
        }
    }

    #[test]
    fn what_says_nothing_decides_little() {
        assert_eq!(machine_odds(""), 0.0);
        assert_eq!(machine_odds("，。"), 0.0);
        let sure = machine_odds("您所拨打的");
        for text in ["葡萄", "zebra"] {
            assert!(machine_odds(text).abs() < sure / 2.0, "{text}: {} of {sure}", machine_odds(text));
        }
    }

    #[test]
    fn words_of_the_same_sound_count_too() {
        assert!(machine_odds("宁所波打的") > 0.0, "{}", machine_odds("宁所波打的"));
        assert!(machine_odds("为，那位") < 0.0, "{}", machine_odds("为，那位"));
    }

    /// Learned from three quarters of the templates, the sentences of the others are told apart.
    #[test]
    fn sentences_that_were_not_learned_are_told_apart() {
        let templates = templates();
        let mut right = [0_usize; 2];
        let mut all = [0_usize; 2];
        for part in 0..4 {
            let (held_out, learned_from): (Vec<_>, Vec<_>) = templates.iter().cloned().enumerate().partition(|(at, _)| at % 4 == part);
            let strip = |list: Vec<(usize, (Template, usize))>| list.into_iter().map(|(_, one)| one).collect::<Vec<_>>();
            let model = learned(&samples(&strip(learned_from)));
            for (template, class) in strip(held_out) {
                for sentence in template.sentences(5) {
                    let begun: String = sentence.chars().take(if sentence.is_ascii() { 24 } else { 7 }).collect();
                    all[class] += 1;
                    right[class] += usize::from((odds(&model, &Wording::new(&begun)) > 0.0) == (class == 1));
                }
            }
        }
        for class in 0..CLASSES {
            assert!(right[class] * 10 >= all[class] * 8, "class {class}: {} of {}", right[class], all[class]);
        }
    }
}
