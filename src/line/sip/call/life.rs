//! A session's life in a call (RFC 4028, section 10): who promised signs of life gives them, and without them it ends.

use crate::line::sip::timer::{Refresher, SessionTimer};
use std::time::Duration;
use tokio::time::Instant;

/// A sign of life that did not get there is given again after so long.
const AGAIN: Duration = Duration::from_secs(5);

/// See the module's text.
pub(super) struct Life {
    timer: SessionTimer,
    wakes_at: Instant,
    ends_at: Instant,
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    SignOfLife,
    /// There was none in time.
    End,
}

impl Life {
    pub fn new(timer: SessionTimer) -> Life {
        let now = Instant::now();
        Life { timer, wakes_at: now + timer.due(), ends_at: now + timer.interval() }
    }

    pub fn timer(&self) -> SessionTimer {
        self.timer
    }

    pub fn wakes_at(&self) -> Instant {
        self.wakes_at
    }

    pub fn wake(&mut self) -> Due {
        let now = Instant::now();
        if now < self.wakes_at {
            return Due::Nothing;
        }
        let is_over = self.timer.refresher == Refresher::Peer || now >= self.ends_at;
        self.wakes_at = if is_over { now + self.timer.interval() } else { self.ends_at };
        if is_over { Due::End } else { Due::SignOfLife }
    }

    /// Ours was answered.
    pub fn goes_on(&mut self) {
        *self = Life::new(self.timer);
    }

    /// Ours did not get there, which may pass.
    pub fn was_lost(&mut self) {
        self.wakes_at = self.ends_at.min(Instant::now() + AGAIN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    async fn after(life: &mut Life, seconds: u64) -> Due {
        advance(Duration::from_secs(seconds)).await;
        life.wake()
    }

    #[tokio::test(start_paused = true)]
    async fn ours_are_given_at_half_time_and_again_until_it_is_over() {
        let mut life = Life::new(SessionTimer { interval_s: 90, refresher: Refresher::Us });
        assert_eq!((after(&mut life, 44).await, after(&mut life, 1).await), (Due::Nothing, Due::SignOfLife));
        life.goes_on();
        assert_eq!((after(&mut life, 44).await, after(&mut life, 1).await), (Due::Nothing, Due::SignOfLife));
        for _ in 0..8 {
            life.was_lost();
            assert_eq!((after(&mut life, 4).await, after(&mut life, 1).await), (Due::Nothing, Due::SignOfLife));
        }
        life.was_lost();
        assert_eq!((after(&mut life, 4).await, after(&mut life, 1).await), (Due::Nothing, Due::End));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_never_answered_ends_too() {
        let mut life = Life::new(SessionTimer { interval_s: 90, refresher: Refresher::Us });
        assert_eq!(
            (after(&mut life, 45).await, after(&mut life, 44).await, after(&mut life, 1).await),
            (Due::SignOfLife, Due::Nothing, Due::End)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_peers_are_waited_for() {
        let mut life = Life::new(SessionTimer { interval_s: 90, refresher: Refresher::Peer });
        assert_eq!(after(&mut life, 59).await, Due::Nothing);
        life.goes_on();
        assert_eq!((after(&mut life, 59).await, after(&mut life, 1).await), (Due::Nothing, Due::End));
    }
}
