//! Who hears whom when persons are in a call. Pure; its clock is the call's.

use super::line::Frame;
use crate::audio::FRAME_SAMPLES;
use crate::audio::backlog::Backlog;
use std::collections::BTreeMap;

/// Somebody in the call beside the caller, by a number that the desk gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Party(pub u32);

/// What somebody is in a call for. Everybody hears everybody who speaks to all; whisperers are heard by agents alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Speaks with the caller.
    Agent,
    /// Is heard by nobody.
    Listener,
    /// Is heard by agents.
    Whisperer,
    /// Is heard by all, beside an agent.
    Barger,
}

impl Role {
    /// The stable name, as in records.
    pub fn name(self) -> &'static str {
        match self {
            Role::Agent => "agent",
            Role::Listener => "listener",
            Role::Whisperer => "whisperer",
            Role::Barger => "barger",
        }
    }

    fn is_heard_by(self, hearer: Role) -> bool {
        match self {
            Role::Agent | Role::Barger => true,
            Role::Whisperer => matches!(hearer, Role::Agent),
            Role::Listener => false,
        }
    }
}

/// What is heard in one tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixed {
    pub caller: Frame,
    pub parties: Vec<(Party, Frame)>,
}

/// See the module's text.
#[derive(Debug, Default)]
pub struct Conference {
    seats: BTreeMap<Party, Seat>,
    held: bool,
}

#[derive(Debug)]
struct Seat {
    role: Role,
    backlog: Backlog,
}

impl Conference {
    /// Lets somebody in, or gives him another role.
    pub fn seat(&mut self, party: Party, role: Role) {
        self.seats.entry(party).or_insert_with(|| Seat { role, backlog: Backlog::default() }).role = role;
    }

    pub fn unseat(&mut self, party: Party) {
        self.seats.remove(&party);
    }

    /// While held, the caller and the others do not hear one another.
    pub fn hold(&mut self, held: bool) {
        self.held = held;
    }

    pub fn is_held(&self) -> bool {
        self.held
    }

    /// Somebody speaks with the caller.
    pub fn has_agent(&self) -> bool {
        self.seats.values().any(|seat| seat.role == Role::Agent)
    }

    /// What somebody sent; nothing of somebody who is not here.
    pub fn push(&mut self, party: Party, samples: &[f32]) {
        if let Some(seat) = self.seats.get_mut(&party) {
            seat.backlog.push(samples);
        }
    }

    /// One tick of the call, with the caller's sound.
    pub fn tick(&mut self, caller: &Frame) -> Mixed {
        let caller = if self.held { &[0.0; FRAME_SAMPLES] } else { caller };
        let spoken: Vec<(Party, Role, Frame)> =
            self.seats.iter_mut().map(|(party, seat)| (*party, seat.role, seat.backlog.next_frame())).collect();
        let heard_by = |hearer: Option<(Party, Role)>| {
            let mut frame = if hearer.is_some() { *caller } else { [0.0; FRAME_SAMPLES] };
            for (party, role, sound) in &spoken {
                let is_heard = match hearer {
                    Some((own, _)) if own == *party => false,
                    Some((_, hearer)) => role.is_heard_by(hearer),
                    None => matches!(role, Role::Agent | Role::Barger) && !self.held,
                };
                if is_heard {
                    frame.iter_mut().zip(sound).for_each(|(to, from)| *to = (*to + from).clamp(-1.0, 1.0));
                }
            }
            frame
        };
        let parties = spoken.iter().map(|(party, role, _)| (*party, heard_by(Some((*party, *role)))));
        Mixed { caller: heard_by(None), parties: parties.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLER: f32 = 0.4;

    /// What each of `roles` (level 0.01, 0.02, 0.04, … by their order) and the caller hears; the caller first.
    fn levels(roles: &[Role], held: bool) -> Vec<i32> {
        let mut conference = Conference::default();
        conference.hold(held);
        for (n, role) in roles.iter().enumerate() {
            conference.seat(Party(n as u32), *role);
            conference.push(Party(n as u32), &vec![0.01 * (1 << n) as f32; 4_800]);
        }
        let mixed = conference.tick(&[CALLER; FRAME_SAMPLES]);
        let all = std::iter::once(mixed.caller).chain(mixed.parties.into_iter().map(|(_, frame)| frame));
        all.map(|frame| (frame[0] * 100.0).round() as i32).collect()
    }

    #[test]
    fn who_hears_whom() {
        use Role::{Agent, Barger, Listener, Whisperer};
        assert_eq!(levels(&[Agent], false), [1, 40]);
        assert_eq!(levels(&[Agent, Listener], false), [1, 40, 41]);
        assert_eq!(levels(&[Agent, Whisperer], false), [1, 42, 41]);
        assert_eq!(levels(&[Agent, Barger, Listener], false), [3, 42, 41, 43]);
        assert_eq!(levels(&[Agent, Whisperer], true), [0, 2, 1]);
        assert_eq!(levels(&[], false), [0]);
    }

    #[test]
    fn whoever_left_is_not_heard() {
        let mut conference = Conference::default();
        conference.seat(Party(1), Role::Agent);
        conference.push(Party(1), &[0.5; 4_800]);
        conference.push(Party(2), &[0.5; 4_800]);
        assert!(conference.has_agent());
        conference.unseat(Party(1));
        assert!(!conference.has_agent());
        assert_eq!(conference.tick(&[0.0; _]), Mixed { caller: [0.0; _], parties: Vec::new() });
    }
}
