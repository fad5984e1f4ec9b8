//! Whatever happens, in whatever order: nobody waits while somebody who could help is free, nobody is lost, no agent has two calls.

use super::tests::{agent, at, caller};
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

const SKILLS: [&str; 4] = ["zh", "en", "billing", "network"];

fn event() -> impl Strategy<Value = Event> {
    let an_agent = (0..4u8).prop_map(|n| agent(&format!("a{n}")));
    let a_caller = (0..12u8).prop_map(|n| caller(&format!("c{n}")));
    let a_skill = prop::sample::select(&SKILLS[..]).prop_map(str::to_owned);
    let some_skills = prop::collection::btree_set(a_skill.clone(), 0..4);
    let want = (some_skills.clone(), some_skills.clone(), prop::option::of(prop::sample::select(&["silver", "gold"][..])), any::<bool>());
    let want = want.prop_map(|(needed, wished, level, urgent)| Want {
        needed,
        wished,
        level: level.map(str::to_owned),
        urgent,
        can_be_called: urgent,
    });
    prop_oneof![
        2 => (an_agent.clone(), a_skill).prop_map(|(agent, skill)| Event::PassedOn { agent, skill }),
        1 => (an_agent.clone(), some_skills).prop_map(|(agent, skills)| Event::SignedIn { agent, skills }),
        4 => an_agent.clone().prop_map(|agent| Event::Ready { agent }),
        1 => an_agent.clone().prop_map(|agent| Event::Away { agent }),
        1 => an_agent.clone().prop_map(|agent| Event::Gone { agent }),
        2 => an_agent.clone().prop_map(|agent| Event::PickedUp { agent }),
        4 => an_agent.clone().prop_map(|agent| Event::Accepted { agent }),
        1 => an_agent.clone().prop_map(|agent| Event::Declined { agent }),
        2 => an_agent.clone().prop_map(|agent| Event::HungUp { agent }),
        1 => an_agent.clone().prop_map(|agent| Event::HandedOn { agent }),
        6 => (a_caller.clone(), want).prop_map(|(caller, want)| Event::Arrived { caller, want }),
        1 => a_caller.clone().prop_map(|caller| Event::Left { caller }),
        1 => (an_agent.clone(), a_caller).prop_map(|(agent, caller)| Event::TakesOver { agent, caller }),
        2 => an_agent.prop_map(|agent| Event::WrappedUp { agent }),
        3 => Just(Event::Tick),
    ]
}

/// What somebody outside who carries the actions out believes.
#[derive(Default)]
struct Outside {
    /// Callers who wait, ring or speak.
    here: BTreeSet<CallerId>,
    ringing: BTreeMap<AgentId, CallerId>,
    talking: BTreeMap<AgentId, CallerId>,
    /// Whose conversation just ended for one agent, and may go on with another.
    taken: Option<CallerId>,
}

impl Outside {
    fn see(&mut self, event: &Event) {
        match event {
            Event::Arrived { caller, .. } => drop(self.here.insert(caller.clone())),
            Event::Left { caller } => drop(self.here.remove(caller)),
            Event::Gone { agent } => {
                self.ringing.remove(agent);
                self.talking.remove(agent);
            }
            Event::HungUp { agent } => drop(self.talking.remove(agent)),
            Event::HandedOn { agent } => {
                if let Some(caller) = self.talking.get(agent) {
                    self.here.remove(caller);
                }
            }
            Event::Declined { agent } => drop(self.ringing.remove(agent)),
            _ => {}
        }
    }

