//! What a number of the simulated network does when it is called, by a seed.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// See the module's text. Every call rings first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// This code is the answer.
    Refuses(u16),
    RingsOut,
    /// Hangs up so many milliseconds after the answer.
    HangsUp(u64),
    /// Presses these keys, each when we have said something to it.
    Presses(&'static str),
    /// An answering machine: a greeting, a tone, silence.
    Machine,
}

/// Busy, will not be disturbed, no such number, no room in the network.
const BUSY: u16 = 486;
const DECLINES: u16 = 603;
const NO_SUCH_NUMBER: u16 = 404;
const NO_ROOM: u16 = 503;

/// A word that somebody says who picks up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Of those there are, counted round.
    pub which: usize,
    pub after_ms: u64,
}

fn random(seed: u64, number: &str, nth: u32) -> SmallRng {
    let digits = number.bytes().fold(seed, |sum, digit| sum.wrapping_mul(31).wrapping_add(u64::from(digit)));
    SmallRng::seed_from_u64(digits.wrapping_mul(1_000_003).wrapping_add(u64::from(nth)))
}

/// What somebody says by himself who picks up at the `nth` call; of a hundred `hellos` do.
pub fn hello(seed: u64, number: &str, nth: u32, hellos: u32) -> Option<Hello> {
    let mut random = random(!seed, number, nth);
    (random.random_range(0..100) < hellos).then(|| Hello { which: random.random_range(0..64), after_ms: random.random_range(100..900) })
}

/// What happens at the `nth` call to `number`, and for how many milliseconds it rings before; of a hundred calls that are answered `machines` are by machines.
pub fn script(seed: u64, number: &str, nth: u32, machines: u32) -> (Script, u64) {
    let mut random = random(seed, number, nth);
    let ring_ms = random.random_range(50..700);
    let script = match random.random_range(0..100) {
        0..22 => Script::Refuses(BUSY),
        22..34 => Script::RingsOut,
        34..42 => Script::Refuses(DECLINES),
        42..46 => Script::Refuses(NO_SUCH_NUMBER),
        46..50 => Script::Refuses(NO_ROOM),
        _ if random.random_range(0..100) < machines => Script::Machine,
        50..70 => Script::HangsUp(random.random_range(300..2_000)),
        // It is he, and he will pay.
        70..88 => Script::Presses("11"),
        // It is he, and he wants no more calls.
        88..94 => Script::Presses("19"),
        94..98 => Script::Presses("2"),
        _ => Script::Presses("12"),
    };
    (script, ring_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_network() {
        let all = |seed| (0..1_000).map(|n| script(seed, &format!("139{n:08}"), 1, 5)).collect::<Vec<_>>();
        assert_eq!(all(1), all(1));
        assert_ne!(all(1), all(2));
        let machines = all(1).iter().filter(|(script, _)| *script == Script::Machine).count();
        assert!((10..60).contains(&machines), "{machines}");
        let hellos = |hellos| (0..1_000).filter_map(|n| hello(1, &format!("139{n:08}"), 1, hellos)).count();
        assert!(hellos(0) == 0 && (700..900).contains(&hellos(80)), "{}", hellos(80));
    }
}
