//! The desk's decisions, pure: something happens, [`Desk::step`] says what is to be done. Every event ends with `Desk::settle`, so that nobody waits
//! while somebody who could help is free.

mod agent;
#[cfg(test)]
mod any_day;
mod event;
#[cfg(test)]
mod tests;

pub use agent::{Agent, Status};
pub use event::{Action, Event, Failure, Stays};

use super::queue::{Again, AgentId, CallerId, Waiting, Want};
use super::rules::Rules;
use jiff::civil::DateTime;
use std::collections::BTreeMap;

/// Who calls a telephone knows by the ring time that it is not answered; if nothing is heard of that for so many seconds more, it is not.
const PHONE_MORE_S: i64 = 5;

/// See the module's text.
#[derive(Clone, Debug, PartialEq)]
pub struct Desk {
    rules: Rules,
    agents: BTreeMap<AgentId, Agent>,
    waiting: BTreeMap<CallerId, Waiting>,
    /// How long conversations take, in seconds; the last ones count most.
    usual_call_s: i64,
}

impl Desk {
    pub fn new(rules: Rules) -> Desk {
        let usual_call_s = rules.usual_call_s;
        Desk { rules, agents: BTreeMap::new(), waiting: BTreeMap::new(), usual_call_s }
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Who is there.
    pub fn agents(&self) -> impl Iterator<Item = (&AgentId, &Agent)> {
        self.agents.iter()
    }

    /// Who waits, in the order in which they are taken.
    pub fn queue(&self, now: DateTime) -> Vec<(&CallerId, &Waiting)> {
        let mut queue: Vec<_> = self.waiting.iter().collect();
        queue.sort_by_key(|(_, waiting)| {
            (std::cmp::Reverse((waiting.again.is_some(), waiting.score(&self.rules.points, now))), waiting.since)
        });
        queue
    }

    /// Lets something happen; the actions are to be carried out in their order. Time never goes back.
    pub fn step(&mut self, now: DateTime, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::SignedIn { agent, skills } => {
                let new = || Agent::new(now);
                self.agents.entry(agent).or_insert_with(new).skills = skills;
            }
            Event::Ready { agent } => self.ready(&agent, now),
            Event::Away { agent } => self.away(&agent, &mut actions),
            Event::Gone { agent } => self.gone(&agent, now, &mut actions),
            Event::PickedUp { agent } => self.picked_up(&agent, now),
            Event::Accepted { agent } => self.accepted(&agent, now, &mut actions),
            Event::Declined { agent } => self.turned_down(&agent, Status::Ready),
            Event::HungUp { agent } => {
                if let Some(caller) = self.end_call(&agent, now) {
                    actions.push(Action::Served { caller });
                }
            }
            Event::HandedOn { agent } => {
                if let Some(caller) = self.end_call(&agent, now) {
                    actions.push(Action::CallOver { agent, caller });
                }
            }
            Event::PassedOn { agent, skill } => self.pass_on(&agent, skill, now, &mut actions),
            Event::WrappedUp { agent } => self.wrapped_up(&agent, now),
            Event::Arrived { caller, want } => self.arrived(caller, want, now, &mut actions),
            Event::Left { caller } => self.left(&caller, now, &mut actions),
            Event::TakesOver { agent, caller } => self.take_over(&agent, &caller, now, &mut actions),
            Event::Tick => self.tick(now, &mut actions),
        }
        self.settle(now, &mut actions);
        self.agents.values_mut().for_each(|agent| agent.note_state(now));
        actions
    }

    fn ready(&mut self, id: &AgentId, now: DateTime) {
        let Some(agent) = self.agents.get_mut(id) else { return };
        agent.leaves = false;
        if matches!(agent.status, Status::Away | Status::WrapUp { .. }) {
            agent.status = Status::Ready;
            agent.idle_since = now;
            // There again: what was not answered before may be now.
            for waiting in self.waiting.values_mut() {
                waiting.turned_down_by.remove(id);
            }
        }
    }

