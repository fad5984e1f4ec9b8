//! Moments as the database writes them: local time to the millisecond, so that they sort as text.

use super::StoreError;
use jiff::Timestamp;
use jiff::civil::DateTime;

/// `2026-11-22T09:30:00.000`.
pub(crate) fn to_text(moment: DateTime) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string()
}

pub(crate) fn from_text(text: &str) -> Result<DateTime, StoreError> {
    text.parse().map_err(|_| StoreError::Damaged(format!("not a moment: {text}")))
}

/// What a column of moments of the world holds: milliseconds since 1970.
pub(super) fn read_instant(ms: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(ms).map_err(|_| StoreError::Damaged(format!("not a moment: {ms}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn a_whole_second_is_written_as_long_as_any_other() {
        assert_eq!(to_text(date(2026, 11, 22).at(9, 30, 0, 0)), "2026-11-22T09:30:00.000");
        assert_eq!(to_text(date(2026, 11, 22).at(9, 30, 0, 7_000_000)), "2026-11-22T09:30:00.007");
        assert!(from_text("yesterday").is_err());
    }

    proptest! {
        #[test]
        fn texts_sort_as_moments_do_and_come_back(a in 0i64..4_000_000_000_000, b in 0i64..4_000_000_000_000) {
            let moment = |ms: i64| date(2000, 1, 1).at(0, 0, 0, 0) + jiff::SignedDuration::from_millis(ms);
            prop_assert_eq!(to_text(moment(a)).cmp(&to_text(moment(b))), a.cmp(&b));
            prop_assert_eq!(from_text(&to_text(moment(a))).unwrap(), moment(a));
        }
    }
}
