//! The prompts that the engine says by itself: every one must stand in `flows/service.yaml`.

/// A prompt of the service, and when it is said.
pub(in crate::dialog) struct OwnPrompt {
    pub id: &'static str,
    pub moment: &'static str,
    /// The caller answers it.
    pub asks: bool,
    /// It can be heard twice, so it has several wordings.
    pub repeats: bool,
}

const fn said(id: &'static str, moment: &'static str) -> OwnPrompt {
    OwnPrompt { id, moment, asks: false, repeats: false }
}

const fn asked(id: &'static str, moment: &'static str) -> OwnPrompt {
    OwnPrompt { id, moment, asks: true, repeats: true }
}

const fn tells(id: &'static str, moment: &'static str) -> OwnPrompt {
    OwnPrompt { id, moment, asks: false, repeats: true }
}

const LOOKING_UP: &str = "looking_up";
const STILL_LOOKING: &str = "still_looking";
/// What bridges a slow look-up, in the order of its waits.
pub(super) const FILLERS: [&str; 2] = [LOOKING_UP, STILL_LOOKING];

pub(in crate::dialog) const OWN_PROMPTS: &[OwnPrompt] = &[
    said("greeting_morning", "the first words, with the recording notice"),
    said("greeting_afternoon", "the first words, with the recording notice"),
    said("greeting_evening", "the first words, with the recording notice"),
    asked("open", "what can we do?"),
    asked("open_again", "not understood at an open question: shorter"),
    asked("open_example", "not understood again: what can be said"),
    asked("open_keys", "not understood a third time, or hearing lost: keys"),
    asked("anything_else", "after a job"),
    asked("no_input", "the caller is silent"),
    asked("guess", "not sure of the wish `title`: is it that?"),
    asked("guess_denied", "it was not: what is it?"),
    asked("tie", "`title` or `other_title`?"),
    asked("value_guess", "not sure of `value`: is it that?"),
    asked("yes_no_example", "not understood at a yes/no question"),
    asked("yes_no_keys", "not understood again: 1 for yes, 2 for no"),
    asked("consent_example", "not understood before a change: how to confirm"),
    asked("consent_keys", "not understood again: 1 to do it, 2 not to"),
    asked("pin_again", "not understood: shorter"),
    asked("pin_wrong", "the service password does not fit: once more"),
    asked("pin_keys", "not understood again: keys"),
    asked("id_again", "not understood: shorter"),
    asked("id_wrong", "the digits of the identity document do not fit: once more"),
    asked("id_keys", "not understood again: keys"),
    asked("pin_number", "verification because the number is not the caller's own"),
    asked("number", "the line gave no number: whose account?"),
    asked("number_again", "not understood: in pieces"),
    asked("number_keys", "not understood again: keys"),
    asked("number_more", "a piece of a number was taken: `value`; the rest?"),
    asked("secret_more", "a piece of a secret number was taken; `left` digits to come"),
    asked("number_guess", "read back: `value`"),
    OwnPrompt { id: "verified", moment: "it is known who is calling", asks: false, repeats: false },
    tells("help", "help at an open question"),
    tells("welcome", "the caller thanks"),
    tells("corrected", "a correction was taken"),
    tells("resume", "back to `title` after a digression"),
    said("knowledge_answer", "a question that we hold an answer to: the `answer`"),
    asked("helped", "after advice: did it help?"),
    asked("knowledge_guess", "not sure of the `question`: is it that?"),
    asked("knowledge_unanswered", "a question that nobody has answered yet; a person?"),
    asked("knowledge_not_helpful", "the answer did not answer it; a person?"),
    said("queued", "several requests: `title` first, then `other_title`"),
    said("next_request", "the next of several requests: `title`"),
    tells("hold", "the caller wants us to wait"),
    tells("manner_limit", "it goes no slower, faster, louder or softer"),
    said("lang_changed", "from now on in this language"),
    said("keys_chosen", "the caller wants to use the keys"),
    said("keys_only", "hearing lost: keys from now on"),
    asked("not_found", "nothing found; a person?"),
    asked("refused", "the system refuses; a person?"),
    asked("unavailable", "the system is down; shall we register it?"),
    asked("change_unknown", "the system went silent during a change; a person?"),
    asked("no_flow", "no flow for `title`; a person?"),
    said("order_opened", "registered as `number`, answer by `due`"),
    said("transfer_asked", "the caller wants a person"),
    said("transfer_not_understood", "a person after repeated misunderstanding"),
    said("transfer_no_input", "a person after repeated silence"),
    said("transfer_not_verified", "a person after wrong passwords"),
    said("transfer_locked", "a person because too many attempts were wrong, perhaps in earlier calls"),
    said("transfer_system_down", "a person because a system is down"),
    said("transfer_flow", "a person because we cannot do it ourselves"),
    said("transfer_busy", "no person was free to take the call: on with us"),
    said("transfer_failed", "no person could be reached: on with us"),
    said("transfer_nobody", "nobody who could help is there: on with us"),
    said("transfer_closed", "nobody works now; perhaps known when: `opens`"),
    said("transfer_lost", "the person's line broke and nobody else is there: on with us"),
    said("transfer_test", "a test call of ours: a person would take over now; on with us"),
    tells("queue_place", "waiting for a person: the `place`, and how long it takes, `wait`"),
    tells("queue_offer", "waiting: the caller can be called back"),
    tells("queue_help", "waiting, and something else was said"),
    tells("queue_interrupted", "the person's line is interrupted"),
    tells("queue_lost", "the person's line is lost: first in the queue again"),
    tells("queue_passed_on", "the person passed the caller on to a colleague, who knows all that was said: first in the queue again"),
    tells("queue_left", "the caller does not want to wait: on with us"),
    tells("queue_call_back_kept", "the caller will be called back: on with us"),
    tells("queue_call_back_failed", "a call back cannot be promised: waiting goes on"),
    said(LOOKING_UP, "a look-up takes longer than a moment"),
    said(STILL_LOOKING, "a look-up takes long"),
    said("fault", "a fault of ours"),
    said("silent_end", "nobody ever spoke"),
    said("farewell", "the last sentence"),
    said("farewell_ours", "the last sentence when we called"),
    said("message_ours", "an answering machine listens when we called"),
];

