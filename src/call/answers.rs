//! Joins what was heard freely with the reading of the same sound as an answer to the question.
//!
//! A reading answers, whatever was said; so a request that was heard clearly goes before it, and what is not sure is asked again.

use crate::asr::{SpokenAnswer, Transcript, Verdict};
use crate::nlu::{Decision, Intent, RejectReason, Source, Understood};

/// Free text heard with less confidence does not outweigh an accepted answer.
const HEARD_CLEARLY: f32 = 0.5;

/// What the caller is taken to have meant. `free` is the understanding of the text, `asked` that of the answer; `number`: the question
/// wants digits, which are read back in any case.
pub fn weigh(free: Understood, transcript: &Transcript, asked: Understood, answer: &SpokenAnswer, number: bool) -> Understood {
    if answer.verdict == Verdict::Reject || asked.source != Source::Grammar {
        return free;
    }
    let understood = free.decision == Decision::Accept;
    match free.source {
        Source::Grammar if understood && same(&free, &asked) => free,
        Source::Grammar if understood && !number => unsure(asked),
        Source::Global | Source::Classifier | Source::Knowledge if understood && transcript.confidence >= HEARD_CLEARLY => free,
        _ if number || answer.verdict == Verdict::Accept => asked,
        _ => unsure(asked),
    }
}

fn same(free: &Understood, asked: &Understood) -> bool {
    free.intent == asked.intent && free.slots == asked.slots
}

/// Nothing to act on: a value is asked about; a yes or a no is asked for again.
fn unsure(asked: Understood) -> Understood {
    if matches!(asked.intent, Some(Intent::Affirm | Intent::Deny)) {
        return Understood {
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

    fn free(intent: Option<Intent>, decision: Decision, source: Source) -> Understood {
        Understood {
            text: String::new(),
            intent,
            confidence: 0.9,
            decision,
            slots: Record::new(),
            source,
            alternatives: Vec::new(),
            reason: None,
            also: Vec::new(),
            control: None,
        }
    }

    fn asked(intent: Option<Intent>, month: Option<&str>) -> Understood {
        let mut asked = free(intent, Decision::Accept, Source::Grammar);
        asked.slots.extend(month.map(|month| ("month".to_owned(), Value::Text(month.to_owned()))));
        asked
    }

    #[track_caller]
    fn check(free: Understood, confidence: f32, asked: Understood, verdict: Verdict, number: bool, decision: Decision, source: Source) {
        let transcript = Transcript { confidence, ..Transcript::default() };
        let answer = SpokenAnswer { verdict, text: String::new(), chance: 0.5 };
        let meant = weigh(free, &transcript, asked, &answer, number);
        assert_eq!((meant.decision, meant.source), (decision, source), "{meant:?}");
    }

    fn nothing() -> Understood {
        free(None, Decision::Reject, Source::Nothing)
    }

    #[test]
    fn an_answer_counts_when_nothing_else_was_heard() {
        let yes = || asked(Some(Intent::Affirm), None);
        check(nothing(), 0.0, yes(), Verdict::Accept, false, Decision::Accept, Source::Grammar);
        check(nothing(), 0.0, yes(), Verdict::Confirm, false, Decision::Reject, Source::Nothing);
        check(nothing(), 0.0, yes(), Verdict::Reject, false, Decision::Reject, Source::Nothing);
        check(nothing(), 0.0, asked(None, Some("9")), Verdict::Confirm, false, Decision::Confirm, Source::Grammar);
        check(nothing(), 0.0, asked(None, Some("9")), Verdict::Confirm, true, Decision::Accept, Source::Grammar);
    }

    #[test]
    fn a_request_that_was_heard_clearly_goes_first() {
        let request = || free(Some(Intent::TransferAgent), Decision::Accept, Source::Global);
        let yes = || asked(Some(Intent::Affirm), None);
        check(request(), 0.8, yes(), Verdict::Accept, false, Decision::Accept, Source::Global);
        check(request(), 0.3, yes(), Verdict::Accept, false, Decision::Accept, Source::Grammar);
    }

    #[test]
    fn contradictions_are_asked_about_but_numbers_are_read_back() {
        let no = || free(Some(Intent::Deny), Decision::Accept, Source::Grammar);
        let yes = || asked(Some(Intent::Affirm), None);
        check(no(), 0.9, yes(), Verdict::Accept, false, Decision::Reject, Source::Nothing);
        check(no(), 0.9, asked(Some(Intent::Deny), None), Verdict::Confirm, false, Decision::Accept, Source::Grammar);
        check(asked(None, Some("1")), 0.9, asked(None, Some("2")), Verdict::Confirm, true, Decision::Accept, Source::Grammar);
    }
}
