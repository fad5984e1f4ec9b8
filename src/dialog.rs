//! Deciding: flows as data, and the pure engine `(state, event) → (state, actions)`.
//!
//! No IO, no clock, no randomness, no async. What can happen is [`Event`], what can be done is [`Action`].

pub mod action;
pub mod event;

pub use action::{Action, Outcome, Question, RequestKind, Timing, TransferReason, Utterance};
pub use event::{Answer, Event, Opening};
