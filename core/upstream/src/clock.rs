//! Time as clusters see it: milliseconds that never go back, and a hand to turn in tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Milliseconds since the clock began.
pub type Millis = u64;

/// Where a cluster takes the time from.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    Monotonic(Instant),
    Manual(Arc<AtomicU64>),
}

impl Clock {
    /// The monotonic clock of the machine.
    #[must_use]
    pub fn monotonic() -> Self {
        Self(Source::Monotonic(Instant::now()))
    }

    /// A clock that stands still until [`Clock::advance`]. Clones show the same time.
    #[must_use]
    pub fn manual() -> Self {
        Self(Source::Manual(Arc::new(AtomicU64::new(0))))
    }

    /// Moves a manual clock forward; the monotonic clock goes by itself.
    pub fn advance(&self, by: Duration) {
        match &self.0 {
            Source::Monotonic(_) => {}
            Source::Manual(now) => {
                now.fetch_add(millis(by), Ordering::Relaxed);
            }
        }
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Millis {
        match &self.0 {
            Source::Monotonic(start) => millis(start.elapsed()),
            Source::Manual(now) => now.load(Ordering::Relaxed),
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::monotonic()
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
