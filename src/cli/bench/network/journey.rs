//! What a bad network does to packets, from a seed: loss, delay that varies (so that packets overtake one another), copies, and a clock
//! that is not ours.

/// A network's ways.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Network {
    pub loss_percent: f64,
    /// Every packet is late by up to this, evenly spread.
    pub jitter_ms: f64,
    /// Of those that arrive, how many arrive twice.
    pub copied_percent: f64,
    /// Parts in a million by which the sender's clock is fast.
    pub drift_ppm: f64,
}

/// One call's packets on their way.
#[derive(Clone, Debug)]
pub struct Journey {
    network: Network,
    state: u64,
}

impl Journey {
    pub fn new(network: Network, seed: u64) -> Journey {
        Journey { network, state: seed.wrapping_mul(2).wrapping_add(1) }
    }

    /// When a packet that its sender's clock sends at `sent_ms` arrives, by our clock: never, once or twice.
    pub fn arrivals_ms(&mut self, sent_ms: f64) -> Vec<f64> {
        let Network { loss_percent, jitter_ms, copied_percent, drift_ppm } = self.network;
        let sent_ms = sent_ms / (1.0 + drift_ppm / 1e6);
        if self.below(100.0) < loss_percent {
            return Vec::new();
        }
        let copies = 1 + usize::from(self.below(100.0) < copied_percent);
        (0..copies).map(|_| sent_ms + self.below(1.0) * jitter_ms).collect()
    }

    /// A number from 0 to below `limit` (a multiplicative generator's upper bits).
    fn below(&mut self, limit: f64) -> f64 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) as f64 / (1u64 << 31) as f64 * limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(network: Network) -> Vec<Vec<f64>> {
        let mut journey = Journey::new(network, 3);
        (0..5_000).map(|n| journey.arrivals_ms(f64::from(n) * 20.0)).collect()
    }

    #[test]
    fn a_good_network_changes_nothing() {
        let expected: Vec<Vec<f64>> = (0..5_000).map(|n| vec![f64::from(n) * 20.0]).collect();
        assert_eq!(arrivals(Network::default()), expected);
    }

    #[test]
    fn a_bad_one_loses_delays_copies_and_drifts_as_asked() {
        let network = Network { loss_percent: 5.0, jitter_ms: 60.0, copied_percent: 10.0, drift_ppm: 200.0 };
        let arrivals = arrivals(network);
        let share = |count: usize| arrivals.iter().filter(|one| one.len() == count).count() as f64 / 5_000.0;
        assert!((share(0) - 0.05).abs() < 0.01 && (share(2) - 0.095).abs() < 0.015, "{} {}", share(0), share(2));
        let firsts: Vec<f64> = arrivals.iter().filter_map(|one| one.first().copied()).collect();
        assert!(firsts.windows(2).any(|pair| pair[0] > pair[1]), "packets overtake one another");
        let late = arrivals.iter().enumerate().flat_map(|(n, one)| one.iter().map(move |at| at - n as f64 * 20.0 / 1.000_2));
        assert!(late.clone().all(|late| (-0.1..60.1).contains(&late)) && late.clone().any(|late| late > 55.0));
        assert_eq!(self::arrivals(network), arrivals);
    }
}
