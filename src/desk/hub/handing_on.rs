//! Callers whom agents hand on to somebody who is not of the desk: a telephone is called while both talk on, and takes the agent's place once it is answered.
//! Who is not taken over stays with the agent; who was comes back to the service when the telephone is hung up.

use super::LinkId;
use super::phones::{FromPhone, PhoneCall, PhoneOf};
use super::post::Post;
use crate::call::conference::{Party, Role};
use crate::call::line::Frame;
use crate::call::recording::Kept;
use crate::call::transfer::ToCall;
use crate::desk::engine::Event;
use crate::desk::queue::{AgentId, CallerId};
use crate::desk::station::{Refusal, ToAgent};

/// A call to a telephone that is to have a caller.
pub(super) struct HandedOn {
    link: LinkId,
    by: AgentId,
    /// In the rules.
    name: String,
    /// In the caller's call, once it is answered.
    party: Option<Party>,
    call: PhoneCall,
}

impl HandedOn {
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Post {
    pub(super) fn hand_on(&mut self, id: &AgentId, to: &str) {
        let Some(caller) = self.talks_with(id) else { return self.refuse(id, Refusal::NoCall) };
        let Some(telephone) = self.engine.rules().telephones.iter().find(|telephone| telephone.id == to).cloned() else {
            return self.refuse(id, Refusal::NoTelephone);
        };
        if self.handed_on.contains_key(&caller) {
            return;
        }
        let Some((link, call)) = self.ring(PhoneOf::Caller(caller.clone()), telephone.call) else { return };
        self.handed_on.insert(caller, HandedOn { link, by: id.clone(), name: telephone.id, party: None, call });
        self.show_views();
    }

    /// The agent goes on with the caller: what rings stops ringing.
    pub(super) fn keep_caller(&mut self, id: &AgentId) {
        if let Some(caller) = self.talks_with(id) {
            self.handed_on.remove(&caller);
            self.show_views();
        }
    }

    pub(super) fn told_by_other(&mut self, caller: &CallerId, link: LinkId, what: FromPhone) {
        let Some(handed_on) = self.handed_on.get(caller).filter(|handed_on| handed_on.link == link) else { return };
        let (name, by, party) = (handed_on.name.clone(), handed_on.by.clone(), handed_on.party);
        match what {
            FromPhone::Sound(frame) => {
                if let Some(party) = party {
                    self.tell(caller, ToCall::Sound { party, samples: frame.to_vec() });
                }
            }
            FromPhone::Held(held) => self.tell(caller, ToCall::Hold(held)),
            FromPhone::Answered => self.taken_by_other(caller, name, by),
            FromPhone::Failed(cause) => {
                self.handed_on.remove(caller);
                self.tell(caller, ToCall::Unreached { name, why: cause.name() });
                if let Some(station) = self.stations.get(&by) {
                    station.tell(ToAgent::NotHandedOn(cause));
                }
                self.show_views();
            }
            FromPhone::HungUp => self.let_go(caller, ToCall::Served),
        }
    }

    fn taken_by_other(&mut self, caller: &CallerId, name: String, by: AgentId) {
        let party = self.next_party();
        if let Some(handed_on) = self.handed_on.get_mut(caller) {
            handed_on.party = Some(party);
        }
        self.tell(caller, ToCall::Seat { party, role: Role::Agent, name });
        self.tell(caller, ToCall::Hold(false));
        // What the agent had paused nobody there could let go on.
        if self.callers.get(caller).is_some_and(|caller| caller.case.kept == Kept::Paused) {
            self.tell(caller, ToCall::PauseRecording { paused: false, by: by.0.clone() });
        }
        // Whoever listened to the agent has nobody to lead there any more.
        let beside = |(id, station): (&AgentId, &super::stations::AtStation)| {
            station.beside.as_ref().is_some_and(|(beside, ..)| beside == caller).then(|| id.clone())
        };
        let listeners: Vec<AgentId> = self.stations.iter().filter_map(beside).collect();
        listeners.iter().for_each(|id| self.quit(id));
        self.step(Event::HandedOn { agent: by });
    }

    pub(super) fn play_to_other(&self, party: Party, frame: Box<Frame>) {
        if let Some(handed_on) = self.handed_on.values().find(|handed_on| handed_on.party == Some(party)) {
            handed_on.call.play(frame);
        }
    }

    /// Telephones that ring for callers who are with that agent no more.
    pub(super) fn let_others_go(&mut self) {
        let mut handed_on = std::mem::take(&mut self.handed_on);
        handed_on.retain(|caller, to| to.party.is_some() || self.talks_with(&to.by).as_ref() == Some(caller));
        self.handed_on = handed_on;
    }
}
