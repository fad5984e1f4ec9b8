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
    OwnPrompt { id: "help", moment: "help at an open question", asks: false, repeats: true },
    OwnPrompt { id: "welcome", moment: "the caller thanks", asks: false, repeats: true },
    OwnPrompt { id: "corrected", moment: "a correction was taken", asks: false, repeats: true },
    OwnPrompt { id: "resume", moment: "back to `title` after a digression", asks: false, repeats: true },
    said("knowledge_answer", "a question that we hold an answer to: the `answer`"),
    asked("knowledge_guess", "not sure of the `question`: is it that?"),
    asked("knowledge_unanswered", "a question that nobody has answered yet; a person?"),
    asked("knowledge_not_helpful", "the answer did not answer it; a person?"),
    said("queued", "several requests: `title` first, then `other_title`"),
    said("next_request", "the next of several requests: `title`"),
    OwnPrompt { id: "hold", moment: "the caller wants us to wait", asks: false, repeats: true },
    OwnPrompt { id: "manner_limit", moment: "it goes no slower, faster, louder or softer", asks: false, repeats: true },
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
    said(LOOKING_UP, "a look-up takes longer than a moment"),
    said(STILL_LOOKING, "a look-up takes long"),
    said("fault", "a fault of ours"),
    said("silent_end", "nobody ever spoke"),
    said("farewell", "the last sentence"),
];
