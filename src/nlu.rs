//! What was meant: the asked question's grammar, then global phrases, then the intent classifier, then the knowledge base, else reject.
//!
//! Start at [`Understood`], which is what everything here produces; [`Router`] decides. The words of both languages are
//! data, in `flows/intents/`; nothing here knows any. It must not know audio, nor what the dialog does with a meaning.

pub mod candidates;
pub mod classifier;
pub mod clauses;
pub mod controls;
pub mod error;
pub mod examples;
pub mod features;
pub mod figures;
pub mod intent;
pub mod knowledge;
pub mod language;
pub mod learner;
pub mod lexicon;
pub mod named;
pub mod negation;
pub mod phrases;
pub mod pickup;
pub mod repair;
pub mod roughen;
pub mod router;
pub mod slots;
pub mod template;
pub mod thresholds;
pub mod understood;
pub mod vague;
pub mod wording;
pub mod yes_no;

pub use candidates::Candidates;
pub use controls::Control;
pub use error::NluError;
pub use intent::Intent;
pub use knowledge::Knowledge;
pub use router::{Heard, Router};
pub use understood::{Decision, Expectation, RejectReason, Source, Understood};
