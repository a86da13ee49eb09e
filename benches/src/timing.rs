//! What a call costs in CPU time of its thread, which other work on the machine hardly changes.

use std::hint::black_box;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How long a batch runs at least.
const BATCH: Duration = Duration::from_millis(40);
/// How many batches are measured.
const BATCHES: usize = 15;

/// CPU time of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// The middle of the batches.
    pub median: Duration,
    /// The cheapest batch.
    pub least: Duration,
    /// Calls in a batch.
    pub calls: u32,
}

fn cpu() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(now.tv_nsec).unwrap_or(0))
}

fn batch<T>(calls: u32, call: &mut impl FnMut() -> T) -> Duration {
    let start = cpu();
    for _ in 0..calls {
        black_box(call());
    }
    cpu() - start
}

/// Measures a call: batches grow until one takes 40 ms, which also warms up, then 15 are taken.
pub fn cost<T>(mut call: impl FnMut() -> T) -> Cost {
    let mut calls = 1;
    while batch(calls, &mut call) < BATCH && calls < 1 << 30 {
        calls *= 2;
    }
    let mut all: Vec<Duration> = (0..BATCHES).map(|_| batch(calls, &mut call) / calls).collect();
    all.sort_unstable();
    let at = |index: usize| all.get(index).copied().unwrap_or_default();
    Cost { median: at(BATCHES / 2), least: at(0), calls }
}

/// Measures a call and prints one line.
pub fn report<T>(name: &str, call: impl FnMut() -> T) -> Cost {
    let cost = cost(call);
    println!("{name:<52} {:>12} median {:>12} least", show(cost.median), show(cost.least));
    cost
}

fn show(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    match nanos {
        0..10_000 => format!("{nanos} ns"),
        10_000..10_000_000 => format!("{:.1} µs", nanos as f64 / 1e3),
        _ => format!("{:.1} ms", nanos as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_the_work_costs_more() {
        let work = |rounds: u64| move || (0..rounds).fold(1_u64, |a, b| black_box(a ^ b));
        let (one, ten) = (cost(work(1_000)), cost(work(10_000)));
        assert!(ten.median > one.median * 3, "{one:?} {ten:?}");
        assert_eq!(show(Duration::from_micros(12)), "12.0 µs");
    }
}
