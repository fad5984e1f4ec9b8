//! What an answer means here: first as the answer to what was asked or a correction of what was said before (`fill`), then as one of the
//! phrases understood everywhere or a new wish (`phrase`), else as not understood.

use super::Turn;
use super::fill::News;
use crate::dialog::action::TransferReason;
use crate::dialog::flow::Step;
use crate::dialog::state::{Asked, Asking};
use crate::nlu::{Control, Decision, Intent, RejectReason, Source, Understood};
use crate::text::{Record, Value};

/// Characters that tell something when the caller was asked to tell it.
const SHORTEST_TELLING: usize = 2;

impl Turn<'_> {
    pub(super) fn hear(&mut self, asked: Asked, understood: &Understood) {
        self.state.present = true;
        if let Some(control) = understood.control.filter(|control| *control != Control::StopCalls || self.state.ours) {
            return self.control(Asked { held: false, ..asked }, control);
        }
        let Some(asked) = self.come_back(asked, understood) else { return };
        if self.is_still_unanswered(understood) {
            return self.offer_to_explain(asked);
        }
        self.wonder(&asked, understood);
        let Some(asked) = self.take_number(asked, understood) else { return };
        let Some(asked) = self.take_as_answer(asked, understood) else { return };
        match (understood.decision, understood.intent) {
            (Decision::Accept, Some(intent)) => {
                self.queue(intent, &understood.also);
                self.take_as_phrase(asked, intent, &understood.slots);
            }
            (Decision::Confirm, Some(Intent::Faq)) if self.is_unknown(understood) => self.inform(asked, &understood.slots),
            // Whoever was asked for more and says goodbye, whatever else, wants nothing more.
            (Decision::Confirm, Some(intent @ (Intent::Goodbye | Intent::Thanks))) if asked.asking == Asking::More => {
                self.take_as_phrase(asked, intent, &understood.slots);
            }
            (Decision::Confirm, Some(intent)) if intent != Intent::OutOfScope => self.guess(asked, intent, understood),
            _ if understood.reason == Some(RejectReason::Vague) => self.ask_which(asked, understood),
            (_, Some(intent)) if self.is_likely(&asked, intent, understood) => {
                let slots = understood.slots.clone();
                self.interrupt(Asked { no_match: asked.no_match + 1, ..asked }, Asking::Guess { intent, slots });
            }
            _ => self.not_understood(asked),
        }
    }

    /// Gives the question back when this was no answer to it.
    fn take_as_answer(&mut self, asked: Asked, understood: &Understood) -> Option<Asked> {
        if understood.reason == Some(RejectReason::Empty) {
            return Some(asked);
        }
        if let Asking::Slot(name) = &asked.asking
            && let Some(slot) = self.slot(name).filter(|slot| slot.is_free_speech())
        {
            let is_nothing = slot.nothing.are_all_of(&understood.text, self.state.lang);
            if !is_nothing && (is_universal(understood) || understood.text.chars().count() < SHORTEST_TELLING) {
                return Some(asked);
            }
            let told = if is_nothing { String::new() } else { understood.text.clone() };
            self.fill(name.clone(), Value::Text(told), false);
            return None;
        }
        let is_number = self.is_number(&asked.asking);
        if let Asking::Slot(name) = &asked.asking
            && !is_number
            && self.names_other_wish(understood).is_none()
            && let Some(value) = self.slot_value(name, &understood.slots)
        {
            let slot = name.clone();
            self.fill_others(&slot, &understood.slots);
            if self.was_denied(&slot, &value) {
                return Some(asked);
            }
            if understood.decision == Decision::Accept {
                self.fill(slot, value, false);
            } else {
                self.interrupt(asked, Asking::SlotGuess { slot, value });
            }
            return None;
        }
        if let Asking::SlotGuess { slot, value } = &asked.asking
            && !is_number
            && self.names_other_wish(understood).is_none()
            && let Some(named) = self.slot_value(slot, &understood.slots)
        {
            let same = named == *value;
            if same && understood.corrects {
                return self.take_yes_no(asked, false);
            }
            if self.was_denied(slot, &named) {
                return Some(asked);
            }
            self.fill(slot.clone(), named, same);
            return None;
        }
        if let Asking::Tie { first, second, slots } = &asked.asking
            && let Some(intent) = understood.intent.filter(|intent| intent == first || intent == second)
        {
            let mut slots = slots.clone();
            slots.extend(understood.slots.clone());
            self.start(intent, &slots);
            return None;
        }
        let asked = match self.contradicted(understood) {
            Some(slot) => {
                self.refute(asked, slot);
                return None;
            }
            None => asked,
        };
        let news = self.correct(understood);
        if news == News::Correction {
            return None;
        }
        // The question's own words first: "it is red" begins like a yes.
        match self.in_own_words(&asked.asking, understood).or_else(|| yes_or_no(understood)) {
            // A change wants a clear yes, and so does a number.
            Some(true) if (asked.asking == Asking::Consent || is_number) && understood.decision != Decision::Accept => Some(asked),
            Some(yes) => self.take_yes_no(asked, yes),
            None if news == News::Addition => {
                self.run();
                None
            }
            None => self.heard_before(asked, understood),
        }
    }

    /// A yes or a no that was not heard surely counts when it was likely each time; a yes to a change has to be said clearly once.
    fn heard_before(&mut self, mut asked: Asked, understood: &Understood) -> Option<Asked> {
        if understood.decision != Decision::Reject || understood.candidates.is_empty() {
            return Some(asked);
        }
        asked.heard.join(&understood.candidates);
        match asked.heard.sure() {
            Some("yes") if asked.asking != Asking::Consent => self.take_yes_no(asked, true),
            Some("no") => self.take_yes_no(asked, false),
            _ => Some(asked),
        }
    }

    /// 亮着 for yes: the words that the running step knows as answers.
    fn in_own_words(&self, asking: &Asking, understood: &Understood) -> Option<bool> {
        match self.step() {
            Some(Step::Choose { words, .. }) if *asking == Asking::Choice => {
                let among = || words.answer(&understood.text, self.state.lang).filter(|_| self.names_other_wish(understood).is_none());
                words.whole_answer(&understood.text, self.state.lang).or_else(among)
            }
            _ => None,
        }
    }

    /// Gives the question back when yes or no does not answer it.
    pub(super) fn take_yes_no(&mut self, asked: Asked, yes: bool) -> Option<Asked> {
        match (asked.asking.clone(), yes) {
            (Asking::Choice, _) => {
                self.choose(yes);
                self.run();
            }
            (Asking::Consent, _) => {
                self.consent(yes);
                self.run();
            }
            (Asking::SlotGuess { .. } | Asking::NumberGuess(_), _) if self.is_number(&asked.asking) => {
                return self.answer_read_back(asked, yes);
            }
            (Asking::SlotGuess { slot, value }, true) => self.fill(slot, value, true),
            (Asking::SlotGuess { slot, value }, false) => {
                if let Some(frame) = self.state.frames.last_mut() {
                    frame.variables.remove(&slot);
                    frame.deny(&slot, value);
                }
                self.return_to(asked, Asking::Slot(slot));
            }
            (Asking::Guess { intent, slots }, true) => {
                let before = asked.before.map_or_else(|| Asked::new(Asking::Open), |before| *before);
                self.take_as_phrase(before, intent, &slots);
            }
            (Asking::Guess { intent, .. }, false) => {
                if intent == Intent::Faq {
                    self.note_unanswered();
                }
                self.state.denied.push(intent);
                self.guess_denied(asked);
            }
            (Asking::Tie { .. }, false) => self.guess_denied(asked),
            (Asking::Offer { intent, .. }, true) => self.start(intent, &Record::new()),
            (Asking::Offer { .. }, false) | (Asking::Helped, true) => self.ask(Asked::new(Asking::More)),
            (Asking::Helped, false) => self.offer_to_explain(asked),
            (Asking::OfferOrder, true) => self.open_offered_order(),
            (Asking::OfferAgent { intent, .. }, true) => self.transfer("transfer_flow", TransferReason::FlowRule, Some(intent)),
            (Asking::OfferAgent { intent: Intent::Faq, .. }, false) => self.go_back_from_question(asked),
            // What was going on before a wish that we cannot fulfil goes on.
            (Asking::OfferAgent { prompt, .. }, false) if prompt == "no_flow" => self.go_on(),
            (Asking::OfferOrder | Asking::OfferAgent { .. }, false) => self.drop_frame(),
            (Asking::More, false) => self.farewell(),
            (Asking::More, true) => self.ask(Asked::new(Asking::Open)),
            (Asking::Open, false) if self.state.settled > 0 => self.farewell(),
            _ => return Some(asked),
        }
        None
    }

    /// The flow that an utterance surely asks for, when it is not the running one.
    pub(super) fn names_other_wish(&self, understood: &Understood) -> Option<Intent> {
        let intent = understood.intent.filter(|_| understood.decision == Decision::Accept)?;
        let neutral = matches!(intent, Intent::Affirm | Intent::Deny | Intent::OutOfScope | Intent::Faq | Intent::Greeting);
        (!neutral && !self.is_running(intent)).then_some(intent)
    }

    pub(super) fn is_running(&self, intent: Intent) -> bool {
        self.frame().is_some_and(|(_, flow)| flow.triggers.contains(&intent))
    }
}

/// What is no telling even where anything may be told.
fn is_universal(understood: &Understood) -> bool {
    let accepted = understood.decision == Decision::Accept;
    let phrase = matches!(understood.intent, Some(Intent::Help | Intent::Repeat | Intent::Back | Intent::Menu | Intent::Goodbye));
    let person = understood.intent == Some(Intent::TransferAgent);
    accepted && (person || (phrase && understood.source == Source::Global))
}

pub(super) fn yes_or_no(understood: &Understood) -> Option<bool> {
    if understood.decision == Decision::Reject {
        return None;
    }
    match (understood.slots.get("answer"), understood.intent) {
        (Some(Value::Flag(yes)), None | Some(Intent::Affirm | Intent::Deny)) => Some(*yes),
        (_, Some(Intent::Affirm)) => Some(true),
        (_, Some(Intent::Deny)) => Some(false),
        _ => None,
    }
}
