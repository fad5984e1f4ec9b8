//! The states of a work order and the ways between them.

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Taken down; nobody has it yet.
    Open,
    /// Given to a team or a person.
    Dispatched,
    /// Being worked on.
    InProgress,
    /// Worked on to the end; the customer has not yet said so.
    Done,
    /// Settled, withdrawn or given up.
    Closed,
    /// The customer was not satisfied.
    Reopened,
}

impl State {
    pub const ALL: [State; 6] = [State::Open, State::Dispatched, State::InProgress, State::Done, State::Closed, State::Reopened];

    /// As the database writes it.
    pub fn name(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Dispatched => "dispatched",
            State::InProgress => "in_progress",
            State::Done => "done",
            State::Closed => "closed",
            State::Reopened => "reopened",
        }
    }

    pub fn from_name(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Where it may go from here.
    pub fn next(self) -> &'static [State] {
        match self {
            // Closed at once when the customer withdraws it.
            State::Open | State::Reopened => &[State::Dispatched, State::InProgress, State::Closed],
            // Back to open when it was given to the wrong team.
            State::Dispatched => &[State::InProgress, State::Open, State::Closed],
            State::InProgress => &[State::Done, State::Dispatched],
            State::Done => &[State::Closed, State::Reopened],
            State::Closed => &[State::Reopened],
        }
    }

    /// Whether the customer still waits for something.
    pub fn is_pending(self) -> bool {
        !matches!(self, State::Done | State::Closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_and_every_state_can_be_reached_and_left() {
        for state in State::ALL {
            assert_eq!(State::from_name(state.name()), Some(state));
            assert!(!state.next().is_empty() && !state.next().contains(&state), "{state:?}");
            assert!(State::ALL.iter().any(|from| from.next().contains(&state)), "{state:?} is never reached");
        }
        assert_eq!(State::from_name("lost"), None);
    }
}
