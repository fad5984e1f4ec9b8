//! Whether a reading may be taken for the caller's answer.
//!
//! A constraint turns every sound into an answer, also a cough or another request. The guard weighs what tells the true ones apart and gives the
//! chance that the best candidate is what was said. It was fitted on recordings of our own voices; `benches/hear.md` says how.

use super::recogniser::Transcript;
use crate::grammar::Constraint;

/// What is to be done with the best candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the answer. Numbers are read back all the same.
    Accept,
    /// It is likely the answer: ask.
    Confirm,
    /// It is no answer, or nobody can tell: the text without a constraint counts.
    Reject,
}

impl Verdict {
    /// The stable name, as in records.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Accept => "accept",
            Verdict::Confirm => "confirm",
            Verdict::Reject => "reject",
        }
    }
}

/// What the guard looks at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// See [`super::Reading::gap`], between -12 and 0.
    pub gap: f32,
    /// Log-odds of the best candidate against all others that were found, at most 6.
    pub lead: f32,
    /// Log-probability of the best candidate: of words as a whole, at least -12; of numbers for each character, at least -4.
    pub likelihood: f32,
    /// The text without a constraint means the same.
    pub agrees: bool,
    /// It says something else.
    pub contradicts: bool,
}

/// Weights of the evidence: a logistic regression.
struct Guard {
    bias: f32,
    gap: f32,
    likelihood: f32,
    agrees: f32,
    /// From these chances on.
    accept: f32,
    confirm: f32,
    /// With less [`Evidence::lead`] nothing is accepted: its opposite may have been said.
    least_lead: f32,
}

/// Words of three syllables and more, and all of people who reply in words of their own.
const OF_WORDS: Guard = Guard { bias: 2.8, gap: 0.22, likelihood: 0.43, agrees: 1.04, accept: 0.85, confirm: 0.5, least_lead: 3.0 };
/// So little sound is that of many words: 意见 and 一项, 酯 and 是. What the free text does not say is never accepted.
const OF_SHORT_WORDS: Guard = Guard { bias: 0.81, gap: 0.0, likelihood: 0.48, agrees: 0.6, accept: 0.73, confirm: 0.15, least_lead: 3.0 };
/// Characters, of which a Mandarin one is a syllable.
const SHORT: usize = 2;
/// A number is read back whatever its chance, and one that is a digit wrong is mended by its digit; below the second chance stand those that
/// are no numbers, or of another length.
const OF_NUMBERS: Guard = Guard { bias: 0.58, gap: 0.3, likelihood: 2.2, agrees: 1.26, accept: 0.7, confirm: 0.15, least_lead: 3.0 };

impl Evidence {
    /// `None`: there is no candidate.
    pub fn of(constraint: &Constraint, transcript: &Transcript) -> Option<Evidence> {
        let reading = transcript.reading.as_ref()?;
        let best = reading.candidates.first()?;
        let others = (1.0 - best.share).max(1e-6);
        let agrees = constraint.meaning(&transcript.text).is_some_and(|meaning| meaning == best.meaning);
        Some(Evidence {
            gap: reading.gap.clamp(-12.0, 0.0),
            lead: (best.share.max(1e-6) / others).ln().min(6.0),
            likelihood: if constraint.in_figures() {
                (best.log_probability / best.characters.max(1) as f32).max(-4.0)
            } else {
                best.log_probability.max(-12.0)
            },
            agrees,
            contradicts: !agrees && !transcript.text.is_empty(),
        })
    }

    fn chance(&self, guard: &Guard) -> f32 {
        let agrees = f32::from(u8::from(self.agrees));
        let sum = guard.bias + guard.gap * self.gap + guard.likelihood * self.likelihood + guard.agrees * agrees;
        1.0 / (1.0 + (-sum).exp())
    }
}

/// A reading as an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct SpokenAnswer {
    pub verdict: Verdict,
    /// What the best candidate says.
    pub text: String,
    /// 0.0..=1.0: the chance that it was said.
    pub chance: f32,
    /// By the reading alone, whatever the text says, it would be accepted.
    pub likely: bool,
    /// The text without the constraint says the same.
    pub agrees: bool,
    /// See [`Constraint::is_open`].
    pub open: bool,
}

