//! The small clocks of a call: how long to wait for the end of speech, for more keys, for a slow answer.

use crate::audio::FRAME_MS;
use crate::audio::endpointer;
use crate::dialog::{Question, Timing};
use crate::nlu::{Decision, Intent, Source, Understood};

/// Quiet time after a key that ends an answer of unknown length.
const BETWEEN_KEYS_MS: u32 = 2_500;
/// A look-up that takes longer is bridged with a sentence, and again at [`STILL_LOOKING_MS`].
const LOOKING_MS: u32 = 800;
const STILL_LOOKING_MS: u32 = 5_000;

/// How the endpointer should wait for what is asked.
pub fn endpoint(question: Option<&Question>) -> endpointer::Timing {
    match question.map(|question| question.timing) {
        Some(Timing::Closed) => endpointer::Timing::CLOSED,
        Some(Timing::Number) => endpointer::Timing::NUMBER,
        Some(Timing::Open) | None => endpointer::Timing::OPEN,
    }
}

/// A question of which less than this is left has been heard: callers answer before its last syllable.
const AS_GOOD_AS_HEARD_MS: u32 = 800;

/// Coughs and murmurs are taken for requests of up to so many characters, or letters where it is spelled with them.
const AS_SHORT_AS_A_COUGH: usize = 4;
const LETTERS_OF_A_COUGH: usize = 12;

/// Words into a prompt that only show that the caller listens (嗯, 好的), or that were not understood: the prompt goes on. `nods`: they are
/// of the kind that says no more than "I hear you", `rest_ms`: how much of the prompt is left.
pub fn is_backchannel(understood: &Understood, question: Option<&Question>, nods: bool, rest_ms: Option<u32>) -> bool {
    let listens = nods || matches!(understood.intent, Some(Intent::Affirm | Intent::Thanks | Intent::Greeting));
    let answers = understood.source == Source::Grammar;
    // What is agreed to has to be heard before.
    let unheard = question.is_some_and(|question| question.consent) && rest_ms.is_none_or(|rest_ms| rest_ms > AS_GOOD_AS_HEARD_MS);
    understood.decision == Decision::Reject || (listens && !answers) || (nods && unheard)
}

/// Whether a prompt that goes on was stopped by so short a request, which the recogniser was not sure of, that it may have been a cough or a murmur. What the
/// question asks for is none, nor is the wish for a person.
pub fn may_be_a_cough(understood: &Understood, rest_ms: Option<u32>) -> bool {
    let said = understood.text.chars().filter(|character| character.is_alphanumeric()).count();
    let most = if understood.text.is_ascii() { LETTERS_OF_A_COUGH } else { AS_SHORT_AS_A_COUGH };
    let is_exempt = matches!(understood.source, Source::Grammar | Source::Global) || understood.intent == Some(Intent::TransferAgent);
    said <= most && !is_exempt && rest_ms.is_none_or(|rest_ms| rest_ms > AS_GOOD_AS_HEARD_MS)
}

/// Collects keys into answers.
#[derive(Clone, Debug, Default)]
pub struct KeyBuffer {
    keys: String,
    length: u8,
    quiet_ms: u32,
}

impl KeyBuffer {
    /// How many keys complete an answer; 0 for a single menu key.
    pub fn expect(&mut self, length: u8) {
        self.length = length;
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.extend(keys.chars().filter(|key| key.is_ascii_digit() || matches!(key, '*' | '#')));
        self.quiet_ms = 0;
    }

    pub fn pending(&self) -> bool {
        !self.keys.is_empty()
    }

    /// One tick; the answer when it is complete: by its length, by `#`, or by quiet. `0` or `*` alone ask for help at once when more is expected.
    pub fn tick(&mut self) -> Option<String> {
        if self.keys.is_empty() {
            return None;
        }
        self.quiet_ms += FRAME_MS;
        let complete = self.keys.len() >= usize::from(self.length.max(1)) || self.keys.ends_with('#') || self.quiet_ms >= BETWEEN_KEYS_MS;
        complete.then(|| {
            let keys = std::mem::take(&mut self.keys);
            match keys.trim_end_matches('#') {
                "" => keys,
                answer => answer.to_owned(),
            }
        })
    }
}

/// Counts the time of a look-up while nothing is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filler {
    waited_ms: u32,
}

