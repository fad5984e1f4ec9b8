//! The operator's local time, as a function that tests replace.

use jiff::civil::DateTime;
use std::sync::Arc;

/// Gives the operator's local time.
pub type Clock = Arc<dyn Fn() -> DateTime + Send + Sync>;

/// The machine's clock in the machine's time zone.
pub fn system() -> Clock {
    Arc::new(|| jiff::Zoned::now().datetime())
}

/// A clock that stands still.
pub fn fixed(moment: DateTime) -> Clock {
    Arc::new(move || moment)
}
