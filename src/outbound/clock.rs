//! The clock that campaigns go by: hours, gaps between calls, most calls in a day. It is the machine's, but for demonstrations and measurements, in which it
//! goes faster. Pace, telephones that ring, and sound always take their real time.

use jiff::{SignedDuration, Timestamp};

/// See the module's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The real moment at which it showed `from`.
    since: Timestamp,
    from: Timestamp,
    speed: i32,
}

impl Default for Clock {
    /// The machine's own.
    fn default() -> Clock {
        Clock { since: Timestamp::UNIX_EPOCH, from: Timestamp::UNIX_EPOCH, speed: 1 }
    }
}

impl Clock {
    /// One that showed `from` at the real moment `since`, and goes `speed` times as fast as the machine's.
    pub fn driven(since: Timestamp, from: Timestamp, speed: u16) -> Clock {
        Clock { since, from, speed: i32::from(speed.max(1)) }
    }

    pub fn now(&self) -> Timestamp {
        self.at(Timestamp::now())
    }

    /// What it shows at a real moment.
    pub fn at(&self, real: Timestamp) -> Timestamp {
        let gone = real.duration_since(self.since).saturating_mul(self.speed);
        self.from.saturating_add(gone).unwrap_or(Timestamp::MAX)
    }

    /// The real moment at which it shows one; never before that.
    pub fn real(&self, shown: Timestamp) -> Timestamp {
        let ahead = shown.duration_since(self.from).as_nanos();
        let speed = i128::from(self.speed);
        let ahead = ahead.div_euclid(speed) + i128::from(ahead.rem_euclid(speed) != 0);
        const SECOND: i128 = 1_000_000_000;
        let ahead = SignedDuration::new(ahead.div_euclid(SECOND) as i64, ahead.rem_euclid(SECOND) as i32);
        self.since.saturating_add(ahead).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_machines_clock_shows_what_is() {
        let now = moment("2026-11-23T09:00:00.123456Z");
        assert_eq!((Clock::default().at(now), Clock::default().real(now)), (now, now));
        assert_eq!(Clock::default().at(Timestamp::MAX), Timestamp::MAX);
        assert_eq!(Clock::default().real(Timestamp::MAX), Timestamp::MAX);
    }

    #[test]
    fn a_driven_clock_goes_faster_and_comes_back() {
        let clock = Clock::driven(moment("2026-11-23T09:00Z"), moment("2027-02-04T08:00+08"), 240);
        assert_eq!(clock.at(moment("2026-11-23T09:01Z")), moment("2027-02-04T12:00+08"));
        for shown in ["2027-02-04T12:00:00.0001+08", "2027-02-03T01:00+08", "2027-02-06T09:00:07+08"] {
            let (shown, real) = (moment(shown), clock.real(moment(shown)));
            let late = clock.at(real).duration_since(shown);
            assert!(late >= SignedDuration::ZERO && late < SignedDuration::from_micros(1), "{shown}: {late}");
        }
    }
}
