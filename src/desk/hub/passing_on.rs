//! Callers whom agents pass on to colleagues: back into the queue, for people with a skill, with everything that is known and what the agent adds.

use super::post::Post;
use crate::call::transfer::{PassedOn, ToCall};
use crate::desk::engine::{Event, Stays};
use crate::desk::queue::{AgentId, CallerId};
use crate::desk::station::Refusal;
use crate::desk::wall::skills_text;
use crate::text::mask::mask_text;

impl Post {
    pub(super) fn pass_on(&mut self, id: &AgentId, skill: String, note: &str) {
        let is_known = self.engine.rules().skill(&skill).is_some();
        let refused = match self.engine.may_pass_on(id, &skill) {
            Err(Stays::NoCall) => Some(Refusal::NoCall),
            _ if !is_known => Some(Refusal::NoSkill),
            Err(Stays::NobodyElse) => Some(Refusal::NobodyElse),
            Err(Stays::Full) => Some(Refusal::QueueFull),
            Ok(()) => None,
        };
        if let Some(why) = refused {
            return self.refuse(id, why);
        }
        let by = self.stations.get(id).map_or_else(|| id.0.clone(), |station| station.person.shown.clone());
        if let Some(caller) = self.talks_with(id).and_then(|caller| self.callers.get_mut(&caller)) {
            let (skill, note) = (skill.clone(), mask_text(note.trim()));
            caller.case.passed_on.push(PassedOn { by, skill, note });
        }
        self.step(Event::PassedOn { agent: id.clone(), skill });
    }

    /// The caller waits again, and this wait counts by itself.
    pub(super) fn passed_on(&mut self, by: AgentId, id: &CallerId, skill: String) {
        // Whoever listened to the agent has nobody to lead there any more.
        self.empty(id);
        let now = self.now();
        if let Some(caller) = self.callers.get_mut(id) {
            let wanted = [caller.case.lang.code().to_owned(), skill.clone()].into();
            caller.waits = Some((now, skills_text(&wanted)));
        }
        self.tell(id, ToCall::PassedOn { by: by.0, skill });
    }
}
