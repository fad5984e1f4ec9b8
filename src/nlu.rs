//! What was meant: the asked question's grammar, then global phrases, then the intent classifier, else reject.
//!
//! Start at [`Understood`], which is what everything here produces; `router` decides.

pub mod intent;
pub mod understood;

pub use intent::Intent;
pub use understood::{Decision, Expectation, RejectReason, Source, Understood};