    fn away(&mut self, id: &AgentId, actions: &mut Vec<Action>) {
        let Some(agent) = self.agents.get_mut(id) else { return };
        match &agent.status {
            Status::Ringing { caller, .. } => {
                actions.push(Action::StopRinging { agent: id.clone(), caller: caller.clone() });
                self.turned_down(id, Status::Away);
            }
            Status::Talking { .. } => agent.leaves = true,
            Status::Away | Status::Ready | Status::WrapUp { .. } => agent.status = Status::Away,
        }
    }

    fn gone(&mut self, id: &AgentId, now: DateTime, actions: &mut Vec<Action>) {
        let Some(agent) = self.agents.remove(id) else { return };
        match agent.status {
            Status::Ringing { caller, waiting, .. } => drop(self.waiting.insert(caller, waiting)),
            Status::Talking { caller, waiting, since } => {
                self.learn(now.duration_since(since).as_secs());
                self.waiting.insert(caller.clone(), waiting.once_more(now));
                self.review(now, actions);
                if self.waiting.contains_key(&caller) {
                    actions.push(Action::Lost { caller });
                }
            }
            Status::Away | Status::Ready | Status::WrapUp { .. } => {}
        }
    }

    fn picked_up(&mut self, id: &AgentId, now: DateTime) {
        if let Some(Status::Ringing { since, picked_up, .. }) = self.agents.get_mut(id).map(|agent| &mut agent.status) {
            (*since, *picked_up) = (now, true);
        }
    }

    fn accepted(&mut self, id: &AgentId, now: DateTime, actions: &mut Vec<Action>) {
        let Some(agent) = self.agents.get_mut(id) else { return };
        if let Status::Ringing { caller, waiting, .. } = &agent.status {
            let (caller, waiting) = (caller.clone(), waiting.clone());
            agent.status = Status::Talking { caller: caller.clone(), waiting, since: now };
            actions.push(Action::Connect { agent: id.clone(), caller });
        }
    }

    fn take_over(&mut self, id: &AgentId, caller: &CallerId, now: DateTime, actions: &mut Vec<Action>) {
        let is_free = self.agents.get(id).is_some_and(|agent| !matches!(agent.status, Status::Ringing { .. } | Status::Talking { .. }));
        let Some(from) = self.agent_of(caller).filter(|from| is_free && from != id) else { return };
        let Some(Status::Talking { waiting, .. }) = self.agents.get(&from).map(|agent| agent.status.clone()) else { return };
        self.end_call(&from, now);
        actions.push(Action::CallOver { agent: from, caller: caller.clone() });
        if let Some(agent) = self.agents.get_mut(id) {
            agent.status = Status::Talking { caller: caller.clone(), waiting, since: now };
            actions.push(Action::Connect { agent: id.clone(), caller: caller.clone() });
        }
    }

    /// Whether an agent's caller may wait for somebody with this skill instead.
    ///
    /// # Errors
    /// Why he stays where he is.
    pub fn may_pass_on(&self, id: &AgentId, skill: &str) -> Result<(), Stays> {
        let Some(Status::Talking { waiting, .. }) = self.agents.get(id).map(|agent| &agent.status) else { return Err(Stays::NoCall) };
        let helps = |agent: &Agent| agent.is_on_duty() && agent.skills.contains(skill) && waiting.want.needed.is_subset(&agent.skills);
        match () {
            () if !self.agents.iter().any(|(other, agent)| other != id && helps(agent)) => Err(Stays::NobodyElse),
            () if self.waiting.len() >= self.rules.most_waiting => Err(Stays::Full),
            () => Ok(()),
        }
    }

    fn pass_on(&mut self, id: &AgentId, skill: String, now: DateTime, actions: &mut Vec<Action>) {
        if self.may_pass_on(id, &skill).is_err() {
            return;
        }
        let Some(Status::Talking { caller, waiting, .. }) = self.agents.get(id).map(|agent| agent.status.clone()) else { return };
        self.end_call(id, now);
        self.waiting.insert(caller.clone(), waiting.passed_on(id, skill.clone(), now));
        actions.push(Action::PassedOn { agent: id.clone(), caller: caller.clone(), skill });
        self.settle(now, actions);
        if self.waiting.contains_key(&caller) {
            self.tell(&caller, now, actions);
        }
    }

