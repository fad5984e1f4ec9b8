//! Values of slots: given, corrected ("no, September"), forgotten; what followed from a value that changed is done again.

use super::Turn;
use super::errand::moment_in;
use crate::dialog::flow::{Flow, Slot, SlotType, Step};
use crate::dialog::state::{Asked, Asking};
use crate::nlu::{Decision, Intent, Understood};
use crate::text::{Record, Value};

/// What an utterance said about slots that were not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    Nothing,
    /// Another slot was filled; the question still stands.
    Addition,
    /// A slot has another value; the flow went on from there.
    Correction,
}

impl Turn<'_> {
    /// Takes slots named anew: "no, September". Works on the running flow, and after its end on the last one.
    pub(super) fn correct(&mut self, understood: &Understood) -> News {
        let running = self.state.frames.last();
        let Some(frame) = running.or(self.state.last.as_ref()) else { return News::Nothing };
        let Some(flow) = self.flows.flows.get(frame.flow) else { return News::Nothing };
        let belongs = match understood.intent.filter(|_| understood.decision != Decision::Reject) {
            None | Some(Intent::Affirm | Intent::Deny | Intent::OutOfScope) => true,
            Some(intent) => flow.triggers.contains(&intent),
        };
        let found: Vec<(String, Value)> = values_for(flow, &understood.slots)
            .into_iter()
            .filter(|(name, value)| frame.variables.get(name) != Some(value) && !frame.was_denied(name, value))
            .collect();
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

    /// The slot that an utterance puts right with the value that it has already: `不对，是十月`, heard as the month that was just told.
    pub(super) fn contradicted(&self, understood: &Understood) -> Option<String> {
        if !understood.corrects {
            return None;
        }
        let frame = self.state.frames.last().or(self.state.last.as_ref())?;
        let flow = self.flows.flows.get(frame.flow)?;
        let asks_for = |name: &str| flow.steps.iter().any(|step| matches!(step, Step::Ask(slot) if slot == name));
        let mut named = values_for(flow, &understood.slots).into_iter();
        named.find(|(name, value)| frame.variables.get(name) == Some(value) && asks_for(name)).map(|(name, _)| name)
    }

    /// Forgets a value that was denied and asks for it again.
    pub(super) fn refute(&mut self, asked: Asked, slot: String) {
        if self.state.frames.is_empty() {
            self.state.frames.extend(self.state.last.take());
        }
        let asked_at = self.asked_at(&slot);
        let Some(frame) = self.state.frames.last_mut() else { return };
        if let Some(value) = frame.variables.remove(&slot) {
            frame.deny(&slot, value);
        }
        frame.confirmed.retain(|name| *name != slot);
        frame.consent = None;
        frame.at = asked_at;
        frame.trail.retain(|at| *at < asked_at);
        self.return_to(asked, Asking::Slot(slot));
    }

    pub(super) fn was_denied(&self, slot: &str, value: &Value) -> bool {
        self.state.frames.last().is_some_and(|frame| frame.was_denied(slot, value))
    }

    /// Where the running flow asks for a slot.
    fn asked_at(&self, name: &str) -> usize {
        let at = |(_, flow): (_, &Flow)| flow.steps.iter().position(|step| matches!(step, Step::Ask(slot) if slot == name));
        self.frame().and_then(at).unwrap_or(0)
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
        let asked_at = self.asked_at(name);
        let Some(frame) = self.state.frames.last_mut() else { return };
        frame.consent = None;
        frame.confirmed.retain(|slot| slot != name);
        if confirmed {
            frame.confirmed.push(name.to_owned());
        }
        frame.denied.retain(|(slot, denied)| slot != name || *denied != value);
        let old = frame.variables.insert(name.to_owned(), value.clone());
        if old.is_some_and(|old| old != value) && frame.at > asked_at {
            frame.at = asked_at;
            frame.trail.retain(|at| *at < asked_at);
        }
    }

    pub(super) fn fill_others(&mut self, asked: &str, slots: &Record) {
        let others = self.frame().map(|(_, flow)| values_for(flow, slots)).unwrap_or_default();
        for (name, value) in others.into_iter().filter(|(name, _)| name != asked) {
            if self.was_denied(&name, &value) {
                continue;
            }
            self.put(&name, value, false);
        }
    }

    pub(super) fn forget(&mut self, slot: &str) {
        if let Some(frame) = self.state.frames.last_mut() {
            frame.variables.remove(slot);
            frame.confirmed.retain(|name| name != slot);
        }
    }

    pub(super) fn slot_value(&self, name: &str, slots: &Record) -> Option<Value> {
        let slot = self.slot(name)?;
        match slot.kind {
            SlotType::Moment => moment_in(slots, self.state.now).map(Value::Moment),
            _ => slot.carried_by(slots),
        }
    }
}