#[cfg(test)]
mod tests {
    use super::FILLERS;
    use crate::dialog::engine::{Engine, Turn};
    use crate::dialog::flow::Step;
    use crate::dialog::rehearsal::{Call, flows};
    use crate::dialog::state::State;
    use crate::nlu::Intent;
    use crate::text::{Lang, Money, Value};

    /// Heard once a call, because nothing comes before or after them.
    const ONCE: [&str; 4] = ["farewell", "fault", "silent_end", "greeting_"];

    fn thrice<T: PartialEq>(said: &[T]) -> bool {
        said.windows(3).any(|three| three[0] == three[1] && three[1] == three[2])
    }

    #[test]
    fn no_prompt_is_said_thrice_in_a_row_in_the_same_words() {
        let flows = flows();
        let is_last = |id: &str| {
            let steps = flows.flows.iter().flat_map(|flow| &flow.steps);
            let mut ends = steps.filter_map(|step| match step {
                Step::Transfer { prompt } | Step::Notify(prompt) => Some(prompt),
                _ => None,
            });
            id.starts_with("transfer_") || ends.any(|prompt| prompt == id)
        };
        let mut played = 0;
        for (id, prompt) in flows.prompts.all() {
            // The answer of an entry is what was asked for; asked for again, a person is offered.
            if is_last(id) || ONCE.iter().any(|once| id.starts_with(once)) || id == "knowledge_answer" {
                continue;
            }
            for lang in [Lang::Zh, Lang::En] {
                let state = State { lang, ..State::default() };
                let mut turn = Turn { flows: &flows, state, actions: Vec::new(), budget: 0, goes_on: false };
                let said: Vec<&str> = (0..9).map(|_| prompt.wordings(lang)[turn.next_wording(id).unwrap()].as_str()).collect();
                assert!(!thrice(&said), "{id}: {}", said[0]);
                played += 1;
            }
        }
        assert!(played > 400, "{played} prompts were played");
    }

    #[test]
    fn a_call_that_asks_the_same_again_and_again_hears_it_in_turns() {
        let mut call = Call::new(Lang::Zh);
        let reply = [("balance", Value::Money(Money(12_850))), ("in_arrears", Value::Flag(false)), ("owed", Value::Money(Money(0)))];
        let said: Vec<String> = (0..6).map(|_| call.wants(Intent::QueryBalance).done(&reply).text()).collect();
        assert!(!thrice(&said), "{said:?}");
    }

    #[test]
    fn whoever_waits_often_does_not_hear_the_same_each_time() {
        let engine = Engine::new(flows());
        for (wait, _) in FILLERS.iter().enumerate() {
            let said: Vec<_> = (0..6).map(|before| engine.filler(Lang::Zh, wait, before).unwrap().text).collect();
            assert!(!thrice(&said), "{said:?}");
        }
    }
}
