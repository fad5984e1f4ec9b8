//! Counters that wrap: sequence numbers and timestamps as numbers that only grow (RFC 3550, appendix A.1).

/// Sees a counter of 16 or 32 bits as one of 64.
#[derive(Clone, Copy, Debug)]
pub struct Unwrapped {
    bits: u32,
    highest: Option<i64>,
}

impl Unwrapped {
    pub fn sequence() -> Unwrapped {
        Unwrapped { bits: 16, highest: None }
    }

    pub fn timestamp() -> Unwrapped {
        Unwrapped { bits: 32, highest: None }
    }

    /// The place of `wrapped` nearest to the highest seen so far. The first one counts from one turn up, so that none becomes negative.
    pub fn place(&mut self, wrapped: u32) -> i64 {
        let turn = 1i64 << self.bits;
        let value = i64::from(wrapped);
        let place = match self.highest {
            None => turn + value,
            Some(highest) => {
                let ahead = (value - highest).rem_euclid(turn);
                if ahead < turn / 2 { highest + ahead } else { highest + ahead - turn }
            }
        };
        if self.highest.is_none_or(|highest| place > highest) {
            self.highest = Some(place);
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_turn_is_counted_and_reordering_is_not() {
        let mut sequence = Unwrapped::sequence();
        let places: Vec<i64> = [65_534, 65_535, 1, 0, 2, 65_533].into_iter().map(|n| sequence.place(n) - 65_536).collect();
        assert_eq!(places, [65_534, 65_535, 65_537, 65_536, 65_538, 65_533]);
    }

    proptest! {
        #[test]
        fn any_walk_of_small_steps_is_followed(start in any::<u32>(), steps in proptest::collection::vec(-30_000i64..30_000, 0..60)) {
            let (mut sixteen, mut thirty_two) = (Unwrapped::sequence(), Unwrapped::timestamp());
            let mut true_place = i64::from(start);
            let (first_16, first_32) = (sixteen.place(start & 0xffff), thirty_two.place(start));
            let mut highest = true_place;
            for step in steps {
                // Steps from the highest, as packets wander around the newest one.
                true_place = highest + step;
                highest = highest.max(true_place);
                let wrapped = true_place as u32;
                prop_assert_eq!(sixteen.place(wrapped & 0xffff) - first_16, true_place - i64::from(start));
                prop_assert_eq!(thirty_two.place(wrapped) - first_32, true_place - i64::from(start));
            }
        }
    }
}
