//! People: agents, the queue of callers who want one, and who speaks with whom.
//!
//! [`engine::Desk`] is pure, `(state, event) → (state, actions)`, as `dialog` is: no IO, no clock, no randomness. What it is told of hours, points and
//! times is [`rules::Rules`] (`desk/desk.yaml`). [`hub::Hub`] joins it to calls and to the stations of agents.

pub mod engine;
pub mod hours;
pub mod hub;
pub mod queue;
pub mod rules;
pub mod station;
pub mod wall;

pub use engine::{Action, Desk, Event, Failure, Status};
pub use hub::{Books, Hub, Station, Telephones};
pub use queue::{AgentId, CallerId, Want};
pub use rules::Rules;
pub use station::{FromAgent, Person, ToAgent};