impl Filler {
    /// One tick of silence; 0 when the first filler is due, 1 when the second is.
    pub fn tick(&mut self) -> Option<usize> {
        self.waited_ms += FRAME_MS;
        match self.waited_ms {
            LOOKING_MS => Some(0),
            STILL_LOOKING_MS => Some(1),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Presses each text in its turn with `quiet` ticks after it; what came out.
    fn answers(length: u8, presses: &[&str], quiet: usize) -> Vec<String> {
        let mut buffer = KeyBuffer::default();
        buffer.expect(length);
        let mut out = Vec::new();
        for keys in presses {
            buffer.press(keys);
            out.extend((0..quiet).filter_map(|_| buffer.tick()));
        }
        out
    }

    #[test]
    fn a_menu_key_counts_at_once() {
        assert_eq!(answers(0, &["1"], 1), ["1"]);
    }

    #[test]
    fn a_number_ends_by_its_length() {
        assert_eq!(answers(6, &["1", "2", "3", "4", "5", "6"], 5), ["123456"]);
    }

    #[test]
    fn a_hash_ends_a_number() {
        assert_eq!(answers(11, &["1", "2", "#"], 5), ["12"]);
    }

    #[test]
    fn quiet_ends_a_number() {
        assert_eq!(answers(11, &["12"], 200), ["12"]);
    }

    #[test]
    fn a_hash_alone_is_kept() {
        assert_eq!(answers(0, &["#"], 1), ["#"]);
    }

    fn understood(source: Source, decision: Decision, intent: Intent, text: &str) -> Understood {
        Understood {
            intent: Some(intent),
            confidence: 0.9,
            decision,
            source,
            text: text.to_owned(),
            slots: Default::default(),
            alternatives: Vec::new(),
            reason: None,
            also: Vec::new(),
            control: None,
            by_sound: false,
            corrects: false,
            candidates: Default::default(),
        }
    }

    /// What a word into a prompt is taken for: `nods` as the lexicon has it, `rest_ms` of the prompt left.
    #[track_caller]
    fn goes_on(source: Source, decision: Decision, consent: bool, nods: bool, rest_ms: Option<u32>, expected: bool) {
        let understood = understood(source, decision, Intent::Affirm, "");
        let question = Question {
            name: String::new(),
            expectation: Default::default(),
            timing: Timing::Closed,
            no_input_ms: 5_000,
            key_length: 0,
            secret: false,
            consent,
        };
        assert_eq!(is_backchannel(&understood, Some(&question), nods, rest_ms), expected);
    }

    #[test]
    fn a_word_into_a_prompt_is_an_answer_only_where_one_is_asked_for() {
        goes_on(Source::Global, Decision::Accept, false, true, None, true);
        goes_on(Source::Global, Decision::Accept, false, false, None, true);
        goes_on(Source::Grammar, Decision::Accept, false, true, None, false);
        goes_on(Source::Grammar, Decision::Reject, false, false, None, true);
    }

    #[test]
    fn nobody_agrees_to_what_was_not_said_yet() {
        goes_on(Source::Grammar, Decision::Accept, true, true, None, true);
        goes_on(Source::Grammar, Decision::Accept, true, true, Some(3_000), true);
        goes_on(Source::Grammar, Decision::Accept, true, true, Some(300), false);
        goes_on(Source::Grammar, Decision::Accept, true, false, None, false);
    }

    #[test]
    fn a_short_request_into_a_prompt_may_be_a_cough() {
        let coughs = |source, intent, text: &str, rest_ms| may_be_a_cough(&understood(source, Decision::Accept, intent, text), rest_ms);
        let (cancel, person) = (Intent::CancelService, Intent::TransferAgent);
        assert!(coughs(Source::Classifier, cancel, "退订。", None));
        assert!(coughs(Source::Knowledge, Intent::Faq, "退订业务", Some(3_000)));
        assert!(coughs(Source::Classifier, cancel, "cancel it", None));
        assert!(!coughs(Source::Classifier, cancel, "我要退订业务", None), "nobody coughs for so long");
        assert!(!coughs(Source::Classifier, cancel, "退订", Some(300)), "the prompt is as good as over");
        assert!(!coughs(Source::Classifier, person, "转人工", None) && !coughs(Source::Global, person, "人工", None));
        assert!(!coughs(Source::Grammar, cancel, "九月", None), "that was asked for");
    }

    #[test]
    fn fillers_come_after_0_8_and_5_seconds() {
        let mut filler = Filler::default();
        let due: Vec<(usize, usize)> = (1..400).filter_map(|n| filler.tick().map(|which| (n, which))).collect();
        assert_eq!(due, [(40, 0), (250, 1)]);
    }
}