/// The slots of a flow that an utterance carries, under whatever name.
pub(super) fn values_for(flow: &Flow, slots: &Record) -> Vec<(String, Value)> {
    flow.slots.iter().filter_map(|(name, slot)| Some((name.clone(), slot.carried_by(slots)?))).collect()
}

impl Slot {
    /// A moment is none of these: whose it is shows only when it is asked for.
    fn carried_by(&self, slots: &Record) -> Option<Value> {
        if self.kind == SlotType::Moment {
            return None;
        }
        let value = self.from.iter().find_map(|name| slots.get(name).filter(|value| self.kind.fits(value)))?;
        let other = match value {
            Value::Text(tag) => self.means.get(tag),
            _ => None,
        };
        Some(other.map_or_else(|| value.clone(), |tag| Value::Text(tag.clone())))
    }
}

#[cfg(test)]
mod tests {
    use crate::dialog::Event;
    use crate::dialog::rehearsal::{Call, understood};
    use crate::nlu::{Decision, Intent, Understood};
    use crate::text::date::Month;
    use crate::text::{Lang, Money, Value};

    fn month(month: i8) -> (&'static str, Value) {
        ("month", Value::Month(Month { year: 2026, month }))
    }

    fn bill(call: &mut Call, named: i8) -> &mut Call {
        let (total, extra) = (Value::Money(Money(5_900)), Value::Money(Money(0)));
        call.done(&[month(named), ("total", total), ("closed", Value::Flag(true)), ("extra", extra)])
    }

    #[test]
    fn a_value_that_got_a_no_is_never_proposed_again() {
        let mut call = Call::new(Lang::Zh);
        call.wants(Intent::QueryBill).says(None, Decision::Confirm, &[month(7)]).expect("value_guess ?query_bill.month.confirm");
        call.no().expect("query_bill.which_month_short ?query_bill.month");
        call.says(None, Decision::Confirm, &[month(7)]).expect("query_bill.which_month_example ?query_bill.month");
        call.says(None, Decision::Accept, &[month(7)]).expect("query_bill.which_month_keys ?query_bill.month");
        call.says(None, Decision::Confirm, &[month(10)]).expect("value_guess ?query_bill.month.confirm").yes().expect("!bill");
    }

    #[test]
    fn keys_are_sure_of_what_was_denied() {
        let mut call = Call::new(Lang::Zh);
        call.wants(Intent::QueryBill).says(None, Decision::Confirm, &[month(7)]).no();
        call.keys("07").expect("!bill");
    }

    #[test]
    fn who_puts_right_with_the_same_value_was_misheard() {
        let puts_right =
            |named| Event::Heard(Understood { corrects: true, ..understood(Some(Intent::Deny), Decision::Reject, &[month(named)]) });
        let mut call = Call::new(Lang::Zh);
        call.says(Some(Intent::QueryBill), Decision::Accept, &[month(7)]).expect("!bill");
        bill(&mut call, 7).expect("query_bill.total anything_else ?anything_else");
        call.happen(puts_right(7)).expect("query_bill.which_month_short ?query_bill.month");
        call.says(None, Decision::Accept, &[month(7)]).expect("query_bill.which_month_example ?query_bill.month");
        call.says(None, Decision::Accept, &[month(10)]).expect("!bill");
        bill(&mut call, 10).expect("query_bill.total anything_else ?anything_else");
        call.happen(puts_right(9)).expect("corrected !bill");
    }
}
