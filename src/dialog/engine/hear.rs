//! What an answer means here: first as the answer to what was asked, then as one of the phrases understood everywhere,
//! then as a correction, then as a new wish, else as not understood.

use super::{MOST_FRAMES, Turn};
use crate::dialog::action::{Outcome, TransferReason};
use crate::dialog::flow::{Flow, Slot, SlotType, Step};
use crate::dialog::state::{Asked, Asking, Frame};
use crate::nlu::{Decision, Intent, RejectReason, Source, Understood};
use crate::text::{Record, Value};

/// Characters that tell something when the caller was asked to tell it.
const SHORTEST_TELLING: usize = 2;

impl Turn<'_> {
    pub(super) fn hear(&mut self, asked: Asked, understood: &Understood) {
        self.state.present = true;
        if let Some(control) = understood.control {
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
            && self.slot(name).is_some_and(Slot::is_free_speech)
        {
            if is_universal(understood) || understood.text.chars().count() < SHORTEST_TELLING {
                return Some(asked);
            }
            let name = name.clone();
            self.fill(name, Value::Text(understood.text.clone()), false);
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
            None => Some(asked),
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
            (Asking::SlotGuess { slot, .. }, false) => {
                if let Some(frame) = self.state.frames.last_mut() {
                    frame.variables.remove(&slot);
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
            (Asking::OfferOrder, true) => self.open_offered_order(),
            (Asking::OfferAgent { intent, .. }, true) => self.transfer("transfer_flow", TransferReason::FlowRule, Some(intent)),
            (Asking::OfferAgent { intent: Intent::Faq, .. }, false) => self.go_back_from_question(asked),
            // What was going on before a wish that we cannot fulfil goes on.
            (Asking::OfferAgent { prompt, .. }, false) if prompt == "no_flow" => self.go_on(),
            (Asking::OfferOrder | Asking::OfferAgent { .. }, false) => self.drop_frame(),
            (Asking::More, false) => self.farewell(Outcome::Completed),
            (Asking::More, true) => self.ask(Asked::new(Asking::Open)),
            (Asking::Open, false) if self.state.settled > 0 => self.farewell(Outcome::Completed),
            _ => return Some(asked),
        }
        None
    }

    /// What is understood at every moment, and wishes.
    pub(super) fn take_as_phrase(&mut self, asked: Asked, intent: Intent, slots: &Record) {
        match intent {
            Intent::Help => {
                let help = self.frame().and_then(|(_, flow)| flow.help.clone()).unwrap_or_else(|| "help".to_owned());
                self.say(&help, &Record::new());
                if asked.asking == Asking::Open || asked.asking == Asking::More { self.listen(asked) } else { self.ask(asked) }
            }
            Intent::Repeat => self.repeat(asked),
            Intent::Back => self.back(asked),
            Intent::Menu => self.menu(),
            Intent::TransferAgent => self.transfer("transfer_asked", TransferReason::CallerAsked, None),
            Intent::Goodbye => self.farewell(Outcome::Completed),
            Intent::Thanks if asked.asking == Asking::More => self.farewell(Outcome::Completed),
            Intent::Thanks => {
                self.say("welcome", &Record::new());
                self.ask(asked);
            }
            Intent::Greeting => self.ask(asked),
            Intent::Affirm | Intent::Deny | Intent::OutOfScope => self.not_understood(asked),
            Intent::Faq => self.inform(asked, slots),
            _ if self.is_running(intent) && !matches!(asked.asking, Asking::Open | Asking::More) => self.ask(asked),
            _ => self.start(intent, slots),
        }
    }

    pub(super) fn repeat(&mut self, asked: Asked) {
        let heard = std::mem::take(&mut self.state.heard);
        self.actions.extend(heard.into_iter().map(crate::dialog::Action::Say));
        self.listen(asked);
    }

    pub(super) fn menu(&mut self) {
        self.state.frames.clear();
        let mut open = Asked::new(Asking::Open);
        open.no_match = 2;
        self.not_understood(open);
    }

    /// To the question before; before the first one, out of the flow.
    pub(super) fn back(&mut self, asked: Asked) {
        let Some(frame) = self.state.frames.last_mut() else {
            return match asked.before {
                Some(before) => self.ask(*before),
                None => self.ask(Asked::new(Asking::Open)),
            };
        };
        frame.consent = None;
        match frame.trail.pop() {
            Some(at) => {
                frame.at = at;
                if let Some(Step::Ask(slot)) = self.step() {
                    let slot = slot.clone();
                    self.forget(&slot);
                }
                self.run();
            }
            None => {
                self.state.frames.pop();
                if self.state.frames.is_empty() { self.ask(Asked::new(Asking::Open)) } else { self.resume() }
            }
        }
    }

    /// A question in between; the one it interrupts is not forgotten, and guesses do not pile up.
    pub(super) fn interrupt(&mut self, asked: Asked, asking: Asking) {
        let is_guess =
            matches!(asked.asking, Asking::Guess { .. } | Asking::Tie { .. } | Asking::SlotGuess { .. } | Asking::NumberGuess(_));
        let before = match asked.before {
            Some(before) if is_guess => Some(before),
            before => Some(Box::new(Asked { before, ..asked })),
        };
        self.ask(Asked { before, ..Asked::new(asking) });
    }

    /// Back from a read-back that got a no.
    fn return_to(&mut self, asked: Asked, asking: Asking) {
        let before = asked.before.map(|before| *before).filter(|before| before.asking == asking);
        self.not_understood(before.unwrap_or_else(|| Asked::new(asking)));
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

    /// Takes slots named anew: "no, September". Works on the running flow, and after its end on the last one.
    fn correct(&mut self, understood: &Understood) -> News {
        let running = self.state.frames.last();
        let Some(frame) = running.or(self.state.last.as_ref()) else { return News::Nothing };
        let Some(flow) = self.flows.flows.get(frame.flow) else { return News::Nothing };
        let belongs = match understood.intent.filter(|_| understood.decision != Decision::Reject) {
            None | Some(Intent::Affirm | Intent::Deny | Intent::OutOfScope) => true,
            Some(intent) => flow.triggers.contains(&intent),
        };
        let found: Vec<(String, Value)> =
            values_for(flow, &understood.slots).into_iter().filter(|(name, value)| frame.variables.get(name) != Some(value)).collect();
        let corrects = found.iter().any(|(name, _)| frame.variables.contains_key(name));
        if !belongs || found.is_empty() || (running.is_none() && !corrects) {
            return News::Nothing;
        }
        if running.is_none() {
            self.state.frames.extend(self.state.last.take());
        }
        for (name, value) in found {
            self.put(&name, value, false);
        }
        if !corrects {
            return News::Addition;
        }
        self.say("corrected", &Record::new());
        self.run();
        News::Correction
    }

    /// Sets a slot and goes on.
    pub(super) fn fill(&mut self, slot: String, value: Value, confirmed: bool) {
        if let Some(frame) = self.state.frames.last_mut()
            && !frame.variables.contains_key(&slot)
        {
            let at = frame.at;
            frame.trail.push(at);
        }
        self.put(&slot, value, confirmed);
        self.run();
    }

    /// Sets a slot; what followed from another value of it is done again.
    fn put(&mut self, name: &str, value: Value, confirmed: bool) {
        let asked_at = self
            .frame()
            .map_or(0, |(_, flow)| flow.steps.iter().position(|step| matches!(step, Step::Ask(slot) if slot == name)).unwrap_or(0));
        let Some(frame) = self.state.frames.last_mut() else { return };
        frame.consent = None;
        frame.confirmed.retain(|slot| slot != name);
        if confirmed {
            frame.confirmed.push(name.to_owned());
        }
        let old = frame.variables.insert(name.to_owned(), value.clone());
        if old.is_some_and(|old| old != value) && frame.at > asked_at {
            frame.at = asked_at;
            frame.trail.retain(|at| *at < asked_at);
        }
    }

    fn fill_others(&mut self, asked: &str, slots: &Record) {
        let others = self.frame().map(|(_, flow)| values_for(flow, slots)).unwrap_or_default();
        for (name, value) in others.into_iter().filter(|(name, _)| name != asked) {
            self.put(&name, value, false);
        }
    }

    pub(super) fn forget(&mut self, slot: &str) {
        if let Some(frame) = self.state.frames.last_mut() {
            frame.variables.remove(slot);
            frame.confirmed.retain(|name| name != slot);
        }
    }

    fn slot_value(&self, name: &str, slots: &Record) -> Option<Value> {
        let (_, flow) = self.frame()?;
        values_for(flow, slots).into_iter().find(|(slot, _)| slot == name).map(|(_, value)| value)
    }

    /// Begins a flow; what was going on waits for its end.
    pub(super) fn start(&mut self, intent: Intent, slots: &Record) {
        let Some((index, flow)) = self.flows.for_intent(intent).and_then(|index| Some((index, self.flows.flows.get(index)?))) else {
            return self.ask(Asked::new(Asking::OfferAgent { intent, prompt: "no_flow".into() }));
        };
        self.state.frames.retain(|frame| frame.flow != index);
        if self.state.frames.len() >= MOST_FRAMES {
            self.state.frames.remove(0);
        }
        let variables = values_for(flow, slots).into_iter().collect();
        self.state.frames.push(Frame { flow: index, at: 0, intent, variables, confirmed: Vec::new(), trail: Vec::new(), consent: None });
        self.run();
    }
}

/// What an utterance said about slots that were not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    Nothing,
    /// Another slot was filled; the question still stands.
    Addition,
    /// A slot has another value; the flow went on from there.
    Correction,
}

/// What is no telling even where anything may be told.
fn is_universal(understood: &Understood) -> bool {
    let accepted = understood.decision == Decision::Accept;
    let phrase = matches!(understood.intent, Some(Intent::Help | Intent::Repeat | Intent::Back | Intent::Menu | Intent::Goodbye));
    let person = understood.intent == Some(Intent::TransferAgent);
    accepted && (person || (phrase && understood.source == Source::Global))
}

/// The slots of a flow that an utterance carries, under whatever name.
fn values_for(flow: &Flow, slots: &Record) -> Vec<(String, Value)> {
    let carried = |names: &[String], kind: SlotType| names.iter().find_map(|name| slots.get(name).filter(|value| kind.fits(value)));
    flow.slots.iter().filter_map(|(name, slot)| Some((name.clone(), carried(&slot.from, slot.kind)?.clone()))).collect()
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