    /// The agent who rings does not take the caller, who keeps his place in the queue.
    fn turned_down(&mut self, id: &AgentId, then: Status) {
        let Some(agent) = self.agents.get_mut(id) else { return };
        if !matches!(agent.status, Status::Ringing { .. }) {
            return;
        }
        if let Status::Ringing { caller, mut waiting, .. } = std::mem::replace(&mut agent.status, then) {
            waiting.turned_down_by.insert(id.clone());
            self.waiting.insert(caller, waiting);
        }
    }

    /// The caller of a conversation that the agent need not go on with.
    fn end_call(&mut self, id: &AgentId, now: DateTime) -> Option<CallerId> {
        let wrap_up = jiff::SignedDuration::from_secs(self.rules.wrap_up_s);
        let agent = self.agents.get_mut(id)?;
        let Status::Talking { caller, since, .. } = &agent.status else { return None };
        let (caller, seconds) = (caller.clone(), now.duration_since(*since).as_secs());
        agent.status = match agent.leaves {
            true => Status::Away,
            false => Status::WrapUp { until: now.saturating_add(wrap_up) },
        };
        agent.leaves = false;
        self.learn(seconds);
        Some(caller)
    }

    fn learn(&mut self, seconds: i64) {
        self.usual_call_s = ((7 * self.usual_call_s + seconds.max(0)) / 8).max(1);
    }

    fn wrapped_up(&mut self, id: &AgentId, now: DateTime) {
        if let Some(agent) = self.agents.get_mut(id)
            && matches!(agent.status, Status::WrapUp { .. })
        {
            agent.status = Status::Ready;
            agent.idle_since = now;
        }
    }

    fn arrived(&mut self, caller: CallerId, want: Want, now: DateTime, actions: &mut Vec<Action>) {
        let is_here = self.waiting.contains_key(&caller) || self.agent_of(&caller).is_some();
        if is_here {
            return;
        }
        let why = match () {
            () if !self.rules.hours.is_open(now) => Failure::Closed,
            () if self.waiting.len() >= self.rules.most_waiting => Failure::Full,
            () => {
                self.waiting.insert(caller.clone(), Waiting::new(want, now));
                self.settle(now, actions);
                if self.waiting.contains_key(&caller) {
                    self.tell(&caller, now, actions);
                }
                return;
            }
        };
        actions.push(Action::Back { caller, why });
    }

    fn left(&mut self, caller: &CallerId, now: DateTime, actions: &mut Vec<Action>) {
        self.waiting.remove(caller);
        let Some(id) = self.agent_of(caller) else { return };
        let over = (id.clone(), caller.clone());
        match self.end_call(&id, now) {
            Some(_) => actions.push(Action::CallOver { agent: over.0, caller: over.1 }),
            None => {
                if let Some(agent) = self.agents.get_mut(&id) {
                    agent.status = Status::Ready;
                }
                actions.push(Action::StopRinging { agent: over.0, caller: over.1 });
            }
        }
    }

    /// Who rings for the caller or speaks with him.
    fn agent_of(&self, wanted: &CallerId) -> Option<AgentId> {
        let has = |agent: &Agent| match &agent.status {
            Status::Ringing { caller, .. } | Status::Talking { caller, .. } => caller == wanted,
            _ => false,
        };
        self.agents.iter().find(|(_, agent)| has(agent)).map(|(id, _)| id.clone())
    }

