//! The values behind metrics: what a worker thread pays for a count is one uncontended atomic add.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::name::Buckets;

/// Rows over which the threads of a process spread their additions, so that two cores seldom share a
/// cache line.
const SHARDS: usize = 8;

/// Numbers of 8 bytes in a cache line.
const LINE_NUMBERS: usize = 8;

static NEXT_SHARD: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static SHARD: usize = NEXT_SHARD.fetch_add(1, Ordering::Relaxed) % SHARDS;
}

fn shard() -> usize {
    SHARD.with(|shard| *shard)
}

#[repr(align(64))]
#[derive(Default)]
struct Line(AtomicU64);

/// A number that only grows. Clones count into the same series.
#[derive(Clone, Default)]
pub struct Counter(Arc<[Line; SHARDS]>);

impl Counter {
    /// Adds one.
    pub fn increment(&self) {
        self.add(1);
    }

    /// Adds `count`.
    pub fn add(&self, count: u64) {
        self.0[shard()].0.fetch_add(count, Ordering::Relaxed);
    }

    /// The sum so far.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.0.iter().fold(0, |sum, line| sum.wrapping_add(line.0.load(Ordering::Relaxed)))
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Counter({})", self.value())
    }
}

/// A number that goes up and down. Clones change the same series.
#[derive(Clone, Default, Debug)]
pub struct Gauge(Arc<AtomicI64>);

impl Gauge {
    /// Replaces the value.
    pub fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Adds `change`, which may be negative.
    pub fn add(&self, change: i64) {
        self.0.fetch_add(change, Ordering::Relaxed);
    }

    /// Adds `amount` now and takes it away when the guard is dropped.
    #[must_use]
    pub fn hold(&self, amount: i64) -> GaugeHold {
        self.add(amount);
        GaugeHold { gauge: self.clone(), amount }
    }

    /// The current value.
    #[must_use]
    pub fn value(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// An amount that counts in a gauge while this value lives.
#[derive(Debug)]
pub struct GaugeHold {
    gauge: Gauge,
    amount: i64,
}

impl GaugeHold {
    /// Changes the held amount, as a buffer that grows does.
    pub fn resize(&mut self, amount: i64) {
        self.gauge.add(amount - self.amount);
        self.amount = amount;
    }
}

impl Drop for GaugeHold {
    fn drop(&mut self) {
        self.gauge.add(-self.amount);
    }
}

/// A distribution over fixed buckets. Clones observe into the same series.
#[derive(Clone)]
pub struct Histogram(Arc<HistogramCell>);

struct HistogramCell {
    buckets: &'static Buckets,
    /// Per shard: one count for each bound, one for what is above all of them, then the sum.
    numbers: Box<[AtomicU64]>,
    stride: usize,
}

/// The state of a histogram at one moment.
pub(super) struct Distribution {
    /// Observations in each bucket, not cumulated; the last bucket has no upper bound.
    pub(super) counts: Vec<u64>,
    /// Sum of all observations, in the unit of the buckets' bounds.
    pub(super) sum: u64,
}

impl Histogram {
    pub(super) fn new(buckets: &'static Buckets) -> Self {
        let stride = (buckets.bounds.len() + 2).next_multiple_of(LINE_NUMBERS);
        let numbers = (0..stride * SHARDS).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(HistogramCell { buckets, numbers, stride }))
    }

    /// Observes a duration, in a histogram of seconds.
    pub fn observe_duration(&self, duration: Duration) {
        self.observe(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Observes a value in the unit of the bounds: nanoseconds for histograms of seconds.
    pub fn observe(&self, value: u64) {
        let cell = &*self.0;
        let bounds = cell.buckets.bounds;
        let bucket = bounds.partition_point(|bound| *bound < value);
        let row = shard() * cell.stride;
        cell.numbers[row + bucket].fetch_add(1, Ordering::Relaxed);
        cell.numbers[row + bounds.len() + 1].fetch_add(value, Ordering::Relaxed);
    }

    /// Number of observations so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.distribution().counts.iter().sum()
    }

    pub(super) fn buckets(&self) -> &'static Buckets {
        self.0.buckets
    }

    pub(super) fn distribution(&self) -> Distribution {
        let cell = &*self.0;
        let width = cell.buckets.bounds.len() + 1;
        let mut counts = vec![0u64; width];
        let mut sum = 0u64;
        for row in cell.numbers.chunks(cell.stride) {
            for (total, number) in counts.iter_mut().zip(row) {
                *total = total.wrapping_add(number.load(Ordering::Relaxed));
            }
            if let Some(number) = row.get(width) {
                sum = sum.wrapping_add(number.load(Ordering::Relaxed));
            }
        }
        Distribution { counts, sum }
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Histogram(count {})", self.count())
    }
}

/// What a family needs of a value: whether anybody outside still holds it.
pub(super) trait Cell: Clone {
    /// Number of handles to this value, the family's own included.
    fn handles(&self) -> usize;
}

impl Cell for Counter {
    fn handles(&self) -> usize {
        Arc::strong_count(&self.0)
    }
}

impl Cell for Gauge {
    fn handles(&self) -> usize {
        Arc::strong_count(&self.0)
    }
}

impl Cell for Histogram {
    fn handles(&self) -> usize {
        Arc::strong_count(&self.0)
    }
}
