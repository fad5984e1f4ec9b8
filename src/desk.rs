//! People: agents, the queue of callers who want one, and who speaks with whom.
//!
//! [`engine::Desk`] is pure, `(state, event) → (state, actions)`, as `dialog` is: no IO, no clock, no randomness. What it is told of hours, points and
//! times is [`rules::Rules`] (`desk/desk.yaml`).

pub mod engine;
pub mod hours;
pub mod queue;
pub mod rules;

pub use engine::{Action, Desk, Event, Failure, Status};
pub use queue::{CallerId, Want};
pub use rules::Rules;
