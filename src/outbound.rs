//! Calls that go out: reminders and care.
//!
//! [`calendar::Calendar`] says when a customer may be called; nothing here goes round it. It is pure, as `desk` and `dialog` are.

pub mod calendar;

pub use calendar::{Calendar, MayCall, Reason};
