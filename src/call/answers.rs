//! Joins what was heard freely with the reading of the same sound as an answer to the question.
//!
//! A reading answers, whatever was said; so a request that was heard clearly goes before it, and what is not sure is asked again.

use crate::asr::{SpokenAnswer, Transcript, Verdict};
use crate::nlu::{Candidates, Decision, Intent, RejectReason, Source, Understood};

/// Free text heard with less confidence does not outweigh an accepted answer.
const HEARD_CLEARLY: f32 = 0.5;
/// A text whose log-probability is less by no more than this was said at least one time in twelve; what is acted on is to be right in 92 of 100.
const RIVAL: f32 = 2.44;

/// What a question wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Words,
    /// A yes to what costs money or changes the account: a wrong one cannot be taken back by the next question.
    Consent,
    /// Digits that are read back in any case.
    Number,
    /// Digits that nobody reads back: a wrong guess costs the caller an attempt.
    Secret,
}

/// Speech in answer to a question.
pub struct Spoken<'a> {
    pub transcript: &'a Transcript,
    /// Its reading as an answer; `None`: the question has no grammar, or nothing was read.
    pub answer: Option<&'a SpokenAnswer>,
    pub wanted: Wanted,
    /// What the answer fills.
    pub slot: Option<&'a str>,
}

impl Spoken<'_> {
    /// What it means: `free` is the understanding of its text, `understand` that of the reading.
    pub fn meant(&self, free: Understood, understand: impl FnOnce(&str) -> Understood) -> Understood {
        let read = self.answer.map(|answer| (answer, understand(&answer.text)));
        let meant = match &read {
            Some((answer, asked)) => self.with_candidates(self.weigh(free, asked.clone(), answer), answer),
            None if self.transcript.reading.is_some() => self.unless_by_sound(free),
            None => free,
        };
        if self.wanted == Wanted::Consent && is_yes(&meant) && !self.is_clear_yes() { unsure(meant, self.wanted) } else { meant }
    }

    /// What the caller is taken to have meant.
    fn weigh(&self, free: Understood, asked: Understood, answer: &SpokenAnswer) -> Understood {
        if answer.verdict == Verdict::Reject || asked.source != Source::Grammar {
            return self.unless_by_sound(free);
        }
        let understood = free.decision == Decision::Accept;
        match free.source {
            // Two looks that agree are sure enough, also where one of them went by the sound.
            Source::Grammar if free.decision != Decision::Reject && same(&free, &asked, self.slot) => {
                let may_be_chance = (free.by_sound && is_yes_or_no(&free)) || (self.wanted != Wanted::Number && answer.doubts(&free.text));
                if may_be_chance && !answer.likely { unsure(free, self.wanted) } else { Understood { decision: Decision::Accept, ..free } }
            }
            Source::Grammar if understood && self.wanted != Wanted::Number => unsure(asked, self.wanted),
            Source::Global | Source::Classifier | Source::Knowledge if understood && self.transcript.confidence >= HEARD_CLEARLY => free,
            _ if self.wanted == Wanted::Number || answer.verdict == Verdict::Accept => asked,
            _ => unsure(asked, self.wanted),
        }
    }

    /// Words that only sound like an answer are one no longer when the reading of their sound found none.
    fn unless_by_sound(&self, free: Understood) -> Understood {
        let by_sound = free.source == Source::Grammar && free.by_sound && self.wanted != Wanted::Number;
        if by_sound { unsure(free, self.wanted) } else { free }
    }

    /// With what else the answer may have been, where that may be weighed against another saying of it.
    fn with_candidates(&self, mut meant: Understood, answer: &SpokenAnswer) -> Understood {
        let is_read = answer.verdict != Verdict::Reject && meant.source == Source::Grammar;
        let is_unsure = answer.verdict == Verdict::Confirm && meant.source == Source::Nothing;
        let chance = answer.chance / best_share(self.transcript);
        match self.wanted {
            Wanted::Words | Wanted::Consent if is_unsure => meant.candidates = Candidates::of_words(shares(self.transcript), chance),
            Wanted::Number | Wanted::Secret if is_read || meant.decision == Decision::Reject => {
                meant.candidates = Candidates::of(shares(self.transcript), chance);
            }
            _ => {}
        }
        meant
    }

    /// Both looks say it surely, or the first so plainly that there was no second.
    fn is_clear_yes(&self) -> bool {
        match (&self.transcript.reading, self.answer) {
            (None, None) => true,
            (_, Some(answer)) => answer.verdict == Verdict::Accept && answer.agrees,
            (Some(_), None) => false,
        }
    }
}

