//! CPU time of the present thread, which unlike the clock does not count waiting for a core; and how many cores nobody uses.

use std::time::{Duration, Instant};

/// A moment in a thread's life.
pub struct ThreadTime {
    on_cpu_ns: Option<u64>,
    wall: Instant,
}

impl ThreadTime {
    pub fn now() -> ThreadTime {
        ThreadTime { on_cpu_ns: on_cpu_ns(), wall: Instant::now() }
    }

    /// CPU time since then; where the system does not tell it, time by the clock.
    pub fn elapsed_ms(&self) -> u32 {
        let elapsed_ms = match (self.on_cpu_ns, on_cpu_ns()) {
            (Some(then), Some(now)) => now.saturating_sub(then) / 1_000_000,
            _ => self.wall.elapsed().as_millis() as u64,
        };
        u32::try_from(elapsed_ms).unwrap_or(u32::MAX)
    }
}

/// Looks at the cores, a millisecond apart: what runs for a frame of a call is over by then, what keeps a core busy is not.
const LOOKS: u32 = 4;

/// Cores that nothing keeps busy, beside the one of the present thread; none where the system does not tell.
pub fn idle_cores() -> usize {
    let beside = std::thread::available_parallelism().map_or(0, |cores| cores.get() - 1);
    let mut most = 0;
    for look in 0..LOOKS {
        if most == beside {
            break;
        }
        if look > 0 {
            std::thread::park_timeout(Duration::from_millis(1));
        }
        most = most.max(running().map_or(0, |running| (beside + 1).saturating_sub(running.max(1))));
    }
    most
}

/// Linux, `proc(5)`: the fourth field of loadavg is how many threads of the machine run or could, of how many.
fn running() -> Option<usize> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').nth(3)?.split('/').next()?.parse().ok()
}

/// Linux, `proc(5)`: the first number of schedstat is nanoseconds on the CPU.
fn on_cpu_ns() -> Option<u64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}
