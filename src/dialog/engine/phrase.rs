//! Phrases understood at every moment (help, repeat, back, menu, a person, goodbye) and wishes, which begin flows.

use super::fill::values_for;
use super::{MOST_FRAMES, Turn};
use crate::dialog::action::TransferReason;
use crate::dialog::flow::Step;
use crate::dialog::state::{Asked, Asking};
use crate::nlu::Intent;
use crate::text::Record;

impl Turn<'_> {
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
            Intent::Goodbye => self.farewell(),
            Intent::Thanks if asked.asking == Asking::More => self.farewell(),
            Intent::Thanks if matches!(asked.asking, Asking::Offer { .. }) => self.ask(Asked::new(Asking::More)),
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
            None if frame.intent.is_none() => self.run(),
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
    pub(super) fn return_to(&mut self, asked: Asked, asking: Asking) {
        let before = asked.before.map(|before| *before).filter(|before| before.asking == asking);
        self.not_understood(before.unwrap_or_else(|| Asked::new(asking)));
    }

    /// Begins a flow; what was going on waits for its end.
    pub(super) fn start(&mut self, intent: Intent, slots: &Record) {
        let Some((index, flow)) = self.flows.for_intent(intent).and_then(|index| Some((index, self.flows.flows.get(index)?))) else {
            return self.ask(Asked::new(Asking::OfferAgent { intent, prompt: "no_flow".into() }));
        };
        self.leave_moment();
        self.state.frames.retain(|frame| frame.flow != index);
        if self.state.frames.len() >= MOST_FRAMES {
            self.state.frames.remove(0);
        }
        let variables = values_for(flow, slots).into_iter().collect();
        self.enter(index, Some(intent), variables);
    }
}