/// There are only two of them, so that text and reading agree by chance more often than about a value.
fn is_yes_or_no(understood: &Understood) -> bool {
    matches!(understood.intent, Some(Intent::Affirm | Intent::Deny))
}

fn is_yes(understood: &Understood) -> bool {
    understood.intent == Some(Intent::Affirm)
}

/// What the answer may have been.
fn shares(transcript: &Transcript) -> impl Iterator<Item = (String, f32)> {
    let read = transcript.reading.iter().flat_map(|reading| &reading.candidates);
    read.map(|one| (one.meaning.clone(), one.share))
}

/// The answer's chance is that of the best; the others have theirs beside it.
fn best_share(transcript: &Transcript) -> f32 {
    let best = transcript.reading.as_ref().and_then(|reading| reading.candidates.first());
    best.map_or(1.0, |best| best.share).max(f32::MIN_POSITIVE)
}

/// Where what was heard is not understood surely, the likeliest of what it may have been instead which is; `others` with their log-probabilities. It is asked
/// about, never acted on. Where something else is likely enough besides, also beside a request that was understood surely, which of the two: `likely` is the
/// log-probability of what was heard.
pub fn or_another(heard: Understood, likely: Option<f32>, others: impl Iterator<Item = (Understood, f32)>) -> Understood {
    let is_sure = |of: &Understood| of.decision == Decision::Accept && of.source == Source::Classifier;
    if heard.decision == Decision::Accept && !is_sure(&heard) {
        return heard;
    }
    let mut sure: Vec<(Understood, f32)> = others.filter(|(other, _)| is_sure(other)).collect();
    sure.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut sure = sure.into_iter();
    let first = if is_sure(&heard) { likely.map(|likely| (heard.clone(), likely)) } else { sure.next() };
    let Some((first, likely)) = first else { return heard };
    let rival = sure.find(|(other, less)| other.intent != first.intent && likely - less < RIVAL);
    match rival.and_then(|(rival, _)| rival.intent) {
        None if is_sure(&heard) => heard,
        rival => {
            let alternatives = rival.map(|intent| (intent, first.confidence)).into_iter().collect();
            Understood { decision: Decision::Confirm, alternatives, ..first }
        }
    }
}

/// Whether both give the same answer, whatever else was found in one of them.
fn same(free: &Understood, asked: &Understood, slot: Option<&str>) -> bool {
    let value = |of: &Understood| slot.and_then(|slot| of.slots.get(slot)).cloned();
    let alike = match value(asked) {
        Some(answer) => value(free) == Some(answer),
        None => asked.intent.is_some() || free.slots == asked.slots,
    };
    free.intent == asked.intent && alike
}

