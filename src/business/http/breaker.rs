//! A circuit breaker: after failures in a row nobody is sent to the system for a while, then one request tries whether it is back.
//!
//! A caller hears the way out at once instead of waiting for a system that is known to be down, and the system is left in peace to recover.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// One request is on its way to try.
    Probing,
}

/// See the module's text.
#[derive(Debug)]
pub(super) struct Breaker {
    state: Mutex<State>,
    most_failures: u32,
    open_for: Duration,
}

/// What a result did to the breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turned {
    No,
    Open,
    Closed,
}

/// Leave to send one request. Dropped without a result (the call ended meanwhile) it says nothing about the system.
#[derive(Debug)]
pub(super) struct Permit<'a> {
    breaker: &'a Breaker,
    is_probe: bool,
    is_settled: bool,
}

impl Breaker {
    pub fn new(most_failures: u32, open_for: Duration) -> Breaker {
        Breaker { state: Mutex::new(State::Closed { failures: 0 }), most_failures, open_for }
    }

    /// `None` while the system is left alone.
    pub fn admit(&self) -> Option<Permit<'_>> {
        let mut state = self.state();
        let is_probe = match *state {
            State::Closed { .. } => false,
            State::Open { until } if Instant::now() >= until => {
                *state = State::Probing;
                true
            }
            State::Open { .. } | State::Probing => return None,
        };
        Some(Permit { breaker: self, is_probe, is_settled: false })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// The system answered, whatever it said.
    pub fn answered(mut self) -> Turned {
        self.is_settled = true;
        let mut state = self.breaker.state();
        match *state {
            State::Closed { .. } => *state = State::Closed { failures: 0 },
            State::Probing if self.is_probe => {
                *state = State::Closed { failures: 0 };
                return Turned::Closed;
            }
            // An old request that comes back late says nothing about the present.
            State::Open { .. } | State::Probing => {}
        }
        Turned::No
    }

    /// The system did not answer, or said that it cannot.
    pub fn failed(mut self) -> Turned {
        self.is_settled = true;
        let mut state = self.breaker.state();
        let open = State::Open { until: Instant::now() + self.breaker.open_for };
        match *state {
            State::Closed { failures } if failures + 1 < self.breaker.most_failures => *state = State::Closed { failures: failures + 1 },
            State::Closed { .. } => {
                *state = open;
                return Turned::Open;
            }
            State::Probing if self.is_probe => *state = open,
            State::Open { .. } | State::Probing => {}
        }
        Turned::No
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.is_probe && !self.is_settled {
            // The next request may try at once.
            *self.breaker.state() = State::Open { until: Instant::now() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN_FOR: Duration = Duration::from_secs(10);

    fn opened() -> Breaker {
        let breaker = Breaker::new(3, OPEN_FOR);
        for expected in [Turned::No, Turned::No, Turned::Open] {
            assert_eq!(breaker.admit().unwrap().failed(), expected);
        }
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn only_failures_in_a_row_open_it() {
        let breaker = Breaker::new(3, OPEN_FOR);
        for _again in 0..5 {
            assert_eq!(breaker.admit().unwrap().failed(), Turned::No);
            assert_eq!(breaker.admit().unwrap().failed(), Turned::No);
            assert_eq!(breaker.admit().unwrap().answered(), Turned::No);
        }
        assert!(opened().admit().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn one_request_tries_after_the_wait() {
        let breaker = opened();
        tokio::time::advance(OPEN_FOR - Duration::from_millis(1)).await;
        assert!(breaker.admit().is_none());
        tokio::time::advance(Duration::from_millis(1)).await;
        let probe = breaker.admit().unwrap();
        assert!(breaker.admit().is_none(), "only one");
        assert_eq!(probe.answered(), Turned::Closed);
        assert!(breaker.admit().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_try_opens_it_for_as_long_again() {
        let breaker = opened();
        tokio::time::advance(OPEN_FOR).await;
        assert_eq!(breaker.admit().unwrap().failed(), Turned::No);
        assert!(breaker.admit().is_none());
        tokio::time::advance(OPEN_FOR).await;
        assert!(breaker.admit().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_try_that_nobody_waits_for_leaves_the_place_to_the_next() {
        let breaker = opened();
        tokio::time::advance(OPEN_FOR).await;
        drop(breaker.admit().unwrap());
        assert_eq!(breaker.admit().unwrap().answered(), Turned::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn late_results_of_old_requests_change_nothing() {
        let breaker = Breaker::new(1, OPEN_FOR);
        let (old, older) = (breaker.admit().unwrap(), breaker.admit().unwrap());
        assert_eq!(breaker.admit().unwrap().failed(), Turned::Open);
        old.answered();
        assert!(breaker.admit().is_none());
        tokio::time::advance(OPEN_FOR).await;
        let probe = breaker.admit().unwrap();
        older.failed();
        assert_eq!(probe.answered(), Turned::Closed);
    }
}
