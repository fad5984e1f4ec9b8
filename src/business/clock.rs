//! The operator's local time, as a function that tests replace.

use jiff::SignedDuration;
use jiff::civil::DateTime;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

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

/// A clock that goes on by so many minutes each time it is looked at.
pub fn walking(start: DateTime, minutes: u32) -> Clock {
    let looked = AtomicI64::new(0);
    Arc::new(move || {
        let times = looked.fetch_add(1, Ordering::Relaxed);
        start.saturating_add(SignedDuration::from_mins(times.saturating_mul(i64::from(minutes))))
    })
}