    fn carry_out(&mut self, action: &Action) -> Result<(), TestCaseError> {
        match action {
            Action::Ring { agent, caller } => {
                prop_assert!(!self.talking.contains_key(agent), "{agent:?} speaks");
                prop_assert!(self.ringing.insert(agent.clone(), caller.clone()).is_none(), "{agent:?} rings already");
                prop_assert!(self.here.contains(caller));
            }
            Action::StopRinging { agent, caller } => prop_assert_eq!(self.ringing.remove(agent), Some(caller.clone())),
            Action::Connect { agent, caller } => {
                let was_ringing = self.ringing.remove(agent);
                let taken_over = self.taken.take();
                prop_assert_eq!(was_ringing.or(taken_over), Some(caller.clone()));
                prop_assert!(self.talking.insert(agent.clone(), caller.clone()).is_none());
            }
            Action::CallOver { agent, caller } => {
                prop_assert_eq!(self.talking.remove(agent), Some(caller.clone()));
                self.taken = Some(caller.clone());
            }
            Action::PassedOn { agent, caller, .. } => {
                prop_assert_eq!(self.talking.remove(agent), Some(caller.clone()));
                prop_assert!(self.here.contains(caller));
            }
            Action::Lost { caller } => prop_assert!(self.here.contains(caller)),
            Action::Tell { caller, place, expected_s } => {
                prop_assert!(self.here.contains(caller) && *place >= 1 && *expected_s >= 1);
            }
            Action::Back { caller, .. } | Action::Served { caller } => {
                prop_assert!(self.here.remove(caller), "{caller:?} is told twice that it is over");
            }
        }
        Ok(())
    }

    fn agrees_with(&self, desk: &Desk) -> Result<(), TestCaseError> {
        let (mut ringing, mut talking, mut here) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        for (id, agent) in &desk.agents {
            match &agent.status {
                Status::Ringing { caller, .. } => drop(ringing.insert(id.clone(), caller.clone())),
                Status::Talking { caller, .. } => drop(talking.insert(id.clone(), caller.clone())),
                Status::Away | Status::Ready | Status::WrapUp { .. } => {}
            }
        }
        let everybody = desk.waiting.keys().chain(ringing.values()).chain(talking.values());
        for caller in everybody {
            prop_assert!(here.insert(caller.clone()), "{caller:?} is in two places");
        }
        prop_assert_eq!(&here, &self.here, "somebody is lost");
        prop_assert_eq!(&ringing, &self.ringing);
        prop_assert_eq!(&talking, &self.talking);
        for (caller, waiting) in &desk.waiting {
            for (id, agent) in &desk.agents {
                let could = waiting.suits(&agent.skills) && !waiting.turned_down_by.contains(id);
                let may = could && (!waiting.passed_on_by.contains(id) || !has_another(desk, waiting));
                prop_assert!(!(may && agent.status == Status::Ready), "{caller:?} waits while {id:?} is free");
            }
        }
        Ok(())
    }
}

/// Somebody on duty who has not passed this caller on could help him.
fn has_another(desk: &Desk, waiting: &Waiting) -> bool {
    let is_another = |(id, agent): (&AgentId, &Agent)| {
        let is_there = !matches!(agent.status, Status::Away) && !agent.leaves;
        let is_out = waiting.turned_down_by.contains(id) || waiting.passed_on_by.contains(id);
        is_there && !is_out && waiting.suits(&agent.skills)
    };
    desk.agents.iter().any(is_another)
}

/// Nobody is offered a caller whom he passed on while somebody else could help.
fn is_offered_rightly(desk: &Desk, action: &Action) -> bool {
    let Action::Ring { agent, .. } = action else { return true };
    match &desk.agents[agent].status {
        Status::Ringing { waiting, .. } => !waiting.passed_on_by.contains(agent) || !has_another(desk, waiting),
        _ => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nobody_is_lost_or_waits_for_somebody_who_is_free(events in prop::collection::vec((0i64..40, event()), 1..120)) {
        let mut desk = Desk::new(Rules::built_in());
        let mut outside = Outside::default();
        let mut second = 0;
        for (pause, event) in events {
            second += pause;
            outside.see(&event);
            for action in desk.step(at(second), event) {
                outside.carry_out(&action)?;
                prop_assert!(is_offered_rightly(&desk, &action), "{action:?}");
            }
            outside.agrees_with(&desk)?;
        }
        // When time goes on and nobody does anything, everybody hears something in the end.
        for _ in 0..700 {
            second += 1;
            for action in desk.step(at(second), Event::Tick) {
                outside.carry_out(&action)?;
            }
            outside.agrees_with(&desk)?;
        }
        prop_assert!(desk.waiting.is_empty(), "nobody waits longer than ten minutes");
    }
}
