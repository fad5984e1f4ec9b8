//! Values of slots: given, corrected ("no, September"), forgotten; what followed from a value that changed is done again.

use super::Turn;
use crate::dialog::flow::{Flow, SlotType, Step};
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

    pub(super) fn fill_others(&mut self, asked: &str, slots: &Record) {
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

    pub(super) fn slot_value(&self, name: &str, slots: &Record) -> Option<Value> {
        let (_, flow) = self.frame()?;
        values_for(flow, slots).into_iter().find(|(slot, _)| slot == name).map(|(_, value)| value)
    }
}

/// The slots of a flow that an utterance carries, under whatever name.
pub(super) fn values_for(flow: &Flow, slots: &Record) -> Vec<(String, Value)> {
    let carried = |names: &[String], kind: SlotType| names.iter().find_map(|name| slots.get(name).filter(|value| kind.fits(value)));
    flow.slots.iter().filter_map(|(name, slot)| Some((name.clone(), carried(&slot.from, slot.kind)?.clone()))).collect()
}