impl SpokenAnswer {
    /// `None`: nothing was read as an answer to the question of `constraint`.
    pub fn of(constraint: &Constraint, transcript: &Transcript) -> Option<SpokenAnswer> {
        let evidence = Evidence::of(constraint, transcript)?;
        let best = transcript.reading.as_ref()?.candidates.first()?;
        let guard = match () {
            () if constraint.in_figures() => &OF_NUMBERS,
            () if !constraint.is_open() && is_short(&best.text) => &OF_SHORT_WORDS,
            () => &OF_WORDS,
        };
        let chance = evidence.chance(guard);
        let likely = chance >= guard.accept && evidence.lead >= guard.least_lead;
        let verdict = if likely && !evidence.contradicts {
            Verdict::Accept
        } else if chance >= guard.confirm {
            Verdict::Confirm
        } else {
            Verdict::Reject
        };
        Some(SpokenAnswer { verdict, text: best.text.clone(), chance, likely, agrees: evidence.agrees, open: constraint.is_open() })
    }

    /// That `text`, heard freely, says the same proves nothing: both looks are told beforehand what may be said, and so short a word is soon
    /// taken for another.
    pub fn doubts(&self, text: &str) -> bool {
        !self.open && is_short(text)
    }
}

/// English is not: its short words were not measured.
fn is_short(text: &str) -> bool {
    let mut said = text.chars().filter(|character| character.is_alphanumeric());
    said.clone().count() <= SHORT && !said.any(|character| character.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asr::reading::{Candidate, Reading};
    use crate::grammar::Library;
    use crate::text::Lang;
    use std::path::Path;

    #[track_caller]
    fn check(grammar: &str, text: &str, log_probability: f32, share: f32, gap: f32, free: &str, expected: Verdict) {
        let library = Library::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars")).unwrap();
        let constraint = library.constraint(Lang::Zh, grammar).unwrap().unwrap();
        let meaning = constraint.meaning(text).unwrap();
        let best = Candidate { text: text.into(), characters: text.chars().count(), meaning, log_probability, share };
        let reading = Reading { candidates: vec![best], gap, steps: 1, compute_ms: 1 };
        let transcript = Transcript { text: free.into(), reading: Some(reading), ..Transcript::default() };
        let answer = SpokenAnswer::of(&constraint, &transcript).unwrap();
        assert_eq!(answer.verdict, expected, "{text}: {answer:?}");
    }

    #[test]
    fn what_fits_the_sound_is_accepted_and_what_was_forced_is_not() {
        check("yes_no", "好的", -0.4, 0.999, -0.02, "好的", Verdict::Accept);
        check("yes_no", "没有问题", -2.3, 0.96, -0.05, "", Verdict::Accept);
        check("yes_no", "不要", -0.3, 0.96, -0.05, "", Verdict::Confirm);
        check("menu", "一项", -1.7, 1.0, 0.0, "一项", Verdict::Confirm);
        check("payment_reply", "没钱", -1.7, 1.0, 0.0, "没钱", Verdict::Accept);
        check("yes_no", "是", -8.9, 0.96, -8.2, "转人工", Verdict::Reject);
        check("digits_4", "1234", -1.0, 0.99, 0.5, "1、2、3、4", Verdict::Accept);
        check("digits_4", "1204", -30.0, 1.0, -25.0, "你等一下", Verdict::Reject);
    }

    #[test]
    fn an_answer_whose_opposite_is_near_is_asked_about() {
        check("yes_no", "要", -1.9, 0.8, -0.05, "", Verdict::Confirm);
        check("yes_no", "对", -1.0, 0.9, 0.0, "对", Verdict::Confirm);
    }

    #[test]
    fn an_answer_that_the_text_contradicts_is_asked_about() {
        check("yes_no", "是", -0.5, 0.999, -0.05, "是", Verdict::Accept);
        check("yes_no", "是", -0.5, 0.999, -0.05, "", Verdict::Confirm);
        check("yes_no", "是", -0.5, 0.999, -0.05, "事", Verdict::Confirm);
        check("yes_no", "没有问题", -0.9, 0.999, -0.05, "没有温题", Verdict::Confirm);
    }

    #[test]
    fn a_word_of_two_syllables_is_short_where_answers_are_closed() {
        let answer = |open| SpokenAnswer { verdict: Verdict::Confirm, text: String::new(), chance: 0.5, likely: false, agrees: true, open };
        for (text, expected) in [("是", true), ("一项。", true), ("没问题", false), ("no", false), ("", true)] {
            assert_eq!(answer(false).doubts(text), expected, "{text}");
            assert!(!answer(true).doubts(text), "{text}");
        }
    }

    #[test]
    fn without_a_reading_there_is_no_answer() {
        let library = Library::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("grammars")).unwrap();
        let constraint = library.constraint(Lang::Zh, "yes_no").unwrap().unwrap();
        assert_eq!(SpokenAnswer::of(&constraint, &Transcript::default()), None);
    }
}