    fn tick(&mut self, now: DateTime, actions: &mut Vec<Action>) {
        let passed = |since: DateTime| now.duration_since(since).as_secs();
        let (mut silent, mut done) = (Vec::new(), Vec::new());
        for (id, agent) in &self.agents {
            match &agent.status {
                Status::Ringing { caller, since, picked_up, .. } => {
                    let more = if *picked_up { PHONE_MORE_S } else { 0 };
                    if passed(*since) >= self.rules.ring_s + more {
                        silent.push((id.clone(), caller.clone()));
                    }
                }
                Status::WrapUp { until } if *until <= now => done.push(id.clone()),
                _ => {}
            }
        }
        for (agent, caller) in silent {
            self.turned_down(&agent, Status::Away);
            actions.push(Action::StopRinging { agent, caller });
        }
        done.iter().for_each(|agent| self.wrapped_up(agent, now));
        self.settle(now, actions);
        let due = |waiting: &Waiting| passed(waiting.told) >= self.rules.tell_every_s;
        let to_tell: Vec<CallerId> = self.queue(now).into_iter().filter(|(_, waiting)| due(waiting)).map(|(id, _)| id.clone()).collect();
        to_tell.iter().for_each(|caller| self.tell(caller, now, actions));
    }

    fn tell(&mut self, caller: &CallerId, now: DateTime, actions: &mut Vec<Action>) {
        let Some(place) = self.queue(now).iter().position(|(id, _)| *id == caller).map(|before| before + 1) else { return };
        let Some(waiting) = self.waiting.get_mut(caller) else { return };
        waiting.told = now;
        let working = |agent: &&Agent| !matches!(agent.status, Status::Away) && waiting.suits(&agent.skills);
        let people = self.agents.values().filter(working).count().max(1);
        let rounds = i64::try_from(place.div_ceil(people)).unwrap_or(i64::MAX);
        let expected_s = self.usual_call_s.saturating_mul(rounds);
        actions.push(Action::Tell { caller: caller.clone(), place, expected_s });
    }

    /// Sends back who cannot be helped, and gives everybody else who can be to somebody who is free.
    fn settle(&mut self, now: DateTime, actions: &mut Vec<Action>) {
        self.review(now, actions);
        let order: Vec<CallerId> = self.queue(now).into_iter().map(|(id, _)| id.clone()).collect();
        for caller in order {
            let Some(id) = self.waiting.get(&caller).and_then(|waiting| self.free_for(waiting)) else { continue };
            let Some(waiting) = self.waiting.remove(&caller) else { continue };
            if let Some(agent) = self.agents.get_mut(&id) {
                agent.status = Status::Ringing { caller: caller.clone(), waiting, since: now, picked_up: false };
            }
            actions.push(Action::Ring { agent: id, caller });
        }
    }

    /// Who is free and may be asked: with everything that is wished before others, then who has had no call for longest. Who passed the caller on is
    /// asked only while nobody else could be.
    fn free_for(&self, waiting: &Waiting) -> Option<AgentId> {
        let could = |(id, agent): &(&AgentId, &Agent)| waiting.suits(&agent.skills) && !waiting.turned_down_by.contains(*id);
        let is_new = |id: &AgentId| !waiting.passed_on_by.contains(id);
        let has_new = self.agents.iter().filter(could).any(|(id, agent)| agent.is_on_duty() && is_new(id));
        let free = self.agents.iter().filter(could).filter(|(id, agent)| agent.status == Status::Ready && (is_new(id) || !has_new));
        free.min_by_key(|(_, agent)| (!waiting.want.wished.is_subset(&agent.skills), agent.idle_since)).map(|(id, _)| id.clone())
    }

    fn review(&mut self, now: DateTime, actions: &mut Vec<Action>) {
        let mut back = Vec::new();
        for (caller, waiting) in &mut self.waiting {
            let left = |waiting: &Waiting| {
                let able = self.agents.iter().filter(|(_, agent)| waiting.suits(&agent.skills));
                able.filter(|(id, _)| !waiting.turned_down_by.contains(*id)).count()
            };
            waiting.overflow |= waiting.seconds(now) >= self.rules.overflow_after_s || left(waiting) == 0;
            let why = match () {
                () if waiting.seconds(now) >= self.rules.longest_wait_s => Failure::TooLong,
                () if left(waiting) > 0 => continue,
                () if waiting.again == Some(Again::Lost) => Failure::AgentLost,
                () if waiting.turned_down_by.is_empty() => Failure::Nobody,
                () => Failure::Declined,
            };
            back.push((caller.clone(), why));
        }
        for (caller, why) in back {
            self.waiting.remove(&caller);
            actions.push(Action::Back { caller, why });
        }
    }
}
