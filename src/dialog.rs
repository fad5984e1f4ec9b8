//! Deciding: flows as data, and the pure engine `(state, event) → (state, actions)`.
//!
//! No IO, no clock, no randomness, no async. What can happen is [`Event`], what can be done is [`Action`]. Flow files
//! become [`Flows`] by [`Flows::check`]; [`Engine::step`] runs them.

pub mod action;
pub mod check;
pub mod engine;
pub mod errand;
pub mod event;
pub mod flow;
pub mod graph;
pub mod raw;
#[cfg(test)]
mod rehearsal;
pub mod state;
mod template;

pub use crate::text::located::Fault;
pub use action::{Action, Delivery, Outcome, Question, RequestId, RequestKind, Timing, TransferReason, Utterance};
pub use check::{PARTS, Source, World};
pub use engine::{Engine, NEAR};
pub use errand::{Conclusion, Errand, NoErrand};
pub use event::{Answer, Event, Opening, Queue, TransferFailure};
pub use flow::{Flows, Level};
pub use state::State;