/// Nothing to act on: a value is asked about; a yes, a no or a secret is asked for again.
fn unsure(asked: Understood, wanted: Wanted) -> Understood {
    if wanted == Wanted::Secret || is_yes_or_no(&asked) {
        return Understood {
            text: if wanted == Wanted::Secret { String::new() } else { asked.text },
            intent: None,
            decision: Decision::Reject,
            reason: Some(RejectReason::LowConfidence),
            source: Source::Nothing,
            slots: crate::text::Record::new(),
            ..asked
        };
    }
    Understood { decision: Decision::Confirm, ..asked }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Record, Value};

    /// Of words that are long enough to be told from others.
    fn free(intent: Option<Intent>, decision: Decision, source: Source) -> Understood {
        Understood {
            text: "我是这么想的".into(),
            intent,
            confidence: 0.9,
            decision,
            slots: Record::new(),
            source,
            alternatives: Vec::new(),
            reason: None,
            also: Vec::new(),
            control: None,
            corrects: false,
            by_sound: false,
            candidates: Candidates::default(),
        }
    }

    fn asked(intent: Option<Intent>, month: Option<&str>) -> Understood {
        let mut asked = free(intent, Decision::Accept, Source::Grammar);
        asked.slots.extend(month.map(|month| ("month".to_owned(), Value::Text(month.to_owned()))));
        asked
    }

    #[track_caller]
    fn check(free: Understood, confidence: f32, asked: Understood, verdict: Verdict, wanted: Wanted, decision: Decision, source: Source) {
        let transcript = Transcript { confidence, ..Transcript::default() };
        let answer =
            SpokenAnswer { verdict, text: String::new(), chance: 0.5, likely: verdict == Verdict::Accept, agrees: false, open: false };
        let spoken = Spoken { transcript: &transcript, answer: Some(&answer), wanted, slot: Some("month") };
        let meant = spoken.meant(free, |_| asked);
        assert_eq!((meant.decision, meant.source), (decision, source), "{meant:?}");
    }

    fn nothing() -> Understood {
        free(None, Decision::Reject, Source::Nothing)
    }

    #[test]
    fn an_answer_counts_when_nothing_else_was_heard() {
        let yes = || asked(Some(Intent::Affirm), None);
        check(nothing(), 0.0, yes(), Verdict::Accept, Wanted::Words, Decision::Accept, Source::Grammar);
        check(nothing(), 0.0, yes(), Verdict::Confirm, Wanted::Words, Decision::Reject, Source::Nothing);
        check(nothing(), 0.0, yes(), Verdict::Reject, Wanted::Words, Decision::Reject, Source::Nothing);
        check(nothing(), 0.0, asked(None, Some("9")), Verdict::Confirm, Wanted::Words, Decision::Confirm, Source::Grammar);
        check(nothing(), 0.0, asked(None, Some("9")), Verdict::Confirm, Wanted::Number, Decision::Accept, Source::Grammar);
    }

    #[test]
    fn what_may_have_been_said_instead_is_asked_about() {
        let bill = |decision| free(Some(Intent::QueryBill), decision, Source::Classifier);
        let plan = || free(Some(Intent::QueryPlan), Decision::Accept, Source::Classifier);
        let meant = |heard: Understood, other: Understood| {
            let meant = or_another(heard, Some(0.0), [(nothing(), -1.0), (other, -3.0)].into_iter());
            (meant.intent, meant.decision)
        };
        assert_eq!(meant(nothing(), bill(Decision::Accept)), (Some(Intent::QueryBill), Decision::Confirm));
        assert_eq!(meant(bill(Decision::Confirm), plan()), (Some(Intent::QueryPlan), Decision::Confirm));
        assert_eq!(meant(nothing(), bill(Decision::Confirm)), (None, Decision::Reject));
        assert_eq!(meant(plan(), bill(Decision::Accept)), (Some(Intent::QueryPlan), Decision::Accept));
        let beside = |less: f32| or_another(plan(), Some(-1.0), [(bill(Decision::Accept), -1.0 - less)].into_iter());
        assert_eq!((beside(2.0).decision, beside(2.0).alternatives), (Decision::Confirm, vec![(Intent::QueryBill, 0.9)]));
        assert_eq!((beside(2.5).decision, beside(2.5).intent), (Decision::Accept, Some(Intent::QueryPlan)));
        let agent = || free(Some(Intent::TransferAgent), Decision::Accept, Source::Global);
        assert_eq!(or_another(agent(), Some(-1.0), [(plan(), -1.5)].into_iter()).decision, Decision::Accept);
        let which = |less: f32| or_another(nothing(), None, [(bill(Decision::Accept), -2.0 - less), (plan(), -2.0)].into_iter());
        assert_eq!((which(0.5).intent, which(0.5).alternatives), (Some(Intent::QueryPlan), vec![(Intent::QueryBill, 0.9)]));
        assert_eq!((which(2.5).intent, which(2.5).alternatives), (Some(Intent::QueryPlan), Vec::new()));
    }

    #[test]
    fn a_request_that_was_heard_clearly_goes_first() {
        let request = || free(Some(Intent::TransferAgent), Decision::Accept, Source::Global);
        let yes = || asked(Some(Intent::Affirm), None);
        check(request(), 0.8, yes(), Verdict::Accept, Wanted::Words, Decision::Accept, Source::Global);
        check(request(), 0.3, yes(), Verdict::Accept, Wanted::Words, Decision::Accept, Source::Grammar);
    }

    #[test]
    fn a_secret_is_taken_when_it_is_sure_and_else_asked_for_again() {
        let pin = |digits| asked(None, Some(digits));
        check(nothing(), 0.0, pin("1"), Verdict::Accept, Wanted::Secret, Decision::Accept, Source::Grammar);
        check(nothing(), 0.0, pin("1"), Verdict::Confirm, Wanted::Secret, Decision::Reject, Source::Nothing);
        check(pin("2"), 0.9, pin("1"), Verdict::Accept, Wanted::Secret, Decision::Reject, Source::Nothing);
        check(pin("1"), 0.9, pin("1"), Verdict::Confirm, Wanted::Secret, Decision::Accept, Source::Grammar);
    }

    #[test]
    fn two_looks_that_agree_are_not_asked_about() {
        let by_sound = Understood { decision: Decision::Confirm, ..asked(None, Some("10")) };
        check(by_sound.clone(), 0.4, asked(None, Some("10")), Verdict::Confirm, Wanted::Words, Decision::Accept, Source::Grammar);
        check(by_sound, 0.4, asked(None, Some("4")), Verdict::Confirm, Wanted::Words, Decision::Confirm, Source::Grammar);
        let mut more = asked(None, Some("10"));
        more.slots.insert("amount".to_owned(), Value::Number(10));
        check(more, 0.9, asked(None, Some("10")), Verdict::Confirm, Wanted::Words, Decision::Accept, Source::Grammar);
    }

    #[test]
    fn words_that_only_sound_like_an_answer_need_a_reading_that_finds_it() {
        let heard = |found: Understood| Understood { by_sound: true, ..found };
        let yes = || asked(Some(Intent::Affirm), None);
        let third = || asked(None, Some("3"));
        check(heard(yes()), 0.9, yes(), Verdict::Accept, Wanted::Words, Decision::Accept, Source::Grammar);
        check(heard(yes()), 0.9, yes(), Verdict::Confirm, Wanted::Words, Decision::Reject, Source::Nothing);
        let one_syllable = Understood { text: "四".into(), ..yes() };
        check(one_syllable.clone(), 0.9, yes(), Verdict::Confirm, Wanted::Words, Decision::Reject, Source::Nothing);
        check(one_syllable.clone(), 0.9, yes(), Verdict::Accept, Wanted::Words, Decision::Accept, Source::Grammar);
        let transcript = Transcript { confidence: 0.9, ..Transcript::default() };
        let answer = SpokenAnswer { verdict: Verdict::Confirm, text: String::new(), chance: 0.5, likely: false, agrees: true, open: true };
        let open = Spoken { transcript: &transcript, answer: Some(&answer), wanted: Wanted::Words, slot: None };
        assert_eq!(open.meant(one_syllable, |_| yes()).decision, Decision::Accept);
        check(heard(yes()), 0.9, yes(), Verdict::Reject, Wanted::Words, Decision::Reject, Source::Nothing);
        check(heard(third()), 0.9, third(), Verdict::Confirm, Wanted::Words, Decision::Accept, Source::Grammar);
        let short = Understood { text: "三各".into(), ..heard(third()) };
        check(short, 0.9, third(), Verdict::Confirm, Wanted::Words, Decision::Confirm, Source::Grammar);
        check(heard(third()), 0.9, third(), Verdict::Reject, Wanted::Words, Decision::Confirm, Source::Grammar);
        check(yes(), 0.9, yes(), Verdict::Reject, Wanted::Words, Decision::Accept, Source::Grammar);
    }

    #[test]
    fn contradictions_are_asked_about_but_numbers_are_read_back() {
        let no = || free(Some(Intent::Deny), Decision::Accept, Source::Grammar);
        let yes = || asked(Some(Intent::Affirm), None);
        check(no(), 0.9, yes(), Verdict::Accept, Wanted::Words, Decision::Reject, Source::Nothing);
        check(no(), 0.9, asked(Some(Intent::Deny), None), Verdict::Confirm, Wanted::Words, Decision::Accept, Source::Grammar);
        check(asked(None, Some("1")), 0.9, asked(None, Some("2")), Verdict::Confirm, Wanted::Number, Decision::Accept, Source::Grammar);
    }

    /// `free` is a yes, and so is the reading, if there is one, which takes the text for the same or not.
    #[track_caller]
    fn check_consent(free: Understood, read: Option<(Verdict, bool)>, has_reading: bool, expected: Decision) {
        let reading = has_reading.then(crate::asr::Reading::default);
        let transcript = Transcript { reading, confidence: 0.9, ..Transcript::default() };
        let answer = read.map(|(verdict, agrees)| SpokenAnswer {
            verdict,
            text: String::new(),
            chance: 0.9,
            likely: verdict == Verdict::Accept,
            agrees,
            open: false,
        });
        let spoken = Spoken { transcript: &transcript, answer: answer.as_ref(), wanted: Wanted::Consent, slot: None };
        assert_eq!(spoken.meant(free, |_| asked(Some(Intent::Affirm), None)).decision, expected);
    }

    #[test]
    fn a_change_wants_a_yes_that_both_looks_give() {
        let yes = || free(Some(Intent::Affirm), Decision::Accept, Source::Grammar);
        check_consent(yes(), Some((Verdict::Accept, true)), true, Decision::Accept);
        check_consent(yes(), None, false, Decision::Accept);
        check_consent(yes(), None, true, Decision::Reject);
        check_consent(yes(), Some((Verdict::Confirm, true)), true, Decision::Reject);
        check_consent(yes(), Some((Verdict::Reject, false)), true, Decision::Reject);
        check_consent(nothing(), Some((Verdict::Accept, false)), true, Decision::Reject);
        let no = || free(Some(Intent::Deny), Decision::Accept, Source::Grammar);
        check_consent(no(), None, true, Decision::Accept);
    }
}
